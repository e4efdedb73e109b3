"""Databases for tests: one a worker, migrated once, emptied after each test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql

from webapp.database import db, will_write

ENGINE = os.environ.get("RECUEIL_TEST_ENGINE", "sqlite")
POSTGRESQL = os.environ.get("RECUEIL_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("RECUEIL_TEST_REDIS", "redis://127.0.0.1:6379")


@contextmanager
def postgresql_database(name: str, encoding: str = "UTF8", template: str = "template0") -> Iterator[str]:
    """A new database on the server, dropped at the end; its address. template: the one that it is a copy of."""
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        # What is not UTF-8 goes with no locale but this one.
        made = "CREATE DATABASE {} TEMPLATE {} ENCODING {}" + (" LOCALE 'C'" if encoding != "UTF8" else "")
        server.execute(sql.SQL(made).format(sql.Identifier(name), sql.Identifier(template), sql.Literal(encoding)))
        # Nothing of it outlives the tests, which kill processes but never the machine.
        server.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))
    try:
        yield sa.make_url(POSTGRESQL).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(POSTGRESQL, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def database(folder: Path, name: str, engine: str = ENGINE) -> Iterator[str]:
    """A new, empty database on that engine; its address."""
    if engine == "postgresql":
        with postgresql_database(name) as url:
            yield url
    else:
        yield f"sqlite:///{folder / name}.sqlite"


def never_wait_for_the_disk(engine: sa.Engine) -> None:
    """For connections made from now on: a process that dies loses nothing by it, and no test cuts the power."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous = OFF"))


_in_test: ContextVar[bool] = ContextVar("in_test", default=False)


@contextmanager
def lock_late(engine: sa.Engine) -> Iterator[None]:
    """A test that has only looked does not keep a server's threads from writing: on SQLite it locks when it writes."""
    if engine.dialect.name != "sqlite":
        yield
        return
    token = _in_test.set(True)
    sa.event.listen(engine, "begin", _begin_late)
    sa.event.listen(engine, "before_cursor_execute", _lock_to_write)
    try:
        yield
    finally:
        sa.event.remove(engine, "begin", _begin_late)
        sa.event.remove(engine, "before_cursor_execute", _lock_to_write)
        _in_test.reset(token)


def _begin_late(connection: sa.Connection) -> None:
    # Requests and threads have contexts of their own: they begin as in production.
    connection.info["late"] = _in_test.get() and will_write()
    if connection.info["late"]:
        raw = connection.connection.dbapi_connection
        raw.execute("ROLLBACK")
        raw.execute("BEGIN")


def _lock_to_write(connection: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
    if not connection.info.get("late") or statement.startswith(("PRAGMA", "BEGIN")):
        return
    # Until it writes, each statement sees what others have committed, as on PostgreSQL.
    looks = statement.lstrip().upper().startswith("SELECT")
    connection.info["late"] = looks
    raw = connection.connection.dbapi_connection
    raw.execute("COMMIT")
    raw.execute("BEGIN" if looks else "BEGIN IMMEDIATE")


def empty_tables() -> None:
    """Delete every row, those that refer first."""
    with db.engine.begin() as connection:
        # Sheets and snapshots refer to each other.
        connection.execute(sa.text("UPDATE sheet SET current_snapshot_id = NULL WHERE current_snapshot_id IS NOT NULL"))
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(table.delete())
