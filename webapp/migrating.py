"""Migrations on a database that others use: one at a time, and never in the way of those who work for long."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import downgrade, upgrade
from psycopg.errors import DeadlockDetected, LockNotAvailable

from webapp.database import db

KEY = 0x5265637565696C
"""The advisory lock « Recueil » of the database: who holds it migrates."""
LOCK_SECONDS = 5
"""How long a change of a table may wait for its lock; everybody else waits behind it."""
ATTEMPTS = 12
PAUSE_SECONDS = 5
ASKED_AGAIN = 0.5


class TooBusy(Exception):  # noqa: N818 (what happened)
    """A table was in use at every attempt; nothing was changed."""


def up() -> None:
    """Bring the database to the newest version. Raises TooBusy."""
    _alone(upgrade)


def down(revision: str) -> None:
    """Bring it back to that version. Raises TooBusy."""
    _alone(lambda: downgrade(revision=revision))


def is_current() -> bool:
    """Whether the database has had every migration."""
    with db.engine.connect() as connection:
        done = set(MigrationContext.configure(connection).get_current_heads())
    return done == set(ScriptDirectory(current_app.extensions["migrate"].directory).get_heads())


def _alone(migrate: Callable[[], None]) -> None:
    if db.engine.dialect.name != "postgresql":
        migrate()
        return
    with _held(), _short_waits():
        for attempt in range(1, ATTEMPTS + 1):
            try:
                migrate()
            except (sa.exc.OperationalError, SystemExit) as failure:
                if not _was_busy(failure):
                    raise
                if attempt == ATTEMPTS:
                    raise TooBusy from failure
                click.echo(f"Une table est occupée, nouvel essai ({attempt} sur {ATTEMPTS})…", err=True)
                time.sleep(PAUSE_SECONDS)
            else:
                return


def _was_busy(failure: BaseException | None) -> bool:
    """Flask-Migrate ends the program where Alembic fails: the cause says why."""
    while failure is not None:
        if isinstance(failure, LockNotAvailable | DeadlockDetected):
            return True
        failure = failure.__cause__ or failure.__context__
    return False


@contextmanager
def _held() -> Iterator[None]:
    """The only one who migrates; waits for another, and says so. A connection that breaks lets go by itself."""
    engine = sa.create_engine(db.engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        told = False
        # Asked again and again: a session that waits for a lock would be stopped by its own lock_timeout.
        while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(KEY))):
            if not told:
                click.echo("Une autre mise à jour de cette base est en cours\u00a0: attente de sa fin…", err=True)
            told = True
            time.sleep(ASKED_AGAIN)
        try:
            yield
        finally:
            connection.scalar(sa.select(sa.func.pg_advisory_unlock(KEY)))


@contextmanager
def _short_waits() -> Iterator[None]:
    def shorten(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")

    sa.event.listen(db.engine, "begin", shorten)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "begin", shorten)
