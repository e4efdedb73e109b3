"""What a signature stands under, and what ends a question that waits for one."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Sheet, SignOff
from webapp.queries import sign_offs
from webapp.services import personal_links
from webapp.services.snapshots import sha256_of
from webapp.vocabulary import PersonalPurpose, SignOffState


def under(sheet: Sheet) -> SignOff | None:
    """The signature under the sheet as it is now; one given before an answer changed has fallen."""
    return sign_offs.signed(sheet.id, sha256_of(sheet))


def drop(sheet_id: UUID, *, at: datetime) -> None:
    """Nobody is asked to sign that sheet any more; part of the caller's transaction, which holds the sheet's lock."""
    asked = sa.select(SignOff).where(SignOff.sheet_id == sheet_id, SignOff.state == SignOffState.ASKED)
    for row in db.session.scalars(asked):
        row.state = SignOffState.DROPPED
        personal_links.revoke(PersonalPurpose.SIGN_OFF, target_id=row.id, at=at)
    db.session.flush()
