"""Yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from forms.french import fold
from forms.kinds.base import CellType, Column, Facet, Kind, Row, cell_text
from forms.values import Refused

if TYPE_CHECKING:
    from forms.definition import Question

_TYPED = {"oui": True, "non": False}


@dataclass(frozen=True)
class YesNo(Kind):
    """A bool; « no » is an answer, not its absence."""

    name: ClassVar[str] = "yes_no"

    def parse(self, typed: list[str]) -> bool | None:
        if not typed[0].strip():
            return None
        word = fold(typed[0])
        if word not in _TYPED:
            raise Refused("Répondez par oui ou par non.")
        return _TYPED[word]

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [(name, "oui" if value else "non")]

    def text(self, value: bool) -> str:
        return "Oui" if value else "Non"

    def columns(self, question: Question) -> tuple[Column, ...]:
        return (Column(question.id, question.short_label, CellType.TEXT, options=(self.text(True), self.text(False))),)

    def cells(self, value: bool | None) -> list[Row]:
        return [(None if value is None else self.text(value),)]

    def from_cells(self, rows: list[Row]) -> bool | None:
        (cell,) = rows[0]
        if isinstance(cell, bool):
            return cell
        return self.parse([cell_text(cell)])

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def facets(self, value: bool) -> tuple[Facet, ...]:
        return (Facet("oui" if value else "non", self.text(value)),)

    def facet_choices(self) -> tuple[Facet, ...]:
        return (Facet("oui", "Oui"), Facet("non", "Non"))

    def sample(self, seed: int) -> bool:
        return seed % 2 == 0
