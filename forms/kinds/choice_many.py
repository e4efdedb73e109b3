"""Several choices out of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from forms.choices import Choice, by_code
from forms.french import fold
from forms.kinds.base import Cell, CellType, Column, Facet, Kind, Renewed, Row, cell_text
from forms.values import Refused

if TYPE_CHECKING:
    from forms.definition import Question

SEPARATOR = " ; "
"""Between labels in a cell: labels themselves hold commas (« Emploi, économie »)."""

_TICKED = frozenset({"1", "x", "oui", "vrai", "true"})
_NOT_TICKED = frozenset({"", "0", "non", "faux", "false"})


@dataclass(frozen=True)
class ChoiceMany(Kind):
    """A list of codes out of choices, without repeats, in the definition's order."""

    name: ClassVar[str] = "choice_many"
    choices: tuple[Choice, ...] = ()

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The choices that a form shows."""
        return tuple(choice for choice in self.choices if not choice.retired)

    def parse(self, typed: list[str]) -> list[str] | None:
        wanted = {code.strip() for code in typed if code.strip()}
        if any(by_code(self.choices, code) is None for code in wanted):
            raise Refused("Choisissez des réponses de la liste.")
        return [choice.code for choice in self.choices if choice.code in wanted] or None

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [(name, code) for code in value]

    def renew(self, data: Any) -> Renewed:
        given = data if isinstance(data, list) else []
        kept = [choice.code for choice in self.offered if choice.code in given]
        return Renewed(kept, len(kept) == len(given)) if kept else Renewed()

    def labels(self, value: list[str]) -> list[str]:
        """The labels of these codes, in order."""
        found = (by_code(self.choices, code) for code in value)
        return [choice.label if choice else code for choice, code in zip(found, value, strict=True)]

    def text(self, value: list[str]) -> str:
        return ", ".join(self.labels(value))

    def columns(self, question: Question) -> tuple[Column, ...]:
        flags = (
            Column(
                f"{question.id}.{choice.code}",
                f"{question.short_label} : {choice.label}",
                CellType.FLAG,
                offered=not choice.retired,
            )
            for choice in self.choices
        )
        return (Column(question.id, question.short_label, CellType.TEXT), *flags)

    def cells(self, value: list[str] | None) -> list[Row]:
        if value is None:
            return [(None,) * (1 + len(self.choices))]
        flags = (int(choice.code in value) for choice in self.choices)
        return [(SEPARATOR.join(self.labels(value)), *flags)]

    def from_cells(self, rows: list[Row]) -> list[str] | None:
        _text, *flags = rows[0]
        pairs = zip(self.choices, flags, strict=True)
        return [choice.code for choice, flag in pairs if _ticked(flag)] or None

    def posted_of_cells(self, name: str, rows: list[Row]) -> list[tuple[str, str]]:
        _text, *flags = rows[0]
        pairs = []
        for choice, flag in zip(self.choices, flags, strict=True):
            try:
                pairs += [(name, choice.code)] if _ticked(flag) else []
            except Refused:
                pairs.append((name, cell_text(flag)))
        return pairs

    def cells_of_posted(self, name: str, pairs: list[tuple[str, str]]) -> list[Row]:
        wanted = {text for own, text in pairs if own == name}
        return self.cells([choice.code for choice in self.choices if choice.code in wanted] or None)

    def written(self, name: str, pairs: list[tuple[str, str]]) -> str:
        return SEPARATOR.join(self.labels([text for own, text in pairs if own == name]))

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"enum": [choice.code for choice in self.choices]},
            "minItems": 1,
            "uniqueItems": True,
        }

    def facets(self, value: list[str]) -> tuple[Facet, ...]:
        return tuple(map(Facet, value, self.labels(value)))

    def facet_choices(self) -> tuple[Facet, ...]:
        return tuple(Facet(choice.code, choice.label) for choice in self.choices)

    def sample(self, seed: int) -> list[str]:
        last = len(self.choices) - 1
        wanted = {seed % (last + 1), (seed * 3 + 1) % (last + 1)}
        return [choice.code for at, choice in enumerate(self.choices) if at in wanted]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ChoiceMany:
        return cls(tuple(Choice.from_json(item) for item in data["choices"]))


def _ticked(cell: Cell) -> bool:
    """A flag as workbooks and people write it: 1, « 1 », x, VRAI; 0, FAUX, nothing. Raises Refused."""
    word = fold(cell_text(cell))
    if word not in _TICKED | _NOT_TICKED:
        raise Refused(f"Écrivez 1 ou 0 : « {cell_text(cell)} » ne dit pas si la réponse est cochée.")
    return word in _TICKED
