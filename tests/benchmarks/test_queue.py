"""The reviewer's queue of ten thousand sheets against the queue of a hundred."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.benchmarks.conftest import Connection, median, tell
from tests.client import PageClient
from tests.many_sheets import add_sheets
from tests.signing import sign_in
from webapp.vocabulary import RoleName

SHORT, LONG = 100, 10_000
CENTRES = 60
TIMES = 15


def reviewer_of(app: Flask, sheets: int) -> str:
    """The cookie of a federation's reviewer, with that many sheets to read in sixty centres."""
    federation = factories.FederationFactory()
    centres = [factories.CentreFactory(federation=federation) for _ in range(CENTRES)]
    reviewer = factories.person(RoleName.REVIEWER, federation, password=None)
    campaign = factories.campaign_of(federation)
    add_sheets(campaign, centres, sheets, author_id=reviewer.id, states=(SheetState.SUBMITTED,))
    visitor = app.test_client()
    assert isinstance(visitor, PageClient)
    sign_in(visitor, reviewer)
    cookie = visitor.get_cookie("recueil")
    assert cookie is not None
    return f"recueil={cookie.value}"


def test_a_queue_of_ten_thousand(app: Flask, db: SQLAlchemy, live_server: str) -> None:
    long, short = reviewer_of(app, LONG), reviewer_of(app, SHORT)
    db.session.commit()
    with Connection(live_server, long) as ours, Connection(live_server, short) as floor:

        def show(connection: Connection, path: str) -> Callable[[], object]:
            def ask() -> None:
                status, page = connection.ask("GET", path)
                assert (status, page.count(b"/relecture/") >= 50) == (200, True)

            return ask

        for what, path in (
            ("La file de 10 000 fiches", "/relecture"),
            ("La même, cherchée par son titre", "/relecture?q=atelier"),
            ("La même, page 2", "/relecture?page=2"),
        ):
            measured = median(show(ours, path), show(floor, path), TIMES)
            tell(what, measured, "la file de 100 fiches")
