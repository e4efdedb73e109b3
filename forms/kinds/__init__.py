"""The kinds of questions, one module each, and their registry."""

from __future__ import annotations

from typing import Any

from forms.kinds.amount import Amount
from forms.kinds.base import AnswerField, Cell, CellType, Column, Facet, Kind, Posted, Renewed, Row
from forms.kinds.choice_many import ChoiceMany
from forms.kinds.choice_one import ChoiceOne
from forms.kinds.count import Count
from forms.kinds.day import Day
from forms.kinds.files import Files, clean_words, is_picture
from forms.kinds.long_text import LongText
from forms.kinds.short_text import ShortText
from forms.kinds.table import Table, TableColumn
from forms.kinds.whole_number import WholeNumber
from forms.kinds.yes_no import YesNo

KINDS: dict[str, type[Kind]] = {
    kind.name: kind
    for kind in (
        ShortText, LongText, WholeNumber, Count, Amount, Day, ChoiceOne, ChoiceMany, YesNo, Table, Files,
    )
}  # fmt: skip


def kind_from_json(data: dict[str, Any]) -> Kind:
    """A kind with its parameters, as Kind.to_json wrote it. Raises KeyError for an unknown kind."""
    return KINDS[data["kind"]].from_json(data)


__all__ = [
    "KINDS", "Amount", "AnswerField", "Cell", "CellType", "ChoiceMany", "ChoiceOne", "Column",
    "Count", "Day", "Facet", "Files", "Kind", "LongText", "Posted", "Renewed", "Row", "ShortText",
    "Table", "TableColumn", "WholeNumber", "YesNo", "clean_words", "is_picture", "kind_from_json",
]  # fmt: skip
