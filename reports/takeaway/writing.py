"""Writes the workbook that is taken away: drop-downs, help, locked labels, room to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from forms.definition import Question
from forms.french import typography
from forms.kinds import CellType, Column
from reports.characters import pieces
from reports.tables import title_of_tab
from reports.takeaway import layout
from reports.takeaway.cells import (
    CHOICE,
    CLOSED,
    HEAD,
    LABEL,
    SECTION,
    answer,
    hide_ids,
    label,
    new_tab,
    new_workbook,
    place,
    put,
    validate,
)
from reports.takeaway.layout import Carried, Line, Shape, TakeawayInput
from reports.workbook import lines_of, save

_LABELS, _HELP, _ALONE, _BESIDE = 46, 58, 70, 44
"""Characters in a line: of a label, of the small help beneath, of the answers of the only sheet, of one of several."""
_LINE, _SMALL, _TALLEST, _LONG = 14.5, 12.0, 400.0, 6
"""Points of a line, and of a small one; the tallest row that is made (Excel's own limit is 409); lines that a long
text begins with."""
_WIDTHS = {CellType.TEXT: 26, CellType.NUMBER: 14, CellType.AMOUNT: 16, CellType.DAY: 14, CellType.FLAG: 16}


@dataclass
class _Book:
    """The workbook while it is written. lists: the options of a drop-down → where they stand."""

    book: Workbook
    content: TakeawayInput
    lists: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        return len(self.content.sheets) == 1


def make(content: TakeawayInput, out: BinaryIO) -> None:
    """Write the workbook of these sheets, all of the same version of the form (see layout)."""
    made = _Book(new_workbook(content), content)
    tab_of = _titles(content)
    _write_sheets(made, tab_of)
    for question in layout.tables(content.version):
        _write_table(made, question, tab_of[question.id])
    _write_readme(made)
    _write_lists(made)
    _write_memory(made)
    save(made.book, content.made_at, out)


def _titles(content: TakeawayInput) -> dict[str, str]:
    """The titles of the tabs of tables, by question id."""
    taken = {layout.SHEETS, layout.LISTS, layout.README, layout.MEMORY}
    found: dict[str, str] = {}
    for question in layout.tables(content.version):
        found[question.id] = title_of_tab(question.short_label, taken)
        taken.add(found[question.id])
    return found


def _write_sheets(made: _Book, tab_of: dict[str, str]) -> None:
    sheets = made.content.sheets
    tab = new_tab(made.book, layout.SHEETS)
    last = layout.FIRST_SHEET + len(sheets) - 1
    put(tab, 1, 1, layout.ID_OF_SHEETS)
    label(tab, 2, _title(made), "Répondez dans les cases blanches ; le reste est verrouillé.", HEAD)
    for number, sheet in enumerate(sheets, 1):
        at = layout.FIRST_SHEET + number - 1
        put(tab, 1, at, number)
        put(tab, 2, at, f"{layout.name_of(number)}\n{sheet.reference or 'à commencer'}", HEAD)
    tab.row_dimensions[2].height = 3 * _LINE + 6
    for row, line in enumerate(layout.lines(made.content.version, sheets, tab_of), 3):
        _write_line(made, tab, row, line)
    width = _ALONE if made.alone else _BESIDE
    for at in range(layout.FIRST_SHEET, last + 1):
        tab.column_dimensions[get_column_letter(at)].width = width
    tab.column_dimensions["B"].width = _LABELS
    hide_ids(tab)
    tab.freeze_panes = "C3"
    tab.print_title_rows = "2:2"
    if not made.alone:
        tab.print_title_cols = "B:B"
        tab.page_setup.orientation = "landscape"
        tab.page_setup.fitToWidth = (len(sheets) + 1) // 2
    tab.print_area = f"B2:{get_column_letter(last)}{tab.max_row}"


def _title(made: _Book) -> str:
    years = {sheet.year for sheet in made.content.sheets if sheet.year}
    return typography(" ".join([made.content.version.title, *map(str, sorted(years) if len(years) == 1 else ())]))


def _write_line(made: _Book, tab: Worksheet, row: int, line: Line) -> None:
    sheets = made.content.sheets
    places = range(layout.FIRST_SHEET, layout.FIRST_SHEET + len(sheets))
    if line.shape is Shape.SECTION:
        label(tab, row, line.label, line.help, SECTION)
        for at in places:
            put(tab, row, at, None, SECTION)
        tab.row_dimensions[row].height = 2 * _LINE + 6 if line.help else 22
        return
    put(tab, row, 1, line.id or None)
    label(tab, row, line.label, line.help, CHOICE if line.shape is Shape.CHOICE else LABEL)
    heights = [_LINE * lines_of(line.label, _LABELS - 4) + (_SMALL * lines_of(line.help, _HELP) if line.help else 0)]
    if line.long:
        heights.append(_LINE * _LONG)
    for at, sheet in zip(places, sheets, strict=True):
        if line.column is None or line.question is None:
            put(tab, row, at, None, CLOSED)
            continue
        value = _value(line, sheet)
        answer(tab, row, at, value, line.column, unlocked=_is_open(line.question, sheet))
        heights.append(_LINE * lines_of(str(value or ""), _ALONE if made.alone else _BESIDE))
    if line.column is not None and line.question is not None:
        options = _options(made, line.question, line.column)
        validate(tab, f"{place(row, places[0])}:{place(row, places[-1])}", line.column, _listed(made, options))
    tab.row_dimensions[row].height = min(_TALLEST, max(heights) + 6)


def _value(line: Line, sheet: Carried) -> Any:
    """What a sheet holds in that row."""
    question, column = cast(Question, line.question), cast(Column, line.column)
    if not question.typed:
        return layout.filled_in(question, sheet)
    value = layout.shown(layout.held_rows(question, sheet)[0][line.at], column)
    if isinstance(value, str) and column.type is not CellType.FLAG:
        cut = pieces(value)
        return (cut[line.part] if line.part < len(cut) else "") or None
    return value


def _is_open(question: Question, sheet: Carried) -> bool:
    """True where a person writes: what the product fills in is only open on a sheet that is to be begun."""
    return question.typed or (not sheet.id and layout.filled_in(question, sheet) is None)


def _options(made: _Book, question: Question, column: Column) -> tuple[str, ...]:
    return layout.places_offered(question, made.content) or column.options


def _write_table(made: _Book, question: Question, title: str) -> None:
    tab = new_tab(made.book, title)
    columns = layout.to_fill(question)
    numbered = enumerate(made.content.sheets, 1)
    held = [(number, row) for number, sheet in numbered for row in layout.filled_rows(question, sheet)]
    last = layout.FIRST_CELL + len(columns) - 1
    put(tab, 1, 1, layout.ID_OF_TABLE + question.id)
    at_title = layout.FIRST_CELL if made.alone else layout.OWNER
    label(tab, 2, question.label, layout.help_of(question, made.content.version), LABEL, at_title)
    tab.merge_cells(start_row=2, end_row=2, start_column=at_title, end_column=last)
    tab.row_dimensions[2].height = 3 * _LINE + 6
    put(tab, 3, layout.OWNER, "Fiche", HEAD)
    for at, (_column, column) in enumerate(columns, layout.FIRST_CELL):
        put(tab, 1, at, column.id)
        put(tab, 3, at, column.label, HEAD)
        wide = 1.5 if not column.options and column.type is CellType.TEXT else 1
        tab.column_dimensions[get_column_letter(at)].width = _WIDTHS[column.type] * wide
    tab.row_dimensions[3].height = 2 * _LINE + 4
    row = 4
    for number, cells in held:
        row = _write_row(tab, row, number, cells, columns)
    end = row + layout.room(0, len(made.content.sheets)) - 1
    for blank in range(row, end + 1):
        _write_row(tab, blank, None, (None,) * len(columns), columns)
        tab.row_dimensions[blank].height = 2 * _LINE
    _validate_columns(made, tab, columns, end)
    tab.column_dimensions[get_column_letter(layout.OWNER)].hidden = made.alone
    tab.column_dimensions[get_column_letter(layout.OWNER)].width = 11
    tab.print_title_rows = "3:3"
    tab.freeze_panes = f"{get_column_letter(at_title)}4"
    # Rows may be added between others; they are answers like any.
    tab.protection.insertRows = False
    hide_ids(tab)
    tab.print_area = f"B2:{get_column_letter(last)}{end}"


def _write_row(
    tab: Worksheet, row: int, number: int | None, cells: Sequence[Any], columns: list[tuple[int, Column]]
) -> int:
    """Write a line of a table, and below it the rest of texts that a cell doesn't hold; the next free row."""
    cut = [pieces(cell) if isinstance(cell, str) else [cell] for cell in cells]
    for part in range(max(map(len, cut))):
        put(tab, row + part, 1, layout.CONTINUED if part else None)
        owner = layout.name_of(number) if number else None
        answer(tab, row + part, layout.OWNER, owner, layout.OWNER_COLUMN)
        tallest = 1
        for at, ((_at, column), texts) in enumerate(zip(columns, cut, strict=True), layout.FIRST_CELL):
            value = texts[part] if part < len(texts) else None
            answer(tab, row + part, at, value, column)
            tallest = max(tallest, lines_of(str(value or ""), _WIDTHS[column.type]))
        tab.row_dimensions[row + part].height = min(_TALLEST, _LINE * tallest + 4)
    return row + max(map(len, cut))


def _validate_columns(made: _Book, tab: Worksheet, columns: list[tuple[int, Column]], end: int) -> None:
    for at, (_column, column) in enumerate(columns, layout.FIRST_CELL):
        validate(tab, f"{place(4, at)}:{place(end, at)}", column, _listed(made, column.options))
    names = tuple(layout.name_of(number) for number in range(1, len(made.content.sheets) + 1))
    owners = f"{place(4, layout.OWNER)}:{place(end, layout.OWNER)}"
    validate(tab, owners, layout.OWNER_COLUMN, _listed(made, names))


def _listed(made: _Book, options: tuple[str, ...]) -> str:
    """Where the options of a drop-down stand in the hidden tab; nowhere without any."""
    if not options:
        return ""
    if options not in made.lists:
        column = get_column_letter(len(made.lists) + 1)
        made.lists[options] = f"{layout.LISTS}!${column}$1:${column}${len(options)}"
    return made.lists[options]


def _write_lists(made: _Book) -> None:
    tab = new_tab(made.book, layout.LISTS)
    for at, options in enumerate(made.lists, 1):
        for row, option in enumerate(options, 1):
            put(tab, row, at, option)
    tab.sheet_state = "hidden"


def _write_readme(made: _Book) -> None:
    tab = new_tab(made.book, layout.README)
    put(tab, 1, 2, "Comment se servir de ce classeur", SECTION)
    for row, text in enumerate(layout.INSTRUCTIONS, 2):
        put(tab, row, 2, text, LABEL)
        tab.row_dimensions[row].height = _LINE * lines_of(text, 90) + 8
    tab.column_dimensions["A"].width = 2
    tab.column_dimensions["B"].width = 92


def _write_memory(made: _Book) -> None:
    """What the reader must know, and no person need see."""
    content = made.content
    tab = new_tab(made.book, layout.MEMORY)
    rows: list[tuple[Any, ...]] = [
        (layout.ID_OF_MEMORY, layout.FORMAT, layout.NUMBER),
        ("form", content.version.key, content.version.sha256),
        ("made", content.made_at.isoformat()),
    ]
    for number, sheet in enumerate(content.sheets, 1):
        rows.append(("sheet", number, sheet.id or None, sheet.revision))
        rows += [
            ("answer", number, question.id, sheet.marks.get(question.id),
             layout.mark_of_cells(layout.filled_rows(question, sheet)))
            for question in content.version.questions
            if question.typed and not question.kind.uploads
        ]  # fmt: skip
    for row, cells in enumerate(rows, 1):
        for at, cell in enumerate(cells, 1):
            put(tab, row, at, cell)
    tab.sheet_state = "hidden"
