"""Reading at the desk: a sheet that is opened, the place where one stops, what was read; never said by opening a page.

Each is one commit. The reader's own row is held meanwhile, so that two devices of one person don't trip over another.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import DeskVisit, ReadingMark, ReportRunSheet, User
from webapp.policy import Actor
from webapp.services import events, readings
from webapp.vocabulary import RoleName


def stop(line: ReportRunSheet, *, question: str, actor: Actor, at: datetime) -> None:
    """The reader is at that question of that sheet now, none: at its top. The first time the sheet is opened."""
    user_id = _held(actor)
    visit = db.session.get(DeskVisit, (user_id, line.report_run_id, line.snapshot_id))
    if visit is None:
        _open(line, user_id, question=question, actor=actor, at=at)
    elif at >= visit.seen_at:
        visit.question, visit.seen_at = question, at
    _read(line, actor=actor, at=at)
    db.session.commit()


def come_to(line: ReportRunSheet, *, actor: Actor, at: datetime) -> str:
    """The reader goes on to that sheet; where they had stopped in it, nothing for its top."""
    user_id = _held(actor)
    visit = db.session.get(DeskVisit, (user_id, line.report_run_id, line.snapshot_id))
    if visit is None:
        visit = _open(line, user_id, question="", actor=actor, at=at)
    visit.seen_at = max(at, visit.seen_at)
    question = visit.question
    _read(line, actor=actor, at=at)
    db.session.commit()
    return question


def mark_read(line: ReportRunSheet, *, actor: Actor, at: datetime) -> None:
    """The reader has read that sheet; the first time counts, in whatever report it stands."""
    user_id = _held(actor)
    if db.session.get(DeskVisit, (user_id, line.report_run_id, line.snapshot_id)) is None:
        _open(line, user_id, question="", actor=actor, at=at)
    if db.session.get(ReadingMark, (user_id, line.snapshot_id)) is None:
        sheet_id = line.snapshot.sheet_id
        db.session.add(ReadingMark(user_id=user_id, snapshot_id=line.snapshot_id, sheet_id=sheet_id, at=at))
    db.session.commit()


def unmark_read(line: ReportRunSheet, *, actor: Actor) -> None:
    """The reader wants to read that sheet again: it counts as unread."""
    user_id = _held(actor)
    mark = db.session.get(ReadingMark, (user_id, line.snapshot_id))
    if mark is not None:
        db.session.delete(mark)
    db.session.commit()


def _read(line: ReportRunSheet, *, actor: Actor, at: datetime) -> None:
    readings.note_desk(line.report_run, line.snapshot.sheet, actor=actor, at=at)


def _open(line: ReportRunSheet, user_id: UUID, *, question: str, actor: Actor, at: datetime) -> DeskVisit:
    """The first time; of a funder's people the federation reads it in the journal."""
    run, snapshot = line.report_run, line.snapshot
    visit = DeskVisit(
        user_id=user_id,
        report_run_id=run.id,
        snapshot_id=snapshot.id,
        question=question,
        opened_at=at,
        seen_at=at,
    )
    db.session.add(visit)
    if actor.has(RoleName.FUNDER):
        data = {"run": str(run.id), "report": run.name, "number": snapshot.number, "title": snapshot.title}
        told = {"federation_id": run.federation_id, "sheet_id": snapshot.sheet_id}
        events.record("sheet.opened", at=at, actor_id=user_id, data=data, **told)
    return visit


def _held(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise ValueError("a place is somebody's")
    db.session.execute(sa.select(User.id).where(User.id == actor.user_id).with_for_update())
    return actor.user_id
