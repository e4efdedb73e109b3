"""The queue between the web and its workers: wakes somebody up, and is never believed further than that."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.serializer import SignedSerializer
from huey.storage import PostgresStorage
from redis import ConnectionPool

from webapp.config import Settings, settings_of
from webapp.database import db
from webapp.models import Job, Mail, WebhookDelivery
from webapp.vocabulary import DeliveryState, JobState, MailState

NAME = "recueil"
PATIENCE_SECONDS = 2
READING_SECONDS = 1

log = structlog.get_logger()


def make_huey(settings: Settings) -> Huey:
    """The queue that the settings name; what is in it is signed, since its place may not be ours alone."""
    common: dict[str, Any] = {
        "results": False,
        "serializer": SignedSerializer(secret=settings.secret(), salt="recueil.queue"),
    }
    address = settings.queue
    if address.startswith("sqlite:"):
        file = Path(address.removeprefix("sqlite:///"))
        file.parent.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(NAME, filename=str(file), **common)
    if address.startswith("redis"):
        # A server that neither answers nor refuses must not hold a request that only wanted to wake somebody.
        pool = ConnectionPool.from_url(
            address, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS + READING_SECONDS
        )
        return RedisHuey(NAME, connection_pool=pool, read_timeout=READING_SECONDS, **common)
    common["connect_timeout"] = PATIENCE_SECONDS
    try:
        return PostgresHuey(NAME, dsn=address, **common)
    except psycopg.OperationalError:
        # Away for now: see make_tables.
        return PostgresHuey(NAME, dsn=address, create_tables=False, **common)


def make_tables(app: Flask) -> None:
    """Make what a queue in PostgreSQL needs, where it was away when the application was made."""
    storage = app.extensions["recueil.queue"]["huey"].storage
    if isinstance(storage, PostgresStorage):
        storage.initialize_schema()


def init_app(app: Flask) -> None:
    """Say after each commit that wrote a job or a mail that there is work."""
    from webapp import worker

    app.extensions["recueil.queue"] = worker.make_tasks(app, make_huey(settings_of(app)))
    if not sa.event.contains(db.session, "after_flush", _note):
        sa.event.listen(db.session, "after_flush", _note)
        sa.event.listen(db.session, "after_commit", _tell)
        sa.event.listen(db.session, "after_rollback", _forget)


def _note(session: Any, _context: Any) -> None:
    work = session.info.setdefault("recueil.work", set())
    work.update(("job", row.id) for row in session.new if isinstance(row, Job))
    # One that was over and waits again.
    changed = (row for row in session.dirty if isinstance(row, Job))
    work.update(("job", row.id) for row in changed if row.state is JobState.QUEUED)
    again = (row for row in session.dirty if isinstance(row, Mail) and row.state is MailState.QUEUED)
    if any(isinstance(row, Mail) for row in session.new) or any(row.attempts == 0 for row in again):
        work.add(("mail", None))
    rows = (row for row in (*session.new, *session.dirty) if isinstance(row, WebhookDelivery))
    if any(row.state is not DeliveryState.SENT for row in rows):
        work.add(("webhooks", None))


def _tell(session: Any) -> None:
    work: set[tuple[str, UUID | None]] = session.info.pop("recueil.work", set())
    if not work:
        return
    tasks: dict[str, Callable[..., Any]] = current_app.extensions.get("recueil.queue", {})
    for name, argument in work:
        wake(tasks, name, argument)


def wake(tasks: dict[str, Callable[..., Any]], name: str, argument: UUID | None) -> None:
    """Put a task into the queue; where the queue is away the sweeper finds the row later."""
    if name not in tasks:
        return
    try:
        tasks[name](str(argument)) if argument else tasks[name]()
    except Exception:
        log.exception("queue away", task=name)


def _forget(session: Any) -> None:
    session.info.pop("recueil.work", None)
