"""What a report is made from: sheets already chosen and read, and the words about the choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
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
class Coverage:
    """How much of what was expected the report holds, in centres.

    answered: centres with at least one sheet in it. expected: None where nobody said. closed: whether every campaign
    of the report is closed; until then its figures are provisional.
    """

    answered: int
    expected: int | None
    closed: bool

    @property
    def watermark(self) -> str:
        """« Provisoire, 47 sur 60 » until the campaigns close; empty after."""
        if self.closed:
            return ""
        return f"Provisoire, {self.answered} sur {self.expected}" if self.expected else "Provisoire"


@dataclass(frozen=True)
class Design:
    """How a report is to look and what it is to hold, as its template says.

    colour: of covers and rules, « #rrggbb ». logo: the file id of a picture, None without one. foreword: paragraphs
    as typed, parted by empty lines; foreword_by: who signs it. sections: ids of the parts wanted, in the report's own
    order; empty for all of them. order: id of the order in which the sheets stand, empty for the report's own.
    """

    colour: str = "#1d4b40"
    logo: str | None = None
    foreword: str = ""
    foreword_by: str = ""
    sections: tuple[str, ...] = ()
    order: str = ""

    def wants(self, section: str) -> bool:
        """Whether that part is to be printed."""
        return not self.sections or section in self.sections


@dataclass(frozen=True)
class Quote:
    """A passage that a reader picked, and where it stands.

    question_label: the question that it answers. text: as it stands in the answer, on several lines where it does
    there. note: what the reader wrote beside it, empty without one.
    """

    sheet_reference: str
    sheet_title: str
    centre: str
    year: int
    question_label: str
    text: str
    note: str


@dataclass(frozen=True)
class ReportInput:
    """Everything that a report needs; the same input gives the same bytes.

    title: of the report. years: the campaigns', ascending. filter_text: the choice in French
    (« Département : Lot · Dimension : Services »), empty without one. made_at: aware.
    expected: how many centres were expected, None where nobody said. sheets: in the order in which
    they are to be printed. open_file: file id → its bytes, None where they can't be had.
    quotes: the passages picked for it, in the order of the sheets.
    """

    title: str
    federation: str
    years: tuple[int, ...]
    filter_text: str
    made_at: datetime
    expected: int | None
    sheets: tuple[ReportSheet, ...]
    open_file: Callable[[str], bytes | None]
    coverage: Coverage | None = None
    design: Design = field(default_factory=Design)
    address: str = ""
    quotes: tuple[Quote, ...] = ()
