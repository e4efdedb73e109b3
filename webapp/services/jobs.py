"""Work in the background: a row is the truth, the queue only says that there is something to do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused
from webapp.database import db, reading
from webapp.models import Job
from webapp.vocabulary import JobState

SILENCE = timedelta(seconds=60)
"""A running job that has not been heard of for so long is done again by another worker."""
MOST_ATTEMPTS = 3
RESUMED = frozenset({JobState.FAILED, JobState.CANCELLED})
"""The ends after which a job may be taken up again."""

Handler = Callable[["Running"], dict[str, Any]]
HANDLERS: dict[str, Handler] = {}
"""What does a kind of job; it may be called again for the same job and must then come to the same end."""


class Cancelled(Exception):  # noqa: N818 (names what happened)
    """The person who asked no longer wants it."""


@dataclass(frozen=True)
class Running:
    """A job that was claimed: its arguments, and how to say how far it is."""

    id: UUID
    arguments: dict[str, Any]
    clock: Callable[[], datetime]

    def progress(self, phase: str, done: int, total: int) -> None:
        """Say how far it is. Raises Cancelled where nobody wants it any more."""
        beat(self.id, at=self.clock(), phase=phase, done=done, total=total)


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Name the function that does a kind of job."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def ask(
    kind: str,
    arguments: dict[str, Any],
    *,
    owner_id: UUID | None,
    federation_id: UUID | None,
    at: datetime,
) -> Job:
    """Write a job down in the caller's transaction; the worker hears of it after the commit."""
    job = Job(
        kind=kind,
        arguments=arguments,
        owner_id=owner_id,
        federation_id=federation_id,
        created_at=at,
        phase="En attente",
    )
    db.session.add(job)
    db.session.flush()
    return job


def claim(job_id: UUID, *, at: datetime) -> Job | None:
    """Take a job that waits, or that was left behind; None where another has it or it is over."""
    abandoned = sa.and_(Job.state == JobState.RUNNING, Job.heartbeat_at < at - SILENCE)
    taken = db.session.execute(
        sa.update(Job)
        .where(Job.id == job_id, sa.or_(Job.state == JobState.QUEUED, abandoned))
        .values(
            state=JobState.RUNNING,
            attempts=Job.attempts + 1,
            started_at=sa.func.coalesce(Job.started_at, sa.literal(at, Job.started_at.type)),
            heartbeat_at=at,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    # One row or none: whoever changed it has it.
    return db.session.get(Job, job_id, populate_existing=True) if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def beat(job_id: UUID, *, at: datetime, **progress: Any) -> None:
    """Say that a job is alive, and how far. Raises Cancelled where it is no longer running."""
    alive = db.session.execute(
        sa.update(Job)
        .where(Job.id == job_id, Job.state == JobState.RUNNING)
        .values(heartbeat_at=at, **progress)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    if alive.rowcount == 0:  # type: ignore[attr-defined]
        raise Cancelled


def run(job_id: UUID, *, clock: Callable[[], datetime]) -> bool:
    """Do a job to its end, whatever that is; False where there was nothing to claim."""
    job = claim(job_id, at=clock())
    if job is None:
        return False
    running = Running(job.id, dict(job.arguments), clock)
    handler, attempts = HANDLERS[job.kind], job.attempts
    db.session.commit()
    try:
        result = handler(running)
    except Cancelled:
        db.session.rollback()
    except Refused as refused:
        db.session.rollback()
        _end(running.id, JobState.FAILED, at=clock(), error=refused.message)
    except Exception:
        db.session.rollback()
        if attempts < MOST_ATTEMPTS:
            _end(running.id, JobState.QUEUED, at=clock())
        else:
            _end(running.id, JobState.FAILED, at=clock(), error="Une erreur inattendue a arrêté ce travail.")
        raise
    else:
        _end(running.id, JobState.DONE, at=clock(), result=result)
    return True


def _end(job_id: UUID, state: JobState, *, at: datetime, **details: Any) -> None:
    finished = None if state is JobState.QUEUED else at
    db.session.execute(
        sa.update(Job)
        .where(Job.id == job_id, Job.state == JobState.RUNNING)
        .values(state=state, finished_at=finished, **details)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def request_of(job_id: UUID) -> str | None:
    """The request that asked for it, as the log names it."""
    with reading():
        asked = db.session.scalar(sa.select(Job.request_id).where(Job.id == job_id))
        db.session.rollback()
    return asked


def hand_back(job_id: UUID) -> None:
    """Let a job that this worker has no time to end wait for another; it was no fault of the job's. One commit."""
    db.session.execute(
        sa.update(Job)
        .where(Job.id == job_id, Job.state == JobState.RUNNING)
        .values(state=JobState.QUEUED, phase="En attente", attempts=Job.attempts - 1)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def cancel(job_id: UUID, *, at: datetime) -> None:
    """Stop a job that is not over; what it was making is thrown away."""
    db.session.execute(
        sa.update(Job)
        .where(Job.id == job_id, Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
        .values(state=JobState.CANCELLED, finished_at=at, phase="Annulé")
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def resume(job_id: UUID, *, at: datetime) -> bool:
    """Let a job that failed or was cancelled go on; its handler comes to the same end. One commit.

    False where there was nothing to take up again.
    """
    held = sa.select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    job = db.session.execute(held).scalar_one()
    over = job.state in RESUMED and job.kind in HANDLERS
    if over:
        job.state, job.phase, job.attempts = JobState.QUEUED, "En attente", 0
        job.error = job.finished_at = None
        job.heartbeat_at = at
    db.session.commit()
    return over


def left_behind(*, at: datetime) -> list[UUID]:
    """The jobs that the queue may have forgotten: waiting, or running without a sign of life."""
    return list(
        db.session.scalars(
            sa.select(Job.id)
            .where(
                sa.or_(
                    Job.state == JobState.QUEUED,
                    sa.and_(Job.state == JobState.RUNNING, Job.heartbeat_at < at - SILENCE),
                )
            )
            .order_by(Job.created_at, Job.id)
        )
    )
