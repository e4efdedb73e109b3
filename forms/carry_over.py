"""An earlier year's answers this year: what is taken, what only stands beside, what nobody has confirmed yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.definition import CarryOver, FormVersion, Question
from forms.document import AnswerStatus, ReadItem

TAKEN = frozenset({CarryOver.TAKE, CarryOver.TAKE_AND_REREAD})


@dataclass(frozen=True)
class Mark:
    """Where a carried answer comes from: the year, and whether it was only a draft there."""

    year: int
    draft: bool = False

    @property
    def source(self) -> str:
        """« 2025 », « votre brouillon de 2025 »."""
        return f"votre brouillon de {self.year}" if self.draft else str(self.year)

    @property
    def in_words(self) -> str:
        """« repris de 2025 »."""
        return f"repris de {self.source}"

    def to_json(self) -> dict[str, Any]:
        return {"year": self.year} | ({"draft": True} if self.draft else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Mark:
        return cls(data["year"], data.get("draft", False))


@dataclass(frozen=True)
class Earlier:
    """What an earlier year says of an action: its form, its valid answers (JSON by question id).

    draft: they were never sent. sheet: the id of the sheet that said so, for links.
    """

    year: int
    version: FormVersion
    answers: Mapping[str, Any]
    draft: bool = False
    sheet: str = ""

    @property
    def mark(self) -> Mark:
        """This year as a source."""
        return Mark(self.year, self.draft)

    def item(self, id: str) -> ReadItem:
        """That question as it was asked and answered then. Raises KeyError where it was not."""
        question = self.version.question(id)
        value = question.kind.load(self.answers[id])
        return ReadItem(question, AnswerStatus.ANSWERED, value, question.kind.text(value))

    def _says(self, question: Question) -> bool:
        if question.id not in self.version or question.id not in self.answers:
            return False
        # A snapshot fills such a question from the other one: nobody has said that.
        return not question.same_as or self.answers[question.id] != self.answers.get(question.same_as)


@dataclass(frozen=True)
class Renewal:
    """What earlier years bring to this one, by question id.

    answers: JSON taken over; marks: where each of them comes from. beside: the year whose answer is shown beside the
    box, because the question says so, because it can't be taken (any more, or whole), or because it is a figure.
    """

    answers: dict[str, Any]
    marks: dict[str, Mark]
    beside: dict[str, Earlier]


def renewal(version: FormVersion, earlier: Sequence[Earlier]) -> Renewal:
    """What is carried into a version. Pure.

    earlier: the years that may be drawn from, newest first; each question takes the newest that answers it. A question
    that no longer exists is left; an answer that this year's question can't hold is shown, never bent.
    """
    found = Renewal({}, {}, {})
    for question in version.questions:
        one = next((year for year in earlier if year._says(question)), None)
        if one is None or not question.typed or question.carry_over is CarryOver.EMPTY:
            continue
        renewed = question.kind.renew(one.answers[question.id])
        taken = question.carry_over in TAKEN and renewed.answer is not None
        if taken:
            found.answers[question.id] = renewed.answer
            found.marks[question.id] = one.mark
        item = one.item(question.id)
        if not (taken and renewed.whole) or item.question.kind.figure(item.value) is not None:
            found.beside[question.id] = one
    return found


def settled(answers: Mapping[str, Any], carried: Collection[str]) -> dict[str, Any]:
    """The answers that count: those that nobody has confirmed or changed since they were carried don't."""
    return {question: answer for question, answer in answers.items() if question not in carried}


def settled_by_saving(version: FormVersion, seen: Collection[str], carried: Collection[str]) -> frozenset[str]:
    """Of the questions that stood on a saved page, those whose carried answer needs no more than that."""
    return frozenset(id for id in seen if id in carried and version.question(id).carry_over is CarryOver.TAKE)


def to_reread(version: FormVersion, carried: Collection[str]) -> tuple[str, ...]:
    """The carried answers that somebody has to read again and say so, in the form's order."""
    rereads = CarryOver.TAKE_AND_REREAD
    return tuple(item.id for item in version.questions if item.id in carried and item.carry_over is rereads)
