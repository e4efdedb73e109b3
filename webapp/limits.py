"""How much and how often: sizes of requests and rates, by default and by view."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_qualified_name, get_remote_address

from webapp.config import Settings

View = TypeVar("View", bound=Callable[..., Any])

MEGABYTE = 1024 * 1024
PATIENCE_SECONDS = 2
# A step with every long text full and a hundred rows of a table, with room to spare.
REQUEST_BYTES = 4 * MEGABYTE
FORM_BYTES = 4 * MEGABYTE
FORM_PARTS = 10_000
# A federation's whole network may stand behind one address; views that guess at secrets have limits of their own.
DEFAULT_RATE = "6000 per minute"

limiter = Limiter(get_remote_address)


def accepts(*, request_bytes: int) -> Callable[[View], View]:
    """Let a view receive more, or less, than the default."""

    def mark(view: View) -> View:
        view.request_bytes = request_bytes  # type: ignore[attr-defined]
        return view

    return mark


@dataclass(frozen=True)
class RouteLimits:
    """What an address takes in at once, in bytes, and how often, in words."""

    request_bytes: int
    rates: tuple[str, ...]


def limits_of(app: Flask, endpoint: str) -> RouteLimits:
    """The limits of a view: its own, or those of all."""
    view = app.view_functions[endpoint]
    own = limiter.limit_manager.decorated_limits(get_qualified_name(view))
    return RouteLimits(
        request_bytes=getattr(view, "request_bytes", REQUEST_BYTES),
        rates=tuple(sorted(str(one.limit) for one in own)) or (DEFAULT_RATE,),
    )


def _apply_size() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    size = getattr(view, "request_bytes", None)
    if size is not None:
        request.max_content_length = size


def seconds_to_wait() -> int:
    """How long the limit that this request broke still holds."""
    limit = limiter.current_limit
    return max(1, math.ceil(limit.reset_at - time.time())) if limit else 60


def init_app(app: Flask, settings: Settings) -> None:
    """Set the defaults; before anything reads the form."""
    shared = settings.queue.startswith("redis")
    app.config.update(
        MAX_CONTENT_LENGTH=REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        RATELIMIT_ENABLED=settings.rate_limits,
        RATELIMIT_DEFAULT=DEFAULT_RATE if settings.production else None,
        # One web process counts in memory; several must count together.
        RATELIMIT_STORAGE_URI=settings.queue if shared else "memory://",
    )
    app.before_request(_apply_size)
    # The queue's server away: each process counts by itself rather than refusing everybody, or letting all through.
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True
    app.config["RATELIMIT_STORAGE_OPTIONS"] = (
        {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS} if shared else {}
    )
    limiter.init_app(app)
