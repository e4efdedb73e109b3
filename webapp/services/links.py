"""Single-use mail links: to sign in, to accept an invitation, to choose a new password."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from forms.values import Refused
from webapp.database import db
from webapp.models import Link, User
from webapp.queries.accounts import by_email, hash_of, with_places
from webapp.services import events, mail
from webapp.vocabulary import LinkPurpose

LIFETIME: dict[LinkPurpose, timedelta] = {
    LinkPurpose.SIGN_IN: timedelta(minutes=30),
    LinkPurpose.RESET: timedelta(hours=1),
    LinkPurpose.INVITATION: timedelta(days=14),
}

GONE = "Ce lien a déjà servi ou n’est plus valable. Demandez-en un autre."


def path_of(token: str) -> str:
    """The address of a link on our site."""
    return f"/connexion/lien/{token}"


def issue(user: User, purpose: LinkPurpose, *, at: datetime) -> tuple[Link, str]:
    """A new link and its token, in the caller's transaction; the token is kept nowhere."""
    token = secrets.token_urlsafe(32)
    link = Link(
        user_id=user.id,
        purpose=purpose,
        token_hash=hash_of(token),
        created_at=at,
        expires_at=at + LIFETIME[purpose],
    )
    db.session.add(link)
    db.session.flush()
    return link, token


def send(user: User, purpose: LinkPurpose, *, at: datetime, context: Mapping[str, Any] | None = None) -> str:
    """Issue a link and put its mail into the outbox, in the caller's transaction; its token."""
    link, token = issue(user, purpose, at=at)
    words = {"name": user.full_name, "path": path_of(token), "expires_at": link.expires_at, **(context or {})}
    mail.enqueue(purpose.value, recipient=user.email, at=at, context=words)
    return token


def ask(email: str, purpose: LinkPurpose, *, at: datetime) -> None:
    """Somebody asks for a link: the account, if there is one, gets it by mail; whoever asks is told nothing."""
    user = by_email(email)
    if user is not None and user.active:
        send(user, purpose, at=at)
    db.session.commit()


def find(token: str, *, at: datetime) -> Link | None:
    """The link of that token if it still opens something."""
    return db.session.scalars(
        sa.select(Link)
        .join(Link.user)
        .where(Link.token_hash == hash_of(token), Link.used_at.is_(None), Link.expires_at > at, User.active)
        .options(with_places(contains_eager(Link.user)))
    ).one_or_none()


def use(token: str, *, at: datetime) -> User:
    """Use up a link of sign-in; the account that it opens. Raises Refused when it was used or is too old."""
    user = take(token, at=at).user
    db.session.commit()
    return user


def take(token: str, *, at: datetime) -> Link:
    """Use up a link in the caller's transaction. Raises Refused."""
    link = find(token, at=at)
    if link is None:
        raise Refused(GONE)
    # Of two that come at once, one finds it unused.
    done = db.session.execute(sa.update(Link).where(Link.id == link.id, Link.used_at.is_(None)).values(used_at=at))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused(GONE)
    purpose = link.purpose.value
    events.record("account.link_used", at=at, actor_id=link.user_id, federation_id=None, data={"purpose": purpose})
    return link


def void_all(user: User, *, at: datetime) -> None:
    """No link sent before opens anything any more; part of the caller's transaction."""
    db.session.execute(sa.update(Link).where(Link.user_id == user.id, Link.used_at.is_(None)).values(used_at=at))
