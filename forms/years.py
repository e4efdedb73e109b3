"""An action's years read one after the other: its end, its figures, what was said again word for word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from forms.conditions import holds
from forms.definition import CarryOver, Question
from forms.document import AnswerStatus, Document, ReadItem
from forms.french import NBSP, number, signed
from forms.questions.action import ENDED, STATUS


@dataclass(frozen=True)
class Year:
    """What one year says of an action. draft: it was never sent."""

    year: int
    document: Document
    draft: bool = False

    @property
    def status(self) -> str:
        """The action's state as that year tells it (« En cours »); empty where it doesn't."""
        return self.document.item(STATUS.id).text if STATUS.id in self.document.version else ""

    @property
    def ended(self) -> bool:
        """Whether that year tells the end of the action."""
        code = self.document.value(STATUS.id)
        return code is not None and ended({STATUS.id: code})


@dataclass(frozen=True)
class Point:
    """A year's figure, as a number and in words."""

    year: int
    figure: Decimal
    text: str
    draft: bool


@dataclass(frozen=True)
class Series:
    """A question's figures over the years, oldest first."""

    question: Question
    points: tuple[Point, ...]

    def in_year(self, year: int) -> Point | None:
        """That year's figure, None where there is none."""
        return next((point for point in self.points if point.year == year), None)


@dataclass(frozen=True)
class Unchanged:
    """An answer that stands word for word as it did before: in how many years in a row, the oldest of them."""

    question: Question
    years: int
    since: int


def ended(answers: Mapping[str, Any]) -> bool:
    """Whether these answers (JSON) say that the action came to its end."""
    return holds(ENDED, answers, {}) is True


def series(years: Sequence[Year]) -> tuple[Series, ...]:
    """The figures of an action, question by question, in the order of the newest form.

    In: its years in any order. Whatever kind of question gives a figure is taken, no list of them exists.
    """
    in_order = sorted(years, key=lambda year: year.year)
    questions: dict[str, Question] = {}
    points: dict[str, list[Point]] = {}
    for year in reversed(in_order):
        for item in _answered(year.document):
            figure = item.question.kind.figure(item.value)
            if figure is not None:
                questions.setdefault(item.question.id, item.question)
                text = item.question.kind.figure_text(figure)
                points.setdefault(item.question.id, []).insert(0, Point(year.year, figure, text, year.draft))
    return tuple(Series(question, tuple(points[id])) for id, question in questions.items())


def unchanged(current: Document, before: Sequence[Year]) -> tuple[Unchanged, ...]:
    """The answers that are word for word those of the years before, in the form's order.

    before: the earlier years, newest first. Facts that are carried over because they don't change are not looked at.
    """
    found = []
    for item in _answered(current):
        if item.question.carry_over is CarryOver.TAKE:
            continue
        same = []
        for year in before:
            if _words(year.document, item.question.id) != item.text.split():
                break
            same.append(year.year)
        if same:
            found.append(Unchanged(item.question, len(same), same[-1]))
    return tuple(found)


def compared(current: Document, before: Year) -> dict[str, str]:
    """The figures of the year before and how they have moved, in words by question id; those it lacks are left out."""
    found = {}
    for item in _answered(current):
        kind, id = item.question.kind, item.question.id
        earlier, now = before.document.value(id), kind.figure(item.value)
        was = None if earlier is None else before.document.version.question(id).kind.figure(earlier)
        if was is not None and now is not None:
            text = kind.figure_text(was, unit=True)
            found[id] = f"{before.year}{NBSP}: {text} · {difference(item.question, was, now, str(before.year))}"
    return found


def difference(question: Question, before: Decimal, after: Decimal, since: str) -> str:
    """How a figure has moved: « + 12 par rapport à 2025 (+ 14 %) ». since: the year before, in words."""
    moved = after - before
    if not moved:
        return f"autant que dans {since}" if not since.isdecimal() else f"autant qu’en {since}"
    text = signed(question.kind.figure_text(abs(moved)), moved)
    percent = round(100 * moved / before) if before else 0
    share = f" ({signed(number(abs(percent)), percent)}{NBSP}%)" if percent else ""
    return f"{text} par rapport à {since}{share}"


def _answered(document: Document) -> list[ReadItem]:
    return [item for section in document.sections for item in section.answered if item.question.typed]


def _words(document: Document, id: str) -> list[str] | None:
    """The words of an answer; spaces and line ends are no words. None without answer."""
    if id not in document.version:
        return None
    item = document.item(id)
    return item.text.split() if item.status is AnswerStatus.ANSWERED else None
