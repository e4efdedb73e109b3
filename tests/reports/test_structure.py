"""Every PDF's structure, checked; and the checks themselves, on files broken for the purpose."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import pikepdf
import pytest

from forms.registry import shipped
from reports import paper
from reports.catalogue import PDF, REPORTS, ReportKind
from tests.reports.reading import made
from tests.reports.samples import MADE_AT, REPAIR, SCHOOL, TERMS, report_input, report_sheet
from tests.reports.structure import archive_problems_of, problems_of, seal_problems_of

PRINTED = [kind for kind, report in REPORTS.items() if report.media_type == PDF]


@cache
def printed(kind: str) -> bytes:
    """A report of that kind; of the fullest sheet where it takes one."""
    try:
        return made(ReportKind(kind), report_input(terms=TERMS)).content
    except ValueError:
        return made(ReportKind(kind), report_input(report_sheet(REPAIR))).content


def form(**what: Any) -> bytes:
    out = io.BytesIO()
    paper.make(paper.Paper(shipped(2026), "Fédération", MADE_AT, **what), out)
    return out.getvalue()


@pytest.mark.parametrize("kind", PRINTED)
def test_the_structure_of_every_report_is_whole(kind: str) -> None:
    assert problems_of(printed(kind)) == []
    assert seal_problems_of(printed(kind)) == []


def test_the_structure_of_a_sheet_with_gaps_is_whole() -> None:
    assert problems_of(made(ReportKind.SHEET, report_input(report_sheet(SCHOOL))).content) == []


@pytest.mark.parametrize("what", [{}, {"year": 2026, "title": "Essai", "answers": REPAIR}], ids=["empty", "filled"])
def test_the_structure_of_the_form_on_paper_is_whole(what: dict[str, Any]) -> None:
    assert problems_of(form(**what)) == []


def elements(pdf: pikepdf.Pdf, type_: str) -> list[Any]:
    return [found for found in pdf.objects if isinstance(found, pikepdf.Dictionary) and found.get("/S") == f"/{type_}"]


def paint_outside(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"0 0 10 10 re f")


def forget_alternative_text(pdf: pikepdf.Pdf) -> None:
    del elements(pdf, "Figure")[0].Alt


def jump_a_level(pdf: pikepdf.Pdf) -> None:
    for heading in elements(pdf, "H2"):
        heading.S = pikepdf.Name.H4


def lose_headers(pdf: pikepdf.Pdf) -> None:
    for cell in elements(pdf, "TD"):
        cell.A.Headers = pikepdf.Array()


def lose_ids(pdf: pikepdf.Pdf) -> None:
    for cell in elements(pdf, "TH"):
        del cell.ID


def forget_title(pdf: pikepdf.Pdf) -> None:
    del pdf.docinfo["/Title"]


def forget_the_display_of_the_title(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.ViewerPreferences


def forget_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def forget_identification(pdf: pikepdf.Pdf) -> None:
    said = pdf.Root.Metadata.read_bytes().replace(b"pdfuaid", b"pdfelse")
    pdf.Root.Metadata = pdf.make_stream(said)


def order_tabs_by_rows(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Tabs = pikepdf.Name.R


def cut_from_the_tree(pdf: pikepdf.Pdf) -> None:
    document = pdf.Root.StructTreeRoot.K[0]
    document.K = pikepdf.Array(list(document.K)[1:])


def silence_a_link(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        for annotation in page.get("/Annots", ()):
            del annotation.Contents
            return


def loosen_a_link(pdf: pikepdf.Pdf) -> None:
    for link in elements(pdf, "Link"):
        link.S = pikepdf.Name.Span


def lead_nowhere(pdf: pikepdf.Pdf) -> None:
    with pdf.open_outline() as outline:
        outline.root[0].destination = pikepdf.Array([pdf.make_indirect(pikepdf.Dictionary()), pikepdf.Name.Fit])


def leave_a_font_out(pdf: pikepdf.Pdf) -> None:
    for found in pdf.objects:
        if isinstance(found, pikepdf.Dictionary) and "/FontFile2" in found:
            del found.FontFile2
        if isinstance(found, pikepdf.Dictionary) and "/FontFile3" in found:
            del found.FontFile3


def lose_the_letters(pdf: pikepdf.Pdf) -> None:
    for found in pdf.objects:
        if isinstance(found, pikepdf.Dictionary) and "/ToUnicode" in found:
            del found.ToUnicode


def put_a_word_between_rows(pdf: pikepdf.Pdf) -> None:
    elements(pdf, "TR")[0].S = pikepdf.Name.Span


def lose_a_cell(pdf: pikepdf.Pdf) -> None:
    row = elements(pdf, "TR")[-1]
    row.K = pikepdf.Array(list(row.K)[1:])


def invent_a_type(pdf: pikepdf.Pdf) -> None:
    elements(pdf, "P")[0].S = pikepdf.Name.Paragraph


def empty_a_heading(pdf: pikepdf.Pdf) -> None:
    elements(pdf, "H2")[0].K = pikepdf.Array()


BROKEN: list[tuple[Callable[[pikepdf.Pdf], None], str]] = [
    (paint_outside, "outside of marked content"),
    (forget_alternative_text, "/Figure without alternative text"),
    (jump_a_level, "a heading of level"),
    (lose_headers, "a cell without header"),
    (lose_ids, "a header cell without scope and id"),
    (forget_title, "no title"),
    (forget_the_display_of_the_title, "the title is not displayed"),
    (forget_language, "no language"),
    (forget_identification, "not identified as PDF/UA-1"),
    (order_tabs_by_rows, "the tab order"),
    (cut_from_the_tree, "marked content in no element"),
    (silence_a_link, "a link without words"),
    (loosen_a_link, "a link outside of the structure"),
    (lead_nowhere, "leads nowhere"),
    (leave_a_font_out, "is not in the file"),
    (lose_the_letters, "does not say what its letters are"),
    (put_a_word_between_rows, "right below"),
    (lose_a_cell, "columns in one table"),
    (invent_a_type, "is no type that readers know"),
    (empty_a_heading, "holds nothing"),
]


@pytest.mark.parametrize(("break_", "words"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_the_checker_sees_what_is_broken(break_: Callable[[pikepdf.Pdf], None], words: str) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed(ReportKind.BOOK))) as pdf:
        break_(pdf)
        pdf.save(out)
    assert [problem for problem in problems_of(out.getvalue()) if words in problem]


def lose_the_relation(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF


def describe_nothing(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF[0].Desc


def forget_colours(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.OutputIntents


def smooth_pictures(pdf: pikepdf.Pdf) -> None:
    for found in pdf.objects:
        if isinstance(found, pikepdf.Stream) and found.get("/Subtype") == "/Image":
            found.Interpolate = True


def hide_links(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        for annotation in page.get("/Annots", ()):
            annotation.F = 2


@pytest.mark.parametrize(
    ("break_", "words"),
    [
        (lose_the_relation, "is not associated"),
        (describe_nothing, "has no description"),
        (forget_colours, "no output intent"),
        (smooth_pictures, "an interpolated picture"),
        (hide_links, "a link that isn't printed"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_archive_checker_sees_what_is_broken(break_: Callable[[pikepdf.Pdf], None], words: str) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed(ReportKind.ARCHIVE))) as pdf:
        break_(pdf)
        pdf.save(out)
    assert [problem for problem in archive_problems_of(out.getvalue()) if words in problem]


def test_a_book_is_no_archive() -> None:
    assert "not identified as PDF/A-3" in archive_problems_of(printed(ReportKind.BOOK))
