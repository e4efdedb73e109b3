"""The pages of what was sent of a sheet, the same for its centre and its federation."""

from collections.abc import Mapping
from typing import Any

from flask import abort, request, url_for

from forms.changes import WordsChanged, words_changed
from webapp.models import Sheet
from webapp.queries import sendings as queries
from webapp.queries.report_sheets import document_of
from webapp.queries.sendings import Sending

HIGHEST = 100_000


def shown(sheet: Sheet, number: int) -> dict[str, Any]:
    """What the page of one sending shows; 404 where there was no such sending."""
    found = queries.of_sheet(sheet.id)
    sending = next((one for one in found if one.snapshot.number == number), None)
    if sending is None:
        abort(404)
    return {
        "sheet": sheet,
        "sending": sending,
        "snapshot": sending.snapshot,
        "sendings": found,
        "document": document_of(sending.snapshot),
        "version_key": sending.snapshot.form_version.key,
        "file_url": lambda file_id: url_for("sheets.file", id=sheet.id, file_id=file_id),
    }


def compared(sheet: Sheet) -> dict[str, Any]:
    """The list of the sendings, and how the two chosen ones differ: the last two where nobody has chosen."""
    found = queries.of_sheet(sheet.id)
    by_number = {one.snapshot.number: one for one in found}
    numbers = sorted(by_number)
    chosen = [_number("de", numbers[-2:-1] or numbers), _number("a", numbers[-1:])]
    if not set(chosen) <= set(by_number) and numbers:
        abort(404)
    first, second = min(chosen), max(chosen)
    return {
        "sheet": sheet,
        "sendings": found,
        "choices": [(number, f"Envoi n°\u00a0{number}") for number in numbers],
        "first": by_number.get(first),
        "second": by_number.get(second),
        "changes": _between(by_number, first, second),
    }


def _number(name: str, otherwise: list[int]) -> int:
    text = request.args.get(name, "")
    if not text:
        return otherwise[0] if otherwise else 0
    if not (text.isascii() and text.isdecimal()) or int(text[:9]) > HIGHEST:
        abort(404)
    return int(text)


def _between(by_number: Mapping[int, Sending], first: int, second: int) -> tuple[WordsChanged, ...]:
    if first == second:
        return ()
    before, after = by_number[first].snapshot, by_number[second].snapshot
    return words_changed(document_of(before), document_of(after))
