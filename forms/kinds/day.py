"""Day: a date in the calendar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from forms import french
from forms.kinds.base import CellType, Column, Kind, Row, cell_text
from forms.values import Refused

if TYPE_CHECKING:
    from forms.definition import Question

_FRENCH = re.compile(r"(\d{1,2})\s*[/. -]\s*(\d{1,2})\s*[/. -]\s*(\d{4})", re.ASCII)


@dataclass(frozen=True)
class Day(Kind):
    """A date; typed « 31/12/2026 » or as browsers post it (« 2026-12-31 »), stored ISO 8601."""

    name: ClassVar[str] = "day"

    def parse(self, typed: list[str]) -> date | None:
        text = typed[0].strip()
        if not text:
            return None
        french_order = _FRENCH.fullmatch(text)
        try:
            if french_order:
                dom, month, year = (int(part) for part in french_order.groups())
                value = date(year, month, dom)
            else:
                value = date.fromisoformat(text)
        except ValueError:
            value = None
        if value is None or value.year < 1900:
            raise Refused("Écrivez une date comme 31/12/2026.")
        return value

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [(name, value.isoformat())]

    def dump(self, value: date) -> str:
        return value.isoformat()

    def load(self, data: str) -> date:
        return date.fromisoformat(data)

    def text(self, value: date) -> str:
        return french.day(value)

    def columns(self, question: Question) -> tuple[Column, ...]:
        return (Column(question.id, question.short_label, CellType.DAY),)

    def cells(self, value: date | None) -> list[Row]:
        return [(value,)]

    def from_cells(self, rows: list[Row]) -> date | None:
        (cell,) = rows[0]
        if isinstance(cell, datetime):
            return cell.date()
        return cell if isinstance(cell, date) else self.parse([cell_text(cell)])

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}

    def sample(self, seed: int) -> date:
        return date(2026, 1, 1) + timedelta(days=seed * 17 % 365)
