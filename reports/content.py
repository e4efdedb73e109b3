"""What a report is made from: sheets already chosen and read, and the words about the choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from forms import french
from forms.definition import FormVersion
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
        """« Provisoire, 47 centres sur 60 » until the campaigns close; empty after."""
        if self.closed:
            return ""
        if not self.expected:
            return "Provisoire"
        centres = "centres" if self.answered >= 2 else "centre"
        return f"Provisoire, {self.answered}{french.NBSP}{centres} sur {self.expected}"


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
class Earlier:
    """What an earlier workbook of the same choice held: plain data, to be stored beside the run that made it.

    made_at: aware. sheets: reference → SHA-256 of the snapshot. columns: « tab/column » in order. schema: their
    version.
    """

    made_at: datetime
    sheets: Mapping[str, str]
    columns: tuple[str, ...]
    schema: str

    def to_json(self) -> dict[str, Any]:
        return {
            "made_at": self.made_at.isoformat(),
            "sheets": dict(self.sheets),
            "columns": list(self.columns),
            "schema": self.schema,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Earlier:
        """Inverse of to_json. Raises KeyError, TypeError or ValueError on anything else."""
        made_at = datetime.fromisoformat(data["made_at"])
        return cls(made_at, dict(data["sheets"]), tuple(data["columns"]), data["schema"])


@dataclass(frozen=True)
class Quote:
    """A passage that a reader picked from a sheet, with where it stands. note: the reader's own words, may be empty."""

    sheet_reference: str
    sheet_title: str
    centre: str
    year: int
    question_label: str
    text: str
    note: str


@dataclass(frozen=True)
class Terms:
    """The agreement (*convention*) that a funder's report is about.

    funder_kind: code of the partners' list, as in the rows of a funding plan; funder_kind_label: the same in French.
    years: those of the report, ascending, within first_year to last_year. scope: what it covers, one French phrase a
    narrowing, empty for all of it. requested, granted: euros a year, None where nobody said. whole: the sheets are
    printed whole, else in short.
    """

    title: str
    reference: str
    funder: str
    funder_kind: str
    funder_kind_label: str
    first_year: int
    last_year: int
    years: tuple[int, ...]
    scope: tuple[str, ...] = ()
    requested: Decimal | None = None
    granted: Decimal | None = None
    whole: bool = False


@dataclass(frozen=True)
class ReportInput:
    """Everything that a report needs; the same input gives the same bytes.

    title: of the report. years: the campaigns', ascending. filter_text: the choice in French
    (« Département : Lot · Dimension : Services »), empty without one. made_at: aware.
    expected: how many centres were expected, None where nobody said. sheets: in the order in which
    they are to be printed. open_file: file id → its bytes, None where they can't be had. keep: a folder in
    which laid-out sheets may stay from one report to the next, None to keep nothing. previous: what the last
    workbook of the same choice held. versions: of the form, as they were published, oldest first, whether or not a
    sheet here was filled in with them; empty where nobody says. sign: of a file's seal its signature
    (reports.sealing), where whoever makes it has a key. quotes: in the order in which they are to be printed.
    terms: of the agreement, for a report to its funder.
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
    keep: Path | None = None
    previous: Earlier | None = None
    versions: tuple[FormVersion, ...] = ()
    sign: Callable[[str], str] | None = None
    quotes: tuple[Quote, ...] = ()
    terms: Terms | None = None
