"""The book in slices: everything once, in its order, and what stands in for a sheet that can't be laid out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from reports import slices as cutting
from reports.album import Album
from reports.book import _replaced
from reports.book_pages import Book
from reports.catalogue import ReportKind
from reports.content import Design, ReportInput
from reports.printing import Part, Printed
from reports.sections import CONTENTS, COVER, SECTIONS, SHEETS
from reports.slices import filled, slices
from tests.reports.reading import made, page_texts
from tests.reports.samples import REPAIR, SCHOOL, TALE, report_input, report_sheet

COUNT = 90


@pytest.fixture(scope="module")
def content() -> ReportInput:
    """More sheets than one page of contents, of sources or of an index names."""
    samples = [report_sheet(answers, number) for number, answers in enumerate((REPAIR, SCHOOL, TALE))]
    sheets = [
        replace(
            samples[number % 3],
            id=f"s{number}",
            reference=f"2026-{number:04}",
            centre=f"Centre {number % 40}",
            department_code=f"{number % 2}",
        )
        for number in range(COUNT)
    ]
    return report_input(*sheets)


@pytest.fixture(scope="module")
def parts(content: ReportInput) -> list[Part]:
    return list(Book(content, Album.of(content)).parts())


def of(parts: list[Part], section: str) -> list[str]:
    """The HTML of the slices of a part."""
    return [part.html() for part in parts if part.id.rpartition("-")[0] == section]


def test_items_fill_pages_in_their_order_and_one_that_is_too_tall_has_its_own() -> None:
    assert filled([3, 3, 9, 1, 1], float, first=6, room=8) == [[3, 3], [9], [1, 1]]
    assert filled([], float, first=6, room=8) == [[]]


def test_the_last_page_takes_from_the_one_before_what_it_lacks() -> None:
    assert filled([1] * 9, float, first=4, room=4, least=2) == [[1] * 4, [1] * 3, [1] * 2]
    # Never so much that the page before has less, and nothing where all is on one page.
    assert filled([1, 3, 1], float, first=4, room=4, least=4) == [[1, 3], [1]]
    assert filled([1], float, first=4, room=4, least=3) == [[1]]


@pytest.mark.parametrize("section", ["sommaire", "sources", "index-communes"])
def test_every_sheet_is_in_one_slice(parts: list[Part], content: ReportInput, section: str) -> None:
    found = of(parts, section)
    assert len(found) > 1
    for sheet in content.sheets:
        times = sum(f'data-target="#fiche-{sheet.id}"' in html for html in found)
        # Each of the tables of figures names it.
        assert times == 1 or (section == "sources" and times >= 1)


def cut(content: ReportInput, section: str, **without: object) -> list[dict[str, Any]]:
    """What the slices of a part show, each beside all that its template knows."""
    known = Book(content, Album.of(content)).known | without
    return [known | shown for shown in slices(next(one for one in SECTIONS if one.id == section), known)]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so small that ninety sheets fill many."""
    for name, most in (("_FLOW", 60.0), ("_LIST_SHEETS", 20), ("_CENTRE_SHEETS", 1)):
        monkeypatch.setattr(cutting, name, most)


@pytest.mark.parametrize("section", ["sommaire", "index-communes", "index-themes"])
def test_no_part_ends_with_a_line_or_two_on_a_page_of_their_own(content: ReportInput, section: str) -> None:
    for count in range(8, 60):
        last = cut(replace(content, sheets=content.sheets[:count]), section)[-1]
        shown = [sheet.id for group in last["groups"] for sheet in group.sheets]
        if section != "sommaire":
            shown = [sheet.id for one in last["chapters"][section] for entry in one.entries for sheet in entry.sheets]
        parts = len([part for part in last["sections"] if part.id not in (COVER, CONTENTS, SHEETS)])
        assert len(shown) + (parts if section == "sommaire" else 0) >= 5


def test_contents_that_fit_on_a_page_stand_on_one(content: ReportInput) -> None:
    """The longest contents of one slice, and the shortest of two: no slice flows onto a page more."""
    lengths = {count: replace(content, sheets=content.sheets[:count]) for count in range(8, 30)}
    cuts = {count: len(cut(shorter, CONTENTS)) for count, shorter in lengths.items()}
    longest = max(count for count, slices in cuts.items() if slices == 1)
    for count, pages in ((longest, 1), (longest + 1, 2)):
        texts = page_texts(made(ReportKind.BOOK, lengths[count]).content)
        assert sum(bool(re.search(r"^Centre \d+ · 20", text, re.MULTILINE)) for text in texts) == pages


def test_titles_behind_the_figures_take_two_lines_rather_than_be_cut() -> None:
    title = "Ateliers de cuisine, de jardin et de couture entre voisines"
    sheets = [report_sheet(REPAIR | {"title": title}, number) for number in range(40)]
    content = report_input(*sheets, design=Design(sections=("sources",)))
    texts = page_texts(made(ReportKind.BOOK, content).content)
    rows = [len(re.findall(r"^2026-\d{4}\s?Ateliers de cuisine", text, re.MULTILINE)) for text in texts]
    tables = [shown["source_tables"] for shown in cut(content, "sources") if shown["source_tables"]]
    # Each slice is a page, however many lines its titles take.
    assert [count for count in rows if count] == [len(table.rows) for (table,) in tables]
    assert sum(text.count("entre voisines") for text in texts) == 40


