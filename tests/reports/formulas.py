"""Computes the formulas of a workbook, as far as ours go: what a spreadsheet would show, from the cells alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import column_index_from_string

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")|(?P<range>(?P<tab>\w+)!\$(?P<from>[A-Z]+)\$(?P<first>\d+):\$(?P<to>[A-Z]+)\$(?P<last>\d+))"""
    r"""|(?P<cell>\$(?P<column>[A-Z]+)\$(?P<row>\d+))|(?P<equal>(?<![<>])=)|(?P<double>--)|(?P<other>.)""",
    re.DOTALL,
)


class Number(float):
    """A number that divides by nothing as a spreadsheet does: an error, which the other branch of IF hides."""

    def __add__(self, other: float) -> Number:
        return Number(float(self) + other)

    def __sub__(self, other: float) -> Number:
        return Number(float(self) - other)

    def __truediv__(self, other: float) -> Number:
        return Number(float(self) / other) if other else Number("nan")


def computed(book: Workbook, formula: str) -> Any:
    """The value of « =… ». Raises whatever it doesn't know."""
    code = "".join(_python(found) for found in _TOKEN.finditer(formula.removeprefix("=")))
    known: dict[str, Any] = {"R": lambda *place: _range(book, *place), "C": lambda at: _cell(book, at), **_FUNCTIONS}
    return eval(code, {"__builtins__": {}}, known)


def _python(found: re.Match[str]) -> str:
    if found["text"]:
        return repr(found["text"][1:-1].replace('""', '"'))
    if found["range"]:
        return f"R({found['tab']!r}, {found['from']!r}, {found['first']}, {found['last']})"
    if found["cell"]:
        return f"C({found['column'] + found['row']!r})"
    return "==" if found["equal"] else "" if found["double"] else found["other"]


def _range(book: Workbook, tab: str, column: str, first: int, last: int) -> list[Any]:
    at = column_index_from_string(column)
    return [cells[0] for cells in book[tab].iter_rows(first, last, at, at, values_only=True)]


def _cell(book: Workbook, at: str) -> Any:
    value = book["Indicateurs"][at].value
    return computed(book, value) if str(value).startswith("=") else Number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal | datetime) and not isinstance(value, bool)


def _meets(wanted: Any) -> Callable[[Any], bool]:
    if not isinstance(wanted, str):
        return lambda value: _is_number(value) and value == wanted
    if wanted.startswith(">="):
        return lambda value: _is_number(value) and value >= float(wanted[2:])
    plain = re.sub(r"~([~*?])", r"\1", wanted).casefold()
    return lambda value: isinstance(value, str) and value.casefold() == plain


def _countifs(*pairs: Any) -> Number:
    ranges, tests = pairs[::2], [_meets(wanted) for wanted in pairs[1::2]]
    return Number(
        sum(all(test(value) for test, value in zip(tests, row, strict=True)) for row in zip(*ranges, strict=True))
    )


def _sumifs(summed: list[Any], *pairs: Any) -> Number:
    ranges, tests = pairs[::2], [_meets(wanted) for wanted in pairs[1::2]]
    rows = zip(summed, zip(*ranges, strict=True), strict=True)
    return _sum([own for own, row in rows if all(test(value) for test, value in zip(tests, row, strict=True))])


def _sum(values: list[Any]) -> Number:
    return Number(sum(float(value) for value in values if _is_number(value)))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "COUNTA": lambda values: Number(sum(value is not None for value in values)),
    "COUNT": lambda values: Number(sum(map(_is_number, values))),
    "SUM": _sum,
    "COUNTIF": _countifs,
    "COUNTIFS": _countifs,
    "SUMIFS": _sumifs,
    "IF": lambda test, then, other: then if test else other,
    "FIND": lambda text, values: [text in value if value else False for value in values],
    "ISNUMBER": lambda found: found,
    "SUMPRODUCT": lambda found: Number(sum(found)),
}
