"""A centre sees its figures beside those of enough others, once its sheet is accepted."""

from collections.abc import Callable

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.signing import sign_in
from webapp.models import Centre, Federation, Sheet
from webapp.queries.peers import beside_others
from webapp.vocabulary import RoleName


@pytest.fixture
def federation(db: SQLAlchemy) -> Federation:
    return factories.FederationFactory()


def accepted(
    centre: Centre,
    participants: int | None,
    *,
    state: SheetState = SheetState.VALIDATED,
    dimension: str = "services",
    year: int = factories.YEAR,
) -> Sheet:
    answers: dict[str, object] = {"title": "Une action", "dimension": dimension}
    if participants is not None:
        answers["participants_count"] = {"number": participants, "how": "counted"}
    campaign = factories.campaign_of(centre.federation, year)
    return factories.sent_sheet(state, centre=centre, campaign=campaign, answers=answers)


@pytest.fixture
def own(federation: Federation) -> Sheet:
    """An accepted sheet in département 46."""
    return accepted(factories.CentreFactory(federation=federation), 40)


def others(federation: Federation, count: int, **details: object) -> list[Sheet]:
    """So many other centres, each elsewhere, each with an accepted sheet."""
    places = [factories.CentreFactory(federation=federation, department="31") for _ in range(count)]
    return [accepted(centre, 60, **details) for centre in places]  # type: ignore[arg-type]


def shown(client: PageClient, sheet: Sheet) -> str:
    sign_in(client, factories.person(RoleName.MEMBER, sheet.centre))
    page = client.get(f"/fiches/{sheet.id}")
    assert page.status_code == 200
    return page.text


def test_five_other_centres_are_enough_and_four_are_not(client: PageClient, federation: Federation, own: Sheet) -> None:
    others(federation, 4)
    page = shown(client, own)
    assert "Trop peu d’autres centres" in page
    assert "médiane de" not in page
    others(federation, 1)
    page = shown(client, own)
    assert "médiane de 5\u00a0centres" in page
    assert "trop peu de centres" in page


def test_a_sheet_that_is_not_accepted_is_set_beside_nothing(client: PageClient, federation: Federation) -> None:
    sheet = accepted(factories.CentreFactory(federation=federation), 40, state=SheetState.SUBMITTED)
    others(federation, 6)
    assert "à côté des autres" not in shown(client, sheet)


@pytest.mark.parametrize(
    "left_out",
    [
        lambda federation: others(federation, 3, state=SheetState.SUBMITTED),
        lambda federation: others(federation, 3, state=SheetState.CHANGES_REQUESTED),
        lambda federation: others(federation, 3, dimension="citoyennete"),
        lambda federation: others(federation, 3, year=factories.YEAR - 1),
        lambda _federation: others(factories.FederationFactory(), 3),
    ],
    ids=["not accepted", "reopened", "another dimension", "another year", "another federation"],
)
def test_only_the_accepted_sheets_of_the_same_kind_year_and_federation_count(
    federation: Federation, own: Sheet, left_out: Callable[[Federation], object]
) -> None:
    others(federation, 5)
    left_out(federation)
    like = beside_others(own)[0].like
    assert like is not None
    assert (like.centres, like.value) == (5, 60)


def test_the_other_sheets_of_ones_own_centre_do_not_count(federation: Federation, own: Sheet) -> None:
    others(federation, 4)
    accepted(own.centre, 900)
    assert beside_others(own)[0].like is None


def test_the_departement_is_that_of_the_centre(federation: Federation, own: Sheet) -> None:
    for _ in range(5):
        accepted(factories.CentreFactory(federation=federation), 12, dimension="citoyennete")
    others(federation, 5)
    line = beside_others(own)[0]
    assert line.near is not None
    assert line.like is not None
    assert (line.near.value, line.like.value) == (12, 60)


def test_what_was_sent_counts_and_not_what_is_being_typed(federation: Federation, own: Sheet, db: SQLAlchemy) -> None:
    for sheet in others(federation, 5):
        sheet.answers = {**sheet.answers, "participants_count": {"number": 999, "how": "counted"}}
    db.session.commit()
    like = beside_others(own)[0].like
    assert like is not None
    assert like.value == 60


def test_no_name_of_another_centre_is_shown(client: PageClient, federation: Federation, own: Sheet) -> None:
    found = others(federation, 6)
    page = shown(client, own)
    assert "médiane de 6\u00a0centres" in page
    assert not [sheet for sheet in found if sheet.centre.name in page or sheet.reference in page]


def test_what_another_sheet_of_the_centre_shows_is_not_told_apart_by_the_departement(
    federation: Federation, own: Sheet
) -> None:
    places = [factories.CentreFactory(federation=federation) for _ in range(6)]
    for place in places:
        accepted(place, 60, dimension="citoyennete")
    assert beside_others(own)[0].near is not None
    # One centre of the département more than the like of the second sheet: side by side they would tell its figure.
    accepted(factories.CentreFactory(federation=federation), 900)
    second = accepted(own.centre, 30, dimension="citoyennete")
    assert beside_others(second)[0].like is not None
    assert beside_others(second)[0].near is None
    assert beside_others(own)[0].near is None
