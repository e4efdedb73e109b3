"""What stands in the tabs of the workbook: columns from the definition, rows from the sheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from forms.french import PARIS, number
from forms.kinds import CellType, Column, Row
from reports.characters import escaped, legible
from reports.columns import AskedColumns, asked_columns, is_asked, may_be_long, rows_of
from reports.content import ReportSheet

NOT_ASKED: Any = type("NotAsked", (), {"__repr__": lambda self: "NOT_ASKED"})()
"""Stands where the question was not asked; None where it was and has no answer."""

SHEETS = "Fiches"
CONTINUED = "Suites de textes"
_CELL_HOLDS = 32_767
_CUT_AT = 32_000
_MARK = f"…\n[La suite est dans l’onglet « {CONTINUED} ».]"
_REFUSED_IN_TITLES = re.compile(r"[\\/:?*\[\]']")


@dataclass(frozen=True)
class Head:
    """A column of a tab. wide: for paragraphs. group: columns with the same one belong together."""

    column: Column
    group: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Tab:
    """A tab: columns and rows. Its first two columns are the sheet's reference and id."""

    title: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]


_OF_SHEET: tuple[tuple[Column, Callable[[ReportSheet], Any]], ...] = (
    (Column("sheet.reference", "Référence", CellType.TEXT), lambda sheet: sheet.reference),
    (Column("sheet.id", "Identifiant de la fiche", CellType.TEXT), lambda sheet: sheet.id),
    (Column("sheet.centre", "Centre", CellType.TEXT), lambda sheet: sheet.centre),
    (Column("sheet.year", "Campagne", CellType.NUMBER), lambda sheet: sheet.year),
    (Column("sheet.commune", "Commune", CellType.TEXT), lambda sheet: sheet.commune),
    (Column("sheet.department_code", "Code du département", CellType.TEXT), lambda sheet: sheet.department_code),
    (Column("sheet.department", "Département", CellType.TEXT), lambda sheet: sheet.department),
    (Column("sheet.state", "État", CellType.TEXT), lambda sheet: sheet.state_label),
    (Column("sheet.sent_on", "Envoyée le", CellType.DAY), lambda sheet: _day(sheet.sent_at)),
    (Column("sheet.validated_on", "Validée le", CellType.DAY), lambda sheet: _day(sheet.validated_at)),
    (Column("sheet.snapshot", "Empreinte (SHA-256)", CellType.TEXT), lambda sheet: sheet.snapshot_sha256),
    (Column("sheet.form", "Formulaire", CellType.TEXT), lambda sheet: sheet.document.version.key),
    (Column("sheet.not_asked", "Questions non posées", CellType.TEXT), lambda sheet: _not_asked(sheet)),
)
_IN_OTHER_TABS = 4
LINE = Column("line", "Ligne", CellType.NUMBER)
PART = Column("part", "Partie", CellType.NUMBER)


def sheet_columns() -> tuple[Column, ...]:
    """The columns that say which sheet a row is, before those of the questions."""
    return tuple(column for column, _read in _OF_SHEET)


def tabs_of(sheets: Iterable[ReportSheet]) -> tuple[tuple[Tab, ...], tuple[tuple[str, AskedColumns], ...]]:
    """The tabs with the answers, and which tab each question stands in, in order."""
    sheets = tuple(sheets)
    asked = asked_columns(sheets)
    plain = tuple(entry for entry in asked if not entry.question.kind.own_tab)
    titles = {SHEETS, "Lisez-moi", "Dictionnaire", CONTINUED}
    tabs = [_sheets_tab(sheets, plain)]
    places = [(SHEETS, entry) for entry in plain]
    for entry in asked:
        if entry.question.kind.own_tab:
            title = title_of_tab(entry.question.short_label, titles)
            titles.add(title)
            tabs.append(_rows_tab(title, sheets, entry))
            places.append((title, entry))
    return tuple(tabs), tuple(places)


