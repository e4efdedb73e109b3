"""The tab of figures: formulas that compute what is written beside them, and what the other reports say."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from forms.definition import FormVersion
from forms.document import snapshot_answers
from forms.registry import shipped
from reports.catalogue import ReportKind
from reports.content import ReportInput, ReportSheet
from reports.figures import breakdowns, key_figures
from tests.reports.formulas import computed
from tests.reports.reading import made, tabs
from tests.reports.samples import REPAIR, SCHOOL, TALE, counted, report_input, report_sheet

VERSION = shipped(2026)


def sheet_of(seed: int) -> ReportSheet:
    """A sheet with some answers, of one of two years and three départements."""
    questions = [q for at, q in enumerate(VERSION.questions) if q.typed and (at + seed) % 4]
    answers = {q.id: q.kind.dump(q.kind.sample(seed)) for q in questions}
    kept = snapshot_answers(VERSION, answers, organisation=f"LE CENTRE {seed} - Lot", year=2025 + seed % 2)
    sheet = report_sheet(kept, 100 + seed)
    return replace(sheet, year=2025 + seed % 2, department=("Lot", "Corrèze", "Aude")[seed % 3])


@pytest.fixture(scope="module")
def content() -> ReportInput:
    known = (report_sheet(answers, number) for number, answers in enumerate((REPAIR, SCHOOL, TALE), 1))
    return report_input(*known, *map(sheet_of, range(24)))


@pytest.fixture(scope="module")
def workbook(content: ReportInput) -> bytes:
    return made(ReportKind.WORKBOOK, content).content


def figures_of(workbook: bytes) -> dict[str, list[Any]]:
    """The key figures by label: total, unit, answered, asked, sheets, unknown, estimated, share."""
    rows = tabs(workbook)["Indicateurs"]
    begin = next(at for at, row in enumerate(rows) if row[0] == "Indicateur")
    end = next(at for at in range(begin, len(rows)) if not rows[at][0])
    return {row[0]: row[1:9] for row in rows[begin + 1 : end]}


def lines_of(workbook: bytes, title: str) -> dict[str, list[Any]]:
    """The lines of a group by label, the last one what they rest on."""
    rows = tabs(workbook)["Indicateurs"]
    begin = next(at for at, row in enumerate(rows) if row[0] == title)
    end = next((at for at in range(begin + 2, len(rows)) if not any(rows[at])), len(rows))
    return {row[0]: row[1:] for row in rows[begin + 2 : end]}


def test_every_formula_computes_the_value_written_beside_it(workbook: bytes) -> None:
    formulas = openpyxl.load_workbook(io.BytesIO(workbook))
    values = openpyxl.load_workbook(io.BytesIO(workbook), data_only=True)["Indicateurs"]
    cells = [cell for row in formulas["Indicateurs"].iter_rows() for cell in row if cell.data_type == "f"]
    assert len(cells) > 500
    for cell in cells:
        shown = values[cell.coordinate].value
        found = computed(formulas, str(cell.value))
        expected = found if isinstance(found, str) else pytest.approx(float(found), abs=1e-9)
        assert (shown or "" if isinstance(found, str) else shown) == expected, (cell.coordinate, cell.value)


def test_totals_are_those_of_the_other_reports(workbook: bytes, content: ReportInput) -> None:
    found = figures_of(workbook)
    figures = key_figures(content.sheets)
    assert len(found) == len(figures)
    for figure in figures:
        label = f"{figure.group}\u00a0: " if figure.group else ""
        (row,) = (row for name, row in found.items() if name.startswith(label + figure.label))
        total, _unit, answered, asked, total_sheets, unknown, estimated, _share = row
        assert total == pytest.approx(float(figure.value or 0))
        assert (answered, asked, total_sheets) == (figure.base.answered, figure.base.asked, figure.base.total)
        assert (unknown or 0, estimated or 0) == (figure.base.unknown, figure.estimated)


def test_breakdowns_are_those_of_the_other_reports(workbook: bytes, content: ReportInput) -> None:
    for breakdown in breakdowns(content.sheets):
        found = lines_of(workbook, breakdown.label)
        base = next(row for name, row in found.items() if name.startswith("Fiches qui ont répondu"))
        assert (base[0], base[2]) == (breakdown.base.answered, breakdown.base.asked)
        for share in breakdown.shares:
            assert found[share.label][0] == share.count
            assert found[share.label][1] == pytest.approx(share.count / breakdown.base.answered)


def test_nobody_answered_is_not_zero() -> None:
    content = report_input(
        report_sheet({"title": "x", "volunteers_count": {"how": "unknown"}, "staff_count": counted(0)})
    )
    found = figures_of(made(ReportKind.WORKBOOK, content).content)
    assert found["Participants"][0] == "non renseigné"
    assert (found["Bénévoles"][0], found["Bénévoles"][5]) == ("non renseigné", 1)
    assert found["Salariés"][0] == 0


def test_a_choice_that_was_worded_otherwise_is_counted_once() -> None:
    def reworded(version: FormVersion) -> FormVersion:
        question = version.question("dimension")
        first, *others = question.kind.choices
        new = question.but(
            kind=replace(question.kind, choices=(replace(first, label="Services aux habitants"), *others))
        )
        sections = [
            replace(one, questions=tuple(new if q.id == "dimension" else q for q in one.questions))
            for one in version.sections
        ]
        return FormVersion("2027", version.title, tuple(sections))

    later = reworded(VERSION)
    old, new = report_sheet(REPAIR, 1), report_sheet(REPAIR, 2, later)
    workbook = made(ReportKind.WORKBOOK, report_input(old, new, versions=(VERSION, later))).content
    found = lines_of(workbook, "Dimension")
    assert found["Services aux habitants"][0] == 2
    formulas = openpyxl.load_workbook(io.BytesIO(workbook))
    (cell,) = (row[1] for row in formulas["Indicateurs"].iter_rows() if row[0].value == "Services aux habitants")
    assert computed(formulas, str(cell.value)) == 2


def test_charts_show_the_cells_beside_them_and_begin_at_nothing(workbook: bytes, content: ReportInput) -> None:
    tab: Any = openpyxl.load_workbook(io.BytesIO(workbook))["Indicateurs"]
    assert len(tab._charts) == 2 + len(breakdowns(content.sheets))
    for chart in tab._charts:
        assert chart.y_axis.scaling.min == 0
        place = chart.series[0].cat.numRef or chart.series[0].cat.strRef
        first = place.f.rpartition("!")[2].replace("$", "").partition(":")[0]
        assert tab[first].value


def test_a_chart_holds_what_it_shows_for_programs_that_do_not_calculate(workbook: bytes) -> None:
    read = openpyxl.load_workbook(io.BytesIO(workbook), data_only=True)["Indicateurs"]
    shown = []
    for chart in read._charts:
        [bars] = chart.ser
        first, last = (int(place[3:]) for place in bars.val.numRef.f.rpartition("!")[2].split(":"))
        rows = list(read.iter_rows(first, last, max_col=2, values_only=True))
        labels = [point.v for point in bars.cat.strRef.strCache.pt]
        counts = [int(point.v) for point in bars.val.numRef.numCache.pt]
        assert list(zip(labels, counts, strict=True)) == rows
        assert bars.cat.strRef.f.rpartition("!")[2] == f"$A${first}:$A${last}"
        shown += counts
    assert sum(shown) > 100
