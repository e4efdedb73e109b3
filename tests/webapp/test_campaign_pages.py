"""Campaigns: how far they are, opening one, changing its dates and its people."""

from datetime import date
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp import models
from webapp.vocabulary import RoleName

DATES = {"last_creation": "2027-02-15", "shown_deadline": "2027-01-31", "last_edit": "2027-03-31"}


@pytest.fixture
def federation(client: PageClient, db: SQLAlchemy) -> models.Federation:
    """A federation whose administrator has signed in."""
    federation = factories.FederationFactory()
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, federation, password=None))
    return federation


def progress_of(page: str) -> tuple[str, str]:
    """Value and maximum of the first progress bar."""
    bar = page[page.index("<progress") :]
    value, maximum = (bar[bar.index(f'{name}="') + len(name) + 2 :].partition('"')[0] for name in ("value", "max"))
    return value, maximum


def test_a_campaign_counts_the_expected_centres_that_have_sent(
    client: PageClient, federation: models.Federation
) -> None:
    campaign = factories.CampaignFactory(federation=federation)
    sent, started, silent, uninvited = (factories.CentreFactory(federation=federation) for _ in range(4))
    factories.expect(campaign, sent, started, silent)
    for state in (SheetState.VALIDATED, SheetState.SUBMITTED):
        factories.sent_sheet(state, centre=sent, campaign=campaign)
    factories.SheetFactory(centre=started, campaign=campaign)
    factories.sent_sheet(centre=uninvited, campaign=campaign)
    page = client.get("/campagnes").text
    assert progress_of(page) == ("1", "3")
    assert "À relire\u00a0: 2" in page
    assert "Validées\u00a0: 1" in page
    assert "En cours de saisie\u00a0: 1" in page
    page = client.get(f"/campagnes/{campaign.id}").text
    assert progress_of(page) == ("1", "3")
    places = [page.index(centre.name) for centre in (silent, started, sent)]
    assert places == sorted(places)
    assert "(pas attendu)" in page


def test_a_campaign_is_opened_for_everybody_who_is_open(
    client: PageClient, federation: models.Federation, db: SQLAlchemy
) -> None:
    centres = [factories.CentreFactory(federation=federation) for _ in range(2)]
    closed = factories.CentreFactory(federation=federation, name="Fermé", closed_on=date(2026, 1, 1))
    funder = factories.FunderFactory(federation=federation)
    form = form_on(client.get("/campagnes/nouvelle"))
    assert set(form.values("expected")) == {str(centre.id) for centre in centres}
    typed = {"year": "2026", "title": "Campagne 2026", "addressed": [str(funder.id)], **DATES}
    answer = form.fill_in({**typed, "shown_deadline": "31/01/2027"}).press(client)
    campaign = db.session.query(models.Campaign).one()
    assert answer.location == f"/campagnes/{campaign.id}"
    assert campaign.shown_deadline == date(2027, 1, 31)
    assert campaign.opened_at is not None
    assert {line.centre_id for line in campaign.expected} == {centre.id for centre in centres}
    assert [line.funder_id for line in campaign.addressed] == [funder.id]
    page = client.get(answer.location).text
    assert funder.name in page
    assert closed.name not in page


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"year": ""}, "year", "Indiquez l’année"),
        ({"year": "l’an prochain"}, "year", "quatre chiffres"),
        ({"year": "2025"}, "year", "existe déjà"),
        ({"year": "0000"}, "year", "entre 1900 et 2200"),
        ({"title": " "}, "title", "Indiquez un titre"),
        ({"shown_deadline": ""}, "shown_deadline", "date limite annoncée"),
        ({"shown_deadline": "fin janvier"}, "shown_deadline", "Écrivez une date"),
        ({"last_edit": "2027-01-01"}, "last_edit", "égal ou postérieur à la date limite annoncée."),
        ({"last_creation": "2027-04-01"}, "last_edit", "postérieur au dernier jour pour commencer une fiche."),
        ({"expected": "ailleurs"}, "expected", "Choisissez dans la liste."),
    ],
)
def test_what_is_refused_is_said_beside_its_field_and_what_was_typed_stays(
    client: PageClient, federation: models.Federation, db: SQLAlchemy, change: dict[str, str], field: str, sentence: str
) -> None:
    factories.CampaignFactory(federation=federation, year=2025)
    centre = factories.CentreFactory(federation=federation)
    typed: dict[str, Any] = {"year": "2026", "title": "Fiches 2026", "expected": str(centre.id), **DATES, **change}
    page = post(client, "/campagnes/nouvelle", typed)
    assert page.status_code == 422
    error = page.text[page.text.index(f'id="{field}-error"') :]
    assert sentence in error[: error.index("</p>")]
    kept = form_on(page)
    if field not in {"expected", "title"}:
        assert kept.values("title") == ["Fiches 2026"]
        assert kept.values(next(iter(change))) == [change[next(iter(change))]]
        assert kept.values("expected") == [str(centre.id)]
    assert db.session.query(models.Campaign).count() == 1


