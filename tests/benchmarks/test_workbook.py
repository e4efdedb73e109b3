"""The workbook and the files beside it, each against what others take for the same rows, in the same run.

Ratios that are kept, on two cores: ten thousand rows of forty columns with styles, table, drop-downs and charts in at
most 0.3 of openpyxl's write-only mode and no more memory; no slower than a Rust writer without styles; the CSV of
16,000 sheets, read from their documents, in at most 3 times csv.writer on the finished rows; an import of 10,000 rows
read, in its own process, in at most 0.25 of openpyxl's read-only mode.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

from openpyxl import load_workbook

from forms.registry import shipped
from reports.catalogue import REPORTS, ReportKind
from reports.content import ReportInput, no_progress
from reports.takeaway.file import open_workbook, tabs_of
from tests.benchmarks.conftest import median, tell
from tests.benchmarks.workbook_peers import COLUMNS, ROWS, openpyxl_write_only, ours, rows, rust
from tests.reports.reading import tabs
from tests.reports.samples import REPAIR, report_input, report_sheet

IMPORTED = 28
"""Columns of the import: what is taken of a file is 300,000 cells."""


def sheets(count: int) -> ReportInput:
    """As many sheets as that, each as long as real ones are."""
    form = shipped(2026)
    return report_input(
        *(report_sheet(REPAIR | {"title": f"Fiche {number}"}, number, form) for number in range(1, count + 1))
    )


def test_ten_thousand_rows_with_everything() -> None:
    rows()
    out = io.BytesIO()
    ours(out)
    assert len(tabs(out.getvalue())["Fiches"]) == ROWS + 2
    measured = median(lambda: ours(io.BytesIO()), lambda: openpyxl_write_only(io.BytesIO()), 3)
    tell(f"{ROWS} lignes × {COLUMNS}, styles, table, graphiques", measured, "openpyxl write-only, mêmes traits")


def test_ten_thousand_rows_against_a_writer_without_styles() -> None:
    rows()
    measured = median(lambda: ours(io.BytesIO()), lambda: rust(io.BytesIO()), 5)
    tell(f"{ROWS} lignes × {COLUMNS}, avec styles", measured, "rustpy-xlsxwriter, sans styles")


def test_the_memory_that_ten_thousand_rows_take() -> None:
    def peak(who: str) -> int:
        command = [sys.executable, "-m", "tests.benchmarks.workbook_peers", who]
        return int(subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2]).stdout)

    mine, other = peak("ours"), peak("openpyxl")
    least = f"openpyxl write-only : {other} Mo"
    print(f"{'Mémoire du même classeur':<44} {mine:9d} Mo   × {mine / other:6.2f}   ({least})")  # noqa: T201


def test_the_csv_of_sixteen_thousand_sheets() -> None:
    content = sheets(16_000)
    made = io.BytesIO()
    REPORTS[ReportKind.CSV].make(content, made, no_progress)
    finished = list(csv.reader(io.StringIO(made.getvalue().decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len(finished) == 16_001

    def floor() -> None:
        written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8-sig", newline="")
        csv.writer(written, delimiter=";").writerows(finished)
        written.flush()

    measured = median(lambda: REPORTS[ReportKind.CSV].make(content, io.BytesIO(), no_progress), floor, 3)
    tell("Le CSV de 16 000 fiches", measured, "csv.writer, mêmes lignes toutes faites")


def test_the_workbook_of_two_thousand_sheets() -> None:
    content = sheets(2_000)
    made = io.BytesIO()
    REPORTS[ReportKind.WORKBOOK].make(content, made, no_progress)
    finished = tabs(made.getvalue())["Fiches"]

    def floor() -> None:
        written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
        csv.writer(written).writerows(finished)
        written.flush()

    measured = median(lambda: REPORTS[ReportKind.WORKBOOK].make(content, io.BytesIO(), no_progress), floor, 3)
    tell("Le classeur entier de 2 000 fiches", measured, "csv.writer, lignes de « Fiches »")


def test_reading_an_import_of_ten_thousand_rows() -> None:
    book = io.BytesIO()
    ours(book)
    opened = load_workbook(book)
    opened["Fiches"].delete_cols(IMPORTED + 1, COLUMNS - IMPORTED)
    del opened["Fiches"].tables["Fiches"]
    sent = io.BytesIO()
    opened.save(sent)
    read = {tab.name: tab for tab in tabs_of(open_workbook(sent.getvalue()))}
    assert read["Fiches"].last_row == ROWS + 2

    def floor() -> None:
        peer = load_workbook(io.BytesIO(sent.getvalue()), read_only=True)
        for tab in peer:
            for _row in tab.iter_rows(values_only=True):
                pass

    tell(
        f"Lire un import de {ROWS} lignes",
        median(lambda: open_workbook(sent.getvalue()), floor, 3),
        "openpyxl read-only",
    )
