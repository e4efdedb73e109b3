"""Signs of life of the workers, for those who watch the service."""

import os
import socket
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.database import db
from webapp.models import WorkerSeen

FORGOTTEN = timedelta(days=1)


def own_name() -> str:
    """What this process is called among the workers."""
    return f"{socket.gethostname()}:{os.getpid()}"


def seen(name: str, *, at: datetime) -> None:
    """Note that this worker lives, and forget those that have been silent for long. One commit."""
    known = db.session.execute(
        sa.update(WorkerSeen)
        .where(WorkerSeen.name == name)
        .values(seen_at=at)
        .execution_options(synchronize_session=False)
    )
    if known.rowcount == 0:  # type: ignore[attr-defined]
        db.session.add(WorkerSeen(name=name, started_at=at, seen_at=at))
    db.session.execute(
        sa.delete(WorkerSeen).where(WorkerSeen.seen_at < at - FORGOTTEN).execution_options(synchronize_session=False)
    )
    db.session.commit()


def gone(name: str) -> None:
    """This worker has stopped as it was asked to. One commit."""
    db.session.execute(
        sa.delete(WorkerSeen).where(WorkerSeen.name == name).execution_options(synchronize_session=False)
    )
    db.session.commit()
