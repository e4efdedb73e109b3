"""The orders of sheets: each puts every sheet in one place, and headings follow it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.content import ReportSheet
from reports.orders import ORDERS, grouped, ordered
from tests.reports.samples import report_sheet

TITLES = ("Éveil", "eveil", "Zoé", "L’été", "")
PLACES = (("46", "Lot", "Cahors"), ("19", "Corrèze", "Tulle"), ("", "", ""))


@cache
def read(title: str, dimension: str | None) -> ReportSheet:
    """A sheet with these answers, as others are copied from."""
    given = {"title": title, "year": 2026} | ({"dimension": dimension} if dimension else {})
    return report_sheet({key: value for key, value in given.items() if value})


@st.composite
def a_sheet(draw: st.DrawFn) -> ReportSheet:
    code, department, commune = draw(st.sampled_from(PLACES))
    sent = draw(st.none() | st.integers(0, 2))
    return replace(
        read(draw(st.sampled_from(TITLES)), draw(st.sampled_from([None, "services", "citoyennete"]))),
        year=draw(st.sampled_from([2025, 2026])),
        centre=draw(st.sampled_from(["L’Escale", "l’escale", "Le Rionet"])),
        department_code=code,
        department=department,
        commune=commune,
        sent_at=None if sent is None else datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=sent),
        reference=draw(st.sampled_from(["2026-0001", "2026-0002"])),
    )


SHEETS = st.lists(a_sheet(), max_size=12).map(
    lambda found: [replace(sheet, id=f"{number:03}") for number, sheet in enumerate(found)]
)


@pytest.mark.parametrize("order", [order.id for order in ORDERS])
@settings(deadline=None)
@given(SHEETS, st.integers(0, 1000))
def test_an_order_puts_each_sheet_in_one_place_wherever_it_came_from(
    order: str, sheets: list[ReportSheet], seed: int
) -> None:
    mixed = list(sheets)
    random.Random(seed).shuffle(mixed)
    found = [sheet.id for sheet in ordered(sheets, order)]
    assert found == [sheet.id for sheet in ordered(mixed, order)]
    assert sorted(found) == [sheet.id for sheet in sheets]


@pytest.mark.parametrize("order", ["", "par-lune"])
def test_without_an_order_the_sheets_stay_as_they_came(order: str) -> None:
    sheets = [replace(read(title, None), id=title) for title in ("Zoé", "Éveil")]
    assert [sheet.id for sheet in ordered(sheets, order)] == ["Zoé", "Éveil"]


def test_each_order_sorts_by_what_its_name_says() -> None:
    first = replace(
        read("Zoé", "services"), id="a", year=2025, centre="L’Escale", department_code="46", department="Lot"
    )
    second = replace(read("Éveil", "citoyennete"), id="b", centre="Le Rionet", sent_at=None)
    third = replace(read("L’été", None), id="c", centre="Anatole-France", sent_at=first.sent_at)
    found = {order.id: "".join(sheet.id for sheet in ordered([third, second, first], order.id)) for order in ORDERS}
    assert found == {"territoire": "acb", "centre": "cab", "dimension": "abc", "titre": "bca", "envoi": "cab"}


def test_the_contents_follow_the_order() -> None:
    sheets = [replace(read("a", dimension), id=str(dimension)) for dimension in (None, "citoyennete", "services")]
    in_order = ordered(sheets, "dimension")
    headings = [group.heading for group in grouped(in_order, "dimension")]
    assert headings == ["Les fiches · Services", "Les fiches · Citoyenneté", "Les fiches · Sans dimension"]
    assert [group.heading for group in grouped(in_order, "titre")] == ["Les fiches"]
