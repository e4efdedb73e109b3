"""Rows that go from one database to another: read as they are, put in whole, compared afterwards."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, StatementError

from webapp.database import db
from webapp.deployment.services import first_line

AT_A_TIME = 500
Row = dict[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True)
class RefusedRow:
    """A row that the other database does not take. key: of its table; reason: as that database says it, or French."""

    table: str
    key: Key
    reason: str


@dataclass(frozen=True)
class Sum:
    """How many rows a table has and what is in them all, whatever their order."""

    rows: int
    digest: str


def tables() -> list[sa.Table]:
    """Every table of the models, those that others refer to first."""
    return list(db.metadata.sorted_tables)


def key_of(table: sa.Table, row: Row) -> Key:
    """What names a row in its table."""
    return tuple(str(row[column.name]) for column in table.primary_key.columns)


def read(connection: sa.Connection, table: sa.Table, refused: Callable[[RefusedRow], None]) -> Iterator[Row]:
    """Every row; one that holds what its column can't mean is refused by itself."""
    try:
        found = connection.execute(_stored(table)).mappings().all()
    except (LookupError, ValueError, TypeError):
        yield from _one_by_one(connection, table, refused)
    else:
        yield from (dict(row) for row in found)


def _stored(table: sa.Table) -> sa.Select[Any]:
    return sa.select(*(column for column in table.columns if column.computed is None))


def _one_by_one(connection: sa.Connection, table: sa.Table, refused: Callable[[RefusedRow], None]) -> Iterator[Row]:
    bare: list[sa.ColumnClause[Any]] = [sa.column(column.name) for column in table.primary_key.columns]
    for key in connection.execute(sa.select(*bare).select_from(sa.table(table.name))).all():
        same = sa.and_(*(sa.literal_column(f'"{table.name}"."{column.name}"') == value
                         for column, value in zip(bare, key, strict=True)))  # fmt: skip
        try:
            yield dict(connection.execute(_stored(table).where(same)).mappings().one())
        except (LookupError, ValueError, TypeError) as failure:
            refused(RefusedRow(table.name, tuple(str(part) for part in key), first_line(failure)))


def write(
    connection: sa.Connection, table: sa.Table, rows: Iterator[Row], refused: Callable[[RefusedRow], None]
) -> int:
    """Insert these rows; how many were taken. Those that are not are refused one by one."""
    taken, waiting = 0, []
    for row in rows:
        waiting.append(row)
        if len(waiting) == AT_A_TIME:
            taken += _insert(connection, table, waiting, refused)
            waiting = []
    return taken + (_insert(connection, table, waiting, refused) if waiting else 0)


def _insert(connection: sa.Connection, table: sa.Table, rows: list[Row], refused: Callable[[RefusedRow], None]) -> int:
    try:
        with connection.begin_nested():
            connection.execute(table.insert(), rows)
    except (DBAPIError, StatementError) as failure:
        if len(rows) == 1:
            refused(RefusedRow(table.name, key_of(table, rows[0]), first_line(failure)))
            return 0
        # In halves: one bad row among many is found with few statements.
        middle = len(rows) // 2
        return sum(_insert(connection, table, half, refused) for half in (rows[:middle], rows[middle:]))
    return len(rows)


def dependents(connection: sa.Connection, refused: dict[str, set[Key]]) -> Iterator[RefusedRow]:
    """The rows that refer to refused ones, however far; `refused` (table → keys) grows."""
    grew = True
    while grew:
        grew = False
        for table in tables():
            for row in read(connection, table, lambda _row: None):
                key = key_of(table, row)
                if key in refused.get(table.name, ()) or not _refers_to(table, row, refused):
                    continue
                refused.setdefault(table.name, set()).add(key)
                grew = True
                yield RefusedRow(table.name, key, "renvoie à une ligne refusée")


def _refers_to(table: sa.Table, row: Row, refused: dict[str, set[Key]]) -> bool:
    return any(
        (str(row[reference.parent.name]),) in refused.get(reference.column.table.name, ())
        for reference in table.foreign_keys
    )


def summed(connection: sa.Connection, table: sa.Table, *, without: set[Key]) -> Sum:
    """What a table holds, but for the rows of these keys."""
    total, count = 0, 0
    for row in read(connection, table, lambda _row: None):
        if key_of(table, row) not in without:
            said = json.dumps(_plain(row), ensure_ascii=False, sort_keys=True)
            total += int.from_bytes(hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest())
            count += 1
    return Sum(count, f"{total % (1 << 256):064x}")


def _plain(value: Any) -> Any:
    """The same for both engines: a number has one writing, a moment its zone."""
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int | str | None):
        return value
    if isinstance(value, float | Decimal):
        return int(value) if value == int(value) else str(value)
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def references_wait(connection: sa.Connection) -> Callable[[], None]:
    """Rows refer to each other in circles: look at references at the end, by calling what comes back."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        return lambda: None
    found = connection.execute(
        sa.text("SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint WHERE contype = 'f'")
    ).all()
    for table, name in found:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED")

    def look() -> None:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name in found:
            connection.exec_driver_sql(f"ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE")

    return look


def count_on(connection: sa.Connection) -> None:
    """PostgreSQL's counters go on after the last row that came; SQLite's do so by themselves."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables():
        for column in table.primary_key.columns:
            place = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(f'"{table.name}"', column.name)))
            if place is not None:
                last = connection.scalar(sa.select(sa.func.max(column)))
                connection.execute(sa.select(sa.func.setval(place, last or 1, last is not None)))
