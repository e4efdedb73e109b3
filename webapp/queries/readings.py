"""What funders have read, for the federation and for the centre whose sheet it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only

from webapp.database import db
from webapp.models import Action, Federation, Funder, FunderReading, ReportRun, Sheet
from webapp.policy import Act, Actor
from webapp.queries.report_history import NAMED
from webapp.queries.scope import scope_of

PAGE = 50
BY_LINK = "Par un lien personnel"


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed by: a funder, a report."""

    funder_id: UUID | None = None
    run_id: UUID | None = None


def _chosen(actor: Actor, wanted: Wanted) -> sa.Select[Any]:
    federations = sa.select(Federation.id).where(scope_of(actor, Act.READING_LOG, Federation))
    found = sa.select(FunderReading).where(FunderReading.federation_id.in_(federations))
    if wanted.funder_id is not None:
        found = found.where(FunderReading.funder_id == wanted.funder_id)
    if wanted.run_id is not None:
        found = found.where(FunderReading.report_run_id == wanted.run_id)
    return found


def count(actor: Actor, wanted: Wanted) -> int:
    """How many readings answer."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(_chosen(actor, wanted).subquery())) or 0


def listed(actor: Actor, wanted: Wanted, *, page: int | None) -> Sequence[FunderReading]:
    """A page of them, latest first; None: all of them."""
    found = (
        _chosen(actor, wanted)
        .options(
            joinedload(FunderReading.funder),
            joinedload(FunderReading.report_run),
            joinedload(FunderReading.sheet).joinedload(Sheet.action).joinedload(Action.centre),
        )
        .order_by(FunderReading.at.desc(), FunderReading.id)
    )
    if page is not None:
        found = found.limit(PAGE).offset((page - 1) * PAGE)
    return db.session.scalars(found).all()


def choices(actor: Actor) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The funders and the reports by which the list can be narrowed: those that have a reading."""
    all_ = _chosen(actor, Wanted()).subquery()
    funders = db.session.execute(
        sa.select(Funder.id, Funder.name).where(Funder.id.in_(sa.select(all_.c.funder_id))).order_by(Funder.name)
    )
    runs = db.session.scalars(
        sa.select(ReportRun)
        .where(ReportRun.id.in_(sa.select(all_.c.report_run_id)))
        .options(load_only(*NAMED, ReportRun.version))
        .order_by(ReportRun.created_at.desc())
    )
    return (
        [(str(id_), name) for id_, name in funders],
        [(str(run.id), f"{run.name}, v{run.version}" if run.version else run.name) for run in runs],
    )


def of_sheet(sheet_id: UUID) -> list[tuple[str, datetime, int]]:
    """Which funders have read that sheet, when last, how often; without the name of any person."""
    rows = db.session.execute(
        sa.select(Funder.name, sa.func.max(FunderReading.until), sa.func.count())
        .select_from(FunderReading)
        .outerjoin(Funder, Funder.id == FunderReading.funder_id)
        .where(FunderReading.sheet_id == sheet_id)
        .group_by(Funder.id, Funder.name)
        .order_by(sa.func.max(FunderReading.until).desc())
    )
    return [(name or BY_LINK, last, times) for name, last, times in rows]
