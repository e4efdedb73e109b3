"""What a report is made from: sheets already chosen and read, and the words about the choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from forms.document import Document

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told (phase in French, done, total); total is 0 while it isn't known. It may raise, to cancel."""


def no_progress(phase: str, done: int, total: int) -> None:
    """For callers who don't watch."""


@dataclass(frozen=True)
class ReportSheet:
    """A sheet as a report shows it: one snapshot, and where it comes from.

    centre, commune, department: names. department_code: « 46 ». state_label: French, for the
    report's readers. snapshot_sha256: 64 hexadecimal digits. sent_at, validated_at: aware.
    """

    id: str
    reference: str
    year: int
    centre: str
    commune: str
    department_code: str
    department: str
    state_label: str
    document: Document
    snapshot_sha256: str
    sent_at: datetime | None = None
    validated_at: datetime | None = None

    @property
    def title(self) -> str:
        """The action's name as it was typed, or the reference where there is none."""
        return self.document.value("title") or f"Fiche {self.reference}"


@dataclass(frozen=True)
class ReportInput:
    """Everything that a report needs; the same input gives the same bytes.

    title: of the report. years: the campaigns', ascending. filter_text: the choice in French
    (« Département : Lot · Dimension : Services »), empty without one. made_at: aware.
    expected: how many centres were expected, None where nobody said. sheets: in the order in which
    they are to be printed. open_file: file id → its bytes, None where they can't be had.
    """

    title: str
    federation: str
    years: tuple[int, ...]
    filter_text: str
    made_at: datetime
    expected: int | None
    sheets: tuple[ReportSheet, ...]
    open_file: Callable[[str], bytes | None]
