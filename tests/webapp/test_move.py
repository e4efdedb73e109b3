"""`recueil move`: everything arrives in the other engine as it was, or nothing stays there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from forms.lifecycle import SheetState
from forms.search import asked
from forms.values import Refused
from tests import databases
from tests.factories import SheetFactory, one_of_everything
from tests.installation import ROOT
from tests.object_server import object_server
from webapp import create_app, storage
from webapp.config import Settings
from webapp.database import db
from webapp.deployment import moving, rows
from webapp.models import Event, Federation, SearchText, Sheet
from webapp.queries.search import found_by
from webapp.services import events

pytestmark = pytest.mark.skipif(databases.ENGINE == "sqlite", reason="it takes both engines, once")


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Flask]:
    """A site on SQLite with rows in every table."""
    app = create_app(Settings(folder=tmp_path / "source"))
    with app.app_context():
        (tmp_path / "source").mkdir(exist_ok=True)
        upgrade()
        one_of_everything()
        _close()
    return app


@pytest.fixture
def target(worker_id: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
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
        found = {table.name: rows.summed(connection, table, without=set()) for table in rows.tables()}
        connection.rollback()
    with app.app_context():
        _close()
    return found


def there(tmp_path: Path, url: str, **given: Any) -> Flask:
    return create_app(Settings(folder=tmp_path / "target", database_url=url, **given))


def test_rows_of_every_table_arrive_as_they_were_and_come_back(source: Flask, target: str, tmp_path: Path) -> None:
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
    with source.app_context():
        storage.put("a", b"a")
    moved = move(source, target, str(tmp_path / "files"))
    assert not moved.kept
    reasons = {row.table: row.reason for row in moved.refused}
    assert "NUL" in reasons["note"]
    assert "nobody knows" in reasons["query"]
    assert all(found.rows == 0 for found in everything(there(tmp_path, target)).values())
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


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


def recueil(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "RECUEIL_FOLDER": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "webapp.cli", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_the_command_speaks_to_people_and_programs(source: Flask, target: str, tmp_path: Path) -> None:
    done = recueil(tmp_path / "source", "move", "--to", target, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["kept"], said["refused"]) == (True, [])
    done = recueil(tmp_path / "source", "move", "--to", target)
    assert done.returncode == 1
    assert "n’est pas vide" in done.stderr
