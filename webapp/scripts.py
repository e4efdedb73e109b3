"""The browser's scripts, in a folder named by what they hold: modules that call each other by « ./ » stay together
and are kept for long, without a build; and the page that is shown without a line."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, g, render_template, send_from_directory, url_for

from webapp.guard import needs
from webapp.policy import Act
from webapp.protection import FOREVER

WORKER = "service-worker.js"


def init_app(app: Flask) -> None:
    """Serve the scripts."""
    app.add_url_rule("/static/js-<version>/<path:filename>", "scripts", script)
    app.add_url_rule(f"/{WORKER}", "service_worker", service_worker)
    app.add_url_rule("/hors-ligne", "offline", offline)
    app.jinja_env.globals["script_url"] = script_url


def script_url(filename: str) -> str:
    """The address of a script, another one when any script has changed; looked at once a request."""
    if "scripts_version" not in g:
        g.scripts_version = _version(_folder(), _newest(_folder()))
    return url_for("scripts", version=g.scripts_version, filename=filename)


def _folder() -> Path:
    return Path(current_app.static_folder or "") / "js"


def _newest(folder: Path) -> float:
    return max(file.stat().st_mtime for file in folder.iterdir())


@cache
def _version(folder: Path, _changed: float) -> str:
    files = sorted(folder.iterdir())
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


@needs(Act.STATIC)
def script(version: str, filename: str) -> Response:
    """A script, as it is now: an old address leads to the new script, and is not kept."""
    response = _whole(filename)
    if version == _version(_folder(), _newest(_folder())):
        response.headers["Cache-Control"] = FOREVER
    return response


@needs(Act.STATIC)
def service_worker() -> Response:
    """The one script that must stand at the root: it answers for the pages of the whole site."""
    return _whole(WORKER)


@needs(Act.STATIC)
def offline() -> str:
    """What a browser shows when there is no line; the same for everybody, since it is kept for everybody."""
    return render_template("errors/offline.html")


def _whole(filename: str) -> Response:
    """A script in one piece, to be compressed; what is none is told in a word, not with a page."""
    if not (filename.endswith(".js") and (_folder() / filename).is_file()):
        return Response("Ce script n’existe pas.", 404, mimetype="text/plain")
    response = send_from_directory(_folder(), filename)
    response.direct_passthrough = False
    response.make_sequence()
    return response
