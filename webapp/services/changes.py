"""Who changed which answer, when, from what to what."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Change, Sheet
from webapp.services import typists

COALESCED = timedelta(minutes=30)
"""What one author types into one answer within this time is one change."""


def record(sheet: Sheet, question: str, before: Any, after: Any, *, actor_id: UUID | None, at: datetime) -> None:
    """Note a changed answer (JSON, None for no answer); part of the caller's transaction."""
    entry_id = typists.entry_of(sheet.id, actor_id)
    recent = db.session.scalar(
        sa.select(Change)
        .where(Change.sheet_id == sheet.id, Change.question == question)
        .order_by(Change.ended_at.desc(), Change.revision.desc(), Change.id)
        .limit(1)
    )
    same = recent is not None and (recent.user_id, recent.phone_entry_id) == (actor_id, entry_id)
    if recent is not None and same and at - recent.began_at < COALESCED:
        if after == recent.before:
            # All of it was taken back: kept, it would read as an answer that was erased, or as no change at all.
            db.session.delete(recent)
            return
        recent.after, recent.ended_at, recent.revision = after, at, sheet.revision
        return
    db.session.add(
        Change(
            sheet_id=sheet.id,
            question=question,
            user_id=actor_id,
            began_at=at,
            ended_at=at,
            before=before,
            after=after,
            revision=sheet.revision,
            phone_entry_id=entry_id,
        )
    )
