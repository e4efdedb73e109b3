"""What two databases hold, compared without keeping it: a count and a sum by table, the same on both engines."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from webapp import table_rows
from webapp.database import db
from webapp.table_rows import Key, RefusedRow, Row, Shape


@dataclass(frozen=True)
class Sum:
    """How many rows a table has and what is in them all, whatever their order."""

    rows: int
    digest: str


def tables() -> list[sa.Table]:
    """Every table of the models, those that others refer to first."""
    return list(db.metadata.sorted_tables)


def summed(connection: sa.Connection, shape: Shape, *, without: frozenset[Key] = frozenset()) -> Sum:
    """What a table holds, but for the rows of these keys."""
    total, count = 0, 0
    for row in table_rows.read(connection, shape, lambda _row: None):
        if shape.key_of(row) not in without:
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
    if isinstance(value, bool | int | str | None):
        return value
    if isinstance(value, float | Decimal):
        return int(value) if value == int(value) else str(value)
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def dangling(connection: sa.Connection) -> Iterator[RefusedRow]:
    """The rows that refer to what is not there, which a database that looks at references never lets in."""
    for table in tables():
        shape = table_rows.shape_of(table)
        child, key = shape.table.alias("child"), shape.key
        for reference in sorted(table.foreign_key_constraints, key=lambda one: str(one.name)):
            parent = table_rows.shape_of(reference.referred_table).table.alias("parent")
            pairs = [(child.c[one.parent.name], parent.c[one.column.name]) for one in reference.elements]
            there = sa.exists().select_from(parent).where(*(mine == other for mine, other in pairs))
            lost = sa.select(*(child.c[name] for name in key)).where(*(mine.is_not(None) for mine, _ in pairs), ~there)
            reason = f"renvoie à une ligne absente ({reference.referred_table.name})"
            for row in connection.execute(lost).mappings():
                yield RefusedRow(table.name, shape.key_of(dict(row)), reason)


def dependents(connection: sa.Connection, refused: dict[str, set[Key]]) -> Iterator[RefusedRow]:
    """The rows that refer to refused ones, however far; `refused` (table → keys) grows."""
    grew = True
    while grew:
        grew = False
        for table in tables():
            shape = table_rows.shape_of(table)
            for row in table_rows.read(connection, shape, lambda _row: None):
                key = shape.key_of(row)
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
