"""Short text: one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from forms.french import number
from forms.kinds.base import CellType, Column, Kind, Row, cell_text
from forms.values import Refused, clean_text

if TYPE_CHECKING:
    from forms.definition import Question


@dataclass(frozen=True)
class ShortText(Kind):
    """One line of text: blanks around it taken off, line ends as blanks. max_length in characters."""

    name: ClassVar[str] = "short_text"
    reworded: ClassVar[bool] = True
    max_length: int = 250

    def parse(self, typed: list[str]) -> str | None:
        text = self.tidied(clean_text(typed[0]))
        if len(text) > self.max_length:
            raise Refused(
                f"Raccourcissez ce texte : {number(len(text))} caractères, {number(self.max_length)} au plus."
            )
        return text or None

    def tidied(self, text: str) -> str:
        """Clean text as it is kept; an empty one is no answer."""
        return text.strip().replace("\n", " ")

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [(name, value)]

    def text(self, value: str) -> str:
        return value

    def prose(self, value: str) -> str:
        return value

    def columns(self, question: Question) -> tuple[Column, ...]:
        return (Column(question.id, question.short_label, CellType.TEXT),)

    def cells(self, value: str | None) -> list[Row]:
        return [(value,)]

    def from_cells(self, rows: list[Row]) -> str | None:
        (cell,) = rows[0]
        return self.parse([cell_text(cell)])

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.max_length}

    def sample(self, seed: int) -> str:
        return f"Exemple nº {seed}, d’une ligne : « été », 100 % = €"[: self.max_length].strip()
