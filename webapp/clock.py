"""The one place that knows what time it is; everything else is told."""

from datetime import UTC, datetime

from flask import current_app, has_app_context


def now() -> datetime:
    """The present moment, aware, in UTC; the fixed one of `RECUEIL_NOW` where it is set."""
    if has_app_context():
        fixed: datetime | None = current_app.config.get("RECUEIL_NOW")
        if fixed is not None:
            return fixed
    return datetime.now(UTC)
