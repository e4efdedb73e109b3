"""What was typed into a step is given back where it can't be taken, and nowhere else."""

from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy

from tests.client import PageClient
from tests.factories import CentreFactory, SheetFactory, person
from tests.signing import post, sign_in, token_of
from webapp.models import Sheet, UserSession
from webapp.vocabulary import RoleName

WORDS = "Un long texte\nque <b>personne</b> ne veut taper deux fois."


@pytest.fixture
def sheet(client: PageClient, db: SQLAlchemy) -> Sheet:
    centre = CentreFactory()
    sign_in(client, person(RoleName.MEMBER, centre))
    made: Sheet = SheetFactory(centre=centre)
    return made


def save(client: PageClient, sheet: Sheet, **extra: Any) -> Any:
    form = {"_asked": "limits", "limits": WORDS, **extra}
    return post(client, f"/fiches/{sheet.id}/suites", form)


def test_a_session_that_ended_meanwhile_gives_the_words_back(client: PageClient, db: SQLAlchemy, sheet: Sheet) -> None:
    db.session.query(UserSession).delete()
    db.session.commit()
    answer = save(client, sheet)
    assert answer.status_code == 401
    assert "que &lt;b&gt;personne&lt;/b&gt; ne veut taper deux fois." in answer.text
    assert f"/connexion?next=/fiches/{sheet.id}/suites" in answer.text


def test_a_form_of_the_session_before_gives_the_words_back(client: PageClient, db: SQLAlchemy, sheet: Sheet) -> None:
    stale = token_of(client)
    account = db.session.query(UserSession).one().user
    sign_in(client, account)
    with client.session_transaction() as kept:
        kept["csrf_token"] = "another"
    answer = client.post(f"/fiches/{sheet.id}/suites", data={"csrf_token": stale, "_asked": "limits", "limits": WORDS})
    assert answer.status_code == 400
    assert "ne veut taper deux fois" in answer.text
    assert "connecté de nouveau" in answer.text


def test_a_form_without_words_goes_to_the_door(client: PageClient, db: SQLAlchemy, sheet: Sheet) -> None:
    db.session.query(UserSession).delete()
    db.session.commit()
    assert save(client, sheet, limits="  ").status_code == 302


def test_reasons_and_replies_are_given_back_too(client: PageClient, db: SQLAlchemy, sheet: Sheet) -> None:
    db.session.query(UserSession).delete()
    db.session.commit()
    beside = {"_sure": "0a", "_sure-reason-0a": "Rien de neuf cette année.", "_reply-1": "Corrigé plus bas."}
    answer = save(client, sheet, limits="", **beside)
    assert answer.status_code == 401
    assert "Rien de neuf cette année." in answer.text
    assert "Corrigé plus bas." in answer.text
    answer = post(client, f"/fiches/{sheet.id}/doutes", beside)
    assert "Rien de neuf cette année." in answer.text
    assert save(client, sheet, limits="", _sure="0a").status_code == 302, "a tick alone is soon ticked again"


def test_no_secret_is_ever_given_back(client: PageClient, db: SQLAlchemy) -> None:
    answer = client.post("/connexion", data={"email": "a@b.example", "password": "summary-secret", "summary": "x"})
    assert "summary-secret" not in answer.text
    assert "Suite de l" not in answer.text