def _sheets_tab(sheets: tuple[ReportSheet, ...], asked: tuple[AskedColumns, ...]) -> Tab:
    heads = tuple(Head(column, wide=column.id == "sheet.not_asked") for column in sheet_columns())
    for entry in asked:
        wide = may_be_long(entry.question)
        heads += tuple(Head(column, entry.section, wide) for column in entry.columns)
    return Tab(SHEETS, heads, tuple(_sheet_row(sheet, asked) for sheet in sheets))


def _sheet_row(sheet: ReportSheet, asked: tuple[AskedColumns, ...]) -> Row:
    row = [read(sheet) for _column, read in _OF_SHEET]
    for entry in asked:
        if is_asked(sheet, entry.question.id):
            row.extend(rows_of(sheet, entry.question.id, entry.columns)[0])
        else:
            row.extend(NOT_ASKED for _column in entry.columns)
    return tuple(row)


def _rows_tab(title: str, sheets: tuple[ReportSheet, ...], entry: AskedColumns) -> Tab:
    heads = (*(Head(column) for column in (*sheet_columns()[:_IN_OTHER_TABS], LINE)),)
    heads += tuple(Head(column, entry.section) for column in entry.columns)
    rows = (
        (*(read(sheet) for _column, read in _OF_SHEET[:_IN_OTHER_TABS]), line, *row)
        for sheet in sheets
        for line, row in enumerate(rows_of(sheet, entry.question.id, entry.columns), 1)
    )
    return Tab(title, heads, tuple(rows))


def _not_asked(sheet: ReportSheet) -> str | None:
    questions = sheet.document.version.questions
    return " ; ".join(question.short_label for question in questions if not is_asked(sheet, question.id)) or None


def _day(moment: datetime | None) -> Any:
    return moment.astimezone(PARIS).date() if moment else None


def title_of_tab(wanted: str, taken: Iterable[str]) -> str:
    """A tab's title that Excel takes: 31 characters, some of them refused, each once."""
    title = _REFUSED_IN_TITLES.sub(" ", legible(wanted)).strip()[:31] or "Onglet"
    number = 2
    while title.casefold() in {other.casefold() for other in taken}:
        title, number = f"{title[:27]} ({number})", number + 1
    return title


def cut_long_texts(tabs: tuple[Tab, ...]) -> tuple[tuple[Tab, ...], tuple[str, ...]]:
    """Texts longer than a cell go on in a tab of their own; nothing is lost.

    Out: the tabs, one more where a text was cut, and a French sentence for each.
    """
    rows: list[Row] = []
    notes: list[str] = []
    whole = tuple(replace(tab, rows=tuple(_cut_row(tab, row, rows, notes) for row in tab.rows)) for tab in tabs)
    if not rows:
        return tabs, ()
    columns = (
        *sheet_columns()[:2],
        Column("tab", "Onglet", CellType.TEXT),
        Column("column", "Colonne", CellType.TEXT),
        LINE,
        PART,
    )
    text = Head(Column("text", "Suite du texte", CellType.TEXT), wide=True)
    return (*whole, Tab(CONTINUED, (*map(Head, columns), text), tuple(rows))), tuple(notes)


def _cut_row(tab: Tab, row: Row, continued: list[Row], notes: list[str]) -> Row:
    cut = list(row)
    for at, (head, cell) in enumerate(zip(tab.heads, row, strict=True)):
        if isinstance(cell, str) and _size(cell) > _CELL_HOLDS:
            first, *others = _pieces(cell)
            cut[at] = first + _MARK
            line = row[_IN_OTHER_TABS] if LINE in [own.column for own in tab.heads] else None
            key = (*row[:2], tab.title, head.column.id, line)
            continued.extend((*key, part, piece) for part, piece in enumerate(others, 2))
            notes.append(
                f"Fiche {row[0]}, « {head.column.label} » : {number(len(cell))} caractères, plus qu’une "
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
