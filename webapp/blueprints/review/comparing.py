"""What the reading page sets a sending against: the sending last read, the one asked about, the year before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import request, url_for

from forms import years
from forms.changes import changed
from forms.definition import Question
from forms.differences import Piece, by_rows, by_words
from forms.document import Document, ReadItem
from forms.french import NBSP, PARIS, day
from webapp.guard import current_actor
from webapp.models import Sheet, Snapshot
from webapp.queries import actions, reading
from webapp.queries.reading import Base, Since
from webapp.queries.report_sheets import document_of

SINCE: dict[Since, str] = {
    Since.READING: "votre lecture du",
    Since.QUERY: "la demande du",
    Since.SENDING: "l’envoi du",
}
"""What an earlier sending stands for, before its date."""


@dataclass(frozen=True)
class Difference:
    """A question whose answer is no longer the same, with what was taken away and added; rows: row by row."""

    question: Question
    pieces: tuple[Piece, ...]
    rows: bool


def since_before(snapshot: Snapshot, document: Document) -> dict[str, Any]:
    """What has changed since an earlier sending; the address chooses since which, and whether only that is shown."""
    bases = reading.bases(snapshot, current_actor().user_id)
    wanted = request.args.get("depuis", "")
    chosen = bases.get(Since(wanted)) if wanted in set(Since) else None
    base = chosen or bases.get(Since.READING) or bases.get(Since.SENDING)
    found = differences(document_of(base.snapshot), document) if base else ()
    return {
        "base": base,
        "base_words": _words(base) if base else "",
        "differences": found,
        "different": {one.question.id: one for one in found},
        "only": chosen is not None,
        "shown": _only(document, {one.question.id for one in found}) if chosen else document,
        "ways": _ways(bases, chosen),
    }


def differences(before: Document, after: Document) -> tuple[Difference, ...]:
    """The questions that people answered otherwise, in the form's order."""
    return tuple(
        _difference(change.question, change.before, change.after)
        for change in changed(before, after)
        if change.question.typed
    )


def _difference(question: Question, before: ReadItem | None, after: ReadItem | None) -> Difference:
    old, new = (item.text if item is not None else "" for item in (before, after))
    rows = question.kind.own_tab
    return Difference(question, by_rows(old, new) if rows else by_words(old, new), rows)


def _only(document: Document, wanted: set[str]) -> Document:
    kept = (
        replace(section, items=tuple(item for item in section.items if item.question.id in wanted))
        for section in document.sections
    )
    return replace(document, sections=tuple(section for section in kept if section.items))


def _words(base: Base) -> str:
    return f"{SINCE[base.since]} {day(base.at.astimezone(PARIS))}"


def _ways(bases: Mapping[Since, Base], chosen: Base | None) -> list[dict[str, Any]]:
    """What the page can be narrowed to; two that would show the same are one."""
    seen: set[Any] = set()
    found = []
    for since in Since:
        base = bases.get(since)
        if base is None or (base.snapshot.id in seen and base is not chosen):
            continue
        seen.add(base.snapshot.id)
        found.append(
            {"label": f"Seulement depuis {_words(base)}", "current": base is chosen, "url": _switched("depuis", since)}
        )
    return found


def beside_earlier(sheet: Sheet, document: Document) -> dict[str, Any]:
    """What stands as it was sent in the years before, how the figures have moved since the last of them, and that
    year's answers themselves where the address asks for them."""
    rows = [one for one in actions.sent_before(sheet.action_id, year=sheet.campaign.year) if one.current_snapshot]
    before = [years.Year(one.campaign.year, document_of(one.current_snapshot)) for one in rows if one.current_snapshot]
    same = {one.question.id: one for one in years.unchanged(document, before)}
    if not before:
        return {"same": same, "compared": {}, "last_year": None, "earlier": {}, "beside": False}
    earlier = rows[0]
    return {
        "same": same,
        "compared": years.compared(document, before[0]),
        "last_year": {
            "label": f"À côté de{NBSP}{before[0].year}",
            "current": "cote" in request.args,
            "url": _switched("cote", "oui"),
        },
        "earlier": _answers(before[0].document.sections),
        "earlier_year": before[0].year,
        "earlier_url": lambda file_id: url_for("sheets.file", id=earlier.id, file_id=file_id),
        "beside": "cote" in request.args,
    }


def _answers(sections: Sequence[Any]) -> dict[str, ReadItem]:
    return {item.question.id: item for section in sections for item in section.answered}


def _switched(name: str, value: str) -> str:
    """This page with that in its address, or without it where it is there."""
    here = request.view_args or {}
    kept = {key: text for key, text in request.args.items() if key != name}
    if request.args.get(name) != value:
        kept[name] = value
    # None keeps the address from being led on by the way one came.
    return url_for("review.show", **{"id": here["id"], name: None, **kept})
