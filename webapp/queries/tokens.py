"""The tokens by which programs read: which one asks, which ones somebody has."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from webapp.database import db
from webapp.models import ApiToken, User
from webapp.policy import ACT_OF_SCOPE, Actor
from webapp.queries.accounts import actor_of, with_places
from webapp.vocabulary import TokenScope


def _open(at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return ApiToken.revoked_at.is_(None), ApiToken.expires_at > at


def open_token(token_hash: str, *, at: datetime) -> ApiToken | None:
    """The token of that hash, if nothing has ended it, with its owner's account and roles."""
    return db.session.scalars(
        sa.select(ApiToken)
        .join(ApiToken.user)
        .where(ApiToken.token_hash == token_hash, *_open(at), User.active)
        .options(with_places(contains_eager(ApiToken.user)))
    ).one_or_none()


def of_owner(user_id: UUID, *, at: datetime) -> Sequence[ApiToken]:
    """The tokens of an account that open something, the latest first."""
    return db.session.scalars(
        sa.select(ApiToken)
        .where(ApiToken.user_id == user_id, *_open(at))
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    ).all()


def program_of(token: ApiToken) -> Actor:
    """What the policy knows of a program: its owner's roles, narrowed to what the token is for."""
    owner = actor_of(token.user)
    known = {scope.value for scope in TokenScope}
    acts = {ACT_OF_SCOPE[TokenScope(scope)].value for scope in token.scopes if scope in known}
    return Actor(owner.user_id, owner.roles, only=frozenset(acts))
