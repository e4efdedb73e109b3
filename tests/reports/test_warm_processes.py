"""Printing processes that are kept: asked again, ended in time, nobody else's."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.content import no_progress
from reports.layout import crew
from reports.printing import Limits, print_page

PAGE = '<html lang="fr"><head><title>t</title></head><body><p>Un mot</p></body></html>'
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Begins and ends without a process that waits."""
    crew.end_idle()
    yield
    crew.end_idle()


def printed() -> bytes:
    """A small page."""
    out = io.BytesIO()
    print_page(PAGE, {}, out, no_progress)
    return out.getvalue()


def waiting() -> list[int]:
    """The processes that wait."""
    return [worker._child.pid for worker in crew._idle]


def alive(process: int) -> bool:
    """Whether it runs, or waits to be buried."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_process_that_waits_is_asked_again_and_prints_the_same_bytes() -> None:
    first = printed()
    before = waiting()
    assert printed() == first
    assert waiting() == before
    assert len(before) == 1


def test_a_process_that_died_while_it_waited_is_replaced() -> None:
    printed()
    [process] = waiting()
    os.kill(process, 9)
    deadline = time.monotonic() + 10
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert printed().startswith(b"%PDF")
    assert waiting() != [process]


def test_a_process_that_used_much_memory_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "_HEAVY", 1)
    printed()
    assert not waiting()


def test_what_its_parent_holds_is_not_counted_as_a_process_s_own() -> None:
    code = (
        "import io; held = bytearray(b'x' * (450 << 20));"
        "from reports.content import no_progress; from reports.layout import crew;"
        "from reports.printing import print_page;"
        "print_page('<p>Un mot</p>', {}, io.BytesIO(), no_progress); print(len(crew._idle))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "1\n"


def test_a_fork_does_not_share_its_parents_processes() -> None:
    printed()
    assert waiting()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, b"%d" % len(waiting()))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"0"
    os.close(read)
    os.close(write)
    assert printed().startswith(b"%PDF")


def test_a_process_ends_when_its_parent_is_gone() -> None:
    code = (
        "import os; from reports.layout import crew; worker = crew.Worker();"
        "print(worker._child.pid, flush=True); os._exit(0)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    process, deadline = int(run.stdout), time.monotonic() + 60
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(process)


def test_the_limits_of_a_request_are_its_own() -> None:
    out = io.BytesIO()
    printed()
    print_page("<p>x</p>" * 3, {}, out, no_progress, limits=Limits(memory=3 << 30))
    assert printed() == printed()
