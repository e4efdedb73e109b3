"""Where the signature of a sheet by its centre's president is."""

from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import SignOff
from webapp.vocabulary import SignOffState


def latest(sheet_id: UUID) -> SignOff | None:
    """What was asked of the president last, answered or not."""
    return db.session.scalar(
        sa.select(SignOff)
        .where(SignOff.sheet_id == sheet_id, SignOff.state != SignOffState.DROPPED)
        .order_by(SignOff.asked_at.desc(), SignOff.id)
        .limit(1)
    )


def signed(sheet_id: UUID, sha256: str) -> SignOff | None:
    """The latest signature under exactly that content."""
    return db.session.scalar(
        sa.select(SignOff)
        .where(SignOff.sheet_id == sheet_id, SignOff.state == SignOffState.SIGNED, SignOff.sha256 == sha256)
        .order_by(SignOff.answered_at.desc(), SignOff.id)
        .limit(1)
    )
