"""The work in the background that somebody may follow."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import load_only

from webapp.database import db
from webapp.models import BulkRun, Job, ReportRun
from webapp.policy import Act, Actor
from webapp.queries.report_history import NAMED
from webapp.queries.scope import scope_of

LISTED = 100


def visible(actor: Actor) -> Sequence[Job]:
    """The jobs that the actor may follow, newest first."""
    return db.session.scalars(
        sa.select(Job).where(scope_of(actor, Act.JOB_READ, Job)).order_by(Job.created_at.desc(), Job.id).limit(LISTED)
    ).all()


def find(job_id: UUID) -> Job | None:
    """That job, or None."""
    return db.session.get(Job, job_id)


def reports(jobs: Sequence[Job]) -> dict[UUID, str]:
    """The names of the reports that these jobs make, by job."""
    rows = db.session.scalars(
        sa.select(ReportRun)
        .where(ReportRun.job_id.in_([job.id for job in jobs]))
        .options(load_only(*NAMED, ReportRun.job_id))
    )
    return {run.job_id: run.name for run in rows if run.job_id is not None}


def acts(jobs: Sequence[Job]) -> dict[UUID, str]:
    """The acts on many sheets that these jobs do, by job."""
    rows = db.session.execute(
        sa.select(BulkRun.job_id, BulkRun.act).where(BulkRun.job_id.in_([job.id for job in jobs]))
    )
    return {row.job_id: row.act for row in rows}
