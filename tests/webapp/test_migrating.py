"""Migrations of a database that others use: one after the other, and nothing done where a table stays busy."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest
import sqlalchemy as sa
from flask_migrate import upgrade

from tests import databases
from tests.installation import ROOT
from webapp import create_app, migrating
from webapp.commands import migrate
from webapp.config import Settings
from webapp.database import db

pytestmark = pytest.mark.skipif(databases.ENGINE == "sqlite", reason="PostgreSQL only")


@pytest.fixture
def url(worker_id: str) -> Iterator[str]:
    """An empty database."""
    with databases.postgresql_database(f"recueil_migrating_{os.getpid()}_{worker_id}") as made:
        yield made


def test_two_at_once_run_one_after_the_other(url: str, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    environment |= {"RECUEIL_FOLDER": str(tmp_path), "RECUEIL_DATABASE_URL": url}
    done: list[subprocess.CompletedProcess[str]] = []

    def run() -> None:
        words = [sys.executable, "-m", "webapp.cli", "migrate"]
        done.append(
            subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
        )

    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (migrating.KEY,))
        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        _until(other, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()", 3)
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert other.execute(tables).fetchone() == (0,), "nobody migrates while another holds the lock"
        other.execute("SELECT pg_advisory_unlock(%s)", (migrating.KEY,))
        for thread in threads:
            thread.join()
    assert [(one.returncode, one.stdout) for one in done] == [(0, "Base à jour.\n")] * 2
    assert all("Une autre mise à jour de cette base est en cours" in one.stderr for one in done)


def _until(connection: psycopg.Connection[tuple[object, ...]], question: str, least: int) -> None:
    for _ in range(6000):
        found = connection.execute(question).fetchone()
        assert found is not None
        if isinstance(found[0], int) and found[0] >= least:
            return
        threading.Event().wait(0.02)
    raise AssertionError(question)


@pytest.fixture
def migrated(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An application context on a migrated database, impatient."""
    monkeypatch.setattr(migrating, "LOCK_SECONDS", 1)
    monkeypatch.setattr(migrating, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(migrating, "ATTEMPTS", 3)
    with create_app(Settings(folder=tmp_path, database_url=url)).app_context():
        upgrade()
        yield url
        db.session.remove()
        db.engine.dispose()


def test_a_table_that_stays_busy_leaves_everything_as_it_was(migrated: str, capsys: pytest.CaptureFixture[str]) -> None:
    with psycopg.connect(migrated) as other:
        other.execute("LOCK TABLE event IN ACCESS SHARE MODE")
        with pytest.raises(click.ClickException, match="rien n’a été changé"):
            migrate.command.callback("base")  # type: ignore[misc]
        assert "Une table est occupée, nouvel essai (1 sur 3)" in capsys.readouterr().err
    assert migrating.is_current()
    migrating.down("base")
    assert sa.inspect(db.engine).get_table_names() == ["alembic_version"]


def test_a_table_that_is_let_go_of_is_waited_for(migrated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = psycopg.connect(migrated)
    other.execute("LOCK TABLE event IN ACCESS SHARE MODE")
    # The pause between two attempts is when the other one ends.
    monkeypatch.setattr(migrating.time, "sleep", lambda _seconds: other.close())
    migrating.down("base")
    assert sa.inspect(db.engine).get_table_names() == ["alembic_version"]
