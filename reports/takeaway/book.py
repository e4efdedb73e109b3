"""A workbook that comes back, before any answer is read: which form, which sheets, where each answer stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forms.kinds import Cell
from forms.kinds.base import cell_text
from forms.values import Refused
from reports.takeaway import layout
from reports.takeaway.file import Tab, tabs_of

NOT_OURS = (
    "Ce classeur n’a pas été emporté de Recueil, ou ses repères cachés ont été effacés : reprenez un classeur sur la "
    "page de la fiche et recopiez-y vos réponses."
)
TOO_NEW = "Ce classeur vient d’une version plus récente de Recueil : reprenez-le sur la page de la fiche."
_OWNER = re.compile(r"\D*(\d{1,5})\D*")
_FIRST_ROW = 3
_FIRST_TABLE_ROW = 4


def letter_of(column: int) -> str:
    """« A » for 1, « AB » for 28."""
    letters = ""
    while column:
        column, at = divmod(column - 1, 26)
        letters = chr(ord("A") + at) + letters
    return letters


@dataclass(frozen=True)
class Place:
    """A cell as people name it. head: what stands above its column, where that says something."""

    tab: str
    row: int | None = None
    column: int | None = None
    head: str = ""

    def __str__(self) -> str:
        parts = [f"onglet « {self.tab} »"]
        if self.row is not None:
            parts.append(f"ligne {self.row}")
        if self.column is not None:
            letter = letter_of(self.column)
            parts.append(f"colonne {letter} ({self.head})" if self.head else f"colonne {letter}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Problem:
    """Something that can't be read: where, of which question, and what to do (French)."""

    message: str
    place: Place | None = None
    question: str | None = None

    @property
    def text(self) -> str:
        """« Onglet “Fiches”, ligne 4, colonne C : écrivez un nombre… »."""
        where = str(self.place) if self.place else ""
        return f"{where[0].upper()}{where[1:]} : {self.message[0].lower()}{self.message[1:]}" if where else self.message


@dataclass(frozen=True)
class TakenColumn:
    """A sheet of the workbook: its number, its column, and what is remembered of it.

    id: empty for a new sheet. base: by question id, the mark of what was stored when the workbook
    was made. written: the mark of what its cells held.
    """

    number: int
    at: int
    id: str = ""
    revision: int = 0
    base: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TableRow:
    """A row of the tab of a table: where it is, whose it is (None: nobody's), its cells by column id."""

    row: int
    number: int | None
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class TakenTable:
    """The tab of a question that is a table. columns: column id → where it stands."""

    tab: str
    columns: Mapping[str, int]
    rows: tuple[TableRow, ...]


@dataclass(frozen=True)
class TakenBook:
    """The workbook, cut into its sheets. lines: id → row in the tab of the sheets."""

    form_key: str
    form_sha256: str
    main: Tab
    lines: Mapping[str, int]
    sheets: tuple[TakenColumn, ...]
    tables: Mapping[str, TakenTable]
    problems: tuple[Problem, ...]


def read_book(kept: str) -> TakenBook:
    """Find everything by its hidden ids, wherever it was moved. kept: from open_workbook(). Raises Refused."""
    tabs = tabs_of(kept)
    main = next((tab for tab in tabs if tab.cell(1, 1) == layout.ID_OF_SHEETS), None)
    memory = next((tab for tab in tabs if tab.cell(1, 1) == layout.ID_OF_MEMORY), None)
    if main is None or memory is None or memory.cell(1, 2) != layout.FORMAT:
        raise Refused(NOT_OURS)
    if _whole(memory.cell(1, 3)) != layout.NUMBER:
        raise Refused(TOO_NEW)
    problems: list[Problem] = []
    sheets = _sheets(main, memory, problems)
    lines = _lines(main, sheets, problems)
    tables = {
        question: _table(tab, sheets, problems)
        for tab in tabs
        if (question := cell_text(tab.cell(1, 1)).removeprefix(layout.ID_OF_TABLE)) != cell_text(tab.cell(1, 1))
    }
    if not sheets or not (lines or tables):
        raise Refused(NOT_OURS)
    form = next((row for row in range(1, memory.last_row + 1) if memory.cell(row, 1) == "form"), 0)
    key, sha256 = cell_text(memory.cell(form, 2)), cell_text(memory.cell(form, 3))
    return TakenBook(key, sha256, main, lines, sheets, tables, tuple(problems))


