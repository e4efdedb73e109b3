"""Typed texts cut where a reader would pause: shared out over slides, or down to a length."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from reports.rendering import Line

_SENTENCE = re.compile(r"(?<=[.!?…])[\s»”\")]*\s+(?=\S)")
# In ems, measured on Inter; rounded up, so that a line that is said to fit does.
_NARROW, _MIDDLE, _SPACE, _LETTER, _CAPITAL, _WIDEST = 0.29, 0.42, 0.3, 0.6, 0.77, 1.05
_EMS = dict.fromkeys("ijl.,;:'’!|", _NARROW) | dict.fromkeys("ftr-()", _MIDDLE) | dict.fromkeys("mwMW—…%", 0.95)
BLANK = 0.4
"""Height of an empty line, in lines."""


def ems(text: str) -> float:
    """How wide a text stands on one line, in ems of its type, a little more rather than less."""
    return sum(map(_ems, text))


def _ems(character: str) -> float:
    if character in _EMS:
        return _EMS[character]
    if character.isspace():
        return _SPACE
    if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0xFFFF:
        return _WIDEST
    return _LETTER if character.islower() or character.isdigit() else _CAPITAL


def height(text: str, width: float) -> int:
    """How many lines a text takes in a column of that width (ems); one at least."""
    count, at = 1, 0.0
    for word in text.split():
        wide = ems(word)
        if at and at + _SPACE + wide > width:
            count, at = count + 1, 0.0
        elif at:
            at += _SPACE
        if wide > width:
            # Each of its lines but the last is a letter short of full.
            full = width - _WIDEST
            count, wide = count + int(wide // full), wide % full
        at += wide
    return count


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with the blanks that follow it; joined, they are the text."""
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True) if start < end]


def beginning(text: str, most: int) -> str:
    """The text where it has that many characters at most; else its beginning, to the last whole sentence or line.

    Where the first sentence is longer it is cut between words, then within its only word; « … » says so.
    """
    if len(text.rstrip()) <= most:
        return text.rstrip()
    pieces = [piece for line in text.splitlines(keepends=True) for piece in sentences(line)]
    lengths = list(accumulate(map(len, pieces)))
    whole = sum(length <= most for length in lengths)
    kept = "".join(pieces[:whole]).rstrip()
    if kept and not kept.endswith(":"):
        return kept
    words = text[: max(1, most - 1)].rsplit(None, 1)
    return (words[0].rstrip(" ,;:") if words else "") + "…"


def short_enough(line: Line, width: float, most: int) -> Iterator[Line]:
    """The line, or, where it takes more lines than that, its sentences; its words where a sentence does."""
    if height(line.text, width) <= most:
        yield line
        return
    for number, text in enumerate(_joined(_short_pieces(line.text, width, most), width, most)):
        yield Line(line.shape if not number else "text", text)


def _short_pieces(text: str, width: float, most: int) -> Iterator[str]:
    for sentence in sentences(text):
        if height(sentence, width) <= most:
            yield sentence
            continue
        for word in re.findall(r"\S+\s*|\s+", sentence):
            # A word longer than a slide; no character is wider than _WIDEST.
            step = max(1, int((most - 1) * width / _WIDEST) - 1)
            yield from (word[at : at + step] for at in range(0, len(word), step))


def _joined(pieces: Iterable[str], width: float, most: int) -> Iterator[str]:
    """Pieces put together again, as evenly as can be, none higher than most."""
    known = list(pieces)
    heights = [ems(piece) / width for piece in known]
    for part in shared(heights, [0.0] * len(known), most - 0.9):
        yield "".join(known[part])


def shared(heights: Sequence[float], costs: Sequence[float], most: float) -> list[slice]:
    """Things of these heights (lines) in runs of at most so many lines; a thing higher than that stands alone.

    costs: what it costs to end a run after each thing (0: a good place). Few runs, evenly filled, ended at good
    places: the cheapest of all ways, found from the end.
    """
    count = len(heights)
    best = [0.0] * (count + 1)
    ends = [count] * (count + 1)
    for start in range(count - 1, -1, -1):
        best[start] = float("inf")
        used = 0.0
        for end in range(start + 1, count + 1):
            used += heights[end - 1]
            if used > most and end > start + 1:
                break
            slack = max(0.0, most - used)
            price = 40 + slack * slack / 2 + (costs[end - 1] if end < count else 0) + best[end]
            if price < best[start]:
                best[start], ends[start] = price, end
    found, start = [], 0
    while start < count:
        found.append(slice(start, ends[start]))
        start = ends[start]
    return found


def spread(lines: Iterable[Line], width: float, most: int) -> list[tuple[Line, ...]]:
    """Typed lines over slides of so many lines of that width (ems); blank lines at their edges are left out."""
    parts = [part for line in lines for part in short_enough(line, width, most)]
    heights = [BLANK if part.shape == "blank" else height(part.text, width) + 0.15 for part in parts]
    costs = [_cost(before, after) for before, after in zip(parts, [*parts[1:], None], strict=True)]
    runs = (_trimmed(parts[run]) for run in shared(heights, costs, most))
    return [run for run in runs if run]


def _cost(before: Line, after: Line | None) -> float:
    """What it costs to turn the slide between these two."""
    if before.text.rstrip().endswith(":"):
        return 60
    if after is None or "blank" in (before.shape, after.shape):
        return 0
    return 20 if after.shape == "item" else 3


def _trimmed(lines: Sequence[Line]) -> tuple[Line, ...]:
    shown = [at for at, line in enumerate(lines) if line.shape != "blank"]
    return tuple(lines[shown[0] : shown[-1] + 1]) if shown else ()
