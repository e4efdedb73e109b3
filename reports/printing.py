"""Has pages printed as PDF by a child process, with a limit of time and one of memory: in one pass, or part by part."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from forms.values import Refused
from reports.content import Progress
from reports.layout.crew import EndedError, Limits, child_environment, hired
from reports.layout.making import PART_LIMITS, Head, Part, Run

__all__ = [
    "PART_LIMITS",
    "Head",
    "Limits",
    "NotMadeError",
    "Part",
    "Printed",
    "child_environment",
    "print_page",
    "print_parts",
]

Pictures: TypeAlias = Mapping[str, Callable[[], bytes | None]]
"""What gives the bytes of pictures as they were received, by name (letters and digits)."""


class NotMadeError(Refused):
    """A document could not be made though nothing took too long or too much."""


@dataclass(frozen=True)
class Printed:
    """What the printer met: pictures that it could not show (by name), characters without drawing.

    replaced: ids of the parts that could not be laid out, and of which a plain page says so.
    """

    unread: tuple[str, ...]
    undrawn: tuple[str, ...]
    replaced: tuple[str, ...] = ()


def print_page(
    html: str,
    pictures: Pictures,
    out: BinaryIO,
    progress: Progress,
    *,
    limits: Limits | None = None,
) -> Printed:
    """Write the PDF of a page to out, in one pass.

    html: a whole page; its pictures are « recueil:<name> », and nothing else is fetched. pictures:
    called one by one. Raises Refused where a limit is reached or the page can't be laid out, and
    whatever progress raises; the child is ended in each case.
    """
    with tempfile.TemporaryDirectory(prefix="recueil-") as name:
        folder = Path(name)
        (folder / "page.html").write_text(html, encoding="utf-8")
        for done, (picture, read) in enumerate(pictures.items(), 1):
            progress("Lecture des images", done, len(pictures))
            if (content := read()) is not None:
                (folder / picture).write_bytes(content)
        try:
            with hired() as worker:
                said = worker.ask(limits or Limits(), progress, act="page", folder=str(folder))
        except EndedError as ended:
            raise _refusal(ended.reason) from None
        if "failed" in said:
            raise _refusal("error")
        with (folder / "page.pdf").open("rb") as made:
            shutil.copyfileobj(made, out)
        return Printed(tuple(said["unread"]), tuple(said["undrawn"]))


def print_parts(
    head: Head,
    parts: Sequence[Part],
    pictures: Pictures,
    out: BinaryIO,
    progress: Progress,
    *,
    keep: Path | None = None,
    limits: Limits = PART_LIMITS,
    processes: int = 1,
) -> Printed:
    """Write one tagged PDF of parts that are laid out one by one, so that it takes any number of them.

    keep: a folder in which laid-out parts stay from one report to the next; only what has changed is
    laid out again. Several processes may use it. limits: of each part. processes: that lay out at the
    same time. The same parts give the same bytes, whatever was kept and however many processes.
    A part that can't be laid out gives way to its « instead »; Refused where it has none, or where
    the file can't be assembled. Raises whatever progress raises; the children are ended then.
    """
    try:
        with Run(head, parts, pictures, progress, keep=keep, limits=limits, processes=processes) as run:
            said = run.make(out)
    except EndedError as ended:
        raise _refusal(ended.reason) from None
    return Printed(tuple(said["unread"]), tuple(said["undrawn"]), tuple(run.replaced))


def _refusal(why: str) -> Refused:
    if why in ("time", "memory"):
        what = "trop de temps" if why == "time" else "trop de mémoire"
        return Refused(f"Ce document demande {what} : choisissez moins de fiches, puis relancez.")
    return NotMadeError("Ce document n’a pas pu être mis en page : relancez, ou signalez-le à votre administrateur.")
