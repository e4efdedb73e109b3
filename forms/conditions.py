"""When a question is asked: conditions as data, evaluated with three values.

Kleene's strong three-valued logic: what a missing answer leaves open stays « not yet known ».
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from forms.definition import FormVersion


class Visibility(StrEnum):
    """Whether a question is asked."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answered:
    """The question has an answer; with values, one that is (or contains) one of these codes."""

    question: str
    values: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"answered": self.question, "values": list(self.values)}


@dataclass(frozen=True)
class AnyOf:
    """At least one holds."""

    conditions: tuple[Condition, ...]

    def to_json(self) -> dict[str, Any]:
        return {"any": [condition.to_json() for condition in self.conditions]}


@dataclass(frozen=True)
class AllOf:
    """All hold."""

    conditions: tuple[Condition, ...]

    def to_json(self) -> dict[str, Any]:
        return {"all": [condition.to_json() for condition in self.conditions]}


@dataclass(frozen=True)
class Not:
    """The condition doesn't hold."""

    condition: Condition

    def to_json(self) -> dict[str, Any]:
        return {"not": self.condition.to_json()}


Condition: TypeAlias = Answered | AnyOf | AllOf | Not


def from_json(data: dict[str, Any] | None) -> Condition | None:
    """Inverse of to_json; None stays None. Raises ValueError for anything else."""
    match data:
        case None:
            return None
        case {"answered": question, "values": values}:
            return Answered(question, tuple(values))
        case {"any": parts}:
            return AnyOf(tuple(_part(part) for part in parts))
        case {"all": parts}:
            return AllOf(tuple(_part(part) for part in parts))
        case {"not": part}:
            return Not(_part(part))
    raise ValueError(f"not a condition: {data!r}")


def _part(data: dict[str, Any]) -> Condition:
    condition = from_json(data)
    if condition is None:
        raise ValueError("an empty condition")
    return condition


def questions_in(condition: Condition | None) -> frozenset[str]:
    """The ids of the questions that a condition reads."""
    match condition:
        case None:
            return frozenset()
        case Answered(question):
            return frozenset({question})
        case Not(inner):
            return questions_in(inner)
        case AnyOf(parts) | AllOf(parts):
            return frozenset().union(*(questions_in(part) for part in parts))


def holds(
    condition: Condition | None,
    answers: Mapping[str, Any],
    seen: Mapping[str, Visibility],
) -> bool | None:
    """True, False or None (not yet known).

    answers: JSON values by question id. seen: visibility of the questions that come before: what
    is not asked counts as answered by nothing, for good; what is asked and empty is not yet known.
    """
    match condition:
        case None:
            return True
        case Answered(question, values):
            return _answered(question, values, answers, seen)
        case Not(inner):
            inner_holds = holds(inner, answers, seen)
            return None if inner_holds is None else not inner_holds
        case AnyOf(parts):
            results = [holds(part, answers, seen) for part in parts]
            return True if True in results else None if None in results else False
        case AllOf(parts):
            results = [holds(part, answers, seen) for part in parts]
            return False if False in results else None if None in results else True


def _answered(
    question: str,
    values: tuple[str, ...],
    answers: Mapping[str, Any],
    seen: Mapping[str, Visibility],
) -> bool | None:
    state = seen.get(question, Visibility.SHOWN)
    if state is Visibility.HIDDEN:
        return False
    if state is Visibility.UNKNOWN or question not in answers:
        return None
    if not values:
        return True
    given = _codes(answers[question])
    return any(value in given for value in values)


def _codes(answer: Any) -> list[Any]:
    """The codes that an answer holds; those of yes and no are « oui » and « non »."""
    if isinstance(answer, bool):
        return ["oui" if answer else "non"]
    return answer if isinstance(answer, list) else [answer]


_SEEN = {True: Visibility.SHOWN, False: Visibility.HIDDEN, None: Visibility.UNKNOWN}


def visibility(version: FormVersion, answers: Mapping[str, Any]) -> dict[str, Visibility]:
    """Which questions are asked, given the answers.

    In: a version (whose conditions only look back: checked when it is made) and JSON answers by
    question id. Out: every question id of the version → Visibility. Pure.
    """
    seen: dict[str, Visibility] = {}
    for question in version.questions:
        seen[question.id] = _SEEN[holds(question.show_if, answers, seen)]
    return seen
