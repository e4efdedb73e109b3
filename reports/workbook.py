"""The workbook: what stands in which tab, the same bytes for the same input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple
from datetime import datetime
from itertools import groupby
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from forms.kinds import CellType
from reports.characters import replacements
from reports.choice_lists import LIST_HEADINGS, Listed, lists_of
from reports.content import Progress, ReportInput
from reports.dictionary import HEADINGS, meanings
from reports.long_texts import cut_long_texts
from reports.readme import readme
from reports.spreadsheet.cells import FORMULA, encoded
from reports.spreadsheet.indicators import Indicators
from reports.spreadsheet.package import Stream, save
from reports.spreadsheet.styles import (
    FORMATS,
    HEADING,
    LINE_HEIGHT,
    PARAGRAPH,
    TALLEST,
    TITLE,
    TOPIC,
    cell_at,
    fit_width,
    lines_of,
    new_tab,
    new_workbook,
    text_look,
    value_style,
    write,
)
from reports.spreadsheet.tab import open_tab, watched
from reports.spreadsheet.tally import Tally, groups_of, measures_of
from reports.tables import DICTIONARY, INDICATORS, LISTS, README, SHEETS, Tab, tables_of

__all__ = ["FORMATS", "FORMULA", "fit_width", "lines_of", "make", "save", "write_list"]

_README_WIDTH = 100
_DICTIONARY_WIDTHS = (20, 30, 46, 34, 16, 20, 12, 60, 18, 40, 14, 46, 16)
_LIST_WIDTHS = (20, 30, 34, 24, 46, 18, 14)


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; takes any number of sheets."""
    progress("Lecture des fiches", 0, len(content.sheets))
    tables = cut_long_texts(tables_of(content), content.sheets)
    notes = (*replacements(content.sheets), *tables.notes)
    lists = lists_of(tables)
    places = _places(lists)
    tally = Tally(tables, measures_of(tables), groups_of(tables, content.sheets))
    book = new_workbook(content.title, content.federation)
    _write_readme(book, content.title, readme(content, tables, notes))
    streams = {
        tab.title: open_tab(
            book, tab, places, watched(tab, _telling(tab, progress), tally.see if tab.title == SHEETS else None)
        )
        for tab in tables.tabs
    }
    indicators = Indicators(tables, tally)
    streams[INDICATORS] = indicators.open(book)
    words = [astuple(meaning) for meaning in meanings(tables)]
    streams[DICTIONARY] = _open_words(book, DICTIONARY, HEADINGS, _DICTIONARY_WIDTHS, words)
    streams[LISTS] = _open_words(book, LISTS, LIST_HEADINGS, _LIST_WIDTHS, [astuple(listed) for listed in lists])
    progress("Écriture du classeur", 0, 0)
    save(book, content.made_at, out, streams, indicators.finished)
    return notes


def _telling(tab: Tab, progress: Progress) -> Callable[[int], None]:
    return lambda done: progress(f"Onglet «\u00a0{tab.title}\u00a0»", done, tab.count)


def _places(lists: Sequence[Listed]) -> dict[tuple[str, str], str]:
    """Where the choices stand of each column that holds one of them: (tab, column id) → « Listes!$E$2:$E$4 »."""
    places: dict[tuple[str, str], str] = {}
    row = 2
    for key, group in groupby(lists, key=lambda listed: (listed.tab, listed.column)):
        last = row + len(list(group)) - 1
        places[key] = f"{LISTS}!$E${row}:$E${last}"
        row = last + 1
    return places


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
    book = new_workbook(title, owner)
    tab = new_tab(book, title)
    for at, (heading, width) in enumerate(heads, 1):
        write(cell_at(tab, 1, at), heading, HEADING)
        tab.column_dimensions[get_column_letter(at)].width = width
    for at, row in enumerate(rows, 2):
        for column, text in enumerate(row, 1):
            write(cell_at(tab, at, column), text or None, value_style(CellType.TEXT))
    tab.freeze_panes = "B2"
    tab.print_title_rows = "1:1"
    fit_width(tab)
    save(book, made_at, out)


def _write_readme(book: Workbook, title: str, paragraphs: Iterable[tuple[str, str]]) -> None:
    sheet = new_tab(book, README)
    write(cell_at(sheet, 1, 1), title, TITLE)
    for at, (heading, text) in enumerate(paragraphs, 3):
        write(cell_at(sheet, at, 1), heading, TOPIC)
        # Notes are as many as there are texts to announce; a cell holds a good thousand of them.
        write(cell_at(sheet, at, 2), text[:32_000], PARAGRAPH)
        # Said outright: not every program fits a row to a wrapped text by itself.
        sheet.row_dimensions[at].height = min(TALLEST, LINE_HEIGHT * lines_of(text, _README_WIDTH))
    sheet.column_dimensions["A"].width = 34
    sheet.column_dimensions["B"].width = _README_WIDTH
    sheet.page_setup.orientation = "portrait"
    fit_width(sheet)
    sheet.sheet_view.showGridLines = False


def _open_words(
    book: Workbook, title: str, headings: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[str]]
) -> Stream:
    """A tab of words: headings, filters, and the stream of its lines of text."""
    sheet = new_tab(book, title)
    for at, (heading, width) in enumerate(zip(headings, widths, strict=True), 1):
        write(cell_at(sheet, 1, at), heading, HEADING)
        sheet.column_dimensions[get_column_letter(at)].width = width
    last = f"{get_column_letter(len(headings))}{len(rows) + 1}"
    sheet.auto_filter.ref = f"A1:{last}"
    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    fit_width(sheet)
    look = text_look(sheet, value_style(CellType.TEXT))
    return Stream(last, lambda: encoded(rows, [look] * len(headings), first=2))
