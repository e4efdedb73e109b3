"""Tokens of the API: made, shown once, used, revoked."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused, clean_text
from webapp.database import db
from webapp.models import ApiToken, User
from webapp.queries import tokens as queries
from webapp.queries.accounts import hash_of
from webapp.queries.things import federation_of
from webapp.services import events
from webapp.vocabulary import TokenScope

PREFIX = "recueil_"
SECRET_BYTES = 32
SHOWN = len(PREFIX) + 6
"""Characters by which its owner knows a token again."""
LONGEST_NAME, MOST = 80, 20
DAYS = (30, 90, 365)
"""For how many days a token may be good."""
USED_EVERY = timedelta(minutes=15)
"""A token is noted as used at most this often."""


def make(user: User, *, name: str, scopes: Collection[str], days: int, at: datetime) -> tuple[ApiToken, str]:
    """A new token and its secret, which is nowhere else. One commit. Raises Refused with its place."""
    name = " ".join(clean_text(name).split())
    if not name:
        raise Refused("Indiquez un nom\u00a0: celui du programme ou du classeur.", question="name")
    if len(name) > LONGEST_NAME:
        raise Refused(f"Restez en dessous de {LONGEST_NAME} caractères.", question="name")
    wanted = [scope.value for scope in TokenScope if scope.value in scopes]
    if not wanted or len(wanted) != len(set(scopes)):
        raise Refused("Choisissez au moins une chose à lire.", question="scopes")
    if days not in DAYS:
        raise Refused("Choisissez une durée dans la liste.", question="days")
    if len(queries.of_owner(user.id, at=at)) >= MOST:
        raise Refused(f"Révoquez d’abord un jeton\u00a0: {MOST} au plus.", question="name")
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken(
        user_id=user.id,
        name=name,
        prefix=secret[:SHOWN],
        token_hash=hash_of(secret),
        scopes=wanted,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    db.session.add(token)
    db.session.flush()
    _record("token.made", token, actor_id=user.id, at=at)
    db.session.commit()
    return token, secret


def revoke(token_id: UUID, *, user: User, at: datetime) -> bool:
    """End a token of that account at once; False where it has none such. One commit."""
    token = db.session.scalars(
        sa.select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    ).one_or_none()
    if token is None:
        return False
    token.revoked_at = at
    _record("token.revoked", token, actor_id=user.id, at=at)
    db.session.commit()
    return True


def end_all(user: User, *, at: datetime) -> None:
    """End every token of an account whose rights have changed; part of the caller's transaction."""
    db.session.execute(
        sa.update(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None)).values(revoked_at=at)
    )


def note_used(token_id: UUID, *, at: datetime) -> None:
    """Remember that a token is still used: the worker writes it, the request that used it only reads. One commit."""
    db.session.execute(
        sa.update(ApiToken)
        .where(ApiToken.id == token_id, sa.or_(ApiToken.used_at.is_(None), ApiToken.used_at <= at - USED_EVERY))
        .values(used_at=at)
    )
    db.session.commit()


def _record(kind: str, token: ApiToken, *, actor_id: UUID, at: datetime) -> None:
    data = {"token": str(token.id), "name": token.name, "prefix": token.prefix, "scopes": token.scopes}
    owner = db.session.get_one(User, token.user_id)
    # In the journal of each federation whose things it opens.
    places = {federation_of(role) for role in owner.roles} - {None}
    for federation_id in sorted(places, key=str) or [None]:
        events.record(kind, at=at, actor_id=actor_id, federation_id=federation_id, data=data)
