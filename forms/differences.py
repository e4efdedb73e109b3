"""What changed between two texts, word by word or row by row, and never long waited for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby

_WORDS = re.compile(r"\S+\s*|\s+")
MOST_PAIRS = 60_000
"""Equal words (one of each text) among which a comparison looks for what belongs together. Where a text says the same
few words thousands of times there are more: then paragraphs are compared, and at worst the whole, so that a page never
waits. A text of 40,000 characters that was reworked has fewer."""


class Fate(StrEnum):
    """What became of some words."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Piece:
    """Some words in a row, as they were typed, and what became of them."""

    fate: Fate
    text: str


def differences(before: str, after: str) -> tuple[Piece, ...]:
    """The words kept, removed and added, in reading order.

    The pieces kept and removed, joined, are the first text; those kept and added, the second.
    """
    return _compared(_WORDS.findall(before), _WORDS.findall(after), str)


def by_words(before: str, after: str) -> tuple[Piece, ...]:
    """The same for a reader to whom blanks alone change nothing: what is kept is as the second text has it."""
    return _compared(_read(before), _read(after), str.strip)


def by_rows(before: str, after: str) -> tuple[Piece, ...]:
    """The same for what is written a row a line: a row stays or goes as a whole."""
    found = _matched(before.splitlines(), after.splitlines(), str.strip)
    return tuple(Piece(fate, row) for fate, rows in found for row in rows)


def shortened(pieces: Sequence[Piece], *, around: int = 12) -> tuple[Piece, ...]:
    """The same with the long stretches that nobody touched left out, but for some words beside what changed."""
    found: list[Piece] = []
    for at, piece in enumerate(pieces):
        words = _WORDS.findall(piece.text)
        first = around if at else 0
        last = around if at + 1 < len(pieces) else 0
        if piece.fate is not Fate.KEPT or len(words) <= first + last + around:
            found.append(piece)
            continue
        parts = ("".join(words[:first]), "".join(words[len(words) - last :]) if last else "")
        found += [Piece(Fate.KEPT, parts[0]), Piece(Fate.LEFT_OUT, ""), Piece(Fate.KEPT, parts[1])]
    return tuple(piece for piece in found if piece.text or piece.fate is Fate.LEFT_OUT)


def _read(text: str) -> list[str]:
    # Each word with the blanks behind it, the last one too: none run together.
    return _WORDS.findall(f"{text.rstrip()} ") if text.strip() else []


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _compared(old: list[str], new: list[str], key: Callable[[str], str]) -> tuple[Piece, ...]:
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    middle = _between(old[start : len(old) - end], new[start : len(new) - end], key)
    found = [Piece(Fate.KEPT, "".join(new[:start])), *middle, Piece(Fate.KEPT, "".join(new[len(new) - end :]))]
    return tuple(_joined(found))


def _between(old: list[str], new: list[str], key: Callable[[str], str]) -> Iterator[Piece]:
    if _pairs(old, new, key) > MOST_PAIRS:
        old, new = ("".join(words).splitlines(keepends=True) for words in (old, new))
    for fate, parts in _matched(old, new, key):
        yield Piece(fate, "".join(parts))


def _pairs(old: Sequence[str], new: Sequence[str], key: Callable[[str], str]) -> int:
    """How many pairs of equal parts there are; those that are everywhere begin no match (see difflib): not counted."""
    olds, news = (Counter(key(part) for part in parts) for parts in (old, new))
    everywhere = len(new) // 100 + 1 if len(new) >= 200 else len(new)
    return sum(count * news[part] for part, count in olds.items() if news[part] <= everywhere)


def _matched(old: Sequence[str], new: Sequence[str], key: Callable[[str], str]) -> Iterator[tuple[Fate, Sequence[str]]]:
    if _pairs(old, new, key) <= MOST_PAIRS:
        codes = SequenceMatcher(None, [key(part) for part in old], [key(part) for part in new]).get_opcodes()
    else:
        codes = [("replace", 0, len(old), 0, len(new))]
    for tag, old_from, old_to, new_from, new_to in codes:
        if tag == "equal":
            yield Fate.KEPT, new[new_from:new_to]
            continue
        if old_to > old_from:
            yield Fate.REMOVED, old[old_from:old_to]
        if new_to > new_from:
            yield Fate.ADDED, new[new_from:new_to]


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Without empty pieces, those of one fate that follow each other as one."""
    for fate, run in groupby((piece for piece in pieces if piece.text), key=lambda piece: piece.fate):
        yield Piece(fate, "".join(piece.text for piece in run))
