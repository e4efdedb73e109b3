"""Next year's campaign is this year's, one year later, with the centres that there are by now."""

import re
from datetime import date

import pytest
from click.testing import CliRunner
from flask_sqlalchemy import SQLAlchemy

from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp.commands.campaign import command
from webapp.models import Campaign
from webapp.queries.next_campaign import a_year_later
from webapp.vocabulary import RoleName


@pytest.fixture
def campaign(client: PageClient, db: SQLAlchemy) -> Campaign:
    """This year's; the federation's administrator has signed in."""
    campaign: Campaign = factories.CampaignFactory(title="Campagne 2026")
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, campaign.federation, password=None))
    return campaign


def test_it_is_opened_in_one_action_with_everything_filled_in(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    place = {"federation": campaign.federation}
    stays, heir = (factories.CentreFactory(**place) for _ in range(2))
    closed = factories.CentreFactory(**place, name="Le Fermé", closed_on=date(2026, 9, 1))
    gone = factories.CentreFactory(
        **place, name="L’Absorbé", closed_on=date(2026, 9, 1), merged_into=heir, merged_on=date(2026, 9, 1)
    )
    newcomer = factories.CentreFactory(**place, joined_on=date(2026, 10, 1))
    factories.CentreFactory(**place, name="Jamais attendu")
    factories.expect(campaign, stays, closed, gone)
    funder = factories.FunderFactory(**place)
    factories.address(campaign, funder)
    page = client.get(f"/campagnes/{campaign.id}")
    assert "Ouvrir la campagne 2027" in page.text
    form = form_on(client.get(f"/campagnes/{campaign.id}/suivante"))
    shown = client.get(f"/campagnes/{campaign.id}/suivante").text
    told = shown[shown.index('data-testid="proposed"') :]
    assert all(name in told[: told.index("<form")] for name in ("Le Fermé", "L’Absorbé", "3\u00a0centres attendus"))
    assert "Nouveau centre" in shown
    answer = form.press(client)
    made = db.session.query(Campaign).filter_by(year=2027).one()
    assert answer.location == f"/campagnes/{made.id}/invitations"
    assert made.title == "Campagne 2027"
    dates = (made.last_creation, made.shown_deadline, made.last_edit)
    assert dates == (date(2028, 2, 15), date(2028, 1, 31), date(2028, 3, 31))
    assert {line.centre_id for line in made.expected} == {stays.id, heir.id, newcomer.id}
    assert [line.funder_id for line in made.addressed] == [funder.id]
    assert "Ouvrir la campagne 2027" not in client.get(f"/campagnes/{campaign.id}").text
    again = form.press(client)
    assert again.status_code == 422
    assert "existe déjà" in again.text


@pytest.mark.parametrize("signed", [True, False])
def test_the_signature_and_the_days_to_reply_stay_as_they_were(
    client: PageClient, campaign: Campaign, db: SQLAlchemy, signed: bool
) -> None:
    campaign.sign_off, campaign.query_days = signed, 21
    db.session.commit()
    page = client.get(f"/campagnes/{campaign.id}/suivante")
    assert "21\u00a0jours" in page.text
    form_on(page).press(client)
    made = db.session.query(Campaign).filter_by(year=2027).one()
    assert (made.sign_off, made.query_days) == (signed, 21)


def test_the_signature_may_be_unticked_before_it_is_opened(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    campaign.sign_off = True
    db.session.commit()
    form_on(client.get(f"/campagnes/{campaign.id}/suivante")).fill(sign_off=[]).press(client)
    assert not db.session.query(Campaign).filter_by(year=2027).one().sign_off


def test_a_reviewer_opens_none(client: PageClient, campaign: Campaign) -> None:
    sign_in(client, factories.person(RoleName.REVIEWER, campaign.federation, password=None))
    assert "/suivante" not in client.get(f"/campagnes/{campaign.id}").text
    assert client.get(f"/campagnes/{campaign.id}/suivante").status_code == 403


@pytest.mark.parametrize(
    ("day", "after"),
    [(date(2027, 1, 31), date(2028, 1, 31)), (date(2028, 2, 29), date(2029, 2, 28))],
)
def test_a_day_goes_to_the_same_day_of_the_next_year(day: date, after: date) -> None:
    assert a_year_later(day) == after


def test_the_command_opens_it_too(campaign: Campaign, db: SQLAlchemy) -> None:
    centre = factories.CentreFactory(federation=campaign.federation)
    factories.expect(campaign, centre)
    campaign.sign_off, campaign.query_days = True, 21
    db.session.commit()
    done = CliRunner().invoke(command, ["next", "2026"])
    assert done.exit_code == 0, done.output
    made = db.session.query(Campaign).filter_by(year=2027).one()
    assert made.shown_deadline == date(2028, 1, 31)
    assert [line.centre_id for line in made.expected] == [centre.id]
    assert (made.sign_off, made.query_days) == (True, 21)
    refused = CliRunner().invoke(command, ["next", "2031"])
    assert refused.exit_code != 0
    assert "2031" in refused.output


def test_the_list_offers_the_next_one_filled_in_where_there_was_one_before(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    factories.CampaignFactory(federation=campaign.federation, year=2025)
    page = client.get("/campagnes").text
    assert f'href="/campagnes/{campaign.id}/suivante"' in page
    assert "Ouvrir la campagne 2027" in page
    assert page.count("/suivante") == 1
    assert 'href="/campagnes/nouvelle"' in page
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory(), password=None))
    alone = client.get("/campagnes").text
    assert "/suivante" not in alone
    assert 'href="/campagnes/nouvelle"' in alone


def test_what_is_missing_is_listed_in_the_order_of_the_page(client: PageClient, campaign: Campaign) -> None:
    page = post(client, "/campagnes/nouvelle", {}).text
    summary = page[page.index("error-summary") :].partition("</ul>")[0]
    order = re.findall(r'href="#(\w+)"', summary)
    assert order == ["year", "title", "last_creation", "shown_deadline", "last_edit"]
