"""How the work in the background goes: what waits, what failed, since when; for figures and for the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import defer

from webapp.database import db
from webapp.models import Campaign, Centre, Funder, Job, Mail, ReportRun, Role, WorkerSeen
from webapp.policy import Act, Actor, Scope, grants_of
from webapp.vocabulary import JobState, MailState

LISTED = 100


@dataclass(frozen=True)
class Figures:
    """Numbers by kind and state, ages in seconds; none where nothing waits.

    worker: when one last gave a sign of life, in seconds since 1970; none where none has.
    reports: by kind, how many were made and how many seconds that took in all.
    """

    jobs: dict[tuple[str, str], int]
    mails: dict[str, int]
    reports: dict[str, tuple[int, float]]
    oldest_job: float | None
    oldest_mail: float | None
    worker: float | None


def figures(*, at: datetime) -> Figures:
    """All of it, for the whole service."""
    jobs = db.session.execute(sa.select(Job.kind, Job.state, sa.func.count()).group_by(Job.kind, Job.state))
    mails = db.session.execute(sa.select(Mail.state, sa.func.count()).group_by(Mail.state))
    seen = db.session.scalar(sa.select(sa.func.max(WorkerSeen.seen_at)))
    return Figures(
        jobs={(kind, state.value): number for kind, state, number in jobs},
        mails={state.value: number for state, number in mails},
        reports=_reports(),
        oldest_job=_age(sa.select(sa.func.min(Job.created_at)).where(Job.state == JobState.QUEUED), at),
        oldest_mail=_age(sa.select(sa.func.min(Mail.created_at)).where(Mail.state == MailState.QUEUED), at),
        worker=seen.timestamp() if seen is not None else None,
    )


def _age(query: sa.Select[Any], at: datetime) -> float | None:
    since: datetime | None = db.session.scalar(query)
    return max(0.0, (at - since).total_seconds()) if since is not None else None


def _reports() -> dict[str, tuple[int, float]]:
    begun, ended = Job.started_at, Job.finished_at
    taken = (
        (sa.func.julianday(ended) - sa.func.julianday(begun)) * 86_400.0
        if db.engine.dialect.name == "sqlite"
        else sa.extract("epoch", ended) - sa.extract("epoch", begun)
    )
    rows = db.session.execute(
        sa.select(ReportRun.kind, sa.func.count(), sa.func.sum(taken))
        .join(Job, Job.id == ReportRun.job_id)
        .where(Job.state == JobState.DONE)
        .group_by(ReportRun.kind)
    )
    return {kind: (number, float(seconds or 0.0)) for kind, number, seconds in rows}


@dataclass(frozen=True)
class Watched:
    """What the page shows: what goes on and what failed, newest first, and the signs of life.

    retriable: the mails that failed and whose words are still there.
    """

    jobs: Sequence[Job]
    mails: Sequence[Mail]
    retriable: frozenset[UUID]
    waiting_jobs: int
    waiting_mails: int
    oldest_job: datetime | None
    oldest_mail: datetime | None
    workers: Sequence[WorkerSeen]


UNDONE_JOBS = (JobState.QUEUED, JobState.RUNNING, JobState.FAILED)
UNDONE_MAILS = (MailState.QUEUED, MailState.FAILED)


def whole(actor: Actor) -> bool:
    """Whether the actor watches over the whole service, its machines too."""
    return _federations(actor) is None


def watched(actor: Actor) -> Watched:
    """What the actor may watch over."""
    jobs, mails = _jobs_of(actor), _mails_of(actor)
    failed = sa.select(Mail.id).where(mails, Mail.state == MailState.FAILED, Mail.text != "")
    waiting_jobs, oldest_job = _waiting(Job, sa.and_(jobs, Job.state == JobState.QUEUED))
    waiting_mails, oldest_mail = _waiting(Mail, sa.and_(mails, Mail.state == MailState.QUEUED))
    return Watched(
        jobs=db.session.scalars(
            sa.select(Job).where(jobs, Job.state.in_(UNDONE_JOBS)).order_by(Job.created_at.desc(), Job.id).limit(LISTED)
        ).all(),
        mails=db.session.scalars(
            sa.select(Mail)
            .where(mails, Mail.state.in_(UNDONE_MAILS))
            .order_by(Mail.created_at.desc(), Mail.id)
            .limit(LISTED)
            .options(defer(Mail.text), defer(Mail.html))
        ).all(),
        retriable=frozenset(db.session.scalars(failed)),
        waiting_jobs=waiting_jobs,
        waiting_mails=waiting_mails,
        oldest_job=oldest_job,
        oldest_mail=oldest_mail,
        workers=db.session.scalars(sa.select(WorkerSeen).order_by(WorkerSeen.seen_at.desc(), WorkerSeen.name)).all(),
    )


def signs_of_life() -> Sequence[datetime]:
    """When each worker was last heard of, the latest first."""
    return db.session.scalars(sa.select(WorkerSeen.seen_at).order_by(WorkerSeen.seen_at.desc())).all()


def _waiting(model: type[Job] | type[Mail], which: sa.ColumnElement[bool]) -> tuple[int, datetime | None]:
    row = db.session.execute(sa.select(sa.func.count(), sa.func.min(model.created_at)).where(which)).one()
    return row[0], row[1]


def find_job(actor: Actor, job_id: UUID) -> Job | None:
    """That job, where the actor may watch over it."""
    return db.session.scalar(sa.select(Job).where(Job.id == job_id, _jobs_of(actor)))


def find_mail(actor: Actor, mail_id: UUID) -> Mail | None:
    """That mail, where the actor may watch over it."""
    return db.session.scalar(sa.select(Mail).where(Mail.id == mail_id, _mails_of(actor)))


def _federations(actor: Actor) -> frozenset[UUID] | None:
    """Those that the actor watches over; None: everything."""
    found = list(grants_of(actor, Act.WATCH))
    if actor.operator or any(grant.scope is Scope.ANYTHING for _held, grant in found):
        return None
    return frozenset(
        held.federation_id for held, _grant in found if held and held.federation_id and not held.departments
    )


def _jobs_of(actor: Actor) -> sa.ColumnElement[bool]:
    places = _federations(actor)
    return sa.true() if places is None else Job.federation_id.in_(sorted(places))


def _mails_of(actor: Actor) -> sa.ColumnElement[bool]:
    """A mail is of the federation of its campaign or centre; one that is only to a person, of all of theirs alone."""
    places = _federations(actor)
    if places is None:
        return sa.true()
    wanted = sorted(places)
    centres = sa.select(Centre.id).where(Centre.federation_id.in_(wanted))
    campaigns = sa.select(Campaign.id).where(Campaign.federation_id.in_(wanted))
    funders = sa.select(Funder.id).where(Funder.federation_id.in_(wanted))
    here = sa.or_(Role.federation_id.in_(wanted), Role.centre_id.in_(centres), Role.funder_id.in_(funders))
    inside, outside = (
        sa.select(Role.user_id).where(here),
        sa.select(Role.user_id).where(sa.not_(sa.func.coalesce(here, False))),
    )
    personal = sa.and_(Mail.campaign_id.is_(None), Mail.centre_id.is_(None))
    return sa.or_(
        Mail.centre_id.in_(centres),
        Mail.campaign_id.in_(campaigns),
        sa.and_(personal, Mail.user_id.in_(inside), Mail.user_id.not_in(outside)),
    )
