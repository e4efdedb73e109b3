"""Printing processes as their parent sees them: started, asked, listened to, ended; kept warm in between."""

from __future__ import annotations

import atexit
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import IO, Any, Literal, cast, overload

_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[2]
_MOST_IDLE = 2
_IDLE_SECONDS = 240
"""A process that has waited longer may be about to leave (see worker.IDLE_SECONDS)."""
_HEAVY = 400 << 10
"""Kilobytes that a process may have used and still be kept."""
_GROWN = 250 << 10
"""Kilobytes above which it makes room for a new one in the middle of a long report."""


@dataclass(frozen=True)
class Limits:
    """What one printing may take: seconds on the clock and of processor, bytes of memory."""

    seconds: int = 600
    memory: int = 2 << 30


class EndedError(Exception):
    """A process ended instead of answering. reason: « time », « memory » or « error »."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Worker:
    """One printing process. It is asked one thing at a time."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end)
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "reports.layout.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=child_environment(),
            cwd=tempfile.gettempdir(),
            bufsize=0,
        )
        self._in, self._out = cast(IO[bytes], self._child.stdin), cast(IO[bytes], self._child.stdout)
        self._rest = b""
        self._deadline = 0.0
        self._since = 0.0
        self._used = 0

    def fileno(self) -> int:
        """What to wait on for an answer."""
        return self._out.fileno()

    @property
    def deadline(self) -> float:
        """When the answer must be there, on the monotonic clock."""
        return self._deadline

    def send(self, limits: Limits, **request: Any) -> None:
        """Ask; the answer is received later."""
        self._deadline = time.monotonic() + limits.seconds
        line = json.dumps(request | {"seconds": limits.seconds, "memory": limits.memory}).encode() + b"\n"
        try:
            while line:
                line = line[self._in.write(line) or 0 :]
        except BrokenPipeError:
            raise self._ended({}) from None

    def receive(self, tell: Callable[[str, int, int], None]) -> dict[str, Any] | None:
        """Read what is there to read: the answer, or None where it has not come. Raises EndedError."""
        read = os.read(self.fileno(), 1 << 16)
        *lines, self._rest = (self._rest + read).split(b"\n")
        said: dict[str, Any] = {}
        for line in lines:
            said = json.loads(line)
            if "phase" in said:
                tell(said["phase"], said["done"], said.get("total", 0))
            elif "answer" in said:
                self._used = said["used"]
                if "failed" in said["answer"]:
                    _LOG.error("a page could not be laid out: %s", self._last_words())
                return dict(said["answer"])
        if not read or "memory" in said:
            raise self._ended(said)
        return None

    def late(self) -> EndedError:
        """End the process because it takes too long."""
        self.end()
        return EndedError("time")

    def ask(self, limits: Limits, tell: Callable[[str, int, int], None], **request: Any) -> dict[str, Any]:
        """Ask and wait for the answer. Raises EndedError."""
        self.send(limits, **request)
        with DefaultSelector() as selector:
            selector.register(self, EVENT_READ)
            while True:
                if not selector.select(max(0.0, self._deadline - time.monotonic())):
                    raise self.late()
                if (answer := self.receive(tell)) is not None:
                    return answer

    def _ended(self, said: Mapping[str, Any]) -> EndedError:
        try:
            status = self._child.wait(2)
        except subprocess.TimeoutExpired:
            status = 1
        words = self._last_words()
        _LOG.error("printing ended with %s: %s", status, words)
        self.end()
        if status == -signal.SIGXCPU:
            return EndedError("time")
        return EndedError("memory" if out_of_memory(status, said, words) else "error")

    def _last_words(self) -> str:
        size = os.fstat(self._errors.fileno()).st_size
        return os.pread(self._errors.fileno(), 4000, max(0, size - 4000)).decode(errors="replace")

    def rest(self) -> None:
        """Note since when nothing is asked."""
        self._since = time.monotonic()

    @property
    def grown(self) -> bool:
        """Whether it has come to hold so much that a new one is cheaper."""
        return self._used > _GROWN

    @property
    def fit(self) -> bool:
        """Whether it may be asked again."""
        waited = time.monotonic() - self._since
        return self._child.poll() is None and waited < _IDLE_SECONDS and self._used < _HEAVY

    def end(self) -> None:
        """End the process, whatever it does."""
        self._child.kill()
        self._child.wait()
        for stream in (self._in, self._out, self._errors):
            stream.close()


_idle: list[Worker] = []
_left_behind: list[Worker] = []
_lock = threading.Lock()


def _forget() -> None:
    """In a fork: the idle processes are the parent's."""
    global _lock
    _left_behind.extend(_idle)
    _idle.clear()
    _lock = threading.Lock()


def end_idle() -> None:
    """End the processes that wait."""
    while _idle:
        _idle.pop().end()


os.register_at_fork(after_in_child=_forget)
atexit.register(end_idle)


@overload
def hire(*, warm: Literal[False] = False) -> Worker: ...


@overload
def hire(*, warm: bool) -> Worker | None: ...


def hire(*, warm: bool = False) -> Worker | None:
    """A process that waits, or a new one; None where only a warm one is wanted and there is none."""
    while True:
        with _lock:
            worker = _idle.pop() if _idle else None
        if worker is None:
            return None if warm else Worker()
        if worker.fit:
            return worker
        worker.end()


def dismiss(worker: Worker) -> None:
    """Keep a process that has answered for the next who asks, or end it."""
    worker.rest()
    with _lock:
        if worker.fit and len(_idle) < _MOST_IDLE:
            _idle.append(worker)
            return
    worker.end()


@contextmanager
def hired() -> Iterator[Worker]:
    """A process to ask; it is ended where something is raised."""
    worker = hire()
    try:
        yield worker
    except BaseException:
        worker.end()
        raise
    dismiss(worker)


def out_of_memory(status: int, said: Mapping[str, Any], words: str) -> bool:
    """Whether a process ended for want of memory.

    It says so where Python finds out. Where a C library does (GLib, Cairo) it ends by a signal that nobody sent, or
    with an error that has passed through other hands: then its last words tell.
    """
    words = words.lower()
    return "memory" in said or status < 0 or "memoryerror" in words or "allocat" in words or "no memory" in words


def child_environment() -> dict[str, str]:
    """A child's environment: the product's settings, secrets among them, stay here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECUEIL_")}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    # Font subsets carry a date.
    return kept | {"SOURCE_DATE_EPOCH": "0"}
