"""A centre in its years: it joins, takes another name, is taken over, and what it did stays readable."""

from datetime import UTC, date, datetime

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import sign_in
from webapp.models import Campaign, CampaignCentre, Centre, Event, Federation, Role
from webapp.policy import OPERATOR
from webapp.services import centre_life
from webapp.vocabulary import RoleName

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def federation(client: PageClient, db: SQLAlchemy) -> Federation:
    """A federation whose administrator has signed in."""
    federation: Federation = factories.FederationFactory()
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, federation, password=None))
    return federation


def read(client: PageClient, centre: Centre) -> str:
    return client.get(f"/centres/{centre.id}").text.replace("\u00a0", " ")


def test_a_renamed_centre_keeps_its_old_name_with_its_last_day(
    client: PageClient, federation: Federation, db: SQLAlchemy
) -> None:
    centre = factories.CentreFactory(federation=federation, name="Foyer rural", joined_on=date(1998, 9, 1))
    other = factories.CentreFactory(federation=federation, name="Le Lavoir")
    form = form_on(client.get(f"/centres/{centre.id}/renommer"))
    for typed, said in (
        ({"name": other.name, "on": "2026-08-31"}, "porte déjà ce nom"),
        ({"name": "FOYER RURAL", "on": "2026-08-31"}, "déjà son nom"),
        ({"name": "La Passerelle", "on": "2199-01-01"}, "jour passé"),
        ({"name": "La Passerelle", "on": ""}, "dernier jour de l’ancien nom"),
    ):
        refused = form.fill_in(dict(typed)).press(client)
        assert (refused.status_code, said in refused.text) == (422, True), said
    assert form.fill_in({"name": "La Passerelle", "on": "2026-08-31"}).press(client).status_code == 303
    page = read(client, centre)
    assert '<h1><span class="as-typed">La Passerelle' in page
    assert "Dans la fédération depuis le 1er septembre 1998" in page
    assert 'S’appelait <span class="as-typed">Foyer rural</span> jusqu’au 31 août 2026' in page
    assert "La Passerelle" in client.get("/centres?q=foyer").text
    # Back under its first name: it is no other name any more.
    centre_life.rename(centre.id, name="Foyer rural", on=date(2026, 11, 1), actor_id=None, at=AT)
    assert [(alias.name, alias.held_until) for alias in centre.aliases] == [("La Passerelle", date(2026, 11, 1))]


def test_correcting_a_centre_keeps_the_days_of_its_old_names(
    client: PageClient, federation: Federation, db: SQLAlchemy
) -> None:
    centre = factories.CentreFactory(federation=federation)
    factories.CentreAliasFactory(centre=centre, name="Foyer rural", held_until=date(2020, 1, 1))
    form_on(client.get(f"/centres/{centre.id}/modifier")).fill_in({"phone": "05 65 00 00 00"}).press(client)
    db.session.refresh(centre)
    assert [alias.held_until for alias in centre.aliases] == [date(2020, 1, 1)]
    refused = form_on(client.get(f"/centres/{centre.id}/modifier")).fill_in(
        {"joined_on": "2020-01-01", "closed_on": "2019-01-01"}
    )
    assert "après l’arrivée" in refused.press(client).text


