"""The gate for everything that comes in: one refusal, clean text, French numbers."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_NON_CHARACTERS = re.compile(
    "[\x00\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane * 0x10000 + end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_WORD_BULLETS = dict.fromkeys((0xF0A7, 0xF0B7, 0xF0D8, 0xF0FC), "•")
"""What Word pastes for a bullet: characters of its own fonts, drawn nowhere else."""
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)
_DOTTED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?: \d{3})+(?:[.,]\d+)?", re.ASCII)


class Refused(Exception):  # noqa: N818 (the word of the whole product, not an error)
    """A refusal and its place.

    message: one French sentence that says what to do. question: id of the question it belongs to,
    or None. where: a finer place (a row, a column, a file), or None.
    """

    def __init__(self, message: str, *, question: str | None = None, where: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.question = question
        self.where = where


def clean_text(raw: str) -> str:
    """Text as it is kept: NFC, line ends as \\n, a word processor’s own bullets as •; nothing else is changed.

    In: any str. Out: str without NUL, lone surrogate or Unicode non-character (those break
    PostgreSQL, XML and Excel files alike). Raises Refused when one is there.
    """
    if _NON_CHARACTERS.search(raw):
        raise Refused("Ce texte contient un caractère illisible : effacez-le ou retapez le passage.")
    return unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n").translate(_WORD_BULLETS))


def showable(raw: str) -> str:
    """What was typed, fit to be stored and shown again: what clean_text refuses becomes U+FFFD."""
    return _NON_CHARACTERS.sub("\ufffd", raw)


def read_decimal(typed: str) -> Decimal | None:
    """A number as French people type it: « 1 234,50 », « 1.234,50 », « 1234.5 », no-break spaces, or None.

    Spaces count as thousands separators only where they separate groups of three: « 12 15 » is
    two numbers, not 1215. Finite by construction (digits 0 to 9 only); as long as it was typed,
    so compare it with bounds before rounding it.
    """
    spaced = _SPACES.sub(" ", typed).strip()
    if _DOTTED.fullmatch(spaced):
        spaced = spaced.replace(".", "")
    if not (_NUMBER.fullmatch(spaced) or _GROUPED.fullmatch(spaced)):
        return None
    return Decimal(spaced.replace(" ", "").replace(",", "."))
