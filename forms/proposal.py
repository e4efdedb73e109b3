"""What a proposed wording changes in a text, piece by piece, so that each can be taken or left."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|[\w’'-]+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A stretch of two texts: the same in both (number 0), or one change, numbered from 1."""

    before: str
    after: str
    number: int = 0


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """The two texts in stretches, whole words at a time; joined again they give back either text.

    Changes with nothing but blanks between them are one.
    """
    own, other = _WORDS.findall(before), _WORDS.findall(after)
    matched = SequenceMatcher(None, own, other, autojunk=False).get_opcodes()
    found = [("".join(own[a:b]), "".join(other[c:d]), kind == "equal") for kind, a, b, c, d in matched]
    return tuple(_numbered(_joined(found)))


def _joined(found: Iterable[tuple[str, str, bool]]) -> list[tuple[str, str, bool]]:
    """Changes that only blanks keep apart are put together."""
    parts: list[tuple[str, str, bool]] = []
    for before, after, same in found:
        if not same and len(parts) >= 2 and parts[-1][2] and not parts[-1][0].strip() and not parts[-2][2]:
            first, blank = parts[-2], parts[-1][0]
            parts[-2:] = [(first[0] + blank + before, first[1] + blank + after, False)]
        else:
            parts.append((before, after, same))
    return parts


def _numbered(parts: Iterable[tuple[str, str, bool]]) -> Iterable[Piece]:
    number = 0
    for before, after, same in parts:
        number += not same
        yield Piece(before, after, 0 if same else number)


def merged(found: Iterable[Piece], taken: Collection[int]) -> str:
    """The text with the changes of these numbers taken, and the others left."""
    return "".join(piece.after if piece.number in taken else piece.before for piece in found)