def _whole(cell: Cell) -> int | None:
    """A whole number as calamine gives it, None for anything else."""
    return (
        int(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) and float(cell).is_integer() else None
    )


def _sheets(main: Tab, memory: Tab, problems: list[Problem]) -> tuple[TakenColumn, ...]:
    """The columns that hold a sheet, in the order of the workbook."""
    ids: dict[int, tuple[str, int]] = {}
    marks: dict[int, tuple[dict[str, str], dict[str, str]]] = {}
    for row in range(1, memory.last_row + 1):
        number = _whole(memory.cell(row, 2))
        if number is None:
            continue
        if memory.cell(row, 1) == "sheet":
            ids[number] = (cell_text(memory.cell(row, 3)), _whole(memory.cell(row, 4)) or 0)
        elif memory.cell(row, 1) == "answer":
            base, written = marks.setdefault(number, ({}, {}))
            question = cell_text(memory.cell(row, 3))
            base[question], written[question] = cell_text(memory.cell(row, 4)), cell_text(memory.cell(row, 5))
    found: dict[int, TakenColumn] = {}
    for at in range(layout.FIRST_SHEET, main.last_column + 1):
        number = _whole(main.cell(1, at))
        if number in ids and number not in found:
            found[number] = TakenColumn(number, at, *ids[number], *marks.get(number, ({}, {})))
        elif any(main.cell(row, at) is not None for row in range(_FIRST_ROW, main.last_row + 1)):
            message = "Cette colonne n’est pas de Recueil : recopiez-en les réponses dans une colonne « Fiche » vide."
            problems.append(Problem(message, Place(main.name, None, at)))
    return tuple(found.values())


def _lines(main: Tab, sheets: Sequence[TakenColumn], problems: list[Problem]) -> dict[str, int]:
    """Id → row; a row that has lost its id, or bears one twice, is told where something stands in it."""
    found: dict[str, int] = {}
    for row in range(_FIRST_ROW, main.last_row + 1):
        id = cell_text(main.cell(row, 1))
        if id and id not in found:
            found[id] = row
        elif filled := next((sheet.at for sheet in sheets if main.cell(row, sheet.at) is not None), None):
            message = "Cette ligne n’est pas de Recueil : recopiez la réponse en face de sa question."
            problems.append(Problem(message, Place(main.name, row, filled)))
    return found


def _table(tab: Tab, sheets: Sequence[TakenColumn], problems: list[Problem]) -> TakenTable:
    columns = {
        cell_text(tab.cell(1, at)): at for at in range(layout.FIRST_CELL, tab.last_column + 1) if tab.cell(1, at)
    }
    rows: list[TableRow] = []
    for row in range(_FIRST_TABLE_ROW, tab.last_row + 1):
        cells = {id: tab.cell(row, at) for id, at in columns.items()}
        if all(cell is None for cell in cells.values()):
            continue
        if tab.cell(row, 1) == layout.CONTINUED and rows:
            rows[-1] = _longer(rows[-1], cells)
            continue
        number = _owner(tab.cell(row, layout.OWNER), sheets)
        rows.append(TableRow(row, number, cells))
        if number is None:
            last = layout.name_of(max(sheet.number for sheet in sheets))
            message = f"Dites à quelle fiche appartient cette ligne : de « {layout.name_of(1)} » à « {last} »."
            problems.append(Problem(message, Place(tab.name, row, layout.OWNER)))
    return TakenTable(tab.name, columns, tuple(rows))


def _longer(row: TableRow, more: Mapping[str, Cell]) -> TableRow:
    """The row with the texts that go on below it."""
    cells = {
        id: cell_text(cell) + cell_text(more[id]) if more.get(id) is not None else cell
        for id, cell in row.cells.items()
    }
    return TableRow(row.row, row.number, cells)


def _owner(cell: Cell, sheets: Sequence[TakenColumn]) -> int | None:
    """The number of the sheet that a row names; of a single sheet all rows are its own."""
    text = cell_text(cell).strip()
    if not text:
        return sheets[0].number if len(sheets) == 1 else None
    named = _OWNER.fullmatch(text)
    number = int(named[1]) if named else None
    return number if any(sheet.number == number for sheet in sheets) else None
