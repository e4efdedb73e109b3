"""What a program that asks for changes is told of: no more than what it may read."""

from datetime import datetime, timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.webapp.api_season import Season, a_season, ask, items, token_for
from webapp.clock import now
from webapp.policy import OPERATOR
from webapp.queries.accounts import actor_of
from webapp.services import erasure, sharing
from webapp.vocabulary import RoleName, Sharing

PUBLISHED = SheetState.PUBLISHED


@pytest.fixture
def season(db: SQLAlchemy) -> Season:
    return a_season()


def test_a_sheet_that_its_centre_shows_to_fewer_is_told_to_those_who_read_it(
    client: PageClient, season: Season, db: SQLAlchemy
) -> None:
    at = now()
    responsible = factories.person(RoleName.RESPONSIBLE, season.centre, password=None)
    for sheet in (*season.sheets.values(), season.unaddressed):
        if sheet.state is not SheetState.DRAFT:
            sheet.sharing = Sharing.NETWORK
            db.session.commit()
            sharing.choose(sheet.id, Sharing.FUNDERS, actor=actor_of(responsible), at=at)
    changed = f"/sheets?updated_since={(at - timedelta(seconds=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}"
    told = {line["id"]: line for line in items(ask(client, changed, token_for(season.reader)))}
    assert told.keys() == {str(season.sheets[state].id) for state in (SheetState.VALIDATED, PUBLISHED)}
    assert {line["sharing"] for line in told.values()} == {"funders"}
    assert {datetime.fromisoformat(line["updated_at"]) for line in told.values()} == {at}
    assert len(items(ask(client, changed, token_for(season.reviewer)))) == 5
    elsewhere = factories.person(RoleName.REVIEWER, factories.FederationFactory(), password=None)
    assert items(ask(client, changed, token_for(elsewhere))) == []
    later = f"/sheets?updated_since={(at + timedelta(seconds=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}"
    assert items(ask(client, later, token_for(season.reader))) == []


def test_a_sheet_from_which_somebody_was_erased_is_told(client: PageClient, season: Season, db: SQLAlchemy) -> None:
    named = factories.sent_sheet(
        SheetState.VALIDATED, centre=season.centre, campaign=season.campaign, answers={"title": "Avec Denise Lagarde"}
    )
    factories.person(RoleName.MEMBER, season.centre, email="denise@tilleuls.example", full_name="Denise Lagarde")
    at = now()
    erasure.erase("denise@tilleuls.example", actor=OPERATOR, at=at)
    since = (at - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (line,) = items(ask(client, f"/sheets?updated_since={since}", token_for(season.reader)))
    assert (line["id"], datetime.fromisoformat(line["updated_at"])) == (str(named.id), at)
    one = ask(client, f"/sheets/{named.id}", token_for(season.reader)).json
    assert one["updated_at"] == line["updated_at"]
