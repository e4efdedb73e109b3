"""Count: a whole number with how it is known, or the plain word that nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from forms.french import number
from forms.kinds.base import AnswerField, CellType, Column, Kind, Renewed, Row, cell_text
from forms.kinds.whole_number import WholeNumber
from forms.values import Refused

if TYPE_CHECKING:
    from forms.definition import Question


class How(StrEnum):
    """How a number is known."""

    COUNTED = "counted"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


HOW_LABELS = {How.COUNTED: "Compté", How.ESTIMATED: "Estimé", How.UNKNOWN: "Ne sait pas"}
_BY_CELL = {label.casefold(): how for how, label in HOW_LABELS.items()}


class CountField(AnswerField):
    """The number posted under the question's name, how it is known under « participants_count-how »."""

    kind: Count

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors = []
        self.raw_data: list[str] = formdata.getlist(self.name) if formdata else []
        self.how = "".join(formdata.getlist(f"{self.name}-how")[:1] if formdata else []).strip()
        self.data = None
        try:
            self.data = self.kind.read("".join(self.raw_data[:1]), self.how)
        except Refused as refused:
            self.process_errors.append(refused.message)

    @property
    def hows(self) -> tuple[tuple[str, str], ...]:
        """(code, label) of each choice of the list beside the number."""
        return tuple((how.value, label) for how, label in HOW_LABELS.items())

    @property
    def chosen_how(self) -> str:
        """What the list beside the number shows: what was chosen, else « Compté »."""
        return self.how or How.COUNTED.value


@dataclass(frozen=True)
class Count(Kind):
    """{"number": 98, "how": "counted" or "estimated"}, or {"how": "unknown"}: absent is not 0, unknown neither.

    From 0 to maximum; unit is what is counted (« personnes »), one a single one of them.
    """

    name: ClassVar[str] = "count"
    one_control: ClassVar[bool] = False
    maximum: int = 9_999_999
    unit: str = ""
    one: str = ""

    def field(self, question: Question) -> Any:
        return CountField(question.label, description=question.help, kind=self, question=question)

    def parse(self, typed: list[str]) -> dict[str, Any] | None:
        return self.read(typed[0], "")

    def read(self, typed: str, how: str) -> dict[str, Any] | None:
        """The number as typed and the code of how it is known, empty where nobody said → value or None."""
        if how not in {"", *How}:
            raise Refused("Choisissez «\u00a0Compté\u00a0», «\u00a0Estimé\u00a0» ou «\u00a0Ne sait pas\u00a0».")
        found = WholeNumber(maximum=self.maximum).parse([typed])
        if how == How.UNKNOWN:
            if found is not None:
                raise Refused("Choisissez\u00a0: effacez le nombre, ou dites s’il est compté ou estimé.")
            return {"how": How.UNKNOWN.value}
        if found is None:
            if how == How.ESTIMATED:
                raise Refused("Indiquez le nombre estimé, ou choisissez «\u00a0Ne sait pas\u00a0».")
            return None
        return {"number": found, "how": how or How.COUNTED.value}

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        number_typed = str(value["number"]) if "number" in value else ""
        return [(name, number_typed), (f"{name}-how", value["how"])]

    def renew(self, data: Any) -> Renewed:
        try:
            (_number, typed), (_how, how) = self.posted("renewed", data)
            again = self.read(typed, how)
        except (Refused, LookupError, TypeError, ValueError):
            return Renewed()
        return Renewed(again, True) if again == data else Renewed()

    def text(self, value: dict[str, Any]) -> str:
        if "number" not in value:
            return HOW_LABELS[How.UNKNOWN].lower()
        said = self.figure_text(Decimal(value["number"]), unit=True)
        return f"{said} (estimé)" if self.estimated(value) else said

    def figure_text(self, figure: Decimal, *, unit: bool = False) -> str:
        counted = self.one if self.one and abs(figure) < 2 else self.unit
        return f"{number(figure)}\u00a0{counted}".rstrip("\u00a0") if unit else number(figure)

    def figure(self, value: dict[str, Any]) -> Decimal | None:
        return Decimal(value["number"]) if "number" in value else None

    def estimated(self, value: dict[str, Any]) -> bool:
        return bool(value["how"] == How.ESTIMATED)

    def from_figure(self, figure: int, *, estimated: bool) -> dict[str, Any] | None:
        return self.read(str(figure), (How.ESTIMATED if estimated else How.COUNTED).value)

    def columns(self, question: Question) -> tuple[Column, ...]:
        label = question.short_label
        return (
            Column(question.id, label, CellType.NUMBER, self.unit),
            Column(
                f"{question.id}.how",
                f"{label}\u00a0: compté, estimé\u202f?",
                CellType.TEXT,
                options=tuple(HOW_LABELS.values()),
            ),
        )

    def cells(self, value: dict[str, Any] | None) -> list[Row]:
        return [(value.get("number"), HOW_LABELS[How(value["how"])]) if value else (None, None)]

    def from_cells(self, rows: list[Row]) -> dict[str, Any] | None:
        typed, how = (cell_text(cell).strip() for cell in rows[0])
        if how and how.casefold() not in _BY_CELL:
            raise Refused(
                f"Écrivez «\u00a0Compté\u00a0», «\u00a0Estimé\u00a0» ou «\u00a0Ne sait pas\u00a0», pas {how}."
            )
        # A blank number that is « compté » is no answer; the list beside it only ever proposes the word.
        return self.read(typed, _BY_CELL[how.casefold()].value if how else "")

    def posted_of_cells(self, name: str, rows: list[Row]) -> list[tuple[str, str]]:
        typed, how = (cell_text(cell).strip() for cell in rows[0])
        code = str(_BY_CELL.get(how.casefold(), how))
        if not typed and code in {"", How.COUNTED}:
            return []
        return [(name, typed), *([(f"{name}-how", code)] if code else [])]

    def cells_of_posted(self, name: str, pairs: list[tuple[str, str]]) -> list[Row]:
        said = dict(pairs)
        typed, how = said.get(name, ""), said.get(f"{name}-how", "")
        shown = HOW_LABELS[How(how)] if how in set(How) else how or None
        try:
            return [(WholeNumber(maximum=self.maximum).parse([typed]), shown)]
        except Refused:
            return [(typed, shown)]

    def written(self, name: str, pairs: list[tuple[str, str]]) -> str:
        said = dict(pairs)
        how = said.get(f"{name}-how", "")
        # « Compté » is what the list shows before anybody has chosen.
        chosen = HOW_LABELS[How(how)] if how in {How.ESTIMATED, How.UNKNOWN} else ""
        return " · ".join(filter(None, (said.get(name, "").strip(), chosen)))

    def json_schema(self) -> dict[str, Any]:
        known = [How.COUNTED.value, How.ESTIMATED.value]
        counted = {"type": "integer", "minimum": 0, "maximum": self.maximum}
        return {
            "oneOf": [
                _object({"number": counted, "how": {"enum": known}}),
                _object({"how": {"const": How.UNKNOWN.value}}),
            ]
        }

    def sample(self, seed: int) -> dict[str, Any]:
        if seed % 7 == 5:
            return {"how": How.UNKNOWN.value}
        how = How.ESTIMATED if seed % 3 == 1 else How.COUNTED
        return {"number": seed * 37 % (min(self.maximum, 1000) + 1), "how": how.value}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
