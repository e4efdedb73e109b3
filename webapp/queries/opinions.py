"""Outside opinions as pages show them."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only

from webapp.database import db
from webapp.models import Attachment, Opinion, Sheet, Snapshot

_SHOWN = (
    joinedload(Opinion.snapshot).joinedload(Snapshot.form_version),
    joinedload(Opinion.sheet).options(
        joinedload(Sheet.centre), joinedload(Sheet.campaign), joinedload(Sheet.federation), joinedload(Sheet.action)
    ),
    joinedload(Opinion.asker),
)


def find(opinion_id: UUID) -> Opinion | None:
    """That opinion with all that its page shows, or None."""
    return db.session.scalar(sa.select(Opinion).where(Opinion.id == opinion_id).options(*_SHOWN))


def on(sheet_id: UUID) -> Sequence[Opinion]:
    """The opinions asked about that sheet, latest first, each with the sending that it is about."""
    return db.session.scalars(
        sa.select(Opinion)
        .where(Opinion.sheet_id == sheet_id)
        .options(joinedload(Opinion.asker), joinedload(Opinion.snapshot).load_only(Snapshot.number))
        .order_by(Opinion.asked_at.desc(), Opinion.id)
    ).all()


def of_sheet(sheet_id: UUID, opinion_id: UUID) -> Opinion | None:
    """That opinion on that sheet, or None."""
    return db.session.scalar(
        sa.select(Opinion)
        .where(Opinion.id == opinion_id, Opinion.sheet_id == sheet_id)
        .options(joinedload(Opinion.sheet).options(load_only(Sheet.id, Sheet.state, Sheet.federation_id)))
    )


def file_shown(snapshot: Snapshot, file_id: UUID) -> Attachment | None:
    """A file that the sending shows, None for any other."""
    row = db.session.scalar(
        sa.select(Attachment).where(Attachment.id == file_id, Attachment.sheet_id == snapshot.sheet_id)
    )
    if row is None or not any(file["id"] == str(row.id) for file in snapshot.answers.get(row.question, [])):
        return None
    return row
