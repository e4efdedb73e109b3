"""Who has read what was sent: said by a button or by an act that nobody does unread, never by opening a page."""

from datetime import datetime
from uuid import UUID

from webapp.database import db
from webapp.models import ReadingMark, Sheet


def note_read(sheet: Sheet, *, user_id: UUID | None, at: datetime) -> None:
    """That person has read what was last sent; the first time counts.

    Part of the caller's transaction, which holds the sheet's lock.
    """
    snapshot_id = sheet.current_snapshot_id
    if snapshot_id is None or user_id is None or db.session.get(ReadingMark, (user_id, snapshot_id)) is not None:
        return
    db.session.add(ReadingMark(user_id=user_id, snapshot_id=snapshot_id, sheet_id=sheet.id, at=at))
