"""The files that start Recueil on servers, filled with what is known of this installation."""

import secrets
import sys
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from webapp.config import Settings

FILES = Path(__file__).parent / "files"
EXAMPLE = "recueil.example.org"


class Kind(StrEnum):
    """What can be printed."""

    SYSTEMD = "systemd"
    COMPOSE = "compose"
    DOCKERFILE = "dockerfile"
    NGINX = "nginx"
    CADDY = "caddy"
    ENVIRONMENT = "environment"


def printed(kind: Kind, settings: Settings, *, root: Path, host: str | None = None) -> str:
    """That file. root: where the program is installed; host: the site's public name, where the settings lack it."""
    host = host or (urlsplit(settings.base_url).hostname if settings.production else None)
    known = {
        "@HARDENED@": _file("hardened"),
        "@AWAY@": _file("away"),
        # A program that lies in somebody's home could not be read there otherwise.
        "@HOME@": "read-only" if root.is_relative_to("/home") or root.is_relative_to("/root") else "yes",
        "@ROOT@": str(root),
        "@RECUEIL@": str(Path(sys.executable).with_name("recueil")),
        "@HOST@": host or EXAMPLE,
        "@SECRET@": secrets.token_urlsafe(48),
    }
    text = _file(kind)
    for mark, value in known.items():
        text = text.replace(mark, value)
    return text


def _file(name: str) -> str:
    return (FILES / name).read_text("utf-8").rstrip("\n")
