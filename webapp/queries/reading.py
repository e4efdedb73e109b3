"""What somebody of the federation has read of a sheet, and with which earlier sending it can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import Query, ReadingMark, Snapshot


class Since(StrEnum):
    """Since when one looks for what has changed; the values stand in addresses."""

    READING = "lecture"
    QUERY = "demande"
    SENDING = "envoi"


@dataclass(frozen=True)
class Base:
    """An earlier sending to compare with, and the moment (of a reading, a query, a sending) for which it stands."""

    since: Since
    at: datetime
    snapshot: Snapshot


@dataclass(frozen=True)
class Sending:
    """An earlier sending without its answers."""

    id: UUID
    at: datetime


def read_at(snapshot: Snapshot, user_id: UUID | None) -> datetime | None:
    """When that person said to have read that sending."""
    return db.session.scalar(
        sa.select(ReadingMark.at).where(ReadingMark.user_id == user_id, ReadingMark.snapshot_id == snapshot.id)
    )


def bases(snapshot: Snapshot, user_id: UUID | None) -> Mapping[Since, Base]:
    """With what a sending can be compared: what that person last read of those before, what was there when the
    federation last asked, the one just before. What there is not is left out."""
    before = [
        Sending(row.id, row.created_at)
        for row in db.session.execute(
            sa.select(Snapshot.id, Snapshot.created_at)
            .where(Snapshot.sheet_id == snapshot.sheet_id, Snapshot.number < snapshot.number)
            .order_by(Snapshot.number)
        )
    ]
    if not before:
        return {}
    chosen = {
        Since.READING: _last_read(snapshot.sheet_id, before, user_id),
        Since.QUERY: _when_last_asked(snapshot, before),
        Since.SENDING: (before[-1].at, before[-1].id),
    }
    rows = db.session.scalars(
        sa.select(Snapshot)
        .where(Snapshot.id.in_({found[1] for found in chosen.values() if found}))
        .options(joinedload(Snapshot.form_version))
    )
    snapshots = {row.id: row for row in rows}
    return {since: Base(since, found[0], snapshots[found[1]]) for since, found in chosen.items() if found}


def _last_read(sheet_id: UUID, before: list[Sending], user_id: UUID | None) -> tuple[datetime, UUID] | None:
    marks = db.session.execute(
        sa.select(ReadingMark.snapshot_id, ReadingMark.at).where(
            ReadingMark.user_id == user_id, ReadingMark.sheet_id == sheet_id
        )
    )
    at = {row.snapshot_id: row.at for row in marks}
    return next(((at[one.id], one.id) for one in reversed(before) if one.id in at), None)


def _when_last_asked(snapshot: Snapshot, before: list[Sending]) -> tuple[datetime, UUID] | None:
    """The last query asked before this sending, and what had been sent by then."""
    asked = db.session.scalar(
        sa.select(sa.func.max(Query.created_at)).where(
            Query.sheet_id == snapshot.sheet_id, Query.created_at < snapshot.created_at
        )
    )
    if asked is None:
        return None
    return next(((asked, one.id) for one in reversed(before) if one.at <= asked), None)
