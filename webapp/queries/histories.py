"""The whole history of a sheet for its centre: every move and every change of every answer, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import Change, Event, Query, User
from webapp.vocabulary import FEDERATIONS_OWN

PAGE = 40


@dataclass(frozen=True)
class Wanted:
    """How the history is narrowed: to one question, to one person."""

    question: str = ""
    person: UUID | None = None


@dataclass(frozen=True)
class Found:
    """A page of the history, latest first: moves and changes as they came."""

    lines: tuple[Event | Change, ...]
    count: int

    @property
    def pages(self) -> int:
        """At least one, even of nothing."""
        return max(1, -(-self.count // PAGE))


def told(sheet_id: UUID) -> sa.ColumnElement[bool]:
    """Which events of that sheet are its centre's to know: nothing of a query that has not left, or never will."""
    unsent = db.session.scalars(sa.select(Query.id).where(Query.sheet_id == sheet_id, Query.sent_at.is_(None)))
    query = Event.data["query"].as_string()
    known = sa.or_(query.is_(None), query.not_in([str(id) for id in unsent]))
    return sa.and_(Event.sheet_id == sheet_id, Event.kind.not_in(FEDERATIONS_OWN), known)


def find(sheet_id: UUID, wanted: Wanted, *, page: int) -> Found:
    """What happened to that sheet as far as it is its centre's to know."""
    both = sa.union_all(_events(sheet_id, wanted), _changes(sheet_id, wanted)).subquery()
    count = db.session.scalar(sa.select(sa.func.count()).select_from(both)) or 0
    rows = db.session.execute(
        sa.select(both.c.seq, both.c.change_id)
        .order_by(both.c.at.desc(), both.c.seq.desc(), both.c.change_id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    events = _by_seq([seq for seq, change_id in rows if change_id is None])
    changes = _by_id([change_id for _seq, change_id in rows if change_id is not None])
    lines = tuple(events[seq] if change_id is None else changes[change_id] for seq, change_id in rows)
    return Found(lines, count)


def _events(sheet_id: UUID, wanted: Wanted) -> sa.Select[datetime, int, UUID]:
    found = sa.select(Event.at.label("at"), Event.seq.label("seq"), sa.cast(sa.null(), sa.Uuid()).label("change_id"))
    found = found.where(told(sheet_id))
    if wanted.person is not None:
        found = found.where(Event.actor_id == wanted.person)
    # A question's own history holds what was asked and replied about it, not the moves of the sheet.
    if wanted.question:
        found = found.where(Event.data["question"].as_string() == wanted.question)
    return found


def _changes(sheet_id: UUID, wanted: Wanted) -> sa.Select[datetime, int, UUID]:
    none = sa.cast(sa.literal(0), sa.BigInteger())
    found = sa.select(Change.ended_at.label("at"), none.label("seq"), Change.id.label("change_id"))
    found = found.where(Change.sheet_id == sheet_id)
    if wanted.person is not None:
        found = found.where(Change.user_id == wanted.person)
    if wanted.question:
        found = found.where(Change.question == wanted.question)
    return found


def _by_seq(seqs: Sequence[int]) -> dict[int, Event]:
    rows = db.session.scalars(sa.select(Event).where(Event.seq.in_(seqs)).options(joinedload(Event.actor)))
    return {event.seq: event for event in rows}


def _by_id(ids: Sequence[UUID]) -> dict[UUID, Change]:
    rows = db.session.scalars(sa.select(Change).where(Change.id.in_(ids)).options(joinedload(Change.user)))
    return {change.id: change for change in rows}


def people_in(sheet_id: UUID) -> list[tuple[str, str]]:
    """Who did something that the history tells: (id, name), by name."""
    did = sa.union(
        sa.select(Event.actor_id).where(told(sheet_id)),
        sa.select(Change.user_id).where(Change.sheet_id == sheet_id),
    )
    rows = db.session.scalars(sa.select(User).where(User.id.in_(did)).order_by(User.full_name, User.email))
    return [(str(user.id), user.full_name or user.email) for user in rows]


def questions_in(sheet_id: UUID) -> frozenset[str]:
    """The questions whose answers have changed."""
    return frozenset(db.session.scalars(sa.select(Change.question).where(Change.sheet_id == sheet_id).distinct()))
