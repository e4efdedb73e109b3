"""Where pages end: what belongs together stays together, wherever in a sheet the foot of the page falls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pypdfium2
import pytest

from reports.catalogue import ReportKind
from reports.rendering import Line
from tests.reports.reading import POINTS, made
from tests.reports.samples import REPAIR, TERMS, counted, report_input, report_sheet

ANNOUNCED = "Nous en avons retenu\u00a0:"
LINES = 54
"""More than a page has: with each number of lines before, what follows stands one line lower."""
GROUPS = {
    ReportKind.BOOK: (("Participants", "Bénévoles", "Salariés", "Séances ou passages"),),
    ReportKind.FUNDER: (("Public", "Participants"), ("Territoire de l’action", "Séances ou passages")),
}
"""The labels that begin lines in a row."""
ANSWERS = {
    name: value for name, value in REPAIR.items() if name not in ("files", "partners_named", "funding_lines")
} | {
    "participants_count": counted(41),
    "volunteers_count": counted(9),
    "sessions_count": counted(7),
    "staff_count": counted(1),
    "summary": "Un atelier.",
    "experience": "Une discussion.",
    "results_territory": "Trois recettes reprises.",
    "results_centre": "Un rapprochement.",
    "results_residents": "Deux embauches.",
    "limits": "La place manque.",
    "perspectives": "Continuer.",
}


def described(lines: int) -> str:
    """That many lines, then one that announces a list."""
    return "\n".join([*("Ligne." for _line in range(lines)), ANNOUNCED, "- un ;", "- deux ;", "- trois."])


@pytest.fixture(scope="module", params=list(GROUPS))
def kind(request: pytest.FixtureRequest) -> ReportKind:
    """The book, where each sheet begins a page, and the report where one action follows the other."""
    found: ReportKind = request.param
    return found


@pytest.fixture(scope="module")
def pages(kind: ReportKind) -> list[list[str]]:
    """The lines of the pages of the sheets, each of which has one line more than the one before."""
    sheets = [report_sheet(ANSWERS | {"description": described(lines)}, lines) for lines in range(LINES)]
    found = page_lines(made(kind, replace(report_input(*sheets), terms=TERMS)).content)
    return [lines for lines in found if {"Ligne.", ANNOUNCED, "Trois recettes reprises."} & set(lines)]


def page_lines(pdf: bytes) -> list[list[str]]:
    """The lines between running head and foot; read by what is quick, as there are many pages."""
    foot, height = 20 * POINTS, 297 * POINTS
    with pypdfium2.PdfDocument(pdf) as opened:
        texts = [page.get_textpage().get_text_bounded(bottom=foot, top=height - foot) for page in opened]
    return [[line.strip() for line in text.splitlines()] for text in texts]


def ends(pages: list[list[str]], most: int) -> Iterator[tuple[str, int]]:
    """The last lines of each page, with how many follow."""
    for lines in pages:
        yield from ((line, after) for after, line in enumerate(reversed(lines[-most:])))


def test_a_line_that_announces_what_follows_is_never_the_last_of_a_page(pages: list[list[str]]) -> None:
    assert sum(lines.count(ANNOUNCED) for lines in pages) == LINES
    assert not [line for line, _after in ends(pages, 1) if line.endswith(":")]


def test_labels_with_their_values_are_on_one_page(pages: list[list[str]], kind: ReportKind) -> None:
    for group in GROUPS[kind]:
        # A label is followed by its value, which none of the tiles at the head of a sheet is.
        begins = [re.compile(rf"{label}\s(:\s)?\w") for label in group]
        found = [tuple(sum(bool(begin.match(line)) for line in lines) for begin in begins) for lines in pages]
        assert sum(counts[0] for counts in found) == LINES
        assert not [counts for counts in found if len(set(counts)) > 1]


def test_a_heading_is_followed_by_more_than_one_line(pages: list[list[str]]) -> None:
    headings = re.compile("^(Résultats |Atteinte des objectifs|Dates et lieux|Bénéficiaires|Moyens |Suites )")
    assert any(headings.search(line) for lines in pages for line in lines)
    assert not [(line, after) for line, after in ends(pages, 3) if headings.search(line) and after < 2]


def test_what_announces_and_what_is_brief_is_told_by_the_line() -> None:
    assert Line("text", ANNOUNCED).classes == "text brief leads"
    assert Line("text", "Nous avons retenu ceci : " + "a" * 90).classes == "text"
    assert Line("item", "- un : ").classes == "item brief leads"
