"""The workbook: writes the tabs with openpyxl, the same bytes for the same input."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import Outline, PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from forms.kinds import CellType
from reports.characters import escaped, legible, replacements
from reports.content import Progress, ReportInput
from reports.dictionary import HEADINGS, TYPES, Entry, entries
from reports.readme import readme
from reports.tables import LINE, NOT_ASKED, SHEETS, Head, Tab, cut_long_texts, sheet_columns, tabs_of

NOT_ASKED_TEXT = "Non posée"
_INK, _SOFT, _ACCENT, _PAPER, _GREY = "25221D", "6A6253", "1D4B40", "F5F0E4", "E4E0D8"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
FORMATS = {
    CellType.TEXT: "@",
    CellType.NUMBER: "0",
    CellType.AMOUNT: '#,##0.00" €"',
    CellType.DAY: "dd/mm/yyyy",
    CellType.FLAG: "0",
}
_COUNTED = "#,##0"
_WIDTHS = {CellType.TEXT: 26, CellType.NUMBER: 13, CellType.AMOUNT: 16, CellType.DAY: 13, CellType.FLAG: 14}
_WIDE = 60
_NARROW = {"sheet.reference": 12, "sheet.id": 15, "sheet.department_code": 13, "sheet.snapshot": 20, "sheet.form": 12}
_LINE_HEIGHT, _TALLEST = 14.5, 400.0
"""Points; Excel's own limit of a row is 409."""
_README_WIDTH = 100
_ROW_HEIGHT = 62
_MODIFIED = re.compile(rb">[^<]*</dcterms:modified>")


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; takes any number of sheets."""
    progress("Lecture des fiches", 0, len(content.sheets))
    tabs, places = tabs_of(content.sheets)
    tabs, cuts = cut_long_texts(tabs)
    notes = (*replacements(content.sheets), *cuts)
    book = _workbook(content.title, content.federation)
    _write_readme(book, content, readme(content, tabs, notes))
    for tab in tabs:
        _write_tab(book, tab, progress)
    questions = {entry.question.id: entry.question for _tab, entry in places}
    meanings = [meaning for tab, entry in places for meaning in entries(tab, entry, questions)]
    _write_dictionary(book, [*_of_sheet(tabs), *meanings])
    progress("Écriture du classeur", 0, 0)
    save(book, content.made_at, out)
    return notes


def write_list(
    out: BinaryIO,
    *,
    title: str,
    owner: str,
    heads: Sequence[tuple[str, int]],
    rows: Iterable[Sequence[str]],
    made_at: datetime,
) -> None:
    """A workbook of one tab to be filled in and sent back: its headings with their widths, and lines of text."""
    book = _workbook(title, owner)
    tab = _new_tab(book, title)
    for at, (heading, width) in enumerate(heads, 1):
        _write(_cell(tab, 1, at), heading, "recueil intitulé")
        tab.column_dimensions[get_column_letter(at)].width = width
    for at, row in enumerate(rows, 2):
        for column, text in enumerate(row, 1):
            _write(_cell(tab, at, column), text or None, f"recueil {CellType.TEXT}")
    tab.freeze_panes = "B2"
    tab.print_title_rows = "1:1"
    fit_width(tab)
    save(book, made_at, out)


def _workbook(title: str, owner: str) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = legible(title)
    book.properties.creator = legible(owner)
    book.properties.language = "fr"
    font = Font(name="Calibri", size=10, color=_INK)
    top = Alignment(vertical="top", wrap_text=True)
    head_fill, soft = PatternFill("solid", fgColor=_ACCENT), Font(name="Calibri", size=8, color=_SOFT)
    rule = Border(bottom=Side("thin", color="DCD2BF"))
    for type_, format_ in FORMATS.items():
        across = "left" if type_ is CellType.TEXT else "right"
        place = Alignment(across, "top", wrap_text=type_ is CellType.TEXT)
        book.add_named_style(
            NamedStyle(f"recueil {type_}", font=font, alignment=place, number_format=format_, border=rule)
        )
    grey = PatternFill("solid", fgColor=_GREY)
    unasked = Font(name="Calibri", size=10, color=_SOFT, italic=True)
    for style in (
        NamedStyle("recueil non posée", font=unasked, fill=grey, alignment=top, border=rule),
        NamedStyle(
            "recueil intitulé",
            font=Font(name="Calibri", size=10, bold=True, color="FFFFFF"),
            fill=head_fill,
            alignment=top,
        ),
        NamedStyle("recueil identifiant", font=soft, fill=PatternFill("solid", fgColor=_PAPER), alignment=top),
        NamedStyle("recueil titre", font=Font(name="Calibri", size=16, bold=True, color=_ACCENT)),
        NamedStyle("recueil rubrique", font=Font(name="Calibri", size=10, bold=True, color=_ACCENT), alignment=top),
        NamedStyle("recueil paragraphe", font=font, alignment=top),
    ):
        book.add_named_style(style)
    return book


def _write_readme(book: Workbook, content: ReportInput, paragraphs: Iterable[tuple[str, str]]) -> None:
    sheet = _new_tab(book, "Lisez-moi")
    _write(_cell(sheet, 1, 1), content.title, "recueil titre")
    for at, (heading, text) in enumerate(paragraphs, 3):
        _write(_cell(sheet, at, 1), heading, "recueil rubrique")
        # Notes are as many as there are texts to announce; a cell holds a good thousand of them.
        _write(_cell(sheet, at, 2), text[:32_000], "recueil paragraphe")
        # Said outright: not every program fits a row to a wrapped text by itself.
        sheet.row_dimensions[at].height = min(_TALLEST, _LINE_HEIGHT * lines_of(text, _README_WIDTH))
    sheet.column_dimensions["A"].width = 34
    sheet.column_dimensions["B"].width = _README_WIDTH
    sheet.page_setup.orientation = "portrait"
    fit_width(sheet)
    sheet.sheet_view.showGridLines = False


def lines_of(text: str, width: int) -> int:
    """How many lines a text takes in a column that many characters wide, a little generously."""
    return sum(max(1, math.ceil(len(line) * 1.1 / width)) for line in text.split("\n"))


def _write_tab(book: Workbook, tab: Tab, progress: Progress) -> None:
    sheet = _new_tab(book, tab.title)
    for at, head in enumerate(tab.heads, 1):
        _write_head(sheet, at, head)
    sheet.row_dimensions[1].height = 44
    for at, row in enumerate(tab.rows, 3):
        progress(f"Onglet « {tab.title} »", at - 2, len(tab.rows))
        for column, (head, value) in enumerate(zip(tab.heads, row, strict=True), 1):
            _write_answer(_cell(sheet, at, column), head, value)
        if any(head.wide for head in tab.heads):
            sheet.row_dimensions[at].height = _ROW_HEIGHT
    last = f"{get_column_letter(len(tab.heads))}{max(2, len(tab.rows) + 2)}"
    sheet.auto_filter.ref = f"A2:{last}"
    sheet.freeze_panes = "D3" if tab.title == SHEETS else "B3"
    sheet.print_title_rows = "1:2"
    sheet.print_title_cols = "A:A"


def _write_head(sheet: Worksheet, at: int, head: Head) -> None:
    _write(_cell(sheet, 1, at), head.column.label, "recueil intitulé")
    _write(_cell(sheet, 2, at), head.column.id, "recueil identifiant")
    width = _NARROW.get(head.column.id) or (_WIDE if head.wide else _WIDTHS[head.column.type])
    dimension = sheet.column_dimensions[get_column_letter(at)]
    dimension.width = width
    # The columns of 0 and 1 fold away under the column that says the same in words.
    dimension.outlineLevel = 1 if head.column.type is CellType.FLAG else 0


def _write_answer(cell: Cell, head: Head, value: Any) -> None:
    type_ = head.column.type
    if value is NOT_ASKED:
        _write(cell, NOT_ASKED_TEXT if type_ is CellType.TEXT else None, "recueil non posée")
        return
    _write(cell, value, f"recueil {type_}")
    if type_ is CellType.NUMBER and head.column.unit:
        cell.number_format = _COUNTED


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    return cast(Cell, cell)  # no cell is merged


def _write(cell: Cell, value: Any, style: str) -> None:
    """Put a value in a cell; a text stays a text, whatever it begins with."""
    cell.style = style
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = escaped(legible(value))
    cell.data_type = "s"
    if value.startswith(FORMULA):
        cell.quotePrefix = True


def _of_sheet(tabs: tuple[Tab, ...]) -> list[Entry]:
    """What the columns mean that say which sheet a row is."""
    own = [
        Entry(SHEETS, column.id, column.label, column.label, "", TYPES[column.type], "", "", "", "", "")
        for column in sheet_columns()
    ]
    lines = [
        Entry(tab.title, LINE.id, LINE.label, LINE.label, "", TYPES[LINE.type], "", "", "", "", "")
        for tab in tabs
        if LINE in [head.column for head in tab.heads]
    ]
    return own + lines


def _write_dictionary(book: Workbook, meanings: list[Entry]) -> None:
    sheet = _new_tab(book, "Dictionnaire")
    for at, (heading, width) in enumerate(zip(HEADINGS, (20, 30, 46, 34, 16, 20, 12, 60, 18, 40, 14), strict=True), 1):
        _write(_cell(sheet, 1, at), heading, "recueil intitulé")
        sheet.column_dimensions[get_column_letter(at)].width = width
    for at, meaning in enumerate(meanings, 2):
        for column, text in enumerate(astuple(meaning), 1):
            _write(_cell(sheet, at, column), text or None, f"recueil {CellType.TEXT}")
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(HEADINGS))}{len(meanings) + 1}"
    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    fit_width(sheet)


def _new_tab(book: Workbook, title: str) -> Worksheet:
    sheet: Worksheet = book.create_sheet(title)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    footer: Any = sheet.HeaderFooter.oddFooter
    footer.left.text = title.replace("&", "&&")
    footer.right.text = "page &P / &N"
    sheet.sheet_properties.tabColor = _ACCENT
    sheet.sheet_properties.outlinePr = Outline(summaryRight=False)
    return sheet


def fit_width(sheet: Worksheet) -> None:
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0


def save(book: Workbook, made_at: datetime, out: BinaryIO) -> None:
    """Write the file with the moment of the report everywhere openpyxl writes the machine's."""
    made = made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.created = made
    draft = io.BytesIO()
    book.save(draft)
    stamp = f">{made.isoformat()}Z</dcterms:modified>".encode()
    with zipfile.ZipFile(draft) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in read.infolist():
            part = read.read(entry)
            if entry.filename == "docProps/core.xml":
                part = _MODIFIED.sub(stamp, part)
            written.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
