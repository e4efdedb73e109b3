"""What the pages of the review share: the blueprint, a sheet that may be read, what was typed and refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from webapp.guard import can, refuse_unless
from webapp.models import Sheet
from webapp.policy import Act
from webapp.queries import sheets
from webapp.services.bulk_acts import ACTS

blueprint = Blueprint("review", __name__, url_prefix="/relecture")


@dataclass(frozen=True)
class Typed:
    """What was posted and refused: where it stands on the page, why, and the words to be shown again."""

    place: str = ""
    message: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


def readable(id: UUID) -> Sheet:
    """A sheet of which something was sent, for whoever may read it."""
    sheet = refuse_unless(Act.REVIEW_READ, sheets.find(id))
    if sheet.current_snapshot is None:
        abort(404)
    return sheet


def same_list(endpoint: str) -> str:
    """An address that goes with the list as it is narrowed now: its filters follow, whatever they are."""
    filters = request.query_string.decode("ascii", "ignore")
    return url_for(endpoint) + (f"?{filters}" if filters else "")


def offered() -> list[tuple[str, str]]:
    """The acts on many sheets that whoever asks may do somewhere: (name, words)."""
    return [(act.name, act.label) for act in ACTS.values() if can(act.right)]


def seen() -> UUID | None:
    """The snapshot that the page showed; a request without one vouches for itself."""
    text = request.form.get("snapshot", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        abort(400)


def back(id: UUID, anchor: str) -> Response:
    """The reading page again, at that place."""
    return redirect(url_for("review.show", id=id, _anchor=anchor), 303)
