"""Table: rows of simple answers (partners, funding lines)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

import wtforms

from forms.kinds.base import AnswerField, Column, Kind, Posted, Renewed, Row, row_indexes
from forms.values import Refused

if TYPE_CHECKING:
    from forms.definition import Question


@dataclass(frozen=True)
class TableColumn:
    """A column of a table question: id, label, help and a kind that is no table itself."""

    id: str
    label: str
    kind: Kind
    help: str = ""

    @property
    def short_label(self) -> str:
        return self.label

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "label": self.label, "help": self.help, "kind": self.kind.to_json()}


class TableField(AnswerField):
    """Rows posted as « partners_named-0-name »; every row keeps its own form and its errors.

    The rows are numbered anew from 0, gaps closed: a blank row offered below never takes the
    number of a typed one.
    """

    kind: Table

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors = []
        self.raw_data: list[str] = []
        self.rows: list[wtforms.Form] = [
            self._row(at, self._posted(formdata, index))
            for at, index in enumerate(row_indexes(self.name, formdata or ()))
        ]
        self.data = [values for row in self.rows if (values := self._values(row))] or None
        if self.data and len(self.data) > self.kind.max_rows:
            self.process_errors.append(f"Gardez {self.kind.max_rows} lignes au plus.")

    def _posted(self, formdata: Any, index: str) -> dict[str, list[str]]:
        """Column id → texts of the row posted under that index."""
        names = {column.id: f"{self.name}-{index}-{column.id}" for column in self.kind.of}
        return {id: formdata.getlist(name) for id, name in names.items() if name in formdata}

    def _row(self, at: int, posted: dict[str, list[str]]) -> wtforms.Form:
        prefix = f"{self.name}-{at}-"
        pairs = ((f"{prefix}{id}", text) for id, texts in posted.items() for text in texts)
        return self.kind.row_class(formdata=Posted(pairs), prefix=prefix)

    def _values(self, row: wtforms.Form) -> dict[str, Any]:
        kinds = {column.id: column.kind for column in self.kind.of}
        return {field.short_name: field.data for field in row if not kinds[field.short_name].is_empty(field.data)}

    def pre_validate(self, form: Any) -> None:
        failing = [said for _name, said in self._faults_of_cells()]
        if failing:
            raise wtforms.validators.ValidationError(" ".join(failing))

    def _faults_of_cells(self) -> list[tuple[str, str]]:
        return [
            (field.name, f"Ligne {at}, {field.label.text.lower()} : {field.errors[0]}")
            for at, row in enumerate(self.rows, 1)
            if not row.validate()
            for field in row
            if field.errors
        ]

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._faults_of_cells()) or super().faults

    def with_blank_rows(self, count: int) -> Iterator[tuple[int, wtforms.Form]]:
        """The rows to show, numbered: those typed, then count empty ones."""
        yield from enumerate(self.rows)
        for index in range(len(self.rows), min(len(self.rows) + count, self.kind.max_rows)):
            yield index, self._row(index, {})


@dataclass(frozen=True)
class Table(Kind):
    """A list of rows; a row is a dict from column id to value, empty cells left out.

    max_rows: how many rows are kept (more is an error shown, never a silent cut).
    """

    name: ClassVar[str] = "table"
    own_tab: ClassVar[bool] = True
    of: tuple[TableColumn, ...] = ()
    max_rows: int = 50

    def __post_init__(self) -> None:
        if any(column.kind.own_tab or not column.kind.one_control for column in self.of):
            raise ValueError("a cell of a table holds one control")
        if len({column.id for column in self.of}) != len(self.of):
            raise ValueError("a column stands twice")

    @cached_property
    def row_class(self) -> type[wtforms.Form]:
        """The WTForms class of one row, a field a column."""
        fields = {column.id: AnswerField(column.label, description=column.help, kind=column.kind) for column in self.of}
        return type("RowForm", (wtforms.Form,), fields)

    def field(self, question: Question) -> Any:
        return TableField(question.label, description=question.help, kind=self, question=question)

    def parse(self, typed: list[str]) -> Any:
        raise Refused("Remplissez les lignes du tableau.")

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [
            pair
            for index, row in enumerate(value)
            for column in self.of
            if column.id in row
            for pair in column.kind.posted(f"{name}-{index}-{column.id}", row[column.id])
        ]

    def dump(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kinds = {column.id: column.kind for column in self.of}
        return [{key: kinds[key].dump(cell) for key, cell in row.items()} for row in value]

    def reads(self, other: Kind) -> bool:
        kinds = {column.id: column.kind for column in self.of}
        return isinstance(other, Table) and all(
            column.id in kinds and kinds[column.id].reads(column.kind) for column in other.of
        )

    def load(self, data: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kinds = {column.id: column.kind for column in self.of}
        return [{key: kinds[key].load(cell) for key, cell in row.items()} for row in data]

    def renew(self, data: Any) -> Renewed:
        given = data if isinstance(data, list) else []
        rows = [self._renew_row(row) for row in given]
        kept = [row.answer for row in rows if row.answer]
        if not kept or len(kept) > self.max_rows:
            return Renewed()
        return Renewed(kept, all(row.whole for row in rows))

    def _renew_row(self, row: Any) -> Renewed:
        given = row if isinstance(row, dict) else {}
        cells = {column.id: column.kind.renew(given[column.id]) for column in self.of if column.id in given}
        kept = {id: cell.answer for id, cell in cells.items() if cell.answer is not None}
        return Renewed(kept, kept.keys() == given.keys() and all(cell.whole for cell in cells.values()))

    def text(self, value: list[dict[str, Any]]) -> str:
        return "\n".join(
            " · ".join(f"{column.label} : {column.kind.text(row[column.id])}" for column in self.of if column.id in row)
            for row in value
        )

    def euros(self, value: list[dict[str, Any]]) -> dict[str, tuple[Decimal, ...]]:
        found: dict[str, tuple[Decimal, ...]] = {}
        for column in self.of:
            cells = [column.kind.euros(row[column.id]) for row in value if column.id in row]
            amounts = tuple(amount for cell in cells for part in cell.values() for amount in part)
            found |= {column.label: amounts} if amounts else {}
        return found

    def columns(self, question: Question) -> tuple[Column, ...]:
        return tuple(
            replace(inner, id=f"{question.id}.{inner.id}")
            for column in self.of
            for inner in column.kind.columns(column)  # type: ignore[arg-type]
        )

    def cells(self, value: list[dict[str, Any]] | None) -> list[Row]:
        return [
            tuple(cell for column in self.of for cell in column.kind.cells(row.get(column.id))[0])
            for row in value or ()
        ]

    def from_cells(self, rows: list[Row]) -> list[dict[str, Any]] | None:
        read = [self._read_row(number, row) for number, row in enumerate(rows, 1)]
        return [values for values in read if values] or None

    def _read_row(self, number: int, row: Row) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for column, own in self._cut(row):
            try:
                value = column.kind.from_cells([own])
            except Refused as refused:
                raise Refused(refused.message, where=f"ligne {number}, {column.label}") from None
            if not column.kind.is_empty(value):
                values[column.id] = value
        return values

    def _cut(self, row: Row) -> Iterator[tuple[TableColumn, Row]]:
        """Each column with its own cells of a row."""
        cells = iter(row)
        for column in self.of:
            yield column, tuple(islice(cells, len(column.kind.columns(column))))  # type: ignore[arg-type]

    def posted_of_cells(self, name: str, rows: list[Row]) -> list[tuple[str, str]]:
        return [
            pair
            for index, row in enumerate(rows)
            for column, own in self._cut(row)
            for pair in column.kind.posted_of_cells(f"{name}-{index}-{column.id}", [own])
        ]

    def cells_of_posted(self, name: str, pairs: list[tuple[str, str]]) -> list[Row]:
        return [
            tuple(
                cell
                for column in self.of
                for cell in column.kind.cells_of_posted(f"{name}-{index}-{column.id}", pairs)[0]
            )
            for index in row_indexes(name, (own for own, _text in pairs))
        ]

    def written(self, name: str, pairs: list[tuple[str, str]]) -> str:
        rows = (
            [column.kind.written(f"{name}-{index}-{column.id}", pairs) for column in self.of]
            for index in row_indexes(name, (own for own, _text in pairs))
        )
        return "\n".join(" · ".join(filter(None, row)) for row in rows if any(row))

    def json_schema(self) -> dict[str, Any]:
        row = {
            "type": "object",
            "properties": {column.id: column.kind.json_schema() for column in self.of},
            "additionalProperties": False,
            "minProperties": 1,
        }
        return {"type": "array", "items": row, "minItems": 1, "maxItems": self.max_rows}

    def sample(self, seed: int) -> list[dict[str, Any]]:
        return [{column.id: column.kind.sample(seed + row) for column in self.of} for row in range(1 + seed % 3)]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Table:
        from forms.kinds import kind_from_json  # the registry knows this module

        columns = tuple(
            TableColumn(item["id"], item["label"], kind_from_json(item["kind"]), item["help"]) for item in data["of"]
        )
        return cls(columns, data["max_rows"])
