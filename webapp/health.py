"""Whether the program lives, and whether it can serve: what of it is away."""

import shutil
from collections.abc import Callable

import sqlalchemy as sa
import structlog
from flask import Flask, Response, current_app, jsonify, request

from webapp import errors, storage
from webapp.database import db

RETRY_SECONDS = 10
# Less room than that on the disk of the files, and a save may not find any.
LEAST_ROOM = 50 * 1024 * 1024
LEAVING = "recueil.leaving"
STARTING = "recueil.starting"

log = structlog.get_logger()


class Behind(Exception):  # noqa: N818 (names what is wrong)
    """The part answers, but is not as this program needs it."""


def init_app(app: Flask) -> None:
    """Answer /healthz and /readyz, and for everybody else while the site only starts."""
    app.before_request(_hold_back)
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


def leave(app: Flask) -> None:
    """From now on say that others should serve; what is asked all the same is answered to the end."""
    app.extensions[LEAVING] = True


def hold(app: Flask) -> None:
    """Let nobody in: nobody has looked yet whether the database is one that may be served."""
    app.extensions[STARTING] = True


def let_in(app: Flask) -> None:
    """From now on everybody is served."""
    app.extensions[STARTING] = False


def _hold_back() -> Response | None:
    if not current_app.extensions.get(STARTING):
        return None
    view = current_app.view_functions.get(request.endpoint or "")
    # Whoever watches the service, and what the page is drawn with.
    if request.endpoint == "static" or getattr(view, "public", False):
        return None
    return errors.answer(503)


def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


def readyz() -> Response:
    """Each part that serving needs, and whether it is there; 503 where one isn't."""
    parts = {name: _state(name, check) for name, check in CHECKS.items()}
    if current_app.extensions.get(STARTING):
        parts["process"] = "starting"
    if current_app.extensions.get(LEAVING):
        parts["process"] = "leaving"
    ready = set(parts.values()) == {"ok"}
    answer = jsonify(status="ready" if ready else "away", parts=parts)
    if not ready:
        answer.status_code = 503
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _state(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except Behind as behind:
        return str(behind)
    except Exception as error:  # noqa: BLE001 (whatever is wrong with a part, the answer is that it is away)
        db.session.rollback()
        # What a library says of it may name hosts and users: it is for the log.
        log.warning("part_away", part=name, error=f"{type(error).__name__}: {error}")
        return "away"
    return "ok"


def _database() -> None:
    db.session.execute(sa.text("SELECT 1"))


def _migrations() -> None:
    done = set(db.session.scalars(sa.text("SELECT version_num FROM alembic_version")))
    if done != _wanted():
        raise Behind("behind")


def _wanted() -> set[str]:
    """The newest migrations of this program, read once."""
    known: set[str] | None = current_app.extensions.get("recueil.heads")
    if known is None:
        from alembic.script import ScriptDirectory

        folder = current_app.extensions["migrate"].directory
        known = current_app.extensions["recueil.heads"] = set(ScriptDirectory(folder).get_heads())
    return known


def _queue() -> None:
    current_app.extensions["recueil.queue"]["huey"].storage.queue_size()


def _storage() -> None:
    folder = storage.check()
    if folder is not None and shutil.disk_usage(folder).free < LEAST_ROOM:
        raise Behind("full")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "migrations": _migrations,
    "queue": _queue,
    "storage": _storage,
}

# Machines that watch the service have no account.
PUBLIC = (healthz, readyz)
for view in PUBLIC:
    view.public = True  # type: ignore[attr-defined]
