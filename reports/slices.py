"""The long parts of the book in slices of about a page, each of which is laid out alone.

A slice that another follows fills its page nearly; where a guess is too low it flows onto a page more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from math import ceil
from typing import Any, TypeAlias, TypeVar

from reports.book_parts import Centre
from reports.content import ReportSheet
from reports.indexes import Chapter, Entry
from reports.orders import Group
from reports.sections import CONTENTS, COVER, SHEETS, BookSection
from reports.sources import Source, SourceList, SourceLists, SourceTable

Known: TypeAlias = Mapping[str, Any]
"""What the templates of the book need, by name (see book_parts)."""

_Item = TypeVar("_Item")
_PAGE = 250.0
"""Millimetres for text on a page, a little less than there are."""
_TITLE = 18.0
_LEAST = 50.0
"""Millimetres that the last of several pages holds at least: what would stand there alone gets company."""
_CONTENTS_LETTERS, _INDEX_LETTERS, _SOURCE_LETTERS = 62, 44, 38
"""Letters that go on a line, were they wide ones."""
_SOURCE_TITLE = 60
"""Letters of a title beside a reference: two lines."""
_FLOW = 12 * _PAGE
"""Millimetres of what flows from page to page before it is cut: a part must not take long, whatever it lists."""
_CENTRE_SHEETS, _CENTRE_LETTERS, _CENTRE_PAGES = 150, 26, 3
"""Sheets on a centre's line (more go on under its own name), letters of its name and page numbers on a line of it."""
_LIST_SHEETS, _LIST_REFERENCES = 2000, 9
"""Sheets of a list before it is cut, and references on a line."""


def slices(section: BookSection, known: Known) -> Iterator[dict[str, Any]]:
    """What each slice of a part shows instead of the whole: names → values. One at least."""
    slicer = _SLICERS.get(section.id)
    yield from slicer(section, known) if slicer else iter(({},))


def filled(
    items: Sequence[_Item], height: Callable[[_Item], float], first: float, room: float, least: float = 0.0
) -> list[list[_Item]]:
    """Items in their order on as many pages as they need. first: room on the first page; room: on the others;
    least: what the last of several holds at least, taken from the page before it."""
    pages: list[list[_Item]] = [[]]
    left = first
    for item in items:
        needed = height(item)
        if pages[-1] and needed > left:
            pages.append([])
            left = room
        pages[-1].append(item)
        left -= needed
    if len(pages) > 1:
        _share(pages[-2], pages[-1], height, min(least, room))
    return pages


def _share(before: list[_Item], last: list[_Item], height: Callable[[_Item], float], least: float) -> None:
    """Move items from the end of a page to the next until that holds enough; never so many that it holds more."""
    kept, held = sum(map(height, before)), sum(map(height, last))
    while held < least and held + 2 * height(before[-1]) <= kept:
        moved = before.pop()
        last.insert(0, moved)
        kept, held = kept - height(moved), held + height(moved)


def _contents(_section: BookSection, known: Known) -> Iterator[dict[str, Any]]:
    """The parts before the sheets, the sheets under their headings, the parts after."""
    sections = [section for section in known["sections"] if section.id not in (COVER, CONTENTS)]
    lines: list[tuple[BookSection, Group | None, ReportSheet | None]] = []
    for section in sections:
        if section.id == SHEETS:
            lines += [(section, group, sheet) for group in known["groups"] for sheet in group.sheets]
        else:
            lines.append((section, None, None))
    # A page after the first may begin with the heading of the group that it continues.
    for page in filled(lines, _contents_height, _PAGE - _TITLE, _PAGE - 10, _LEAST):
        shown = [(group, sheet) for _part, group, sheet in page if group and sheet]
        groups = groupby(shown, lambda pair: id(pair[0]))
        runs = [list(pairs) for _group, pairs in groups]
        yield {
            "sections": tuple(dict.fromkeys(part for part, _group, _sheet in page)),
            "groups": [Group(run[0][0].heading, tuple(sheet for _group, sheet in run)) for run in runs],
        }


def _contents_height(line: tuple[BookSection, Group | None, ReportSheet | None]) -> float:
    _section, group, sheet = line
    if group is None or sheet is None:
        return 7.4
    heading = 10.8 if sheet is group.sheets[0] else 0.0
    detail = f"{sheet.centre} · {sheet.year}"
    return heading + 2.2 + 4.6 * _lines(sheet.title, _CONTENTS_LETTERS) + 3.9 * _lines(detail, _CONTENTS_LETTERS + 10)


def _lines(text: str, letters: int) -> int:
    return max(1, ceil(len(text) / letters))


