"""The real sheets, where they are at hand: every answer on paper and in the workbook, character for character."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from forms.catalogue_text import decode, parse
from forms.document import reading, snapshot_answers
from forms.registry import shipped
from reports.catalogue import ReportKind
from reports.content import ReportInput
from tests.reports.reading import made, outline, records, squeezed, tabs, whole_text
from tests.reports.samples import report_input, report_sheet


@pytest.fixture(scope="module")
def content() -> ReportInput:
    file = Path(__file__).resolve().parents[3] / "shared" / "data" / "actions-lot.txt"
    if not file.exists():
        pytest.skip("no real sheets here")
    sheets = []
    for number, parsed in enumerate(parse(decode(file.read_bytes())).sheets, 1):
        version, year = shipped(parsed.year or 2016), parsed.year or 2016
        organisation = f"{parsed.organisation} - Lot"
        answers = snapshot_answers(version, parsed.answers, organisation=organisation, year=year, keep_hidden=True)
        sheet = replace(report_sheet(answers, number), centre=parsed.organisation, document=reading(version, answers))
        sheets.append(sheet)
    return report_input(*sheets)


def test_the_book_holds_every_answer(content: ReportInput) -> None:
    pdf = made(ReportKind.BOOK, content).content
    text = whole_text(pdf)
    answers = [
        (sheet.reference, item.question.id, item.text)
        for sheet in content.sheets
        for section in sheet.document.sections
        for item in section.answered
    ]
    assert len(answers) > 150
    assert [answer for answer in answers if squeezed(answer[2]) not in text] == []
    titles = [title for depth, title in outline(pdf) if depth == 2]
    assert titles == [sheet.title.strip() for sheet in content.sheets]


def test_the_workbook_holds_every_answer(content: ReportInput) -> None:
    read = {row["sheet.reference"]: row for row in records(tabs(made(ReportKind.WORKBOOK, content).content)["Fiches"])}
    assert len(read) == len(content.sheets)
    for sheet in content.sheets:
        row = read[sheet.reference]
        for question in sheet.document.version.questions:
            if not question.kind.own_tab:
                cells = tuple(_given(row[column.id]) for column in question.kind.columns(question))
                assert question.kind.from_cells([cells]) == sheet.document.value(question.id), question.id


def _given(cell: object) -> object:
    return None if cell == "Non posée" else cell
