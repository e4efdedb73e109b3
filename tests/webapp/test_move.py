"""`recueil move`: everything arrives in the other engine as it was, or nothing stays there."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from flask_migrate import downgrade, upgrade

from forms.lifecycle import SheetState
from forms.search import asked
from forms.values import Refused
from tests import databases
from tests.factories import SheetFactory, one_of_everything
from tests.object_server import object_server
from webapp import create_app, storage, table_rows
from webapp.commands import move as command
from webapp.config import Settings
from webapp.database import db
from webapp.deployment import comparing, moving
from webapp.models import Event, Federation, SearchText, Sheet
from webapp.queries.search import found_by
from webapp.services import events

pytestmark = pytest.mark.skipif(databases.ENGINE == "sqlite", reason="it takes both engines, once")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site on SQLite with rows in every table."""
    folder = tmp_path_factory.mktemp("made")
    with create_app(Settings(folder=folder)).app_context():
        upgrade()
        one_of_everything()
        _close()
    return folder


@pytest.fixture
def source(made: Path, tmp_path: Path) -> Flask:
    """Such a site, to oneself."""
    shutil.copytree(made, tmp_path / "source")
    return create_app(Settings(folder=tmp_path / "source"))


@pytest.fixture(scope="module")
def migrated(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with every table and no row."""
    name = f"recueil_migrated_{os.getpid()}_{worker_id}"
    with databases.postgresql_database(name) as url:
        with create_app(Settings(folder=tmp_path_factory.mktemp("migrated"), database_url=url)).app_context():
            upgrade()
            _close()
        yield name


@pytest.fixture
def target(migrated: str, worker_id: str) -> Iterator[str]:
    """A PostgreSQL database without a row."""
    with databases.postgresql_database(f"recueil_move_{os.getpid()}_{worker_id}", template=migrated) as url:
        yield url


@pytest.fixture
def bare_target(worker_id: str) -> Iterator[str]:
    """A PostgreSQL database without a table."""
    with databases.postgresql_database(f"recueil_move_{os.getpid()}_{worker_id}") as url:
        yield url


def _close() -> None:
    db.session.remove()
    db.engine.dispose()


def move(app: Flask, url: str, files: str | None = None, *, partial: bool = False) -> moving.Moved:
    return moving.move(app, database_url=url, files=files, partial_too=partial, say=lambda _words: None)


def everything(app: Flask) -> dict[str, Any]:
    """All that a database says, table by table."""
    with app.app_context(), db.engine.connect() as connection:
        shapes = map(table_rows.shape_of, comparing.tables())
        found = {shape.name: comparing.summed(connection, shape) for shape in shapes}
        connection.rollback()
    with app.app_context():
        _close()
    return found


def there(tmp_path: Path, url: str, **given: Any) -> Flask:
    return create_app(Settings(folder=tmp_path / "target", database_url=url, **given))


def test_rows_of_every_table_arrive_as_they_were_and_come_back(source: Flask, bare_target: str, tmp_path: Path) -> None:
    target = bare_target
    moved = move(source, target)
    assert moved.kept
    assert (moved.refused, moved.different, moved.broken_chains) == ([], [], [])
    assert all(found.rows for found in moved.sums.values())
    assert moved.sums == everything(source) == everything(there(tmp_path, target))
    back = move(there(tmp_path, target), f"sqlite:///{tmp_path / 'back.sqlite'}")
    assert back.kept
    assert back.sums == moved.sums


def test_the_site_goes_on_in_the_new_place(source: Flask, target: str, tmp_path: Path) -> None:
    move(source, target)
    with there(tmp_path, target).app_context():
        federation = db.session.scalars(sa.select(Federation).join(Sheet)).first()
        assert federation is not None
        last = db.session.scalar(sa.select(sa.func.max(Event.seq)))
        new = events.record("sheet.sent", at=_now(), actor_id=None, federation_id=federation.id)
        db.session.commit()
        assert new.seq > (last or 0)
        assert events.verify_chain(federation.id).intact
        # References are looked at again at once, as before the move.
        with db.engine.begin() as connection:
            assert not connection.scalar(sa.text("SELECT count(*) FROM pg_constraint WHERE condeferrable"))
        _close()


def _now() -> Any:
    from webapp.clock import now

    return now()


def test_files_arrive_byte_for_byte(
    source: Flask, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {f"attachments/{number}": os.urandom(70_000 * number) for number in range(4)}
    with source.app_context():
        for key, some in content.items():
            storage.put(key, some)
    with object_server(tmp_path / "s3") as objects:
        for name, value in objects.environment.items():
            monkeypatch.setenv(name, value)
        moved = move(source, target, objects.place)
        assert (moved.kept, moved.files, moved.bytes) == (True, 4, sum(map(len, content.values())))
        with there(tmp_path, target, storage=objects.place).app_context():
            assert {key: storage.get(key) for key in [stored.key for stored in storage.listed()]} == content


def spoil(app: Flask, statement: str, **values: Any) -> None:
    """Change what the models would never write."""
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(sa.text(statement), values)
    with app.app_context():
        _close()


def test_sheets_are_found_there_by_what_was_sent_whatever_the_index_said_here(
    source: Flask, target: str, tmp_path: Path
) -> None:
    spoil(source, "UPDATE search_text SET tokens = 'wfaux'")
    assert move(source, target).kept
    with there(tmp_path, target).app_context():
        found = sa.select(SearchText.sheet_id).where(found_by(asked("jardin")))
        published = sa.select(Sheet.id).where(Sheet.state == SheetState.PUBLISHED)
        assert set(db.session.scalars(found)) >= set(db.session.scalars(published)) != set()
        assert not db.session.scalars(sa.select(SearchText.id).where(found_by(asked("faux")))).all()
        _close()


def test_rows_that_postgresql_refuses_are_listed_and_nothing_stays(source: Flask, target: str, tmp_path: Path) -> None:
    spoil(source, "UPDATE note SET text = 'a' || char(0) || 'b'")
    spoil(source, "UPDATE attachment SET size = 9223372036854775807, name = 'ok'")
    spoil(source, "UPDATE query SET state = 'nobody knows'")
    spoil(source, "UPDATE opinion SET text = CAST(x'41ff' AS TEXT)")
    spoil(source, "UPDATE quote SET created_at = 'yesterday'")
    with source.app_context():
        storage.put("a", b"a")
    moved = move(source, target, str(tmp_path / "files"))
    assert not moved.kept
    reasons = {row.table: row.reason for row in moved.refused}
    assert "NUL" in reasons["note"]
    assert "ck_query_state" in reasons["query"]
    assert "surrogates" in reasons["opinion"], "a text that is no UTF-8"
    assert "yesterday" in reasons["quote"]
    assert all(found.rows == 0 for found in everything(there(tmp_path, target)).values())
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_rows_that_refer_to_nothing_are_listed_and_left_out(source: Flask, target: str, tmp_path: Path) -> None:
    spoil(source, "UPDATE opinion SET snapshot_id = :nobody, sheet_id = :nobody", nobody=uuid4().hex)
    moved = move(source, target)
    assert not moved.kept
    assert {(row.table, row.reason) for row in moved.refused} >= {("opinion", "renvoie à une ligne absente (snapshot)")}
    moved = move(source, target, partial=True)
    assert moved.kept
    assert (moved.different, moved.sums["opinion"].rows) == ([], 0)


def test_with_partial_the_others_stay(source: Flask, target: str, tmp_path: Path) -> None:
    with source.app_context():
        spared = SheetFactory().id
        db.session.commit()
        _close()
    spoil(source, "UPDATE sheet SET reference = 'a' || char(0) WHERE id <> :spared", spared=spared.hex)
    moved = move(source, target, partial=True)
    assert moved.kept
    assert moved.different == []
    directly = [row for row in moved.refused if row.table == "sheet"]
    assert directly
    assert any(row.table == "snapshot" and "renvoie à une ligne refusée" in row.reason for row in moved.refused)
    assert moved.sums["sheet"].rows == 1
    assert moved.sums["federation"] == everything(source)["federation"]


def test_it_begins_only_where_nothing_can_go_wrong(source: Flask, target: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="celle de départ"):
        move(source, "")
    with source.app_context(), db.engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        served = [sys.executable, "-c", _OPEN, str(tmp_path / "source" / "recueil.sqlite")]
        with subprocess.Popen(served, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"open\n"
            connection.close()
            _close()
            with pytest.raises(Refused, match="ouverte par un autre programme"):
                move(source, target)
            other.kill()
    assert move(source, target).kept
    with pytest.raises(Refused, match="pas vide"):
        move(source, target)
    with source.app_context():
        downgrade(revision="-1")
        _close()
    with pytest.raises(Refused, match="pas à jour"):
        move(source, target)


_OPEN = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1])
held.execute("PRAGMA journal_mode = WAL").fetchone()
held.execute("SELECT count(*) FROM sheet").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def test_the_command_speaks_to_people_and_programs(source: Flask, target: str) -> None:
    done = CliRunner().invoke(command.command, ["--to", target, "--json"], obj=source)
    assert done.exit_code == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["kept"], said["refused"]) == (True, [])
    done = CliRunner().invoke(command.command, ["--to", target], obj=source)
    assert done.exit_code == 1
    assert "n’est pas vide" in done.stderr
