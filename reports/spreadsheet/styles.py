"""How the cells, tabs and pages of the workbook look."""

from __future__ import annotations

import math
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.worksheet.properties import Outline, PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from forms.kinds import CellType
from reports.characters import escaped, legible
from reports.spreadsheet.cells import FORMULA, Look
from reports.tables import NOT_ASKED_TEXT, Head

INK, SOFT, ACCENT, PAPER, GREY, RULE = "25221D", "6A6253", "1D4B40", "F5F0E4", "E4E0D8", "DCD2BF"
HEADING, FIGURE_HEADING, RETIRED_HEADING = "recueil intitulé", "recueil intitulé chiffre", "recueil intitulé retiré"
IDENTIFIER, TECHNICAL = "recueil identifiant", "recueil technique"
TITLE, TOPIC, PARAGRAPH, NOTE = "recueil titre", "recueil rubrique", "recueil paragraphe", "recueil remarque"
UNASKED = "recueil non posée"
FORMATS = {
    CellType.TEXT: "@",
    CellType.NUMBER: "0",
    CellType.AMOUNT: '#,##0.00" €"',
    CellType.DAY: "dd/mm/yyyy",
    CellType.FLAG: "0",
}
COUNTED, PERCENT = "#,##0", '0" "%'
LINE_HEIGHT, TALLEST = 14.5, 400.0
"""Points; Excel's own limit of a row is 409."""
_PAGE = 190
"""Characters across an A3 page that are still easily read."""


def value_style(type_: CellType, *, retired: bool = False) -> str:
    """The name of the style of a value of that type."""
    return f"recueil retiré {type_}" if retired else f"recueil {type_}"


def new_workbook(title: str, owner: str) -> Workbook:
    """A workbook without tabs that knows all styles."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = legible(title)
    book.properties.creator = legible(owner)
    book.properties.language = "fr"
    rule = Border(bottom=Side("thin", color=RULE))
    for retired, colour in ((False, INK), (True, SOFT)):
        for type_, format_ in FORMATS.items():
            text = type_ is CellType.TEXT
            # A text beside a number keeps off it.
            place = Alignment("left" if text else "right", "top", wrap_text=text, indent=1 if text else 0)
            name = value_style(type_, retired=retired)
            book.add_named_style(
                NamedStyle(name, font=_font(color=colour), alignment=place, number_format=format_, border=rule)
            )
    for style in _other_styles(rule):
        book.add_named_style(style)
    return book


def _font(size: int = 10, **more: Any) -> Font:
    return Font(name="Calibri", size=size, **more)


def _other_styles(rule: Border) -> tuple[NamedStyle, ...]:
    top = Alignment(vertical="top", wrap_text=True)
    heading = Alignment("left", "top", wrap_text=True, indent=1)
    identifier = Alignment("left", "top", indent=1)
    white = _font(bold=True, color="FFFFFF")
    soft = _font(8, color=SOFT)
    return (
        NamedStyle(UNASKED, font=_font(color=SOFT, italic=True), fill=_filled(GREY), alignment=top, border=rule),
        NamedStyle(HEADING, font=white, fill=_filled(ACCENT), alignment=heading),
        NamedStyle(
            FIGURE_HEADING, font=white, fill=_filled(ACCENT), alignment=Alignment("right", "top", wrap_text=True)
        ),
        NamedStyle(TECHNICAL, font=soft, number_format="@", alignment=Alignment(vertical="top"), border=rule),
        NamedStyle(RETIRED_HEADING, font=_font(bold=True, color=SOFT), fill=_filled(GREY), alignment=heading),
        NamedStyle(IDENTIFIER, font=soft, fill=_filled(PAPER), alignment=identifier),
        NamedStyle(TITLE, font=_font(16, bold=True, color=ACCENT)),
        NamedStyle(TOPIC, font=_font(bold=True, color=ACCENT), alignment=top),
        NamedStyle(PARAGRAPH, font=_font(color=INK), alignment=top),
        NamedStyle(NOTE, font=_font(9, color=SOFT, italic=True), alignment=Alignment(vertical="top")),
    )


def _filled(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def style_number(tab: Worksheet, style: str, number_format: str = "", *, quoted: bool = False) -> int:
    """The number under which a streamed cell finds that style."""
    probe = Cell(tab, row=1, column=1)
    probe.style = style
    if number_format:
        probe.number_format = number_format
    if quoted:
        probe.quotePrefix = True
    return int(probe.style_id)


def look_of(tab: Worksheet, head: Head) -> Look:
    """How the cells of a column look."""
    type_ = head.column.type
    style = TECHNICAL if head.technical else value_style(type_, retired=head.retired)
    counted = COUNTED if type_ is CellType.NUMBER and head.column.unit else ""
    return Look(
        style_number(tab, style, counted),
        style_number(tab, style, quoted=True),
        style_number(tab, UNASKED),
        NOT_ASKED_TEXT if type_ is CellType.TEXT else "",
    )


def text_look(tab: Worksheet, style: str) -> Look:
    """How the cells of a column of words look."""
    plain = style_number(tab, style)
    return Look(plain, style_number(tab, style, quoted=True), plain)


def cell_at(tab: Worksheet, row: int, column: int) -> Cell:
    """A cell; none of these tabs has merged ones."""
    return cast(Cell, tab.cell(row, column))


def write(cell: Cell, value: Any, style: str) -> None:
    """Put a value in a cell; a text stays a text, whatever it begins with."""
    cell.style = style
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = escaped(legible(value))
    cell.data_type = "s"
    if value.startswith(FORMULA):
        cell.quotePrefix = True


def new_tab(book: Workbook, title: str) -> Worksheet:
    """A tab to be printed on A4, lying, with its title and page numbers at the foot."""
    tab: Worksheet = book.create_sheet(title)
    tab.page_setup.orientation = "landscape"
    tab.page_setup.paperSize = tab.PAPERSIZE_A4
    tab.page_margins.left = tab.page_margins.right = 0.4
    footer: Any = tab.HeaderFooter.oddFooter
    footer.left.text = title.replace("&", "&&")
    footer.right.text = "page &P / &N"
    tab.sheet_properties.tabColor = ACCENT
    tab.sheet_properties.outlinePr = Outline(summaryRight=False)
    return tab


def fit_width(tab: Worksheet, width: float = 0) -> None:
    """Print as many pages across as the columns need to be read: one, where no width (in characters) is given."""
    tab.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if width > _PAGE:
        tab.page_setup.paperSize = tab.PAPERSIZE_A3
    tab.page_setup.fitToWidth, tab.page_setup.fitToHeight = max(1, math.ceil(width / _PAGE)), 0


def lines_of(text: str, width: int) -> int:
    """How many lines a text takes in a column that many characters wide, a little generously."""
    return sum(max(1, math.ceil(len(line) * 1.1 / width)) for line in text.split("\n"))
