"""What a workbook says that comes back: answer by answer, with the place of what can't be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.definition import FormVersion, Origin, Question
from forms.kinds import Cell, Column, Row
from forms.kinds.base import cell_text
from forms.steps import Unparsed, read_step
from forms.values import Refused
from reports.takeaway import layout
from reports.takeaway.book import Place, Problem, TakenBook, TakenColumn


@dataclass(frozen=True)
class TakenAnswer:
    """What the workbook says for a question.

    answer: JSON, None where the cells are empty or can't be read. unparsed: what can't. touched:
    somebody has typed since the workbook was made. base: the mark of what was stored then. place:
    the first of its cells. problems: of its cells, one by one.
    """

    question: str
    answer: Any
    unparsed: Unparsed | None
    touched: bool
    base: str
    place: Place
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class TakenSheet:
    """A sheet of the workbook, read. organisation, year: as written, for a sheet that is to be begun.

    problems: what is wrong beside single answers (a question whose row is gone).
    """

    column: TakenColumn
    organisation: str
    year: int | None
    answers: Mapping[str, TakenAnswer]
    problems: tuple[Problem, ...]

    @property
    def used(self) -> bool:
        """True where somebody has typed an answer; a column left empty is no sheet."""
        return any(taken.touched for taken in self.answers.values())

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """Those of the sheet, then those of its answers, in the order of the form."""
        return self.problems + tuple(problem for taken in self.answers.values() for problem in taken.problems)


@dataclass(frozen=True)
class _Cells:
    """The cells of one question: rows as wide as its columns, and the place of each cell that is filled in."""

    rows: list[Row]
    filled: list[Row]
    places: list[dict[int, Place]]
    place: Place


def read_sheet(book: TakenBook, column: TakenColumn, version: FormVersion) -> TakenSheet:
    """Read one sheet of the workbook by that version of the form; what was deleted is left as it is, and told."""
    found: dict[str, _Cells] = {}
    problems: list[Problem] = []
    said: dict[Origin, str] = {}
    for question in version.questions:
        cells = _cells_of(book, column, question)
        if question.filled_from:
            said[question.filled_from] = cell_text(cells.rows[0][0]).strip() if cells else ""
        elif cells is not None:
            found[question.id] = cells
        elif not question.kind.uploads:
            message = f"« {question.short_label} » n’est plus entière dans le classeur : cette réponse n’est pas lue."
            problems.append(Problem(message, None, question.id))
    year = _year(book, column, version, said.get(Origin.CAMPAIGN, ""), problems)
    answers = _answers(column, version, found)
    return TakenSheet(column, said.get(Origin.CENTRE, ""), year, answers, tuple(problems))


def _year(book: TakenBook, column: TakenColumn, version: FormVersion, text: str, problems: list[Problem]) -> int | None:
    question = next((item for item in version.questions if item.filled_from is Origin.CAMPAIGN), None)
    if question is None:
        return None
    try:
        year: int | None = question.kind.parse([text])
    except Refused as refused:
        problems.append(
            Problem(refused.message, Place(book.main.name, book.lines[question.id], column.at), question.id)
        )
        return None
    return year


def _cells_of(book: TakenBook, column: TakenColumn, question: Question) -> _Cells | None:
    """The cells of a question, None where the workbook no longer has them all."""
    wanted = layout.to_fill(question)
    if question.kind.uploads:
        return None
    if question.kind.own_tab:
        return _cells_of_table(book, column, question, wanted)
    if any(item.id not in book.lines for _at, item in wanted if item.offered):
        return None
    places, values = {}, {}
    for at, item in wanted:
        if item.id in book.lines:
            places[at] = Place(book.main.name, book.lines[item.id], column.at)
            values[at] = _whole_text(book, column, item.id)
    return _Cells(
        [_row(question, values)],
        [tuple(values.get(at) for at, _item in wanted)],
        [places],
        min(places.values(), key=lambda place: place.row or 0),
    )


def _whole_text(book: TakenBook, column: TakenColumn, id: str) -> Cell:
    """What stands in a cell, with the rows that go on with it."""
    cell, part = book.main.cell(book.lines[id], column.at), 1
    while (more := book.lines.get(layout.continued(id, part))) is not None:
        if (text := book.main.cell(more, column.at)) is not None:
            cell = cell_text(cell) + cell_text(text)
        part += 1
    return cell


def _cells_of_table(
    book: TakenBook, column: TakenColumn, question: Question, wanted: Sequence[tuple[int, Column]]
) -> _Cells | None:
    table = book.tables.get(question.id)
    if table is None or any(item.id not in table.columns for _at, item in wanted if item.offered):
        return None
    cells = _Cells([], [], [], Place(table.tab))
    for line in table.rows:
        if line.number == column.number:
            values = {at: line.cells.get(item.id) for at, item in wanted}
            cells.rows.append(_row(question, values))
            cells.filled.append(tuple(values.values()))
            cells.places.append(
                {
                    at: Place(table.tab, line.row, table.columns[item.id], item.label)
                    for at, item in wanted
                    if item.id in table.columns
                }
            )
    return cells


def _row(question: Question, values: Mapping[int, Cell]) -> Row:
    """A row as wide as the question's columns."""
    return tuple(values.get(at) for at in range(len(question.kind.columns(question))))


def _answers(column: TakenColumn, version: FormVersion, found: Mapping[str, _Cells]) -> dict[str, TakenAnswer]:
    """Every answer through the gate that a browser's go through."""
    answers: dict[str, TakenAnswer] = {}
    for section in version.sections:
        asked = [question for question in section.typed if question.id in found]
        pairs = [
            pair for question in asked for pair in question.kind.posted_of_cells(question.id, found[question.id].rows)
        ]
        reading = read_step(version, section, pairs, {question.id for question in asked}, {})
        for question in asked:
            cells, unparsed = found[question.id], reading.unparsed.get(question.id)
            touched = layout.mark_of_cells(cells.filled) != column.written.get(question.id, "")
            answers[question.id] = TakenAnswer(
                question.id,
                reading.answers.get(question.id),
                unparsed,
                touched,
                column.base.get(question.id, ""),
                cells.place,
                _problems(question, cells, unparsed) if touched and unparsed else (),
            )
    return answers


def _problems(question: Question, cells: _Cells, unparsed: Unparsed) -> tuple[Problem, ...]:
    """What is wrong, cell by cell; where no single cell is to blame, of the question as a whole."""
    found = []
    for row, places in zip(cells.rows, cells.places, strict=True):
        for at, place in places.items():
            alone = tuple(cell if number == at else None for number, cell in enumerate(row))
            try:
                question.kind.from_cells([alone])
            except Refused as refused:
                found.append(Problem(refused.message, place, question.id))
    return tuple(found) or (Problem(unparsed.error, cells.place, question.id),)
