"""Figures year by year over an agreement: a year that says nothing says so, and is never 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from forms import french
from reports.columns import AskedColumns, asked_columns
from reports.content import ReportSheet, Terms
from reports.figures import Figure, key_figures
from reports.funding import money_of


@dataclass(frozen=True)
class Cell:
    """What one year says. base: what it rests on, in French; value: None where it says nothing; percent: of the largest
    year, for a bar."""

    text: str
    base: str
    value: Decimal | None
    percent: int = 0


@dataclass(frozen=True)
class Change:
    """A figure over the years, a cell a year. drawn: shown as bars too."""

    label: str
    cells: tuple[Cell, ...]
    drawn: bool = False


NO_SHEET = Cell("aucune fiche", "", None)

_Sheets: TypeAlias = Sequence[ReportSheet]
_ByYear: TypeAlias = Mapping[int, _Sheets]

_MONEY = (
    ("Demandé au financeur", "requested"),
    ("Accordé par le financeur", "granted"),
    ("Accordé par les autres financeurs", "others_granted"),
)
_DRAWN = frozenset({"participants_count", "granted"})


def counted_figures(sheets: _Sheets, asked: Sequence[AskedColumns] | None = None) -> tuple[Figure, ...]:
    """The totals of what people and times are counted in; money stands apart, by funder. asked: as in key_figures."""
    return tuple(figure for figure in key_figures(sheets, asked) if not figure.group)


def changes(sheets: _Sheets, terms: Terms) -> list[Change]:
    """The figures of each year of the report: sheets, centres, what is counted, what was asked for and granted."""
    by_year = {year: [sheet for sheet in sheets if sheet.year == year] for year in terms.years}
    asked = asked_columns(sheets)
    known = [figure for figure in counted_figures(sheets) if figure.value is not None]
    return [
        _row("Fiches", by_year, lambda own: _count(len(own))),
        _row("Centres", by_year, lambda own: _count(len({(sheet.centre, sheet.commune) for sheet in own}))),
        *(_row(one.label, by_year, partial(_counted, asked, one.id), one.id in _DRAWN) for one in known),
        *(_row(label, by_year, partial(_money, terms, name), name in _DRAWN) for label, name in _MONEY),
    ]


def _row(label: str, by_year: _ByYear, read: Callable[[_Sheets], Cell], drawn: bool = False) -> Change:
    cells = [read(own) if own else NO_SHEET for own in by_year.values()]
    largest = max((cell.value or Decimal(0) for cell in cells), default=Decimal(0))
    return Change(label, tuple(replace(cell, percent=_percent(cell.value, largest)) for cell in cells), drawn)


def _percent(value: Decimal | None, largest: Decimal) -> int:
    return int((200 * value + largest) // (2 * largest)) if value and largest else 0


def _count(number: int) -> Cell:
    return Cell(french.number(number), "", Decimal(number))


def _counted(asked: Sequence[AskedColumns], id: str, sheets: _Sheets) -> Cell:
    figure = next(one for one in counted_figures(sheets, asked) if one.id == id)
    value = None if figure.value is None else Decimal(figure.value)
    base = [figure.base.text, figure.share_text] if figure.base.asked else []
    return Cell(figure.text if figure.base.asked else "question non posée", ", ".join(filter(None, base)), value)


def _money(terms: Terms, name: str, sheets: _Sheets) -> Cell:
    found = getattr(money_of(sheets, terms), name)
    return Cell(found.text, found.base_text, found.value)
