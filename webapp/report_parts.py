"""The parts of reports and the orders of their sheets, as templates of reports offer them."""

from collections.abc import Mapping

from reports.catalogue import ReportKind
from reports.orders import ORDERS as KNOWN
from reports.sections import SECTIONS

_OF_THE_BOOK = tuple((part.id, part.label, part.hint) for part in SECTIONS if not part.always)

PARTS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    ReportKind.BOOK: _OF_THE_BOOK,
    ReportKind.ARCHIVE: _OF_THE_BOOK,
}
"""(id, label, what it holds) of the parts that may be left out, by kind of report, in the report's own order."""

ORDERS: Mapping[str, str] = {"": "Celui du rapport"} | {order.id: order.label for order in KNOWN}
"""The label of each order of the sheets, by id; empty for the report's own."""


def parts_of(kind: str) -> tuple[tuple[str, str, str], ...]:
    """Those of a kind of report; none where it has no parts to choose from."""
    return PARTS.get(kind, ())
