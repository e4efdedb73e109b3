"""A row of figures as a small drawn line: where its points stand, what it says to who doesn't see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import ClassVar

from forms.french import NBSP
from forms.years import Point, Series

WIDTH, HEIGHT, MARGIN = 240, 56, 6


@dataclass(frozen=True)
class Dot:
    """A point of the drawing; draft: its figure was never sent."""

    x: str
    y: str
    draft: bool


@dataclass(frozen=True)
class Trend:
    """A drawing of WIDTH by HEIGHT, zero at its foot.

    lines (« x,y x,y »): one from each year to the next. pauses: those over years without a figure. dots: one a year.
    """

    frame: ClassVar[str] = f"0 0 {WIDTH} {HEIGHT}"
    foot: ClassVar[str] = f"M0 {HEIGHT - MARGIN}.5H{WIDTH}"
    lines: tuple[str, ...]
    pauses: tuple[str, ...]
    dots: tuple[Dot, ...]
    label: str


def trend(row: Series, years: Sequence[int]) -> Trend | None:
    """The line of a row on the scale of these years, from zero up; None where one figure makes no line."""
    if len(row.points) < 2:
        return None
    first, span = min(years), max(years) - min(years)
    top = max(abs(point.figure) for point in row.points) or Decimal(1)
    dots = tuple(
        Dot(_at(Decimal(point.year - first) / span, WIDTH), _at(1 - point.figure / top, HEIGHT), point.draft)
        for point in row.points
    )
    lines: dict[bool, list[str]] = {True: [], False: []}
    for (before, one), (point, other) in pairwise(zip(row.points, dots, strict=True)):
        lines[point.year - before.year == 1].append(f"{one.x},{one.y} {other.x},{other.y}")
    label = f"{row.question.short_label}{NBSP}: {', '.join(map(_said, row.points))}"
    return Trend(tuple(lines[True]), tuple(lines[False]), dots, label)


def _at(share: Decimal, room: int) -> str:
    return str((MARGIN + share * (room - 2 * MARGIN)).quantize(Decimal("0.1")))


def _said(point: Point) -> str:
    return f"{point.text} en {point.year}{' (brouillon)' if point.draft else ''}"
