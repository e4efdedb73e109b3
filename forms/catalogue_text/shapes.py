"""What is read from a file of the public catalogue: sheets, answers, and what there is to say about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from forms.prose import ToldCount
from forms.steps import Unparsed


class Level(StrEnum):
    """How much a finding matters: told, to be looked at, to be decided by a person, refused."""

    INFO = "info"
    WARNING = "warning"
    PROPOSAL = "proposal"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """Something to say about an import.

    sheet: title of the sheet, None for the file as a whole. question: id of the question, or None.
    message: one French sentence with the reason.
    """

    sheet: str | None
    question: str | None
    level: Level
    message: str

    def to_json(self) -> dict[str, Any]:
        return {
            "sheet": self.sheet,
            "question": self.question,
            "level": self.level.value,
            "message": self.message,
        }


@dataclass(frozen=True)
class Entry:
    """A line of the table at the head of the file."""

    name: str
    department: str
    year: int


@dataclass(frozen=True)
class ParsedSheet:
    """A sheet as the file tells it.

    organisation: name of the centre, as written. department: official code (« 46 »), None where it
    could not be read. year: from the table, None where the table doesn't know the sheet. answers:
    JSON by question id, valid for the version of that year. unparsed: by question id, what could
    not be read, kept with its reason. proposals: figures read from prose, for a person to accept.
    """

    title: str
    organisation: str
    department: str | None
    year: int | None
    answers: Mapping[str, Any]
    unparsed: Mapping[str, Unparsed]
    proposals: tuple[ToldCount, ...]
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """True where an error keeps the sheet out."""
        return any(finding.level is Level.ERROR for finding in self.findings)


@dataclass(frozen=True)
class Parsed:
    """A whole file: the lines of its table, its sheets, and the findings about the file itself."""

    entries: tuple[Entry, ...]
    sheets: tuple[ParsedSheet, ...]
    findings: tuple[Finding, ...]

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """About the file, then sheet by sheet."""
        return self.findings + tuple(finding for sheet in self.sheets for finding in sheet.findings)
