"""A backup holds all of it, on either engine; what is damaged, newer or not asked for leaves the target as it was."""

import random
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.search import asked
from forms.values import Refused
from tests.factories import MailFactory, one_of_everything
from tests.places import ENGINES, Make, all_files, all_rows, fill, is_untouched, places, sweep
from webapp import storage, table_rows
from webapp.clock import now
from webapp.database import db as database
from webapp.migrating import is_current
from webapp.models import (
    ApiToken,
    Event,
    EventHead,
    Federation,
    Link,
    Mail,
    SearchText,
    Sheet,
    UserSession,
    WebhookDelivery,
)
from webapp.queries import files
from webapp.queries.search import found_by
from webapp.recovery import archive, contents, restoring, taking
from webapp.recovery.contents import Contents
from webapp.recovery.keys import Key, new_key, read_key
from webapp.services import events
from webapp.vocabulary import DeliveryState, MailState


@pytest.fixture
def make_place(engine_name: str, tmp_path: Path, worker_id: str) -> Iterator[Make]:
    """An application on an empty database and an empty storage of its own: `make_place("postgresql")`."""
    with places(tmp_path, worker_id) as make:
        yield make


@pytest.fixture
def source(app: Flask, db: SQLAlchemy) -> Iterator[None]:
    """A database with a row in every table, and its files."""
    sweep()
    fill()
    yield
    sweep()


