"""The mark of what is provisional: stamped on every page when the file is assembled, and read by no voice."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pdfplumber
import pytest

from reports.album import Album
from reports.book import whole
from reports.book_pages import MARK_LETTERS, Book
from reports.content import Coverage, ReportInput, no_progress
from reports.layout import places
from reports.orders import ordered
from reports.printing import Part, print_page, print_parts
from tests.reports.samples import SCHOOL, TALE, report_input, report_sheet
from tests.reports.structure import problems_of


@pytest.fixture(scope="module")
def content() -> ReportInput:
    return report_input(report_sheet(TALE, 1), report_sheet(SCHOOL, 2))


def covered(content: ReportInput, answered: int, expected: int | None = 60, *, closed: bool = False) -> ReportInput:
    return replace(content, coverage=Coverage(answered, expected, closed=closed))


def printed(content: ReportInput, keep: Path | None = None) -> tuple[bytes, list[str]]:
    """The book, and the ids of the parts that were laid out for it."""
    content = replace(content, sheets=ordered(content.sheets, ""))
    book, out, made = Book(content, Album.of(content)), io.BytesIO(), list[str]()

    def told(part: Part) -> Callable[[], str]:
        def html() -> str:
            made.append(part.id)
            return part.html()

        return html

    parts = [replace(part, html=told(part)) for part in book.parts()]
    print_parts(book.head, parts, book.album.readers, out, no_progress, keep=keep)
    return out.getvalue(), made


def marks(pdf: bytes) -> list[tuple[str, set[str | None]]]:
    """What is set sideways on each page, and how it is tagged."""
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        sideways = [[char for char in page.chars if not char["upright"]] for page in opened.pages]
    return [("".join(char["text"] for char in chars), {char.get("tag") for char in chars}) for chars in sideways]


@pytest.fixture(scope="module")
def book(content: ReportInput) -> bytes:
    return printed(covered(content, 47))[0]


def test_the_mark_is_an_artifact_on_every_page_but_the_cover(book: bytes) -> None:
    cover, *others = marks(book)
    assert cover == ("", set())
    assert len(others) > 8
    assert others == [("Provisoire, 47\u00a0centres sur 60", {"Artifact"})] * len(others)
    assert problems_of(book) == []


def test_the_mark_stands_where_one_pass_puts_it(content: ReportInput, book: bytes) -> None:
    given = covered(content, 47)
    given = replace(given, sheets=ordered(given.sheets, ""))
    made, out = Book(given, Album.of(given)), io.BytesIO()
    print_page(whole(made, tuple(made.parts())), made.album.readers, out, no_progress)
    places = []
    for pdf in (book, out.getvalue()):
        with pdfplumber.open(io.BytesIO(pdf)) as opened:
            chars = [char for char in opened.pages[-1].chars if not char["upright"]]
            middle = (chars[0]["top"] + chars[-1]["bottom"]) / 2 - opened.pages[-1].height / 2
            places.append((chars[0]["x0"], chars[0]["top"], chars[0]["size"]))
        assert "".join(char["text"] for char in chars) == "Provisoire, 47\u00a0centres sur 60"
        assert abs(middle) < 20
    assert places[0] == pytest.approx(places[1], abs=0.5)


def test_another_mark_lays_out_no_sheet_again(content: ReportInput, tmp_path: Path) -> None:
    _first, all_parts = printed(covered(content, 47), tmp_path)
    second, again = printed(covered(content, 48), tmp_path)
    closed, at_last = printed(covered(content, 60, closed=True), tmp_path)
    sheets = {sheet.id for sheet in content.sheets}
    assert sheets <= set(all_parts)
    # Of what says the same words elsewhere nothing is left out.
    assert {id.partition("-")[0] for id in again} <= {"couverture", "chiffres", "methode"}
    assert not sheets & {*again, *at_last}
    assert {mark for mark, _tags in marks(second)[1:]} == {"Provisoire, 48\u00a0centres sur 60"}
    assert {mark for mark, _tags in marks(closed)} == {""}


@pytest.mark.parametrize("expected", [None, 0, 1, 1234567890])
def test_the_mark_is_written_with_letters_that_its_place_has(content: ReportInput, expected: int | None) -> None:
    coverage = Coverage(123456789, expected, closed=False)
    assert set(coverage.watermark) <= set(MARK_LETTERS)


def test_a_place_at_minus_nought_is_written_as_at_nought() -> None:
    def at(x: float) -> bytes:
        # As by a process that has met no number yet.
        places._number.cache_clear()
        place = places.Place("", places.MARK, "F", 9.0, (1, 1, 1), (1, 1, 1, 1, x, 20), 0.0, {"a": (1, 500)})
        return place.drawn(1, 1, "a")

    assert at(-0.0) == at(0.0)
