"""Visitors who have signed in, and the anti-forgery token that their forms carry."""

from hashlib import sha1
from typing import Any

from flask import current_app
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from webapp.clock import now
from webapp.guard import TOKEN
from webapp.models import User
from webapp.services import sessions

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(client: FlaskClient, user: User) -> None:
    """Open a session as the sign-in page does, without the page."""
    token = sessions.begin(user, how="password", user_agent=AGENT, at=now())
    with client.session_transaction() as kept:
        kept.clear()
        kept[TOKEN] = token


def token_of(client: FlaskClient) -> str:
    """The anti-forgery token of this visitor's session."""
    with client.session_transaction() as kept:
        raw = kept.setdefault("csrf_token", sha1(b"tests", usedforsecurity=False).hexdigest())
    token = URLSafeTimedSerializer(current_app.secret_key or "", salt="wtf-csrf-token").dumps(raw)
    return str(token)


def post(client: FlaskClient, address: str, data: dict[str, Any] | None = None, **details: Any) -> TestResponse:
    """Send a form as the page itself would."""
    sent = {"csrf_token": token_of(client), **(data or {})}
    response: TestResponse = client.post(address, data=sent, **details)
    return response
