"""What was sent of a sheet, each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import Snapshot, User


@dataclass(frozen=True)
class Sending:
    """What was sent, and by whom; nobody signed for what was taken over from an archive."""

    snapshot: Snapshot
    sender: str


def of_sheet(sheet_id: UUID) -> list[Sending]:
    """Everything that was sent of that sheet, latest first."""
    return _found(Snapshot.sheet_id == sheet_id)


def find(sheet_id: UUID, number: int) -> Sending | None:
    """That sending of that sheet, or None."""
    found = _found(Snapshot.sheet_id == sheet_id, Snapshot.number == number)
    return found[0] if found else None


def _found(*conditions: sa.ColumnElement[bool]) -> list[Sending]:
    rows = db.session.execute(
        sa.select(Snapshot, User)
        .outerjoin(User, User.id == Snapshot.created_by)
        .where(*conditions)
        .options(joinedload(Snapshot.form_version))
        .order_by(Snapshot.number.desc())
    )
    return [Sending(snapshot, (user.full_name or user.email) if user is not None else "") for snapshot, user in rows]


def snapshots_of(sheet_id: UUID) -> Sequence[Snapshot]:
    """What was sent of that sheet, oldest first, each with its form."""
    return db.session.scalars(
        sa.select(Snapshot)
        .where(Snapshot.sheet_id == sheet_id)
        .options(joinedload(Snapshot.form_version))
        .order_by(Snapshot.number)
    ).all()
