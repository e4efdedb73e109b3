"""What an import would do, as it is told: every sheet of the file, its centre, its fate and what there is to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from forms.catalogue_text import Finding, Level, ParsedSheet
from forms.prose import ToldCount
from webapp.centre_names import Known, Match
from webapp.models import Centre, Sheet


class Fate(StrEnum):
    """What becomes of a sheet of the file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    REFUSED = "refused"
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Choice:
    """What a person decided about a sheet.

    centre: id of the centre meant; new: make it; neither: as the program found. counts: the
    questions whose proposed figure is accepted. leave_out: don't import this sheet.
    """

    centre: UUID | None = None
    new: bool = False
    counts: frozenset[str] = frozenset()
    leave_out: bool = False


@dataclass(frozen=True)
class Place:
    """The centre of a sheet. key: its id, or the folded name of one to be made; None while in doubt."""

    key: UUID | str | None
    name: str
    match: Match
    candidates: tuple[Known[UUID | str], ...] = ()
    learn: bool = False
    """The written name becomes an alias of the centre: a person said that it means that one."""


@dataclass(frozen=True)
class PlannedSheet:
    """A sheet of the file, numbered from 0, with what becomes of it."""

    number: int
    parsed: ParsedSheet
    place: Place
    fate: Fate
    answers: Mapping[str, Any]
    changed: tuple[str, ...]
    proposals: tuple[ToldCount, ...]
    findings: tuple[Finding, ...]
    action_id: UUID | None = None
    sheet: Sheet | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    """The marks of the stored answers that `answers` are to replace, where only some are."""
    draft: bool = False
    """It becomes, or stays, a draft of its centre, and is not published."""

    @property
    def whole(self) -> bool:
        """True where everything that the file says of it is taken."""
        refused = any(finding.level is Level.ERROR for finding in self.findings)
        return not refused and self.fate not in {Fate.REFUSED, Fate.WAITING, Fate.LEFT_OUT}


@dataclass(frozen=True)
class Plan:
    """A whole import: its sheets, the findings about the file, the federation's centres by name.

    written: False where it was only a plan that nobody carried out.
    """

    sheets: tuple[PlannedSheet, ...]
    findings: tuple[Finding, ...]
    centres: Sequence[Centre]
    written: bool = True

    @property
    def whole(self) -> bool:
        """True where the file is taken as a whole."""
        refused = any(finding.level is Level.ERROR for finding in self.findings)
        return not refused and all(sheet.whole for sheet in self.sheets)

    def count(self, fate: Fate) -> int:
        """How many sheets that becomes of."""
        return sum(sheet.fate is fate for sheet in self.sheets)

    def of(self, *fates: Fate) -> tuple[PlannedSheet, ...]:
        """The sheets that one of these becomes of."""
        return tuple(sheet for sheet in self.sheets if sheet.fate in fates)

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """About the file, then sheet by sheet."""
        return self.findings + tuple(finding for sheet in self.sheets for finding in sheet.findings)

    @property
    def new_centres(self) -> tuple[str, ...]:
        """The names of the centres to be made, as first written."""
        written = self.of(Fate.CREATED)
        return tuple({sheet.place.key: sheet.place.name for sheet in reversed(written) if _is_new(sheet)}.values())[
            ::-1
        ]

    def to_json(self) -> dict[str, Any]:
        """The account that the command line prints."""
        return {
            "read": len(self.sheets),
            "created": self.count(Fate.CREATED) if self.written else 0,
            "unchanged": self.count(Fate.UNCHANGED),
            "updated": self.count(Fate.UPDATED) if self.written else 0,
            "findings": [finding.to_json() for finding in self.all_findings],
        }


def _is_new(sheet: PlannedSheet) -> bool:
    return isinstance(sheet.place.key, str)
