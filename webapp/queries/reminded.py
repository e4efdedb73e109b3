"""Who was reminded, and when, whoever or whatever wrote the mail."""

from collections.abc import Collection
from datetime import datetime, time
from uuid import UUID

import sqlalchemy as sa

from forms.french import PARIS
from webapp.database import db
from webapp.models import DigestLine, Mail
from webapp.vocabulary import MailState

KINDS = frozenset({"reminder", "sheet_reminder"})
"""The kinds of mails that remind somebody of what a centre still owes, whoever or whatever writes them."""


def midnight(at: datetime) -> datetime:
    """When the French day of that moment began."""
    return datetime.combine(at.astimezone(PARIS).date(), time(), tzinfo=PARIS)


def had_today(centre_ids: Collection[UUID], *, at: datetime) -> set[tuple[UUID | None, UUID | None]]:
    """The centres and persons that had a reminder on that French day, or will have one that still waits.

    One that was not needed any more never reached them.
    """
    mailed = db.session.execute(
        sa.select(Mail.centre_id, Mail.user_id).where(
            Mail.centre_id.in_(centre_ids),
            Mail.kind.in_(sorted(KINDS)),
            Mail.state != MailState.DROPPED,
            sa.or_(Mail.state == MailState.QUEUED, sa.func.coalesce(Mail.sent_at, Mail.created_at) >= midnight(at)),
        )
    )
    waits = db.session.execute(
        sa.select(DigestLine.centre_id, DigestLine.user_id).where(
            DigestLine.centre_id.in_(centre_ids),
            DigestLine.kind.in_(sorted(KINDS)),
            sa.or_(DigestLine.taken_at.is_(None), DigestLine.created_at >= midnight(at)),
        )
    )
    return {(centre_id, user_id) for rows in (mailed, waits) for centre_id, user_id in rows}


def had_one(user_id: UUID, centre_id: UUID, *, at: datetime) -> bool:
    """The same of one person; the caller holds the centre, so that two reminders that meet find each other."""
    return (centre_id, user_id) in had_today([centre_id], at=at)


def last_by_centre(campaign_id: UUID, centre_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When somebody of each of these centres was last reminded in that campaign; without those that never were."""
    # One that waits for a digest counts from when it was written: the digest leaves within the day.
    moments = sa.union_all(
        sa.select(Mail.centre_id, sa.func.coalesce(Mail.sent_at, Mail.created_at).label("moment")).where(
            Mail.campaign_id == campaign_id,
            Mail.centre_id.in_(centre_ids),
            Mail.kind.in_(sorted(KINDS)),
            Mail.state.in_((MailState.QUEUED, MailState.SENT)),
        ),
        sa.select(DigestLine.centre_id, DigestLine.created_at).where(
            DigestLine.campaign_id == campaign_id,
            DigestLine.centre_id.in_(centre_ids),
            DigestLine.kind.in_(sorted(KINDS)),
        ),
    ).subquery()
    rows = db.session.execute(
        sa.select(
            moments.c.centre_id, sa.func.max(moments.c.moment, type_=Mail.created_at.type).label("moment")
        ).group_by(moments.c.centre_id)
    )
    return {row.centre_id: row.moment for row in rows}
