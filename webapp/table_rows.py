"""Rows of tables, whole and in order, for what takes them elsewhere: never more than a batch of them in memory."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, StatementError

from webapp.database import JSON, Moment

AT_A_TIME = 500
Row = dict[str, Any]
Key = tuple[str, ...]


class Kind(StrEnum):
    """What a column holds, told without an engine."""

    UUID = "uuid"
    MOMENT = "moment"
    DAY = "day"
    JSON = "json"
    BYTES = "bytes"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"


# In this order: a moment is a date to SQLAlchemy too, an enumeration is a text.
_KIND_OF: tuple[tuple[type[Any], Kind], ...] = (
    (sa.Uuid, Kind.UUID),
    (Moment, Kind.MOMENT),
    (sa.Date, Kind.DAY),
    (sa.JSON, Kind.JSON),
    (sa.LargeBinary, Kind.BYTES),
    (sa.Boolean, Kind.BOOLEAN),
    (sa.Integer, Kind.INTEGER),
    (sa.Numeric, Kind.DECIMAL),
    (sa.String, Kind.TEXT),
)
_TYPES: dict[Kind, sa.types.TypeEngine[Any]] = {
    Kind.UUID: sa.Uuid(),
    Kind.MOMENT: Moment(),
    Kind.DAY: sa.Date(),
    Kind.JSON: JSON,
    Kind.BYTES: sa.LargeBinary(),
    Kind.BOOLEAN: sa.Boolean(),
    Kind.INTEGER: sa.BigInteger(),
    Kind.DECIMAL: sa.Numeric(),
    Kind.TEXT: sa.Text(),
}
_TO_JSON: dict[Kind, Callable[[Any], Any]] = {
    Kind.UUID: str,
    Kind.MOMENT: datetime.isoformat,
    Kind.DAY: date.isoformat,
    Kind.BYTES: lambda value: base64.b64encode(value).decode("ascii"),
    Kind.DECIMAL: str,
}
_FROM_JSON: dict[Kind, Callable[[Any], Any]] = {
    Kind.UUID: UUID,
    Kind.MOMENT: datetime.fromisoformat,
    Kind.DAY: date.fromisoformat,
    Kind.BYTES: lambda value: base64.b64decode(value, validate=True),
    Kind.DECIMAL: Decimal,
}


@dataclass(frozen=True)
class Shape:
    """A table as it was: its columns, what each holds, its key."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    key: tuple[str, ...]

    @property
    def table(self) -> sa.TableClause:
        """For statements; it knows nothing of the models."""
        return sa.table(self.name, *(sa.column(name, _TYPES[kind]) for name, kind in self.columns))

    def key_of(self, row: Row) -> Key:
        """What names a row in its table."""
        return tuple(str(row[name]) for name in self.key)

    def to_json(self) -> dict[str, Any]:
        """As the header of a backup keeps it."""
        return {"name": self.name, "columns": [list(column) for column in self.columns], "key": list(self.key)}

    @staticmethod
    def from_json(said: dict[str, Any]) -> "Shape":
        """The way back."""
        return Shape(said["name"], tuple((name, Kind(kind)) for name, kind in said["columns"]), tuple(said["key"]))


@dataclass(frozen=True)
class RefusedRow:
    """A row that can't go on. key: of its table; reason: as the database says it, or French."""

    table: str
    key: Key
    reason: str


Refuse = Callable[[RefusedRow], None]


def kind_of(column: sa.Column[Any]) -> Kind:
    """What a column of the models holds."""
    return next(kind for type_, kind in _KIND_OF if isinstance(column.type, type_))


def shape_of(table: sa.Table) -> Shape:
    """A table of the models; what the database computes by itself is left to it."""
    columns = tuple((column.name, kind_of(column)) for column in table.columns if column.computed is None)
    return Shape(table.name, columns, tuple(column.name for column in table.primary_key.columns))


