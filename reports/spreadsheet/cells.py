"""Rows of cells as the text of a worksheet part, equal to what openpyxl writes for the same values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

from reports.characters import clean_bytes, escaped, legible
from reports.row_reader import NOT_ASKED

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text may not begin with unless the cell says that it is one."""
_BATCH = 200
"""Rows that are written at a time: a few hundred kilobytes."""
_SHORT, _MOST_KNOWN = 60, 10_000
"""Characters of a text that is worth remembering, and how many are."""
_DIGITS = 15
_EXACT = 10**15
"""From here on a whole number is written as the float that Excel makes of it."""


@dataclass(frozen=True)
class Look:
    """The style numbers of a column.

    plain: of a value. quoted: of a text that begins like a formula. unasked, unasked_text: of a cell whose question was
    not asked, and what it says.
    """

    plain: int
    quoted: int
    unasked: int
    unasked_text: str = ""


@dataclass(frozen=True)
class Formula:
    """A formula without its « = », in English, and the value that it has now: shown by what doesn't compute."""

    text: str
    value: int | float | Decimal | str


@dataclass(frozen=True)
class Styled:
    """A value that looks otherwise than its column. style: its number."""

    value: Any
    style: int


@dataclass(frozen=True)
class _Opening:
    """The beginnings of a column's cells up to and after the row's number."""

    cell: str
    plain: str
    text: str
    quoted: str
    unasked: str


