"""Migrations of a database that others use: one after the other, and nothing done where a table stays busy."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
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
    words = [sys.executable, "-m", "webapp.cli", "migrate"]
    with psycopg.connect(url, autocommit=True) as other, ExitStack() as running:
        other.execute("SELECT pg_advisory_lock(%s)", (migrating.KEY,))
        pipe = subprocess.PIPE
        both = [
            running.enter_context(subprocess.Popen(words, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe))
            for _ in range(2)
        ]
        running.callback(lambda: [one.kill() for one in both])
        for one in both:
            assert one.stderr is not None
            assert "Une autre mise à jour de cette base est en cours" in one.stderr.readline().decode()
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert other.execute(tables).fetchone() == (0,), "nobody migrates while another holds the lock"
        other.execute("SELECT pg_advisory_unlock(%s)", (migrating.KEY,))
        said = [one.communicate()[0].decode() for one in both]
    assert [(one.returncode, words) for one, words in zip(both, said, strict=True)] == [(0, "Base à jour.\n")] * 2


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
