"""Rows of answers, many at a time: which answer goes where is worked out once for each version of the form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from forms.definition import FormVersion, Question
from forms.document import AnswerStatus, Document, ReadItem
from forms.kinds import Cell, CellType, Column, Row
from reports.columns import AskedColumns, registry

NOT_ASKED: Any = type("NotAsked", (), {"__repr__": lambda self: "NOT_ASKED"})()
"""Stands where the question was not asked; None where it was and has no answer."""

LINES, SUM = ".lines", ".sum"
"""Ends of the ids of what a row says of a table that has its own tab."""
_SHORT = 80
"""Characters of a text that is worth remembering: the label of a choice, not a paragraph."""


def summary_columns(entry: AskedColumns) -> tuple[Column, ...]:
    """What stands in a sheet's own row for a question with a tab of its own: its words, how many lines, its amounts."""
    question = entry.question
    return (
        Column(question.id, question.short_label, CellType.TEXT),
        Column(question.id + LINES, f"{question.short_label}\u00a0: lignes", CellType.NUMBER),
        *(
            Column(column.id + SUM, f"{question.short_label}\u00a0: {column.label}, total", column.type, column.unit)
            for column in entry.columns
            if column.type is CellType.AMOUNT
        ),
    )


def row_columns(entry: AskedColumns) -> tuple[Column, ...]:
    """The columns of a question in a sheet's own row."""
    return summary_columns(entry) if entry.question.kind.own_tab else entry.columns


def column_order(versions: Iterable[FormVersion]) -> list[str]:
    """The ids of the columns of a sheet's own row: the first version's, then those that each later one brought.

    A choice more in an old question is a column at the end, not in the midst: what stands somewhere stays there.
    """
    order: dict[str, None] = {}
    for version in versions:
        for entry in registry((version,)):
            order |= dict.fromkeys(column.id for column in row_columns(entry))
    return list(order)


def summary_retired(entry: AskedColumns) -> frozenset[str]:
    """The ids among row_columns() that the newest version no longer fills."""
    if not entry.question.kind.own_tab:
        return entry.retired
    gone = {column.id + SUM for column in entry.columns if column.id in entry.retired}
    whole = all(column.id in entry.retired for column in entry.columns)
    return frozenset(column.id for column in summary_columns(entry)) if whole else frozenset(gone)


@dataclass(frozen=True)
class _Step:
    """A question of a version: what reads its answer, and where the cells go: a span, or one place each."""

    question: Question
    read: Callable[[ReadItem], Sequence[Cell]]
    start: int
    stop: int
    places: tuple[int, ...] | None


class RowReader:
    """Puts the answers of documents in rows.

    places: column id → position in the row, all columns of a question among them. Whatever is not in a row's version,
    or not asked by it, stays NOT_ASKED.
    """

    def __init__(self, entries: Sequence[AskedColumns], places: Mapping[str, int], width: int) -> None:
        self._entries = {entry.question.id: entry for entry in entries}
        self._places = places
        self._blank: list[Cell] = [NOT_ASKED] * width
        self._plans: dict[str, tuple[list[_Step], tuple[str, ...]]] = {}

    def row(self, document: Document) -> tuple[list[Cell], list[Question], tuple[str, ...]]:
        """The row, the questions of its version that were not asked, and the ids of those that its version lacks."""
        plan = self._plans.get(document.version.sha256)
        if plan is None:
            plan = self._plans[document.version.sha256] = self._planned(document.version)
        steps, lacking = plan
        row = self._blank.copy()
        unasked = []
        at = 0
        for section in document.sections:
            for item in section.items:
                step = steps[at]
                at += 1
                if item.status is AnswerStatus.ANSWERED:
                    cells = step.read(item)
                elif item.status is AnswerStatus.NOT_ASKED:
                    unasked.append(step.question)
                    continue
                else:
                    cells = (None,) * (step.stop - step.start if step.places is None else len(step.places))
                if step.places is None:
                    row[step.start : step.stop] = cells
                    continue
                for place, cell in zip(step.places, cells, strict=True):
                    row[place] = cell
        return row, unasked, lacking

    def _planned(self, version: FormVersion) -> tuple[list[_Step], tuple[str, ...]]:
        steps = [self._step(question) for question in version.questions]
        return steps, tuple(id for id in self._entries if id not in version)

    def _step(self, question: Question) -> _Step:
        entry = self._entries[question.id]
        if question.kind.own_tab:
            ids = [column.id for column in summary_columns(entry)]
            read: Callable[[ReadItem], Sequence[Cell]] = _summed(question, ids)
        else:
            ids = [column.id for column in question.kind.columns(question)]
            read = _remembered(question)
        places = tuple(self._places[id] for id in ids)
        # Columns that only other versions have are asked here too, and hold nothing.
        rest = tuple(self._places[column.id] for column in row_columns(entry) if column.id not in ids)
        if rest:
            read, places = _with_blanks(read, len(rest)), (*places, *rest)
        if places == tuple(range(places[0], places[0] + len(places))):
            return _Step(question, read, places[0], places[-1] + 1, None)
        return _Step(question, read, 0, 0, places)


