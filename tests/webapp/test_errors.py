"""Errors are answered in words, as a page or as JSON, and never with a stack trace."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, Response, abort, request

from forms.values import Refused
from tests.client import PageClient
from webapp.database import db
from webapp.errors import PAGES, answer
from webapp.models import Federation

JSON = {"Accept": "application/json"}


@pytest.fixture
def failing(make_app: Callable[..., Flask], db: object) -> Flask:
    """An application with pages that fail as asked."""
    app = make_app()

    def view(what: str) -> str:
        if what == "refused":
            raise Refused("Indiquez le nombre de participants.", question="participants_count")
        if what == "bug":
            raise ValueError("secret detail")
        if what == "write":
            _two_federations_of_one_name()
        if what == "zero":
            db.session.execute(sa.select(sa.literal("a\x00b")))
        if what == "full":
            raise OSError(28, "No space left on device")
        abort(int(what))

    view.public = True  # type: ignore[attr-defined]
    app.add_url_rule("/echec/<what>", "failing", view, methods=["GET", "POST"])
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def _two_federations_of_one_name() -> None:
    db.session.add_all([Federation(name="La même"), Federation(name="la MÊME")])
    db.session.commit()


@pytest.mark.parametrize("status", sorted(PAGES))
def test_every_status_has_a_page_and_a_json(failing: Flask, status: int) -> None:
    visitor = failing.test_client()
    page = visitor.get(f"/echec/{status}")
    assert page.status_code == status
    assert f"Erreur {status}" in page.text
    said = visitor.get(f"/echec/{status}", headers=JSON)
    assert said.status_code == status
    assert said.json is not None
    assert said.json["message"].endswith(".")
    assert ("Retry-After" in said.headers) == (status in {429, 503})


def test_an_unknown_address_is_a_page_in_french(client: PageClient) -> None:
    answer = client.get("/nulle-part")
    assert answer.status_code == 404
    assert "introuvable" in answer.text


def test_a_refusal_says_its_sentence_and_its_question(failing: Flask) -> None:
    said = failing.test_client().get("/echec/refused", headers=JSON)
    assert said.status_code == 422
    assert said.json == {
        "status": 422,
        "error": "Unprocessable Entity",
        "message": "Indiquez le nombre de participants.",
        "field": "participants_count",
    }


def test_a_bug_shows_nothing_of_itself(failing: Flask) -> None:
    for headers in ({}, JSON):
        answer = failing.test_client().get("/echec/bug", headers=headers)
        assert answer.status_code == 500
        assert "secret detail" not in answer.text
        assert "Traceback" not in answer.text


def test_what_the_database_refuses_is_said_in_words(failing: Flask) -> None:
    said = failing.test_client().post("/echec/write", headers=JSON)
    assert said.status_code == 409
    assert said.json is not None
    assert said.json["message"] == "Une fédération porte déjà ce nom."
    assert said.json["field"] == "name"


def test_a_value_that_no_database_keeps_is_the_fault_of_who_sent_it(failing: Flask, engine_name: str) -> None:
    if engine_name == "sqlite":
        pytest.skip("PostgreSQL only: SQLite compares with anything")
    answer = failing.test_client().get("/echec/zero")
    assert answer.status_code == 400


def test_a_full_disk_asks_to_come_back(failing: Flask) -> None:
    answer = failing.test_client().get("/echec/full")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"


def test_a_database_that_is_away_asks_to_come_back(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/such/folder.sqlite", "postgresql://nobody@127.0.0.1:1/nothing"):
        visitor = make_app(database_url=url).test_client()
        page = visitor.get("/catalogue", headers={"Accept": "text/html"})
        assert page.status_code == 503
        assert page.headers["Retry-After"] == "10"
        assert "indisponible" in page.text
        assert visitor.get("/healthz").status_code == 200


def test_a_get_that_writes_is_stopped(failing: Flask) -> None:
    answer = failing.test_client().get("/echec/write")
    assert answer.status_code == 500
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Federation)) == 0


def test_too_much_is_413_and_too_fast_429(make_app: Callable[..., Flask], db: object) -> None:
    from webapp.limits import REQUEST_BYTES, accepts, limiter

    app = make_app(rate_limits=True)

    def read() -> Response:
        return Response(str(len(request.form)), mimetype="text/plain")

    read.public = True  # type: ignore[attr-defined]
    app.config["WTF_CSRF_ENABLED"] = False
    app.add_url_rule("/lire", "read", read, methods=["POST"])
    app.add_url_rule("/peu", "little", accepts(request_bytes=10)(limiter.limit("2 per minute")(read)), methods=["POST"])
    visitor = app.test_client()
    assert visitor.post("/lire", data={"a": "x" * 600_000}).status_code == 200
    assert visitor.post("/lire", data={"a": "x" * (REQUEST_BYTES + 1)}).status_code == 413
    assert [visitor.post("/peu", data={"a": "123456789"}).status_code for _ in range(3)] == [413, 413, 429]
    assert 1 <= int(visitor.post("/peu").headers["Retry-After"]) <= 61


@pytest.mark.parametrize(
    ("seconds", "words"),
    [("1", "1\u00a0seconde,"), ("45", "45\u00a0secondes,"), ("60", "une minute,"), ("589", "10\u00a0minutes,")],
)
def test_how_long_to_wait_is_said_as_people_say_it(failing: Flask, seconds: str, words: str) -> None:
    def hasty() -> Response:
        return answer(429, headers={"Retry-After": seconds})

    hasty.public = True  # type: ignore[attr-defined]
    failing.add_url_rule("/vite", "hasty", hasty)
    page = failing.test_client().get("/vite")
    assert (f"Patientez {words}" in page.text, page.headers["Retry-After"]) == (True, seconds)


@pytest.mark.parametrize("what", ["bug", "full"])
def test_what_failed_can_be_asked_again_as_it_was(failing: Flask, what: str) -> None:
    page = failing.test_client().get(f"/echec/{what}?annee=2026").text
    assert f'href="/echec/{what}?annee=2026"' in page
    assert "Réessayer" in page


def test_what_is_too_heavy_leads_back_to_where_it_was_chosen_and_to_no_dead_end(failing: Flask) -> None:
    def only_posted() -> str:
        abort(413)

    only_posted.public = True  # type: ignore[attr-defined]
    failing.add_url_rule("/depot", "only_posted", only_posted, methods=["POST"])
    visitor = failing.test_client()
    assert 'href="/echec/413"' in visitor.post("/echec/413").text
    assert 'href="/depot"' not in visitor.post("/depot").text


def test_a_form_without_its_token_is_refused(make_app: Callable[..., Flask], db: object) -> None:
    app = make_app()

    def write() -> str:
        return "done"

    write.public = True  # type: ignore[attr-defined]
    app.add_url_rule("/ecrire", "write", write, methods=["POST"])
    assert app.test_client().post("/ecrire").status_code == 400
