"""The sheets for other programs: one table as CSV, everything as JSON, both written while they are read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

from forms.document import AnswerStatus
from forms.kinds import CellType
from reports.characters import clean_bytes, legible, replacements
from reports.content import Progress, ReportInput, ReportSheet
from reports.dictionary import meanings
from reports.row_reader import NOT_ASKED
from reports.tables import NOT_ASKED_TEXT, Tab, tables_of

FORMAT = 1
"""Of the JSON file; goes up when something that was there is named or meant otherwise."""
_BEGINS_FORMULA = frozenset("=+-@\t\r")
_BATCH = 200


def make_csv(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
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


def make_json(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make: every answer as it is stored, by question id; a sheet a line.

    An answer that was asked for and isn't there is null; a question that was not asked stands in « not_asked ». All
    texts are exact, but for lone surrogates, which UTF-8 doesn't know.
    """
    tables = tables_of(content)
    head = {
        "format": FORMAT,
        "title": content.title,
        "federation": content.federation,
        "years": content.years,
        "filter": content.filter_text,
        "made_at": content.made_at.isoformat(),
        "coverage": asdict(content.coverage) if content.coverage else None,
        "schema": tables.schema,
        "forms": [
            {"key": version.key, "title": version.title, "sha256": version.sha256} for version in tables.versions
        ],
        "columns": [asdict(meaning) for meaning in meanings(tables)],
    }
    notes: list[str] = []
    out.write(_json(legible_in(head))[:-1] + b',"sheets":[')
    for number, sheet in enumerate(content.sheets, 1):
        out.write((b",\n" if number > 1 else b"\n") + _json_line(sheet, notes))
        if not number % _BATCH or number == len(content.sheets):
            progress("Écriture du fichier JSON", number, len(content.sheets))
    out.write(b"\n]}\n")
    return tuple(notes)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _json_line(sheet: ReportSheet, notes: list[str]) -> bytes:
    value = _sheet_json(sheet)
    try:
        return _json(value)
    except UnicodeEncodeError:
        notes.extend(replacements([sheet]))
        return _json(legible_in(value))


def legible_in(value: Any) -> Any:
    """A JSON value with every text in it made legible."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, dict):
        return {key: legible_in(inner) for key, inner in value.items()}
    return [legible_in(inner) for inner in value] if isinstance(value, list | tuple) else value


def _sheet_json(sheet: ReportSheet) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    not_asked = []
    for section in sheet.document.sections:
        for item in section.items:
            if item.status is AnswerStatus.NOT_ASKED:
                not_asked.append(item.question.id)
            else:
                answers[item.question.id] = None if item.value is None else item.question.kind.dump(item.value)
    return {
        "reference": sheet.reference,
        "id": sheet.id,
        "year": sheet.year,
        "centre": sheet.centre,
        "commune": sheet.commune,
        "department_code": sheet.department_code,
        "department": sheet.department,
        "state": sheet.state_label,
        "sent_at": sheet.sent_at.isoformat() if sheet.sent_at else None,
        "validated_at": sheet.validated_at.isoformat() if sheet.validated_at else None,
        "snapshot_sha256": sheet.snapshot_sha256,
        "form": sheet.document.version.key,
        "answers": answers,
        "not_asked": not_asked,
    }
