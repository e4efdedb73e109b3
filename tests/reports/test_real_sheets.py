"""The real sheets, where they are at hand: every answer on paper and in the workbook, character for character."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from forms.catalogue_text import decode, parse
from forms.document import reading, snapshot_answers
from forms.registry import shipped
from reports.catalogue import ReportKind
from reports.content import ReportInput
from reports.cutting import sentences
from tests.reports.reading import made, outline, records, squeezed, structure, tabs, whole_text
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


def test_each_is_told_as_a_deck_text_by_text(content: ReportInput) -> None:
    for sheet in content.sheets:
        report = made(ReportKind.DECK, report_input(sheet))
        assert report.notes == ()
        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(report.content)).pages]
        text = squeezed("".join(pages))
        for item in (item for section in sheet.document.sections for item in section.answered):
            pieces = [piece for line in item.text.split("\n") for piece in sentences(line)]
            if item.question.kind.name == "long_text":
                # A list item or a sentence longer than a slide may be parted; none is in the real ones.
                assert [piece for piece in pieces if squeezed(piece) not in text] == [], item.question.id
        headings = sum(type_ in ("/H1", "/H2") for type_, _entries in structure(report.content))
        assert headings == len(pages), "a slide ran over onto the next page"


def test_each_fits_on_one_page(content: ReportInput) -> None:
    for sheet in content.sheets:
        report = made(ReportKind.ONE_PAGE, report_input(sheet))
        assert len(pypdf.PdfReader(io.BytesIO(report.content)).pages) == 1
        assert squeezed(sheet.title) in whole_text(report.content)


def _given(cell: object) -> object:
    return None if cell == "Non posée" else cell
