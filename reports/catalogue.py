"""The reports that can be made: one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import BinaryIO, TypeAlias

from reports import archive, book, csv_file, deck, funder_report, json_file, one_page, sheet, workbook
from reports.content import Progress, ReportInput
from reports.manifest import manifest_of
from reports.sealing import kept_aside, seal

Make: TypeAlias = Callable[[ReportInput, BinaryIO, Progress], tuple[str, ...]]
"""Writes the report to a binary file; returns French notes for whoever asked (what was replaced,
what lacks). Raises forms.values.Refused (French) where it can't be made, and whatever progress
raises; what was written by then is worth nothing."""

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON = "application/json"


class ReportKind(StrEnum):
    """The reports, as commands and stored runs name them."""

    SHEET = "sheet"
    BOOK = "book"
    WORKBOOK = "workbook"
    CSV = "csv"
    JSON = "json"
    ARCHIVE = "archive"
    DECK = "deck"
    ONE_PAGE = "one_page"
    FUNDER = "funder"


@dataclass(frozen=True)
class Report:
    """A report: its French name, its file's extension (no dot) and type, and how it is made."""

    kind: ReportKind
    label: str
    extension: str
    media_type: str
    make: Make


def sealed(report: Report) -> Report:
    """The same report; where it is a PDF, with the manifest and the seal by which it can be verified."""
    if report.media_type != PDF:
        return report

    def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
        with kept_aside() as made:
            notes = report.make(content, made, progress)
            seal(made, manifest_of(report.kind, content), out, sign=content.sign)
        return notes

    return replace(report, make=make)


REPORTS: dict[str, Report] = {
    report.kind: sealed(report)
    for report in (
        Report(ReportKind.SHEET, "Fiche en PDF", "pdf", PDF, sheet.make),
        Report(ReportKind.BOOK, "Recueil en PDF", "pdf", PDF, book.make),
        Report(ReportKind.WORKBOOK, "Classeur Excel", "xlsx", XLSX, workbook.make),
        Report(ReportKind.CSV, "Tableau CSV", "csv", "text/csv; charset=utf-8", csv_file.make),
        Report(ReportKind.JSON, "Données JSON", "json", JSON, json_file.make),
        Report(ReportKind.ARCHIVE, "Archive PDF/A-3, avec classeur et JSON", "pdf", PDF, archive.make),
        Report(ReportKind.DECK, "Diaporama", "pdf", PDF, deck.make),
        Report(ReportKind.ONE_PAGE, "Fiche en une page", "pdf", PDF, one_page.make),
        Report(ReportKind.FUNDER, "Rapport à un financeur", "pdf", PDF, funder_report.make),
    )
}

_OF_ONE_ACTION = {
    ReportKind.SHEET: "fiche",
    ReportKind.DECK: "diaporama",
    ReportKind.ONE_PAGE: "fiche-en-une-page",
}
"""How the files of the reports on one action begin."""


STEMS = {
    ReportKind.WORKBOOK: "classeur",
    ReportKind.CSV: "fiches",
    ReportKind.JSON: "fiches",
    ReportKind.ARCHIVE: "archive",
    ReportKind.FUNDER: "rapport-financeur",
}
"""How a file's name begins where it isn't the book."""


def file_name(report: Report, content: ReportInput) -> str:
    """A name for the file that every system takes: « fiche-2026-0042.pdf », « recueil-2024-2026.pdf »."""
    if report.kind in _OF_ONE_ACTION and content.sheets:
        return f"{_OF_ONE_ACTION[report.kind]}-{deck.newest(content.sheets)[0].reference}.{report.extension}"
    stem = STEMS.get(report.kind, "recueil")
    years = sorted({content.years[0], content.years[-1]}) if content.years else []
    return "-".join([stem, *map(str, years)]) + f".{report.extension}"
