"""The definition language: questions, sections and versions, frozen, to JSON and back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from forms import conditions
from forms.conditions import Condition
from forms.kinds import Kind, kind_from_json

_ID = re.compile(r"[a-z][a-z0-9_]*")


class CarryOver(StrEnum):
    """What happens to last year's answer: taken, taken and to be read again, only shown, left."""

    TAKE = "reprendre"
    TAKE_AND_REREAD = "reprendre_et_relire"
    SHOW = "montrer_seulement"
    EMPTY = "vider"


class Origin(StrEnum):
    """Where an answer comes from that nobody types."""

    CENTRE = "centre"
    CAMPAIGN = "campaign"


@dataclass(frozen=True)
class Question:
    """One question.

    id: names the answer everywhere, for ever. label: as asked. kind: the type of answer.
    short: label for tables. show_if: asked only where it holds. required: judged at sending only.
    optional: not counted among what remains to be answered. facet: lists can be filtered by it.
    sensitive: never kept on the device. filled_from: filled by the product, not typed.
    same_as: while empty, the answer is the one given to that earlier question. counted_in: the
    question whose text tells the same figures in words, where the version has it.
    """

    id: str
    label: str
    kind: Kind
    short: str = ""
    help: str = ""
    show_if: Condition | None = None
    required: bool = False
    optional: bool = False
    carry_over: CarryOver = CarryOver.TAKE
    facet: bool = False
    sensitive: bool = False
    filled_from: Origin | None = None
    same_as: str | None = None
    counted_in: str | None = None

    @property
    def short_label(self) -> str:
        """The label for tables and workbooks."""
        return self.short or self.label

    @property
    def typed(self) -> bool:
        """True where a person answers it."""
        return self.filled_from is None

    def but(self, **changes: Any) -> Question:
        """The same question with some things said differently this year (never its id)."""
        if "id" in changes:
            raise ValueError("a question keeps its id for ever")
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "label": self.label,
            "short": self.short,
            "help": self.help,
            "kind": self.kind.to_json(),
            "show_if": self.show_if.to_json() if self.show_if else None,
            "required": self.required,
            "optional": self.optional,
            "carry_over": self.carry_over.value,
            "facet": self.facet,
            "sensitive": self.sensitive,
            "filled_from": self.filled_from.value if self.filled_from else None,
            "same_as": self.same_as,
            "counted_in": self.counted_in,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Question:
        """Inverse of to_json. Raises KeyError, TypeError or ValueError on what isn't one."""
        origin = data["filled_from"]
        return cls(
            **{
                **data,
                "kind": kind_from_json(data["kind"]),
                "show_if": conditions.from_json(data["show_if"]),
                "carry_over": CarryOver(data["carry_over"]),
                "filled_from": Origin(origin) if origin else None,
            }
        )


@dataclass(frozen=True)
class Section:
    """A step of the form: id (in addresses), title, questions in order, a line above them."""

    id: str
    title: str
    questions: tuple[Question, ...]
    intro: str = ""

    @cached_property
    def typed(self) -> tuple[Question, ...]:
        """The questions that a person answers."""
        return tuple(question for question in self.questions if question.typed)

    def to_json(self) -> dict[str, Any]:
        questions = [question.to_json() for question in self.questions]
        return {"id": self.id, "title": self.title, "intro": self.intro, "questions": questions}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Section:
        questions = tuple(Question.from_json(item) for item in data["questions"])
        return cls(data["id"], data["title"], questions, data["intro"])


@dataclass(frozen=True)
class FormVersion:
    """All questions of a year; immutable once published, known by the SHA-256 of its JSON.

    Raises ValueError when made with twice the same id, with one that can't be the name of a
    control (« partners_named »), or with a condition or a same_as that doesn't look back at an
    earlier question.
    """

    key: str
    title: str
    sections: tuple[Section, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for question in self.questions:
            looks_at = conditions.questions_in(question.show_if)
            looks_at |= {question.same_as} if question.same_as else set()
            if not _ID.fullmatch(question.id):
                raise ValueError(f"{question.id!r} is no id of a question")
            if question.id in seen:
                raise ValueError(f"question {question.id} stands twice")
            if not looks_at <= seen:
                raise ValueError(f"question {question.id} looks ahead to {looks_at - seen}")
            seen.add(question.id)
        if len({section.id for section in self.sections}) != len(self.sections):
            raise ValueError("a section stands twice")

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in order."""
        return tuple(question for section in self.sections for question in section.questions)

    @cached_property
    def _by_id(self) -> dict[str, Question]:
        return {question.id: question for question in self.questions}

    def question(self, id: str) -> Question:
        """The question of that id. Raises KeyError."""
        return self._by_id[id]

    def __contains__(self, id: object) -> bool:
        return id in self._by_id

    def section(self, id: str) -> Section:
        """The section of that id. Raises KeyError."""
        return {section.id: section for section in self.sections}[id]

    def section_of(self, question: str) -> Section:
        """The section in which that question stands. Raises KeyError."""
        wanted = self.question(question)
        return next(section for section in self.sections if wanted in section.questions)

    def to_json(self) -> dict[str, Any]:
        """The whole version as plain JSON; from_json(to_json(v)) == v."""
        sections = [section.to_json() for section in self.sections]
        return {"format": 1, "key": self.key, "title": self.title, "sections": sections}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FormVersion:
        """Inverse of to_json. Raises KeyError, TypeError or ValueError on what isn't a version."""
        if data["format"] != 1:
            raise ValueError(f"unknown format of a form version: {data['format']}")
        sections = tuple(Section.from_json(item) for item in data["sections"])
        return cls(data["key"], data["title"], sections)

    @cached_property
    def sha256(self) -> str:
        """Hash of the canonical JSON: 64 hexadecimal digits."""
        return content_hash(self.to_json())


def content_hash(document: Any) -> str:
    """SHA-256 (hex) of a JSON document in canonical form: sorted keys, no blanks, UTF-8."""
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
