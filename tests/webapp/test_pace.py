"""How fast the centres send: what is counted, what is expected, what is drawn."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.webapp import following as scenes
from webapp.models import Campaign
from webapp.pace import Curve, curve, draw, expectation
from webapp.queries import pace as queries

DEADLINE = date(2027, 3, 31)


def campaign(**changes: object) -> Campaign:
    """A campaign that nobody keeps."""
    dates = {"shown_deadline": DEADLINE, "last_edit": DEADLINE + timedelta(days=30)}
    return Campaign(year=2026, opened_at=datetime(2027, 1, 4, 8, tzinfo=UTC), **(dates | changes))


def at(*days: int) -> list[datetime]:
    """Moments so many days after the deadline."""
    return [datetime(2027, 3, 31, 9, tzinfo=UTC) + timedelta(days=day) for day in days]


def past(*days: int, year: int = 2025) -> Curve:
    return Curve(year, tuple(sorted(days)), len(days), -80, 30)


# Of sixty centres last year, twenty had sent ten days before the deadline, fifty on the day.
LAST_YEAR = past(*[-20] * 20, *[-3] * 30, *[10] * 10)


def test_a_curve_counts_each_centre_from_the_day_it_first_sent() -> None:
    known = curve(campaign(), [*at(-20, -3, -3), None], expected=60)
    assert [known.by(day) for day in (-21, -20, -3, 0)] == [0, 1, 3, 3]


def test_what_is_expected_follows_the_years_before() -> None:
    current = curve(campaign(), at(*[-30] * 18), expected=60)
    found = expectation(campaign(), current, [LAST_YEAR], today=DEADLINE - timedelta(days=10))
    assert found is not None
    assert found.in_words == "À ce rythme, 45 sur 60 le 31\u00a0mars 2027."


def test_all_the_years_before_count_together() -> None:
    slow = past(*[-20] * 10, *[-3] * 40, year=2024)
    current = curve(campaign(), at(*[-30] * 9), expected=60)
    found = expectation(campaign(), current, [LAST_YEAR, slow], today=DEADLINE - timedelta(days=10))
    assert found is not None
    assert found.count == 30


def test_no_more_are_expected_than_there_are_and_no_fewer_than_have_sent() -> None:
    current = curve(campaign(), at(*[-30] * 55), expected=60)
    found = expectation(campaign(), current, [LAST_YEAR], today=DEADLINE - timedelta(days=10))
    assert found is not None
    assert found.count == 60


def test_once_the_shown_deadline_has_passed_the_last_day_is_meant() -> None:
    current = curve(campaign(), at(*[-30] * 25), expected=60)
    found = expectation(campaign(), current, [LAST_YEAR], today=DEADLINE + timedelta(days=1))
    assert found is not None
    assert (found.count, found.on) == (30, DEADLINE + timedelta(days=30))


@pytest.mark.parametrize(
    ("own", "years", "days_before"),
    [
        ([], [LAST_YEAR], 10),
        ([-30] * 10, [], 10),
        ([-30] * 10, [past(-20, -20, -3, -3, -3, -3)], 10),
        ([-30] * 10, [past(-20, -20, -20, -3)], 10),
        ([-30] * 10, [LAST_YEAR], -30),
    ],
    ids=["nobody has sent", "no year before", "two by now", "four in all", "it is over"],
)
def test_nothing_is_said_where_too_little_is_known(own: list[int], years: list[Curve], days_before: int) -> None:
    current = curve(campaign(), at(*own), expected=60)
    assert expectation(campaign(), current, years, today=DEADLINE - timedelta(days=days_before)) is None


def test_the_drawing_stops_today_and_the_table_says_the_same() -> None:
    current = curve(campaign(), at(-40, -20), expected=60)
    drawn = draw(current, [LAST_YEAR], today=-10)
    assert drawn is not None
    assert [line.year for line in drawn.lines] == [2026, 2025]
    ends = [float(line.points.split()[-1].partition(",")[0]) for line in drawn.lines]
    assert ends[0] < float(drawn.deadline_x) < ends[1]
    rows = dict(drawn.rows)
    assert rows["10\u00a0jours avant (aujourd’hui)"] == (2, 20)
    assert rows["Le jour de la date limite"] == (None, 50)


def test_nothing_is_drawn_before_anybody_ever_sent() -> None:
    assert draw(curve(campaign(), [], expected=60), [], today=-10) is None


def test_the_first_sending_of_a_centre_counts_and_what_was_taken_back_does_not(db: SQLAlchemy) -> None:
    centre, other = (
        factories.CentreFactory(federation=federation) for federation in [factories.FederationFactory()] * 2
    )
    year = factories.CampaignFactory(federation=centre.federation)
    for days in (9, 4):
        sheet = factories.SheetFactory(centre=centre, campaign=year, state=SheetState.SUBMITTED)
        factories.SnapshotFactory(sheet=sheet, created_at=scenes.days_ago(days))
        factories.SnapshotFactory(sheet=sheet, created_at=scenes.days_ago(1))
    withdrawn = factories.SheetFactory(centre=other, campaign=year, state=SheetState.DRAFT)
    factories.SnapshotFactory(sheet=withdrawn, created_at=scenes.days_ago(8))
    assert queries.first_sendings([year.id]) == {year.id: {centre.id: scenes.days_ago(9)}}
