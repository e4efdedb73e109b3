"""Templates of reports: one Jinja environment, and how an answer is laid out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forms import french
from forms.definition import Origin
from forms.document import AnswerStatus, ReadItem, ReadSection
from forms.kinds import CellType, TableColumn, is_picture
from reports.characters import legible
from reports.columns import may_be_long
from reports.figures import column_totals
from reports.manifest import content_hash, grouped

_TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
_SEPARATORS = re.compile("[\u2028\u2029]")
_LISTED = re.compile(r"\s*(?:[-–—•*·]|\d{1,2}[.)])\s")
_BRIEF = 80
"""Letters that take one line of print."""


@dataclass(frozen=True)
class Line:
    """A line as typed, and how it is set: « blank », « item » (hanging) or « text »."""

    shape: str
    text: str

    @property
    def classes(self) -> str:
        """Its classes where pages are made: its shape, « brief » for one line of print, « leads » for what announces
        the next line. Where a page may not end follows from them (print.css)."""
        brief = " brief" if _is_brief(self.text) else ""
        return self.shape + brief + (" leads" if self.text.rstrip().endswith(":") else "")


@dataclass(frozen=True)
class Block:
    """Consecutive answers that are laid out alike: « facts » (label beside), « absent »
    (labels only), « text » or « wide »."""

    shape: str
    items: tuple[ReadItem, ...]


def lines(text: str) -> list[Line]:
    """A typed text cut at its line feeds; joined by line feeds it is the same text again."""
    return [Line(_shape_of(line), line) for line in _printable(text).split("\n")]


def _printable(text: str) -> str:
    """Legible, and with line feeds where Unicode's own separators stand: at those, a printed line
    would end and the rest of it be lost."""
    return _SEPARATORS.sub("\n", legible(text))


def _shape_of(line: str) -> str:
    if not line.strip():
        return "blank"
    return "item" if _LISTED.match(line) else "text"


def blocks(section: ReadSection) -> tuple[Block, ...]:
    """What a section shows, in the definition's order.

    What was not asked is left out, and so is what stands above the sheet: its name and its year.
    Several questions in a row without answer share one line; a section that is optional as a whole
    and has no answer is left out too.
    """
    if not section.answered and all(item.question.optional for item in section.items):
        return ()
    shown = [item for item in section.items if item.status is not AnswerStatus.NOT_ASKED and not _stands_above(item)]
    shapes: list[tuple[str, ReadItem]] = []
    for absent, run in groupby(shown, lambda item: item.status is AnswerStatus.NOT_ANSWERED):
        items = tuple(run)
        together = absent and len(items) > 1
        shapes.extend(("absent" if together else _shape_of_item(item), item) for item in items)
    grouped = groupby(shapes, lambda pair: pair[0])
    return tuple(Block(shape, tuple(item for _shape, item in pairs)) for shape, pairs in grouped)


def _stands_above(item: ReadItem) -> bool:
    return item.question.id == "title" or item.question.filled_from is Origin.CAMPAIGN


def _shape_of_item(item: ReadItem) -> str:
    if item.status is AnswerStatus.NOT_ANSWERED:
        return "facts"
    if item.question.kind.own_tab:
        return "wide"
    return "text" if "\n" in item.text or may_be_long(item.question) else "facts"


def shortened(text: str, most: int = 70) -> str:
    """At most that many characters, cut between words."""
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _is_brief(text: str) -> bool:
    """True where a text takes one line of print."""
    return len(text) <= _BRIEF and "\n" not in text


def _is_counted(column: TableColumn) -> bool:
    """True where a column holds numbers, which stand on the right."""
    return any(own.type in (CellType.NUMBER, CellType.AMOUNT) for own in column.kind.columns(column))  # type: ignore[arg-type]


@cache
def environment() -> Environment:
    """Everything printed is escaped and legible; an undefined name is an error."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: _printable(value) if type(value) is str else value,
    )
    made.filters |= {
        "number": french.number,
        "amount": french.amount,
        "moment": french.moment,
        "day": lambda moment: french.day(moment.astimezone(french.PARIS).date()),
        "size": french.size,
        "plural": french.plural,
        "lines": lines,
        "blocks": blocks,
        "shortened": shortened,
        "content_hash": lambda sheets: grouped(content_hash(sheets)),
    }
    made.filters["totals"] = column_totals
    made.globals["zip"] = zip
    made.tests["picture"] = is_picture
    made.tests["counted"] = _is_counted
    made.tests["brief"] = _is_brief
    return made


def render(template: str, **context: Any) -> str:
    """The page that a template makes."""
    return environment().get_template(template).render(**context)
