"""What the indicators show before anybody computes: sums and counts, taken while the rows of the sheets go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from forms.definition import FormVersion
from forms.french import fold
from forms.kinds import CellType
from forms.kinds.count import HOW_LABELS, How
from reports.columns import AskedColumns
from reports.content import ReportSheet
from reports.figures import is_counted
from reports.row_reader import NOT_ASKED, SUM
from reports.tables import UNASKED_IDS, Tables

ESTIMATED, UNKNOWN = HOW_LABELS[How.ESTIMATED], HOW_LABELS[How.UNKNOWN]

Number: TypeAlias = int | Decimal


@dataclass(frozen=True)
class Measure:
    """A column that is added up. place, how: positions in the row; how: None where nobody says how it is known."""

    label: str
    question: str
    type: CellType
    unit: str
    place: int
    how: int | None


@dataclass(frozen=True)
class Line:
    """A row of a breakdown: its label, and the cells that make a sheet belong to it: (position, value)."""

    label: str
    keys: tuple[tuple[int, str | int], ...]


@dataclass(frozen=True)
class Group:
    """The sheets by something. place: position of the column that says whether there is an answer at all.

    question: its id, empty for what every sheet has. many: a sheet may stand in several lines.
    """

    title: str
    question: str
    place: int
    lines: tuple[Line, ...]
    many: bool


@dataclass
class Sum:
    """What is known of a measure over some sheets: how many gave a number, and their sum."""

    count: int = 0
    value: Number = 0


@dataclass
class Held:
    """What is known of the sheets of a line."""

    sheets: int
    sums: list[Sum]


def measures_of(tables: Tables) -> tuple[Measure, ...]:
    """Whole numbers, and amounts wherever they stand: those of tables by their sum a sheet."""
    places = {head.column.id: at for at, head in enumerate(tables.sheets.heads)}
    found = []
    for entry in tables.asked:
        for column in entry.columns:
            if entry.question.typed and is_counted(entry.question, column):
                inside = entry.question.kind.own_tab
                label = f"{entry.question.short_label}\u00a0: {column.label}" if inside else column.label
                place = places[column.id + SUM if inside else column.id]
                how = None if inside else places.get(f"{column.id}.how")
                found.append(Measure(label, entry.question.id, column.type, column.unit, place, how))
    return tuple(found)


def groups_of(tables: Tables, sheets: Sequence[ReportSheet]) -> tuple[Group, ...]:
    """By campaign, by département, and by each question that lists can be filtered by."""
    places = {head.column.id: at for at, head in enumerate(tables.sheets.heads)}
    year, department = places["sheet.year"], places["sheet.department"]
    years = sorted({sheet.year for sheet in sheets})
    names = sorted({sheet.department for sheet in sheets}, key=lambda name: (fold(name), name))
    own = (
        Group("Par campagne", "", year, tuple(Line(str(one), ((year, one),)) for one in years), False),
        Group("Par département", "", department, tuple(Line(one, ((department, one),)) for one in names), False),
    )
    asked = tuple(_by_question(entry, places, tables.versions) for entry in tables.asked if entry.question.facet)
    return tuple(group for group in (*own, *asked) if group.lines)


def _by_question(entry: AskedColumns, places: dict[str, int], versions: Sequence[FormVersion]) -> Group:
    """A line a choice, those of earlier forms too; flags where the question has them, else the words in its cell."""
    id = entry.question.id
    labels: dict[str, dict[str, None]] = {}
    for version in reversed(versions):
        for facet in version.question(id).kind.facet_choices() if id in version else ():
            labels.setdefault(facet.code, {})[facet.label] = None
    many = any(column.type is CellType.FLAG for column in entry.columns)
    lines = tuple(
        Line(next(iter(own)), ((places[f"{id}.{code}"], 1),) if many else tuple((places[id], one) for one in own))
        for code, own in labels.items()
    )
    return Group(entry.question.short_label, id, places[id], lines, many)


@dataclass
class Tally:
    """Counts and sums; shown every row of the tab of sheets once."""

    tables: Tables
    measures: tuple[Measure, ...]
    groups: tuple[Group, ...]
    sheets: int = 0
    sums: list[Sum] = field(default_factory=list)
    estimated: list[Number] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    unasked: dict[str, int] = field(default_factory=dict)
    answered: list[int] = field(default_factory=list)
    lines: dict[tuple[int, int, str | int], Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sums = [Sum() for _measure in self.measures]
        self.estimated = [0] * len(self.measures)
        self.unknown = [0] * len(self.measures)
        self.answered = [0] * len(self.groups)
        heads = [head.column.id for head in self.tables.sheets.heads]
        self._unasked_ids = heads.index(UNASKED_IDS.id)
        self._keys = [
            (at, sorted({place for line in group.lines for place, _value in line.keys}))
            for at, group in enumerate(self.groups)
        ]

    def see(self, row: Sequence[Any]) -> None:
        """Take a row into account."""
        self.sheets += 1
        given = self._given(row)
        for id in (row[self._unasked_ids] or "").split():
            self.unasked[id] = self.unasked.get(id, 0) + 1
        for at, places in self._keys:
            answer = row[self.groups[at].place]
            if answer is None or answer is NOT_ASKED:
                continue
            self.answered[at] += 1
            for place in places:
                value = row[place]
                if value:
                    self._add(self._held((at, place, value)), given)

    def held(self, group: int, line: Line) -> Held:
        """What is known of a line of a group."""
        found = [self._held((group, place, value)) for place, value in line.keys]
        if len(found) == 1:
            return found[0]
        together = zip(*(one.sums for one in found), strict=True)
        sums = [Sum(sum(one.count for one in own), sum(one.value for one in own)) for own in together]
        return Held(sum(one.sheets for one in found), sums)

    def _held(self, key: tuple[int, int, str | int]) -> Held:
        held = self.lines.get(key)
        if held is None:
            held = self.lines[key] = Held(0, [Sum() for _measure in self.measures])
        return held

    def _given(self, row: Sequence[Any]) -> list[tuple[int, Number]]:
        given = []
        for at, measure in enumerate(self.measures):
            value = row[measure.place]
            how = row[measure.how] if measure.how is not None else None
            if how == UNKNOWN:
                self.unknown[at] += 1
            if value is None or value is NOT_ASKED:
                continue
            given.append((at, value))
            self.sums[at].count += 1
            self.sums[at].value += value
            if how == ESTIMATED:
                self.estimated[at] += value
        return given

    @staticmethod
    def _add(held: Held, given: list[tuple[int, Number]]) -> None:
        held.sheets += 1
        for at, value in given:
            held.sums[at].count += 1
            held.sums[at].value += value
