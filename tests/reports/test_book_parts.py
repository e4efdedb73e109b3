"""The parts of the book, read back from the PDF: cover, foreword, charts, indexes, what stands behind the figures."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pdfplumber
import pikepdf
import pytest
from PIL import Image

from forms.registry import shipped
from reports.catalogue import ReportKind
from reports.content import Coverage, Design, ReportInput, ReportSheet
from reports.figures import breakdowns, key_figures, places
from reports.indexes import by_commune, by_theme
from reports.orders import ordered
from reports.rendering import shortened
from reports.sections import SECTIONS
from tests.reports.reading import Made, made, outline, page_texts, squeezed, structure
from tests.reports.samples import counted, report_input, report_sheet

LOGO = "0b6f7a52-0000-4000-8000-0000000000aa"
COLOUR = "#f2c100"
PLACES = (("Gramat", "46", "Lot"), ("Tulle", "19", "Corrèze"), ("Figeac", "46", "Lot"))
DIMENSIONS = ("services", "citoyennete")
KEYWORDS = ("culture", "sante", "parentalite", "mobilite")


def logo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 160), "#336699").save(out, "PNG")
    return out.getvalue()


def short_sheet(number: int) -> ReportSheet:
    """A sheet of one page, unlike the others in all that indexes and charts show."""
    commune, code, department = PLACES[number % len(PLACES)]
    answers: dict[str, Any] = {
        "title": f"Atelier n° {number} : l’accompagnement",
        "year": 2025 + number % 2,
        "dimension": DIMENSIONS[number % 2],
        "keywords": [word for at, word in enumerate(KEYWORDS) if (number + at) % 3],
        "public": ["enfants", "seniors"] if number % 4 else ["tous"],
        "summary": "Anticonstitutionnellement, l’intercommunalité accompagne les habitantes et les habitants. " * 9,
    }
    if number % 5:
        answers["participants_count"] = counted(number * 10, "estimated" if number % 3 else "counted")
    if number % 2:
        answers["funding_lines"] = [{"funder": "Caf", "granted": f"{number}250.5{number % 10}"}]
    sheet = report_sheet(answers, number, shipped(2026))
    centre = f"Centre social {number % 12}"
    return replace(sheet, centre=centre, commune=commune, department_code=code, department=department)


@pytest.fixture(scope="module")
def content() -> ReportInput:
    sheets = [short_sheet(number) for number in range(1, 15)]
    design = Design(
        colour=COLOUR,
        logo=LOGO,
        foreword="Chères amies,\n\nUne année de plus.\nDeux lignes.",
        foreword_by="Paule Vidal, présidente",
        order="titre",
    )
    return report_input(
        *sheets,
        design=design,
        coverage=Coverage(47, 60, closed=False),
        open_file=lambda id: logo() if id == LOGO else None,
    )


@pytest.fixture(scope="module")
def book(content: ReportInput) -> Made:
    return made(ReportKind.BOOK, content)


@pytest.fixture(scope="module")
def pages(book: Made) -> list[str]:
    return page_texts(book.content)


@pytest.fixture(scope="module")
def opened(book: Made) -> Iterator[Any]:
    with pdfplumber.open(io.BytesIO(book.content)) as pdf:
        yield pdf


def part(pages: list[str], title: str) -> str:
    """The text of a part, from its heading to the end of its last page; squeezed."""
    titles = [section.label for section in SECTIONS]
    first = next(at for at, page in enumerate(pages) if page.startswith(f"{title}\n"))
    after = (at for at, page in enumerate(pages) if at > first and page.startswith((*titles, "Fiche action")))
    return "\n".join(pages[first : next(after, len(pages))])


def page_of(pages: list[str], sheet: ReportSheet) -> int:
    """The page, from 1, on which a sheet begins."""
    return next(
        at for at, page in enumerate(pages, 1) if page.startswith("Fiche action") and sheet.title.strip() in page
    )


def test_the_cover_shows_the_logo_the_colour_and_what_is_provisional(
    opened: Any, pages: list[str], book: Made, content: ReportInput
) -> None:
    cover = opened.pages[0]
    assert len(cover.images) == 1
    assert ("/Figure", f"Logo\u00a0: {content.federation}") in [(t, e.get("/Alt")) for t, e in structure(book.content)]
    band = max((rect for rect in cover.rects if rect["fill"]), key=lambda rect: rect["width"] * rect["height"])
    assert [round(part * 255) for part in band["non_stroking_color"]] == [0xF2, 0xC1, 0x00]
    title = [char for char in cover.chars if char["size"] > 30]
    # Black on yellow.
    assert {tuple(char["non_stroking_color"]) for char in title} == {(0, 0, 0)}
    assert squeezed("Provisoire, 47\u00a0centres sur 60") in squeezed(pages[0])


def test_an_unreadable_logo_is_replaced_by_its_words_and_said() -> None:
    content = report_input(short_sheet(1), design=Design(logo=LOGO, sections=("chiffres",)))
    report = made(ReportKind.BOOK, content)
    assert report.notes == ("Logo de la couverture\u00a0: image illisible, remplacée par sa description.",)


def test_the_foreword_keeps_its_paragraphs_and_its_signature(pages: list[str]) -> None:
    text = part(pages, "Avant-propos")
    assert text == "Avant-propos\nChères amies,\nUne année de plus.\nDeux lignes.\nPaule Vidal, présidente"


def test_what_is_provisional_is_marked_on_every_page_until_the_campaign_closes(
    opened: Any, content: ReportInput
) -> None:
    edges = [page.crop((page.width - 62, 0, page.width, page.height)) for page in opened.pages[1:]]
    marks = ["".join(char["text"] for char in edge.chars if char["size"] > 15 or not char["upright"]) for edge in edges]
    assert {squeezed(mark) for mark in marks} == {"Provisoire,47centressur60"}
    closed = replace(content, coverage=Coverage(60, 60, closed=True), sheets=content.sheets[:1])
    assert "Provisoire" not in " ".join(page_texts(made(ReportKind.BOOK, closed).content))


def test_the_sheets_stand_in_the_chosen_order(book: Made, content: ReportInput) -> None:
    titles = [title for depth, title in outline(book.content) if depth == 2]
    assert titles == [sheet.title for sheet in ordered(content.sheets, "titre")]
    assert titles != [sheet.title for sheet in content.sheets]


def test_a_chart_draws_what_its_table_says(opened: Any, pages: list[str], content: ReportInput) -> None:
    at = next(at for at, page in enumerate(pages) if page.startswith("Les fiches en graphiques"))
    page = opened.pages[at]
    found = (*breakdowns(content.sheets), *places(content.sheets))
    text = squeezed(pages[at])
    for breakdown in found:
        rows = "".join(f"{share.label}{share.count}{share.percent}%" for share in breakdown.shares)
        assert squeezed(rows) in text
    # Each bar is drawn over its track, and is as long as its share of it.
    drawn: dict[tuple[int, int], list[float]] = {}
    for rect in page.rects:
        if 5 < rect["height"] < 9:
            drawn.setdefault((round(rect["x0"]), round(rect["top"])), []).append(rect["width"])
    percents = [round(100 * bar / track) for track, bar in drawn.values()]
    assert sorted(percents) == sorted(share.percent for breakdown in found for share in breakdown.shares)


def test_every_picture_has_its_words(book: Made) -> None:
    alternatives = [entries.get("/Alt", "") for type_, entries in structure(book.content) if type_ == "/Figure"]
    assert len(alternatives) > 10
    assert all(alternatives)
    assert any("Dimension" in words and "50" in words for words in alternatives)


@pytest.mark.parametrize(("title", "of"), [("Index par thème", by_theme), ("Index par commune", by_commune)])
def test_an_index_gives_the_page_of_every_sheet_under_every_word(
    pages: list[str], content: ReportInput, title: str, of: Any
) -> None:
    text = squeezed(part(pages, title))
    for chapter in of(content.sheets):
        for entry in chapter.entries:
            lines = (f"{shortened(sheet.title, 80)}, {page_of(pages, sheet)}" for sheet in entry.sheets)
            assert squeezed(f"{entry.word} {len(entry.sheets)} {' '.join(lines)}") in text, entry.word


def test_two_communes_of_one_name_are_told_apart() -> None:
    one = replace(short_sheet(1), commune="Saint-Céré", department_code="46")
    others = [replace(one, id="2", department_code="19"), replace(one, id="3", commune="", department_code="")]
    others.append(replace(one, id="4", commune="SAINT CÉRÉ"))
    found = [(entry.word, len(entry.sheets)) for entry in by_commune([one, *others])[0].entries]
    assert found == [("Saint-Céré (19)", 1), ("SAINT CÉRÉ (46)", 2), ("Commune non précisée", 1)]


def test_every_figure_leads_to_the_sheets_that_add_up_to_it(pages: list[str], content: ReportInput) -> None:
    text = part(pages, "Les fiches derrière les chiffres")
    figures = [figure for figure in key_figures(content.sheets) if figure.value is not None]
    cell = r"((?:≈\s)?\d{1,3}(?:\s\d{3})*(?:,\d\d)?|[–?·])"
    rows = []
    for sheet in ordered(content.sheets, "titre"):
        line = re.escape(sheet.reference) + r"\s?" + re.escape(sheet.title)
        found = re.search(rf"^{line} {page_of(pages, sheet)} {cell} {cell}$", text, re.MULTILINE)
        assert found, sheet.reference
        rows.append(found.groups())
    for at, figure in enumerate(figures):
        cells = ["".join(row[at].removeprefix("≈").split()).replace(",", ".") for row in rows]
        added = [float(cell) for cell in cells if cell[0].isdigit()]
        assert (len(added), round(sum(added), 2)) == (figure.base.answered, float(figure.value or 0))


def test_a_reference_is_a_link_to_the_sheets_behind_the_figure_or_to_its_definition(
    book: Made, pages: list[str], content: ReportInput
) -> None:
    links, _names = links_of(book)
    at = next(at for at, page in enumerate(pages) if page.startswith("Chiffres clés"))
    figures = enumerate(key_figures(content.sheets), 1)
    assert links[at] == {f"c{n}" if figure.value is not None else f"definition-c{n}" for n, figure in figures}


def test_every_link_leads_somewhere(book: Made) -> None:
    links, names = links_of(book)
    assert set().union(*links) <= names
    assert len(set().union(*links)) > 40


def links_of(book: Made) -> tuple[list[set[str]], set[str]]:
    """Where the links of each page lead, and the names that there are."""
    with pikepdf.open(io.BytesIO(book.content)) as pdf:
        links = [{str(link.Dest) for link in page.get("/Annots", ())} for page in pdf.pages]
        return links, {str(name) for name in pikepdf.NameTree(pdf.Root.Names.Dests)}


def test_every_figure_is_defined(pages: list[str], content: ReportInput) -> None:
    text = squeezed(part(pages, "Comment ce recueil est fait"))
    for at, figure in enumerate(key_figures(content.sheets), 1):
        assert f"C{at}{squeezed(figure.label)}" in text
        assert squeezed(figure.definition) in text
    assert squeezed("en personnes. Le formulaire précise : « Chaque personne compte une fois dans l’année.") in text


def test_comparisons_say_what_they_do_not_show(pages: list[str]) -> None:
    text = part(pages, "Comparaisons")
    assert "Dimension" in text
    assert re.search(r"moins\s+de\s+5\s+centres", text)
    # Whoever holds the sheets reads their figures: the tables don't promise otherwise.
    assert squeezed("qui reçoit les fiches, dans ce recueil ou en classeur, y lit les chiffres de chacune") in squeezed(
        text
    )


def test_a_count_keeps_off_its_part_and_a_reference_is_never_cut(content: ReportInput) -> None:
    kinds = "ABCDEFGHJKLMNP"
    of_one_dimension = (short_sheet(2 * number) for number in range(1, 15))
    named = [replace(sheet, reference=f"2026-Q{kind}WWYE") for sheet, kind in zip(of_one_dimension, kinds, strict=True)]
    design = replace(content.design, sections=("graphiques", "sources"))
    book = made(ReportKind.BOOK, replace(content, sheets=tuple(named), design=design, coverage=None)).content
    with pdfplumber.open(io.BytesIO(book)) as pdf:
        words = [word for page in pdf.pages for word in page.extract_words(x_tolerance=2)]
        lines = [line["text"] for page in pdf.pages for line in page.extract_text_lines()]
    assert [word["text"] for word in words if word["text"].startswith("100")]
    assert not [word["text"] for word in words if re.match(r"\d+100\b", word["text"])]
    assert any("2026-QAWWYE" in line for line in lines)
    assert not [line for line in lines if re.search(r"2026-$|^Q.WWYE", line)]


def test_only_the_chosen_parts_are_printed_and_nothing_refers_to_the_others(content: ReportInput) -> None:
    design = replace(content.design, sections=("chiffres", "index-communes", "sources"))
    pdf = made(ReportKind.BOOK, replace(content, design=design)).content
    titles = [title for _depth, title in outline(pdf)]
    assert titles == [content.title, "Chiffres clés", "Index par commune", "Les fiches derrière les chiffres"]
    # Where the sheets aren't handed out, their own numbers aren't either.
    text = page_texts(pdf)[-2] + page_texts(pdf)[-1]
    assert "×" in text
    assert not re.search(r"^20\d\d-\d{4}.* \d+$", text, re.MULTILINE)


def test_long_words_are_hyphenated_in_prose(opened: Any) -> None:
    ends = [char for page in opened.pages for char in page.chars if char["text"] == "\u2010"]
    assert ends
    assert "fr" in str(opened.doc.catalog["Lang"])


def test_each_section_is_named_once() -> None:
    assert len({section.id for section in SECTIONS}) == len({section.label for section in SECTIONS}) == len(SECTIONS)
