"""The sheets for other programs: one table as CSV, written while they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

from forms.kinds import CellType
from reports.characters import clean_bytes, legible, replacements
from reports.content import Progress, ReportInput
from reports.row_reader import NOT_ASKED
from reports.tables import NOT_ASKED_TEXT, Tab, tables_of

_BEGINS_FORMULA = frozenset("=+-@\t\r")
_BATCH = 200


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make: the columns of the workbook's tab « Fiches », one row a sheet.

    UTF-8 with a byte order mark, semicolons, decimal commas, days as 31/12/2026: what a French Excel opens without a
    question. The heading says the label and, in brackets, the id. A text that begins like a formula gets an apostrophe
    before it. Texts of any length stand whole.
    """
    tab = tables_of(content).sheets
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\n")
    writer.writerow(f"{legible(head.column.label)} [{head.column.id}]" for head in tab.heads)
    out.write(b"\xef\xbb\xbf" + _taken(written).encode())
    rows = _csv_rows(tab)
    notes: list[str] = []
    for done in range(0, tab.count, _BATCH):
        batch = list(islice(rows, _BATCH))
        writer.writerows(batch)
        text = clean_bytes(_taken(written))
        if text is None:
            writer.writerows([legible(cell) if isinstance(cell, str) else cell for cell in row] for row in batch)
            text = _taken(written).encode()
            notes += replacements(content.sheets[done : done + _BATCH])
        out.write(text)
        progress("Écriture du fichier CSV", done + len(batch), tab.count)
    return tuple(notes)


def _taken(written: io.StringIO) -> str:
    """What was written since the last time."""
    text = written.getvalue()
    written.seek(0)
    written.truncate()
    return text


def _csv_rows(tab: Tab) -> Iterator[list[str | int]]:
    """The rows as they stand in the file; numbers stay numbers, which csv writes as they are."""
    unasked = [NOT_ASKED_TEXT if head.column.type is CellType.TEXT else "" for head in tab.heads]
    for row in tab.rows:
        yield [
            ("" if value is None else value)
            if value is None or value.__class__ is int
            else (f"'{value}" if value[:1] in _BEGINS_FORMULA else value)
            if value.__class__ is str
            else said
            if value is NOT_ASKED
            else _csv_cell(value)
            for value, said in zip(row, unasked, strict=True)
        ]


def _csv_cell(value: Any) -> str:
    """A value of a rarer type."""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return str(value)
