"""The id of what is being done: drawn for each request, and carried on by the jobs and mails that it asks for."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

# What a proxy hands on is written into logs and shown in pages.
_ACCEPTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")
_current: ContextVar[str | None] = ContextVar("recueil_request_id", default=None)


def drawn(given: str | None = None) -> str:
    """The id that was handed on, where it is one; else a new one, short enough to be read out on the telephone."""
    if given is not None and _ACCEPTED.fullmatch(given):
        return given
    return secrets.token_hex(6)


def current_request_id() -> str | None:
    """The id of the request, or of the request that asked for this job; None at the command line."""
    return _current.get()


def begin(request_id: str) -> None:
    """From now on this thread answers that request, and says so in each line of its log."""
    _current.set(request_id)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=request_id)


def end() -> None:
    """This thread is free for another request."""
    _current.set(None)
    structlog.contextvars.clear_contextvars()


@contextmanager
def on_behalf_of(request_id: str | None, **said: str) -> Iterator[None]:
    """What is done inside was asked for by that request; said: what else each line of the log tells."""
    token = _current.set(request_id)
    known = {"request": request_id} if request_id else {}
    try:
        with structlog.contextvars.bound_contextvars(**known, **said):
            yield
    finally:
        _current.reset(token)
