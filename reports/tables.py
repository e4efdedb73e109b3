"""What stands in the tabs of the workbook: columns from the definition, rows from the sheets."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from forms.definition import FormVersion, Question
from forms.french import PARIS
from forms.kinds import Cell, CellType, Column, Row
from reports.characters import legible
from reports.columns import AskedColumns, every_version, may_be_long, registry
from reports.content import ReportInput, ReportSheet
from reports.row_reader import LineReader, RowReader, column_order, row_columns, summary_retired

NOT_ASKED_TEXT = "Non posée"
"""What a cell of text says where the question was not asked; one of another type is empty and grey."""
SHEETS = "Fiches"
CONTINUED = "Suites de textes"
INDICATORS, DICTIONARY, LISTS, README = "Indicateurs", "Dictionnaire", "Listes", "Lisez-moi"
_REFUSED_IN_TITLES = re.compile(r"[\\/:?*\[\]']")
_FIRST = "title"
"""The question that people know a sheet by: its column stands beside the reference."""


@dataclass(frozen=True)
class Head:
    """A column of a tab.

    group: columns with the same one belong together. wide: for paragraphs. technical: for programs rather than people.
    retired: the newest form no longer fills it; it keeps its place.
    """

    column: Column
    group: str = ""
    wide: bool = False
    technical: bool = False
    retired: bool = False


class Rows(Protocol):
    """Rows that are counted before they are made."""

    def __iter__(self) -> Iterator[Row]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Tab:
    """A tab: its columns, and its rows, which are made while they are gone through, as often as one likes.

    key: the id of the question whose rows these are, or « sheets » and « continued ».
    """

    title: str
    key: str
    heads: tuple[Head, ...]
    rows: Rows

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)


@dataclass(frozen=True)
class Tables:
    """The tabs of a workbook, the questions behind them and the versions of the form that these come from.

    row: what stands in the tab of sheets for one of them. notes: a French sentence for each text that goes on
    elsewhere.
    """

    tabs: tuple[Tab, ...]
    asked: tuple[AskedColumns, ...]
    versions: tuple[FormVersion, ...]
    row: Callable[[ReportSheet], Row]
    notes: tuple[str, ...] = field(default=())

    @property
    def sheets(self) -> Tab:
        """The tab of one row a sheet."""
        return self.tabs[0]

    def title_for(self, asked: AskedColumns) -> str:
        """The title of the tab in which that question's own columns stand."""
        return next((tab.title for tab in self.tabs if tab.key == asked.question.id), SHEETS)

    @property
    def columns(self) -> tuple[str, ...]:
        """« tab/column » of every column, in order, without what only long texts bring."""
        return tuple(f"{tab.key}/{head.column.id}" for tab in self.tabs if tab.key != "continued" for head in tab.heads)

    @property
    def schema(self) -> str:
        """The version of the columns: twelve hexadecimal digits, others where a column is added or typed anew."""
        described = [
            [f"{tab.key}/{head.column.id}", head.column.type.value, head.column.unit]
            for tab in self.tabs
            if tab.key != "continued"
            for head in tab.heads
        ]
        return hashlib.sha256(json.dumps(described, ensure_ascii=False).encode()).hexdigest()[:12]


_Own = tuple[Column, Callable[[ReportSheet], Any]]
REFERENCE: _Own = (Column("sheet.reference", "Référence", CellType.TEXT), lambda sheet: sheet.reference)
_CENTRE: _Own = (Column("sheet.centre", "Centre", CellType.TEXT), lambda sheet: sheet.centre)
_YEAR: _Own = (Column("sheet.year", "Campagne", CellType.NUMBER), lambda sheet: sheet.year)
ID: _Own = (Column("sheet.id", "Identifiant de la fiche", CellType.TEXT), lambda sheet: sheet.id)
_READ: tuple[_Own, ...] = (
    REFERENCE,
    _CENTRE,
    (Column("sheet.commune", "Commune", CellType.TEXT), lambda sheet: sheet.commune),
    (Column("sheet.department", "Département", CellType.TEXT), lambda sheet: sheet.department),
    (Column("sheet.department_code", "Code du département", CellType.TEXT), lambda sheet: sheet.department_code),
    _YEAR,
    (Column("sheet.state", "État", CellType.TEXT), lambda sheet: sheet.state_label),
    (Column("sheet.sent_on", "Envoyée le", CellType.DAY), lambda sheet: _day(sheet.sent_at)),
    (Column("sheet.validated_on", "Validée le", CellType.DAY), lambda sheet: _day(sheet.validated_at)),
)
_TECHNICAL: tuple[_Own, ...] = (
    ID,
    (Column("sheet.snapshot", "Empreinte (SHA-256)", CellType.TEXT), lambda sheet: sheet.snapshot_sha256),
    (Column("sheet.form", "Version du formulaire", CellType.TEXT), lambda sheet: sheet.document.version.key),
)
_UNASKED = Column("sheet.not_asked", "Questions non posées", CellType.TEXT)
UNASKED_IDS = Column("sheet.not_asked_ids", "Questions non posées (identifiants)", CellType.TEXT)
IN_OTHER_TABS = (REFERENCE, _CENTRE, _YEAR, ID)
LINE = Column("line", "Ligne", CellType.NUMBER)
PART = Column("part", "Partie", CellType.NUMBER)


