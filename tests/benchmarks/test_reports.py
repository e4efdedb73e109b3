"""The book against WeasyPrint's one pass and Typst, in time and memory; one sheet against WeasyPrint itself.

Each figure is a ratio within one run. « Une fiche changée » is the whole making of the report again, from its sheets
to its bytes, in processes that are warm, after one sheet's text has changed; « et ses effectifs » after one of its
counted figures has, so that every figure of the book is laid out again too. Typst compiles the words of the same sheets
with contents, running heads, page numbers, outline and tags, but no figures, indexes or lists of sources.
Books of growing size are made by a process of their own: memory is that of it and of all that it started, pages that
they share counted in part (PSS).
RECUEIL_TEST_BENCH_SHEETS (16,160 unless told) says how many sheets the books have that are compared in size: with
16,160,1600,8000 it takes half an hour.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import typst
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from reports.album import Album
from reports.book import whole
from reports.book_pages import Book
from reports.catalogue import REPORTS, ReportKind
from reports.content import ReportInput, no_progress
from reports.layout import crew
from reports.printing import Limits, print_page
from tests.benchmarks.books import Maker, book_of, making
from tests.benchmarks.conftest import median, tell
from tests.benchmarks.typst_book import source
from tests.reports.samples import REPAIR, counted, report_input, report_sheet

SIZES = tuple(map(int, os.environ.get("RECUEIL_TEST_BENCH_SHEETS", "16,160").split(",")))
LIMITS = Limits(seconds=3600, memory=16 << 30)
UNTAGGED = """
import sys, time, weasyprint
html = sys.stdin.read()
begin = time.perf_counter()
weasyprint.HTML(string=html).write_pdf()
print(time.perf_counter() - begin)
"""


def one_pass(content: ReportInput) -> float:
    """How long WeasyPrint takes for the same book, tagged, in a process that is warm."""
    book = Book(content, Album.of(content))
    html = whole(book, tuple(book.parts()))
    begin = time.perf_counter()
    print_page(html, book.album.readers, io.BytesIO(), no_progress, limits=LIMITS)
    return time.perf_counter() - begin


def one_pass_untagged(content: ReportInput) -> float:
    """The same without tags."""
    book = Book(content, Album.of(content))
    html = whole(book, tuple(book.parts()))
    run = subprocess.run([sys.executable, "-c", UNTAGGED], input=html, capture_output=True, text=True, check=True)
    return float(run.stdout)


def typst_book(content: ReportInput) -> float:
    """How long Typst takes for the words of the same sheets."""
    words = source(content).encode()
    begin = time.perf_counter()
    made = typst.compile(words, format="pdf")
    taken = time.perf_counter() - begin
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert "/StructTreeRoot" in opened.Root
    return taken


def said(what: str, ours: float, theirs: float, floor: str) -> None:
    """One line."""
    print(f"{what:<52} {ours:8.2f} s   × {ours / theirs:6.3f}   ({floor} : {theirs:.2f} s)")  # noqa: T201


@pytest.fixture
def keep(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def test_a_book_of_160_sheets(keep: Path) -> None:
    crew.end_idle()
    first, _made = making(book_of(160, keep))
    whole_book = one_pass(book_of(160, None))
    compiled = typst_book(book_of(160, None))
    text = min(making(book_of(160, keep, description=f"Autrement {turn}."))[0] for turn in range(3))
    figures = min(making(book_of(160, keep, participants_count=counted(turn)))[0] for turn in range(3))
    said("Recueil de 160 fiches, première fois", first, whole_book, "WeasyPrint en une passe, balisé")
    said("… une fiche changée", text, whole_book, "WeasyPrint en une passe, balisé")
    said("… une fiche changée", text, compiled, "Typst, mêmes mots")
    said("… une fiche changée et ses effectifs", figures, whole_book, "WeasyPrint en une passe, balisé")
    said("… une fiche changée et ses effectifs", figures, compiled, "Typst, mêmes mots")


def test_books_of_growing_size(keep: Path) -> None:
    a_page: dict[int, float] = {}
    for count in SIZES:
        shutil.rmtree(keep, ignore_errors=True)
        with Maker(count, keep) as maker:
            first, at_first = maker.made()
            warm, again = maker.made("Autrement.")
        a_page[count] = first.seconds / first.pages
        print(  # noqa: T201
            f"{count:>5} fiches, {first.pages:>6} pages : {first.seconds:8.1f} s, {at_first >> 20:>5} Mo "
            f"({first.seconds / first.pages * 1000:.1f} ms par page, × {a_page[count] / a_page[SIZES[0]]:.2f}) ; "
            f"une fiche changée {warm.seconds:7.2f} s, {again >> 20:>5} Mo"
        )
        if count == 1_600:
            _against_peers(warm.seconds)


def _against_peers(warm: float) -> None:
    """One pass of 1,600 sheets takes minutes and gigabytes: it is taken as ten times that of 160."""
    said(
        "1 600 fiches, une changée",
        warm,
        10 * one_pass_untagged(book_of(160, None)),
        "une passe de 160 non balisée × 10",
    )
    said("1 600 fiches, une changée", warm, typst_book(book_of(1_600, None)), "Typst, mêmes mots")


def test_a_sheet_in_a_warm_process() -> None:
    content = report_input(report_sheet({name: value for name, value in REPAIR.items() if name != "files"}))
    fonts, words = FontConfiguration(), _sheet_html(content)
    style = CSS(string=words[0], font_config=fonts)

    def ours() -> None:
        out = io.BytesIO()
        REPORTS[ReportKind.SHEET].make(content, out, no_progress)
        assert out.getvalue().startswith(b"%PDF")

    def floor() -> None:
        HTML(string=words[1]).write_pdf(font_config=fonts, stylesheets=[style], pdf_variant="pdf/ua-1")

    tell("Une fiche en PDF, processus chaud", median(ours, floor, 11), "WeasyPrint, polices et style gardés")


def _sheet_html(content: ReportInput) -> tuple[str, str]:
    """The style of a sheet and its page without it."""
    asked: list[str] = []
    ask = crew.Worker.ask

    def listening(worker: crew.Worker, limits: Limits, tell: Callable[[str, int, int], None], **request: Any) -> Any:
        asked.append((Path(request["folder"]) / "page.html").read_text())
        return ask(worker, limits, tell, **request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crew.Worker, "ask", listening)
        REPORTS[ReportKind.SHEET].make(content, io.BytesIO(), no_progress)
    before, _, rest = asked[0].partition("<style>")
    style, _, after = rest.partition("</style>")
    return style, before + after