def _index(section: BookSection, known: Known) -> Iterator[dict[str, Any]]:
    """Two columns a page; a word with more sheets than that goes on under its own name."""
    entries: list[tuple[str, Entry]] = []
    for chapter in known["chapters"][section.id]:
        for entry in chapter.entries:
            pages = filled(entry.sheets, _index_height, _PAGE, _PAGE)
            entries += [(chapter.heading, replace(entry, sheets=tuple(sheets))) for sheets in pages]
    for page in filled(entries, _entry_height, 2 * (_PAGE - _TITLE) - 30, 2 * _PAGE - 30, _LEAST):
        chapters: dict[str, list[Entry]] = {}
        for heading, entry in page:
            chapters.setdefault(heading, []).append(entry)
        made = tuple(Chapter(heading, tuple(found)) for heading, found in chapters.items())
        yield {"chapters": {section.id: made}}


def _index_height(sheet: ReportSheet) -> float:
    return 4.2 * _lines(sheet.title[:80] + ", 1234", _INDEX_LETTERS)


def _entry_height(pair: tuple[str, Entry]) -> float:
    return 7.2 + sum(map(_index_height, pair[1].sheets))


def _sources(_section: BookSection, known: Known) -> Iterator[dict[str, Any]]:
    """Each table on pages of its own, then the lists, which flow."""
    tables: Sequence[SourceTable] = known["source_tables"]
    nothing: dict[str, Any] = {"source_tables": (), "source_lists": (), "source_words": ()}
    nothing |= {"title_letters": _SOURCE_TITLE}
    for table in tables:
        pages = filled(table.rows, _source_height, _PAGE - _TITLE - 60, _PAGE - 24, _LEAST)
        for at, rows in enumerate(pages):
            last = at == len(pages) - 1
            words = known["source_words"] if last and table is tables[-1] else ()
            cut = replace(table, rows=tuple(rows), begins=not at, ends=last)
            yield nothing | {"source_tables": (cut,), "source_words": words}
    for lists in _lists(known["source_lists"]):
        yield nothing | lists


def _lists(charts: Sequence[SourceLists]) -> Iterator[dict[str, Any]]:
    pieces = [(chart, piece) for chart in charts for own in chart.lists for piece in _pieces(own)]
    for at, page in enumerate(filled(pieces, _list_height, _FLOW, _FLOW)):
        made = []
        for _ref, pairs in groupby(page, lambda pair: pair[0].ref):
            found = list(pairs)
            chart, first = found[0]
            begins = first.begins and first.anchor == chart.lists[0].anchor
            made.append(replace(chart, lists=tuple(piece for _chart, piece in found), begins=begins))
        yield {"source_lists": tuple(made), "lists_begin": not at}


def _pieces(own: SourceList) -> Iterator[SourceList]:
    for at in range(0, max(1, len(own.sheets)), _LIST_SHEETS):
        yield replace(own, sheets=own.sheets[at : at + _LIST_SHEETS], begins=not at)


def _list_height(pair: tuple[SourceLists, SourceList]) -> float:
    return 0.8 + 4.1 * ceil((len(pair[1].sheets) + 2) / _LIST_REFERENCES)


def _source_height(row: Source) -> float:
    return 1.5 + 3.7 * _lines(f"{row.sheet.reference} {row.sheet.title.strip()[:_SOURCE_TITLE]}", _SOURCE_LETTERS)


def _centres(_section: BookSection, known: Known) -> Iterator[dict[str, Any]]:
    """Lines that flow; the pages of its sheets stand on a centre's line where the sheets are in the book."""
    paged = any(section.id == SHEETS for section in known["sections"])
    lines = [line for centre in known["centres"] for line in (_centre_lines(centre) if paged else (centre,))]
    for page in filled(lines, partial(_centre_height, paged=paged), _FLOW, _FLOW):
        yield {"centres": page}


def _centre_lines(centre: Centre) -> Iterator[Centre]:
    for at in range(0, len(centre.sheets), _CENTRE_SHEETS):
        yield replace(centre, sheets=centre.sheets[at : at + _CENTRE_SHEETS], count=None if at else centre.count)


def _centre_height(centre: Centre, *, paged: bool) -> float:
    pages = ceil(len(centre.sheets) / _CENTRE_PAGES) if paged else 0
    return 3.0 + 4.0 * max(pages, _lines(centre.name, _CENTRE_LETTERS))


_SLICERS: dict[str, Callable[[BookSection, Known], Iterator[dict[str, Any]]]] = {
    CONTENTS: _contents,
    "index-themes": _index,
    "index-communes": _index,
    "sources": _sources,
    "centres": _centres,
}
