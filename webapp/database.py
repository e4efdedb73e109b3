"""The one database: engine settings, transactions that announce what they do, column types equal on both engines."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import registry as orm_registry

BUSY_SECONDS = 30
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(sa.TypeDecorator[datetime]):
    """A moment in UTC, aware on both engines; a naive one is a mistake and is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring an aware moment to UTC; SQLite stores it without its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive moment: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# A JSON value is replaced as a whole, never changed in place: SQLAlchemy would not see it.
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

# The C collation: names compare and sort on PostgreSQL as they do on SQLite, whatever the server's locale.
Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# SQLite counts rows by itself only in a column of type INTEGER.
Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def code_of(enum: type[StrEnum], name: str) -> sa.Enum:
    """A short text column that holds one value of the enum, checked by the constraint `ck_<table>_<name>`."""
    return sa.Enum(
        enum,
        name=name,
        length=32,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """What every table shares: names of constraints, types."""

    # Given as a registry: Flask-SQLAlchemy makes the class a second time, and only a registry survives that.
    registry = orm_registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={
            str: Text,
            UUID: sa.Uuid(),
            datetime: Moment(),
            dict[str, Any]: JSON,
            list[Any]: JSON,
        },
    )


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


db = SQLAlchemy(
    model_class=Base,
    engine_options={"json_serializer": _to_json, "pool_pre_ping": True},
)

if TYPE_CHECKING:

    class Model(Base):
        """The base of the tables, as the type checker sees it."""

        __abstract__ = True
else:
    Model = db.Model


class _Intent(StrEnum):
    READ = "read"
    WRITE = "write"


_intent: ContextVar[_Intent | None] = ContextVar("transaction_intent", default=None)


@contextmanager
def writing() -> Iterator[None]:
    """Transactions begun inside may write, even while answering a GET."""
    token = _intent.set(_Intent.WRITE)
    try:
        yield
    finally:
        _intent.reset(token)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside only read: on SQLite they wait for nobody and nobody waits for them."""
    token = _intent.set(_Intent.READ)
    try:
        yield
    finally:
        _intent.reset(token)


def will_write() -> bool:
    """Whether a transaction that begins now may write: a GET never does, anything else may."""
    intent = _intent.get()
    if intent is not None:
        return intent is _Intent.WRITE
    return not (has_request_context() and request.method in READING_METHODS)


def _open_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # We say BEGIN ourselves: Python's sqlite3 says it late, and never IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that reads first and writes later fails when another wrote in between; IMMEDIATE waits instead.
    if will_write():
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    # psycopg puts it into its own BEGIN: no round trip more.
    raw: Any = connection.connection.dbapi_connection
    raw.read_only = not will_write()


def prepare_engine(engine: sa.Engine) -> None:
    """Give an engine the settings and the transactions of this program."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _open_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        sa.event.listen(engine, "begin", _begin_postgresql)


def init_app(app: Flask, *, url: str) -> None:
    """Bind the database to the application."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    if url.startswith("sqlite:"):
        options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
    else:
        waiting = {"connect_timeout": 5, "options": f"-c lock_timeout={BUSY_SECONDS}s"}
        options = {"connect_args": waiting, "pool_size": 10, "max_overflow": 10}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
