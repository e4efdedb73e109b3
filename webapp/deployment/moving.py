"""The whole site from one database to another, and its files: row for row, all or nothing, compared afterwards."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.pool import NullPool, StaticPool

from forms.french import plural
from forms.values import Refused
from webapp import create_app, migrating, storage, table_rows
from webapp.config import settings_of
from webapp.database import db, writing
from webapp.deployment import comparing
from webapp.deployment.comparing import Sum
from webapp.models import Federation
from webapp.services import events, reindexing
from webapp.table_rows import Key, RefusedRow

Say = Callable[[str], None]


@dataclass
class Moved:
    """What came of it. sums: table → what it holds there; kept: whether anything stays in the new place."""

    sums: dict[str, Sum] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    chains: int = 0
    broken_chains: list[str] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    kept: bool = False


def move(app: Flask, *, database_url: str, files: str | None, partial_too: bool, say: Say) -> Moved:
    """Copy everything. Raises Refused (French) before a row is written where it must not begin."""
    ours = settings_of(app)
    there = ours.model_copy(update={"database_url": database_url, **({"storage": files} if files else {})})
    if there.database == ours.database:
        raise Refused("La base d’arrivée est celle de départ.")
    if files and there.files == ours.files:
        raise Refused("Le lieu d’arrivée des fichiers est celui de départ.")
    target, moved = create_app(there), Moved()
    with ExitStack() as stack:
        stack.callback(_let_go, target)
        stack.callback(_let_go, app)
        with app.app_context():
            if not migrating.is_current():
                raise Refused("La base de départ n’est pas à jour. Lancez d’abord «\u00a0recueil migrate\u00a0».")
            _let_go(app)
            source = stack.enter_context(_alone_with(db.engine))
        with target.app_context():
            _make_ready()
        if files:
            stack.callback(lambda: None if moved.kept else _forget_files(target))
            _copy_files(app, target, moved, say)
        with target.app_context(), writing():
            _copy_rows(source, moved, partial_too=partial_too, say=say)
            if moved.kept:
                _finish(moved)
    return moved


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def _alone_with(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees one state of the database, which nobody else uses meanwhile."""
    if engine.dialect.name == "sqlite":
        with closing(_closed_to_others(Path(engine.url.database or ""))) as raw:
            # Its one connection is closed above.
            held = sa.create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
            with held.connect() as connection:
                yield connection
        return
    held = sa.create_engine(engine.url, isolation_level="REPEATABLE READ", poolclass=NullPool)
    with held.connect() as connection:
        others = connection.scalar(
            sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
        )
        if others:
            raise _served()
        yield connection


def _served() -> Refused:
    return Refused("La base de départ est ouverte par un autre programme. Arrêtez le site et ses workers.")


def _closed_to_others(file: Path) -> sqlite3.Connection:
    """Whoever has it open keeps it in WAL: leaving that mode asks for being alone, and then nobody can come in."""
    raw = sqlite3.connect(file, timeout=1, isolation_level=None, check_same_thread=False)
    # A text that is no UTF-8 is refused by the other database, with its row, instead of ending the reading here.
    raw.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
    try:
        raw.execute("PRAGMA locking_mode = EXCLUSIVE")
        if raw.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):
            raise _served()
        raw.execute("BEGIN EXCLUSIVE")
    except (sqlite3.OperationalError, Refused) as busy:
        raw.close()
        raise _served() from busy
    return raw


def _make_ready() -> None:
    """Make the tables where there are none. Raises Refused where there are rows."""
    if not sa.inspect(db.engine).get_table_names():
        migrating.up()
    elif not migrating.is_current():
        raise Refused("La base d’arrivée n’est pas à jour, ou sert à autre chose. Donnez une base vide.")
    with db.engine.connect() as connection:
        for table in comparing.tables():
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                raise Refused(f"La base d’arrivée n’est pas vide (table {table.name}). Donnez une base vide.")


