"""Files on their way to a sheet: whose they are, how far, and which have come before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Upload


def begun(sheet_id: UUID, upload_id: UUID, user_id: UUID | None) -> Upload | None:
    """That file on its way to that sheet, if this person began it."""
    return db.session.scalar(
        sa.select(Upload).where(Upload.id == upload_id, Upload.sheet_id == sheet_id, Upload.user_id == user_id)
    )


def unfinished_like(
    sheet_id: UUID, question: str, user_id: UUID | None, *, name: str, size: int, sha256: str | None
) -> Upload | None:
    """The same person's same file for the same place, not all there yet, the one that is furthest."""
    return db.session.scalar(
        sa.select(Upload)
        .where(
            Upload.sheet_id == sheet_id,
            Upload.question == question,
            Upload.user_id == user_id,
            Upload.name == name,
            Upload.size == size,
            Upload.sha256.is_(None) if sha256 is None else Upload.sha256 == sha256,
            Upload.attachment_id.is_(None),
        )
        .order_by(Upload.received.desc(), Upload.created_at, Upload.id)
        .limit(1)
    )


def became(sheet_id: UUID, sha256: str) -> set[UUID]:
    """The files of that sheet that were made from an original of that fingerprint."""
    made = sa.select(Upload.attachment_id).where(Upload.sheet_id == sheet_id, Upload.sha256 == sha256)
    return {id_ for id_ in db.session.scalars(made) if id_ is not None}


def unfinished_of(user_id: UUID | None) -> Sequence[Upload]:
    """Everything that this person has begun, on any sheet, and not finished: the latest touched first."""
    return db.session.scalars(
        sa.select(Upload)
        .where(Upload.user_id == user_id, Upload.attachment_id.is_(None))
        .order_by(Upload.updated_at.desc(), Upload.id)
    ).all()


def given_up(*, before: datetime) -> Sequence[UUID]:
    """What nobody has gone on with since that moment."""
    return db.session.scalars(
        sa.select(Upload.id)
        .where(Upload.attachment_id.is_(None), Upload.updated_at < before)
        .order_by(Upload.updated_at, Upload.id)
    ).all()
