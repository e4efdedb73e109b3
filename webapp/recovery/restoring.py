"""A backup is put back into an empty place: all of it, or nothing at all."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
import structlog
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import downgrade, upgrade
from sqlalchemy.exc import IntegrityError

from forms.values import Refused
from webapp import MIGRATIONS, create_app, storage, table_rows
from webapp.config import current_settings
from webapp.database import Base, db, reading, writing
from webapp.models import Event, EventHead, Mail, WebhookDelivery
from webapp.recovery import archive, contents, erasures, unfinished
from webapp.recovery.contents import Contents
from webapp.recovery.erasures import Record
from webapp.recovery.keys import Key
from webapp.recovery.sealed import Damaged
from webapp.recovery.taking import key_mark
from webapp.services import events, reindexing
from webapp.services.mail import INTERRUPTED
from webapp.vocabulary import DeliveryState, MailState

NEWER = "Cette sauvegarde vient d’une version plus récente de Recueil\u00a0: mettez d’abord Recueil à jour."
ALTERED_SINCE = "la sauvegarde a changé pendant qu’elle était lue."

log = structlog.get_logger()


@dataclass(frozen=True)
class Restored:
    """What was put back. mails: that were waiting, and may have left; chains: journals that are not whole; erased:
    people who were erased since, and are again."""

    contents: Contents
    chains: tuple[str, ...] = ()
    mails: int = 0
    same_key: bool = True
    erased: int = 0


@dataclass
class _Loading:
    """What has been put where, while it is being put."""

    connection: sa.Connection
    shapes: dict[str, table_rows.Shape] = field(default_factory=dict)

    def receive(self, name: str, pieces: Iterator[bytes]) -> None:
        """Put a table's rows, or a file."""
        if name.startswith(contents.FILES):
            storage.put_pieces(name.removeprefix(contents.FILES), pieces)
        else:
            shape = self.shapes[name.removeprefix(contents.TABLES).removesuffix(".jsonl")]
            table_rows.write(self.connection, shape, table_rows.rows_of(shape, _lines(pieces)))
            table_rows.count_on(self.connection, shape)


def examined(path: Path, key: Key | None) -> Contents:
    """Read a whole backup; what it holds. Raises Refused (French): damaged, newer, no key, unreadable."""
    try:
        found = archive.examine(path, key)
    except Damaged as damaged:
        raise Refused(f"Sauvegarde refusée\u00a0: {damaged}") from damaged
    except archive.NewerFormat as newer:
        raise Refused(NEWER) from newer
    except OSError as error:
        raise Refused(f"Le fichier {path} ne se lit pas\u00a0: {error.strerror or error}.") from error
    if found.header.migration not in {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}:
        raise Refused(NEWER)
    return found


def refuse_unless_empty() -> None:
    """Raises Refused where the target holds anything but what a restoration that was killed had put there."""
    put: frozenset[str] = unfinished.files() if unfinished.is_there() else frozenset()
    killed_in_place = unfinished.is_there() and not _is_sqlite()
    if not killed_in_place and any(map(_has_rows, _tables())):
        raise Refused("La base n’est pas vide\u00a0: une sauvegarde ne se restaure que dans une base neuve.")
    if any(found.key not in put for found in storage.listed()):
        raise Refused(
            "Le stockage des fichiers n’est pas vide\u00a0: une sauvegarde ne se restaure qu’à côté de rien d’autre."
        )


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def _tables() -> Iterator[str]:
    """Those whose rows are somebody's: an index of words has rows of its own from the first day."""
    with reading(), db.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        if _is_sqlite():
            found = connection.execute(sa.text("SELECT name FROM pragma_table_list WHERE type = 'table'"))
            names = [name for name in names if name in set(found.scalars())]
    yield from (name for name in names if name not in {"alembic_version", unfinished.NAME})


def _has_rows(table: str) -> bool:
    with reading(), db.engine.connect() as connection:
        return connection.execute(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)).first() is not None


def restore(path: Path, *, key: Key | None, at: datetime, erased: Iterable[Record] = ()) -> Restored:
    """Put a backup into the database and the storage of the settings, both empty. Raises Refused; they are so still.

    Passwords, second factors and personal links hold again; sessions and links by mail do not. erased: who was erased
    since; they are erased again before anybody can see them.
    """
    found = examined(path, key)
    refuse_unless_empty()
    same_key = found.header.key_mark == key_mark(current_settings())
    where = _beside if _is_sqlite() else _in_place
    with _marked(found), where(found.header.migration) as finish:
        mails = _load(path, key, found)
        upgrade()
        reindexing.rebuild()
        again = erasures.replay(erased, at=at)
        chains = tuple(broken_chains())
        finish()
    log.info("restored", backup=path.name, rows=found.counts["rows"], files=found.counts["files"], erased=again)
    return Restored(found, chains, mails, same_key, again)