class LineReader:
    """Reads the lines of a question with a tab of its own into its columns, None where a sheet's version lacks one."""

    def __init__(self, entry: AskedColumns) -> None:
        self._id = entry.question.id
        self._columns = [column.id for column in entry.columns]
        self._plans: dict[str, tuple[int, tuple[int, ...] | None] | None] = {}

    def rows(self, document: Document) -> Iterable[Row]:
        """The lines of that sheet, as wide as the columns; none where it has no answer."""
        version = document.version
        if version.sha256 not in self._plans:
            self._plans[version.sha256] = self._planned(version) if self._id in version else None
        plan = self._plans[version.sha256]
        if plan is None:
            return ()
        at, places = plan
        item = next(islice((item for section in document.sections for item in section.items), at, None))
        if item.value is None:
            return ()
        rows = item.question.kind.cells(item.value)
        return rows if places is None else [tuple((*row, None)[place] for place in places) for row in rows]

    def _planned(self, version: FormVersion) -> tuple[int, tuple[int, ...] | None]:
        """Which of the version's questions it is, and from where in its row each column is taken; -1 is nowhere."""
        question = version.question(self._id)
        own = [column.id for column in question.kind.columns(question)]
        places = tuple(own.index(id) if id in own else -1 for id in self._columns)
        return version.questions.index(question), None if own == self._columns else places


def _remembered(question: Question) -> Callable[[ReadItem], Row]:
    """The cells of an answer; those of choices are the same tuple again and again."""
    cells = question.kind.cells
    known: dict[Any, Row] = {}

    def read(item: ReadItem) -> Row:
        value = item.value
        if value.__class__ is str:
            if len(value) > _SHORT:
                return cells(value)[0]
            key: Any = value
        elif value.__class__ is list and value and value[0].__class__ is str:
            key = tuple(value)
        else:
            return cells(value)[0]
        row = known.get(key)
        if row is None:
            row = cells(value)[0]
            if len(known) < 10_000:
                known[key] = row
        return row

    return read


def _summed(question: Question, ids: Sequence[str]) -> Callable[[ReadItem], Row]:
    own = [column.id + SUM for column in question.kind.columns(question)]
    summed = [own.index(id) if id in own else None for id in ids[2:]]

    def read(item: ReadItem) -> Row:
        # A value with a tab of its own is a list of its lines.
        rows = question.kind.cells(item.value) if summed else ()
        return (item.text, len(item.value), *(None if at is None else _sum(rows, at) for at in summed))

    return read


def _sum(rows: Sequence[Row], at: int) -> Cell:
    """The sum of a column, None where no row has a number: that is not 0."""
    given = [row[at] for row in rows if row[at] is not None]
    return sum(given[1:], given[0]) if given else None


def _with_blanks(read: Callable[[ReadItem], Sequence[Cell]], count: int) -> Callable[[ReadItem], Sequence[Cell]]:
    blanks = (None,) * count
    return lambda item: (*read(item), *blanks)
