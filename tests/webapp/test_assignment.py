"""Who reads which sheet: given to oneself, to a colleague, to nobody, and the list by it."""

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp import models
from webapp.policy import Actor, Denied, Held
from webapp.services.assignment import assign
from webapp.vocabulary import RoleName


@pytest.fixture
def centre(db: SQLAlchemy) -> models.Centre:
    return factories.CentreFactory()


@pytest.fixture
def reviewer(client: PageClient, centre: models.Centre) -> models.User:
    """Somebody who reads for the federation, signed in."""
    person = factories.person(RoleName.REVIEWER, centre.federation, password=None, full_name="Maud Cressonnier")
    sign_in(client, person)
    return person


@pytest.fixture
def colleague(centre: models.Centre) -> models.User:
    return factories.person(RoleName.ADMINISTRATOR, centre.federation, password=None, full_name="Tarek Belhassen")


def as_actor(user: models.User) -> Actor:
    [role] = user.roles
    return Actor(user.id, (Held(role.name, role.federation_id),))


def told(db: SQLAlchemy) -> list[str]:
    """What the journal tells of who reads."""
    events = db.session.query(models.Event).order_by(models.Event.seq)
    return [event.kind for event in events if event.kind.startswith("review.")]


def test_a_sheet_is_taken_given_to_a_colleague_and_to_nobody(
    client: PageClient, reviewer: models.User, colleague: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    sheet = factories.sent_sheet(centre=centre)
    address = f"/relecture/{sheet.id}"
    page = client.get(address)
    assert "Attribuée à personne." in page.text
    form_on(page, "/attribuer").press(client, "M’attribuer la fiche")
    db.session.refresh(sheet)
    assert sheet.assigned_to == reviewer.id
    page = client.get(address)
    assert "La fiche vous est attribuée." in page.text
    assert "M’attribuer la fiche" not in page.text
    form_on(page, "/attribuer").fill_in({"reader": str(colleague.id)}).press(client)
    db.session.refresh(sheet)
    assert sheet.assigned_to == colleague.id
    assert "Attribuée à" in client.get(address).text
    assert "Tarek Belhassen" in client.get("/relecture").text
    post(client, f"{address}/attribuer", {"reader": ""})
    db.session.refresh(sheet)
    assert sheet.assigned_to is None
    assert told(db) == ["review.assigned", "review.assigned", "review.unassigned"]


def test_only_who_reads_for_the_federation_is_given_a_sheet(
    client: PageClient, reviewer: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    sheet = factories.sent_sheet(centre=centre)
    gone = factories.person(RoleName.REVIEWER, centre.federation, password=None, active=False)
    stranger = factories.person(RoleName.REVIEWER, factories.FederationFactory(), password=None)
    for other in (factories.person(RoleName.RESPONSIBLE, centre, password=None), gone, stranger):
        refused = post(client, f"/relecture/{sheet.id}/attribuer", {"reader": str(other.id)})
        assert refused.status_code == 422
        assert 'id="reader-error"' in refused.text
        assert str(other.id) not in client.get(f"/relecture/{sheet.id}").text
    db.session.refresh(sheet)
    assert sheet.assigned_to is None


def test_the_service_refuses_who_may_not_and_says_nothing_twice(
    reviewer: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    sheet = factories.sent_sheet(centre=centre)
    stranger = factories.person(RoleName.REVIEWER, factories.FederationFactory(), password=None)
    with pytest.raises(Denied):
        assign(sheet.id, stranger.id, actor=as_actor(stranger), at=factories.START)
    db.session.rollback()
    with pytest.raises(Refused):
        assign(sheet.id, stranger.id, actor=as_actor(reviewer), at=factories.START)
    db.session.rollback()
    for _ in range(2):
        assign(sheet.id, reviewer.id, actor=as_actor(reviewer), at=factories.START)
    assert told(db) == ["review.assigned"]


def test_the_short_ways_count_what_they_show_and_lead_from_sheet_to_sheet(
    client: PageClient, reviewer: models.User, colleague: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    rows = {
        title: factories.sent_sheet(centre=centre, title=title, answers={"title": title}, **details)
        for title, details in {
            "À moi": {"assigned_to": reviewer.id},
            "À moi aussi": {"assigned_to": reviewer.id, "read_at": factories.START},
            "À un autre": {"assigned_to": colleague.id, "read_at": factories.START},
            "À personne": {"read_at": factories.START},
        }.items()
    }
    factories.QueryFactory(sheet=rows["À un autre"], author=reviewer, state="answered", replied_at=factories.START)
    rows["À personne"].sent_doubts = 1
    page = client.get("/relecture").text
    for way, words, titles in (
        ("lecteur=moi", "Mes fiches", {"À moi", "À moi aussi"}),
        ("lecteur=personne", "Non attribuées", {"À personne"}),
        ("nonlues=oui", "Pas encore lues", {"À moi"}),
        ("reponses=oui", "Réponses du centre", {"À un autre"}),
        ("doutes=oui", "Points étonnants confirmés", {"À personne"}),
        (f"lecteur={colleague.id}", None, {"À un autre"}),
    ):
        if words:
            assert f'href="/relecture?{way}">{words} <strong>{len(titles)}</strong>' in page
        narrowed = client.get(f"/relecture?{way}").text
        assert {title for title in rows if f">{title}</span></a>" in narrowed} == titles, way
        assert f"/relecture/{rows[min(titles)].id}?{way}" in narrowed
    one, other = sorted((rows["À moi"], rows["À moi aussi"]), key=lambda sheet: sheet.reference)
    read = client.get(f"/relecture/{one.id}?lecteur=moi").text
    assert f'href="/relecture/{other.id}?lecteur=moi" rel="next"' in read
    assert "1 sur 2\u00a0fiches" in read
    assert 'href="/relecture?lecteur=moi"' in read
    assert client.get("/relecture?lecteur=quelquun").status_code == 404


def test_what_is_done_on_a_sheet_keeps_to_the_way_one_came(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = factories.sent_sheet(centre=centre)
    page = client.get(f"/relecture/{sheet.id}?lecteur=personne&year=2026")
    form = form_on(page, "/commencer?year=2026&lecteur=personne")
    answer = form.press(client, "Commencer la relecture")
    assert answer.request.path == f"/relecture/{sheet.id}/commencer"
    assert answer.location == f"/relecture/{sheet.id}?year=2026&lecteur=personne"
