"""A tab of many rows: its headings, table, filters and drop-downs by openpyxl, its rows as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableColumn
from openpyxl.worksheet.worksheet import Worksheet

from forms.kinds import CellType
from reports.spreadsheet.cells import encoded
from reports.spreadsheet.package import Stream
from reports.spreadsheet.styles import (
    HEADING,
    IDENTIFIER,
    RETIRED_HEADING,
    cell_at,
    fit_width,
    look_of,
    new_tab,
    write,
)
from reports.tables import SHEETS, Head, Tab

FIRST_ROW = 3
"""Below the labels and the ids."""
_WIDTHS = {CellType.TEXT: 26, CellType.NUMBER: 13, CellType.AMOUNT: 16, CellType.DAY: 13, CellType.FLAG: 14}
_WIDE = 60
_OWN_WIDTHS = {
    "sheet.reference": 12, "title": 36, "sheet.id": 15, "sheet.department": 16, "sheet.department_code": 13,
    "sheet.snapshot": 15, "sheet.form": 12, "sheet.state": 14, "sheet.not_asked": 30, "sheet.not_asked_ids": 15,
}  # fmt: skip
_ROW_HEIGHT = 62
_HEAD_HEIGHT = 44
_RETIRED = " (n’est plus posée)"

Watch = Callable[[Iterable[Any]], Iterable[Any]]
"""Sees the rows as they go by, and hands them on."""


def open_tab(book: Workbook, tab: Tab, lists: Mapping[tuple[str, str], str], watch: Watch) -> Stream:
    """Everything of a tab but its rows, and the stream of these.

    lists: (tab, column id) → where the choices of that column stand, as a formula.
    """
    sheet = new_tab(book, tab.title)
    widths = [_write_head(sheet, at, head) for at, head in enumerate(tab.heads, 1)]
    sheet.row_dimensions[1].height = _HEAD_HEIGHT
    last = f"{get_column_letter(len(tab.heads))}{last_row(tab.count)}"
    sheet.add_table(_table(tab, f"A2:{last}"))
    _validate(sheet, tab, lists)
    kept = 3 if tab.title == SHEETS else 1
    sheet.freeze_panes = f"{get_column_letter(kept + 1)}{FIRST_ROW}"
    sheet.print_title_rows = "1:2"
    sheet.print_title_cols = "A:B" if tab.title == SHEETS else "A:A"
    fit_width(sheet, sum(widths))
    looks = [look_of(sheet, head) for head in tab.heads]
    height = _ROW_HEIGHT if any(head.wide for head in tab.heads) else None
    return Stream(last, lambda: encoded(watch(tab.rows), looks, first=FIRST_ROW, height=height))


def last_row(count: int) -> int:
    """The number of the last of that many rows; a table has one at least, be it blank."""
    return FIRST_ROW + max(count, 1) - 1


def watched(tab: Tab, told: Callable[[int], None], see: Callable[[Sequence[Any]], None] | None = None) -> Watch:
    """Tells how many rows are written, now and then; see is shown every one."""

    def watch(rows: Iterable[Any]) -> Iterator[Any]:
        for number, row in enumerate(rows, 1):
            if see is not None:
                see(row)
            yield row
            if not number % 100 or number == tab.count:
                told(number)

    return watch


def _write_head(sheet: Worksheet, at: int, head: Head) -> float:
    """Write the two lines of a heading; the width of the column."""
    label = head.column.label + (_RETIRED if head.retired else "")
    write(cell_at(sheet, 1, at), label, RETIRED_HEADING if head.retired else HEADING)
    write(cell_at(sheet, 2, at), head.column.id, IDENTIFIER)
    width = _OWN_WIDTHS.get(head.column.id) or (_WIDE if head.wide else _WIDTHS[head.column.type])
    dimension = sheet.column_dimensions[get_column_letter(at)]
    dimension.width = width
    # The columns of 0 and 1 fold away under the column that says the same in words; so does what programs need.
    dimension.outlineLevel = 1 if head.technical or head.column.type is CellType.FLAG else 0
    return width


def _table(tab: Tab, place: str) -> Table:
    """The rows as a table of Excel's, its columns named by the ids, with its filters."""
    name = "Fiches" if tab.title == SHEETS else f"T_{tab.key}"
    # Said here: openpyxl would make a cell for every place of the table to look for the names.
    columns = [TableColumn(id=at, name=head.column.id) for at, head in enumerate(tab.heads, 1)]
    return Table(
        displayName=name, name=name, ref=place, tableColumns=columns, headerRowCount=1, autoFilter=AutoFilter(ref=place)
    )


def _validate(sheet: Worksheet, tab: Tab, lists: Mapping[tuple[str, str], str]) -> None:
    """What may be typed in a cell, as a word of warning: who corrects a copy knows what the choices were."""
    last = last_row(tab.count)
    flags = DataValidation("whole", operator="between", formula1="0", formula2="1", allow_blank=True)
    days = DataValidation("date", operator="greaterThan", formula1="1", allow_blank=True)
    numbers = DataValidation("decimal", operator="greaterThanOrEqual", formula1="0", allow_blank=True)
    rules = {CellType.FLAG: flags, CellType.DAY: days, CellType.NUMBER: numbers, CellType.AMOUNT: numbers}
    for at, head in enumerate(tab.heads, 1):
        letter = get_column_letter(at)
        place = f"{letter}{FIRST_ROW}:{letter}{last}"
        listed = lists.get((tab.title, head.column.id))
        if listed:
            rule = DataValidation("list", formula1=listed, allow_blank=True)
            rule.errorStyle = "warning"
            rule.add(place)
            sheet.add_data_validation(rule)
        elif head.column.type in rules:
            rules[head.column.type].add(place)
    for rule in (flags, days, numbers):
        if rule.sqref:
            rule.errorStyle = "warning"
            sheet.add_data_validation(rule)
