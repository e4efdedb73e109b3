"""Counts offered from prose: the figures of a text beside the boxes that they may fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forms.conditions import Visibility, visibility
from forms.definition import FormVersion, Question
from forms.prose import ToldCount, counts_in
from forms.values import Refused

Answers = Mapping[str, Any]


def told(version: FormVersion, answers: Answers) -> Iterator[tuple[Question, ToldCount]]:
    """Every question that is asked and whose own text tells a figure for it, with that figure.

    answers: JSON by question id. Only questions that say in which text they are counted.
    """
    seen = visibility(version, answers)
    for question in version.questions:
        if question.counted_in is not None and seen[question.id] is Visibility.SHOWN:
            text = prose_of(version, question.counted_in, answers)
            yield from ((question, count) for count in counts_in(text) if count.question == question.id)


def prose_of(version: FormVersion, question: str, answers: Answers) -> str:
    """What a person wrote for that question; empty without answer, or where the version lacks it."""
    if question not in version or question not in answers:
        return ""
    kind = version.question(question).kind
    return kind.prose(kind.load(answers[question]))


def offers(version: FormVersion, answers: Answers) -> tuple[ToldCount, ...]:
    """The figures to offer: those of questions that hold no figure yet and would take it, in order."""
    return tuple(
        count
        for question, count in told(version, answers)
        if not _has_figure(question, answers) and taken(version, count) is not None
    )


def _has_figure(question: Question, answers: Answers) -> bool:
    return question.id in answers and question.kind.figure(question.kind.load(answers[question.id])) is not None


def taken(version: FormVersion, count: ToldCount) -> Any:
    """The answer (JSON) that a figure read from prose gives; None where its question can't take it."""
    kind = version.question(count.question).kind
    try:
        value = kind.from_figure(count.number, estimated=count.estimated)
    except Refused:
        return None
    return None if value is None else kind.dump(value)
