"""A printing process that ends, or can't do its work, costs time but no page: the report comes all the same."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reports import book
from reports.album import Album
from reports.book_pages import Book
from reports.content import Design, ReportInput, no_progress
from reports.layout import crew
from reports.printing import NotMadeError, print_parts
from tests.reports.reading import whole_text
from tests.reports.samples import REPAIR, TALE, report_input, report_sheet


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Begins and ends without a process that waits."""
    crew.end_idle()
    yield
    crew.end_idle()


@pytest.fixture
def content(tmp_path: Path) -> ReportInput:
    design = Design(sections=("couverture", "sommaire", "fiches", "centres"))
    return report_input(report_sheet(REPAIR, 1), report_sheet(TALE, 2), design=design, keep=tmp_path)


def end_all() -> None:
    """End every printing process of this one, as a machine that is short of memory does."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text().rpartition(")")[2].split()[1]
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == str(os.getpid()) and b"reports.layout.worker" in command:
            os.kill(int(status.parent.name), signal.SIGKILL)


def once(act: Callable[[], None]) -> Callable[[], None]:
    """The act, the first time that it is called."""
    left = [act]
    return lambda: left.pop()() if left else None


def test_a_part_whose_process_ended_is_laid_out_by_another(content: ReportInput) -> None:
    made, usual, out = Book(content, Album.of(content)), io.BytesIO(), io.BytesIO()
    parts, end = list(made.parts()), once(end_all)
    print_parts(made.head, parts, made.album.readers, usual, no_progress)

    def html() -> str:
        end()
        return parts[2].html()

    ending = [*parts[:2], replace(parts[2], html=html), *parts[3:]]
    found = print_parts(made.head, ending, made.album.readers, out, no_progress)
    assert found.replaced == ()
    assert out.getvalue() == usual.getvalue()


def test_processes_that_have_grown_make_room_for_new_ones_and_the_bytes_stay(
    content: ReportInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, usual, out = Book(content, Album.of(content)), io.BytesIO(), io.BytesIO()
    print_parts(made.head, list(made.parts()), made.album.readers, usual, no_progress)
    crew.end_idle()
    begun: list[int] = []
    start = crew.Worker.__init__

    def counted(worker: crew.Worker) -> None:
        start(worker)
        begun.append(1)

    monkeypatch.setattr(crew.Worker, "__init__", counted)
    monkeypatch.setattr(crew, "_GROWN", 0)
    fresh = replace(content, keep=None)
    made = Book(fresh, Album.of(fresh))
    parts = list(made.parts())
    print_parts(made.head, parts, made.album.readers, out, no_progress)
    # All but the last part leave one behind; what the last one met, it assembles.
    assert len(begun) >= len(parts)
    assert out.getvalue() == usual.getvalue()


def test_a_file_whose_process_ended_is_assembled_by_another(content: ReportInput) -> None:
    made, usual, out = Book(content, Album.of(content)), io.BytesIO(), io.BytesIO()
    end = once(end_all)

    def progress(phase: str, done: int, _total: int) -> None:
        if phase == "Écriture du PDF" and not done:
            end()

    print_parts(made.head, list(made.parts()), made.album.readers, usual, no_progress)
    print_parts(made.head, list(made.parts()), made.album.readers, out, progress)
    assert out.getvalue() == usual.getvalue()


def in_the_way(keep: Path) -> Callable[[str, int, int], None]:
    """Progress of a making whose file can't be written: something else stands in its place."""

    def progress(phase: str, _done: int, total: int) -> None:
        if phase == "Écriture du PDF" and total:
            for folder in keep.glob("run-*"):
                (folder / "file.pdf").mkdir(exist_ok=True)

    return progress


def test_a_book_that_cannot_be_assembled_is_made_in_one_pass(
    content: ReportInput, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = io.BytesIO()
    assert book.make(content, out, in_the_way(tmp_path)) == ()
    assert "a book is made in one pass" in caplog.text
    text = whole_text(out.getvalue())
    for sheet in content.sheets:
        assert sheet.reference in text
    assert not list(tmp_path.glob("run-*"))


def test_a_large_book_that_cannot_be_assembled_is_refused(
    content: ReportInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "MOST_IN_ONE_PASS", 1)
    with pytest.raises(NotMadeError):
        book.make(content, io.BytesIO(), in_the_way(tmp_path))