def _copy_rows(source: sa.Connection, moved: Moved, *, partial_too: bool, say: Say) -> None:
    excluded: dict[str, set[Key]] = {}
    _leave_out(source, list(comparing.dangling(source)), excluded, moved)
    with db.engine.connect() as connection:
        while new := _copy_once(source, connection, excluded, say):
            connection.rollback()
            _leave_out(source, new, excluded, moved)
            if not partial_too:
                return
            say("Des lignes sont refusées\u00a0: nouvelle copie, sans elles.")
        if moved.refused and not partial_too:
            connection.rollback()
            return
        for shape in map(table_rows.shape_of, comparing.tables()):
            here = comparing.summed(connection, shape)
            moved.sums[shape.name] = here
            if here != comparing.summed(source, shape, without=frozenset(excluded.get(shape.name, ()))):
                moved.different.append(shape.name)
        if moved.different:
            connection.rollback()
            return
        connection.commit()
    moved.kept = True


def _leave_out(source: sa.Connection, refused: list[RefusedRow], excluded: dict[str, set[Key]], moved: Moved) -> None:
    """These rows are told and copied no more, nor are those that refer to them."""
    for row in refused:
        excluded.setdefault(row.table, set()).add(row.key)
    moved.refused += [*refused, *(comparing.dependents(source, excluded) if refused else ())]


def _copy_once(
    source: sa.Connection, target: sa.Connection, excluded: dict[str, set[Key]], say: Say
) -> list[RefusedRow]:
    """Every row but the excluded ones; those that were not taken: all the others are in order where there are none."""
    found: list[RefusedRow] = []
    look = table_rows.wait_with_references(target)
    for shape in map(table_rows.shape_of, comparing.tables()):
        known = excluded.get(shape.name, set())
        coming = (row for row in table_rows.read(source, shape, found.append) if shape.key_of(row) not in known)
        taken = table_rows.write(target, shape, coming, found.append)
        table_rows.count_on(target, shape)
        if taken:
            say(f"{shape.name}\u00a0: {plural(taken, 'ligne', 'lignes')}")
    new = [row for row in found if row.key not in excluded.get(row.table, set())]
    if not new:
        look()
    return new


def _finish(moved: Moved) -> None:
    """In the new place, once all rows are there and the same."""
    # The engines' indexes of the search are not the same tables.
    reindexing.rebuild()
    _look_at_chains(moved)


def _look_at_chains(moved: Moved) -> None:
    """The journal of each federation, and of none, read again in its new place."""
    for federation_id in (None, *db.session.scalars(sa.select(Federation.id).order_by(Federation.id))):
        moved.chains += 1
        found = events.verify_chain(federation_id)
        if not found.intact:
            moved.broken_chains.append(f"{events.chain_of(federation_id)}\u00a0: {found.reason}")


def _copy_files(app: Flask, target: Flask, moved: Moved, say: Say) -> None:
    """Every file, in pieces, read back from where it went. Raises Refused, OSError."""
    with target.app_context():
        if next(storage.listed(), None) is not None:
            raise Refused("Le lieu d’arrivée des fichiers n’est pas vide.")
    with app.app_context():
        for stored in storage.listed():
            _size, pieces = storage.sized(stored.key)
            with target.app_context():
                moved.bytes += _copy_file(stored.key, pieces)
            moved.files += 1
    say(f"{plural(moved.files, 'fichier', 'fichiers')}, {moved.bytes} octets")


def _copy_file(key: str, pieces: Iterable[bytes]) -> int:
    """Into the storage that is current; how many bytes."""
    sent, back = hashlib.sha256(), hashlib.sha256()
    # By way of a file: a storage can't be written to while another is being read.
    with NamedTemporaryFile(prefix="recueil-") as held:
        for piece in pieces:
            sent.update(piece)
            held.write(piece)
        held.flush()
        size = held.tell()
        storage.put_file(key, Path(held.name))
    for piece in storage.stream(key):
        back.update(piece)
    if back.digest() != sent.digest():
        raise OSError(f"{key}\u00a0: ce qui revient n’est pas ce qui y a été mis")
    return size


def _forget_files(target: Flask) -> None:
    with target.app_context():
        for key in [stored.key for stored in storage.listed()]:
            storage.delete(key)
