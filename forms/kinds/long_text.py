"""Long text: paragraphs and lists, kept exactly as typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from forms.kinds.short_text import ShortText


@dataclass(frozen=True)
class LongText(ShortText):
    """Several lines of text; every blank and blank line inside stays. max_length in characters.

    The greatest length is far above the longest real answer (3,000 characters) and above what an
    Excel cell can hold (32,767): the workbook deals with that, not the person who writes.
    """

    name: ClassVar[str] = "long_text"
    max_length: int = 60_000
    rows: int = 6

    def tidied(self, text: str) -> str:
        return text if text.strip() else ""

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [(name, value.replace("\n", "\r\n"))]

    def sample(self, seed: int) -> str:
        return f"Premier paragraphe nº {seed}.\n\n- un point\u202f;\n- l’autre & «\u00a0la suite\u00a0».\n"[
            : self.max_length
        ]
