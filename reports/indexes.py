"""The indexes of the book: under which word, and in which commune, each sheet is to be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forms import french
from reports.content import ReportSheet
from reports.figures import Breakdown, breakdowns

THEMES = ("keywords", "dimension", "public")
"""The questions whose answers people look a theme up by."""
NOWHERE = "Commune non précisée"


@dataclass(frozen=True)
class Entry:
    """A word of an index, and the sheets under it by title."""

    word: str
    sheets: tuple[ReportSheet, ...]


@dataclass(frozen=True)
class Chapter:
    """Entries of one kind, in the order of a dictionary. heading: empty where there is a single chapter."""

    heading: str
    entries: tuple[Entry, ...]


def by_theme(sheets: Sequence[ReportSheet], known: Sequence[Breakdown] | None = None) -> tuple[Chapter, ...]:
    """A chapter for each of THEMES that is answered. known: the sheets' breakdowns, where there are any yet."""
    found = {breakdown.id: breakdown for breakdown in (breakdowns(sheets) if known is None else known)}
    chapters = (_chapter(found[id], sheets) for id in THEMES if id in found)
    return tuple(chapter for chapter in chapters if chapter.entries)


def _chapter(breakdown: Breakdown, sheets: Sequence[ReportSheet]) -> Chapter:
    by_id = {sheet.id: sheet for sheet in sheets}
    entries = (Entry(share.label, _by_title([by_id[id] for id in share.sheets])) for share in breakdown.shares)
    return Chapter(breakdown.label, tuple(sorted(entries, key=lambda entry: (french.fold(entry.word), entry.word))))


def by_commune(sheets: Sequence[ReportSheet]) -> tuple[Chapter, ...]:
    """One chapter of the communes of the centres; those whose commune nobody said come last.

    Two communes of one name are told apart by their département.
    """
    found: dict[tuple[str, str], list[ReportSheet]] = {}
    for sheet in sheets:
        place = (french.fold(sheet.commune), sheet.department_code) if sheet.commune else ("", "")
        found.setdefault(place, []).append(sheet)
    names = [name for name, _code in found]

    def word(place: tuple[str, str]) -> str:
        commune = min(sheet.commune for sheet in found[place])
        return f"{commune} ({place[1]})" if names.count(place[0]) > 1 else commune or NOWHERE

    ordered = sorted(found, key=lambda place: (not place[0], place))
    return (Chapter("", tuple(Entry(word(place), _by_title(found[place])) for place in ordered)),)


def _by_title(sheets: Sequence[ReportSheet]) -> tuple[ReportSheet, ...]:
    return tuple(sorted(sheets, key=lambda sheet: (french.fold(sheet.title), sheet.year, sheet.reference, sheet.id)))
