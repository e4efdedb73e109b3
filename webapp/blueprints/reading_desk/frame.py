"""What the pages of the desk share: the blueprint, a sheet of a report that may be read, the way through its list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, has_request_context, request

from webapp.guard import refuse_unless
from webapp.models import ReportRunSheet
from webapp.policy import Act
from webapp.queries import reading_desk as queries
from webapp.queries.reading_desk import Order, Wanted

blueprint = Blueprint("reading_desk", __name__, url_prefix="/lecture")

FILTERS = ("theme", "centre", "territoire", "lu")
ALONG = (*FILTERS, "tri")
"""What narrows and orders a report's list, as it is named in addresses."""

READ_WORDS = {"oui": True, "non": False}


@dataclass(frozen=True)
class Way:
    """given: what the address says of the list; wanted: what is asked for by it."""

    given: Mapping[str, Any]
    wanted: Wanted

    def but(self, **changes: str) -> dict[str, Any]:
        """The way with other filters; an empty text takes one off."""
        return {name: text for name, text in {**self.given, **changes}.items() if text}


def way() -> Way:
    """The way that the address of this request tells; what is no centre and no order is asked of nothing: 404."""
    given = {name: request.args[name].strip()[:200] for name in ALONG if request.args.get(name, "").strip()}
    try:
        return Way(given, _wanted(given))
    except (KeyError, ValueError):
        abort(404)


def _wanted(given: Mapping[str, str]) -> Wanted:
    return Wanted(
        theme=given.get("theme", ""),
        centre=UUID(given["centre"]) if "centre" in given else None,
        territory=given.get("territoire", ""),
        read=READ_WORDS[given["lu"]] if "lu" in given else None,
        order=Order(given.get("tri", Order.REPORT)),
    )


def held(id: UUID, sheet_id: UUID) -> ReportRunSheet:
    """That sheet of that report, for whoever may read the report; else 404 or 403."""
    refuse_unless(Act.DESK_READ, queries.run(id))
    return refuse_unless(Act.DESK_READ, queries.held(id, sheet_id))


@blueprint.url_defaults
def keep_to_the_way(endpoint: str, values: dict[str, Any]) -> None:
    """A sheet's page and all that is done on it lead on by the way one came: its address says it, so do its links."""
    if not has_request_context() or "sheet_id" not in values:
        return
    here = request.view_args or {}
    if request.blueprint == blueprint.name and "sheet_id" in here:
        for name in ALONG:
            if name in request.args:
                values.setdefault(name, request.args[name])
