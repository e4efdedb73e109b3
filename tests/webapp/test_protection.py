"""Every answer carries what browsers need to defend a reader."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.client import PageClient
from webapp import create_app
from webapp.config import Settings
from webapp.protection import HEADERS, POLICY


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
