"""Rows of a table go in batches: neither reading nor writing ever has the whole of it in memory."""

import tracemalloc
from collections.abc import Iterator
from itertools import islice

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from tests import databases
from webapp import table_rows
from webapp.clock import now
from webapp.models import WorkerSeen
from webapp.table_rows import AT_A_TIME, RefusedRow, Row

SHAPE = table_rows.shape_of(WorkerSeen.__table__)  # type: ignore[arg-type]
MANY, LONG = 6 * AT_A_TIME, 2000


def rows() -> Iterator[Row]:
    at = now()
    for number in range(MANY):
        yield {"name": f"{number:0{LONG}}", "started_at": at, "seen_at": at}


def count(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(WorkerSeen)) or 0


def test_rows_are_written_as_they_come(db: SQLAlchemy) -> None:
    there: list[int] = []

    def coming() -> Iterator[Row]:
        for number, row in enumerate(rows()):
            if number % AT_A_TIME == 0:
                there.append(count(connection))
            yield row

    connection = db.session.connection()
    assert table_rows.write(connection, SHAPE, coming()) == MANY
    assert there == list(range(0, MANY, AT_A_TIME))


def test_rows_are_read_as_they_are_asked_for(db: SQLAlchemy) -> None:
    connection = db.session.connection()
    table_rows.write(connection, SHAPE, rows())
    tracemalloc.start()
    try:
        reading = table_rows.lines(connection, SHAPE)
        first = list(islice(reading, 1))
        if databases.ENGINE == "postgresql":
            # What the server still holds is not in the client's memory, which is not Python's to measure.
            assert connection.scalar(sa.text("SELECT count(*) FROM pg_cursors")) == 1
        read = len(first) + sum(1 for _ in reading)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == MANY
    assert most < MANY * LONG / 2


def test_a_row_that_is_refused_stops_none_of_the_others(db: SQLAlchemy) -> None:
    def with_bad_ones() -> Iterator[Row]:
        for number, row in enumerate(rows()):
            yield row | ({"seen_at": None} if number in {3, AT_A_TIME + 7} else {})

    refused: list[RefusedRow] = []
    connection = db.session.connection()
    assert table_rows.write(connection, SHAPE, with_bad_ones(), refused.append) == MANY - 2
    assert [int(row.key[0]) for row in refused] == [3, AT_A_TIME + 7]
    assert all("seen_at" in row.reason for row in refused)
    assert count(connection) == MANY - 2
    with pytest.raises(sa.exc.IntegrityError):
        table_rows.write(connection, SHAPE, islice(with_bad_ones(), 3, 4))
