"""Passwords: what is accepted, how they are kept and compared."""

import unicodedata
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from forms.values import Refused
from webapp.database import db
from webapp.models import User
from webapp.services import events, links, mail, sessions, tokens

SHORTEST, LONGEST = 12, 200
FEWEST_DIFFERENT = 5
# Only the most obvious of those that are long enough: length does the rest.
OBVIOUS = ("motdepasse", "password", "azertyuiop", "qwertyuiop", "123456789", "centresocial", "recueil")

_hasher = PasswordHasher()


@lru_cache(maxsize=1)
def _somebody() -> str:
    return _hasher.hash("nobody has this password")


def _normal(password: str) -> str:
    # The same accent can be typed in two ways.
    return unicodedata.normalize("NFKC", password)


def refuse_weak(password: str, *, email: str) -> None:
    """Raises Refused (French) for a password that would soon be guessed."""
    if len(password) < SHORTEST:
        raise Refused(f"Choisissez un mot de passe d’au moins {SHORTEST} caractères.", question="password")
    if len(password) > LONGEST:
        raise Refused(f"Choisissez un mot de passe de {LONGEST} caractères au plus.", question="password")
    low = password.lower()
    name = email.partition("@")[0].lower()
    stripped = low
    for word in (*OBVIOUS, *([name] if len(name) > 3 else [])):
        stripped = stripped.replace(word, "")
    if len(set(low)) < FEWEST_DIFFERENT or len(stripped) < SHORTEST // 2:
        raise Refused("Ce mot de passe se devine trop facilement. Choisissez-en un autre.", question="password")


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(_normal(password))


def is_right(user: User | None, password: str) -> bool:
    """Whether this is the password of that account; takes as long for an account that isn't there."""
    kept = user.password if user is not None and user.password else _somebody()
    try:
        _hasher.verify(kept, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return user is not None and bool(user.password)


def set_password(user: User, password: str, *, kept_session: UUID | None, at: datetime) -> None:
    """Take a new password: the other sessions, every mail link not yet used and the tokens end with the old one."""
    refuse_weak(password, email=user.email)
    put(user, password, kept_session=kept_session, at=at)
    db.session.commit()


def put(user: User, password: str, *, kept_session: UUID | None, at: datetime) -> None:
    """The same in the caller's transaction, for a password that was accepted."""
    first = user.password is None
    user.password = hash_password(password)
    sessions.end_all(user, kept=kept_session, at=at)
    links.void_all(user, at=at)
    # Whoever sat at this account for a minute may have made one.
    tokens.end_all(user, at=at)
    if not first:
        context = {"name": user.full_name, "at": at, "path": "/connexion/mot-de-passe-oublie"}
        mail.enqueue("password_changed", recipient=user.email, at=at, context=context)
    events.record("account.password_changed", at=at, actor_id=user.id, federation_id=None)
