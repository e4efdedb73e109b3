"""Figures beside those of other centres: the formula, and nobody's figure given away."""

import statistics
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.kinds import CellType
from forms.registry import shipped
from reports.peers import LEAST, Given, Line, Measure, Peer, beside, measured, median, rounded

COUNT = Measure("participants_count", "", "Participants", CellType.NUMBER)
OWN = {COUNT: Given(Decimal(40))}

figures = st.builds(Given, st.integers(0, 5_000).map(Decimal), st.booleans())
peers = st.builds(
    Peer,
    centre=st.integers(0, 14).map(str),
    dimension=st.sampled_from(["services", "citoyennete", "projets"]),
    near=st.booleans(),
    figures=st.one_of(st.just({}), figures.map(lambda figure: {COUNT.id: figure})),
)
many = st.lists(peers, max_size=40)


LIKE, OTHER = "services", "citoyennete"


def line(found: list[Peer], dimension: str = LIKE, seen: tuple[str, ...] = ()) -> Line:
    return beside(OWN, found, dimension=dimension, seen=seen)[0]


def near(found: list[Peer]) -> set[str]:
    return {peer.centre for peer in found if peer.near and peer.figures}


def alike(found: list[Peer], dimension: str = LIKE) -> set[str]:
    return {peer.centre for peer in found if peer.dimension == dimension and peer.figures}


def peer(centre: str, value: int | None, *, like: bool = True, near: bool = False, estimated: bool = False) -> Peer:
    given_ = {} if value is None else {COUNT.id: Given(Decimal(value), estimated)}
    return Peer(centre, LIKE if like else OTHER, near, given_)


@given(many)
def test_no_group_under_five_centres_is_ever_shown(found: list[Peer]) -> None:
    told = line(found)
    for group, shown in ((alike(found), told.like), (near(found), told.near)):
        if shown is not None:
            assert shown.centres == len(group) >= LEAST


@given(many)
def test_two_groups_that_are_both_shown_never_differ_by_a_few_centres(found: list[Peer]) -> None:
    told = line(found)
    if told.like is not None and told.near is not None:
        assert len(alike(found) ^ near(found)) not in range(1, LEAST)


@given(many)
def test_nor_do_they_across_the_pages_of_two_sheets_of_one_centre(found: list[Peer]) -> None:
    first, second = line(found, LIKE, (OTHER,)), line(found, OTHER, (LIKE,))
    shown = [alike(found, code) for code, told in ((LIKE, first), (OTHER, second)) if told.like is not None]
    if first.near is not None or second.near is not None:
        assert not [group for group in shown if len(group ^ near(found)) in range(1, LEAST)]


@given(many, st.randoms(use_true_random=False))
def test_the_order_of_the_sheets_changes_nothing(found: list[Peer], chance: object) -> None:
    mixed = list(found)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert line(mixed) == line(found)


@given(st.lists(st.integers(0, 10**9).map(Decimal), min_size=1, max_size=30))
def test_the_median_is_that_of_the_books(values: list[Decimal]) -> None:
    assert median(values) == statistics.median(values)


@given(st.integers(0, 10**9).map(Decimal))
def test_rounding_keeps_the_size_and_is_done_once(value: Decimal) -> None:
    assert abs(rounded(value) - value) <= max(value / 10, Decimal("0.5"))
    assert rounded(rounded(value)) == rounded(value)


def test_a_median_is_that_of_the_centres_however_many_sheets_each_has() -> None:
    found = [peer(str(centre), 10 + centre) for centre in range(5)]
    found += [peer("0", 10) for _ in range(30)]
    told = line(found).like
    assert told is not None
    assert (told.value, told.centres, told.base) == (12, 5, "médiane de 5\u00a0centres")


def test_what_is_absent_is_no_zero_and_no_centre() -> None:
    given_ = [peer(str(centre), 60) for centre in range(4)]
    assert line([*given_, peer("4", None)]).like is None
    told = line([*given_, peer("4", 60), peer("5", None), peer("6", None)]).like
    assert told is not None
    assert (told.value, told.centres) == (60, 5)


def test_how_many_centres_rest_on_an_estimate_is_said() -> None:
    found = [peer(str(centre), 60, estimated=centre < 3) for centre in range(8)]
    told = line(found).like
    assert told is not None
    assert told.base == "médiane de 8\u00a0centres, dont 3\u00a0estimés"


@pytest.mark.parametrize(("apart", "shown"), [(0, True), (1, False), (4, False), (5, True)])
def test_the_departement_that_is_the_like_and_a_few_more_is_not_shown(apart: int, shown: bool) -> None:
    found = [peer(str(centre), 60, near=True) for centre in range(6)]
    found += [peer(f"more {number}", 900, like=False, near=True) for number in range(apart)]
    told = line(found)
    assert told.like is not None
    assert (told.near is not None) is shown


@pytest.mark.parametrize(
    ("value", "shown"), [("0", 0), ("7.5", 8), ("22", 20), ("22.5", 25), ("104", 100), ("995", 1000), ("12345", 12000)]
)
def test_what_is_shown_is_rounded(value: str, shown: int) -> None:
    assert rounded(Decimal(value)) == shown


def test_the_figures_of_a_sheet_are_all_that_is_counted_and_amounts_summed() -> None:
    version = shipped(2026)
    answers = {
        "title": "Le jardin",
        "participants_count": {"number": 40, "how": "estimated"},
        "volunteers_count": {"how": "unknown"},
        "funding_lines": [
            {"funder": "Caf", "requested": "1000.00", "granted": "800.00"},
            {"funder": "Ville", "requested": "500.00"},
        ],
    }
    found = {
        measure.id: (measure.text(one.value), one.estimated) for measure, one in measured(version, answers).items()
    }
    assert found == {
        "funding_lines.requested": ("1\u202f500\u00a0€", False),
        "funding_lines.granted": ("800\u00a0€", False),
        "participants_count": ("40", True),
    }