@contextmanager
def _marked(found: Contents) -> Iterator[None]:
    """The mark as long as it lasts, over what is left of one that was killed; without it, no file stays either."""
    if unfinished.is_there():
        for left in unfinished.files():
            storage.delete(left)
        if not _is_sqlite():
            _as_before(None)
    keys = [name.removeprefix(contents.FILES) for name in found.elements if name.startswith(contents.FILES)]
    unfinished.begin(keys)
    try:
        yield
    except BaseException:
        for key in keys:
            storage.delete(key)
        unfinished.end()
        raise
    unfinished.end()


@contextmanager
def _beside(migration: str) -> Iterator[Callable[[], None]]:
    """A new SQLite file beside, which takes the place of the empty one when it is whole."""
    target = Path(db.engine.url.database or "")
    new = target.with_name(target.name + ".restauration")
    settings = current_settings()
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    _forget(new)
    app = create_app(type(settings)(**given | {"database_url": f"sqlite:///{new}"}))
    app.extensions["recueil.storage"] = current_app.extensions.get("recueil.storage")
    whole = False

    def finish() -> None:
        nonlocal whole
        whole = True

    try:
        with app.app_context():
            try:
                upgrade(revision=migration)
                yield finish
            finally:
                db.session.remove()
                db.engine.dispose()
        if whole:
            db.session.remove()
            db.engine.dispose()
            for end in ("-wal", "-shm"):
                target.with_name(target.name + end).unlink(missing_ok=True)
            new.replace(target)
    finally:
        _forget(new)


def _forget(new: Path) -> None:
    for file in new.parent.glob(new.name + "*"):
        file.unlink()


@contextmanager
def _in_place(migration: str) -> Iterator[Callable[[], None]]:
    """The tables of that migration in the one database, and back to what was there when it does not end well."""
    before = _revision()
    whole = False

    def finish() -> None:
        nonlocal whole
        whole = True

    try:
        if before not in {None, migration}:
            downgrade(revision="base")
        upgrade(revision=migration)
        yield finish
    finally:
        db.session.remove()
        if not whole:
            _as_before(before)


def _as_before(revision: str | None) -> None:
    downgrade(revision="base")
    if revision is not None:
        upgrade(revision=revision)
    else:
        with writing(), db.engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))


def _revision() -> str | None:
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _load(path: Path, key: Key | None, found: Contents) -> int:
    """All rows in one transaction, and the files before it is committed."""
    with writing(), db.engine.connect() as connection:
        loading = _Loading(connection, {shape.name: shape for shape in found.header.tables})
        try:
            with connection.begin():
                look = table_rows.wait_with_references(connection)
                if archive.examine(path, key, receive=loading.receive) != found:
                    raise Refused(f"Sauvegarde refusée\u00a0: {ALTERED_SINCE}")
                mails = _stop(connection, found, Mail, MailState.FAILED, text="", html="")
                _stop(connection, found, WebhookDelivery, DeliveryState.FAILED)
                look()
        except Damaged as damaged:
            raise Refused(f"Sauvegarde refusée\u00a0: {damaged}") from damaged
        except IntegrityError as failure:
            raise Refused(f"Sauvegarde refusée par la base\u00a0: {failure.orig}") from failure
    return mails


def _stop(connection: sa.Connection, found: Contents, model: type[Base], state: StrEnum, **gone: str) -> int:
    """What waited to leave when the backup was taken: the server that has gone has most likely sent it. How many."""
    shape = next((shape for shape in found.header.tables if shape.name == model.__tablename__), None)
    if shape is None:
        return 0
    table = shape.table
    waiting = table.c.state == type(state)("queued").value
    stopped = sa.update(table).where(waiting).values(state=state.value, error=INTERRUPTED, **gone)
    return connection.execute(stopped).rowcount


def broken_chains() -> Iterator[str]:
    """The journals whose entries no longer hold together: which, and why."""
    federations = set(db.session.scalars(sa.select(Event.federation_id).distinct()))
    chains = set(db.session.scalars(sa.select(EventHead.chain)))
    for federation_id in federations | {None if chain == events.PLATFORM_CHAIN else UUID(chain) for chain in chains}:
        check = events.verify_chain(federation_id)
        if not check.intact:
            yield f"{events.chain_of(federation_id)} : {check.reason}"
    db.session.rollback()


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest
