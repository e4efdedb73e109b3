"""Sheets whose snapshot has the hash that a sending gives it, so that what is made of them can be verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from forms.definition import content_hash
from reports.content import ReportInput, ReportSheet
from reports.json_file import answers_of
from tests.reports.samples import REPAIR, SCHOOL, TALE, report_input, report_sheet


def sent(answers: Mapping[str, Any], number: int = 1) -> ReportSheet:
    """A sheet that was sent with these answers."""
    sheet = report_sheet(answers, number)
    said = {"version": sheet.document.version.sha256, "answers": answers_of(sheet.document)}
    return replace(sheet, snapshot_sha256=content_hash(said))


def sent_input(*sheets: ReportSheet, **changes: Any) -> ReportInput:
    """What a report of these sheets is made from; the three samples where none is given."""
    chosen = sheets or tuple(sent(answers, number) for number, answers in enumerate((REPAIR, SCHOOL, TALE), 1))
    return report_input(*chosen, **changes)