def tables_of(content: ReportInput) -> Tables:
    """The tabs with the answers, texts at their full length."""
    versions = tuple(every_version(content))
    asked = registry(versions)
    titles = {SHEETS, README, DICTIONARY, CONTINUED, INDICATORS, LISTS}
    sheets = _SheetRows(content.sheets, asked, versions)
    tabs = [Tab(SHEETS, "sheets", sheets.heads, sheets)]
    for entry in asked:
        if entry.question.kind.own_tab:
            title = title_of_tab(entry.question.short_label, titles)
            titles.add(title)
            tabs.append(_rows_tab(title, content.sheets, entry))
    return Tables(tuple(tabs), asked, versions, sheets.row)


class _SheetRows:
    """One row a sheet, made while it is asked for."""

    def __init__(
        self, sheets: Sequence[ReportSheet], asked: Sequence[AskedColumns], versions: Sequence[FormVersion]
    ) -> None:
        self._sheets = sheets
        self.heads = _sheet_heads(asked, versions)
        places = {head.column.id: at for at, head in enumerate(self.heads)}
        self._own = [(places[column.id], read) for column, read in (*_READ, *_TECHNICAL)]
        self._unasked, self._unasked_ids = places[_UNASKED.id], places[UNASKED_IDS.id]
        self._reader = RowReader(asked, places, len(self.heads))

    def __iter__(self) -> Iterator[Row]:
        return map(self.row, self._sheets)

    def __len__(self) -> int:
        return len(self._sheets)

    def row(self, sheet: ReportSheet) -> Row:
        row, unasked, lacking = self._reader.row(sheet.document)
        for place, read in self._own:
            row[place] = read(sheet)
        row[self._unasked] = _named(unasked)
        ids = " ".join([*(question.id for question in unasked), *lacking])
        row[self._unasked_ids] = f"[ {ids} ]" if ids else None
        return tuple(row)


def _named(unasked: Sequence[Question]) -> Cell:
    return " ; ".join(question.short_label for question in unasked) or None


def _sheet_heads(asked: Sequence[AskedColumns], versions: Sequence[FormVersion]) -> tuple[Head, ...]:
    """What people read first, then what programs need, then the questions in the order of the registry."""
    of_questions = {
        column.id: Head(column, entry.section, may_be_long(entry.question), retired=column.id in summary_retired(entry))
        for entry in asked
        for column in row_columns(entry)
    }
    in_order = {id: of_questions[id] for id in column_order(versions)}
    first = in_order.pop(_FIRST, None)
    heads = [Head(column) for column, _read in _READ]
    heads[1:1] = [first] if first else []
    heads.append(Head(_UNASKED))
    heads += [Head(column, technical=True) for column in (*(column for column, _read in _TECHNICAL), UNASKED_IDS)]
    return (*heads, *in_order.values())


def _rows_tab(title: str, sheets: Sequence[ReportSheet], entry: AskedColumns) -> Tab:
    own = [Head(column, technical=column is ID[0]) for column, _read in IN_OTHER_TABS]
    of_question = [Head(column, entry.section, retired=column.id in entry.retired) for column in entry.columns]
    heads = (*own, Head(LINE), *of_question)
    return Tab(title, entry.question.id, heads, _LineRows(sheets, entry))


class _LineRows:
    """One row a line of a table, over all sheets, read when they are first asked for."""

    def __init__(self, sheets: Sequence[ReportSheet], entry: AskedColumns) -> None:
        self._sheets = sheets
        self._entry = entry

    @cached_property
    def _rows(self) -> list[Row]:
        reader = LineReader(self._entry)
        return [
            (*(read(sheet) for _column, read in IN_OTHER_TABS), line, *row)
            for sheet in self._sheets
            for line, row in enumerate(reader.rows(sheet.document), 1)
        ]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _day(moment: datetime | None) -> Any:
    return moment.astimezone(PARIS).date() if moment else None


def title_of_tab(wanted: str, taken: Iterable[str]) -> str:
    """A tab's title that Excel takes: 31 characters, some of them refused, each once."""
    title = _REFUSED_IN_TITLES.sub(" ", legible(wanted)).strip()[:31] or "Onglet"
    number = 2
    while title.casefold() in {other.casefold() for other in taken}:
        title, number = f"{title[:27]} ({number})", number + 1
    return title
