"""Settings from `RECUEIL_…` environment variables, and what production refuses to start with."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SMALLEST_SECRET = 32
DEFAULT_PORT = 8000


class Environment(StrEnum):
    """Where the program runs: on somebody's own computer, or for others."""

    LOCAL = "local"
    PRODUCTION = "production"


@dataclass(frozen=True)
class FolderMail:
    """Mails are written as files, one each."""

    folder: Path


@dataclass(frozen=True)
class SmtpMail:
    """Mails leave by SMTP: `smtp://` (STARTTLS with `?starttls=1`) or `smtps://`."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    starttls: bool


# What to write in place of what pydantic could not read, by the kind of its refusal.
EXPECTED = {
    "enum": "local ou production",
    "int_parsing": "un nombre entier",
    "greater_than_equal": "1 ou plus",
    "bool_parsing": "true ou false",
    "datetime_from_date_parsing": "une date et une heure, par exemple 2026-05-01T12:00:00Z",
}


def refusals(error: ValidationError) -> list[str]:
    """Each refusal of the settings in a sentence that names the variable."""
    return [_refusal(found) for found in error.errors()]


def _refusal(found: Mapping[str, Any]) -> str:
    own = found.get("ctx", {}).get("error")
    if isinstance(own, ValueError):
        return str(own)
    name = "_".join(("RECUEIL", *map(str, found["loc"]))).upper()
    expected = EXPECTED.get(found["type"])
    return f"{name}\u00a0: «\u00a0{found['input']}\u00a0» ne se lit pas" + (
        f", indiquez {expected}." if expected else "."
    )


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _bare_address(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("RECUEIL_BASE_URL doit être une adresse complète, par exemple https://recueil.exemple.fr")
    return address.rstrip("/")


def _lies_in(place: str, folder: str) -> bool:
    """Whether a file, a folder or an s3:// address is in that folder, or is it."""
    if "://" in folder or "://" in place:
        return f"{place.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")
    return Path(place).resolve().is_relative_to(folder)


