"""Texts that are longer than a cell: where they go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forms.french import number
from forms.kinds import CellType, Column, Row
from reports.characters import escaped, legible, texts_in
from reports.content import ReportSheet
from reports.tables import CONTINUED, ID, LINE, PART, REFERENCE, Head, Rows, Tab, Tables

_CELL_HOLDS = 32_767
_CUT_AT = 32_000
_MARK = f"…\n[La suite est dans l’onglet « {CONTINUED} ».]"


class _Instead:
    """Rows of which some are replaced, by their number."""

    def __init__(self, rows: Rows, instead: dict[int, Row]) -> None:
        self._rows = rows
        self._instead = instead

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return (self._instead.get(at, row) for at, row in enumerate(self._rows))


def cut_long_texts(tables: Tables, sheets: Sequence[ReportSheet]) -> Tables:
    """Texts longer than a cell go on in a tab of their own, with a French sentence for each; nothing is lost."""
    continued: list[Row] = []
    notes: list[str] = []
    long = [(at, sheet) for at, sheet in enumerate(sheets) if _may_overflow(sheet)]
    if not long:
        return tables
    cut = {at: _cut_row(tables.sheets, tables.row(sheet), continued, notes) for at, sheet in long}
    whole = [replace(tables.sheets, rows=_Instead(tables.sheets.rows, cut))]
    ids = {sheet.id for _at, sheet in long}
    for tab in tables.tabs[1:]:
        place = [head.column for head in tab.heads].index(ID[0])
        rows = [_cut_row(tab, row, continued, notes) if row[place] in ids else row for row in tab.rows]
        whole.append(replace(tab, rows=rows))
    if not continued:
        return tables
    columns = (
        REFERENCE[0],
        ID[0],
        Column("tab", "Onglet", CellType.TEXT),
        Column("column", "Colonne", CellType.TEXT),
        LINE,
        PART,
    )
    text = Head(Column("text", "Suite du texte", CellType.TEXT), wide=True)
    rest = Tab(CONTINUED, "continued", (*map(Head, columns), text), continued)
    return replace(tables, tabs=(*whole, rest), notes=tuple(notes))


def _may_overflow(sheet: ReportSheet) -> bool:
    """Whether some text, or all of a table's texts together, might be more than a cell holds."""
    longest = _CELL_HOLDS // 7  # an escape makes a character seven
    return any(
        len(item.text) > longest
        or (item.value and item.question.kind.own_tab and any(len(text) > longest for text in texts_in(item.value)))
        for section in sheet.document.sections
        for item in section.items
    )


def _cut_row(tab: Tab, row: Row, continued: list[Row], notes: list[str]) -> Row:
    cut = list(row)
    own = {head.column.id: at for at, head in enumerate(tab.heads)}
    reference, id = row[own[REFERENCE[0].id]], row[own[ID[0].id]]
    line = row[own[LINE.id]] if LINE.id in own else None
    for at, (head, cell) in enumerate(zip(tab.heads, row, strict=True)):
        if isinstance(cell, str) and _size(cell) > _CELL_HOLDS:
            first, *others = _pieces(cell)
            cut[at] = first + _MARK
            key = (reference, id, tab.title, head.column.id, line)
            continued.extend((*key, part, piece) for part, piece in enumerate(others, 2))
            notes.append(
                f"Fiche {reference}, « {head.column.label} » : {number(len(cell))} caractères, plus qu’une "
                f"cellule n’en tient ; la suite est dans l’onglet « {CONTINUED} »."
            )
    return tuple(cut)


def _size(text: str) -> int:
    """Length as Excel counts: UTF-16 units."""
    return len(escaped(legible(text)).encode("utf-16-le")) // 2


def _pieces(text: str) -> list[str]:
    """The text in pieces, each of which a cell holds; joined, they are the text."""
    pieces = []
    while text:
        length = _CUT_AT
        while _size(text[:length]) > _CUT_AT:
            length = length * 9 // 10
        pieces.append(text[:length])
        text = text[length:]
    return pieces