def read(connection: sa.Connection, shape: Shape, refuse: Refuse | None = None) -> Iterator[Row]:
    """Every row, in the order of its key; one that holds what its column can't mean is refused, or raises."""
    # The values come as they are stored and are read one row at a time: one that can't be read stops no other.
    bare = sa.table(shape.name, *(sa.column(name) for name, _kind in shape.columns))
    ordered = sa.select(*bare.c).order_by(*(bare.c[name] for name in shape.key)).execution_options(yield_per=AT_A_TIME)
    readers = [_reader(connection, name, kind) for name, kind in shape.columns]
    for found in connection.execute(ordered):
        try:
            yield {name: value if read is None or value is None else read(value)
                   for (name, read), value in zip(readers, found, strict=True)}  # fmt: skip
        except (LookupError, ValueError, TypeError, ArithmeticError) as failure:
            if refuse is None:
                raise
            stored = {name: _as_far_as_possible(read, value)
                      for (name, read), value in zip(readers, found, strict=True)}  # fmt: skip
            refuse(RefusedRow(shape.name, shape.key_of(stored), first_line(failure)))


def _as_far_as_possible(read: Callable[[Any], Any] | None, value: Any) -> Any:
    try:
        return value if read is None or value is None else read(value)
    except (LookupError, ValueError, TypeError, ArithmeticError):
        return value


def _reader(connection: sa.Connection, name: str, kind: Kind) -> tuple[str, Callable[[Any], Any] | None]:
    type_ = _TYPES[kind].dialect_impl(connection.dialect)
    return name, type_.result_processor(connection.dialect, None)


def write(connection: sa.Connection, shape: Shape, rows: Iterable[Row], refuse: Refuse | None = None) -> int:
    """Insert these rows; how many were taken. One that the database does not take is refused, or raises."""
    table, coming, taken = shape.table, iter(rows), 0
    while some := list(islice(coming, AT_A_TIME)):
        if refuse is None:
            connection.execute(table.insert(), some)
            taken += len(some)
        else:
            taken += _insert(connection, shape, some, refuse)
    return taken


def _insert(connection: sa.Connection, shape: Shape, rows: list[Row], refuse: Refuse) -> int:
    try:
        with connection.begin_nested():
            connection.execute(shape.table.insert(), rows)
    except (DBAPIError, StatementError, ValueError, TypeError) as failure:
        if isinstance(failure, DBAPIError) and failure.connection_invalidated:
            raise
        if len(rows) == 1:
            refuse(RefusedRow(shape.name, shape.key_of(rows[0]), first_line(failure)))
            return 0
        # In halves: one bad row among many is found with few statements.
        middle = len(rows) // 2
        return sum(_insert(connection, shape, half, refuse) for half in (rows[:middle], rows[middle:]))
    return len(rows)


def first_line(failure: BaseException) -> str:
    """The server's own words, shortly."""
    words = str(getattr(failure, "orig", None) or failure).strip().partition("\n")[0]
    return words or type(failure).__name__


def lines(connection: sa.Connection, shape: Shape) -> Iterator[bytes]:
    """Every row as a line of JSON, the same on both engines."""
    for row in read(connection, shape):
        said = {
            name: row[name] if row[name] is None or kind not in _TO_JSON else _TO_JSON[kind](row[name])
            for name, kind in shape.columns
        }
        yield json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def rows_of(shape: Shape, lines: Iterable[bytes]) -> Iterator[Row]:
    """The way back from lines of JSON."""
    for line in lines:
        said = json.loads(line)
        yield {
            name: said[name] if said[name] is None or kind not in _FROM_JSON else _FROM_JSON[kind](said[name])
            for name, kind in shape.columns
        }


def wait_with_references(connection: sa.Connection) -> Callable[[], None]:
    """Look at foreign keys at the end, since rows refer to each other; call what comes back once all are there."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        return lambda: None
    found = connection.execute(
        sa.text("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' AND NOT condeferrable")
    ).all()
    quote = postgresql.dialect().identifier_preparer.quote

    def alter(how: str) -> None:
        for table, name in found:
            connection.exec_driver_sql(f"ALTER TABLE {table} ALTER CONSTRAINT {quote(name)} {how}")

    def look() -> None:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        alter("NOT DEFERRABLE")

    alter("DEFERRABLE INITIALLY DEFERRED")
    return look


def count_on(connection: sa.Connection, shape: Shape) -> None:
    """Let the database's own counters go on after the last row; SQLite's do so by themselves."""
    if connection.dialect.name != "postgresql":
        return
    for name in (name for name, kind in shape.columns if kind is Kind.INTEGER and name in shape.key):
        place = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(f'"{shape.name}"', name)))
        if place is not None:
            last = sa.select(sa.func.max(shape.table.c[name])).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(place, sa.func.coalesce(last, 1), last.is_not(None))))
