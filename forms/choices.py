"""Choices and lists of choices: codes that never change meaning, labels that may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forms.french import fold


@dataclass(frozen=True)
class Choice:
    """One possible answer.

    code: its name in storage, for ever. label: what people read. aliases: other spellings met in
    imports. retired: no longer offered, still read.
    """

    code: str
    label: str
    aliases: tuple[str, ...] = ()
    retired: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "label": self.label,
            "aliases": list(self.aliases),
            "retired": self.retired,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Choice:
        return cls(data["code"], data["label"], tuple(data["aliases"]), data["retired"])


def by_code(choices: tuple[Choice, ...], code: object) -> Choice | None:
    """The choice of that code, or None."""
    return next((choice for choice in choices if choice.code == code), None)


def by_label(choices: tuple[Choice, ...], label: str) -> Choice | None:
    """The choice that people call so: label or alias, case, accents and punctuation folded."""
    wanted = fold(label)
    for choice in choices:
        if wanted in {fold(name) for name in (choice.label, *choice.aliases)}:
            return choice
    return None
