"""What those who watch the outbox may do with a mail: try it again, or let it go."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Mail
from webapp.services.mail import UNDER_WAY
from webapp.vocabulary import MailState


def retry(mail_id: UUID) -> bool:
    """Let a mail that failed be tried again from the beginning. One commit.

    False where it did not fail, or where its words are gone: those of a mail that may have left are not kept.
    """
    mail = _held(mail_id)
    possible = mail.state is MailState.FAILED and bool(mail.text)
    if possible:
        mail.state, mail.attempts, mail.error, mail.claimed_at = MailState.QUEUED, 0, None, None
    db.session.commit()
    return possible


def give_up(mail_id: UUID, *, at: datetime) -> bool:
    """Let a mail that waits or failed leave no more; its words go too, a link may be in them. One commit.

    False where it has left, or may be leaving at this moment.
    """
    mail = _held(mail_id)
    leaving = mail.claimed_at is not None and mail.claimed_at > at - UNDER_WAY
    possible = mail.state in {MailState.QUEUED, MailState.FAILED} and not leaving
    if possible:
        mail.state, mail.claimed_at, mail.text, mail.html = MailState.DROPPED, None, "", ""
    db.session.commit()
    return possible


def _held(mail_id: UUID) -> Mail:
    held = sa.select(Mail).where(Mail.id == mail_id).with_for_update().execution_options(populate_existing=True)
    return db.session.execute(held).scalar_one()
