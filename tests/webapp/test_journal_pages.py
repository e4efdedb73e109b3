"""The journal of a federation: readable by those who answer for it, and betraying what was changed behind its back."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import Move, SheetState
from tests.client import PageClient
from tests.factories import START, CentreFactory, person, sent_sheet
from tests.signing import sign_in
from webapp.journal_words import sentence
from webapp.models import Event
from webapp.queries.accounts import actor_of
from webapp.services import sheets
from webapp.vocabulary import RoleName


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return CentreFactory()


def validated(centre: Any, title: str) -> None:
    reviewer = person(RoleName.REVIEWER, centre.federation, full_name="Maud Lectrice")
    sheet = sent_sheet(SheetState.SUBMITTED, centre=centre, title=title)
    sheets.move(sheet.id, Move.VALIDATE, actor=actor_of(reviewer), at=START)


def test_the_administrator_reads_who_did_what(client: PageClient, centre: Any) -> None:
    validated(centre, "Atelier vélo")
    sign_in(client, person(RoleName.ADMINISTRATOR, centre.federation))
    page = client.get("/journal").text
    assert "Maud Lectrice a validé la fiche" in page
    assert "Atelier vélo" in page


def test_another_federations_journal_shows_nothing_of_it(client: PageClient, centre: Any) -> None:
    validated(centre, "Atelier vélo")
    sign_in(client, person(RoleName.ADMINISTRATOR, CentreFactory().federation))
    assert "Atelier vélo" not in client.get("/journal").text


def test_a_reviewer_does_not_read_it(client: PageClient, centre: Any) -> None:
    sign_in(client, person(RoleName.REVIEWER, centre.federation))
    assert client.get("/journal").status_code == 403


def test_a_check_says_that_the_journal_is_whole_and_when_it_is_not(
    client: PageClient, db: SQLAlchemy, centre: Any
) -> None:
    validated(centre, "Atelier vélo")
    sign_in(client, person(RoleName.ADMINISTRATOR, centre.federation))
    assert "Le journal est entier" in client.get("/journal?verifier=1").text
    _forge(db)
    assert "Le journal n’est pas entier" in client.get("/journal?verifier=1").text


def _forge(db: SQLAlchemy) -> None:
    """Change an entry as somebody with the keys of the database could."""
    if db.engine.dialect.name == "sqlite":
        triggers = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'")
        kept = db.session.execute(triggers).all()
        for name, _sql in kept:
            db.session.execute(sa.text(f"DROP TRIGGER {name}"))
        db.session.execute(sa.update(Event).values(kind="sheet.publish"))
        for _name, sql in kept:
            db.session.execute(sa.text(sql))
    else:
        db.session.execute(sa.text("ALTER TABLE event DISABLE TRIGGER USER"))
        db.session.execute(sa.update(Event).values(kind="sheet.publish"))
        db.session.execute(sa.text("ALTER TABLE event ENABLE TRIGGER USER"))
    db.session.commit()


def test_every_move_has_its_words() -> None:
    for move in Move:
        assert "sheet." not in sentence(Event(kind=f"sheet.{move.value}", data={}))
