"""Where the program says what it does: one line an event on the error output, never on the output that others read."""

import logging
from typing import Any

import structlog

from webapp import discretion
from webapp.config import Settings

# They tell their steps; what matters of them is told by us.
# The server's tells addresses as they were asked, which may hold anything.
QUIET = ("alembic", "huey", "fontTools", "weasyprint", "PIL", "waitress")

without_tokens = discretion.without_tokens


class OneLine(structlog.stdlib.BoundLogger):
    """A logger whose lines say their exception themselves; the standard library would write it again below them."""

    def exception(self, event: str | None = None, *args: Any, **more: Any) -> Any:
        """Tell an error with the way through the code."""
        return self.error(event, *args, **{"exc_info": True} | more)


def configure(settings: Settings) -> None:
    """Send structlog through the standard library, as JSON in production."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.production
        else structlog.processors.KeyValueRenderer(key_order=["event"])
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            discretion.processor,
            renderer,
        ],
        wrapper_class=OneLine,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    discretion.install()
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def to_error_output() -> None:
    """Show what is said on the error output; for commands, a server that serves others decides for itself."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
