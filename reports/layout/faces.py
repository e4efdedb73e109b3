"""The fonts of a child process: kept from part to part, and one subset made of what all parts use."""

from __future__ import annotations

import copy
import hashlib
import io
from collections.abc import Mapping
from typing import Any

from fontTools.ttLib import TTFont
from weasyprint import DEFAULT_OPTIONS
from weasyprint.pdf.fonts import Font, build_fonts_dictionary
from weasyprint.text.ffi import pango
from weasyprint.text.fonts import get_pango_font_key

from reports.layout.fragment import Use
from reports.layout.numbered import Sheaf


class Face(Font):
    """A font of WeasyPrint's whose entries don't depend on which part used it first."""

    def __init__(self, pango_font: Any, description: Any, font_size: float) -> None:
        super().__init__(pango_font, description, font_size)
        self.font_size = 10.0
        self.digest = hashlib.sha256(self.file_content).hexdigest()[:16]
        read = TTFont(io.BytesIO(self.file_content), fontNumber=self.index, lazy=True)
        if "hhea" in read:
            self.ascent = round(read["hhea"].ascent * 1000 / self.upem)
            self.descent = round(read["hhea"].descent * 1000 / self.upem)

    def get_unused_glyph_id(self, codepoint: int) -> int:
        """A glyph's number for a character without drawing: the same in every part."""
        room = 2**16 - 1 - self.glyph_count
        self.missing[codepoint] = self.glyph_count + codepoint % room if room > 0 else 2**16 - 1
        return int(self.missing[codepoint])


class Union:
    """What several parts use of a font; of two texts for one glyph the first stays."""

    def __init__(self) -> None:
        self.characters: dict[int, str] = {}
        self.widths: dict[int, int] = {}
        self.missing: set[int] = set()

    def add(self, use: Use) -> None:
        """What a part uses, too."""
        if not self.characters.keys() >= set(use.glyphs):
            self.characters = dict(zip(use.glyphs, use.texts, strict=True)) | self.characters
        if not self.widths.keys() >= set(use.measured):
            self.widths = dict(zip(use.measured, use.widths, strict=True)) | self.widths
        self.missing.update(use.missing)


class Faces:
    """The fonts met so far by this process. They are known by WeasyPrint's hash of their description."""

    def __init__(self) -> None:
        self._by_key: dict[int, Face] = {}
        self.by_hash: dict[str, Face] = {}
        self._used: set[str] = set()

    def met(self, pango_font: Any) -> tuple[Face, float]:
        """The font and its size in CSS pixels, noted as used."""
        key, description, size = get_pango_font_key(pango_font)
        face = self._by_key.get(key)
        if face is None:
            face = Face(pango_font, description, size)
            # Several descriptions may lead to one font: its glyphs are counted together.
            face = self._by_key[key] = self.by_hash.setdefault(face.hash, face)
        face.hb_font = pango.pango_font_get_hb_font(pango_font)
        self._used.add(face.hash)
        return face, size

    def used(self) -> dict[str, Use]:
        """What was used since the last time that this was asked."""
        uses = {}
        for name in sorted(self._used):
            face = self.by_hash[name]
            uses[name] = Use(
                face.digest,
                list(face.to_unicode),
                list(face.to_unicode.values()),
                list(face.widths),
                list(face.widths.values()),
                sorted(set(face.missing.values())),
            )
            face.to_unicode, face.widths, face.missing = {}, {}, {}
        self._used.clear()
        return uses

    def subsets(self, uses: Mapping[str, Union]) -> tuple[Sheaf, Any]:
        """The fonts as PDF objects, and the dictionary by which pages name them. KeyError where one was never met."""
        fonts = {}
        for name in sorted(uses):
            font = copy.copy(self.by_hash[name])
            font.variations = dict(font.variations)
            # In an order of their own: it mustn't matter which part came first.
            font.to_unicode = dict(sorted(uses[name].characters.items()))
            font.widths = dict(sorted(uses[name].widths.items()))
            font.missing = {glyph: glyph for glyph in sorted(uses[name].missing)}
            fonts[name] = font
        sheaf = Sheaf()
        options = DEFAULT_OPTIONS | {"pdf_version": "1.7"}
        return sheaf, build_fonts_dictionary(sheaf, fonts, True, True, options)
