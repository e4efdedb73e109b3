"""An outside opinion: asked by mail, given once, read by the federation alone."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from werkzeug.test import TestResponse

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.signing import post, sign_in
from webapp import storage
from webapp.clock import now
from webapp.models import Mail, Opinion, PersonalLink, Sheet, User
from webapp.vocabulary import RoleName, Verdict

TITLE = "Le jardin des Tilleuls"
ASKED = "Ce jardin sert-il le quartier\u202f?"
SECRET = "Un brouillon que personne ne doit lire"


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    answers = {"title": TITLE, "summary": "Un jardin ouvert à tous."}
    return factories.sent_sheet(SheetState.SUBMITTED, title=TITLE, answers=answers)


@pytest.fixture
def reviewer(client: PageClient, sheet: Sheet) -> User:
    """Somebody who reads for the federation, signed in."""
    person = factories.person(RoleName.REVIEWER, sheet.federation, password=None, full_name="Odile Martin")
    sign_in(client, person)
    return person


def ask(client: PageClient, sheet: Sheet, **changes: str) -> TestResponse:
    due = (now() + timedelta(days=10)).date().isoformat()
    given = {"name": "Paul Estève", "email": "paul@mairie.example", "question": ASKED, "due_on": due} | changes
    return post(client, f"/relecture/{sheet.id}/avis", {f"opinion-{name}": text for name, text in given.items()})


def token_sent(db: SQLAlchemy) -> str:
    """The token of the last mail that asks."""
    asked = sa.select(Mail).where(Mail.kind == "opinion_asked").order_by(Mail.created_at.desc(), Mail.id)
    mail = db.session.scalars(asked.execution_options(populate_existing=True)).first()
    assert mail is not None
    found = re.search(r"/avis/(\S+)", mail.text)
    assert found is not None
    return found.group(1)


def test_the_person_asked_reads_the_sheet_as_sent_and_answers_once(
    app: Flask, client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    assert ask(client, sheet).status_code == 303
    sheet.answers = {"title": SECRET, "summary": SECRET}
    db.session.commit()
    token, visitor = token_sent(db), app.test_client()
    page = visitor.get(f"/avis/{token}")
    assert page.status_code == 200
    assert "Un jardin ouvert à tous." in page.text
    assert ASKED in page.text
    assert SECRET not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert visitor.get(f"/avis/{token}").status_code == 200
    given = post(visitor, f"/avis/{token}", {"verdict": "reserved", "text": "Oui, mais plus tard."})
    assert given.status_code == 303
    assert visitor.get(given.location).status_code == 200
    assert visitor.get(f"/avis/{token}").status_code == 410
    assert post(visitor, f"/avis/{token}", {"verdict": "favourable"}).status_code == 410
    opinion = db.session.scalars(sa.select(Opinion).execution_options(populate_existing=True)).one()
    assert (opinion.verdict, opinion.text) == (Verdict.RESERVED, "Oui, mais plus tard.")


def test_the_reviewer_is_told_by_mail_and_reads_it_on_the_page(
    app: Flask, client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    ask(client, sheet)
    post(app.test_client(), f"/avis/{token_sent(db)}", {"verdict": "favourable", "text": "Un beau jardin."})
    told = db.session.scalars(sa.select(Mail).where(Mail.kind == "opinion_given")).one()
    assert told.recipient == reviewer.email
    assert "Un beau jardin." not in told.text
    page = client.get(f"/relecture/{sheet.id}").text
    assert "Avis favorable" in page
    assert "Un beau jardin." in page
    assert "Paul Estève a donné son avis" in page


def test_a_revoked_opinion_opens_nothing_and_an_answered_one_stays(
    app: Flask, client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    ask(client, sheet)
    opinion = db.session.scalars(sa.select(Opinion)).one()
    address = f"/relecture/{sheet.id}/avis/{opinion.id}/retirer"
    assert post(client, address).status_code == 303
    visitor, token = app.test_client(), token_sent(db)
    assert visitor.get(f"/avis/{token}").status_code == 410
    assert post(visitor, f"/avis/{token}", {"verdict": "favourable"}).status_code == 410
    assert "Demande retirée" in client.get(f"/relecture/{sheet.id}").text
    ask(client, sheet, name="Ève Blanc", email="eve@mairie.example")
    second = db.session.scalars(sa.select(Opinion).where(Opinion.name == "Ève Blanc")).one()
    link = db.session.scalars(sa.select(PersonalLink).where(PersonalLink.target_id == second.id)).one()
    assert link.revoked_at is None
    tokens = db.session.scalars(sa.select(Mail.text).where(Mail.recipient == "eve@mairie.example")).one()
    post(app.test_client(), "/avis/" + re.search(r"/avis/(\S+)", tokens).group(1), {"verdict": "no_view"})  # type: ignore[union-attr]
    assert post(client, f"/relecture/{sheet.id}/avis/{second.id}/retirer").status_code == 422
    db.session.refresh(second)
    assert second.verdict is Verdict.NO_VIEW


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"name": " "}, "opinion-name", "Indiquez le nom"),
        ({"email": "paul"}, "opinion-email", "adresse mail complète"),
        ({"question": ""}, "opinion-question", "Écrivez ce que vous demandez"),
        ({"due_on": ""}, "opinion-due_on", "Indiquez la date"),
        ({"due_on": "2001-01-01"}, "opinion-due_on", "six mois"),
        ({"due_on": "bientôt"}, "opinion-due_on", "date"),
    ],
)
def test_what_is_refused_is_said_in_its_place_with_the_words_kept(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User, changes: dict[str, str], place: str, message: str
) -> None:
    answer = ask(client, sheet, **{"question": "Mes mots à garder", **changes})
    assert answer.status_code == 422
    assert message in answer.text
    assert f'id="{place}-error"' in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Opinion)) == 0
    assert "question" in changes or "Mes mots à garder" in answer.text


def test_an_objection_says_why(app: Flask, client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User) -> None:
    ask(client, sheet)
    visitor, token = app.test_client(), token_sent(db)
    for data, place in (({"verdict": "unfavourable"}, "text"), ({"verdict": "x", "text": "Mes mots"}, "verdict")):
        answer = post(visitor, f"/avis/{token}", data)
        assert answer.status_code == 422
        assert f'id="{place}-error"' in answer.text
    assert "Mes mots" in answer.text
    assert visitor.get(f"/avis/{token}").status_code == 200


def test_once_somebody_was_asked_the_centre_cannot_take_the_sheet_back(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    ask(client, sheet)
    db.session.refresh(sheet)
    assert sheet.read_at is not None


def test_the_files_of_the_sheet_sent_open_and_no_other(
    app: Flask, client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    hidden, shown = (factories.AttachmentFactory(sheet=sheet, size=9) for _ in range(2))
    storage.put(shown.storage_key, b"a picture")
    file = {"id": str(shown.id), "name": shown.name, "media_type": shown.media_type, "size": 9, "sha256": shown.sha256}
    factories.SnapshotFactory(sheet=sheet, answers={"title": TITLE, "files": [file]})
    ask(client, sheet)
    visitor, token = app.test_client(), token_sent(db)
    answer = visitor.get(f"/avis/{token}/pieces/{shown.id}")
    assert (answer.data, answer.headers["Cache-Control"]) == (b"a picture", "no-store")
    assert visitor.get(f"/avis/{token}/pieces/{hidden.id}").status_code == 404
    assert visitor.get(f"/avis/{uuid4().hex}/pieces/{shown.id}").status_code == 404


def test_the_centre_and_the_funder_learn_nothing_of_it(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    ask(client, sheet)
    funder = factories.FunderFactory(federation=sheet.federation)
    factories.address(sheet.campaign, funder)
    sheet.state, sheet.validated_at = SheetState.VALIDATED, factories.START
    db.session.commit()
    for person, paths in (
        (factories.person(RoleName.RESPONSIBLE, sheet.centre), ("", "/lecture", "/histoire", "/envois")),
        (factories.person(RoleName.FUNDER, funder), ("/lecture",)),
    ):
        sign_in(client, person)
        for path in paths:
            page = client.get(f"/fiches/{sheet.id}{path}")
            assert page.status_code == 200
            for word in ("Estève", "paul@mairie.example", ASKED, "avis extérieur"):
                assert word not in page.text, path


def test_the_link_lives_a_week_longer_than_the_deadline(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    due = (now() + timedelta(days=100)).date()
    ask(client, sheet, due_on=due.isoformat())
    link = db.session.scalars(sa.select(PersonalLink)).one()
    assert link.expires_at.date() >= due + timedelta(days=6)
