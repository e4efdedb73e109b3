"""What a reply by link needs: the query with its sheet and the person."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import PersonalLink, Query, User
from webapp.queries.accounts import by_id, hash_of
from webapp.queries.sheets import WHOLE
from webapp.vocabulary import PersonalPurpose


def by_link(token: str, purpose: PersonalPurpose, *, at: datetime) -> tuple[Query, User] | None:
    """The query that this link opens and the active account whose link it is; None where it opens nothing any more."""
    link = db.session.scalar(
        sa.select(PersonalLink).where(
            PersonalLink.token_hash == hash_of(token),
            PersonalLink.purpose == purpose,
            PersonalLink.used_at.is_(None),
            PersonalLink.revoked_at.is_(None),
            PersonalLink.expires_at > at,
        )
    )
    user = by_id(link.user_id) if link is not None and link.user_id is not None else None
    if link is None or user is None or not user.active:
        return None
    query = db.session.scalar(
        sa.select(Query)
        .where(Query.id == link.target_id)
        .options(joinedload(Query.author), joinedload(Query.sheet).options(*WHOLE))
    )
    return (query, user) if query is not None else None


def query_of(sheet_id: UUID, query_id: UUID) -> Query | None:
    """That query of that sheet with all that its page shows, or None."""
    return db.session.scalar(
        sa.select(Query)
        .where(Query.id == query_id, Query.sheet_id == sheet_id)
        .options(joinedload(Query.author), joinedload(Query.sheet).options(*WHOLE))
    )
