"""More time for one centre: its sheets go on where the others' are closed, and it is told until when."""

from datetime import UTC, date, datetime

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.clock import SetClock
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp.models import Campaign, CampaignCentre, Centre, Event, Sheet
from webapp.policy import OPERATOR
from webapp.services import campaigns, extensions, sheets
from webapp.services.campaigns import Dates
from webapp.vocabulary import RoleName

# The campaign of 2026 takes drafts until the 31st of March 2027; on the 5th of April only an extension keeps it open.
AFTER = datetime(2027, 4, 5, 9, 0, tzinfo=UTC)
UNTIL = date(2027, 4, 30)


@pytest.fixture
def today(set_clock: SetClock) -> datetime:
    """After the last day of everybody."""
    set_clock(AFTER)
    return AFTER


@pytest.fixture
def campaign(db: SQLAlchemy) -> Campaign:
    """A campaign in which two centres are expected."""
    campaign: Campaign = factories.CampaignFactory(title="Fiches action")
    factories.expect(campaign, *(factories.CentreFactory(federation=campaign.federation) for _ in range(2)))
    return campaign


@pytest.fixture
def late(campaign: Campaign) -> Centre:
    """The centre that is given more time."""
    return campaign.expected[0].centre


def draft(campaign: Campaign, centre: Centre) -> Sheet:
    sheet: Sheet = factories.SheetFactory(campaign=campaign, centre=centre)
    return sheet


def test_only_the_sheets_of_that_centre_may_still_be_changed_and_begun(
    today: datetime, campaign: Campaign, late: Centre
) -> None:
    other = campaign.expected[1].centre
    own, theirs = draft(campaign, late), draft(campaign, other)
    factories.extend(campaign, late, UNTIL)
    sheets.refuse_unless_editable(own, at=today)
    with pytest.raises(Refused, match="close"):
        sheets.refuse_unless_editable(theirs, at=today)
    begun = {"campaign": campaign, "action": None, "title": "Le bal", "actor": OPERATOR, "at": today}
    assert sheets.begin(centre=late, **begun).state is SheetState.DRAFT  # type: ignore[arg-type]
    with pytest.raises(Refused, match="nouvelle fiche"):
        sheets.begin(centre=other, **begun)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="close"):
        sheets.refuse_unless_editable(own, at=datetime(2027, 4, 30, 22, 30, tzinfo=UTC))


def test_the_centre_reads_its_own_day_on_its_pages(
    client: PageClient, today: datetime, campaign: Campaign, late: Centre
) -> None:
    sheet = draft(campaign, late)
    sign_in(client, factories.person(RoleName.RESPONSIBLE, late, password=None))
    assert "Jusqu’au" not in client.get("/fiches").text
    assert "close" in client.get(f"/fiches/{sheet.id}").text
    factories.extend(campaign, late, UNTIL)
    for address in ("/fiches", f"/fiches/{sheet.id}"):
        page = client.get(address).text.replace("\u00a0", " ")
        assert "Jusqu’au 30 avril 2027 pour vous" in page
        # The title says no year: it is said beside, since two campaigns may run together.
        assert "Fiches action 2026" in page
    assert "il reste 25 jours" in client.get(f"/fiches/{sheet.id}").text.replace("\u00a0", " ")
    assert client.get(f"/fiches/{sheet.id}/action").status_code == 200
    assert client.get(f"/fiches/nouvelle?place={late.id}.{campaign.id}").status_code == 200


