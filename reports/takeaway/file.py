"""A workbook that somebody sends: looked at with suspicion, opened by a child process, kept as plain cells."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from forms.kinds import Cell
from forms.values import Refused
from reports.printing import Limits, child_environment

_LOG = logging.getLogger(__name__)

LARGEST = 10 * 1024 * 1024
"""Bytes of a file that is looked at: a hundred sheets with long texts have a tenth of them."""
_UNPACKED = 120 * 1024 * 1024
_MOST_PARTS = 500
_LIMITS = Limits(seconds=20, memory=1 << 30)
_OLD = b"\xd0\xcf\x11\xe0"
"""How files of the old Excel begin, and those that a password locks."""

NOT_A_WORKBOOK = "Ce fichier n’est pas un classeur Excel (.xlsx) : choisissez celui que vous avez emporté de Recueil."
BROKEN = "Ce classeur est abîmé et ne se lit pas : ouvrez-le, enregistrez-le de nouveau en .xlsx, puis renvoyez-le."
LOCKED = (
    "Ce fichier est protégé par un mot de passe ou d’un ancien format : enregistrez-le en .xlsx, sans mot de passe."
)
TOO_LARGE = "Ce classeur est trop grand : retirez-en les images et ce qui n’est pas de Recueil, puis renvoyez-le."


@dataclass(frozen=True)
class Tab:
    """A tab: its name, and what stands in its cells by (row, column), both from 1."""

    name: str
    cells: Mapping[tuple[int, int], Cell]

    @property
    def last_row(self) -> int:
        """The last row that holds something, 0 without any."""
        return max((row for row, _column in self.cells), default=0)

    @property
    def last_column(self) -> int:
        """The last column that holds something, 0 without any."""
        return max((column for _row, column in self.cells), default=0)

    def cell(self, row: int, column: int) -> Cell:
        """What stands there, None where nothing does."""
        return self.cells.get((row, column))


def open_workbook(content: bytes, *, limits: Limits = _LIMITS) -> str:
    """The cells of a workbook as a text to be kept; tabs_of() reads it. Raises Refused (French)."""
    _refuse_unlikely(content)
    with tempfile.TemporaryDirectory(prefix="recueil-") as name:
        folder = Path(name)
        (folder / "book.xlsx").write_bytes(content)
        command = [
            sys.executable,
            "-P",
            "-m",
            "reports.takeaway.opening",
            name,
            str(limits.seconds),
            str(limits.memory),
        ]
        try:
            ended = subprocess.run(  # noqa: S603
                command, env=child_environment(), cwd=folder, capture_output=True, timeout=limits.seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise Refused(TOO_LARGE) from None
        if ended.returncode:
            _LOG.warning("opening a workbook ended with %s: %s", ended.returncode, ended.stderr[-1000:])
            # By a signal or for want of memory: the file asks for more than any sheet of ours.
            ran_out = ended.returncode < 0 or ended.returncode == 3 or b"MemoryError" in ended.stderr
            raise Refused(TOO_LARGE if ran_out else BROKEN)
        return (folder / "cells.json").read_text(encoding="utf-8")


def looks_like_workbook(content: bytes) -> bool:
    """True for what somebody may have meant as a workbook, ours or not: packed files, and those of the old Excel."""
    return content.startswith((b"PK", _OLD))


def _refuse_unlikely(content: bytes) -> None:
    """What can be told without opening anything."""
    if len(content) > LARGEST:
        raise Refused(TOO_LARGE)
    if content.startswith(_OLD):
        raise Refused(LOCKED)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            entries = parts.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refused(NOT_A_WORKBOOK) from None
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        raise Refused(NOT_A_WORKBOOK)
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused(LOCKED)
    if len(entries) > _MOST_PARTS or sum(entry.file_size for entry in entries) > _UNPACKED:
        raise Refused(TOO_LARGE)


def tabs_of(kept: str) -> tuple[Tab, ...]:
    """The tabs of a workbook that open_workbook() has read."""
    return tuple(Tab(tab["name"], dict(_placed(tab))) for tab in json.loads(kept))


def _placed(tab: dict[str, Any]) -> Iterator[tuple[tuple[int, int], Cell]]:
    """The cells of a tab by their place."""
    for row, values in tab.get("rows", ()):
        for column, value in enumerate(values, 1):
            if value is not None:
                yield (row, column), _cell(value)
    # As they were kept until the rows were kept whole; what waits to be confirmed may be a month old.
    for row, column, value in tab.get("cells", ()):
        yield (row, column), _cell(value)


def _cell(value: Any) -> Cell:
    return date.fromisoformat(value["day"]) if isinstance(value, dict) else value