class Settings(BaseSettings):
    """Every setting; with none, everything is kept under `var/` in the working folder."""

    model_config = SettingsConfigDict(env_prefix="RECUEIL_", frozen=True, extra="ignore")

    environment: Environment = Environment.LOCAL
    folder: Path = Path("var")
    database_url: str = ""
    queue_url: str = ""
    storage: str = ""
    mail_url: str = ""
    mail_from: str = "Recueil <ne-pas-repondre@recueil.example>"
    base_url: Annotated[str, AfterValidator(_bare_address)] = f"http://127.0.0.1:{DEFAULT_PORT}"
    secret_key: SecretStr = SecretStr("")
    now: Annotated[datetime, AfterValidator(_aware)] | None = None
    demo_password: SecretStr = SecretStr("")
    # How many proxies in front of us set X-Forwarded-For; none is believed by default.
    proxies: int = 0
    rate_limits: bool = True
    threads: int = 8
    # Who answers for this site: the legal pages name them, and say what is missing.
    legal_publisher: str = ""
    legal_director: str = ""
    legal_host: str = ""
    legal_contact: str = ""
    legal_privacy: str = ""
    # What a machine that watches the service says to read /metrics; where errors are told, if anywhere.
    metrics_token: SecretStr = SecretStr("")
    sentry_dsn: SecretStr = SecretStr("")
    # Where the worker puts its backups, how often in hours, the age key (or its file) that encrypts them.
    backups: str = ""
    backup_every: Annotated[int, Field(ge=1)] = 24
    backup_key: SecretStr = SecretStr("")
    # For how many days a file that nothing shows any more can still be taken back.
    keep_files: Annotated[int, Field(ge=1)] = 30

    @property
    def production(self) -> bool:
        """Served to others: an https address is reason enough to be careful."""
        return self.environment is Environment.PRODUCTION or self.base_url.startswith("https:")

    @property
    def embedded(self) -> bool:
        """The queue is a file beside us, so its worker is ours to start."""
        return self.queue.startswith("sqlite:")

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database, psycopg named for PostgreSQL."""
        address = self.database_url or f"sqlite:///{self.folder.resolve() / 'recueil.sqlite'}"
        for scheme in ("postgres://", "postgresql://"):
            if address.startswith(scheme):
                return "postgresql+psycopg://" + address.removeprefix(scheme)
        if address.startswith("sqlite:///") and not address.startswith("sqlite:////"):
            return f"sqlite:///{Path(address.removeprefix('sqlite:///')).resolve()}"
        return address

    @property
    def queue(self) -> str:
        """The address of the job queue: sqlite:///file, redis:// or postgresql://."""
        return self.queue_url or f"sqlite:///{self.folder.resolve() / 'queue.sqlite'}"

    @property
    def files(self) -> str:
        """Where attachments and reports are kept: an absolute folder or an s3:// address."""
        if self.storage.startswith("s3://"):
            return self.storage
        return str(Path(self.storage).resolve() if self.storage else self.folder.resolve() / "files")

    @property
    def mail(self) -> FolderMail | SmtpMail:
        """Where mails go."""
        address = urlsplit(self.mail_url)
        if address.scheme not in {"smtp", "smtps"}:
            return FolderMail(Path(self.mail_url).resolve() if self.mail_url else self.folder.resolve() / "mail")
        tls = address.scheme == "smtps"
        return SmtpMail(
            host=address.hostname or "127.0.0.1",
            port=address.port or (465 if tls else 25),
            user=unquote(address.username) if address.username else None,
            password=unquote(address.password) if address.password else None,
            tls=tls,
            starttls="starttls=1" in address.query,
        )

    @model_validator(mode="after")
    def _refuse_what_lies_among_the_files(self) -> Self:
        """Files that no row names are deleted in the end: a backup or a database among them would be, too."""
        kept = {
            "RECUEIL_FOLDER": str(self.folder.resolve()),
            "RECUEIL_DATABASE_URL": self.database.removeprefix("sqlite:///"),
            "RECUEIL_QUEUE_URL": self.queue.removeprefix("sqlite:///"),
            "RECUEIL_BACKUPS": self.backups,
        }
        among = [name for name, place in kept.items() if place and _lies_in(place, self.files)]
        if among:
            raise ValueError(f"{', '.join(among)}\u00a0: choisissez un lieu hors de celui des fichiers, {self.files}")
        return self

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if not self.production:
            return self
        given = self.model_fields_set
        unsafe = [
            ("RECUEIL_BASE_URL", "base_url" not in given, "indiquez l’adresse publique, les liens des mails s’y fient"),
            (
                "RECUEIL_BASE_URL",
                not self.base_url.startswith("https:"),
                "l’adresse publique doit commencer par https:",
            ),
            (
                "RECUEIL_SECRET_KEY",
                len(self.secret_key.get_secret_value()) < SMALLEST_SECRET,
                f"indiquez une clé d’au moins {SMALLEST_SECRET} caractères, tirée au hasard",
            ),
            ("RECUEIL_MAIL_URL", not self.mail_url, "indiquez où partent les mails (smtp://… ou un dossier)"),
            ("RECUEIL_NOW", self.now is not None, "une horloge arrêtée ne sert qu’aux essais"),
            ("RECUEIL_RATE_LIMITS", not self.rate_limits, "les limites de débit ne se lèvent que pour les essais"),
        ]
        refused = [f"{name}\u00a0: {reason}" for name, wrong, reason in unsafe if wrong]
        if refused:
            raise ValueError("réglages refusés en production. " + " — ".join(refused))
        return self

    def secret(self) -> str:
        """The signing key: the one given, else one drawn once and kept in the working folder."""
        given = self.secret_key.get_secret_value()
        if given:
            return given
        kept = self.folder / "secret_key"
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with kept.open("x", encoding="ascii") as file:
                kept.chmod(0o600)
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        return kept.read_text("ascii")


def settings_of(app: Flask) -> Settings:
    """The settings that an application was made with."""
    settings: Settings = app.extensions["recueil.settings"]
    return settings


def current_settings() -> Settings:
    """The settings of the running application."""
    return settings_of(current_app)
