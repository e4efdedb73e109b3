"""One choice out of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from forms.choices import Choice, by_code, by_label
from forms.kinds.base import CellType, Column, Facet, Kind, Renewed, Row, cell_text
from forms.values import Refused

if TYPE_CHECKING:
    from forms.definition import Question


@dataclass(frozen=True)
class ChoiceOne(Kind):
    """One code out of choices. Retired choices are read but no longer offered."""

    name: ClassVar[str] = "choice_one"
    choices: tuple[Choice, ...] = ()

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The choices that a form shows."""
        return tuple(choice for choice in self.choices if not choice.retired)

    def parse(self, typed: list[str]) -> str | None:
        code = typed[0].strip()
        if not code:
            return None
        if by_code(self.choices, code) is None:
            raise Refused("Choisissez une réponse de la liste.")
        return code

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [(name, value)]

    def renew(self, data: Any) -> Renewed:
        return Renewed(data, True) if any(choice.code == data for choice in self.offered) else Renewed()

    def text(self, value: str) -> str:
        choice = by_code(self.choices, value)
        return choice.label if choice else value

    def columns(self, question: Question) -> tuple[Column, ...]:
        labels = tuple(choice.label for choice in self.offered)
        return (Column(question.id, question.short_label, CellType.TEXT, options=labels),)

    def cells(self, value: str | None) -> list[Row]:
        return [(None if value is None else self.text(value),)]

    def from_cells(self, rows: list[Row]) -> str | None:
        (cell,) = rows[0]
        label = cell_text(cell).strip()
        if not label:
            return None
        choice = by_label(self.choices, label)
        if choice is None:
            raise Refused(f"Choisissez une réponse de la liste : « {label} » n’y est pas.")
        return choice.code

    def json_schema(self) -> dict[str, Any]:
        return {"enum": [choice.code for choice in self.choices]}

    def facets(self, value: str) -> tuple[Facet, ...]:
        return (Facet(value, self.text(value)),)

    def facet_choices(self) -> tuple[Facet, ...]:
        return tuple(Facet(choice.code, choice.label) for choice in self.choices)

    def sample(self, seed: int) -> str:
        return self.choices[seed % len(self.choices)].code

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ChoiceOne:
        return cls(tuple(Choice.from_json(item) for item in data["choices"]))
