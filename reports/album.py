"""The pictures of a report: under which name each is printed, and what to say of those that fail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from forms.kinds import is_picture
from reports.characters import legible
from reports.content import ReportInput, ReportSheet
from reports.printing import Printed

UNDRAWN = "Caractères sans dessin dans les polices"


@dataclass(frozen=True)
class Album:
    """names: file id → name for the printer, the same in every report. readers: name → what reads its
    bytes. words: name → where the picture stands, in French. by_sheet: sheet id → names."""

    names: dict[str, str]
    readers: dict[str, Callable[[], bytes | None]]
    words: dict[str, str]
    by_sheet: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, content: ReportInput) -> Album:
        """The logo and the pictures of all sheets; nothing is read yet."""
        album = cls({}, {}, {})
        if content.design.logo:
            album.add(content, content.design.logo, "Logo de la couverture")
        for sheet in content.sheets:
            for file in _pictures(sheet):
                name = album.add(content, file["id"], f"Fiche {legible(sheet.reference)}, « {legible(file['name'])} »")
                album.by_sheet[sheet.id] = (*album.of_sheet(sheet), name)
        return album

    def of_sheet(self, sheet: ReportSheet) -> tuple[str, ...]:
        """The names of a sheet's pictures."""
        return self.by_sheet.get(sheet.id, ())

    def add(self, content: ReportInput, file_id: str, words: str) -> str:
        """One more picture; its name says which it is: what shows it may be kept."""
        name = self.names.setdefault(file_id, f"p{hashlib.sha256(file_id.encode()).hexdigest()[:20]}")
        self.readers[name] = partial(content.open_file, file_id)
        self.words[name] = words
        return name

    def notes(self, printed: Printed) -> tuple[str, ...]:
        """What the person who asked must know, in French."""
        unread = tuple(
            f"{self.words[name]} : image illisible, remplacée par sa description." for name in printed.unread
        )
        if not printed.undrawn:
            return unread
        drawn = ", ".join(f"{character} (U+{ord(character):04X})" for character in printed.undrawn)
        return (*unread, f"{UNDRAWN}, imprimés comme un cadre vide : {drawn}.")


def _pictures(sheet: ReportSheet) -> list[dict[str, Any]]:
    rows = (row for section in sheet.document.sections for item in section.items for row in _rows(item.value))
    return [row for row in rows if is_picture(row)]


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
