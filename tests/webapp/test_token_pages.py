"""The page of one's tokens: made, shown once, revoked."""

import re

import pytest
from flask_sqlalchemy import SQLAlchemy

from tests.client import PageClient
from tests.factories import START
from tests.signing import post, sign_in
from tests.webapp.api_season import Season, a_season, ask, token_for
from webapp.blueprints.accounts import door
from webapp.models import ApiToken, Event
from webapp.services import passwords


@pytest.fixture
def season(db: SQLAlchemy) -> Season:
    return a_season()


@pytest.mark.parametrize("who", ["reviewer", "administrator", "reader"])
def test_a_token_is_shown_once_and_opens_the_api(client: PageClient, season: Season, who: str) -> None:
    sign_in(client, getattr(season, who))
    made = post(client, "/compte/jetons", {"name": "Tableau de bord", "scopes": ["sheets"], "days": "90"})
    (token,) = re.findall(r"recueil_[A-Za-z0-9_-]{43}", made.text)
    page = client.get("/compte/jetons").text
    assert "Tableau de bord" in page
    assert "pas encore servi" in page
    assert token not in page
    assert ask(client, "/sheets", token).status_code == 200
    assert ask(client, "/centres", token).status_code == 403


def test_a_token_is_made_only_by_one_who_has_just_said_who_they_are(
    client: PageClient, season: Season, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, season.reviewer)
    monkeypatch.setattr(door, "is_fresh", lambda: False)
    assert "/compte/confirmation" in client.get("/compte/jetons").text
    answer = post(client, "/compte/jetons", {"name": "Tableau de bord", "scopes": ["sheets"], "days": "90"})
    assert answer.status_code == 422
    assert "Dites encore une fois qui vous êtes" in answer.text
    assert 'value="Tableau de bord"' in answer.text
    assert db.session.query(ApiToken).count() == 0


def test_tokens_end_with_the_password(client: PageClient, season: Season, db: SQLAlchemy) -> None:
    token = token_for(season.reviewer)
    assert ask(client, "/sheets", token).status_code == 200
    passwords.set_password(season.reviewer, "une phrase assez longue 2026", kept_session=None, at=START)
    assert ask(client, "/sheets", token).status_code == 401


def test_a_token_is_revoked_from_its_page(client: PageClient, season: Season, db: SQLAlchemy) -> None:
    token = token_for(season.reviewer)
    row = db.session.query(ApiToken).one()
    sign_in(client, season.reviewer)
    assert post(client, f"/compte/jetons/{row.id}/revoquer").status_code == 303
    assert ask(client, "/sheets", token).status_code == 401
    assert post(client, f"/compte/jetons/{row.id}/revoquer").status_code == 404
    kinds = [event.kind for event in db.session.query(Event).order_by(Event.seq) if "token" in event.kind]
    assert kinds == ["token.made", "token.revoked"]


def test_nobody_revokes_the_token_of_another(client: PageClient, season: Season, db: SQLAlchemy) -> None:
    token = token_for(season.reviewer)
    sign_in(client, season.administrator)
    assert post(client, f"/compte/jetons/{db.session.query(ApiToken).one().id}/revoquer").status_code == 404
    assert ask(client, "/sheets", token).status_code == 200


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"scopes": ["sheets"], "days": "90"}, "Indiquez un nom"),
        ({"name": "A", "days": "90"}, "au moins une chose"),
        ({"name": "A", "scopes": ["journal"], "days": "90"}, "dans la liste"),
        ({"name": "A", "scopes": ["sheets"], "days": "9999"}, "une durée dans la liste"),
    ],
)
def test_the_form_says_what_is_wrong(
    client: PageClient, season: Season, db: SQLAlchemy, data: dict[str, str], words: str
) -> None:
    sign_in(client, season.reviewer)
    answer = post(client, "/compte/jetons", data)
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.query(ApiToken).count() == 0
