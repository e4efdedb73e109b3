"""The reading desk: what was addressed to a funder, sheet by sheet, and the passages that its people pick."""

from webapp.blueprints.reading_desk import listing, quotes, quoting, reading
from webapp.blueprints.reading_desk.frame import blueprint

__all__ = ["blueprint", "listing", "quotes", "quoting", "reading"]
