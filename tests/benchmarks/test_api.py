"""Pages of a hundred sheets out of twenty thousand: the first, the middle, the last, and the same again unchanged."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests.benchmarks.conftest import median, tell
from tests.factories import CentreFactory, campaign_of, person
from tests.many_sheets import add_sheets
from webapp.database import reading
from webapp.models import Sheet
from webapp.policy import Act
from webapp.queries.accounts import actor_of
from webapp.queries.scope import scope_of
from webapp.services import tokens
from webapp.vocabulary import RoleName

SHEETS, PAGE, TIMES = 20_000, 100, 15


def test_pages_of_sheets(db: SQLAlchemy, live_server: str) -> None:
    centre = CentreFactory()
    campaign = campaign_of(centre.federation)
    reviewer = person(RoleName.REVIEWER, centre.federation, password=None)
    states = [state for state in SheetState if state is not SheetState.DRAFT]
    add_sheets(campaign, [centre], SHEETS, author_id=reviewer.id, states=states)
    _made, token = tokens.make(reviewer, name="Banc", scopes=["sheets"], days=30, at=datetime.now(UTC))
    actor = actor_of(reviewer)
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))
    connection = http.client.HTTPConnection(urlsplit(live_server).netloc, timeout=60)

    def ask(path: str, **headers: str) -> tuple[int, bytes, str]:
        given = {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): text for name, text in headers.items()}
        connection.request("GET", path, headers=given)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("ETag", "")

    pages = [f"/api/v1/sheets?limit={PAGE}"]
    while following := json.loads(ask(pages[-1])[1])["next"]:
        pages.append(following.removeprefix(live_server))
    assert len(pages) == SHEETS // PAGE

    def bare(after: str) -> None:
        """The rows of the page without what they speak of, which no program could do without."""
        with reading():
            wanted = sa.select(Sheet.id, Sheet.reference).where(
                scope_of(actor, Act.API_SHEETS, Sheet), Sheet.reference > after
            )
            assert db.session.execute(wanted.order_by(Sheet.reference).limit(PAGE)).all()
            db.session.rollback()

    for name, path in (("première", pages[0]), ("du milieu", pages[len(pages) // 2]), ("dernière", pages[-1])):
        first = json.loads(ask(path)[1])["items"][0]["reference"]
        before = first[:-1]
        assert ask(path)[0] == 200
        measured = median(lambda path=path: ask(path), lambda: ask("/healthz"), TIMES)  # type: ignore[misc]
        tell(f"API, 100 fiches, page {name}", measured, "/healthz")
        measured = median(lambda path=path: ask(path), lambda before=before: bare(before), TIMES)  # type: ignore[misc]
        tell(f"API, 100 fiches, page {name}", measured, "la requête SQL nue")
    _status, _body, mark = ask(pages[0])
    assert ask(pages[0], If_None_Match=mark)[:2] == (304, b"")
    measured = median(lambda: ask(pages[0], If_None_Match=mark), lambda: ask("/healthz"), TIMES)
    tell("API, 100 fiches, inchangées (304)", measured, "/healthz")
    connection.close()
