"""What templates may use: French formats, addresses, and nothing undefined."""

import hashlib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, g, url_for
from jinja2 import StrictUndefined

from forms import french
from webapp.clock import now


def init_app(app: Flask) -> None:
    """Make the filters known; a variable that is not there is an error, not a blank."""
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    for name in ("number", "amount", "clock", "day", "moment", "plural", "size", "typography", "unbroken"):
        environment.filters[name] = getattr(french, name)
    environment.filters["days_since"] = _days_since
    environment.globals["sprite_url"] = _sprite_url
    _name_static_by_content(app)


def _days_since(day: date) -> int:
    """How many days have passed since that day, in France; negative before it."""
    return (now().astimezone(french.PARIS).date() - day).days


def _sprite_url() -> str:
    """The address of the drawings, made once a request: a table of sixty centres names it hundreds of times."""
    if "sprite_url" not in g:
        g.sprite_url = url_for("static", filename="img/icons.svg")
    found: str = g.sprite_url
    return found


def _name_static_by_content(app: Flask) -> None:
    """Static addresses carry a piece of the file's hash: kept for long, and asked for again when the file changes."""
    folder = Path(app.static_folder or "")

    @cache
    def version(file: Path, _changed: float) -> str:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:12]

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        file = folder / str(values.get("filename", ""))
        if endpoint == "static" and "v" not in values and file.is_file():
            values["v"] = version(file, file.stat().st_mtime)
