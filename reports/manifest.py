"""What a report holds, in words that can be checked: which sheets, at which sending, and their fingerprint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from forms import definition
from reports.content import ReportInput, ReportSheet

FORMAT = 1
MOST_SHEETS = 20_000
"""More than any federation has: a file that names more is none of ours."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST = 2_000


@dataclass(frozen=True)
class Entry:
    """A sheet in a report. version: the form's key. sent_at: ISO 8601 with its offset, empty where nobody said.
    The hashes are 64 hexadecimal digits."""

    reference: str
    year: int
    centre: str
    title: str
    version: str
    version_sha256: str
    snapshot_sha256: str
    sent_at: str = ""


@dataclass(frozen=True)
class Manifest:
    """What a report says of itself. kind: as the catalogue names it. made_at: ISO 8601 with its offset.
    content_sha256: what content_hash() makes of its sheets."""

    kind: str
    title: str
    federation: str
    made_at: str
    content_sha256: str
    sheets: tuple[Entry, ...]

    @property
    def coherent(self) -> bool:
        """Whether the fingerprint of the whole is that of the sheets that are named."""
        return self.content_sha256 == _hash_of((sheet.reference, sheet.snapshot_sha256) for sheet in self.sheets)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON; from_json(to_json(m)) == m."""
        return {"recueil": FORMAT, **asdict(self), "sheets": [asdict(sheet) for sheet in self.sheets]}

    @classmethod
    def from_json(cls, data: Any) -> Manifest:
        """Inverse of to_json. Raises ValueError on whatever isn't one: it comes from files that anybody may send."""
        if not isinstance(data, dict) or data.get("recueil") != FORMAT or not isinstance(data.get("sheets"), list):
            raise ValueError("no manifest")
        if len(data["sheets"]) > MOST_SHEETS:
            raise ValueError("too many sheets")
        return cls(
            kind=_text(data, "kind"),
            title=_text(data, "title"),
            federation=_text(data, "federation"),
            made_at=_moment(data, "made_at"),
            content_sha256=_sha256(data, "content_sha256"),
            sheets=tuple(_entry(sheet) for sheet in data["sheets"]),
        )


def manifest_of(kind: str, content: ReportInput) -> Manifest:
    """The manifest of a report of that kind, its sheets in the order in which they stand."""
    return Manifest(
        kind=kind,
        title=content.title,
        federation=content.federation,
        made_at=content.made_at.isoformat(),
        content_sha256=content_hash(content.sheets),
        sheets=tuple(entry_of(sheet) for sheet in content.sheets),
    )


def entry_of(sheet: ReportSheet) -> Entry:
    """A sheet as manifests name it."""
    version = sheet.document.version
    return Entry(
        reference=sheet.reference,
        year=sheet.year,
        centre=sheet.centre,
        title=sheet.title,
        version=version.key,
        version_sha256=version.sha256,
        snapshot_sha256=sheet.snapshot_sha256,
        sent_at=sheet.sent_at.isoformat() if sheet.sent_at else "",
    )


def content_hash(sheets: Iterable[ReportSheet]) -> str:
    """The fingerprint of these sheets as they were sent: 64 hexadecimal digits.

    SHA-256 of the canonical JSON (sorted keys, no blanks, UTF-8) of the sorted list of [reference, SHA-256 of the
    snapshot]. The order of printing and the kind of report don't count: a book, a workbook and a JSON file that hold
    the same sheets carry the same fingerprint, and are seen to say the same.
    """
    return _hash_of((sheet.reference, sheet.snapshot_sha256) for sheet in sheets)


def grouped(sha256: str) -> str:
    """A fingerprint as people can read it aloud: in fours."""
    return " ".join(sha256[at : at + 4] for at in range(0, len(sha256), 4))


def _hash_of(pairs: Iterable[tuple[str, str]]) -> str:
    return definition.content_hash(sorted(map(list, pairs)))


def _entry(data: Any) -> Entry:
    if not isinstance(data, dict):
        raise ValueError("no sheet")
    year = data.get("year")
    if not isinstance(year, int) or not 1900 <= year <= 2200:
        raise ValueError("no year")
    return Entry(
        reference=_text(data, "reference"),
        year=year,
        centre=_text(data, "centre"),
        title=_text(data, "title"),
        version=_text(data, "version"),
        version_sha256=_sha256(data, "version_sha256"),
        snapshot_sha256=_sha256(data, "snapshot_sha256"),
        sent_at=_moment(data, "sent_at") if data.get("sent_at") else "",
    )


def _text(data: Mapping[str, Any], name: str) -> str:
    text = data.get(name)
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise ValueError(f"no {name}")
    return text


def _sha256(data: Mapping[str, Any], name: str) -> str:
    text = _text(data, name)
    if not _SHA256.fullmatch(text):
        raise ValueError(f"{name} is no SHA-256")
    return text


def _moment(data: Mapping[str, Any], name: str) -> str:
    text = _text(data, name)
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"{name} has no offset")
    return text
