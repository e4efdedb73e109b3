"""The pictures of a report: under which name each is printed, and what to say of those that fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from forms.kinds import is_picture
from reports.characters import legible
from reports.content import ReportInput, ReportSheet
from reports.printing import Printed

UNDRAWN = "Caractères sans dessin dans les polices"


@dataclass(frozen=True)
class Album:
    """names: file id → name for the printer. readers: name → what reads its bytes. words: name →
    where the picture stands, in French."""

    names: dict[str, str]
    readers: dict[str, Callable[[], bytes | None]]
    words: dict[str, str]

    @classmethod
    def of(cls, content: ReportInput) -> Album:
        """The pictures of all sheets; nothing is read yet."""
        album = cls({}, {}, {})
        for sheet in content.sheets:
            for file in _pictures(sheet):
                name = album.names.setdefault(file["id"], f"p{len(album.names)}")
                album.readers[name] = partial(content.open_file, file["id"])
                album.words[name] = f"Fiche {legible(sheet.reference)}, « {legible(file['name'])} »"
        return album

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
