"""Whom a sheet is shown to after it was sent: the centre's choice, obeyed at once."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import Move, SheetState
from forms.values import Refused
from tests.client import PageClient
from tests.factories import START, CentreFactory, person, sent_sheet
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp import models
from webapp.history_words import entries
from webapp.policy import OPERATOR, Denied
from webapp.queries.accounts import actor_of
from webapp.queries.sheets import history
from webapp.queries.versions import form_of
from webapp.services import sharing, sheets
from webapp.vocabulary import RoleName, Sharing

OPEN = (
    "/catalogue", "/catalogue?q=canari", "/catalogue/atom.xml", "/sitemap-1.xml", "/catalogue/donnees/fiches.csv",
    "/catalogue/donnees/fiches.json", "/api/v1/catalogue",
)  # fmt: skip


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return CentreFactory()


@pytest.fixture
def responsible(centre: Any) -> Any:
    return person(RoleName.RESPONSIBLE, centre, password=None, full_name="Rose Vidal")


def a_sheet(centre: Any, state: SheetState = SheetState.PUBLISHED, how: Sharing = Sharing.PUBLIC) -> Any:
    return sent_sheet(state, centre=centre, title="Le canari", answers={"title": "Le canari"}, sharing=how)


def test_a_published_sheet_leaves_everything_open_at_the_next_request(
    client: PageClient, make_client: Any, centre: Any, responsible: Any
) -> None:
    sheet, visitor = a_sheet(centre), make_client()

    def shown() -> list[str]:
        found = [address for address in OPEN if sheet.reference in visitor.get(address).text]
        return found + [address for address in OPEN if str(sheet.id) in visitor.get(address).text]

    assert {*shown()} == {*OPEN}
    assert visitor.get(f"/catalogue/{sheet.id}").status_code == 200
    sign_in(client, responsible)
    form = form_on(client.get(f"/fiches/{sheet.id}/lecture"), "/partage")
    answer = post(client, form.action, {"sharing": "funders"})
    assert answer.status_code == 303
    assert shown() == []
    assert visitor.get(f"/catalogue/{sheet.id}").status_code == 404
    page = client.get(f"/fiches/{sheet.id}/lecture").text
    assert "Cette fiche se montre\u00a0: aux financeurs seulement." in page


def test_the_change_stands_in_the_history(db: SQLAlchemy, centre: Any, responsible: Any) -> None:
    sheet = a_sheet(centre)
    sharing.choose(sheet.id, Sharing.NETWORK, actor=actor_of(responsible), at=START)
    sharing.choose(sheet.id, Sharing.NETWORK, actor=actor_of(responsible), at=START)
    told = [(entry.text, entry.note) for entry in entries(history(sheet.id), form_of(sheet.form_version))]
    assert told == [("Rose Vidal a changé à qui la fiche se montre", "Aux financeurs et au réseau")]


def test_what_is_published_is_not_shown_to_more_without_the_federation(
    client: PageClient, db: SQLAlchemy, centre: Any, responsible: Any
) -> None:
    sheet = a_sheet(centre, how=Sharing.NETWORK)
    sign_in(client, responsible)
    assert 'value="public"' not in client.get(f"/fiches/{sheet.id}/lecture").text
    refused = post(client, f"/fiches/{sheet.id}/partage", {"sharing": "public"})
    assert refused.status_code == 422
    assert "demandez à la fédération de la retirer du catalogue" in refused.text
    assert client.get(f"/catalogue/{sheet.id}").status_code == 200
    db.session.refresh(sheet)
    assert sheet.sharing is Sharing.NETWORK
    sheets.move(sheet.id, Move.UNPUBLISH, actor=OPERATOR, at=START, reason="Le centre le demande.")
    assert post(client, f"/fiches/{sheet.id}/partage", {"sharing": "public"}).status_code == 303
    db.session.refresh(sheet)
    assert sheet.sharing is Sharing.PUBLIC


@pytest.mark.parametrize("state", [SheetState.SUBMITTED, SheetState.CHANGES_REQUESTED, SheetState.VALIDATED])
def test_before_it_is_published_every_choice_is_open(
    db: SQLAlchemy, centre: Any, responsible: Any, state: SheetState
) -> None:
    sheet = a_sheet(centre, state, Sharing.FUNDERS)
    for wanted in (Sharing.PUBLIC, Sharing.FUNDERS, Sharing.NETWORK):
        assert sharing.choose(sheet.id, wanted, actor=actor_of(responsible), at=START).sharing is wanted


def test_only_a_responsible_of_the_centre_chooses_and_only_among_what_there_is(
    client: PageClient, db: SQLAlchemy, centre: Any, responsible: Any
) -> None:
    sheet = a_sheet(centre)
    member = person(RoleName.MEMBER, centre, password=None)
    administrator = person(RoleName.ADMINISTRATOR, centre.federation, password=None)
    for other in (member, administrator):
        with pytest.raises(Denied):
            sharing.choose(sheet.id, Sharing.FUNDERS, actor=actor_of(other), at=START)
        db.session.rollback()
        sign_in(client, other)
        assert "/partage" not in client.get(f"/fiches/{sheet.id}/lecture").text
    with pytest.raises(Refused):
        sharing.choose(sheet.id, None, actor=actor_of(responsible), at=START)
    db.session.rollback()
    sign_in(client, responsible)
    answer = post(client, f"/fiches/{sheet.id}/partage", {"sharing": "tout le monde"})
    assert answer.status_code == 422
    assert "Choisissez à qui montrer la fiche." in answer.text


@pytest.mark.parametrize(
    ("how", "said", "never"),
    [
        (Sharing.PUBLIC, "au catalogue public", "pour le réseau"),
        (Sharing.NETWORK, "pour le réseau", "est au catalogue public"),
    ],
)
def test_publishing_says_for_whom(
    client: PageClient, db: SQLAlchemy, centre: Any, responsible: Any, how: Sharing, said: str, never: str
) -> None:
    administrator = person(RoleName.ADMINISTRATOR, centre.federation, full_name="Maud Cressonnier")
    sheet = a_sheet(centre, SheetState.VALIDATED, how)
    sign_in(client, administrator)
    form = form_on(client.get(f"/relecture/{sheet.id}"), "/publier")
    page = client.get(
        form.press(client, "Publier" if how is Sharing.PUBLIC else "Publier pour le réseau").location
    ).text
    assert f"La fiche est {'' if how is Sharing.PUBLIC else 'publiée '}{said}" in page
    assert f"Maud Cressonnier a publié la fiche {said}" in page
    assert f"Maud Cressonnier a publié la fiche {said}" in client.get("/journal").text
    mail = db.session.scalars(sa.select(models.Mail).where(models.Mail.kind == "sheet_publish")).one()
    for text in (mail.subject + mail.text, mail.html):
        assert said in text
        assert never not in text


def test_of_a_publication_from_before_it_is_not_claimed_for_whom(db: SQLAlchemy, centre: Any) -> None:
    sheet = a_sheet(centre)
    event = models.Event(kind="sheet.publish", at=START, data={"from": "validated", "to": "published"}, seq=1)
    assert entries([event], form_of(sheet.form_version))[0].text == "Recueil a publié la fiche"


def test_many_sheets_are_published_each_for_its_own_readers(client: PageClient, centre: Any) -> None:
    sign_in(client, person(RoleName.ADMINISTRATOR, centre.federation))
    both = [sent_sheet(SheetState.VALIDATED, centre=centre, sharing=how) for how in (Sharing.PUBLIC, Sharing.NETWORK)]
    answer = post(client, "/relecture/lots", {"act": "publish", "which": "ticked", "sheet": [str(s.id) for s in both]})
    page = client.get(answer.location).text
    assert "Paraîtra au catalogue public" in page
    assert "Sera publiée pour le réseau" in page
