"""The orders in which the sheets of a report may stand: each puts every sheet in one place, whatever came before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, TypeAlias

from forms import french
from reports.content import ReportSheet

Key: TypeAlias = tuple[Any, ...]
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Order:
    """An order. id: its name in templates of reports, for ever. label: French. key: what to sort by, of one shape for
    all sheets; ties are left to the reference. headings: what a heading in the contents says of a sheet, each where the
    sheets differ in it."""

    id: str
    label: str
    key: Callable[[ReportSheet], Key]
    headings: tuple[Callable[[ReportSheet], str], ...] = ()


@dataclass(frozen=True)
class Group:
    """Sheets that follow each other in the contents under one heading."""

    heading: str
    sheets: tuple[ReportSheet, ...]


def _by_territory(sheet: ReportSheet) -> Key:
    return sheet.year, sheet.department_code, *_name(sheet.centre), *_title(sheet)


def _by_centre(sheet: ReportSheet) -> Key:
    return *_name(sheet.centre), sheet.department_code, sheet.commune, sheet.year, *_title(sheet)


def _by_dimension(sheet: ReportSheet) -> Key:
    """In the order in which the form offers the dimensions; sheets without one come last."""
    codes = [facet.code for facet in _dimensions(sheet)]
    code = sheet.document.value("dimension") if codes else None
    at = codes.index(code) if code in codes else len(codes)
    return code is None, at, code or "", sheet.year, *_title(sheet)


def _by_title(sheet: ReportSheet) -> Key:
    return (*_title(sheet), sheet.year)


def _by_sending(sheet: ReportSheet) -> Key:
    return (sheet.sent_at or _NEVER, *_title(sheet))


def _name(text: str) -> tuple[str, str]:
    """As a dictionary sorts, then as written."""
    return french.fold(text), text


def _title(sheet: ReportSheet) -> tuple[str, str]:
    return _name(sheet.title)


def _dimensions(sheet: ReportSheet) -> tuple[Any, ...]:
    version = sheet.document.version
    return version.question("dimension").kind.facet_choices() if "dimension" in version else ()


def _dimension(sheet: ReportSheet) -> str:
    text = sheet.document.item("dimension").text if "dimension" in sheet.document.version else ""
    return text or "Sans dimension"


def _year(sheet: ReportSheet) -> str:
    return str(sheet.year)


def _department(sheet: ReportSheet) -> str:
    return sheet.department


def _centre(sheet: ReportSheet) -> str:
    return sheet.centre


ORDERS: tuple[Order, ...] = (
    Order(
        "territoire", "Par territoire", _by_territory, (lambda sheet: str(sheet.year), lambda sheet: sheet.department)
    ),
    Order("centre", "Par centre", _by_centre, (lambda sheet: sheet.centre,)),
    Order("dimension", "Par dimension", _by_dimension, (_dimension,)),
    Order("titre", "Par titre", _by_title),
    Order("envoi", "Par date d’envoi", _by_sending),
)
_BY_ID = {order.id: order for order in ORDERS}


def ordered(sheets: Sequence[ReportSheet], order: str) -> tuple[ReportSheet, ...]:
    """The sheets in that order (its id); as they come where it is empty or unknown."""
    chosen = _BY_ID.get(order)
    if chosen is None:
        return tuple(sheets)
    return tuple(sorted(sheets, key=lambda sheet: (*chosen.key(sheet), sheet.reference, sheet.id)))


def grouped(sheets: Sequence[ReportSheet], order: str) -> tuple[Group, ...]:
    """The sheets as they stand, under headings that fit that order: « Les fiches · 2026 · Lot »."""
    headings = (_BY_ID.get(order) or ORDERS[0]).headings
    telling = [words for words in headings if len({words(sheet) for sheet in sheets}) > 1]

    def heading(sheet: ReportSheet) -> str:
        return " · ".join(filter(None, ["Les fiches", *(words(sheet) for words in telling)]))

    return tuple(Group(title, tuple(group)) for title, group in groupby(sheets, heading))
