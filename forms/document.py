"""The reading document: a sheet as people read it, on a page, on paper or in a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from forms.conditions import Visibility, visibility
from forms.definition import FormVersion, Origin, Question


class AnswerStatus(StrEnum):
    """« Not asked » is not « not answered »."""

    ANSWERED = "answered"
    NOT_ANSWERED = "not_answered"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True)
class ReadItem:
    """A question with its answer: value as Python object (None without answer), text in French.

    alike: whether another question of the version is worded the same.
    """

    question: Question
    status: AnswerStatus
    value: Any
    text: str
    alike: bool = False

    @property
    def label(self) -> str:
        """The question as it was asked, or its short label where that alone tells it from another."""
        return self.question.short_label if self.alike else self.question.label


@dataclass(frozen=True)
class ReadSection:
    """A section with its questions in order."""

    id: str
    title: str
    intro: str
    items: tuple[ReadItem, ...]

    @property
    def answered(self) -> tuple[ReadItem, ...]:
        """The items that hold an answer."""
        return tuple(item for item in self.items if item.status is AnswerStatus.ANSWERED)


@dataclass(frozen=True)
class Document:
    """A whole sheet to be read."""

    version: FormVersion
    sections: tuple[ReadSection, ...]

    def item(self, question: str) -> ReadItem:
        """The item of that question. Raises KeyError."""
        return self._by_question[question]

    @cached_property
    def _by_question(self) -> dict[str, ReadItem]:
        return {item.question.id: item for section in self.sections for item in section.items}

    def value(self, question: str) -> Any:
        """The value of that question, None without answer or where the version lacks it."""
        return self.item(question).value if question in self.version else None


def reading(version: FormVersion, answers: Mapping[str, Any]) -> Document:
    """The document of a snapshot's answers (or of what a snapshot would hold).

    answers: JSON by question id, filled ones included. An answer that is there is shown, whatever
    the conditions say: what is not asked was left out when the snapshot was taken.
    """
    seen = visibility(version, answers)
    times = Counter(question.label for question in version.questions)

    def read(question: Question) -> ReadItem:
        item = _item(question, answers, seen[question.id])
        return item if times[question.label] == 1 else replace(item, alike=True)

    return Document(
        version,
        tuple(
            ReadSection(section.id, section.title, section.intro, tuple(map(read, section.questions)))
            for section in version.sections
        ),
    )


def set_aside(version: FormVersion, answers: Mapping[str, Any]) -> tuple[ReadItem, ...]:
    """The answers that are kept but not asked for as things stand: a snapshot leaves them out, and they come back
    with the condition. In the order of the form; answers: JSON by question id."""
    seen = visibility(version, answers)
    return tuple(
        _item(question, answers, seen[question.id])
        for question in version.questions
        if question.typed and question.id in answers and seen[question.id] is not Visibility.SHOWN
    )


def _item(question: Question, answers: Mapping[str, Any], seen: Visibility) -> ReadItem:
    if question.id in answers:
        value = question.kind.load(answers[question.id])
        return ReadItem(question, AnswerStatus.ANSWERED, value, question.kind.text(value))
    asked = seen is Visibility.SHOWN
    status = AnswerStatus.NOT_ANSWERED if asked else AnswerStatus.NOT_ASKED
    return ReadItem(question, status, None, "")


def snapshot_answers(
    version: FormVersion,
    answers: Mapping[str, Any],
    *,
    organisation: str,
    year: int,
    keep_hidden: bool = False,
) -> dict[str, Any]:
    """What a snapshot holds: the answers of the questions that are asked, in order, completed.

    organisation: « NAME - Département »; year: the campaign's. A question with same_as and no
    answer of its own takes the other one's. keep_hidden: archives keep what today's conditions
    would not ask. Out: JSON by question id.
    """
    filled = {Origin.CENTRE: organisation, Origin.CAMPAIGN: year}
    seen = visibility(version, answers)
    kept: dict[str, Any] = {}
    for question in version.questions:
        if question.filled_from:
            kept[question.id] = filled[question.filled_from]
        elif question.id in answers and (keep_hidden or seen[question.id] is Visibility.SHOWN):
            kept[question.id] = answers[question.id]
        elif question.same_as in kept and seen[question.id] is Visibility.SHOWN:
            kept[question.id] = kept[question.same_as]
    return kept