@pytest.fixture
def key(tmp_path: Path) -> Key:
    new_key(tmp_path / "key", at=now())
    return read_key(str(tmp_path / "key"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("encrypted", [False, True])
def test_every_row_and_every_file_comes_back_on_either_engine(
    source: None, db: SQLAlchemy, make_place: Make, tmp_path: Path, key: Key, engine: str, encrypted: bool
) -> None:
    used = key if encrypted else None
    mail = db.session.scalars(sa.select(Mail)).first()
    assert mail is not None
    mail.state = MailState.SENT
    for delivery in db.session.scalars(sa.select(WebhookDelivery)):
        delivery.state = DeliveryState.SENT
    db.session.commit()
    made = taking.take(tmp_path / "backup", key=used, at=now())
    before, before_files = all_rows(), all_files()
    assert before_files
    assert all(before.values()), "a row in every table"
    with make_place(engine).app_context():
        done = restoring.restore(tmp_path / "backup", key=used, at=now())
        assert done.contents == made
        assert (done.chains, done.same_key) == ((), True)
        assert all_rows() == before
        assert all_files() == before_files
        assert database.session.scalars(sa.select(UserSession)).all() == []
        assert database.session.scalars(sa.select(Link)).all() == []
        assert database.session.scalars(sa.select(ApiToken)).all() == [], "one that was revoked since would open again"
        federation = database.session.scalars(sa.select(Federation)).first()
        assert federation is not None
        events.record("sheet.sent", at=now(), actor_id=None, federation_id=federation.id)
        database.session.commit()
        assert list(restoring.broken_chains()) == [], "the journal goes on where it was"


def test_sheets_are_found_again_by_what_was_sent_whatever_the_index_said(
    source: None, db: SQLAlchemy, make_place: Make, tmp_path: Path
) -> None:
    db.session.execute(sa.update(SearchText).values(tokens="wfaux"))
    db.session.commit()
    path = tmp_path / "site.recueil"
    taking.take(path, key=None, at=now())
    for engine in ENGINES:
        with make_place(engine).app_context():
            restoring.restore(path, key=None, at=now())
            found = sa.select(SearchText.sheet_id).where(found_by(asked("jardin")))
            published = sa.select(Sheet.id).where(Sheet.state == SheetState.PUBLISHED)
            assert set(database.session.scalars(found)) >= set(database.session.scalars(published)) != set()
            assert not database.session.scalars(sa.select(SearchText.id).where(found_by(asked("faux")))).all()


def test_what_is_in_it_can_be_read_with_tar_alone(source: None, tmp_path: Path) -> None:
    taking.take(tmp_path / "backup.tar.gz", key=None, at=now())
    subprocess.run(["tar", "xzf", "backup.tar.gz"], cwd=tmp_path, check=True)
    subprocess.run(["gzip", "-t", "backup.tar.gz"], cwd=tmp_path, check=True)
    assert (tmp_path / "tables" / "sheet.jsonl").read_text("utf-8").count("\n") == 1
    assert all((tmp_path / "files" / found).is_file() for found in all_files())


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_byte_that_changed_or_is_missing_is_told_wherever_it_was(
    source: None, tmp_path: Path, key: Key, encrypted: bool
) -> None:
    used = key if encrypted else None
    path = tmp_path / "backup"
    taking.take(path, key=used, at=now())
    whole = path.read_bytes()
    drawn = random.Random(7)
    places = [*range(40), *range(len(whole) - 70, len(whole)), *drawn.sample(range(len(whole)), 80)]
    passed = []
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << drawn.randrange(8)
        path.write_bytes(flipped)
        if not refused(path, used):
            passed.append(place)
    for length in [0, 1, 30, len(whole) - 1, *drawn.sample(range(len(whole)), 40)]:
        path.write_bytes(whole[:length])
        if not refused(path, used):
            passed.append(-length)
    path.write_bytes(whole + b"\0")
    assert refused(path, used)
    assert passed == []
    path.write_bytes(whole)
    assert not refused(path, used)


def refused(path: Path, key: Key | None) -> bool:
    try:
        restoring.examined(path, key)
    except Refused:
        return True
    return False


@pytest.mark.parametrize("engine", ENGINES)
def test_a_damaged_backup_leaves_the_target_as_it_was(
    source: None, make_place: Make, tmp_path: Path, engine: str
) -> None:
    path = tmp_path / "backup"
    taking.take(path, key=None, at=now())
    path.write_bytes(path.read_bytes()[:-2000])
    place = make_place(engine)
    with place.app_context(), pytest.raises(Refused, match="tronquée"):
        restoring.restore(path, key=None, at=now())
    assert is_untouched(place)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("migrated", [False, True])
def test_what_breaks_half_way_leaves_the_target_as_it_was(
    source: None, make_place: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, migrated: bool
) -> None:
    taking.take(tmp_path / "backup", key=None, at=now())
    place = make_place(engine)
    with place.app_context():
        if migrated:
            upgrade()
        before = sorted(sa.inspect(database.engine).get_table_names())
        put, calls = storage.put_pieces, count()

        def full(key: str, pieces: Iterator[bytes]) -> None:
            if next(calls) == 1:
                raise OSError(28, "No space left on device")
            put(key, pieces)

        monkeypatch.setattr(storage, "put_pieces", full)
        with pytest.raises(OSError, match="No space"):
            restoring.restore(tmp_path / "backup", key=None, at=now())
        assert sorted(sa.inspect(database.engine).get_table_names()) == before
        assert list(storage.listed()) == []
        monkeypatch.setattr(storage, "put_pieces", put)
        restoring.restore(tmp_path / "backup", key=None, at=now())


def written_as(path: Path, **changes: Any) -> None:
    """A whole backup that says that it is another."""
    with taking.snapshot() as connection:
        header = replace(taking._header(connection, at=now()), **changes)
    with archive.writing(path, header, None) as writer:
        writer.finish([], [])


@pytest.mark.parametrize("changes", [{"migration": "9999_of_tomorrow"}, {"format": contents.FORMAT + 1}])
def test_a_newer_backup_is_refused(db: SQLAlchemy, make_place: Make, tmp_path: Path, changes: dict[str, Any]) -> None:
    written_as(tmp_path / "backup", **changes)
    place = make_place("sqlite")
    with place.app_context(), pytest.raises(Refused, match="plus récente"):
        restoring.restore(tmp_path / "backup", key=None, at=now())
    assert is_untouched(place)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_target_that_holds_anything_is_refused(
    source: None, db: SQLAlchemy, make_place: Make, tmp_path: Path, engine: str
) -> None:
    taking.take(tmp_path / "backup", key=None, at=now())
    before = all_rows()
    with pytest.raises(Refused, match="base n’est pas vide"):
        restoring.restore(tmp_path / "backup", key=None, at=now())
    assert all_rows() == before
    with make_place(engine).app_context():
        storage.put("attachments/aa/other", b"other")
        with pytest.raises(Refused, match="stockage des fichiers n’est pas vide"):
            restoring.restore(tmp_path / "backup", key=None, at=now())
        assert sa.inspect(database.engine).get_table_names() == []
        assert storage.get("attachments/aa/other") == b"other"


@pytest.mark.parametrize("engine", ENGINES)
def test_an_older_backup_is_brought_up_to_date(make_place: Make, tmp_path: Path, engine: str) -> None:
    old = "0016_report_making"
    with make_place(engine).app_context():
        upgrade()
        one_of_everything()
        _seal_as_before()
        database.session.remove()
        downgrade(revision=old)
        _take_as_it_stands(tmp_path / "backup", old)
    with make_place(engine).app_context():
        done = restoring.restore(tmp_path / "backup", key=None, at=now())
        assert done.contents.header.migration == old
        assert done.chains == ()
        assert is_current()
        with database.engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM sheet")) == 1
            assert connection.scalar(sa.text("SELECT count(*) FROM quote")) == 0


def _seal_as_before() -> None:
    """The journal as versions wrote it that sealed words with all the rest; only the newest knows otherwise."""
    (event,) = database.session.scalars(sa.select(Event)).all()
    said = {column.name: getattr(event, column.name) for column in Event.__table__.columns} | {"sealed": None}
    said["hash"] = events.seal(Event(**said))
    database.session.execute(sa.delete(Event))
    database.session.execute(sa.insert(Event).values(**said))
    database.session.execute(sa.update(EventHead).values(hash=said["hash"]))
    database.session.commit()


def _take_as_it_stands(path: Path, revision: str) -> Contents:
    """A backup as the version of that migration took it: the tables and columns of then."""
    there = sa.inspect(database.engine)
    names = set(there.get_table_names())
    shapes = []
    for table in database.metadata.sorted_tables:
        if table.name in names - taking.LEFT_OUT:
            had = {column["name"] for column in there.get_columns(table.name)}
            shape = table_rows.shape_of(table)
            shapes.append(replace(shape, columns=tuple(column for column in shape.columns if column[0] in had)))
    with taking.snapshot() as connection:
        header = replace(taking._header(connection, at=now()), tables=tuple(shapes), migration=revision)
        with archive.writing(path, header, None) as writer:
            for shape in shapes:
                lines = list(table_rows.lines(connection, shape))
                size = sum(map(len, lines))
                writer.add(f"{contents.TABLES}{shape.name}.jsonl", size, lines, rows=len(lines))
            return writer.finish([], [])


def test_an_encrypted_backup_opens_with_its_key_only(source: None, tmp_path: Path, key: Key) -> None:
    public_only = read_key(str(key.public))
    taking.take(tmp_path / "backup", key=public_only, at=now())
    new_key(tmp_path / "another", at=now())
    for used in (None, public_only):
        with pytest.raises(Refused, match="chiffrée"):
            restoring.examined(tmp_path / "backup", used)
    with pytest.raises(Refused, match="n’ouvre pas"):
        restoring.examined(tmp_path / "backup", read_key(str(tmp_path / "another")))
    assert restoring.examined(tmp_path / "backup", key).counts["sheets"] == 1
    assert b"Le jardin" not in (tmp_path / "backup").read_bytes()


def test_a_key_file_is_its_owners_and_is_never_overwritten(tmp_path: Path) -> None:
    new_key(tmp_path / "key", at=now())
    before = (tmp_path / "key").read_bytes()
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    with pytest.raises(Refused, match="existe déjà"):
        new_key(tmp_path / "key", at=now())
    assert (tmp_path / "key").read_bytes() == before


def test_files_that_are_missing_or_altered_are_told(source: None, db: SQLAlchemy, tmp_path: Path) -> None:
    with taking.snapshot() as connection:
        gone, *_ = [one.key for one in files.named(connection) if one.table == "attachment"]
    storage.delete(gone)
    made = taking.take(tmp_path / "one", key=None, at=now())
    assert made.missing[:1] == (gone,)
    storage.put(gone, b"something else")
    assert gone in taking.take(tmp_path / "two", key=None, at=now()).altered
    assert restoring.examined(tmp_path / "two", None).faults


def test_mails_that_waited_do_not_leave_twice(source: None, db: SQLAlchemy, make_place: Make, tmp_path: Path) -> None:
    waiting = MailFactory(state=MailState.QUEUED, text="Bonjour")
    waiting_id = waiting.id
    taking.take(tmp_path / "backup", key=None, at=now())
    with make_place("sqlite").app_context():
        done = restoring.restore(tmp_path / "backup", key=None, at=now())
        mail = database.session.get_one(Mail, waiting_id)
        assert (mail.state, mail.text) == (MailState.FAILED, "")
        assert done.mails >= 1
