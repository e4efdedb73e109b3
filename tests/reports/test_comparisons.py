"""Comparisons: the sums are right, and nobody's figure is given away, by subtraction either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.comparisons import FEW, HIDDEN, Comparison, compared
from reports.content import ReportSheet
from reports.disclosure import fewest_left
from reports.figures import Base, breakdowns, places
from reports.peers import LEAST
from tests.reports.samples import counted, report_sheet

TWO = Base(2, 6, 6)
DEPARTMENTS = {"46": "Lot", "19": "Corrèze", "15": "Cantal", "12": "Aveyron"}


@cache
def read(participants: int | None, dimension: str | None) -> ReportSheet:
    """A sheet with these answers, as others are copied from."""
    given = {"title": "x", "year": 2026}
    given |= {"participants_count": counted(participants)} if participants is not None else {}
    return report_sheet(given | ({"dimension": dimension} if dimension else {}))


def sheet(
    centre: int, department: str = "46", participants: int | None = 10, dimension: str | None = "services"
) -> ReportSheet:
    return replace(
        read(participants, dimension),
        centre=f"Centre {centre}",
        commune="",
        department_code=department,
        department=DEPARTMENTS[department],
    )


def numbered(sheets: Sequence[ReportSheet]) -> list[ReportSheet]:
    return [replace(one, id=f"{number:03}") for number, one in enumerate(sheets)]


def comparisons(sheets: Sequence[ReportSheet]) -> dict[str, Comparison]:
    groupings = [found for found in (*breakdowns(sheets), *places(sheets)) if found.id in {"dimension", "department"}]
    return {found.id: found for found in compared(sheets, groupings)}


def column(found: Comparison, figure: str = "participants_count") -> dict[str, str]:
    at = [head.id for head in found.heads].index(figure)
    return {row.label: row.cells[at].text for row in found.rows}


def test_a_group_of_few_centres_is_not_shown_and_neither_is_the_one_that_would_give_it_away() -> None:
    sheets = [sheet(centre, "46", 100) for centre in range(6)]
    sheets += [sheet(centre, "19", 10) for centre in range(6, 13)]
    sheets += [sheet(centre, "15", 1) for centre in range(13, 17)]
    found = comparisons(numbered(sheets))["department"]
    assert column(found) == {"Lot (46)": HIDDEN, "Corrèze (19)": "70", "Cantal (15)": FEW}


def test_groups_of_enough_centres_are_all_shown() -> None:
    sheets = [sheet(centre, "46", 100) for centre in range(5)] + [sheet(centre, "19", 0) for centre in range(5, 10)]
    assert column(comparisons(numbered(sheets))["department"]) == {"Lot (46)": "500", "Corrèze (19)": "0"}


def test_nobody_having_answered_is_neither_zero_nor_hidden() -> None:
    sheets = [sheet(centre, "46", 7) for centre in range(5)] + [sheet(centre, "19", None) for centre in range(5, 10)]
    found = comparisons(numbered(sheets))["department"]
    assert column(found) == {"Lot (46)": "35", "Corrèze (19)": "non renseigné"}


def test_a_group_that_is_almost_one_of_another_comparison_is_not_shown_nor_to_be_had() -> None:
    """Services less the Lot would be the figure of centre 5 alone."""
    homes = ["46"] * 5 + ["19"] * 7 + ["15"] * 6
    sheets = [
        sheet(centre, home, 10, "services" if centre <= 5 else "citoyennete") for centre, home in enumerate(homes)
    ]
    found = comparisons(numbered(sheets))
    assert column(found["dimension"]) == {"Citoyenneté": "120", "Services": "60"}
    assert column(found["department"]) == {"Corrèze (19)": "70", "Cantal (15)": HIDDEN, "Lot (46)": HIDDEN}


def test_many_sheets_of_few_centres_are_few() -> None:
    sheets = [sheet(centre % 2, "46") for centre in range(10)] + [sheet(centre, "19") for centre in range(10, 20)]
    assert comparisons(numbered(sheets)) == {}


def test_a_sheet_in_several_groups_is_refused() -> None:
    one = report_sheet({"title": "x", "year": 2026, "public": ["enfants", "seniors"]})
    (public,) = [found for found in breakdowns((one,)) if found.id == "public"]
    with pytest.raises(ValueError, match="several groups"):
        compared((one,), [public])


@st.composite
def many(draw: st.DrawFn) -> list[ReportSheet]:
    homes = draw(st.lists(st.sampled_from(sorted(DEPARTMENTS)), min_size=4, max_size=24))
    dimensions = st.sampled_from([None, "services", "citoyennete"])
    numbers = st.sampled_from([None, 0, 3, 40])
    found = [
        sheet(centre, department, draw(numbers), draw(dimensions))
        for centre, department in enumerate(homes)
        for _sheet in range(draw(st.integers(1, 2)))
    ]
    return numbered(found)


def sums(found: Comparison) -> list[frozenset[str]]:
    """The sheets behind every sum of printed figures, the total among them; of none, too."""
    cells = [row.cells[0] for row in found.rows]
    shown = [frozenset(cell.figure.sheets) for cell in cells if cell.shown]
    # The total stands among the key figures: less what is shown, it tells what is hidden.
    hidden = frozenset(found.heads[0].sheets).difference(*shown)
    blocks = [block for block in (*shown, hidden) if block]
    return [frozenset().union(*some) for count in range(len(blocks) + 1) for some in combinations(blocks, count)]


@settings(max_examples=60, deadline=None)
@given(many())
def test_no_difference_of_sums_of_what_is_printed_rests_on_few_centres(sheets: list[ReportSheet]) -> None:
    centre = {one.id: one.centre for one in sheets}
    tables = [sums(found) for found in comparisons(sheets).values()]
    for left in (one ^ other for table in tables for one in table for others in tables for other in others):
        assert len({centre[id] for id in left}) not in range(1, LEAST)


def test_several_groups_that_are_almost_several_others_are_not_to_be_had_either() -> None:
    """No two groups are alike, but the Lot and Corrèze together are those of services and citizenship but for one."""
    homes = ["46"] * 12 + ["19"] * 12 + ["15"] * 12
    themes = (["services"] * 6 + ["citoyennete"] * 6) * 2 + ["services"] + ["parentalite"] * 11
    sheets = numbered([sheet(at, home, 10, theme) for at, (home, theme) in enumerate(zip(homes, themes, strict=True))])
    found = comparisons(sheets)
    tables = [sums(comparison) for comparison in found.values()]
    left = {len(one ^ other) for one in tables[0] for other in tables[1]}
    assert not left & set(range(1, LEAST))
    assert HIDDEN in column(found["department"]).values()


def test_a_row_says_once_what_all_its_figures_rest_on() -> None:
    shown = [sheet(centre, "46", 100) for centre in range(6)]
    (row, _other) = comparisons(numbered([*shown, *(sheet(centre, "19", 1) for centre in range(6, 12))]))[
        "department"
    ].rows
    assert row.base == "6 sur 6\u00a0fiches"
    unequal = replace(row, cells=(row.cells[0], replace(row.cells[0], figure=replace(row.cells[0].figure, base=TWO))))
    assert unequal.base == ""
    # What is not shown rests on less than the others say.
    assert replace(row, cells=(*row.cells, replace(row.cells[0], masked=FEW))).base == ""


@st.composite
def parted(draw: st.DrawFn) -> tuple[list[frozenset[str]], list[frozenset[str]], dict[str, str]]:
    """Sheets of some centres, parted in two ways."""
    centres = draw(st.lists(st.integers(0, 5), min_size=1, max_size=9))
    tables = []
    for _table in range(2):
        homes = draw(st.lists(st.integers(0, 3), min_size=len(centres), max_size=len(centres)))
        blocks = [frozenset(str(at) for at, own in enumerate(homes) if own == home) for home in range(4)]
        tables.append([block for block in blocks if block])
    return tables[0], tables[1], {str(at): str(centre) for at, centre in enumerate(centres)}


@settings(max_examples=200, deadline=None)
@given(parted())
def test_the_fewest_centres_that_two_tables_give_away_are_those_of_trying_all(
    given: tuple[list[frozenset[str]], list[frozenset[str]], dict[str, str]],
) -> None:
    one, other, centres = given

    def unions(blocks: list[frozenset[str]]) -> list[frozenset[str]]:
        return [frozenset().union(*some) for count in range(len(blocks) + 1) for some in combinations(blocks, count)]

    tried = {len({centres[id] for id in first ^ second}) for first in unions(one) for second in unions(other)} - {0}
    found = fewest_left(one, other, centres)
    apart = [
        sum(len({centres[id] for id in block}) for block in blocks) == len(set(centres.values()))
        for blocks in (one, other)
    ]
    if any(apart):
        assert found == min(tried, default=None)
    else:
        # Never more than it is.
        assert (found is None) == (not tried)
        assert found is None or found <= min(tried)
