"""The mark of a restoration under way, in the target's own database: which files it puts, until it has ended.

Whoever is killed meanwhile leaves the mark behind. Nothing is served then, and the next restoration goes over what
that one had put.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from webapp.database import db, reading, writing

NAME = "restoration_under_way"
REFUSED = (
    "une restauration s’est interrompue ici avant sa fin\u00a0: ce qui est là n’est pas entier. "
    "Relancez «\u00a0recueil restore\u00a0», qui repart de zéro."
)

_table = sa.Table(NAME, sa.MetaData(), sa.Column("key", sa.Text(), primary_key=True))


def is_there() -> bool:
    """Whether a restoration has begun here and has not ended."""
    with reading():
        return sa.inspect(db.engine).has_table(NAME)


def files() -> frozenset[str]:
    """The files that it has put, or was about to put."""
    with reading(), db.engine.connect() as connection:
        return frozenset(connection.scalars(sa.select(_table.c.key)))


def begin(keys: Iterable[str]) -> None:
    """Put the mark, in place of another one."""
    rows = [{"key": key} for key in keys]
    with writing(), db.engine.begin() as connection:
        _table.drop(connection, checkfirst=True)
        _table.create(connection)
        if rows:
            connection.execute(_table.insert(), rows)


def end() -> None:
    """Take the mark away."""
    with writing(), db.engine.begin() as connection:
        _table.drop(connection, checkfirst=True)
