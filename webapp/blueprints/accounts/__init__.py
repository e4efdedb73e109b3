"""Signing in, one's own account, the accounts of a federation, and the page that says who may do what."""

from datetime import timedelta

from flask import Blueprint, Flask, Response, request

from webapp import navigation
from webapp.clock import now
from webapp.database import READING_METHODS, db
from webapp.guard import current_session
from webapp.queries.accounts import SESSION_LIFETIME
from webapp.services import sessions

blueprint = Blueprint("accounts", __name__)

# The views put themselves on the blueprint.
from webapp.blueprints.accounts import entry, messages, own, people, protection, rights, tokens  # noqa: E402, F401


def init_app(app: Flask) -> None:
    """The menus, and what a request leaves behind in its session."""
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(seconds=SESSION_LIFETIME.total_seconds())
    navigation.init_app(app)
    app.after_request(_mark_seen)


def _mark_seen(response: Response) -> Response:
    # A GET never writes: only what writes anyway says that the session is still used.
    if request.method in READING_METHODS or response.status_code >= 400 or request.endpoint is None:
        return response
    found = current_session()
    if found is not None and found in db.session:
        sessions.mark_seen(found, at=now())
    return response