def test_a_campaign_is_changed_and_its_form_stays(
    client: PageClient, federation: models.Federation, db: SQLAlchemy
) -> None:
    campaign = factories.CampaignFactory(federation=federation)
    version = campaign.form_version_id
    first, second = (factories.CentreFactory(federation=federation) for _ in range(2))
    gone = factories.CentreFactory(federation=federation, closed_on=date(2026, 1, 1))
    factories.expect(campaign, first, gone)
    form = form_on(client.get(f"/campagnes/{campaign.id}/modifier"))
    # A centre closed since then stays on the list where it was expected.
    assert set(form.values("expected")) == {str(first.id), str(gone.id)}
    typed = {"title": "Fiches action", "last_edit": "2027-06-30", "expected": [str(first.id), str(second.id)]}
    assert form.fill_in(typed).press(client).location == f"/campagnes/{campaign.id}"
    db.session.refresh(campaign)
    assert (campaign.title, campaign.last_edit) == ("Fiches action", date(2027, 6, 30))
    assert campaign.form_version_id == version
    assert {line.centre_id for line in campaign.expected} == {first.id, second.id}
    refused = form.fill_in({"last_edit": "2020-01-01"}).press(client)
    assert refused.status_code == 422
    assert "égal ou postérieur" in refused.text


def test_nothing_of_another_federation_is_listed_opened_or_ticked(
    client: PageClient, federation: models.Federation, db: SQLAlchemy
) -> None:
    theirs = factories.CampaignFactory(title="Chez les autres")
    stranger = factories.CentreFactory(federation=theirs.federation)
    assert "Chez les autres" not in client.get("/campagnes").text
    for address in (f"/campagnes/{theirs.id}", f"/campagnes/{theirs.id}/modifier"):
        assert client.get(address).status_code == 404
    mine = factories.CampaignFactory(federation=federation)
    assert str(stranger.id) not in client.get(f"/campagnes/{mine.id}/modifier").text
    typed = {"title": "Campagne", "expected": str(stranger.id), **DATES}
    assert post(client, f"/campagnes/{mine.id}/modifier", typed).status_code == 422
    assert post(client, f"/campagnes/nouvelle?federation={theirs.federation_id}", typed).status_code == 404


def test_a_reviewer_reads_campaigns_and_changes_none(client: PageClient, federation: models.Federation) -> None:
    campaign = factories.CampaignFactory(federation=federation)
    sign_in(client, factories.person(RoleName.REVIEWER, federation, password=None))
    assert "Ouvrir une campagne" not in client.get("/campagnes").text
    assert "/modifier" not in client.get(f"/campagnes/{campaign.id}").text
    for address in ("/campagnes/nouvelle", f"/campagnes/{campaign.id}/modifier"):
        assert client.get(address).status_code == 403
        assert post(client, address, DATES).status_code == 403


def test_a_closed_centre_is_no_longer_expected_unless_it_has_sent(
    client: PageClient, federation: models.Federation
) -> None:
    campaign = factories.CampaignFactory(federation=federation)
    open_one = factories.CentreFactory(federation=federation)
    closed, closed_after_sending = (
        factories.CentreFactory(federation=federation, closed_on=date(2020, 1, 1)) for _ in range(2)
    )
    closing_later = factories.CentreFactory(federation=federation, closed_on=date(2199, 1, 1))
    factories.expect(campaign, open_one, closed, closed_after_sending, closing_later)
    factories.sent_sheet(centre=closed_after_sending, campaign=campaign)
    for address in ("/campagnes", f"/campagnes/{campaign.id}"):
        page = client.get(address).text
        assert progress_of(page) == ("1", "3")
        assert closed.name not in page


def test_a_campaign_that_is_over_says_who_is_late(client: PageClient, federation: models.Federation) -> None:
    past = {"shown_deadline": date(2020, 1, 1), "last_creation": date(2020, 1, 1), "last_edit": date(2020, 1, 1)}
    campaign = factories.CampaignFactory(federation=federation, year=2019, **past)
    running = factories.CampaignFactory(federation=federation, year=2030)
    silent, correcting, done, closed = (
        factories.CentreFactory(federation=federation, name=name, closed_on=closed_on)
        for name, closed_on in (("Muet", None), ("Repris", None), ("Fini", None), ("Parti", date(2019, 1, 1)))
    )
    for one in (campaign, running):
        factories.expect(one, silent, correcting, done, closed)
    factories.sent_sheet(SheetState.CHANGES_REQUESTED, centre=correcting, campaign=campaign)
    factories.sent_sheet(SheetState.VALIDATED, centre=done, campaign=campaign)
    listed = client.get("/campagnes").text
    assert listed.count("En retard") == 1
    assert "En retard\u00a0: 2\u00a0centres" in listed
    page = client.get(f"/campagnes/{campaign.id}").text
    late = page[page.index('data-testid="late"') :]
    late = late[: late.index("</section>")]
    assert [name in late for name in ("Muet", "Repris", "Fini", "Parti")] == [True, True, False, False]
    assert "n’a rien envoyé" in late
    assert "1\u00a0fiche à corriger" in late
    assert 'data-testid="late"' not in client.get(f"/campagnes/{running.id}").text
