"""The steps of a form: their WTForms classes, what was posted read into answers, what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias

import wtforms

from forms.carry_over import Mark, settled
from forms.conditions import Visibility, visibility
from forms.definition import FormVersion, Question, Section
from forms.kinds import Posted
from forms.values import showable

Pairs: TypeAlias = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Unparsed:
    """What was typed for a question and could not be read, and the French error beside it."""

    posted: tuple[tuple[str, str], ...]
    error: str

    def to_json(self) -> dict[str, Any]:
        return {"posted": [list(pair) for pair in self.posted], "error": self.error}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Unparsed:
        return cls(tuple((name, text) for name, text in data["posted"]), data["error"])


@dataclass(frozen=True)
class StepReading:
    """What one posted step says: answers (JSON by question id), questions emptied, unreadable."""

    answers: dict[str, Any]
    cleared: frozenset[str]
    unparsed: dict[str, Unparsed]


@dataclass(frozen=True)
class Control:
    """A question as a page shows it: its field with what was typed, its value, its errors.

    stored_error: that of what is kept unread, for when the text shown again no longer has it (a
    character that can't be kept was replaced). visibility: whether it is asked, given the answers.
    """

    question: Question
    field: Any
    value: Any
    stored_error: str = ""
    visibility: Visibility = Visibility.SHOWN

    @property
    def shown(self) -> bool:
        """Whether the question is asked."""
        return self.visibility is Visibility.SHOWN

    @property
    def errors(self) -> tuple[str, ...]:
        """The French errors to show beside the control, none for what can be read."""
        found = tuple(str(error) for error in self.field.errors)
        return found or ((self.stored_error,) if self.stored_error else ())

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """The same with the name of the control that each stands at: in a table, that of its cell."""
        found: tuple[tuple[str, str], ...] = self.field.faults
        return found or tuple((self.question.id, error) for error in self.errors[:1])

    @property
    def own_error(self) -> str:
        """The error of the question as a whole, none where it stands at one of its cells."""
        return next((error for name, error in self.faults if name == self.question.id), "")


class StepState(StrEnum):
    """How far a step is."""

    TODO = "todo"
    STARTED = "started"
    COMPLETE = "complete"
    TO_CORRECT = "to_correct"
    OPTIONAL = "optional"


STEP_LABELS = {
    StepState.TODO: "À commencer",
    StepState.STARTED: "En cours",
    StepState.COMPLETE: "Complète",
    StepState.TO_CORRECT: "À corriger",
    StepState.OPTIONAL: "Facultative",
}


@dataclass(frozen=True)
class Missing:
    """A question that keeps the sheet from being sent: where it stands and what to do."""

    question: str
    section: str
    message: str


def form_class(questions: Iterable[Question]) -> type[wtforms.Form]:
    """The WTForms class of these questions, one field each, named by question id."""
    fields = {question.id: question.kind.field(question) for question in questions}
    return type("StepForm", (wtforms.Form,), fields)


def controls(
    version: FormVersion,
    section: Section,
    answers: Mapping[str, Any],
    unparsed: Mapping[str, Unparsed],
    *,
    every: bool = False,
) -> tuple[Control, ...]:
    """The questions of a step to be shown, with what is stored for them.

    answers: JSON by question id; unparsed: what could not be read, shown again with its error.
    Questions that are hidden or not yet known are left out, unless every one is wanted.
    """
    found = controls_of(version, section.typed, answers, unparsed)
    return tuple(control for control in found if every or control.shown)


def controls_of(
    version: FormVersion,
    questions: Iterable[Question],
    answers: Mapping[str, Any],
    unparsed: Mapping[str, Unparsed],
) -> tuple[Control, ...]:
    """The controls of these questions, asked or not; arguments as for `controls`."""
    seen = visibility(version, answers)
    shown = list(questions)
    pairs: list[tuple[str, str]] = []
    for question in shown:
        if question.id in unparsed:
            pairs += unparsed[question.id].posted
        elif question.id in answers:
            value = question.kind.load(answers[question.id])
            pairs += question.kind.posted(question.id, value)
    form = form_class(shown)(Posted(pairs))
    form.validate()
    return tuple(
        _control(question, form[question.id], answers, unparsed.get(question.id), seen[question.id])
        for question in shown
    )


def unread_text(version: FormVersion, question: str, unparsed: Unparsed) -> str:
    """What was typed for that question and can't be read, in words: of a table only its cells that can't."""
    (control,) = controls_of(version, [version.question(question)], {}, {question: unparsed})
    wrong = {name for name, _error in control.faults} - {question}
    cells = [text for name, text in unparsed.posted if name in wrong and text.strip()]
    return ", ".join(cells) or control.question.kind.written(question, list(unparsed.posted))


def place_of_error(version: FormVersion, question: str, unparsed: Mapping[str, Unparsed]) -> str:
    """The name of the control where what was typed for that question can't be read; its id where all can."""
    (control,) = controls_of(version, [version.question(question)], {}, unparsed)
    return control.faults[0][0] if control.faults else question


def _control(
    question: Question,
    field: Any,
    answers: Mapping[str, Any],
    unparsed: Unparsed | None = None,
    seen: Visibility = Visibility.SHOWN,
) -> Control:
    stored = answers.get(question.id)
    current = None if stored is None else question.kind.load(stored)
    value = question.kind.merge(field.data, current)
    return Control(question, field, value, unparsed.error if unparsed else "", seen)


def read_step(
    version: FormVersion,
    section: Section,
    pairs: Pairs,
    asked: Collection[str],
    current: Mapping[str, Any],
) -> StepReading:
    """What a browser posted for a step.

    pairs: (control name, text) as posted. asked: ids of the questions that stood on the page
    (absent is not empty: others stay as they are). current: the stored answers, JSON.
    """
    return read_questions([question for question in section.typed if question.id in asked], pairs, current)


def read_questions(questions: Collection[Question], pairs: Pairs, current: Mapping[str, Any]) -> StepReading:
    """What was posted for these questions, whatever the step they stand in; arguments as for read_step."""
    posted_pairs = list(pairs)
    own = {question.id: _own_pairs(question.id, posted_pairs) for question in questions}
    form = form_class(questions)(Posted(pair for part in own.values() for pair in part))
    form.validate()
    answers: dict[str, Any] = {}
    cleared: set[str] = set()
    unparsed: dict[str, Unparsed] = {}
    for question in questions:
        control = _control(question, form[question.id], current)
        if control.errors:
            posted = tuple((name, showable(text)) for name, text in own[question.id])
            unparsed[question.id] = Unparsed(posted, control.errors[0])
        elif question.kind.is_empty(control.value):
            cleared.add(question.id)
        else:
            answers[question.id] = question.kind.dump(control.value)
    return StepReading(answers, frozenset(cleared), unparsed)


def _own_pairs(id: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, text in pairs if name == id or name.startswith(f"{id}-")]


def asked_questions(version: FormVersion, section: Section, answers: Mapping[str, Any]) -> tuple[Question, ...]:
    """The questions of a section that are asked and that a person answers."""
    return _shown(section, visibility(version, answers))


def _shown(section: Section, seen: Mapping[str, Visibility]) -> tuple[Question, ...]:
    return tuple(item for item in section.typed if seen[item.id] is Visibility.SHOWN)


def missing(
    version: FormVersion,
    answers: Mapping[str, Any],
    unparsed: Mapping[str, Any],
    carried: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Missing, ...]:
    """What keeps the sheet from being sent: required questions without answer, unreadable ones, carried ones.

    carried: the marks (JSON, by question id) of answers taken over from an earlier year that nobody has confirmed.
    """
    seen = visibility(version, answers)
    return tuple(
        Missing(question.id, section.id, _to_do(question, unparsed, carried))
        for section in version.sections
        for question in _shown(section, seen)
        if question.id in unparsed or question.id in carried or (question.required and question.id not in answers)
    )


def _to_do(question: Question, unparsed: Mapping[str, Any], carried: Mapping[str, Any]) -> str:
    name = f"«\u00a0{question.short_label}\u00a0»"
    if question.id in unparsed:
        return f"Corrigez {name}."
    if question.id in carried:
        return f"Relisez {name}, {Mark.from_json(carried[question.id]).in_words}."
    return f"Répondez à {name}."


def unanswered(
    version: FormVersion, answers: Mapping[str, Any], unparsed: Mapping[str, Any]
) -> tuple[tuple[Section, Question], ...]:
    """Questions asked, neither required nor optional, left without answer: they may be sent so.

    One with a carried answer may not: it is among those missing.
    """
    seen = visibility(version, answers)
    return tuple(
        (section, question)
        for section in version.sections
        for question in _shown(section, seen)
        if not (question.required or question.optional) and question.id not in answers and question.id not in unparsed
    )


def step_states(
    version: FormVersion,
    answers: Mapping[str, Any],
    unparsed: Mapping[str, Any],
    queried: Collection[str] = (),
    carried: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, StepState]:
    """How far each step is, by its id, in their order.

    queried: ids of the questions that a reviewer has asked about; carried: as for missing.
    """
    seen, given = visibility(version, answers), settled(answers, carried)
    return {
        section.id: _state(section, _shown(section, seen), given, unparsed, queried, carried)
        for section in version.sections
    }


def _state(
    section: Section,
    asked: Collection[Question],
    given: Collection[str],
    unparsed: Mapping[str, Any],
    queried: Collection[str],
    carried: Mapping[str, Any],
) -> StepState:
    if {question.id for question in asked} & unparsed.keys() or {item.id for item in section.typed} & set(queried):
        return StepState.TO_CORRECT
    answered = [question for question in asked if question.id in given]
    expected = [question for question in asked if not question.optional or question.id in carried]
    if not answered:
        return StepState.TODO if expected else StepState.OPTIONAL
    done = all(question.id in given for question in expected)
    return StepState.COMPLETE if done else StepState.STARTED
