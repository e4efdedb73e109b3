"""Programs at the door: by which token one asks, and that it did."""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog
from flask import current_app, g, request
from flask_limiter.util import get_remote_address

from webapp.clock import now
from webapp.models import ApiToken
from webapp.queries import tokens
from webapp.queries.accounts import hash_of

View = TypeVar("View")

PREFIX = "/api/v1/"
LONGEST = 200
BEARER = 'Bearer realm="Recueil"'
BASIC = 'Basic realm="Recueil", charset="UTF-8"'
TOLD_EVERY = timedelta(minutes=15)

log = structlog.get_logger()
_told: dict[UUID, datetime] = {}
"""When this process last told the worker of a token: one message for many requests."""


def asks() -> bool:
    """Whether this request is a program's: it has no session, whatever cookie comes along."""
    return request.path.startswith(PREFIX)


def takes_basic(view: View) -> View:
    """Mark a view that also takes the token as the password of HTTP's own sign-in, as spreadsheets send it."""
    view.takes_basic = True  # type: ignore[attr-defined]
    return view


def _basic() -> bool:
    return bool(getattr(current_app.view_functions.get(request.endpoint or ""), "takes_basic", False))


def challenge() -> str:
    """How to ask again with a token."""
    return f"{BEARER}, {BASIC}" if _basic() else BEARER


def current_token() -> ApiToken | None:
    """The token that this request carries, if it opens anything."""
    given = request.authorization
    secret: str | None = None
    if given is not None and given.type == "bearer":
        secret = given.token
    elif given is not None and given.type == "basic" and _basic():
        secret = given.password
    if not secret or len(secret) > LONGEST or not secret.isascii():
        return None
    found = tokens.open_token(hash_of(secret), at=now())
    g.api_token_id = found.id if found is not None else None
    return found


def counted_as() -> str:
    """Whom a rate limit counts: the token, or the address of whoever has none."""
    token_id: UUID | None = g.get("api_token_id")
    return f"token:{token_id}" if token_id is not None else f"address:{get_remote_address()}"


def tell_used() -> None:
    """Let the worker note that the token was used: a request that reads writes nothing."""
    token_id: UUID | None = g.get("api_token_id")
    at = now()
    if token_id is None or at - _told.get(token_id, datetime.min.replace(tzinfo=at.tzinfo)) < TOLD_EVERY:
        return
    if len(_told) > 10_000:
        _told.clear()
    _told[token_id] = at
    tasks: dict[str, Any] = current_app.extensions.get("recueil.queue", {})
    try:
        tasks["token_used"](str(token_id), at.isoformat())
    except Exception:
        # Only the date of a use is lost.
        log.exception("queue away", task="token_used")
