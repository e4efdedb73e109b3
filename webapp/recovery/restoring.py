"""A backup is put back into an empty place: all of it, or nothing at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
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
from webapp import MIGRATIONS, create_app, storage
from webapp.config import current_settings
from webapp.database import db, writing
from webapp.models import Event, EventHead, Mail
from webapp.recovery import archive, contents, rows
from webapp.recovery.contents import Contents
from webapp.recovery.keys import Key
from webapp.recovery.sealed import Damaged
from webapp.recovery.taking import key_mark
from webapp.services import events, reindexing
from webapp.services.mail import INTERRUPTED
from webapp.vocabulary import MailState

NEWER = "Cette sauvegarde vient d’une version plus récente de Recueil\u00a0: mettez d’abord Recueil à jour."
ALTERED_SINCE = "la sauvegarde a changé pendant qu’elle était lue."

log = structlog.get_logger()


@dataclass(frozen=True)
class Restored:
    """What was put back. mails: that were waiting, and may have left; chains: journals that are not whole."""

    contents: Contents
    chains: tuple[str, ...] = ()
    mails: int = 0
    same_key: bool = True


@dataclass
class _Loading:
    """What has been put where, while it is being put."""

    connection: sa.Connection
    shapes: dict[str, rows.Shape] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def receive(self, name: str, pieces: Iterator[bytes]) -> None:
        """Put a table's rows, or a file."""
        if name.startswith(contents.FILES):
            key = name.removeprefix(contents.FILES)
            self.keys.append(key)
            storage.put_pieces(key, pieces)
        else:
            shape = self.shapes[name.removeprefix(contents.TABLES).removesuffix(".jsonl")]
            rows.write(self.connection, shape, _lines(pieces))
            rows.count_on(self.connection, shape)


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
    """Raises Refused where the target holds anything."""
    for table in sa.inspect(db.engine).get_table_names():
        if table != "alembic_version" and _has_rows(table):
            raise Refused("La base n’est pas vide\u00a0: une sauvegarde ne se restaure que dans une base neuve.")
    if next(storage.listed(), None) is not None:
        raise Refused(
            "Le stockage des fichiers n’est pas vide\u00a0: une sauvegarde ne se restaure qu’à côté de rien d’autre."
        )


def _has_rows(table: str) -> bool:
    with db.engine.connect() as connection:
        return connection.execute(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)).first() is not None


def restore(path: Path, *, key: Key | None, at: datetime) -> Restored:
    """Put a backup into the database and the storage of the settings, both empty. Raises Refused; they are so still.

    Passwords, second factors and personal links hold again; sessions and links by mail do not.
    """
    found = examined(path, key)
    refuse_unless_empty()
    where = _beside if db.engine.dialect.name == "sqlite" else _in_place
    same_key = found.header.key_mark == key_mark(current_settings())
    with where(found.header.migration) as finish:
        mails = _load(path, key, found)
        upgrade()
        reindexing.rebuild()
        chains = tuple(broken_chains())
        finish()
    log.info("restored", backup=path.name, rows=found.counts["rows"], files=found.counts["files"])
    return Restored(found, chains, mails, same_key)


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
    """All rows in one transaction, and the files before it is committed; those go again where it is not."""
    with writing(), db.engine.connect() as connection:
        loading = _Loading(connection, {shape.name: shape for shape in found.header.tables})
        try:
            with connection.begin():
                look = rows.wait_with_references(connection)
                if archive.examine(path, key, receive=loading.receive) != found:
                    raise Refused(f"Sauvegarde refusée\u00a0: {ALTERED_SINCE}")
                mails = _stop_mails(connection, found)
                look()
        except BaseException as failure:
            for put in loading.keys:
                storage.delete(put)
            if isinstance(failure, Damaged):
                raise Refused(f"Sauvegarde refusée\u00a0: {failure}") from failure
            if isinstance(failure, IntegrityError):
                raise Refused(f"Sauvegarde refusée par la base\u00a0: {failure.orig}") from failure
            raise
    return mails


def _stop_mails(connection: sa.Connection, found: Contents) -> int:
    """Mails that waited when the backup was taken: the server that has gone has most likely sent them."""
    shape = next((shape for shape in found.header.tables if shape.name == Mail.__tablename__), None)
    if shape is None:
        return 0
    mail = shape.table
    gone = {"state": MailState.FAILED.value, "error": INTERRUPTED, "text": "", "html": ""}
    stopped = sa.update(mail).where(mail.c.state == MailState.QUEUED.value).values(**gone)
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