def encoded(
    rows: Iterable[Sequence[Any]],
    looks: Sequence[Look],
    *,
    first: int,
    height: float | None = None,
    heights: Mapping[int, float] | None = None,
) -> Iterator[bytes]:
    """The rows as XML, some hundred at a time.

    rows: as wide as looks; texts, numbers, days, truth values, None, NOT_ASKED, Formula, Styled. Empty cells keep their
    style. first: number of the first row. height: of each row in points, None to leave it to the program; heights: of
    some by their number. What no workbook can hold is replaced as reports.characters says.
    """
    openings = [_opening(at, look) for at, look in enumerate(looks, 1)]
    set_height = _Heights(height, heights or {})
    known: dict[Any, str] = {}
    batch: list[Sequence[Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield _encode(batch, openings, first, set_height, known)
            first += _BATCH
            batch = []
    if batch:
        yield _encode(batch, openings, first, set_height, known)


class _Heights(dict[int, str]):
    """The attributes that say how high a row is, by its number."""

    def __init__(self, height: float | None, heights: Mapping[int, float]) -> None:
        super().__init__({row: self._said(one) for row, one in heights.items()})
        self._usual = self._said(height) if height else ""

    def __missing__(self, row: int) -> str:
        return self._usual

    @staticmethod
    def _said(height: float) -> str:
        return f' ht="{height:g}" customHeight="1"'


def _opening(at: int, look: Look) -> _Opening:
    text = '" t="inlineStr"><is><t>'
    unasked = f"{text}{escape(look.unasked_text)}</t></is></c>" if look.unasked_text else '"/>'
    return _Opening(
        f'<c r="{get_column_letter(at)}',
        f'" s="{look.plain}',
        f'" s="{look.plain}{text}',
        f'" s="{look.quoted}{text}',
        f'" s="{look.unasked}{unasked}',
    )


def _encode(
    batch: list[Sequence[Any]], openings: list[_Opening], first: int, height: _Heights, known: dict[Any, str]
) -> bytes:
    text = _written(batch, openings, first, height, known)
    content = clean_bytes(text)
    if content is None:
        # Rare enough that the whole batch is written again.
        batch = [[legible(value) if isinstance(value, str) else value for value in row] for row in batch]
        content = _written(batch, openings, first, height, {}).encode()
        known.clear()
    return content


def _written(
    batch: list[Sequence[Any]], openings: list[_Opening], first: int, height: _Heights, known: dict[Any, str]
) -> str:
    """known: what stands behind the style of texts and days that were met before; the same come again and again."""
    out: list[str] = []
    put, seen = out.append, known.get
    columns = [(one.cell, one.plain, one.text, one.quoted, one.unasked) for one in openings]
    for number, row in enumerate(batch, first):
        at = str(number)
        put(f'<row r="{at}"{height[number]}>')
        for (cell, plain, text, quoted, unasked), value in zip(columns, row, strict=True):
            kind = value.__class__
            if value is None:
                put(f'{cell}{at}{plain}"/>')
            elif kind is str or kind is date:
                behind = seen(value)
                if behind is not None:
                    put(f"{cell}{at}{plain}{behind}")
                elif kind is str and len(value) > _SHORT:
                    put(_text(value, f"{cell}{at}{text}", f"{cell}{at}{quoted}"))
                else:
                    put(_remembered(value, f"{cell}{at}", plain, text, quoted, known))
            elif kind is int and -_EXACT < value < _EXACT:
                put(f'{cell}{at}{plain}"><v>{value}</v></c>')
            elif kind is Decimal:
                put(f'{cell}{at}{plain}"><v>{_decimal(value)}</v></c>')
            elif value is NOT_ASKED:
                put(f"{cell}{at}{unasked}")
            else:
                put(_other(value, f"{cell}{at}", plain))
        put("</row>")
    return "".join(out)


def _remembered(value: str | date, place: str, plain: str, text: str, quoted: str, known: dict[Any, str]) -> str:
    """A cell of a short text or a day; how it goes on behind its style is kept for the next time."""
    if value == "":
        written = f'{place}{plain}"/>'
    elif isinstance(value, str):
        written = _text(value, f"{place}{text}", f"{place}{quoted}")
        if value[0] in FORMULA:
            return written
    else:
        written = _other(value, place, plain)
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[value] = written[len(place) + len(plain) :]
    return written


def _text(value: str, opening: str, quoted: str) -> str:
    if value[0] in FORMULA:
        opening = quoted
    if "&" in value or "<" in value or ">" in value:
        value = escape(value)
    if "_x" in value:
        value = escaped(value)
    if value[0].isspace() or value[-1].isspace():
        opening = f'{opening[:-1]} xml:space="preserve">'
    return f"{opening}{value}</t></is></c>"


def _decimal(value: Decimal) -> str:
    """As it is written, unless that would be more digits than openpyxl gives."""
    text = str(value)
    return text if len(text) <= _DIGITS and text[-1].isdigit() else _number(value) if value.is_finite() else ""


def _other(value: Any, place: str, style: str) -> str:
    """A cell of a rarer type."""
    match value:
        case Styled():
            inner = _Opening(place, f'" s="{value.style}', "", "", "")
            return _single(value.value, inner)
        case Formula():
            return _formula(value, f"{place}{style}")
        case bool():
            return f'{place}{style}" t="b"><v>{int(value)}</v></c>'
        case date() | datetime():
            return f'{place}{style}"><v>{_number(to_excel(value))}</v></c>'
        case int() | float() | Decimal():
            return f'{place}{style}"><v>{_number(value)}</v></c>' if math.isfinite(value) else f'{place}{style}"/>'
    raise TypeError(f"no cell holds {value!r}")


def _single(value: Any, opening: _Opening) -> str:
    if value is None or value == "":
        return f'{opening.cell}{opening.plain}"/>'
    if isinstance(value, str):
        begin = f'{opening.cell}{opening.plain}" t="inlineStr"><is><t>'
        return _text(legible(value), begin, begin)
    return _other(value, opening.cell, opening.plain)


def _formula(formula: Formula, opening: str) -> str:
    inner = f"<f>{escape(formula.text)}</f>"
    if isinstance(formula.value, str):
        return f'{opening}" t="str">{inner}<v>{escape(formula.value)}</v></c>'
    return f'{opening}">{inner}<v>{_number(formula.value)}</v></c>'


def _number(value: int | float | Decimal) -> str:
    """A number in the sixteen digits that Excel keeps, as openpyxl writes it."""
    return f"{float(value):.16g}"
