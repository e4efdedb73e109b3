"""The worker takes backups by itself, once, tries them, lets old ones go, and tells when something is wrong."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.factories import person, sent_sheet
from webapp import storage, worker
from webapp.clock import now
from webapp.config import settings_of
from webapp.database import db as database
from webapp.models import BackupRun, Event, Job, Mail
from webapp.queries import backups as queries
from webapp.recovery import restoring
from webapp.recovery.keys import new_key, read_key
from webapp.services import backups, events
from webapp.vocabulary import JobState, RoleName

AT = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
drilled = pytest.mark.parametrize("site", ["drilled"], indirect=True)


@pytest.fixture
def site(
    request: pytest.FixtureRequest, db: SQLAlchemy, make_app: Callable[..., Flask], tmp_path: Path
) -> Iterator[Flask]:
    """The application with encrypted backups every day, its storage its own, and somebody who looks after it.

    Unless the test is `drilled`, the server has only the half of the key that writes.
    """
    public = new_key(tmp_path / "key", at=now())
    key = str(tmp_path / "key") if getattr(request, "param", "") == "drilled" else public
    app = make_app(backups=str(tmp_path / "backups"), backup_key=key, storage=str(tmp_path / "files"))
    person(RoleName.PLATFORM, email="plateforme@exemple.fr", password=None)
    db.session.rollback()
    with app.app_context():
        db.session.query(BackupRun).delete()
        db.session.commit()
        yield app
        db.session.remove()


def work() -> None:
    worker.look_after(lambda job_id: worker.do(UUID(job_id)), lambda: None)


def some_rows() -> None:
    sheet = sent_sheet()
    for number in (1, 2):
        about = {"federation_id": sheet.federation_id, "sheet_id": sheet.id, "data": {"number": number}}
        events.record("sheet.sent", at=AT, actor_id=None, **about)
    database.session.commit()


def at(app: Flask, moment: datetime) -> None:
    app.config["RECUEIL_NOW"] = moment


def told(db: SQLAlchemy) -> list[str]:
    return list(db.session.scalars(sa.select(Mail.text).where(Mail.kind == "backup_failed").order_by(Mail.created_at)))


@drilled
def test_a_backup_is_taken_and_tried(site: Flask, db: SQLAlchemy, tmp_path: Path) -> None:
    some_rows()
    storage.put("attachments/aa/kept", b"x")
    at(site, AT)
    work()
    (run,) = db.session.scalars(sa.select(BackupRun)).all()
    assert (run.error, run.drill_error) == (None, None)
    assert run.drilled_at is not None
    path = tmp_path / "backups" / run.name
    assert path.stat().st_size == run.size
    found = restoring.examined(path, read_key(str(tmp_path / "key")))
    assert found.counts == run.counts
    assert found.counts["sheets"] >= 1
    assert list((settings_of(site).folder / "backups-under-way").iterdir()) == []
    state = queries.state(settings_of(site), at=AT)
    assert state.last_drill is run
    work()
    assert len(db.session.scalars(sa.select(BackupRun)).all()) == 1, "once a day"
    backups.fall_due(at=AT + timedelta(days=1))
    assert len(db.session.scalars(sa.select(BackupRun)).all()) == 2


def test_two_workers_ask_for_one(site: Flask, db: SQLAlchemy) -> None:
    barrier = threading.Barrier(4)

    def fall_due() -> None:
        with site.app_context():
            barrier.wait()
            backups.fall_due(at=AT)
            db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=fall_due) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(db.session.scalars(sa.select(BackupRun)).all()) == 1
    assert len(db.session.scalars(sa.select(Job).where(Job.kind == backups.JOB)).all()) == 1


@drilled
def test_a_drill_that_finds_a_broken_journal_is_told(site: Flask, db: SQLAlchemy) -> None:
    some_rows()
    first = db.session.scalars(sa.select(Event).order_by(Event.seq.desc())).first()
    db.session.execute(sa.delete(Event).where(Event.seq == first.seq))  # type: ignore[union-attr]
    db.session.commit()
    at(site, AT)
    work()
    (run,) = db.session.scalars(sa.select(BackupRun)).all()
    assert run.error is None
    assert "la fin du journal manque" in (run.drill_error or "")
    (text,) = told(db)
    assert "L’essai de restauration a échoué" in text
    assert any("essai" in problem for problem in queries.state(settings_of(site), at=AT).problems)


def test_a_backup_that_fails_is_told_and_the_next_day_it_is_tried_again(
    site: Flask, db: SQLAlchemy, tmp_path: Path
) -> None:
    (tmp_path / "backups").write_text("a file where the folder should be")
    at(site, AT)
    work()
    (run,) = db.session.scalars(sa.select(BackupRun)).all()
    assert run.error
    assert db.session.scalars(sa.select(Job.state).where(Job.kind == backups.JOB)).all() == [JobState.FAILED]
    (text,) = told(db)
    assert "La sauvegarde a échoué" in text
    state = queries.state(settings_of(site), at=AT)
    assert (len(state.problems), state.last_good) == (1, None)
    (tmp_path / "backups").unlink()
    at(site, AT + timedelta(days=1))
    work()
    assert queries.state(settings_of(site), at=AT + timedelta(days=1)).problems == ()


def test_a_backup_that_is_too_old_is_told(site: Flask, db: SQLAlchemy) -> None:
    at(site, AT)
    work()
    late = AT + timedelta(days=3)
    assert any("date du" in problem for problem in queries.state(settings_of(site), at=late).problems)
    backups.fall_due(at=late)
    assert len(told(db)) == 1


def test_without_setting_nothing_is_taken_and_that_is_told(app: Flask, db: SQLAlchemy) -> None:
    backups.fall_due(at=AT)
    assert db.session.scalars(sa.select(BackupRun)).all() == []
    assert "RECUEIL_BACKUPS" in queries.state(settings_of(app), at=AT).problems[0]


def test_one_a_day_one_a_week_one_a_month_are_kept() -> None:
    taken: list[tuple[Any, datetime]] = [(uuid4(), AT - timedelta(hours=12 * number)) for number in range(2 * 600)]
    moments = dict(taken)
    kept = sorted((moments[id_] for id_ in queries.kept_of(taken)), reverse=True)
    assert kept[0] == AT
    assert [(kept[0].date() - moment.date()).days for moment in kept[:7]] == list(range(7))
    assert len({(moment.year, moment.month) for moment in kept}) == 12
    assert 7 + 2 + 10 <= len(kept) <= 7 + 4 + 12
    # A year without any takes nothing away.
    assert queries.kept_of([one for one in taken if one[1] in kept]) == {id_ for id_, at in taken if at in kept}


def test_what_has_given_way_is_gone_from_its_place(site: Flask, db: SQLAlchemy, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    for number in range(10):
        name = f"old{number}"
        (place / name).write_bytes(b"x")
        moment = AT - timedelta(minutes=5 + number)
        db.session.add(
            BackupRun(slot=name, place=str(place), name=name, started_at=moment, finished_at=moment, size=1, counts={})
        )
    db.session.commit()
    at(site, AT)
    work()
    left = {file.name for file in place.iterdir()}
    removed = set(db.session.scalars(sa.select(BackupRun.name).where(BackupRun.removed_at.is_not(None))))
    assert removed >= {f"old{number}" for number in range(1, 10)}
    assert not left & removed
