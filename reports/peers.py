"""A sheet's figures beside those of other centres: medians that rest on enough centres to be nobody's.

For each figure of the sheet, and for each of two groups (the centres with accepted sheets of the same
dimension; those of the same département; both of the same federation and year, the sheet's own centre left out):

    value of a centre = median of that figure over the centre's sheets in the group
    shown             = rounded(median of the values of the centres)

so that a centre counts once, however many sheets it has. The median of an even number of values is the mean of
the two in the middle. A sheet without that figure, or that doesn't know it, is not there: it is no 0, and a centre
none of whose sheets has it is no centre of the group.

Why nobody's figure can be found again:
- A group of fewer than LEAST centres, the reader's own not counted, is not shown.
- Two medians over almost the same centres give the odd one away: five centres and the same five with a sixth tell
  in which gap the sixth lies. The département is therefore shown only where, against each group of a dimension that
  the reader can see (here or on another of its sheets), both are the same centres, or at least LEAST centres stand
  in one and not in the other. Two dimensions share no sheet: a sheet has one.
- The median of an odd number of values is one of them: what is shown is rounded (see `rounded`), which also blurs
  what the same page said before one more centre was accepted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from forms import french
from forms.definition import FormVersion, Question
from forms.kinds import CellType, Column
from reports.figures import is_counted

LEAST = 5
"""Centres in a group, the reader's own not among them."""


@dataclass(frozen=True)
class Given:
    """A figure that a sheet gives, and whether it is an estimate."""

    value: Decimal
    estimated: bool = False


@dataclass(frozen=True)
class Measure:
    """What is measured. group: the table in which it stands, or empty."""

    id: str
    group: str
    label: str
    type: CellType

    def text(self, value: Decimal) -> str:
        """« 1 250 € », « 98 »."""
        return french.amount(value) if self.type is CellType.AMOUNT else french.number(value.normalize() + 0)


@dataclass(frozen=True)
class Peer:
    """An accepted sheet of another centre. dimension: its code; near: of the same département."""

    centre: str
    dimension: str
    near: bool
    figures: Mapping[str, Given]


@dataclass(frozen=True)
class Median:
    """A median as it is shown: rounded; over how many centres, and how many of them rest on an estimate."""

    value: Decimal
    centres: int
    estimated: int

    @property
    def base(self) -> str:
        """« médiane de 8 centres, dont 3 estimés »."""
        said = f"médiane de {french.plural(self.centres, 'centre', 'centres')}"
        if not self.estimated:
            return said
        return f"{said}, dont {french.plural(self.estimated, 'estimé', 'estimés')}"


@dataclass(frozen=True)
class Line:
    """A figure of the sheet beside the others'; None where there are not enough of them."""

    measure: Measure
    own: Given
    like: Median | None
    near: Median | None


def measured(version: FormVersion, answers: Mapping[str, Any]) -> dict[Measure, Given]:
    """The figures that a snapshot gives, in the order of its form. answers: JSON by question id."""
    found: dict[Measure, Given] = {}
    for question in version.questions:
        if not question.typed or question.id not in answers:
            continue
        value = question.kind.load(answers[question.id])
        for at, column in enumerate(question.kind.columns(question)):
            given = _given(question, value, at) if is_counted(question, column) else None
            if given is not None:
                found[_measure(question, column)] = given
    return found


def _given(question: Question, value: Any, at: int) -> Given | None:
    kind = question.kind
    if kind.own_tab:
        cells = [row[at] for row in kind.cells(value) if row[at] is not None]
        return Given(sum(cells, Decimal(0))) if cells else None
    figure = kind.figure(value)
    return None if figure is None else Given(Decimal(figure), kind.estimated(value))


def _measure(question: Question, column: Column) -> Measure:
    group = question.short_label if question.kind.own_tab else ""
    return Measure(column.id, group, column.label.removesuffix(f" ({column.unit})"), column.type)


def beside(
    own: Mapping[Measure, Given], peers: Sequence[Peer], *, dimension: str, seen: Collection[str] = ()
) -> tuple[Line, ...]:
    """The sheet's figures beside the medians of the others; the order of the peers changes nothing.

    dimension: the sheet's; seen: those of its centre's other accepted sheets, where the same reader sees a median too.
    """
    return tuple(_line(measure, given, peers, dimension, {*seen, dimension}) for measure, given in own.items())


def _line(measure: Measure, own: Given, peers: Sequence[Peer], dimension: str, seen: Collection[str]) -> Line:
    alike = {code: _by_centre(measure, (peer for peer in peers if peer.dimension == code)) for code in seen}
    near = _by_centre(measure, (peer for peer in peers if peer.near))
    telling = any(len(group) >= LEAST and 0 < len(group.keys() ^ near.keys()) < LEAST for group in alike.values())
    return Line(measure, own, _shown(alike[dimension]), None if telling else _shown(near))


def _by_centre(measure: Measure, peers: Iterable[Peer]) -> dict[str, list[Given]]:
    found: dict[str, list[Given]] = {}
    for peer in peers:
        given = peer.figures.get(measure.id)
        if given is not None:
            found.setdefault(peer.centre, []).append(given)
    return found


def _shown(centres: Mapping[str, Sequence[Given]]) -> Median | None:
    if len(centres) < LEAST:
        return None
    values = [median([given.value for given in own]) for own in centres.values()]
    estimated = sum(any(given.estimated for given in own) for own in centres.values())
    return Median(rounded(median(values)), len(centres), estimated)


def median(values: Sequence[Decimal]) -> Decimal:
    """The value in the middle, or the mean of the two in the middle. Raises ValueError without any."""
    if not values:
        raise ValueError("no median of nothing")
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def rounded(value: Decimal) -> Decimal:
    """To the unit below 20, to 5 below 100, to 10 below 1 000, to two figures from there on; halves go up."""
    if value < 20:
        step = Decimal(1)
    elif value < 100:
        step = Decimal(5)
    else:
        step = max(Decimal(10), Decimal(1).scaleb(value.adjusted() - 1))
    return (value / step).quantize(Decimal(1), ROUND_HALF_UP) * step
