"""The federation reads what was sent: the list, the reading page, queries, decisions."""

from webapp.blueprints.review import (
    annotating,
    asking,
    bulk,
    deciding,
    delays,
    history,
    labels,
    opinions,
    reading,
    sendings,
    todo,
)
from webapp.blueprints.review.frame import blueprint

__all__ = [
    "annotating",
    "asking",
    "blueprint",
    "bulk",
    "deciding",
    "delays",
    "history",
    "labels",
    "opinions",
    "reading",
    "sendings",
    "todo",
]
