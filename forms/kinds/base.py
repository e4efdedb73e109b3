"""What every kind of question can do, and the form field that the simple kinds share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import wtforms

from forms.french import number
from forms.values import Refused

if TYPE_CHECKING:
    from forms.definition import Question

Json: TypeAlias = Any
Cell: TypeAlias = Any
Row: TypeAlias = tuple[Cell, ...]


class CellType(StrEnum):
    """How a workbook's column is typed and formatted."""

    TEXT = "text"
    NUMBER = "number"
    AMOUNT = "amount"
    DAY = "day"
    FLAG = "flag"


@dataclass(frozen=True)
class Column:
    """A workbook column: its id (for ever), the label above it, its type and its unit (« € »).

    options: the labels of which a cell holds one, where only those may be chosen. offered: False
    for a column that is only there for what was answered in earlier years.
    """

    id: str
    label: str
    type: CellType
    unit: str = ""
    options: tuple[str, ...] = ()
    offered: bool = True


@dataclass(frozen=True)
class Facet:
    """A value that lists can be filtered by: stored code and label read by people."""

    code: str
    label: str


@dataclass(frozen=True)
class Renewed:
    """An earlier year's answer under this year's question: its JSON, None where nothing of it can be taken.

    whole: nothing of it was left out.
    """

    answer: Json | None = None
    whole: bool = False


def cell_text(cell: Cell) -> str:
    """What a cell of any type shows: an empty one nothing, 98.0 (Excel knows only floats) « 98 »."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


class Posted(dict[str, list[str]]):
    """(name, text) pairs as WTForms reads them: every name with its texts in order."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        for name, text in pairs:
            self.setdefault(name, []).append(text)

    def getlist(self, name: str) -> list[str]:
        return self.get(name, [])


def row_indexes(name: str, names: Iterable[str]) -> list[str]:
    """The indexes of the rows posted for a field, as written, smallest first.

    In: « partners_named », the posted names (« partners_named-12-role »). Any number of digits and
    any gaps: a row that was posted is a row that is read.
    """
    pattern = re.compile(re.escape(name) + r"-([0-9]+)-\w+")
    found = {match.group(1) for match in map(pattern.fullmatch, names) if match}
    return sorted(found, key=lambda digits: (len(digits.lstrip("0")), digits.lstrip("0"), digits))


