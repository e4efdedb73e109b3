"""The printer: fetches nothing, keeps within its limits, leaves nothing behind."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pikepdf
import pytest

from forms.values import Refused
from reports.catalogue import ReportKind
from reports.content import no_progress
from reports.layout.crew import out_of_memory
from reports.printing import Limits, print_page
from reports.rendering import render
from tests.reports.reading import made, squeezed, whole_text
from tests.reports.samples import REPAIR, report_input, report_sheet

CANARY = "canari-des-mines-7f3a"


class Listener:
    """A socket that counts who calls."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.calls: list[Any] = []
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, address = self.socket.accept()
            except OSError:
                return
            self.calls.append(address)
            connection.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    opened = Listener()
    yield opened
    opened.socket.close()


def _attempts(url: str, path: Path) -> list[str]:
    return [
        markup.format(target=target)
        for target in (url, f"file://{path}", str(path))
        for markup in (
            '<img src="{target}">',
            '<link rel="stylesheet" href="{target}">',
            '<link rel="attachment" href="{target}">',
            '<a rel="attachment" href="{target}">x</a>',
            '<style>@import url("{target}"); body {{ background: url({target}) }}</style>',
            '<style>@font-face {{ font-family: Inter; src: url("{target}") }}</style>',
            "<style>li {{ list-style-image: url({target}) }} p::before {{ content: url({target}) }}</style>",
            '<base href="{target}">',
            '<svg xmlns="http://www.w3.org/2000/svg"><image href="{target}"/><use href="{target}#a"/></svg>',
            '<object data="{target}"></object><embed src="{target}"><iframe src="{target}"></iframe>',
            '<meta http-equiv="refresh" content="0;url={target}">',
            '<input type="image" src="{target}"><video poster="{target}"></video>',
            '<?xml-stylesheet href="{target}"?><!DOCTYPE a [<!ENTITY b SYSTEM "{target}">]>&b;',
        )
    ]


def _streams(pdf: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        streams = [object_ for object_ in opened.objects if isinstance(object_, pikepdf.Stream)]
        return b"".join(
            stream.read_raw_bytes() if stream.get("/Subtype") == "/Image" else stream.read_bytes() for stream in streams
        )


def test_a_text_makes_the_printer_fetch_nothing_and_is_printed_as_typed(listener: Listener, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    attempts = _attempts(f"http://127.0.0.1:{listener.port}/x", secret)
    answers = REPAIR | {"description": "\n".join(attempts), "title": attempts[0]}
    answers |= {"partners_named": [{"name": attempt[:200], "role": attempt[:300]} for attempt in attempts]}
    report = made(ReportKind.SHEET, report_input(report_sheet(answers)))
    assert listener.calls == []
    assert CANARY.encode() not in _streams(report.content)
    text = whole_text(report.content)
    assert [attempt for attempt in attempts if squeezed(attempt) not in text] == []


def test_even_markup_of_our_own_fetches_nothing(listener: Listener, tmp_path: Path) -> None:
    """Should a template ever let something through, the printer still refuses."""
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    body = "".join(_attempts(f"http://127.0.0.1:{listener.port}/x", secret))
    data = '<img alt="a" src="data:image/svg+xml,<svg/>"><img alt="b" src="recueil:../secret">'
    out = io.BytesIO()
    print_page(f'<html lang="fr"><title>t</title><body>{body}{data}<p>fin</p></body>', {}, out, no_progress)
    assert listener.calls == []
    assert CANARY.encode() not in _streams(out.getvalue())


def test_a_page_that_takes_too_long_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="trop de temps"):
        print_page("<p>x</p>" * 50_000, {}, io.BytesIO(), no_progress, limits=Limits(seconds=2))


def test_a_page_that_takes_too_much_memory_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="trop de mémoire"):
        print_page("<p>x</p>" * 100_000, {}, io.BytesIO(), no_progress, limits=Limits(memory=256 << 20))


@pytest.mark.parametrize(
    ("status", "said", "words", "expected"),
    [
        (1, {"memory": True}, "", True),
        (-6, {}, "GLib-ERROR: could not allocate 4096 bytes", True),
        (1, {}, "MemoryError", True),
        (-11, {}, "", True),
        (1, {}, "ValueError: broken", False),
    ],
)
def test_an_end_for_want_of_memory_is_told_from_others(
    status: int, said: dict[str, Any], words: str, expected: bool
) -> None:
    assert out_of_memory(status, said, words) is expected


def test_a_picture_of_too_many_pixels_stops_nothing() -> None:
    def row(length: int) -> bytes:
        return b"\0" * length

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    side = 20_000
    head = side.to_bytes(4, "big") * 2 + bytes((8, 0, 0, 0, 0))
    body = zlib.compress(row(side + 1) * 50)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    out = io.BytesIO()
    printed = print_page(
        '<html lang="fr"><img alt="une image" src="recueil:p0">', {"p0": lambda: bomb}, out, no_progress
    )
    assert printed.unread == ("p0",)


def test_whoever_watches_may_cancel_and_the_child_ends() -> None:
    class CancelledError(Exception):
        pass

    def cancel(phase: str, done: int, total: int) -> None:
        raise CancelledError

    before = _children()
    with pytest.raises(CancelledError):
        print_page("<p>x</p>" * 5_000, {}, io.BytesIO(), cancel)
    assert _children() <= before, "one that waited may have been taken, and ended"


def _children() -> set[str]:
    """The printers that this process started and that still run."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = status.read_text().rpartition(")")[2].split()[1]
            if parent == str(os.getpid()) and b"reports.layout.worker" in (status.parent / "cmdline").read_bytes():
                found.add(status.parent.name)
    return found


def test_the_child_does_not_inherit_the_products_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from reports.printing import child_environment

    monkeypatch.setenv("RECUEIL_SECRET_KEY", "x")
    assert not [name for name in child_environment() if name.startswith("RECUEIL_")]


def test_reading_the_catalogue_of_reports_does_not_load_the_printer() -> None:
    code = "import sys, reports.catalogue; sys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


def test_a_template_that_names_what_is_not_there_fails() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        render("reports/sheet.html", content=report_input())
