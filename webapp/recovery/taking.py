"""A backup is taken: the database as of one moment, then the files that it names, which nobody changes."""

import hashlib
import hmac
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext

from webapp import storage, table_rows
from webapp.config import Settings, current_settings
from webapp.database import db, reading
from webapp.queries import files
from webapp.queries.files import Named
from webapp.recovery import archive, contents
from webapp.recovery.contents import Contents, Header
from webapp.recovery.keys import Key
from webapp.recovery.sealed import CHUNK

LEFT_OUT = frozenset({"user_session", "link", "api_token"})
"""Tables that no backup holds: what opens an account must not come back to life, nor lie about in a file."""


@dataclass(frozen=True)
class _Spooled:
    """A table that was written beside, to know its size before it goes in."""

    name: str
    file: Path
    rows: int


def key_mark(settings: Settings) -> str:
    """Recognises the signing key: with another one, second factors and seals of reports are not recognised."""
    return hmac.new(settings.secret().encode(), b"recueil backup", hashlib.sha256).hexdigest()[:16]


def name_of(at: datetime, key: Key | None) -> str:
    """How a backup of that moment is called."""
    return f"recueil-{at:%Y-%m-%dT%H%M%SZ}.tar.gz{'.age' if key else ''}"


def take(target: Path, *, key: Key | None, at: datetime) -> Contents:
    """Write a backup into a new file; what it holds. Nobody waits for it, whatever they write meanwhile.

    Raises OSError; nothing stays then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".recueil-") as folder:
        with snapshot() as connection:
            header = _header(connection, at=at)
            spooled = [_spool(connection, shape, Path(folder)) for shape in header.tables]
            named = {one.key: one for one in files.named(connection)}
        with archive.writing(part, header, key) as writer:
            for table in spooled:
                _add_table(writer, table)
            missing, altered = _add_files(writer, named)
            made = writer.finish(missing, altered)
    if target.exists():
        part.unlink()
        raise FileExistsError(f"{target} existe déjà")
    part.rename(target)
    return made


@contextmanager
def snapshot() -> Iterator[sa.Connection]:
    """A connection that sees the database as it is now until it is closed, and keeps nobody from writing."""
    with reading(), db.engine.connect() as plain:
        if plain.dialect.name == "postgresql":
            plain = plain.execution_options(isolation_level="REPEATABLE READ")
        yield plain


def _header(connection: sa.Connection, *, at: datetime) -> Header:
    tables = tuple(table_rows.shape_of(table) for table in db.metadata.sorted_tables if table.name not in LEFT_OUT)
    migration = MigrationContext.configure(connection).get_current_revision()
    return Header(
        contents.FORMAT,
        version("recueil"),
        migration or "",
        connection.dialect.name,
        at,
        key_mark(current_settings()),
        tables,
    )


def _spool(connection: sa.Connection, shape: table_rows.Shape, folder: Path) -> _Spooled:
    path, count = folder / f"{shape.name}.jsonl", 0
    with path.open("wb") as file:
        for line in table_rows.lines(connection, shape):
            file.write(line)
            count += 1
    return _Spooled(shape.name, path, count)


def _add_table(writer: archive.Writer, table: _Spooled) -> None:
    with table.file.open("rb") as file:
        pieces = iter(lambda: file.read(CHUNK), b"")
        writer.add(f"{contents.TABLES}{table.name}.jsonl", table.file.stat().st_size, pieces, rows=table.rows)
    table.file.unlink()


def _add_files(writer: archive.Writer, named: dict[str, Named]) -> tuple[list[str], list[str]]:
    missing, altered = [], []
    for key, one in sorted(named.items()):
        try:
            size, pieces = storage.sized(key)
        except storage.FileMissing:
            missing.append(key)
            continue
        sha256 = writer.add(contents.FILES + key, size, pieces)
        if one.sha256 is not None and sha256 != one.sha256:
            altered.append(key)
    return missing, altered
