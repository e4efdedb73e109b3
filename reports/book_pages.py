"""The book as parts that are laid out alone: what each is made of, and its HTML once it is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from reports.album import Album
from reports.book_parts import book_parts
from reports.characters import legible
from reports.content import ReportInput, ReportSheet
from reports.figures import key_figures
from reports.printing import Head, Part
from reports.rendering import render
from reports.sections import COVER, SHEETS, BookSection
from reports.slices import slices

MARK_LETTERS = "Provisoire, 0123456789 centres sur\u00a0"
"""What the mark of what is provisional is written with (see reports.content.Coverage.watermark)."""
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Book:
    """A book whose sheets stand in their order."""

    content: ReportInput
    album: Album

    @cached_property
    def known(self) -> dict[str, Any]:
        """What its templates need."""
        logo = self.album.names.get(self.content.design.logo) if self.content.design.logo else None
        known = book_parts(self.content, logo)
        return known | {
            "content": self.content,
            "pictures": self.album.names,
            "continued": 0,
            "mark_letters": MARK_LETTERS,
        }

    @property
    def head(self) -> Head:
        """What the file says of itself, and the style of all parts."""
        content = self.content
        title = f"{content.title} {', '.join(map(str, content.years))} – {content.federation}"
        style = render("reports/book_style.css", **self.known)
        words = legible(title), legible(content.federation), content.made_at.isoformat()
        return Head(*words, style, self.known["mark"])

    def parts(self) -> Iterator[Part]:
        """Its parts in their order; all but the sheets are made at once, and are their own key."""
        for section in self.known["sections"]:
            if section.id == SHEETS:
                yield from map(self._sheet_part, self.content.sheets)
                continue
            for continued, shown in enumerate(slices(section, self.known)):
                html = self._section(section, shown | {"continued": continued})
                logo = self.known["logo"] if section.id == COVER else None
                yield Part(f"{section.id}-{continued}", html, partial(str, html), (logo,) if logo else ())

    def _section(self, section: BookSection, shown: dict[str, Any]) -> str:
        return _page(render(section.template, **(self.known | {"section": section} | shown)))

    def _sheet_part(self, sheet: ReportSheet) -> Part:
        pictures = self.album.of_sheet(sheet)
        key = [self._shared_key, sheet.id, sheet.reference, str(sheet.year), sheet.centre, sheet.commune]
        key += [sheet.department_code, sheet.department, sheet.state_label, *_dates(sheet), sheet.snapshot_sha256]
        key += [sheet.document.version.sha256, self.known["group_of"].get(sheet.id, ""), *pictures]
        html, instead = partial(self._sheet, sheet), partial(self._instead, sheet)
        return Part(sheet.id, json.dumps(key), html, pictures, instead)

    @cached_property
    def _shared_key(self) -> str:
        """What all sheets are made of beside themselves."""
        return json.dumps((_made_by(), self.content.title))

    def _sheet(self, sheet: ReportSheet) -> str:
        figures = [figure for figure in key_figures((sheet,)) if figure.value is not None]
        return _page(render("reports/_book_sheet.html", **self._of(sheet), figures_of_sheet={sheet.id: figures}))

    def _instead(self, sheet: ReportSheet) -> str:
        return _page(render("reports/_book_instead.html", **self._of(sheet)))

    def _of(self, sheet: ReportSheet) -> dict[str, Any]:
        return self.known | {"sheet": sheet}


def _dates(sheet: ReportSheet) -> tuple[str, ...]:
    return tuple(moment.isoformat() if moment else "" for moment in (sheet.sent_at, sheet.validated_at))


def _page(root: str) -> str:
    return f'<html lang="fr"><body>{root}</body></html>'


@cache
def _made_by() -> str:
    """Tells this version of the product from others: by what it says and how it looks."""
    digest = hashlib.sha256()
    for folder in ("forms", "reports", "templates/reports"):
        for file in sorted((_ROOT / folder).rglob("*")):
            if file.suffix in (".py", ".html", ".css"):
                digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
