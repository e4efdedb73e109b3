"""The journal: appended in the caller's transaction, sealed, and every tampering seen."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.exc import DBAPIError

from tests.factories import FederationFactory
from webapp.models import Event, EventHead
from webapp.services.events import record, verify_chain

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def federation_id(db: SQLAlchemy) -> UUID:
    return FederationFactory().id


def write(db: SQLAlchemy, federation_id: UUID | None, count: int = 3) -> None:
    for number in range(count):
        record(
            "sheet.sent",
            at=AT + timedelta(microseconds=number),
            actor_id=None,
            federation_id=federation_id,
            sheet_id=uuid4(),
            data={"number": number, "reason": "l’été", "of": uuid4(), "when": AT},
        )
    db.session.commit()


def test_entries_follow_one_another(db: SQLAlchemy, federation_id: UUID) -> None:
    write(db, federation_id)
    db.session.expire_all()
    entries = db.session.scalars(sa.select(Event).order_by(Event.seq)).all()
    assert [entry.data["number"] for entry in entries] == [0, 1, 2]
    assert [entry.previous_hash for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    found = verify_chain(federation_id)
    assert (found.intact, found.length) == (True, 3)


def test_each_federation_and_the_platform_have_their_own_chain(db: SQLAlchemy, federation_id: UUID) -> None:
    other = FederationFactory().id
    for chain in (federation_id, other, None, federation_id):
        write(db, chain, 1)
    assert [verify_chain(chain).length for chain in (federation_id, other, None)] == [2, 1, 1]
    assert all(verify_chain(chain).intact for chain in (federation_id, other, None))


def test_an_empty_chain_is_intact(db: SQLAlchemy, federation_id: UUID) -> None:
    assert verify_chain(federation_id).intact


def test_an_act_undone_leaves_no_entry(db: SQLAlchemy, federation_id: UUID) -> None:
    record("sheet.sent", at=AT, actor_id=None, federation_id=federation_id)
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(Event.seq))) == 0
    write(db, federation_id, 1)
    assert verify_chain(federation_id).length == 1


def test_the_database_refuses_to_change_an_entry(db: SQLAlchemy, federation_id: UUID) -> None:
    write(db, federation_id)
    with pytest.raises(DBAPIError, match="event_unchanging"):
        db.session.execute(sa.update(Event).values(kind="other"))


def test_a_changed_entry_is_seen(db: SQLAlchemy, federation_id: UUID) -> None:
    write(db, federation_id)
    second = db.session.scalars(sa.select(Event).order_by(Event.seq).offset(1)).first()
    assert second is not None
    forged = {column.key: getattr(second, column.key) for column in sa.inspect(Event).column_attrs}
    db.session.execute(sa.delete(Event).where(Event.seq == second.seq))
    db.session.execute(sa.insert(Event).values(**forged | {"data": {"number": 7}}))
    db.session.commit()
    found = verify_chain(federation_id)
    assert (found.intact, found.broken_at) == (False, forged["seq"])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_removed_entry_is_seen(db: SQLAlchemy, federation_id: UUID, place: int) -> None:
    write(db, federation_id)
    gone = db.session.scalars(sa.select(Event.seq).order_by(Event.seq).offset(place)).first()
    db.session.execute(sa.delete(Event).where(Event.seq == gone))
    db.session.commit()
    assert not verify_chain(federation_id).intact


def test_a_journal_removed_with_its_head_is_seen_by_its_entries(db: SQLAlchemy, federation_id: UUID) -> None:
    write(db, federation_id)
    db.session.execute(sa.delete(EventHead))
    db.session.commit()
    assert not verify_chain(federation_id).intact


def test_a_float_is_refused_since_it_may_not_come_back_equal(db: SQLAlchemy, federation_id: UUID) -> None:
    with pytest.raises(ValueError, match="float"):
        record("report.made", at=AT, actor_id=None, federation_id=federation_id, data={"rate": 0.1})


def test_writers_at_once_make_one_chain(app: Flask, db: SQLAlchemy, federation_id: UUID) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with app.app_context():
                for _ in range(10):
                    write(db, federation_id, 1)
        except BaseException as failure:  # noqa: BLE001 - a thread's failure is the test's
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    found = verify_chain(federation_id)
    assert (found.intact, found.length) == (True, 60)
