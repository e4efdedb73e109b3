"""The same ten thousand rows of forty columns, written by us and by others.

`python -m tests.benchmarks.workbook_peers ours` prints the peak of the process in megabytes.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

import rustpy_xlsxwriter
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, Reference
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableColumn

from forms.kinds import CellType, Column
from reports.spreadsheet.charts import add_chart
from reports.spreadsheet.package import save
from reports.spreadsheet.styles import FORMATS, new_tab, new_workbook, value_style
from reports.spreadsheet.tab import open_tab
from reports.tables import Head, Tab

ROWS, COLUMNS = 10_000, 40
MADE_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TYPES = (
    CellType.TEXT,
    CellType.NUMBER,
    CellType.TEXT,
    CellType.FLAG,
    CellType.AMOUNT,
    CellType.TEXT,
    CellType.DAY,
    CellType.NUMBER,
)
HEADS = tuple(Head(Column(f"c{at}", f"Colonne {at}", TYPES[at % len(TYPES)])) for at in range(COLUMNS))
CHOICES = "Listes!$A$1:$A$3"
SUMS = 10


def value(row: int, column: int) -> Any:
    """What stands there: a third of the texts are sentences, one cell in eleven is empty."""
    if (row + column) % 11 == 0:
        return None
    match HEADS[column].column.type:
        case CellType.TEXT:
            return f"Le café des bricoleurs n° {row} & ses voisins" if column % 3 else f"Réponse {row % 7}"
        case CellType.NUMBER:
            return row * column % 997
        case CellType.AMOUNT:
            return Decimal(row * 31 % 100_000) / 100
        case CellType.DAY:
            return date(2026, 1, 1) + timedelta(days=row % 365)
        case CellType.FLAG:
            return row % 2


class Rows:
    """The rows, made as they are asked for."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return (tuple(value(row, column) for column in range(COLUMNS)) for row in range(ROWS))

    def __len__(self) -> int:
        return ROWS


ALL: list[tuple[Any, ...]] = []
"""The rows, ready: what making them costs is nobody's."""


def rows() -> list[tuple[Any, ...]]:
    """The rows as a list, made once."""
    if not ALL:
        ALL.extend(Rows())
    return ALL


def ours(out: BinaryIO) -> None:
    """With styles, a table, drop-downs and charts."""
    book = new_workbook("Essai", "Fédération")
    stream = open_tab(book, Tab("Fiches", "sheets", HEADS, rows()), {("Fiches", "c0"): CHOICES}, lambda rows: rows)
    sums = new_tab(book, "Indicateurs")
    for at in range(1, SUMS + 1):
        sums.append([f"Réponse {at}", at])
    add_chart(sums, "Réponses", 1, SUMS - 1, 12)
    lists = new_tab(book, "Listes")
    for choice in ("Réponse 0", "Réponse 1", "Réponse 2"):
        lists.append([choice])
    save(book, MADE_AT, out, {"Fiches": stream})


def openpyxl_write_only(out: BinaryIO) -> None:
    """The same by openpyxl's fastest way, each style looked up once."""
    styled = new_workbook("Essai", "Fédération")
    book = Workbook(write_only=True)
    for style in styled._named_styles:
        if style.name != "Normal":
            book.add_named_style(style)
    sheet = book.create_sheet("Fiches")
    sheet.freeze_panes = "D3"
    for at in range(1, COLUMNS + 1):
        sheet.column_dimensions[get_column_letter(at)].width = 20
    last = f"{get_column_letter(COLUMNS)}{ROWS + 2}"
    columns = [TableColumn(id=at, name=head.column.id) for at, head in enumerate(HEADS, 1)]
    sheet._tables.add(
        Table(
            displayName="T", name="T", ref=f"A2:{last}", tableColumns=columns, autoFilter=AutoFilter(ref=f"A2:{last}")
        )
    )
    choices = DataValidation("list", formula1=CHOICES)
    choices.add(f"A3:A{ROWS + 2}")
    sheet.data_validations.append(choices)
    sheet.append([head.column.label for head in HEADS])
    sheet.append([head.column.id for head in HEADS])
    styles = []
    for head in HEADS:
        probe = WriteOnlyCell(sheet)
        probe.style = value_style(head.column.type)
        probe.number_format = FORMATS[head.column.type]
        styles.append(probe._style)
    for row in rows():
        cells = []
        for style, one in zip(styles, row, strict=True):
            cell = WriteOnlyCell(sheet, one)
            cell._style = style
            cells.append(cell)
        sheet.append(cells)
    sums = book.create_sheet("Indicateurs")
    for at in range(1, SUMS + 1):
        sums.append([f"Réponse {at}", at])
    chart = BarChart()
    chart.add_data(Reference(sums, min_col=2, min_row=1, max_row=SUMS), titles_from_data=False)
    chart.set_categories(Reference(sums, min_col=1, min_row=1, max_row=SUMS))
    sums.add_chart(chart, "A12")
    lists = book.create_sheet("Listes")
    for choice in ("Réponse 0", "Réponse 1", "Réponse 2"):
        lists.append([choice])
    book.save(out)


def rust(out: BinaryIO) -> None:
    """The values alone, without styles, by the fastest writer of another language."""
    ids = [head.column.id for head in HEADS]
    records = (
        {id: float(one) if isinstance(one, Decimal) else one for id, one in zip(ids, row, strict=True)}
        for row in rows()
    )
    rustpy_xlsxwriter.write_worksheet(records, out, "Fiches")


WRITERS = {"ours": ours, "openpyxl": openpyxl_write_only, "rust": rust}

if __name__ == "__main__":
    rows = Rows  # type: ignore[assignment,misc]
    WRITERS[sys.argv[1]](io.BytesIO())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)  # noqa: T201
