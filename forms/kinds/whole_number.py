"""Whole number: counts of people, sessions, years."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from forms.french import NBSP, number
from forms.kinds.base import CellType, Column, Kind, Row, cell_text
from forms.values import Refused, read_decimal

if TYPE_CHECKING:
    from forms.definition import Question


@dataclass(frozen=True)
class WholeNumber(Kind):
    """A whole number between minimum and maximum, both included; unit is what it counts."""

    name: ClassVar[str] = "whole_number"
    minimum: int = 0
    maximum: int = 9_999_999
    unit: str = ""

    def parse(self, typed: list[str]) -> int | None:
        if not typed[0].strip():
            return None
        return self._within(read_decimal(typed[0]))

    def _within(self, value: Decimal | None) -> int:
        if value is None or value != value.to_integral_value():
            raise Refused("Écrivez un nombre entier en chiffres, par exemple 12.")
        if not self.minimum <= value <= self.maximum:
            raise Refused(f"Indiquez un nombre entre {number(self.minimum)} et {number(self.maximum)}.")
        return int(value)

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [(name, str(value))]

    def text(self, value: int) -> str:
        return number(value) if self.maximum > 9999 else str(value)

    def figure(self, value: int) -> Decimal | None:
        return Decimal(value)

    def from_figure(self, figure: int, *, estimated: bool) -> int | None:
        return self._within(Decimal(figure))

    def figure_text(self, figure: Decimal, *, unit: bool = False) -> str:
        # The unit is a plural: of one or none the number says enough.
        counted = f"{NBSP}{self.unit}" if unit and self.unit and abs(figure) >= 2 else ""
        return self.text(int(figure)) + counted

    def columns(self, question: Question) -> tuple[Column, ...]:
        return (Column(question.id, question.short_label, CellType.NUMBER, self.unit),)

    def cells(self, value: int | None) -> list[Row]:
        return [(value,)]

    def from_cells(self, rows: list[Row]) -> int | None:
        (cell,) = rows[0]
        return self.parse([cell_text(cell)])

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def sample(self, seed: int) -> int:
        return self.minimum + seed * 37 % (min(self.maximum - self.minimum, 1000) + 1)
