"""One report made of parts: what is kept is taken, the rest laid out by a few processes, and all assembled."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from types import TracebackType
from typing import Any, BinaryIO

from reports.content import Progress, no_progress
from reports.layout.crew import EndedError, Limits, Worker, dismiss, hire
from reports.layout.keeping import Store

PART_LIMITS = Limits(seconds=60, memory=1 << 30)
_FILE_LIMITS = Limits(seconds=600, memory=2 << 30)
_MADE_WITH = " ".join(f"{name} {version(name)}" for name in ("weasyprint", "pydyf", "pillow"))
_PLACE = '\n.page::after { content: "0"; }\n'
"""What stands where a page's number will: one pass fills it with target-counter, which needs the whole document."""
_FEW = 8
"""Parts for which it isn't worth starting another process."""
_ATTEMPTS = 4


@dataclass(frozen=True)
class Head:
    """What the file says of itself, and how all parts look.

    created: ISO 8601 with its zone. style: CSS. mark: what is stamped on every page at the middle of its right margin,
    in letters that the style has there; empty for none. Parts are the same whatever it says.
    """

    title: str
    author: str
    created: str
    style: str
    mark: str = ""


@dataclass(frozen=True)
class Part:
    """One part of a report, which begins a page.

    id: tells it from the other parts. key: all that its HTML is made of, in words; the same key is the
    same HTML. html: makes it: one root element, with its id and its running heads. pictures: the names
    of those that it shows. instead: makes a plain page for a part that can't be laid out.
    """

    id: str
    key: str
    html: Callable[[], str]
    pictures: tuple[str, ...] = ()
    instead: Callable[[], str] | None = None


