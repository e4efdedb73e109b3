"""By which way one reads: the tab and the filters of the list, in the address of the list and of each of its sheets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import abort, has_request_context, request

from forms.lifecycle import SheetState
from webapp.blueprints.review.frame import blueprint
from webapp.policy import Actor
from webapp.queries.review import Wanted

EVERY = "toutes"
MINE, NOBODY = "moi", "personne"
FILTERS = ("year", "centre", "dimension", "lecteur", "label", "nonlues", "reponses", "doutes", "q")
"""What narrows the list, as it is named in addresses; a colleague reads the same list by the same address."""

ALONG = ("state", *FILTERS)
ON_THE_PAGE = (*ALONG, "cote", "depuis")
"""What leads on from sheet to sheet: also whether last year stands beside, and since when one looks for changes."""


@dataclass(frozen=True)
class Way:
    """chosen: the filters as the address has them; state: the tab, None for all; tab: said in the address or not."""

    chosen: Mapping[str, str]
    state: SheetState | None
    tab: Mapping[str, Any]
    wanted: Wanted

    @property
    def along(self) -> dict[str, Any]:
        """What an address carries to keep to this way."""
        return {**self.chosen, **self.tab}

    def but(self, **changes: str) -> dict[str, Any]:
        """The way with other filters; an empty text takes one off."""
        return {name: text for name, text in {**self.along, **changes}.items() if text}


def way_of(actor: Actor) -> Way:
    """The way that the address of this request tells; what is no year, centre or person is asked of nothing: 404."""
    given = {name: request.args[name].strip() for name in ALONG if request.args.get(name, "").strip()}
    chosen = {name: given[name] for name in FILTERS if name in given}
    state = _state(given.get("state", ""))
    tab = {"state": state.value if state else EVERY} if "state" in given else {}
    try:
        return Way(chosen, state, tab, _wanted(chosen, actor))
    except ValueError:
        abort(404)


def _state(text: str) -> SheetState | None:
    if text == EVERY:
        return None
    return SheetState(text) if text in set(SheetState) else SheetState.SUBMITTED


def _wanted(chosen: Mapping[str, str], actor: Actor) -> Wanted:
    year, centre, reader, label = (chosen.get(name, "") for name in ("year", "centre", "lecteur", "label"))
    return Wanted(
        year=_year(year),
        centre=UUID(centre) if centre else None,
        label=UUID(label) if label else None,
        dimension=chosen.get("dimension", "")[:100],
        title=chosen.get("q", "")[:200],
        reader=actor.user_id if reader == MINE else UUID(reader) if reader not in {"", NOBODY} else None,
        unassigned=reader == NOBODY,
        unread="nonlues" in chosen,
        answered="reponses" in chosen,
        doubts="doutes" in chosen,
    )


def _year(text: str) -> int | None:
    if text and not (len(text) == 4 and text.isascii() and text.isdecimal()):
        raise ValueError(text)
    return int(text) if text else None


@blueprint.url_defaults
def keep_to_the_way(endpoint: str, values: dict[str, Any]) -> None:
    """A sheet's page and all that is done on it lead on by the way one came: its address says it, so do its links."""
    if not has_request_context() or "id" not in values:
        return
    here = request.view_args or {}
    if request.blueprint == blueprint.name and "id" in here:
        for name in ON_THE_PAGE:
            if name in request.args:
                values.setdefault(name, request.args[name])
