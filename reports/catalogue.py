"""The reports that can be made: one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, TypeAlias

from reports import book, funder_report, sheet, workbook
from reports.content import Progress, ReportInput

Make: TypeAlias = Callable[[ReportInput, BinaryIO, Progress], tuple[str, ...]]
"""Writes the report to a binary file; returns French notes for whoever asked (what was replaced,
what lacks). Raises forms.values.Refused (French) where it can't be made, and whatever progress
raises; what was written by then is worth nothing."""

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReportKind(StrEnum):
    """The reports, as commands and stored runs name them."""

    SHEET = "sheet"
    BOOK = "book"
    WORKBOOK = "workbook"
    FUNDER = "funder"


@dataclass(frozen=True)
class Report:
    """A report: its French name, its file's extension (no dot) and type, and how it is made."""

    kind: ReportKind
    label: str
    extension: str
    media_type: str
    make: Make


REPORTS: dict[str, Report] = {
    report.kind: report
    for report in (
        Report(ReportKind.SHEET, "Fiche en PDF", "pdf", PDF, sheet.make),
        Report(ReportKind.BOOK, "Recueil en PDF", "pdf", PDF, book.make),
        Report(ReportKind.WORKBOOK, "Classeur Excel", "xlsx", XLSX, workbook.make),
        Report(ReportKind.FUNDER, "Rapport à un financeur", "pdf", PDF, funder_report.make),
    )
}


def file_name(report: Report, content: ReportInput) -> str:
    """A name for the file that every system takes: « fiche-2026-0042.pdf », « recueil-2024-2026.pdf »."""
    if report.kind is ReportKind.SHEET and content.sheets:
        return f"fiche-{content.sheets[0].reference}.{report.extension}"
    stem = {ReportKind.WORKBOOK: "classeur", ReportKind.FUNDER: "rapport-financeur"}.get(report.kind, "recueil")
    years = sorted({content.years[0], content.years[-1]}) if content.years else []
    return "-".join([stem, *map(str, years)]) + f".{report.extension}"
