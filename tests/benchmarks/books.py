"""Books of many sheets, made here or by a process of its own, whose memory is then what the product takes.

Run as a module with a number of sheets and a folder, it makes that book once for each line on its standard input: the
line is what the sheet in the middle says, and the seconds that it took answer it.
"""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import pikepdf

from reports.catalogue import REPORTS, ReportKind
from reports.content import ReportInput, ReportSheet, no_progress
from tests.reports.samples import REPAIR, SCHOOL, TALE, report_input, report_sheet

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Making:
    """One making of a book."""

    seconds: float
    pages: int


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
    out = io.BytesIO()
    return timed(content, out), out.getvalue()


def timed(content: ReportInput, out: BinaryIO) -> float:
    """Write a book; how long it takes."""
    begin = time.perf_counter()
    REPORTS[ReportKind.BOOK].make(content, out, no_progress)
    return time.perf_counter() - begin


class Maker:
    """A process that makes one book again and again."""

    def __init__(self, count: int, keep: Path) -> None:
        self._book = _book(keep)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.books", str(count), str(keep)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Maker:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()

    def made(self, words: str = "") -> tuple[Making, int]:
        """Have the book made; how that went, and the most bytes that the process and its children held."""
        assert self._process.stdin
        assert self._process.stdout
        with Peak(self._process.pid) as peak:
            self._process.stdin.write(f"{words}\n")
            self._process.stdin.flush()
            seconds = float(self._process.stdout.readline())
        # Counted here: opening it isn't part of its making.
        with pikepdf.open(self._book) as pdf:
            return Making(seconds, len(pdf.pages)), peak.most


def _book(keep: Path) -> Path:
    return keep.with_name("book.pdf")


class Peak:
    """The most memory that a process and its children held while they were watched, in bytes."""

    def __init__(self, process: int) -> None:
        self._process = process

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
            self.most = max(self.most, sum(map(_held, _tree(self._process))))


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


def main(count: int, keep: Path) -> None:
    """Make the book once for each line."""
    for line in sys.stdin:
        words = {"description": line.strip()} if line.strip() else {}
        with _book(keep).open("wb") as out:
            print(timed(book_of(count, keep, **words), out), flush=True)  # noqa: T201 (the test listens)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
