"""Open sessions: one row per sign-in, read at every request, ended when its person or their rights say so."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.database import db
from webapp.models import User, UserSession
from webapp.queries.accounts import hash_of
from webapp.services import events

# A session is marked as seen at most this often, and only by requests that write anyway.
SEEN_EVERY = timedelta(minutes=15)
LONGEST_AGENT = 300


def begin(user: User, *, how: str, user_agent: str, at: datetime) -> str:
    """Open a session for an account that has proved who it is; its token, to be kept in the cookie."""
    token = secrets.token_urlsafe(32)
    row = UserSession(
        user_id=user.id, token_hash=hash_of(token), created_at=at, seen_at=at, user_agent=user_agent[:LONGEST_AGENT]
    )
    db.session.add(row)
    events.record("account.signed_in", at=at, actor_id=user.id, federation_id=None, data={"how": how})
    db.session.commit()
    return token


def mark_seen(found: UserSession, *, at: datetime) -> None:
    """Remember that the session is still used."""
    if at - found.seen_at >= SEEN_EVERY:
        found.seen_at = at
        db.session.commit()


def end(session_id: UUID, *, user: User, at: datetime) -> bool:
    """End one session of that account; False where it has none such open."""
    ended = _end(UserSession.id == session_id, user, at)
    if ended:
        events.record("account.signed_out", at=at, actor_id=user.id, federation_id=None)
    db.session.commit()
    return bool(ended)


def end_others(user: User, *, kept: UUID | None, at: datetime) -> int:
    """End the sessions of that account, but the one kept."""
    ended = end_all(user, kept=kept, at=at)
    events.record("account.signed_out", at=at, actor_id=user.id, federation_id=None, data={"sessions": ended})
    db.session.commit()
    return ended


def end_all(user: User, *, at: datetime, kept: UUID | None = None) -> int:
    """End them in the caller's transaction; sign-ins half done are void too."""
    user.sign_in_mark = uuid4()
    return _end(UserSession.id != kept if kept is not None else sa.true(), user, at)


def _end(which: sa.ColumnElement[bool], user: User, at: datetime) -> int:
    done = db.session.execute(
        sa.update(UserSession)
        .where(which, UserSession.user_id == user.id, UserSession.ended_at.is_(None))
        .values(ended_at=at)
    )
    count: int = done.rowcount  # type: ignore[attr-defined]
    return count
