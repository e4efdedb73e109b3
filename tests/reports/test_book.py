"""The book: what it announces is where it says, and its figures rest on what they say."""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import replace

import pdfplumber
import pikepdf
import pytest

from forms.document import reading
from forms.registry import shipped
from forms.values import Refused
from reports.catalogue import REPORTS, ReportKind, file_name
from reports.content import ReportInput, ReportSheet
from reports.sections import SECTIONS
from tests.reports.reading import Made, made, outline, page_texts, squeezed, structure, whole_text
from tests.reports.samples import REPAIR, SCHOOL, TALE, report_input, report_sheet


@pytest.fixture(scope="module")
def content() -> ReportInput:
    answers = (REPAIR, SCHOOL, TALE, REPAIR | {"title": "Un autre atelier"})
    sheets = tuple(report_sheet(given, number) for number, given in enumerate(answers, 1))
    other = replace(
        sheets[3], centre="Centre social du Causse", commune="Gramat", department_code="46", department="Lot"
    )
    return report_input(*sheets[:3], other, filter_text="Statut : tous")


@pytest.fixture(scope="module")
def book(content: ReportInput) -> Made:
    return made(ReportKind.BOOK, content)


@pytest.fixture(scope="module")
def pages(book: Made) -> list[str]:
    return page_texts(book.content)


def test_the_cover_says_who_which_years_and_how_many(pages: list[str], content: ReportInput) -> None:
    cover = squeezed(pages[0])
    for wanted in (content.federation, content.title, "2025 · 2026", "4 fiches action, 3 centres", "Statut : tous"):
        assert squeezed(wanted) in cover


def test_the_contents_name_every_sheet_with_the_page_on_which_it_begins(pages: list[str], content: ReportInput) -> None:
    contents = pages[1]
    for sheet in content.sheets:
        entry = re.search(re.escape(f"{sheet.centre} · {sheet.year}") + r"\s+(\d+)", contents[_at(contents, sheet) :])
        assert entry, sheet.title
        assert squeezed(sheet.title) in squeezed(pages[int(entry.group(1)) - 1][:300])


def _at(contents: str, sheet: ReportSheet) -> int:
    return contents.index(sheet.title.strip()[:30])


def test_the_contents_and_the_list_of_centres_are_links(book: Made, content: ReportInput) -> None:
    with pikepdf.open(io.BytesIO(book.content)) as opened:
        links = [{str(link.Dest) for link in page.get("/Annots", ())} for page in opened.pages]
    sheets = {f"fiche-{sheet.id}" for sheet in content.sheets}
    parts = {part.id for part in SECTIONS} - {"couverture", "avant-propos", "sommaire", "comparaisons", "fiches"}
    assert links[1] == sheets | parts
    assert sheets in links[-3:]


def test_the_outline_leads_to_parts_and_sheets(book: Made, content: ReportInput) -> None:
    found = outline(book.content)
    parts = ["Chiffres clés", "Les fiches en graphiques", "Année par année"]
    groups = ["Les fiches · 2026 · Corrèze", "Les fiches · 2025 · Corrèze", "Les fiches · 2026 · Lot"]
    after = ["Index par thème", "Index par commune", "Les fiches derrière les chiffres"]
    after += ["Les centres", "Comment ce recueil est fait"]
    assert [title for depth, title in found if depth == 1] == [content.title, "Sommaire", *parts, *groups, *after]
    assert [title for depth, title in found if depth == 2] == [sheet.title.strip() for sheet in content.sheets]


def test_each_sheet_begins_a_page_under_its_name(book: Made, content: ReportInput) -> None:
    with pdfplumber.open(io.BytesIO(book.content)) as opened:
        heads = [page.crop((0, 0, page.width, 57)).extract_text() for page in opened.pages]
    assert sum("Un autre atelier" in head for head in heads) >= 2


def test_every_answer_is_in_the_book(book: Made, content: ReportInput) -> None:
    text = whole_text(book.content)
    for sheet in content.sheets:
        for section in sheet.document.sections:
            for item in section.answered:
                if not item.question.kind.own_tab:
                    assert squeezed(item.text) in text


def test_totals_say_how_many_sheets_they_rest_on(pages: list[str]) -> None:
    figures = squeezed(pages[2])
    # 164 + 0 + 210 + 164; the sessions of one sheet are not known.
    assert "Participants538" + squeezed("dont 39 % estimés 4 fiches sur 4 ont répondu") in figures
    assert "Bénévoles40" + squeezed("3 fiches sur 4 ont répondu, 1 ne sait pas") in figures
    assert "Séancesoupassages50" + squeezed("3 fiches sur 4 ont répondu") in figures


def test_nobody_having_answered_is_not_zero() -> None:
    text = whole_text(
        made(ReportKind.BOOK, report_input(report_sheet({"title": "Presque rien", "year": 2026}))).content
    )
    assert squeezed("Participants non renseigné aucune réponse sur 1 fiche") in text
    assert squeezed("Participants 0") not in text


def test_years_stand_side_by_side(pages: list[str]) -> None:
    text = squeezed("".join(pages[2:6]))
    assert squeezed("Salariés non renseigné 0 sur 1 fiche 1 1 sur 3 fiches") in text


def test_shares_are_of_those_that_answered(pages: list[str]) -> None:
    text = squeezed("".join(pages[2:6]))
    assert squeezed("Dimension 3 fiches sur 4 ont répondu Services 2 67 % Citoyenneté 1 33 %") in text


def test_headings_follow_each_other_without_a_gap(book: Made) -> None:
    levels = [int(type_[2]) for type_, _entries in structure(book.content) if re.fullmatch("/H[1-6]", type_)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_no_sheet_makes_no_book() -> None:
    with pytest.raises(Refused, match="élargissez"):
        made(ReportKind.BOOK, replace(report_input(), sheets=()))


def test_the_same_book_is_made_of_the_same_bytes(content: ReportInput, book: Made) -> None:
    assert made(ReportKind.BOOK, content).content == book.content


def test_progress_tells_what_is_being_done(content: ReportInput) -> None:
    told: list[tuple[str, int, int]] = []
    REPORTS[ReportKind.BOOK].make(content, io.BytesIO(), lambda *step: told.append(step))
    phases = list(dict.fromkeys(phase for phase, _done, _total in told))
    assert phases == ["Lecture des fiches", "Mise en page", "Écriture du PDF"]
    assert ("Lecture des fiches", 4, 4) in told


def test_the_file_is_named_after_its_years(content: ReportInput) -> None:
    assert file_name(REPORTS[ReportKind.BOOK], content) == "recueil-2025-2026.pdf"
    assert file_name(REPORTS[ReportKind.WORKBOOK], replace(content, years=(2026,))) == "classeur-2026.xlsx"


def test_a_long_contents_list_and_empty_sheets_hold_together() -> None:
    version = shipped(2026)
    blank = report_sheet({"title": "x", "year": 2026})
    sheets = tuple(
        replace(blank, id=str(number), document=reading(version, {"title": f"Action {number} " + "longue " * 60}))
        for number in range(25)
    )
    pages = page_texts(made(ReportKind.BOOK, report_input(*sheets)).content)
    assert sum(page.startswith("Fiche action") for page in pages) == 25


def test_where_nothing_was_filtered_the_sentences_stand_apart() -> None:
    content = report_input(report_sheet(REPAIR, 1))
    text = " ".join(" ".join(page_texts(made(ReportKind.BOOK, content).content)).split())
    assert "Aucun filtre. Établi le" in text
