"""The list of what is to be read, and the way through it, when there are ten thousand sheets: the same statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.french import fold
from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.reports.samples import REPAIR
from tests.signing import sign_in
from webapp import models
from webapp.vocabulary import QueryReason, QueryState, RoleName

FEW, MANY = 100, 10_000
STATES = (SheetState.SUBMITTED, SheetState.SUBMITTED, SheetState.CHANGES_REQUESTED, SheetState.VALIDATED)
LISTS = (
    "",
    "?state=toutes",
    "?state=validated",
    "?lecteur=moi",
    "?lecteur=personne",
    "?nonlues=oui",
    "?reponses=oui&state=toutes",
    "?doutes=oui",
    "?dimension=environnement",
    "?q=bricoleurs 1",
)


@dataclass(frozen=True)
class Desk:
    """A federation with that many sheets, who reads there, and a sheet from the middle of the queue."""

    reviewer: models.User
    middle: models.Sheet


def desk(number: int, db: SQLAlchemy) -> Desk:
    """As long as real sheets are, in four states; written at once, as no page does it."""
    federation = factories.FederationFactory()
    reviewer = factories.person(RoleName.REVIEWER, federation, password=None)
    campaign = factories.campaign_of(federation)
    centres = [factories.CentreFactory(federation=federation) for _ in range(20)]
    rows: dict[str, list[dict[str, object]]] = {"action": [], "sheet": [], "snapshot": [], "facet": [], "query": []}
    shown = []
    for index in range(number):
        centre, state = centres[index % len(centres)], STATES[index % len(STATES)]
        title = f"Le café des bricoleurs {index}"
        action_id, sheet_id, snapshot_id = uuid4(), uuid4(), uuid4()
        at = factories.START + timedelta(minutes=index)
        answers = REPAIR | {"title": title}
        rows["action"].append({"id": action_id, "centre_id": centre.id, "title": title, "created_at": at})
        rows["sheet"].append(
            {
                "id": sheet_id,
                "action_id": action_id,
                "campaign_id": campaign.id,
                "centre_id": centre.id,
                "federation_id": federation.id,
                "form_version_id": campaign.form_version_id,
                "reference": f"{number}-{index:05d}",
                "state": state,
                "answers": answers,
                "created_at": at,
                "updated_at": at,
                "submitted_at": at,
                "state_since": at,
                "read_at": at if index % 3 else None,
                "assigned_to": reviewer.id if index % 2 else None,
                "folded_title": fold(title),
                "sent_doubts": int(index % 10 == 0),
            }
        )
        rows["snapshot"].append(
            {
                "id": snapshot_id,
                "sheet_id": sheet_id,
                "number": 1,
                "title": title,
                "form_version_id": campaign.form_version_id,
                "answers": answers,
                "sha256": f"{index:064d}",
                "sheet_revision": 0,
                "created_at": at,
            }
        )
        shown.append({"row": sheet_id, "snapshot": snapshot_id})
        code = ("environnement", "citoyennete")[index % 2]
        facet = {"sheet_id": sheet_id, "snapshot_id": snapshot_id, "question": "dimension", "code": code}
        rows["facet"].append({"id": uuid4(), **facet, "label": code.capitalize()})
        if index % 8 == 0:
            rows["query"].append(_query(sheet_id, reviewer, index))
    for name, values in rows.items():
        db.session.execute(sa.insert(db.metadata.tables[name]), values)
    sheets = db.metadata.tables["sheet"]
    change = sa.update(sheets).where(sheets.c.id == sa.bindparam("row"))
    db.session.execute(change.values(current_snapshot_id=sa.bindparam("snapshot")), shown)
    db.session.commit()
    # Of the same sort in both: to be read, unread, the reviewer's own.
    middle = rows["sheet"][57 + number // 480 * 240]["id"]
    return Desk(reviewer, db.session.get_one(models.Sheet, middle))


def _query(sheet_id: object, author: models.User, index: int) -> dict[str, object]:
    state = QueryState.ANSWERED if index % 16 else QueryState.OPEN
    return {
        "id": uuid4(),
        "sheet_id": sheet_id,
        "question": "people",
        "state": state,
        "reason": QueryReason.INCOMPLETE,
        "text": "Combien\u202f?",
        "created_at": factories.START,
        "created_by": author.id,
        "replied_at": factories.START if state is QueryState.ANSWERED else None,
    }


@pytest.fixture
def desks(db: SQLAlchemy) -> tuple[Desk, Desk]:
    """A small federation and one with a hundred times its sheets."""
    return desk(FEW, db), desk(MANY, db)


@contextmanager
def counted(db: SQLAlchemy) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def statements_of(client: PageClient, db: SQLAlchemy, one: Desk) -> dict[str, int]:
    """How many statements each list takes, and the reading page by each way that leads to it."""
    sign_in(client, one.reviewer)
    client.check_pages = False
    found = {}
    for address in (*(f"/relecture{query}" for query in LISTS), *(f"/relecture/{one.middle.id}{q}" for q in LISTS[:4])):
        client.get(address)
        with counted(db) as statements:
            assert client.get(address).status_code == 200, address
        found[address.replace(str(one.middle.id), "<id>")] = len(statements)
    return found


def test_ten_thousand_sheets_take_as_many_statements_as_a_hundred(
    client: PageClient, db: SQLAlchemy, desks: tuple[Desk, Desk]
) -> None:
    few, many = (statements_of(client, db, one) for one in desks)
    assert {address: count for address, count in many.items() if count > few[address]} == {}
