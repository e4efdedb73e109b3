"""A report read on the screen: the same figures as on paper, each leading to the sheets behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from forms import french
from reports.content import ReportInput, ReportSheet
from reports.figures import Breakdown, Line, breakdowns, key_figures, places
from reports.funder_report import essentials
from reports.orders import grouped, ordered

PLACES = "department"
"""The breakdown that rests on no question."""


@dataclass(frozen=True)
class Centre:
    """A line of the list of centres."""

    name: str
    commune: str
    department: str
    sheets: int


@dataclass(frozen=True)
class Preview:
    """What the page shows. groups: (heading, sheets) in the report's order."""

    content: ReportInput
    totals: tuple[Line, ...]
    breakdowns: tuple[Breakdown, ...]
    groups: tuple[tuple[str, tuple[ReportSheet, ...]], ...]
    centres: tuple[Centre, ...]


@dataclass(frozen=True)
class Behind:
    """The sheets behind a figure: its name, its value, what it rests on, and what each sheet gives to it."""

    label: str
    value: str
    base: str
    lines: tuple[tuple[ReportSheet, str], ...]


def preview(content: ReportInput) -> Preview:
    """The report as it would be printed."""
    sheets = ordered(content.sheets, content.design.order)
    shown = (*places(content.sheets), *breakdowns(content.sheets))
    return Preview(
        content,
        _totals(content, content.sheets),
        tuple(found for found in shown if found.shares),
        tuple((group.heading, group.sheets) for group in grouped(sheets, content.design.order)),
        _centres(content.sheets),
    )


def _totals(content: ReportInput, sheets: Sequence[ReportSheet]) -> tuple[Line, ...]:
    """The key figures of the report over these of its sheets, as its paper has them."""
    return essentials(sheets, content.terms) if content.terms else tuple(map(Line.of, key_figures(sheets)))


def _centres(sheets: Sequence[ReportSheet]) -> tuple[Centre, ...]:
    def key(sheet: ReportSheet) -> tuple[str, str, str]:
        return sheet.department_code, french.fold(sheet.centre), sheet.centre

    groups = [tuple(group) for _key, group in groupby(sorted(sheets, key=key), key)]
    return tuple(Centre(one[0].centre, one[0].commune, one[0].department, len(one)) for one in groups)


def behind(content: ReportInput, figure_id: str, answer: str) -> Behind | None:
    """The sheets behind a total, or behind one answer of a breakdown; None where the report has no such figure."""
    return _behind_answer(content, figure_id, answer) if answer else _behind_total(content, figure_id)


def _behind_total(content: ReportInput, figure_id: str) -> Behind | None:
    whole = next((figure for figure in _totals(content, content.sheets) if figure.id == figure_id), None)
    if whole is None:
        return None
    label = f"{whole.label} ({whole.group})" if whole.group else whole.label
    own = ((sheet, line) for sheet in content.sheets for line in _totals(content, (sheet,)) if line.id == figure_id)
    lines = tuple((sheet, line.text) for sheet, line in own if line.known)
    return Behind(label, whole.text, whole.base, lines)


def _behind_answer(content: ReportInput, figure_id: str, answer: str) -> Behind | None:
    shown = (*places(content.sheets), *breakdowns(content.sheets))
    whole = next((found for found in shown if found.id == figure_id), None)
    share = next((share for share in whole.shares if share.label == answer), None) if whole else None
    if whole is None or share is None:
        return None
    lines = tuple((sheet, "") for sheet in content.sheets if _answers(sheet, figure_id, answer))
    return Behind(
        f"{whole.label}\u00a0: {answer}", french.plural(share.count, "fiche", "fiches"), whole.base.text, lines
    )


def _answers(sheet: ReportSheet, figure_id: str, answer: str) -> bool:
    if figure_id == PLACES:
        return f"{sheet.department} ({sheet.department_code})" == answer
    return any(
        share.label == answer for found in breakdowns((sheet,)) if found.id == figure_id for share in found.shares
    )
