"""The book against WeasyPrint's one pass and Typst, in time and memory; one sheet against WeasyPrint itself.

Each figure is a ratio within one run. « Une fiche changée » is the whole making of the report again, from its sheets
to its bytes, in processes that are warm, after one sheet's text has changed; « et ses effectifs » after one of its
counted figures has, so that every figure of the book is laid out again too. Typst compiles the words of the same sheets
with contents, running heads, page numbers, outline and tags, but no figures, indexes or lists of sources.
Memory is that of this process and all that it started, pages that they share counted in part (PSS).
RECUEIL_BENCH_SHEETS (16,160 unless told) says how many sheets the books have that are compared in size: with
16,160,1600,8000 it takes half an hour.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
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
from reports.content import ReportInput, ReportSheet, no_progress
from reports.layout import crew
from reports.printing import Limits, print_page
from tests.benchmarks.conftest import median, tell
from tests.benchmarks.typst_book import source
from tests.reports.samples import REPAIR, SCHOOL, TALE, counted, report_input, report_sheet

SIZES = tuple(map(int, os.environ.get("RECUEIL_BENCH_SHEETS", "16,160").split(",")))
LIMITS = Limits(seconds=3600, memory=16 << 30)
UNTAGGED = """
import sys, time, weasyprint
html = sys.stdin.read()
begin = time.perf_counter()
weasyprint.HTML(string=html).write_pdf()
print(time.perf_counter() - begin)
"""


def sheet(number: int, **changes: Any) -> ReportSheet:
    """A sheet as long as real ones are, without pictures."""
    answers = (REPAIR, SCHOOL, TALE)[number % 3]
    given = {name: value for name, value in answers.items() if name != "files"}
    made = report_sheet(given | {"title": f"Action {number}, {given['title']}"} | changes, number)
    place = {"centre": f"Centre social no {number % 60}", "department": f"Département {number % 4}"}
    return replace(made, reference=f"2026-{number:05}", department_code=f"{1 + number % 4:02}", **place)


def book_of(count: int, keep: Path | None, **changes: Any) -> ReportInput:
    """A book of that many sheets; changes: of the answers of the one in the middle."""
    sheets = [sheet(number, **(changes if number == count // 2 else {})) for number in range(count)]
    return report_input(*sheets, keep=keep)


def making(content: ReportInput) -> tuple[float, bytes]:
    """How long a book takes, and its bytes."""
    begin, out = time.perf_counter(), io.BytesIO()
    REPORTS[ReportKind.BOOK].make(content, out, no_progress)
    return time.perf_counter() - begin, out.getvalue()


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


class Peak:
    """The most memory that this process and its children held while it was watched, in bytes."""

    def __enter__(self) -> Peak:
        self.most, self._over = 0, threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.most = max(self.most, sum(map(_held, _tree(os.getpid()))))


def _tree(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(words[1]), []).append(int(status.parent.name))
    found = [root]
    for process in found:
        found += parents.get(process, [])
    return found


def _held(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)


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
        content = book_of(count, keep)
        with Peak() as at_first:
            first, made = making(content)
        changed = book_of(count, keep, description="Autrement.")
        with Peak() as again:
            warm, _made = making(changed)
        with pikepdf.open(io.BytesIO(made)) as opened:
            pages = len(opened.pages)
        a_page[count] = first / pages
        print(  # noqa: T201
            f"{count:>5} fiches, {pages:>6} pages : {first:8.1f} s, {at_first.most >> 20:>5} Mo "
            f"({first / pages * 1000:.1f} ms par page, × {a_page[count] / a_page[SIZES[0]]:.2f}) ; "
            f"une fiche changée {warm:7.2f} s, {again.most >> 20:>5} Mo"
        )
        if count == 1_600:
            _against_peers(warm)


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
