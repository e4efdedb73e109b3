"""Has a page printed as PDF by a child process, with a limit of time and one of memory."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any, BinaryIO

from forms.values import Refused
from reports.content import Progress

_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Limits:
    """What one printing may take: seconds on the clock and of processor, bytes of memory."""

    seconds: int = 600
    memory: int = 2 << 30


@dataclass(frozen=True)
class Printed:
    """What the printer met: pictures that it could not show (by name), characters without drawing."""

    unread: tuple[str, ...]
    undrawn: tuple[str, ...]


def print_page(
    html: str,
    pictures: Mapping[str, Callable[[], bytes | None]],
    out: BinaryIO,
    progress: Progress,
    *,
    limits: Limits | None = None,
) -> Printed:
    """Write the PDF of a page to out.

    html: a whole page; its pictures are « recueil:<name> », and nothing else is fetched. pictures:
    what gives their bytes as they were received, by name (letters and digits); called one by one.
    Raises Refused where a limit is reached or the page can't be laid out, and whatever progress
    raises; the child is ended in each case.
    """
    with tempfile.TemporaryDirectory(prefix="recueil-") as name:
        folder = Path(name)
        (folder / "page.html").write_text(html, encoding="utf-8")
        for done, (picture, read) in enumerate(pictures.items(), 1):
            progress("Lecture des images", done, len(pictures))
            if (content := read()) is not None:
                (folder / picture).write_bytes(content)
        printed = _run(folder, progress, limits or Limits())
        with (folder / "page.pdf").open("rb") as made:
            shutil.copyfileobj(made, out)
        return printed


def _run(folder: Path, progress: Progress, limits: Limits) -> Printed:
    command = [sys.executable, "-P", "-m", "reports.pdf", str(folder), str(limits.seconds), str(limits.memory)]
    with (
        (folder / "errors.txt").open("w+b") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=child_environment(), cwd=folder) as child,  # noqa: S603
    ):
        ending = Timer(limits.seconds, child.kill)
        ending.start()
        try:
            said = _listen(child, progress)
            status = child.wait()
        finally:
            late = ending.finished.is_set() or child.poll() == -signal.SIGXCPU
            ending.cancel()
            child.kill()
        if status:
            errors.seek(0)
            _LOG.error("printing ended with %s: %s", status, errors.read()[-4000:].decode(errors="replace"))
            raise Refused(_reason(late, _out_of_memory(status, said, errors)))
        return Printed(tuple(said["unread"]), tuple(said["undrawn"]))


def _listen(child: subprocess.Popen[bytes], progress: Progress) -> dict[str, Any]:
    """Pass the child's progress on; return the last thing that it said."""
    said: dict[str, Any] = {}
    for line in child.stdout or ():
        said = json.loads(line)
        if "phase" in said:
            progress(said["phase"], said["done"], 0)
    return said


def _out_of_memory(status: int, said: Mapping[str, Any], errors: BinaryIO) -> bool:
    """Whether the child ended for want of memory.

    It says so where Python finds out. Where a C library does (GLib, Cairo) it ends by a signal that nobody sent, or
    with an error that has passed through other hands: then its last words tell.
    """
    errors.seek(0)
    words = errors.read()[-4000:].lower()
    return "memory" in said or status < 0 or b"memoryerror" in words or b"allocat" in words or b"no memory" in words


def _reason(late: bool, memory: bool) -> str:
    if late or memory:
        what = "trop de temps" if late else "trop de mémoire"
        return f"Ce document demande {what} : choisissez moins de fiches, puis relancez."
    return "Ce document n’a pas pu être mis en page : relancez, ou signalez-le à votre administrateur."


def child_environment() -> dict[str, str]:
    """The child's environment: the product's settings, secrets among them, stay here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECUEIL_")}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    # Font subsets carry a date.
    return kept | {"SOURCE_DATE_EPOCH": "0"}