def test_a_merged_centre_is_waited_for_no_more_and_its_people_may_go_along(
    client: PageClient, federation: Federation, db: SQLAlchemy
) -> None:
    old = factories.CentreFactory(federation=federation, name="La Rive gauche")
    into = factories.CentreFactory(federation=federation, name="Les Deux Rives")
    goes, stays = (factories.person(RoleName.RESPONSIBLE, old, password=None) for _ in range(2))
    running, past = (
        factories.CampaignFactory(federation=federation),
        factories.CampaignFactory(federation=federation, year=2020),
    )
    for campaign in (running, past):
        factories.expect(campaign, old)
    factories.extend(running, old, date(2027, 6, 30))
    sheet = factories.sent_sheet(SheetState.VALIDATED, centre=old, campaign=past, title="Le bal")
    form = form_on(client.get(f"/centres/{old.id}/fusionner"))
    assert len(form.values("roles")) == 2
    typed: dict[str, str | list[str]] = {
        "into": str(into.id),
        "on": "2026-08-31",
        "roles": [str(goes.roles[0].id)],
    }
    assert form.fill_in({**typed, "into": ""}).press(client).status_code == 422
    assert form.fill_in(typed).press(client).status_code == 303
    db.session.expire_all()
    assert (old.merged_into_id, old.merged_on, old.closed_on) == (into.id, date(2026, 8, 31), date(2026, 8, 31))
    held = db.session.query(Role.user_id).filter_by(centre_id=into.id, name=RoleName.RESPONSIBLE).all()
    assert held == [(goes.id,)]
    assert db.session.query(Role).filter_by(user_id=stays.id).count() == 1
    lines = db.session.query(CampaignCentre).filter_by(centre_id=into.id).all()
    assert [(line.campaign_id, line.extended_until) for line in lines] == [(running.id, date(2027, 6, 30))]
    assert "Les Deux Rives" in client.get(f"/campagnes/{running.id}").text
    assert "La Rive gauche" not in client.get(f"/campagnes/{running.id}").text
    # What it did stays where it was done.
    assert "Le bal" in read(client, old)
    assert client.get(f"/relecture/{sheet.id}").status_code == 200
    assert client.get(f"/actions/{sheet.action_id}").status_code == 200
    assert "A fusionné avec" in read(client, old)
    assert "A repris" in read(client, into)
    assert "Changer de nom" not in read(client, old)
    kinds = [kind for (kind,) in db.session.query(Event.kind).order_by(Event.seq)]
    assert kinds[-1] == "centre.merged"


def test_no_centre_merges_with_itself_with_a_closed_one_or_with_a_stranger(federation: Federation) -> None:
    centre, closed = (
        factories.CentreFactory(federation=federation),
        factories.CentreFactory(federation=federation, closed_on=date(2020, 1, 1)),
    )
    for into in (centre, closed, factories.CentreFactory()):
        with pytest.raises(Refused):
            centre_life.merge(centre.id, into_id=into.id, on=date(2026, 1, 1), role_ids=(), actor=OPERATOR, at=AT)
    stranger = factories.person(RoleName.MEMBER, factories.CentreFactory(), password=None)
    other = factories.CentreFactory(federation=federation)
    with pytest.raises(Refused, match="de ce centre"):
        centre_life.merge(
            centre.id,
            into_id=other.id,
            on=date(2026, 1, 1),
            role_ids=(stranger.roles[0].id,),
            actor=OPERATOR,
            at=AT,
        )


def test_a_centre_reads_its_life_and_changes_nothing_of_it(client: PageClient, federation: Federation) -> None:
    centre = factories.CentreFactory(federation=federation, joined_on=date(2024, 1, 1))
    sign_in(client, factories.person(RoleName.RESPONSIBLE, centre, password=None))
    page = read(client, centre)
    assert "1er janvier 2024" in page
    assert "/renommer" not in page
    for part in ("renommer", "fusionner"):
        assert client.get(f"/centres/{centre.id}/{part}").status_code == 403
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory(), password=None))
    for part in ("renommer", "fusionner"):
        assert client.get(f"/centres/{centre.id}/{part}").status_code == 404


def test_a_sheet_is_still_begun_in_the_centre_that_took_over(federation: Federation, db: SQLAlchemy) -> None:
    old, into = (factories.CentreFactory(federation=federation) for _ in range(2))
    campaign: Campaign = factories.CampaignFactory(federation=federation)
    factories.expect(campaign, old, into)
    centre_life.merge(old.id, into_id=into.id, on=date(2026, 8, 31), role_ids=(), actor=OPERATOR, at=AT)
    lines = db.session.query(CampaignCentre).filter_by(campaign_id=campaign.id, centre_id=into.id).count()
    assert lines == 1
