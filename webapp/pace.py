"""How fast the centres of a campaign send, beside the years before: a drawing, a table, and what to expect."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import ClassVar

from forms.french import NBSP, PARIS, day
from webapp.models import Campaign

WIDTH, HEIGHT = 360, 200
LEFT, RIGHT, TOP, FOOT = 30, 8, 12, 28
WEEKS = (-70, -56, -42, -28, -21, -14, -7, 0, 7, 14, 21, 28, 42, 56)

FEWEST_CENTRES = 5
FEWEST_BY_NOW = 3


@dataclass(frozen=True)
class Curve:
    """A campaign: each centre's first sending, in days after the shown deadline (negative: before), in order."""

    year: int
    days: tuple[int, ...]
    expected: int
    first: int
    last: int

    def by(self, when: int) -> int:
        """How many centres had sent by that day included."""
        return bisect_right(self.days, when)


def curve(campaign: Campaign, sendings: Collection[datetime | None], *, expected: int) -> Curve:
    """The curve of a campaign; centres whose moment nobody knows are not in it."""
    deadline = campaign.shown_deadline
    known = [moment.astimezone(PARIS).date() for moment in sendings if moment is not None]
    days = tuple(sorted((when - deadline).days for when in known))
    opened = campaign.opened_at.astimezone(PARIS).date() if campaign.opened_at else deadline
    first = (min([opened, *known]) - deadline).days
    last = (max([campaign.last_edit, *known]) - deadline).days
    return Curve(campaign.year, days, expected, first, last)


@dataclass(frozen=True)
class Expectation:
    """So many centres of those expected will have sent on that day."""

    count: int
    expected: int
    on: date

    @property
    def in_words(self) -> str:
        """« À ce rythme, 47 sur 60 le 31 mars 2027 »."""
        return f"À ce rythme, {self.count} sur {self.expected} le {day(self.on)}."


def expectation(campaign: Campaign, current: Curve, past: Sequence[Curve], *, today: date) -> Expectation | None:
    """What to expect on the shown deadline, or once it has passed on the last day of editing.

    Method: the years before say which share of those that had sent by that day had already sent at the same distance
    from their own shown deadline, all years together; this year's count is divided by that share, and never goes
    beyond the centres expected. Nothing is said where too little is known: before anybody has sent, where in the
    years before fewer than 3 centres had sent by now or fewer than 5 by that day, and after the last day.
    """
    target = campaign.shown_deadline if today < campaign.shown_deadline else campaign.last_edit
    now, then = ((when - campaign.shown_deadline).days for when in (today, target))
    by_now = sum(one.by(now) for one in past)
    by_then = sum(one.by(then) for one in past)
    sent = current.by(now)
    if today >= target or not sent or by_now < FEWEST_BY_NOW or by_then < FEWEST_CENTRES:
        return None
    return Expectation(max(sent, min(current.expected, round(sent * by_then / by_now))), current.expected, target)


@dataclass(frozen=True)
class Line:
    """A year of the drawing: its points « x,y x,y » and its rank, this year 0."""

    year: int
    points: str
    rank: int


@dataclass(frozen=True)
class Drawing:
    """The curves on one scale, as an inline picture, with the same figures for a table.

    rows: words for a day, and the count of each year, none where that year has not come so far.
    """

    frame: ClassVar[str] = f"0 0 {WIDTH} {HEIGHT}"
    lines: tuple[Line, ...]
    top: int
    deadline_x: str
    foot_y: int
    rows: tuple[tuple[str, tuple[int | None, ...]], ...]
    label: str


def draw(current: Curve, past: Sequence[Curve], *, today: int) -> Drawing | None:
    """Draw this year up to today (days after the shown deadline) and the years before; None before there is a line."""
    curves = [current, *(one for one in past if one.days)]
    if not any(one.days for one in curves):
        return None
    first = max(min(one.first for one in curves), -120)
    last = min(max(one.last for one in curves), 120)
    span = max(last - first, 1)
    top = max(max(one.expected, len(one.days)) for one in curves)

    def x(when: int) -> str:
        return f"{LEFT + (min(max(when, first), last) - first) * (WIDTH - LEFT - RIGHT) / span:.1f}"

    def y(count: int) -> str:
        return f"{TOP + (1 - count / top) * (HEIGHT - TOP - FOOT):.1f}"

    lines = []
    for rank, one in enumerate(curves):
        end = min(today, last) if one is current else min(one.last, last)
        stops = sorted({one.first, *(when for when in one.days if when <= end), max(end, first)})
        # Steps: a count holds until the next centre sends.
        points = [f"{x(stops[0])},{y(one.by(stops[0]))}"]
        for before, when in pairwise(stops):
            points += [f"{x(when)},{y(one.by(before))}", f"{x(when)},{y(one.by(when))}"]
        lines.append(Line(one.year, " ".join(points), rank))
    said = [f"{one.by(today if one is current else one.last)} en {one.year}" for one in curves]
    label = f"Centres qui ont envoyé{NBSP}: {', '.join(said)}"
    rows = _rows(curves, first, last, today)
    return Drawing(tuple(lines), top, x(0), HEIGHT - FOOT, rows, label)


def _rows(curves: Sequence[Curve], first: int, last: int, today: int) -> tuple[tuple[str, tuple[int | None, ...]], ...]:
    kept = [when for when in WEEKS if first <= when <= last]
    if first <= today <= last and today not in kept:
        kept = sorted([*kept, today])
    return tuple(
        (_words(when, today), tuple(None if one is curves[0] and when > today else one.by(when) for one in curves))
        for when in kept
    )


def _words(when: int, today: int) -> str:
    if when == 0:
        words = "Le jour de la date limite"
    else:
        words = f"{abs(when)}{NBSP}jour{'s' if abs(when) > 1 else ''} {'avant' if when < 0 else 'après'}"
    return f"{words} (aujourd’hui)" if when == today else words


def days_from_deadline(campaign: Campaign, at: datetime) -> int:
    """Today, in days after the shown deadline."""
    return (at.astimezone(PARIS).date() - campaign.shown_deadline) // timedelta(days=1)
