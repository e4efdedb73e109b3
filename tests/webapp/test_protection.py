"""Every answer carries what browsers need to defend a reader."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort
from werkzeug.test import TestResponse

from tests.client import PageClient
from tests.factories import CentreFactory, SheetFactory, person
from tests.signing import sign_in
from tests.test_routes import visits
from webapp import create_app
from webapp.config import Settings
from webapp.limits import DEFAULT_RATE, REQUEST_BYTES, limits_of
from webapp.protection import HEADERS, POLICY, csrf
from webapp.serving import LARGEST_REQUEST
from webapp.vocabulary import RoleName


@pytest.mark.parametrize("address", ["/healthz", "/nulle-part", "/static/css/base.css"])
def test_every_answer_is_protected(client: PageClient, address: str) -> None:
    answer = client.get(address)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "Strict-Transport-Security" not in answer.headers


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "frame-ancestors 'none'" in POLICY


def test_production_insists_on_https(tmp_path: Path) -> None:
    settings = Settings(
        folder=tmp_path, base_url="https://recueil.exemple.fr", secret_key="x" * 40, mail_url=str(tmp_path)
    )
    answer = create_app(settings).test_client().get("/healthz")
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_pages_are_asked_again_and_static_files_kept_while_they_do_not_change(client: PageClient) -> None:
    page = client.get("/nulle-part")
    assert page.headers["Cache-Control"] == "private, no-cache"
    address = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "?v=" in address
    assert "immutable" in client.get(address).headers["Cache-Control"]
    assert "immutable" not in client.get(address.partition("?")[0]).headers.get("Cache-Control", "")


def test_a_proxy_is_believed_only_when_there_is_one(make_app: Callable[..., Flask], db: object) -> None:
    from flask import request

    for proxies, seen in ((0, "127.0.0.1"), (1, "203.0.113.7")):
        app = make_app(proxies=proxies)

        def who() -> tuple[str, dict[str, str]]:
            return request.remote_addr or "", {"Content-Type": "text/plain"}

        who.public = True  # type: ignore[attr-defined]
        app.add_url_rule("/qui", "who", who)
        assert app.test_client().get("/qui", headers={"X-Forwarded-For": "203.0.113.7"}).text == seen


def test_the_page_of_one_who_has_signed_in_is_kept_nowhere(client: PageClient, db: object) -> None:
    assert client.get("/aide").headers["Cache-Control"] == "private, no-cache"
    centre = CentreFactory()
    sheet = SheetFactory(centre=centre)
    sign_in(client, person(RoleName.MEMBER, centre, password=None))
    for address in ("/fiches", f"/fiches/{sheet.id}", "/compte", "/nulle-part"):
        assert client.get(address).headers["Cache-Control"] == "private, no-store"
    # Its words may not be saved yet: whoever goes back finds them again.
    step = client.get(f"/fiches/{sheet.id}/pieces")
    assert (step.status_code, step.headers["Cache-Control"]) == (200, "private, no-cache")


def test_every_address_protects_whoever_it_answers(make_app: Callable[..., Flask], db: object) -> None:
    app = make_app(environment="production", base_url="https://recueil.exemple.fr", rate_limits=True)
    visitor = app.test_client()
    bare = []
    for _rule, method, path in visits(app):
        answer = visitor.open(path, method=method, base_url="https://recueil.exemple.fr")
        missing = bare_of(answer)
        if "Cache-Control" not in answer.headers and not path.startswith("/static"):
            missing.append("Cache-Control")
        bare += [f"{method} {path}: {answer.status_code}: {missing}"] * bool(missing)
        answer.close()
    assert bare == []


ANSWERS: dict[str, tuple[str, str, dict[str, str], int]] = {
    "a page": ("GET", "/aide", {}, 200),
    "a page's head": ("HEAD", "/aide", {}, 200),
    "which methods there are": ("OPTIONS", "/aide", {}, 200),
    "a file": ("GET", "/static/css/base.css", {}, 200),
    "no such file": ("GET", "/static/css/nothing.css", {}, 404),
    "no such page": ("GET", "/nulle-part", {}, 404),
    "the way to the door": ("GET", "/fiches", {}, 302),
    "no session for a program": ("GET", "/fiches", {"Accept": "application/json", "Sec-Fetch-Mode": "cors"}, 401),
    "no token": ("GET", "/api/v1/sheets", {}, 401),
    "nothing in the API": ("GET", "/api/v1/nothing", {}, 404),
    "its description": ("GET", "/api/v1/openapi.json", {}, 200),
    "a method that is not": ("POST", "/aide", {}, 405),
    "no token in the form": ("POST", "/connexion", {}, 400),
    "health": ("GET", "/healthz", {}, 200),
    "readiness": ("GET", "/readyz", {}, 200),
    "figures": ("GET", "/metrics", {}, 200),
    "no figures": ("GET", "/metrics", {"X-Forwarded-For": "203.0.113.9"}, 404),
    "too much": ("POST", "/mesure/trop", {}, 413),
    "too often": ("GET", "/mesure/souvent", {}, 429),
    "a failure": ("GET", "/mesure/panne", {}, 500),
    "no room": ("GET", "/mesure/pleine", {}, 503),
    "another kind of file": ("GET", "/mesure/genre", {}, 415),
}


def _measured(what: str) -> str:
    if what == "panne":
        raise ValueError
    if what == "pleine":
        raise OSError(errno.ENOSPC, "No space left on device")
    abort({"trop": 413, "souvent": 429, "genre": 415}[what])


@pytest.fixture
def guarded(make_app: Callable[..., Flask], db: object) -> Flask:
    app = make_app(environment="production", base_url="https://recueil.exemple.fr", rate_limits=True, proxies=1)
    view: Any = lambda what: _measured(what)  # noqa: E731
    view.public = True
    app.add_url_rule("/mesure/<what>", "measured", csrf.exempt(view), methods=["GET", "POST"])
    return app


def test_every_kind_of_answer_is_protected(guarded: Flask) -> None:
    visitor, wrong = guarded.test_client(), []
    for name, (method, path, headers, status) in ANSWERS.items():
        answer = visitor.open(path, method=method, headers=headers, base_url="https://recueil.exemple.fr")
        if answer.status_code != status or bare_of(answer):
            wrong.append((name, answer.status_code, bare_of(answer)))
        answer.close()
    assert wrong == []


def test_what_has_not_changed_is_protected_too(guarded: Flask) -> None:
    visitor = guarded.test_client()
    address = "https://recueil.exemple.fr/static/css/base.css"
    with visitor.get(address) as first:
        again = visitor.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, bare_of(again)) == (304, [])


def bare_of(answer: TestResponse) -> list[str]:
    """What a browser needs and this answer has not, or has otherwise."""
    wanted = {**HEADERS, "Strict-Transport-Security": "max-age=31536000"}
    if answer.headers.get("Referrer-Policy") == "no-referrer":
        # Where the address itself is a secret.
        wanted["Referrer-Policy"] = "no-referrer"
    wrong = [name for name, value in wanted.items() if answer.headers.getlist(name) != [value]]
    return (
        wrong
        + [name for name in ("X-Request-ID",) if not answer.headers.get(name)]
        + ["Server"] * ("Server" in answer.headers)
    )


def test_every_address_that_takes_something_in_has_a_measure(app: Flask) -> None:
    open_to_guessing, immoderate = [], []
    for rule in app.url_map.iter_rules():
        if not {"POST", "PUT", "PATCH"} & (rule.methods or set()):
            continue
        limits = limits_of(app, rule.endpoint)
        if not 0 < limits.request_bytes <= LARGEST_REQUEST or not limits.rates:
            immoderate.append(rule.rule)
        secret = "<token>" in rule.rule or rule.rule.startswith("/connexion")
        if secret and limits.rates == (DEFAULT_RATE,):
            open_to_guessing.append(rule.rule)
    assert immoderate == []
    assert open_to_guessing == []


def test_what_takes_in_more_than_the_others_is_on_this_list(app: Flask) -> None:
    rules = app.url_map.iter_rules()
    larger = {rule.rule for rule in rules if limits_of(app, rule.endpoint).request_bytes > REQUEST_BYTES}
    assert larger == {
        "/campagnes/<uuid:id>/centres/importer",
        "/fiches/<uuid:id>/<section>",
        "/fiches/<uuid:id>/emporter",
        "/fiches/<uuid:id>/pieces",
        "/imports",
        "/rapports/verifier",
    }