def test_the_administrator_gives_time_with_a_reason_and_takes_it_back(
    client: PageClient, db: SQLAlchemy, today: datetime, campaign: Campaign, late: Centre
) -> None:
    chief = factories.person(RoleName.ADMINISTRATOR, campaign.federation, password=None)
    sign_in(client, chief)
    address = f"/campagnes/{campaign.id}/centres/{late.id}/delai"
    assert f'value="{late.id}"' in client.get(f"/campagnes/{campaign.id}").text
    assert client.get(f"/campagnes/{campaign.id}/delai?centre={late.id}").location == address
    assert client.get(f"/campagnes/{campaign.id}/delai?centre=").location == f"/campagnes/{campaign.id}"
    form = form_on(client.get(address))
    for typed, field, said in (
        ({"until": "2027-01-31", "reason": "Travaux"}, "until", "après la date annoncée"),
        ({"until": "2027-04-01", "reason": "Travaux"}, "until", "pas encore passé"),
        ({"until": "2027-04-30", "reason": " "}, "reason", "Indiquez la raison"),
    ):
        refused = form.fill_in(dict(typed)).press(client)
        assert refused.status_code == 422
        assert said in refused.text[refused.text.index(f'id="{field}-error"') :]
    assert form.fill_in({"until": "2027-04-30", "reason": "Un dégât des eaux."}).press(client).status_code == 303
    line = db.session.get_one(CampaignCentre, (campaign.id, late.id))
    assert (line.extended_until, line.extended_by, line.extended_at) == (UNTIL, chief.id, AFTER)
    page = client.get(f"/campagnes/{campaign.id}").text
    assert "Un dégât des eaux." in page
    assert "a donné un délai à un centre" in client.get("/journal").text
    # The other centre owes its answer, this one not yet.
    overdue = page[page.index('data-testid="late"') :]
    overdue = overdue[: overdue.index("</section>")]
    assert campaign.expected[1].centre.name in overdue
    assert late.name not in overdue
    assert post(client, f"{address}/retirer").status_code == 303
    db.session.refresh(line)
    assert (line.extended_until, line.extension_reason) == (None, None)
    kinds = db.session.query(Event.kind).filter(Event.kind.like("campaign.ext%")).order_by(Event.seq).all()
    assert [kind for (kind,) in kinds] == ["campaign.extended", "campaign.extension_ended"]


def test_changing_the_campaign_leaves_the_time_that_was_given(campaign: Campaign, late: Centre) -> None:
    factories.extend(campaign, late, UNTIL)
    newcomer = factories.CentreFactory(federation=campaign.federation)
    changed = campaigns.change(
        campaign.id,
        title="Fiches",
        dates=Dates(campaign.shown_deadline, campaign.last_creation, campaign.last_edit),
        expected={late.id, newcomer.id},
        addressed=(),
        actor_id=None,
        at=AFTER,
    )
    assert {line.centre_id: line.extended_until for line in changed.expected} == {late.id: UNTIL, newcomer.id: None}


def test_a_centre_that_is_not_expected_gets_no_more_time(client: PageClient, campaign: Campaign) -> None:
    stranger = factories.CentreFactory(federation=campaign.federation)
    with pytest.raises(Refused, match="pas attendu"):
        extensions.grant(campaign.id, stranger.id, until=UNTIL, reason="x", actor_id=None, at=AFTER)
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, campaign.federation, password=None))
    assert client.get(f"/campagnes/{campaign.id}/centres/{stranger.id}/delai").status_code == 404
    sign_in(client, factories.person(RoleName.REVIEWER, campaign.federation, password=None))
    assert client.get(f"/campagnes/{campaign.id}/centres/{campaign.expected[0].centre_id}/delai").status_code == 403


def test_two_campaigns_that_run_together_are_told_apart(
    client: PageClient, set_clock: SetClock, campaign: Campaign, late: Centre
) -> None:
    set_clock(datetime(2027, 2, 1, 9, 0, tzinfo=UTC))
    following = factories.CampaignFactory(federation=campaign.federation, year=2027, title="Fiches action")
    factories.SheetFactory(campaign=campaign, centre=late, title="Le bal")
    factories.SheetFactory(campaign=following, centre=late, title="La veillée")
    sign_in(client, factories.person(RoleName.RESPONSIBLE, late, password=None))
    page = client.get("/fiches").text
    places = [page.index(words) for words in ("Fiches action 2027", "La veillée", "Fiches action 2026", "Le bal")]
    assert places == sorted(places)
    choice = client.get("/fiches/nouvelle").text
    assert "Pour quelle campagne" in choice
    assert "Fiches action 2026" in choice
    assert "Fiches action 2027" in choice
    chosen = client.get(f"/fiches/nouvelle?place={late.id}.{following.id}").text
    assert "Fiches action 2027" in chosen
    assert "Fiches action 2026" not in chosen
