"""Where the program says what it does: one line an event on the error output, never on the output that others read."""

import logging
import re

import structlog

from webapp.config import Settings

# They tell their steps; what matters of them is told by us.
QUIET = ("alembic", "huey", "fontTools", "weasyprint", "PIL")

# What every event passes before it is written.
LAST: list[structlog.typing.Processor] = []


_TOKEN = re.compile(r"[A-Za-z0-9_-]{40,}")


def without_tokens(text: str) -> str:
    """The same without what opens something: the tokens of mail links stand in addresses."""
    return _TOKEN.sub("…", text)


class Discreet(logging.Filter):
    """Takes the tokens out of what Flask says of a request that failed: it names the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never holds a record back."""
        record.msg, record.args = without_tokens(record.getMessage()), ()
        return True


_DISCREET = Discreet()


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
            structlog.processors.format_exc_info,
            *LAST,
            renderer,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    # The application's own logger, by its name.
    logging.getLogger("webapp").addFilter(_DISCREET)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def to_error_output() -> None:
    """Show what is said on the error output; for commands, a server that serves others decides for itself."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
