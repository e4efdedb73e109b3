"""Unexpected errors told to a Sentry, where one is set; without it nothing of its library is loaded.

What is told: the error, where in the program it happened, the pattern of the address and the id of the request. Never
what people wrote: no body, no cookie, no header, no query, no variable of a frame, no words of the error itself.
"""

from collections.abc import Mapping
from typing import Any

from webapp.config import Settings
from webapp.request_ids import current_request_id

# All that leaves of an event; what a later library adds stays at home.
KEPT = frozenset({"event_id", "timestamp", "level", "platform", "release", "environment", "exception", "tags"})
FRAME = frozenset({"filename", "function", "lineno", "module", "in_app"})


def configure(settings: Settings) -> None:
    """Begin to tell, where somebody listens."""
    address = settings.sentry_dsn.get_secret_value()
    if not address:
        return
    import sentry_sdk
    from sentry_sdk.integrations.flask import FlaskIntegration

    sentry_sdk.init(
        dsn=address,
        environment=settings.environment.value,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        default_integrations=False,
        auto_enabling_integrations=False,
        # By the pattern of its address: `/fiches/<uuid:id>`.
        integrations=[FlaskIntegration(transaction_style="url")],
        before_send=scrubbed,
    )


def scrubbed(event: Any, _hint: Mapping[str, Any]) -> Any:
    """The event without what people wrote. event: as the library made it; as it may leave."""
    kept = {name: value for name, value in event.items() if name in KEPT}
    kept["tags"] = {"request": current_request_id() or "", "route": event.get("transaction") or ""}
    found = event.get("exception", {}).get("values", [])
    kept["exception"] = {"values": [_bare(one) for one in found]}
    return kept


def _bare(error: Mapping[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", [])
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "stacktrace": {"frames": [{name: frame.get(name) for name in FRAME} for frame in frames]},
    }
