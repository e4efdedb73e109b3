"""For the federation: what happened to a sheet, and what changed from one sending to the next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import abort, render_template, request, url_for

from forms.changes import WordsChanged, words_changed
from webapp.blueprints.review.frame import blueprint, readable
from webapp.guard import needs
from webapp.history_words import Entry, entries
from webapp.models import Event, Sheet, Snapshot
from webapp.policy import Act
from webapp.queries import review as queries
from webapp.queries import sendings
from webapp.queries.report_sheets import document_of
from webapp.queries.versions import form_of

PAGE = 40


@dataclass(frozen=True)
class Line:
    """A line of the history; for a sending, which one it was and what it changed since the one before."""

    entry: Entry
    number: int | None = None
    changes: tuple[WordsChanged, ...] = ()
    first: bool = False


@blueprint.get("/<uuid:id>/histoire")
@needs(Act.REVIEW_READ)
def history(id: UUID) -> str:
    """Moves, queries and sendings, latest first; never a word that was not sent."""
    sheet = readable(id)
    version = form_of(sheet.form_version)
    told = [event for event in queries.history(id) if entries([event], version)]
    page, pages = request.args.get("page", 1, type=int), max(1, -(-len(told) // PAGE))
    if not 1 <= page <= pages:
        abort(404)
    return render_template(
        "pages/review/history.html",
        sheet=sheet,
        snapshot=sheet.current_snapshot,
        lines=list(_lines(sheet, told[(page - 1) * PAGE : page * PAGE])),
        page=page,
        pages=pages,
        page_url=lambda number: url_for("review.history", id=id, page=number),
    )


def _lines(sheet: Sheet, events: Sequence[Event]) -> Iterator[Line]:
    version, sent = form_of(sheet.form_version), sendings.snapshots_of(sheet.id)
    at = {str(snapshot.id): place for place, snapshot in enumerate(sent)}
    for event in events:
        (entry,) = entries([event], version)
        place = at.get(str(event.data.get("snapshot")))
        yield Line(entry) if place is None else _sending(entry, sent, place)


def _sending(entry: Entry, sent: Sequence[Snapshot], place: int) -> Line:
    snapshot = sent[place]
    if not place:
        return Line(entry, snapshot.number, first=True)
    return Line(entry, snapshot.number, words_changed(document_of(sent[place - 1]), document_of(snapshot)))
