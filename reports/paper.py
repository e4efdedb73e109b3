"""The form on paper, to be filled in by hand: empty, or with what a sheet already holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO

from forms.definition import FormVersion, Question
from forms.document import Document, ReadItem, reading
from forms.kinds import CellType, Column
from forms.steps import Unparsed
from reports.columns import may_be_long
from reports.content import no_progress
from reports.dictionary import own_label
from reports.printing import Limits, print_page
from reports.rendering import render
from reports.takeaway.layout import Carried, condition_of, filled_rows, to_fill

_LIMITS = Limits(seconds=60)
_LINES, _MORE_LINES, _ROWS = 5, 3, 6
"""Lines to write on where nothing stands yet (a long text may ask for more), below a text, and rows of a table."""


@dataclass(frozen=True)
class Paper:
    """What is printed. answers: JSON by question id, those filled by the product included.

    reference, title, centre, deadline (« 31 janvier 2027 »): empty on a form that is nobody's yet.
    made_at: aware.
    """

    version: FormVersion
    federation: str
    made_at: datetime
    year: int | None = None
    reference: str = ""
    title: str = ""
    centre: str = ""
    deadline: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    unparsed: Mapping[str, Unparsed] = field(default_factory=dict)


class Shape(StrEnum):
    """How the room for an answer looks."""

    BOXES = "boxes"
    LINES = "lines"
    CELL = "cell"
    GRID = "grid"
    NOTE = "note"


@dataclass(frozen=True)
class Box:
    """A box to tick."""

    label: str
    ticked: bool


@dataclass(frozen=True)
class Room:
    """A question and the room for its answer.

    text: what is there already. lines: blank ones to write on. heads, rows: of a table, with the
    rows that are there already; blank: how many more.
    """

    question: Question
    help: str
    shape: Shape
    text: str = ""
    lines: int = 0
    boxes: tuple[Box, ...] = ()
    unit: str = ""
    heads: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    blank: int = 0


def make(paper: Paper, out: BinaryIO) -> None:
    """Write the PDF, A4. Raises Refused (French) where it can't be made."""
    document = reading(paper.version, paper.answers)
    html = render(
        "reports/paper.html",
        content=paper,
        sections=[(section, [_room(item, paper) for item in section.items]) for section in document.sections],
        heading=_heading(paper, document),
    )
    print_page(html, {}, out, no_progress, limits=_LIMITS)


def _heading(paper: Paper, document: Document) -> str:
    return paper.title or " ".join(filter(None, (document.version.title, str(paper.year or ""))))


def _room(item: ReadItem, paper: Paper) -> Room:
    question = item.question
    help = " ".join(filter(None, (condition_of(question, paper.version), question.help)))
    if not question.typed or question.kind.uploads:
        text = item.text
        if question.kind.uploads:
            text = text or "Les fichiers se joignent en ligne, à la dernière étape."
        return Room(question, help, Shape.NOTE, text, lines=0 if text else 1)
    carried = Carried(answers=paper.answers, unparsed=paper.unparsed)
    columns = [column for _at, column in to_fill(question)]
    rows = [
        tuple(_words(cell, column) for cell, column in zip(row, columns, strict=True))
        for row in filled_rows(question, carried)
    ]
    if question.kind.own_tab:
        return Room(question, help, Shape.GRID, heads=tuple(columns), rows=tuple(rows), blank=max(3, _ROWS - len(rows)))
    boxes = _boxes(question, columns, rows[0])
    if boxes:
        many = columns[0].type is CellType.FLAG
        help = " ".join(filter(None, (help, "Cochez tout ce qui convient." if many else "Cochez une seule case.")))
        return Room(question, help, Shape.BOXES, boxes=boxes)
    if columns[0].type is not CellType.TEXT:
        return Room(question, help, Shape.CELL, rows[0][0], unit=columns[0].unit)
    text = rows[0][0]
    long = may_be_long(question)
    empty = getattr(question.kind, "rows", _LINES) + 1 if long else 2
    return Room(question, help, Shape.LINES, text, lines=(_MORE_LINES if long else 1) if text else empty)


def _words(cell: Any, column: Column) -> str:
    """A cell as it is printed."""
    if cell is None:
        return ""
    return _column_text(cell, column) if not isinstance(cell, str) else cell


def _column_text(cell: Any, column: Column) -> str:
    """A number, an amount or a day as French people write it."""
    if column.type is CellType.DAY:
        return f"{cell:%d/%m/%Y}"
    return f"{cell:,.2f}".removesuffix(".00").replace(",", " ").replace(".", ",")


def _boxes(question: Question, columns: list[Column], row: tuple[str, ...]) -> tuple[Box, ...]:
    """A box for each choice that is offered, and for one that was made in earlier years."""
    if columns[0].type is CellType.FLAG:
        return tuple(
            Box(own_label(question, column), bool(cell))
            for column, cell in zip(columns, row, strict=True)
            if column.offered or cell
        )
    options = columns[0].options
    said = [row[0]] if row[0] and row[0] not in options else []
    return tuple(Box(option, option == row[0]) for option in (*options, *said)) if options else ()