class Run:
    """The making of one report. Ends its processes where something is raised, and leaves no file behind."""

    def __init__(
        self,
        head: Head,
        parts: Sequence[Part],
        pictures: Mapping[str, Callable[[], bytes | None]],
        progress: Progress,
        *,
        keep: Path | None,
        limits: Limits,
        processes: int,
    ) -> None:
        self._head, self._parts, self._pictures = head, parts, pictures
        self._progress, self._limits, self._processes = progress, limits, processes
        if keep is not None:
            # The processes work in a folder of their own.
            keep = keep.resolve()
            keep.mkdir(parents=True, exist_ok=True)
        self._store = Store(keep) if keep is not None else None
        # Beside what is kept, so that a kept part is taken by a link.
        self._folder = Path(tempfile.mkdtemp(prefix="run-", dir=keep))
        self._workers: list[Worker] = []
        self._waiting: deque[int] = deque()
        self._tried: set[int] = set()
        self.replaced: list[str] = []

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        # The one that assembled comes last, so that it is the first to be asked again: it has met all fonts.
        for worker in reversed(self._workers):
            if kind is None:
                dismiss(worker)
            else:
                worker.end()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._store is not None and kind is None:
            self._store.clear()

    def make(self, out: BinaryIO) -> dict[str, Any]:
        """Write the file; what the printer met. Raises EndedError and what progress raises."""
        self._lay_out([number for number in range(len(self._parts)) if not self._kept(number)])
        made = self._folder / "file.pdf"
        words = {name: value for name, value in asdict(self._head).items() if name != "style"}
        for _attempt in range(_ATTEMPTS):
            self._progress("Écriture du PDF", 0, len(self._parts))
            paths = [str(self._path(number)) for number in range(len(self._parts))]
            said = self._asked(act="file", paths=paths, head=words, to=str(made))
            if "failed" in said:
                break
            if not said["broken"] and not said["unmet"]:
                with made.open("rb") as file:
                    shutil.copyfileobj(file, out, 1 << 20)
                return said
            for number in said["broken"]:
                self._path(number).unlink(missing_ok=True)
                if self._store is not None:
                    self._store.drop(self._name(number))
            self._lay_out(said["broken"])
            # What is asked one by one is answered by the process that will assemble.
            for number in said["unmet"]:
                self._lay_out([number])
        raise EndedError("error")

    def _asked(self, **request: Any) -> dict[str, Any]:
        """Have the file assembled; by a new process where the first ended through no fault of the file's."""
        if not self._workers:
            self._hire(1, warm=False)
        try:
            return self._workers[0].ask(_FILE_LIMITS, self._progress, **request)
        except EndedError as ended:
            if ended.reason == "time":
                raise
            return self._renewed(self._workers[0]).ask(_FILE_LIMITS, self._progress, **request)

    def _renewed(self, ended: Worker) -> Worker:
        """A new process in the place of one that ended."""
        ended.end()
        worker = Worker()
        self._workers[self._workers.index(ended)] = worker
        return worker

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.part"

    @cached_property
    def _style(self) -> tuple[str, bytes]:
        """The style sheet of all parts, and what tells it from others."""
        style = self._head.style + _PLACE
        return style, hashlib.sha256(f"{_MADE_WITH}\0{style}".encode()).digest()

    def _name(self, number: int) -> str:
        """Under which a part is kept."""
        key = self._parts[number].key.encode()
        return hashlib.sha256(self._style[1] + key).hexdigest()

    def _kept(self, number: int) -> bool:
        return self._store is not None and self._store.take(self._name(number), self._path(number))

    def _lay_out(self, numbers: Sequence[int]) -> None:
        """Have these parts laid out, by several processes where there are many."""
        waiting, total = deque(numbers), len(numbers)
        self._waiting = waiting
        self._hire(min(total, self._processes), warm=total <= _FEW)
        # A single part goes to the process that will assemble.
        free, busy = self._workers[:total], dict[Worker, int]()
        with DefaultSelector() as selector:
            while waiting or busy:
                while waiting and free:
                    self._begin(free.pop(0), waiting.popleft(), busy, selector)
                self._progress("Mise en page", total - len(waiting) - len(busy), total)
                free += self._heard(busy, selector)

    def _hire(self, wanted: int, *, warm: bool) -> None:
        """Have that many processes; warm: the first may be a new one, the others only if they wait already."""
        while len(self._workers) < wanted:
            worker = hire(warm=warm and bool(self._workers))
            if worker is None:
                return
            self._workers.append(worker)

    def _begin(self, worker: Worker, number: int, busy: dict[Worker, int], selector: DefaultSelector) -> None:
        part = self._parts[number]
        folder = self._folder / f"{number}.pictures"
        for name in part.pictures:
            if (content := self._pictures[name]()) is not None:
                folder.mkdir(exist_ok=True)
                (folder / name).write_bytes(content)
        html = part.html()
        try:
            self._send(worker, number, html)
        except EndedError:
            # It ended while it waited.
            worker = self._renewed(worker)
            self._send(worker, number, html)
        busy[worker] = number
        selector.register(worker, EVENT_READ)

    def _send(self, worker: Worker, number: int, html: str) -> None:
        to, pictures = str(self._path(number)), str(self._folder / f"{number}.pictures")
        request = {"html": html, "style": self._style[0], "pictures": pictures, "to": to}
        worker.send(self._limits, act="part", **request)

    def _heard(self, busy: dict[Worker, int], selector: DefaultSelector) -> list[Worker]:
        """Wait for answers; the processes that are free again."""
        free = []
        wait = min(worker.deadline for worker in busy) - time.monotonic()
        ready = {key.fileobj for key, _events in selector.select(max(0.0, wait))}
        for worker in list(busy):
            reason, answer = "", None
            try:
                if worker in ready:
                    answer = worker.receive(no_progress)
                elif worker.deadline <= time.monotonic():
                    raise worker.late()
            except EndedError as ended:
                reason = ended.reason
            if answer is None and not reason:
                continue
            number = busy.pop(worker)
            selector.unregister(worker)
            free.append(self._done(worker, number, answer) if answer else self._ended(worker, number, reason))
        return free

    def _ended(self, worker: Worker, number: int, reason: str) -> Worker:
        """Put a plain page in the place of a part that ended its process; the process to go on with.

        A process may also end through no fault of the part (a machine that is short of memory, a long life): what
        took no time too much is tried once more by a new one, or the same report wouldn't have the same bytes.
        """
        worker = self._renewed(worker)
        if reason != "time" and number not in self._tried:
            self._tried.add(number)
            self._waiting.append(number)
        else:
            self._replace(worker, number, reason)
        return worker

    def _done(self, worker: Worker, number: int, answer: dict[str, Any]) -> Worker:
        """Keep what was laid out, or put a plain page in its place; the process to go on with."""
        if "failed" in answer:
            self._replace(worker, number, "error")
        elif self._store is not None and not answer["unread"]:
            # A picture that couldn't be read today may be there tomorrow.
            self._store.put(self._name(number), self._path(number))
        shutil.rmtree(self._folder / f"{number}.pictures", ignore_errors=True)
        return worker

    def _replace(self, worker: Worker, number: int, reason: str) -> None:
        part = self._parts[number]
        if part.instead is None:
            raise EndedError(reason)
        if part.id not in self.replaced:
            self.replaced.append(part.id)
        request = {"html": part.instead(), "style": self._style[0], "pictures": "", "to": str(self._path(number))}
        if "failed" in worker.ask(self._limits, no_progress, act="part", **request):
            raise EndedError("error")
