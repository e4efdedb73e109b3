"""Workbooks that are taken away, filled in as people do, and brought back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from forms.definition import FormVersion
from forms.registry import shipped
from reports.takeaway import writing
from reports.takeaway.book import TakenBook, read_book
from reports.takeaway.file import open_workbook
from reports.takeaway.layout import Carried, TakeawayInput
from reports.takeaway.reading import TakenSheet, read_sheet

MADE_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
VERSION = shipped(2026)
TYPED = {question.id for question in VERSION.questions if question.typed and not question.kind.uploads}
"""The questions that travel in a workbook."""


def written(*sheets: Carried, version: FormVersion = VERSION, centres: tuple[str, ...] = ()) -> bytes:
    """The workbook of these sheets."""
    out = io.BytesIO()
    writing.make(TakeawayInput(version, sheets, "Fédération du Val", MADE_AT, centres), out)
    return out.getvalue()


def carried(answers: Mapping[str, Any], **details: Any) -> Carried:
    """A sheet that is there already, with these answers."""
    given = {"id": "0b6f7a52-0000-4000-8000-000000000001", "reference": "2026-ABCDEF", "year": 2026, **details}
    return Carried(answers=answers, **given)


def book_of(content: bytes) -> TakenBook:
    """The workbook as it comes back."""
    return read_book(open_workbook(content))


def read(content: bytes, version: FormVersion = VERSION) -> list[TakenSheet]:
    """The sheets of a workbook that comes back."""
    book = book_of(content)
    return [read_sheet(book, column, version) for column in book.sheets]


def answers_of(sheet: TakenSheet) -> dict[str, Any]:
    """What it says, by question id."""
    return {taken.question: taken.answer for taken in sheet.answers.values() if taken.answer is not None}


@dataclass
class Desk:
    """Somebody who has opened the workbook, with another program than ours for reading it."""

    book: Workbook

    @classmethod
    def with_(cls, content: bytes) -> Desk:
        return cls(load_workbook(io.BytesIO(content), rich_text=True))

    def tab(self, id: str) -> Worksheet:
        """The tab that bears that hidden id."""
        return next(tab for tab in self.book.worksheets if tab["A1"].value == id)

    def row_of(self, id: str) -> int:
        """The row of the tab of the sheets that bears that id."""
        tab = self.tab("recueil:fiches")
        return next(row for row in range(1, tab.max_row + 1) if tab.cell(row, 1).value == id)

    def types(self, id: str, value: Any, sheet: int = 1, *, unlocks: bool = False) -> None:
        """Type into the cell of a question, or of a choice; what is locked only where they unlock it."""
        cell = self.tab("recueil:fiches").cell(self.row_of(id), 2 + sheet)
        assert unlocks or not cell.protection.locked
        cell.value = value

    def types_row(self, question: str, row: int, cells: Mapping[str, Any], owner: str | None = None) -> None:
        """Type into a row of a table, by column id; row: as Excel counts."""
        tab = self.tab(f"recueil:table:{question}")
        heads = {tab.cell(1, at).value: at for at in range(3, tab.max_column + 1)}
        for column, value in cells.items():
            tab.cell(row, heads[f"{question}.{column}"]).value = value
        if owner is not None:
            tab.cell(row, 2).value = owner

    def saves(self) -> bytes:
        """The file that is handed back."""
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()
