"""The CSV beside the workbook: read back with the standard library, exact, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from reports.catalogue import REPORTS, ReportKind, file_name
from reports.content import ReportInput
from tests.reports.reading import made, tabs
from tests.reports.samples import REPAIR, report_input, report_sheet


def table(content: ReportInput) -> list[dict[str, str]]:
    """The rows of the CSV by column id."""
    read = made(ReportKind.CSV, content).content
    assert read.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(read.decode("utf-8-sig"), newline=""), delimiter=";", strict=True)
    ids = [name.rpartition("[")[2].rstrip("]") for name in head]
    return [dict(zip(ids, row, strict=True)) for row in rows]


def document(content: ReportInput) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(made(ReportKind.JSON, content).content)
    return read


def test_the_csv_has_the_columns_of_the_workbook_and_french_values() -> None:
    content = report_input()
    rows = table(content)
    assert list(rows[0]) == tabs(made(ReportKind.WORKBOOK, content).content)["Fiches"][1]
    assert (rows[0]["title"], rows[0]["summary"]) == (REPAIR["title"], REPAIR["summary"])
    assert rows[0]["participants_count"] == "164"
    assert (rows[0]["keywords.solidarite"], rows[0]["keywords.culture"]) == ("1", "0")
    assert rows[2]["sheet.sent_on"] == "02/10/2025"
    assert rows[2]["funding_lines.granted.sum"] == "950,00"
    assert rows[2]["funding_lines.lines"] == "1"
    assert "Département" in rows[2]["funding_lines"]
    assert rows[1]["initiators_detail"] == "Non posée"


@pytest.mark.parametrize("text", ["=1+1", "+33 6", "-2", "@SOMME(A1)", "\t=1", "- une puce\n- une autre"])
def test_no_text_of_the_csv_is_a_formula(text: str) -> None:
    answers = REPAIR | {"title": text, "summary": text}
    sheet = replace(report_sheet(answers), centre=text)
    (row,) = table(report_input(sheet))
    assert {row["title"], row["summary"], row["sheet.centre"]} == {f"'{text}"}


def test_separators_quotes_and_line_ends_come_back() -> None:
    text = 'a;b"c\nd, « e »;\n"'
    (row,) = table(report_input(report_sheet(REPAIR | {"summary": text, "description": "x" * 40_000})))
    assert (row["summary"], len(row["description"])) == (text, 40_000)


def test_what_a_file_cannot_hold_is_replaced_announced_and_changes_no_other() -> None:
    sheets = [report_sheet(REPAIR | {"title": f"Fiche {at}"}, at) for at in range(1, 51)]
    clean = table(report_input(*sheets))
    sheets[20] = report_sheet(REPAIR | {"title": "Fiche 21", "summary": "a\x00b\ufffec\ud800d"}, 21)
    report = made(ReportKind.CSV, report_input(*sheets))
    rows = table(report_input(*sheets))
    assert rows[20]["summary"] == "a\ufffdb\ufffdc\ufffdd"
    del clean[20], rows[20]
    assert rows == clean
    (note,) = report.notes
    assert "2026-0021" in note


@pytest.mark.parametrize("kind", [ReportKind.CSV, ReportKind.JSON])
def test_the_same_sheets_are_the_same_bytes_and_have_a_name(kind: ReportKind) -> None:
    content = report_input()
    assert made(kind, content) == made(kind, content)
    assert file_name(REPORTS[kind], content) == f"fiches-2025-2026.{kind}"


@pytest.mark.parametrize("kind", [ReportKind.CSV, ReportKind.JSON])
def test_no_sheet_is_a_file_too(kind: ReportKind) -> None:
    content = replace(report_input(), sheets=(), years=())
    assert (table(content) if kind is ReportKind.CSV else document(content)["sheets"]) == []