@pytest.mark.usefixtures("narrow")
def test_lists_that_are_cut_name_the_same_sheets_in_the_same_order(content: ReportInput) -> None:
    found = [shown for shown in cut(content, "sources") if shown["source_lists"]]
    assert len(found) > 3
    assert [shown["lists_begin"] for shown in found] == [True] + [False] * (len(found) - 1)
    charts = [chart for shown in found for chart in shown["source_lists"]]
    whole = Book(content, Album.of(content)).known["source_lists"]
    assert [chart.ref for chart in charts if chart.begins] == [chart.ref for chart in whole]
    pieces = [(chart.ref, own) for chart in charts for own in chart.lists]
    assert [(ref, own.anchor) for ref, own in pieces if own.begins] == [
        (chart.ref, own.anchor) for chart in whole for own in chart.lists
    ]
    for chart in whole:
        for own in chart.lists:
            again = [
                sheet
                for ref, piece in pieces
                if (ref, piece.anchor) == (chart.ref, own.anchor)
                for sheet in piece.sheets
            ]
            assert again == list(own.sheets)


@pytest.mark.usefixtures("narrow")
def test_a_centre_with_many_sheets_goes_on_under_its_name_and_is_counted_once(content: ReportInput) -> None:
    found = cut(content, "centres")
    assert len(found) > 1
    lines = [line for shown in found for line in shown["centres"]]
    whole = Book(content, Album.of(content)).known["centres"]
    assert len(lines) > len(whole)
    assert [(line.name, line.count) for line in lines if line.count is not None] == [
        (centre.name, len(centre.sheets)) for centre in whole
    ]
    assert [sheet for line in lines for sheet in line.sheets] == [sheet for centre in whole for sheet in centre.sheets]


@pytest.mark.usefixtures("narrow")
def test_centres_are_not_cut_where_their_sheets_have_no_page(content: ReportInput) -> None:
    without = tuple(section for section in SECTIONS if section.id != SHEETS)
    lines = [line for shown in cut(content, "centres", sections=without) for line in shown["centres"]]
    assert all(line.count == len(line.sheets) for line in lines)


@pytest.mark.usefixtures("narrow")
def test_what_goes_on_is_said_to_and_its_anchors_stand_once(content: ReportInput) -> None:
    book = list(Book(content, Album.of(content)).parts())
    lists, centres = "".join(of(book, "sources")), "".join(of(book, "centres"))
    assert "(suite)</span>" in lists
    assert " (suite)</th>" in centres
    anchors = re.findall(r' id="([^"]+)"', lists + centres)
    assert len(anchors) == len(set(anchors))
    assert lists.count("Les graphiques, ligne par ligne") == 1


def test_no_part_of_a_book_of_thousands_takes_much_longer_than_another(content: ReportInput) -> None:
    many = tuple(
        replace(content.sheets[number % COUNT], id=f"m{number}", reference=f"2026-{number:05}")
        for number in range(4000)
    )
    book = replace(content, sheets=many)
    longest = max(len(part.html()) for part in Book(book, Album.of(book)).parts() if part.instead is None)
    # Where nothing was cut, the lists alone were half a million letters: more than a minute of layout.
    assert longest < 320_000


def test_the_contents_keep_the_order_of_the_sheets(parts: list[Part], content: ReportInput) -> None:
    whole = "".join(of(parts, "sommaire"))
    places = [whole.index(f'href="#fiche-{sheet.id}"') for sheet in content.sheets]
    assert places == sorted(places)


def test_only_the_first_slice_of_a_part_has_its_heading(parts: list[Part]) -> None:
    titles = [html.count("part-title") for html in of(parts, "sommaire")]
    assert titles == [1] + [0] * (len(titles) - 1)


def test_a_sheet_keeps_its_part_whatever_else_is_in_the_book(parts: list[Part], content: ReportInput) -> None:
    fewer = replace(content, sheets=content.sheets[:1] + content.sheets[5:])
    again = {part.id: part.key for part in Book(fewer, Album.of(fewer)).parts()}
    kept = {part.id: part.key for part in parts if part.instead}
    assert sum(again.get(id) == key for id, key in kept.items()) >= COUNT - 6


@pytest.mark.parametrize(
    "change",
    [
        {"snapshot_sha256": "0" * 64},
        {"centre": "Autre centre"},
        {"state_label": "Publiée"},
        {"reference": "2026-9999"},
        {"commune": "Ailleurs"},
        {"validated_at": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_printed_of_a_sheet_makes_another_part(content: ReportInput, change: dict[str, str | None]) -> None:
    def key(given: ReportInput) -> str:
        return next(part.key for part in Book(given, Album.of(given)).parts() if part.id == "s7")

    sheets = tuple(replace(sheet, **change) if sheet.id == "s7" else sheet for sheet in content.sheets)  # type: ignore[arg-type]
    assert key(replace(content, sheets=sheets)) != key(content)


def test_a_sheet_that_cannot_be_laid_out_is_named_on_a_plain_page_and_in_the_notes(
    parts: list[Part], content: ReportInput
) -> None:
    part = next(part for part in parts if part.id == "s7")
    assert part.instead is not None
    page = part.instead()
    for wanted in ('id="fiche-s7"', "2026-0007", "n’a pas pu être mise en page", content.sheets[7].title.strip()):
        assert wanted in page
    [note] = _replaced(content, Printed((), (), ("s7",)))
    assert note.startswith("Fiche 2026-0007")