class AnswerField(wtforms.Field):
    """A control whose text is read by the question's kind; what can't be read stays to be shown."""

    def __init__(self, *args: Any, kind: Kind, question: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.question = question

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        if not valuelist:
            return
        try:
            self.data = self.kind.parse(list(valuelist))
        except Refused as refused:
            raise ValueError(refused.message) from None

    @property
    def typed(self) -> str:
        """The text to show in the control: what was typed, else the value as one would type it."""
        if self.raw_data:
            return str(self.raw_data[0])
        pairs = self.kind.posted(self.name, self.data) if self.data is not None else []
        return pairs[0][1] if pairs else ""

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """(control name, French error) of what can't be read; valid once the form is validated."""
        return tuple((self.name, str(error)) for error in list(self.errors)[:1])

    @property
    def chosen(self) -> frozenset[str]:
        """The codes to show as ticked."""
        return frozenset(str(text) for text in self.raw_data or ())


@dataclass(frozen=True)
class Kind(ABC):
    """A kind of question: the whole knowledge of one type of answer, and nothing else's.

    A value is a Python object (`str`, `int`, `Decimal`, `date`, `list`…), never None; its dump is
    plain JSON. « No answer » is the absence of a value, everywhere.
    """

    name: ClassVar[str]
    own_tab: ClassVar[bool] = False
    """True where a value is several rows: the workbook gives the question a tab of its own."""
    uploads: ClassVar[bool] = False
    """True where bytes come beside the form."""
    reworded: ClassVar[bool] = False
    """True where an answer is prose, of which somebody else may propose another wording."""
    one_control: ClassVar[bool] = True
    """True where the name of the question posts the whole answer, so that a cell of a table may hold it."""

    def field(self, question: Question) -> Any:
        """The unbound WTForms field of that question."""
        return AnswerField(question.label, description=question.help, kind=self, question=question)

    @abstractmethod
    def parse(self, typed: list[str]) -> Any:
        """What one control posts → value, or None for an empty control. Raises Refused (French)."""

    def merge(self, value: Any, current: Any) -> Any:
        """The posted value completed by what only the stored one knows (files' sizes, hashes)."""
        return value

    @abstractmethod
    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        """The (control name, text) pairs that a browser would post for that value."""

    def dump(self, value: Any) -> Json:
        """Value → JSON."""
        return value

    def load(self, data: Json) -> Any:
        """JSON → value; load(dump(x)) == x."""
        return data

    def reads(self, other: Kind) -> bool:
        """True where an answer of the other kind is one of this kind too, be its words and bounds others."""
        return self.name == other.name

    def renew(self, data: Json) -> Renewed:
        """An earlier year's JSON, maybe of another kind, as far as this year's form takes it; never raises.

        Here for the kinds of one control: typed in again, it must come out the same.
        """
        try:
            [(_name, typed)] = self.posted("renewed", self.load(data))
            again = self.dump(self.parse([typed]))
        except (Refused, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return Renewed()
        # True is not 1 here, nor 12.0 the whole number 12.
        return Renewed(data, True) if type(again) is type(data) and again == data else Renewed()

    def is_empty(self, value: Any) -> bool:
        """True where the value counts as no answer."""
        return value is None or value == "" or value == []

    @abstractmethod
    def text(self, value: Any) -> str:
        """The value as French people read it."""

    def figure(self, value: Any) -> Decimal | None:
        """The number that the value adds to a total; None where it adds none, which is not 0."""
        return None

    def estimated(self, value: Any) -> bool:
        """True where the figure was estimated, not counted."""
        return False

    def from_figure(self, figure: int, *, estimated: bool) -> Any:
        """The value that says this figure, None where the kind holds none. Raises Refused."""
        return None

    def euros(self, value: Any) -> dict[str, tuple[Decimal, ...]]:
        """The amounts in euros that the value holds, by the label of what they are, empty ones left out."""
        return {}

    def prose(self, value: Any) -> str:
        """The words that a person wrote, empty where the kind holds none."""
        return ""

    def figure_text(self, figure: Decimal, *, unit: bool = False) -> str:
        """A figure as French people read it, with what it counts where the kind knows (« 98 personnes »)."""
        return number(figure)

    @abstractmethod
    def columns(self, question: Question) -> tuple[Column, ...]:
        """The workbook columns, from the definition alone, in an order that never changes."""

    @abstractmethod
    def cells(self, value: Any) -> list[Row]:
        """Value or None → rows as wide as columns(): one row, or with own_tab one per line."""

    @abstractmethod
    def from_cells(self, rows: list[Row]) -> Any:
        """Rows read from a workbook → value or None; from_cells(cells(x)) == x. Raises Refused."""

    def posted_of_cells(self, name: str, rows: list[Row]) -> list[tuple[str, str]]:
        """The (control name, text) pairs that a browser would post for what these cells hold, readable or not."""
        try:
            value = self.from_cells(rows)
        except Refused:
            return [(name, cell_text(rows[0][0]))]
        return [] if self.is_empty(value) else self.posted(name, value)

    def cells_of_posted(self, name: str, pairs: list[tuple[str, str]]) -> list[Row]:
        """The cells that show what was posted, readable or not: the other way round."""
        typed = [text for own, text in pairs if own == name]
        try:
            return self.cells(self.parse(typed) if typed else None)
        except Refused:
            return [(typed[0],)]

    def written(self, name: str, pairs: list[tuple[str, str]]) -> str:
        """What was posted and may be unreadable, as the person wrote or chose it: words, never codes."""
        typed = [text for own, text in pairs if own == name and text.strip()]
        try:
            value = self.parse(typed) if typed else None
        except Refused:
            return " · ".join(typed)
        return "" if self.is_empty(value) else self.text(value)

    @abstractmethod
    def json_schema(self) -> dict[str, Json]:
        """JSON schema (2020-12) of the dump."""

    def facets(self, value: Any) -> tuple[Facet, ...]:
        """What lists can be filtered by."""
        return ()

    def facet_choices(self) -> tuple[Facet, ...]:
        """Every value that lists may be filtered by, in the definition's order."""
        return ()

    @abstractmethod
    def sample(self, seed: int) -> Any:
        """A valid value, the same for the same seed: test data, examples in templates."""

    def to_json(self) -> dict[str, Json]:
        """The kind with its parameters as JSON; read back by kinds.kind_from_json."""
        return {"kind": self.name} | {item.name: _plain(getattr(self, item.name)) for item in fields(self)}

    @classmethod
    def from_json(cls, data: dict[str, Json]) -> Kind:
        """Inverse of to_json; kinds whose parameters are objects override it."""
        return cls(**{key: value for key, value in data.items() if key != "kind"})


def _plain(value: Any) -> Json:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.to_json() if hasattr(value, "to_json") else value
