"""The one mail of the day: what waited for those who want it so, at a fixed hour, never two a day."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from uuid import UUID

import sqlalchemy as sa

from forms.french import PARIS, day
from webapp.database import db, reading
from webapp.models import DigestLine, User
from webapp.services import mail, mail_preferences
from webapp.services.mail_kinds import category_of
from webapp.vocabulary import MailManner

HOUR = time(7, 0)
"""When the digests of a day are composed, French time."""


def compose_due(*, at: datetime) -> int:
    """After the hour of the day, put into the outbox what came before it, one mail a reader; how many.

    What comes later in the day waits for the next. Calling it again the same day does nothing more: the mail's key
    names the reader and the day. One commit a reader.
    """
    here = at.astimezone(PARIS)
    hour = datetime.combine(here.date(), HOUR, tzinfo=PARIS)
    if here < hour:
        return 0
    with reading():
        db.session.rollback()
        readers = list(
            db.session.scalars(
                sa.select(DigestLine.user_id)
                .where(DigestLine.taken_at.is_(None), DigestLine.created_at < hour)
                .distinct()
                .order_by(DigestLine.user_id)
            )
        )
        db.session.rollback()
    return sum(_compose(user_id, hour, at=at) for user_id in readers)


def _compose(user_id: UUID, hour: datetime, *, at: datetime) -> bool:
    # Of two workers, one waits here and finds nothing left.
    user = db.session.scalars(sa.select(User).where(User.id == user_id).with_for_update()).one()
    lines = db.session.scalars(
        sa.select(DigestLine)
        .where(DigestLine.user_id == user_id, DigestLine.taken_at.is_(None), DigestLine.created_at < hour)
        .order_by(DigestLine.kind, DigestLine.created_at, DigestLine.id)
        .execution_options(populate_existing=True)
    ).all()
    kept = list(_still_wanted(user, lines, at=at))
    made = _write(user, kept, hour, at=at) if kept else None
    for line in lines:
        # Its links are the mail's from now on.
        line.taken_at, line.parts = at, []
    db.session.commit()
    return made is not None


def _still_wanted(user: User, lines: Sequence[DigestLine], *, at: datetime) -> Iterable[DigestLine]:
    manners = mail_preferences.of(user.id)
    for line in lines:
        refused = manners.get(category_of(line.kind)) is MailManner.NEVER
        if user.active and not refused and mail.is_needed(mail.leaving(line), at=at):
            yield line


def _write(user: User, lines: Sequence[DigestLine], hour: datetime, *, at: datetime) -> object:
    return mail.enqueue(
        "digest",
        recipient=user.email,
        at=at,
        context={
            "name": user.full_name,
            "day": day(hour.date()),
            "lines": [{"subject": line.subject, "parts": line.parts} for line in lines],
        },
        dedupe_key=f"digest:{user.id}:{hour.date().isoformat()}",
        about=mail.About(user_id=user.id),
    )
