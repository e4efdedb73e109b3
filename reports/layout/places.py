"""Where a page's number is to stand, and how it is written there once it is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_HEX = re.compile(r"<([0-9a-f]+)>")
SELF, TOTAL = "\ue000", "\ue001"
"""Stand in a pattern for the number of the page itself and for how many there are."""
MARK = "\ue002"
"""Stands in a pattern for what is stamped on all pages."""
CHARACTERS = "0123456789"


@dataclass(frozen=True)
class Place:
    """Where a text with numbers goes.

    target: the anchor whose page is meant, empty for a running head. pattern: the text, with SELF,
    TOTAL and MARK. font: its hash; size: CSS pixels. colour: red, green, blue from 0 to 1. matrix: of the
    text at its left, x of its reference point. anchored: how much of the text's width lies left of
    that point (1: it ends there). glyphs: character → its glyph and width in thousandths of the size.
    """

    target: str
    pattern: str
    font: str
    size: float
    colour: tuple[float, ...]
    matrix: tuple[float, ...]
    anchored: float
    glyphs: Mapping[str, tuple[int, int]]

    def drawn(self, number: int, total: int, mark: str = "") -> bytes:
        """The drawing operators of the text. KeyError where the mark has other letters than its place."""
        text = self.pattern.replace(SELF, str(number)).replace(TOTAL, str(total)).replace(MARK, mark)
        glyphs = list(map(self.glyphs.__getitem__, text))
        width = sum([advance for _glyph, advance in glyphs]) * self.size / 1000
        a, b, c, d, e, f = self.matrix
        e, f = e - a * width * self.anchored, f - b * width * self.anchored
        matrix = " ".join(map(_number, (a, b, c, d, e, f)))
        colour = " ".join(map(_number, self.colour))
        shown = "".join([f"{glyph:04x}" for glyph, _advance in glyphs])
        return f"q {colour} rg BT /{self.font} {_number(self.size)} Tf {matrix} Tm <{shown}> Tj ET Q".encode()


@lru_cache(4096)
def _number(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    # Nought and minus nought are one key of the cache: they must be one text, whichever came first.
    return "0" if text == "-0" else text


def glyphs_of(shown: str) -> list[int]:
    """The glyphs of a string as WeasyPrint writes it: « <00120034>-12<0056> »."""
    digits = "".join(_HEX.findall(shown))
    return [int(digits[at : at + 4], 16) for at in range(0, len(digits), 4)]
