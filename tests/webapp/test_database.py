"""The database keeps its word: settings, transactions, types and rules, the same on both engines."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from forms.lifecycle import SheetState
from tests.factories import (
    CampaignFactory,
    CentreFactory,
    FederationFactory,
    FunderFactory,
    MailFactory,
    SheetFactory,
    UserFactory,
    grant,
    sent_sheet,
)
from webapp.constraints import OTHERWISE, SENTENCES, constraint_of, sentence_of
from webapp.database import reading, writing
from webapp.models import Centre, EventHead, Federation, Mail, Role, Sheet, Snapshot, User
from webapp.vocabulary import RoleName

AT = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


def at_once(count: int, work: Callable[[], None]) -> None:
    """Run the work in that many threads; the first failure is raised."""
    failures: list[BaseException] = []

    def attempt() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - raised again below
            failures.append(failure)

    threads = [threading.Thread(target=attempt) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_sqlite_is_set_for_safety(make_app: Callable[..., Flask], db: SQLAlchemy, engine_name: str) -> None:
    if engine_name != "sqlite":
        pytest.skip("SQLite only")
    # An application as it is served: that of the tests never waits for the disk.
    with make_app().app_context(), db.engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_writers_at_once_lose_nothing(app: Flask, db: SQLAlchemy) -> None:
    db.session.add(EventHead(chain="count", length=0, hash=""))
    db.session.commit()

    def count_up() -> None:
        with app.app_context():
            for _ in range(25):
                # Read first, write after: what a plain BEGIN loses or refuses.
                head = db.session.get(EventHead, "count", with_for_update=True)
                assert head is not None
                head.length += 1
                db.session.commit()

    at_once(8, count_up)
    assert db.session.scalar(sa.select(EventHead.length)) == 200


def test_a_reader_waits_for_no_writer(app: Flask, db: SQLAlchemy) -> None:
    FederationFactory(name="Avant")
    db.session.add(Federation(name="Pendant"))
    db.session.flush()
    seen: list[int] = []

    def look() -> None:
        with app.app_context(), reading():
            seen.append(db.session.scalar(sa.select(sa.func.count()).select_from(Federation)) or 0)

    at_once(1, look)
    assert seen == [1]


def test_reading_refuses_to_write_and_writing_allows_it(app: Flask, db: SQLAlchemy) -> None:
    db.session.rollback()
    with reading():
        db.session.add(Federation(name="Interdite"))
        with pytest.raises(DBAPIError):
            db.session.commit()
        db.session.rollback()
    with app.test_request_context("/"):
        db.session.add(Federation(name="Interdite"))
        with pytest.raises(DBAPIError):
            db.session.commit()
        db.session.rollback()
        with writing():
            db.session.add(Federation(name="Permise"))
            db.session.commit()
    assert db.session.scalars(sa.select(Federation.name)).all() == ["Permise"]


def test_moments_come_back_aware_and_equal(db: SQLAlchemy) -> None:
    paris = AT.astimezone(timezone(timedelta(hours=2)))
    mail = MailFactory(created_at=paris)
    db.session.expire_all()
    assert mail.created_at == AT
    assert mail.created_at.utcoffset() == timedelta(0)
    assert db.session.scalars(sa.select(Mail).where(Mail.created_at >= paris)).all() == [mail]
    assert db.session.scalars(sa.select(Mail).where(Mail.created_at > paris)).all() == []


def test_a_naive_moment_is_refused(db: SQLAlchemy) -> None:
    with pytest.raises(StatementError, match="naive"):
        MailFactory(created_at=datetime(2026, 5, 1))  # noqa: DTZ001
    db.session.rollback()


def test_json_comes_back_equal_and_nothing_is_null(db: SQLAlchemy) -> None:
    answers = {"text": "« L’été »\u202f: 🌻\n\\ \" '", "rows": [{"b": 1, "a": None}], "flag": False, "empty": ""}
    sheet = SheetFactory(answers=answers)
    db.session.expire_all()
    assert sheet.answers == answers
    job = sa.select(sa.func.count()).select_from(Sheet).where(Sheet.answers.is_(None))
    assert db.session.scalar(job) == 0


def test_a_number_that_is_none_is_refused(db: SQLAlchemy) -> None:
    with pytest.raises((StatementError, ValueError)):
        SheetFactory(answers={"participants_count": float("nan")})
    db.session.rollback()


def test_names_sort_the_same_on_both_engines(db: SQLAlchemy) -> None:
    federation = FederationFactory()
    for name in ("École", "eau", "Zoé", "a b", "ab", "Éa", "ÿ"):
        CentreFactory(federation=federation, name=name)
    assert db.session.scalars(sa.select(Centre.name).order_by(Centre.name)).all() == sorted(
        ("École", "eau", "Zoé", "a b", "ab", "Éa", "ÿ")
    )
    assert db.session.scalars(sa.select(Centre.folded).order_by(Centre.folded)).first() == "a b"


def test_a_word_outside_the_list_is_refused_twice(db: SQLAlchemy) -> None:
    sheet = SheetFactory()
    sheet.state = "lost"
    with pytest.raises(StatementError):
        db.session.flush()
    db.session.rollback()
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(sa.text("UPDATE sheet SET state = 'lost'"))
    assert constraint_of(refused.value) == "ck_sheet_state"
    db.session.rollback()


def test_a_snapshot_never_changes(db: SQLAlchemy) -> None:
    sheet = sent_sheet(SheetState.VALIDATED)
    assert sheet.current_snapshot is not None
    sheet.current_snapshot.title = "Autre"
    with pytest.raises(DBAPIError, match="snapshot_unchanging"):
        db.session.commit()
    db.session.rollback()
    assert db.session.scalar(sa.select(Snapshot.title)) != "Autre"


def test_a_sheet_stays_in_its_federation(db: SQLAlchemy) -> None:
    sheet, other = SheetFactory(), CampaignFactory(year=2027)
    stranger = CentreFactory()
    for wrong in ({"campaign_id": other.id}, {"centre_id": stranger.id}, {"federation_id": other.federation_id}):
        with pytest.raises(IntegrityError):
            db.session.execute(sa.update(Sheet).where(Sheet.id == sheet.id).values(**wrong))
        db.session.rollback()


def test_a_sheet_can_not_show_the_snapshot_of_another(db: SQLAlchemy) -> None:
    mine, other = sent_sheet(), sent_sheet()
    mine.current_snapshot_id = other.current_snapshot_id
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()


@pytest.mark.parametrize("name", list(RoleName))
def test_a_role_is_held_in_its_kind_of_place_and_once(db: SQLAlchemy, name: RoleName) -> None:
    federation = FederationFactory()
    centre, funder = CentreFactory(federation=federation), FunderFactory(federation=federation)
    places = {"centre": centre, "federation": federation, "funder": funder, None: None}
    right = {"m": "centre", "r": "centre" if name is RoleName.RESPONSIBLE else "federation", "a": "federation"}
    where = {**right, "f": "funder", "p": None}[name[0]]
    user = UserFactory()
    for place, thing in places.items():
        db.session.add(Role(user_id=user.id, name=name, **({place: thing} if place else {})))
        if place == where:
            db.session.commit()
            continue
        with pytest.raises(IntegrityError) as refused:
            db.session.commit()
        assert constraint_of(refused.value) == "ck_role_right_place"
        db.session.rollback()
    with pytest.raises(IntegrityError) as refused:
        grant(user, name, places[where])
    assert sentence_of(refused.value) == ("Ce compte a déjà ce rôle.", "role")
    db.session.rollback()


def test_an_account_keeps_grants_of_one_name_apart(db: SQLAlchemy) -> None:
    user = UserFactory()
    first, second = (grant(user, RoleName.MEMBER, CentreFactory()) for _ in range(2))
    db.session.expire_all()
    assert set(user.roles) == {first, second}
    user.roles.remove(second)
    db.session.commit()
    assert user.roles == [first]


def test_an_address_is_one_account_however_it_is_written(db: SQLAlchemy) -> None:
    UserFactory(email=" Camille@Exemple.FR ")
    assert db.session.scalar(sa.select(User.email)) == "camille@exemple.fr"
    with pytest.raises(IntegrityError) as refused:
        UserFactory(email="CAMILLE@exemple.fr")
    assert sentence_of(refused.value) == ("Cette adresse a déjà un compte.", "email")
    db.session.rollback()


def test_a_name_is_taken_however_it_is_written(db: SQLAlchemy) -> None:
    centre = CentreFactory(name="L’Escale, centre social")
    with pytest.raises(IntegrityError) as refused:
        CentreFactory(federation=centre.federation, name="l'escale  Centre Social")
    assert sentence_of(refused.value)[1] == "name"
    db.session.rollback()
    CentreFactory(name="l'escale  Centre Social")


def test_a_campaign_that_ends_before_its_deadline_is_refused_in_words(db: SQLAlchemy) -> None:
    with pytest.raises(IntegrityError) as refused:
        CampaignFactory(last_edit=AT.date(), shown_deadline=AT.date() + timedelta(days=1), last_creation=AT.date())
    assert sentence_of(refused.value)[1] == "last_edit"
    db.session.rollback()


def test_what_no_sentence_is_written_for_still_has_one(db: SQLAlchemy) -> None:
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(sa.insert(Centre).values(federation_id=UUID(int=0), name="A", folded="a", department="46"))
    assert sentence_of(refused.value) == (OTHERWISE, None)
    db.session.rollback()


def test_sentences_are_about_constraints_that_exist(db: SQLAlchemy) -> None:
    names = {str(rule.name) for table in db.metadata.tables.values() for rule in (*table.constraints, *table.indexes)}
    assert names >= SENTENCES.keys()


def test_every_constraint_has_a_name(db: SQLAlchemy) -> None:
    assert not [
        (table.name, rule)
        for table in db.metadata.tables.values()
        for rule in (*table.constraints, *table.indexes)
        if rule.name is None
    ]
