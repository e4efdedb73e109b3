"""Settings: everything beside us by default, and nothing unsafe in production."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError

from webapp import create_app
from webapp.clock import now
from webapp.config import FolderMail, Settings, SmtpMail

SAFE: dict[str, Any] = {
    "environment": "production",
    "base_url": "https://recueil.exemple.fr/",
    "secret_key": "x" * 32,
    "mail_url": "smtp://mail.exemple.fr",
}


def test_with_no_setting_everything_is_kept_under_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    assert settings.database == f"sqlite:///{tmp_path}/var/recueil.sqlite"
    assert settings.queue == f"sqlite:///{tmp_path}/var/queue.sqlite"
    assert settings.files == f"{tmp_path}/var/files"
    assert settings.mail == FolderMail(tmp_path / "var" / "mail")
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.embedded
    assert not settings.production


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECUEIL_DATABASE_URL", "postgres://u@h/d")
    monkeypatch.setenv("RECUEIL_QUEUE_URL", "redis://127.0.0.1/3")
    monkeypatch.setenv("RECUEIL_STORAGE", "s3://fiches/2026")
    monkeypatch.setenv("RECUEIL_MAIL_URL", "smtps://moi:mot%20de%20passe@mail.exemple.fr")
    monkeypatch.setenv("RECUEIL_NOW", "2026-05-01T12:00:00")
    settings = Settings()
    assert settings.database == "postgresql+psycopg://u@h/d"
    assert not settings.embedded
    assert settings.files == "s3://fiches/2026"
    assert settings.mail == SmtpMail("mail.exemple.fr", 465, "moi", "mot de passe", tls=True, starttls=False)
    assert settings.now == datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_the_clock_stands_where_it_was_set(tmp_path: Path) -> None:
    moment = datetime(2026, 5, 1, 12, tzinfo=UTC)
    with create_app(Settings(folder=tmp_path, now=moment)).app_context():
        assert now() == moment
    before = datetime.now(UTC)
    assert before <= now() <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"storage": "s3://bucket", "backups": "s3://bucket/backups"}, "RECUEIL_BACKUPS"),
        ({"storage": "site/files", "backups": "site/files/backups"}, "RECUEIL_BACKUPS"),
        ({"storage": "site", "folder": "site"}, "RECUEIL_FOLDER"),
        ({"storage": "site", "database_url": "sqlite:///site/base.sqlite"}, "RECUEIL_DATABASE_URL"),
        ({"storage": "site", "queue_url": "sqlite:///site/queue.sqlite"}, "RECUEIL_QUEUE_URL"),
    ],
)
def test_nothing_that_is_kept_lies_among_the_files(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        Settings(**changes)
    Settings(storage="s3://bucket", backups="s3://bucket-of-backups")


def test_production_takes_safe_settings() -> None:
    settings = Settings(**SAFE)
    assert settings.production
    assert settings.base_url == "https://recueil.exemple.fr"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"base_url": "http://recueil.exemple.fr"}, "RECUEIL_BASE_URL"),
        ({"secret_key": "short"}, "RECUEIL_SECRET_KEY"),
        ({"secret_key": ""}, "RECUEIL_SECRET_KEY"),
        ({"mail_url": ""}, "RECUEIL_MAIL_URL"),
        ({"now": "2026-05-01T12:00:00Z"}, "RECUEIL_NOW"),
        ({"rate_limits": False}, "RECUEIL_RATE_LIMITS"),
    ],
)
def test_production_refuses_what_is_unsafe_and_names_it(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        Settings(**SAFE | changes)


def test_production_refuses_to_guess_its_address() -> None:
    with pytest.raises(ValidationError, match="RECUEIL_BASE_URL"):
        Settings(**{name: value for name, value in SAFE.items() if name != "base_url"})


def test_an_https_address_is_production_without_being_told() -> None:
    with pytest.raises(ValidationError, match="RECUEIL_SECRET_KEY"):
        Settings(base_url="https://recueil.exemple.fr")


@pytest.mark.parametrize("address", ["recueil.exemple.fr", "ftp://a", "https://a/?b=1", "/fiches"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="RECUEIL_BASE_URL"):
        Settings(base_url=address)


def test_the_key_is_drawn_once_and_kept_for_oneself(tmp_path: Path) -> None:
    first, second = Settings(folder=tmp_path / "new").secret(), Settings(folder=tmp_path / "new").secret()
    assert first == second
    assert len(first) > 32
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600
    assert Settings(folder=tmp_path / "other").secret() != first


def test_settings_never_show_their_secrets() -> None:
    shown = repr(Settings(**SAFE | {"demo_password": "ouvre-toi"}))
    assert "xxxx" not in shown
    assert "ouvre-toi" not in shown


def test_cookies_are_for_https_alone_in_production(tmp_path: Path) -> None:
    def cookies(app: Flask) -> tuple[Any, ...]:
        names = ("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE")
        return tuple(app.config[name] for name in names)

    assert cookies(create_app(Settings(folder=tmp_path, **SAFE))) == (True, True, "Lax")
    assert cookies(create_app(Settings(folder=tmp_path))) == (False, True, "Lax")
