"""Personal links: a mail opens one thing for its reader, without an account; single-use where it acts."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused
from webapp.database import db
from webapp.models import PersonalLink
from webapp.queries.accounts import hash_of
from webapp.services.links import GONE
from webapp.vocabulary import PersonalPurpose

LIFETIME: dict[PersonalPurpose, timedelta] = {
    PersonalPurpose.CAMPAIGN: timedelta(days=120),
    PersonalPurpose.QUERY: timedelta(days=60),
    PersonalPurpose.CONFIRMATION: timedelta(days=30),
    PersonalPurpose.OPINION: timedelta(days=30),
    PersonalPurpose.SIGN_OFF: timedelta(days=30),
    PersonalPurpose.REPORT: timedelta(days=30),
}


def issue(
    purpose: PersonalPurpose,
    *,
    target_id: UUID,
    federation_id: UUID,
    email: str,
    at: datetime,
    user_id: UUID | None = None,
    name: str = "",
) -> tuple[PersonalLink, str]:
    """A new link and its token, in the caller's transaction; the token is kept nowhere but in its mail."""
    token = secrets.token_urlsafe(32)
    link = PersonalLink(
        purpose=purpose,
        federation_id=federation_id,
        target_id=target_id,
        user_id=user_id,
        email=email,
        name=name,
        token_hash=hash_of(token),
        created_at=at,
        expires_at=at + LIFETIME[purpose],
    )
    db.session.add(link)
    db.session.flush()
    return link, token


def find(token: str, purpose: PersonalPurpose, *, at: datetime) -> PersonalLink | None:
    """The link of that token if it still opens something of that purpose."""
    return db.session.scalars(
        sa.select(PersonalLink).where(
            PersonalLink.token_hash == hash_of(token),
            PersonalLink.purpose == purpose,
            PersonalLink.used_at.is_(None),
            PersonalLink.revoked_at.is_(None),
            PersonalLink.expires_at > at,
        )
    ).one_or_none()


def open_(token: str, purpose: PersonalPurpose, *, at: datetime) -> None:
    """Its reader has pressed the button of its page (a mail scanner presses none): note it once; one commit."""
    link = find(token, purpose, at=at)
    if link is not None and link.opened_at is None:
        link.opened_at = at
        db.session.commit()


def take(token: str, purpose: PersonalPurpose, *, at: datetime) -> PersonalLink:
    """Use up a link in the caller's transaction. Raises Refused where it was used, revoked or is too old."""
    link = find(token, purpose, at=at)
    if link is None:
        raise Refused(GONE)
    # Of two that come at once, one finds it unused.
    done = db.session.execute(
        sa.update(PersonalLink)
        .where(PersonalLink.id == link.id, PersonalLink.used_at.is_(None), PersonalLink.revoked_at.is_(None))
        .values(used_at=at, opened_at=link.opened_at or at)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused(GONE)
    db.session.refresh(link)
    return link


def revoke(purpose: PersonalPurpose, *, target_id: UUID, at: datetime) -> None:
    """No link of that purpose opens that thing any more; part of the caller's transaction."""
    db.session.execute(
        sa.update(PersonalLink)
        .where(
            PersonalLink.purpose == purpose,
            PersonalLink.target_id == target_id,
            PersonalLink.used_at.is_(None),
            PersonalLink.revoked_at.is_(None),
        )
        .values(revoked_at=at)
    )
