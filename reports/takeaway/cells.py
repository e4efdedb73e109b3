"""The cells of the workbook that is taken away: how they look, what is locked, what they offer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Border, Color, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from forms.kinds import CellType, Column
from reports.characters import exact, legible
from reports.takeaway.layout import TICK, TakeawayInput
from reports.workbook import FORMATS, FORMULA, fit_width

_INK, _SOFT, _ACCENT, _PAPER, _RULE, _LINE, _WHITE = (
    "25221D",
    "6A6253",
    "1D4B40",
    "F5F0E4",
    "A79F8F",
    "DCD2BF",
    "FFFFFF",
)
LABEL, CHOICE, SECTION, HEAD, CLOSED = (
    "recueil intitulé",
    "recueil choix",
    "recueil section",
    "recueil entête",
    "recueil fermé",
)
"""The styles of what nobody types into."""
_ANSWER = "recueil réponse"


def new_workbook(content: TakeawayInput) -> Workbook:
    """An empty workbook with the styles of its cells."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = legible(content.version.title)
    book.properties.creator = legible(content.federation)
    book.properties.language = "fr"
    # Without a password: it keeps from slips, not from a person who knows what they do.
    book.security = WorkbookProtection(lockStructure=True)
    for style in (*_styles_of_words(), *_styles_of_answers()):
        book.add_named_style(style)
    return book


def _styles_of_words() -> Iterator[NamedStyle]:
    top, paper, accent = Alignment("left", "top", wrap_text=True), _filled(_PAPER), _filled(_ACCENT)
    right = Alignment("right", "top", wrap_text=True, indent=1)
    middle = Alignment("left", "center", wrap_text=True)
    above = Border(top=Side("thin", color=_LINE))
    yield NamedStyle(LABEL, font=_font(), alignment=top, fill=paper, border=above)
    yield NamedStyle(CHOICE, font=_font(), alignment=right, fill=paper)
    yield NamedStyle(SECTION, font=_font(13, _WHITE, bold=True), alignment=middle, fill=accent)
    yield NamedStyle(HEAD, font=_font(11, _WHITE, bold=True), alignment=middle, fill=accent)
    yield NamedStyle(CLOSED, font=_font(11, _SOFT), alignment=top, fill=paper)


def _styles_of_answers() -> Iterator[NamedStyle]:
    side = Side("thin", color=_RULE)
    box = Border(left=side, right=side, top=side, bottom=side)
    for type_, format_ in FORMATS.items():
        across = {CellType.TEXT: "left", CellType.FLAG: "center"}.get(type_, "right")
        yield NamedStyle(
            f"{_ANSWER} {type_}",
            font=_font(),
            alignment=Alignment(across, "top", wrap_text=type_ is CellType.TEXT),
            border=box,
            protection=Protection(locked=False),
            number_format="@" if type_ is CellType.FLAG else format_,
        )


def _font(size: int = 11, color: str = _INK, *, bold: bool = False) -> Font:
    return Font(name="Calibri", size=size, bold=bold, color=color)


def _filled(color: str) -> PatternFill:
    return PatternFill("solid", fgColor=color)


def new_tab(book: Workbook, title: str) -> Worksheet:
    """A tab in which only answers can be typed, to be printed on A4."""
    tab: Worksheet = book.create_sheet(title)
    tab.page_setup.orientation, tab.page_setup.paperSize = "portrait", tab.PAPERSIZE_A4
    fit_width(tab)
    tab.page_margins.left = tab.page_margins.right = 0.4
    footer: Any = tab.HeaderFooter.oddFooter
    footer.left.text = title.replace("&", "&&")
    footer.right.text = "page &P / &N"
    tab.sheet_properties.tabColor = _ACCENT
    tab.sheet_view.showGridLines = False
    tab.protection.sheet = True
    # Columns and rows may be made wider and taller.
    tab.protection.formatColumns = tab.protection.formatRows = False
    return tab


def hide_ids(tab: Worksheet) -> None:
    """Hide the row and the column that a machine reads."""
    tab.row_dimensions[1].hidden = True
    tab.column_dimensions["A"].hidden = True


def place(row: int, column: int) -> str:
    """« C12 »."""
    return f"{get_column_letter(column)}{row}"


def _cell(tab: Worksheet, row: int, column: int) -> Cell:
    return cast(Cell, tab.cell(row, column))  # the merged ones are written before they are merged


def put(tab: Worksheet, row: int, column: int, value: Any, style: str = "") -> None:
    """Put a value in a cell; a text stays a text, character for character, whatever it begins with."""
    cell = _cell(tab, row, column)
    if style:
        cell.style = style
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = exact(value)
    cell.data_type = "s"
    if value.startswith(FORMULA):
        cell.quotePrefix = True


def answer(tab: Worksheet, row: int, column: int, value: Any, of: Column, *, unlocked: bool = True) -> None:
    """Put an answer, or nothing yet, in a cell to type into."""
    put(tab, row, column, value, f"{_ANSWER} {of.type}" if unlocked else CLOSED)
    if of.type is CellType.NUMBER and of.unit and unlocked:
        unit = of.unit.replace('"', "")
        _cell(tab, row, column).number_format = f'#,##0" {unit}"'


def label(tab: Worksheet, row: int, text: str, help: str, style: str, column: int = 2) -> None:
    """Put a label in a cell, its help beneath, smaller."""
    cell = _cell(tab, row, column)
    cell.style = style
    ink, soft = (_WHITE, _WHITE) if style in (HEAD, SECTION) else (_INK, _SOFT)
    above = TextBlock(InlineFont(rFont="Calibri", sz=11, b=style != CHOICE, color=Color(ink)), exact(legible(text)))
    under = TextBlock(InlineFont(rFont="Calibri", sz=9, color=Color(soft)), f"\n{exact(legible(help))}")
    cell.value = CellRichText(*((above, under) if help else (above,)))


_RULES: dict[CellType, tuple[dict[str, Any], str]] = {
    CellType.FLAG: ({"type": "list", "formula1": f'"{TICK}"'}, f"Mettez {TICK}, ou laissez vide."),
    CellType.NUMBER: (
        {"type": "whole", "operator": "between", "formula1": "-9999999", "formula2": "9999999"},
        "Écrivez un nombre entier en chiffres, par exemple 12.",
    ),
    CellType.AMOUNT: (
        {"type": "decimal", "operator": "greaterThanOrEqual", "formula1": "0"},
        "Écrivez un montant en euros, en chiffres, par exemple 12,50.",
    ),
    CellType.DAY: (
        {"type": "date", "operator": "greaterThan", "formula1": "1"},
        "Écrivez une date, par exemple 31/12/2026.",
    ),
}
"""By type of column what Excel checks, and what it says of what can't be read."""


def validate(tab: Worksheet, places: str, column: Column, listed: str = "") -> None:
    """Offer what may be chosen; warn of what can't be read, without standing in the way.

    listed: where the options of a drop-down stand, empty where any answer may be typed.
    """
    rule: dict[str, Any]
    if listed:
        rule, error = {"type": "list", "formula1": listed}, "Cette réponse n’est pas dans la liste."
    elif column.type in _RULES:
        rule, error = _RULES[column.type]
    else:
        return
    made = DataValidation(**rule, errorStyle="warning", allow_blank=True, errorTitle="À vérifier", error=error)
    made.add(places)
    tab.add_data_validation(made)
