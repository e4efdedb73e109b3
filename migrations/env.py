"""How migrations run: on the application's database, batch mode for SQLite, the whole or nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.migration import MigrationContext

from webapp import models  # noqa: F401 - the tables register themselves
from webapp.database import db


def copy_sqlite(connection: sa.Connection) -> None:
    """Copy the file first, under a name that says which version it holds."""
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    file = connection.engine.url.database
    if revision is None or not file or revision == destination():
        return
    raw: Any = connection.connection.dbapi_connection
    with closing(sqlite3.connect(Path(f"{file}.avant-{revision}"))) as copy:
        raw.backup(copy)


def destination() -> str | None:
    """The version to go to; none for commands that only look."""
    try:
        revision: str | None = context.get_revision_argument()
    except KeyError:
        return None
    return revision


def refuse_broken_references(connection: sa.Connection) -> None:
    """SQLite does not look at foreign keys while tables are rebuilt: look before saying yes."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"the migration leaves {len(broken)} broken references, first {broken[0]}")


def run() -> None:
    """Run the migrations asked for, in one transaction."""
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            copy_sqlite(connection)
            # Said to the driver: inside a transaction, which SQLAlchemy would begin, the pragma does nothing.
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA foreign_keys = OFF")
        try:
            context.configure(
                connection=connection,
                target_metadata=db.metadata,
                render_as_batch=True,
                compare_type=True,
                transactional_ddl=True,
            )
            with context.begin_transaction():
                context.run_migrations()
                if sqlite:
                    refuse_broken_references(connection)
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys = ON")


run()
