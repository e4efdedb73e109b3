"""Amount: euros and cents."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from forms import french
from forms.kinds.base import CellType, Column, Kind, Row, cell_text
from forms.values import Refused, read_decimal

if TYPE_CHECKING:
    from forms.definition import Question

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Amount(Kind):
    """Euros as a Decimal with two places, from 0 to maximum; JSON is a string (« 12.50 »)."""

    name: ClassVar[str] = "amount"
    maximum: int = 99_999_999

    def parse(self, typed: list[str]) -> Decimal | None:
        text = typed[0].casefold().replace("€", " ").strip()
        if not text:
            return None
        for word in ("euros", "euro"):
            text = text.removesuffix(word)
        value = read_decimal(text)
        if value is not None and not 0 <= value <= self.maximum:
            raise Refused(f"Indiquez un montant entre 0 et {french.amount(Decimal(self.maximum))}.")
        # Within bounds first: quantize fails on more digits than the decimal context holds.
        if value is None or value != value.quantize(_CENT):
            raise Refused("Écrivez un montant en euros, par exemple 1 250 ou 12,50.")
        return abs(value.quantize(_CENT))  # « -0 » is 0

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [(name, f"{value:,}".removesuffix(".00").replace(",", " ").replace(".", ","))]

    def dump(self, value: Decimal) -> str:
        return str(value)

    def load(self, data: str) -> Decimal:
        return Decimal(data)

    def text(self, value: Decimal) -> str:
        return french.amount(value)

    def figure(self, value: Decimal) -> Decimal | None:
        return value

    def euros(self, value: Decimal) -> dict[str, tuple[Decimal, ...]]:
        return {"": (value,)}

    def figure_text(self, figure: Decimal, *, unit: bool = False) -> str:
        return french.amount(figure)

    def columns(self, question: Question) -> tuple[Column, ...]:
        return (Column(question.id, question.short_label, CellType.AMOUNT, "€"),)

    def cells(self, value: Decimal | None) -> list[Row]:
        return [(value,)]

    def from_cells(self, rows: list[Row]) -> Decimal | None:
        (cell,) = rows[0]
        # A float's own noise (0.30000000000000004) goes; a third of a cent is refused, not rounded.
        return self.parse([cell_text(round(cell, 6) if isinstance(cell, float) else cell)])

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[0-9]+\.[0-9]{2}$"}

    def sample(self, seed: int) -> Decimal:
        return Decimal(seed * 1013 % 100_000).scaleb(-2).quantize(_CENT)
