"""Who asks, who has an account, which sessions are open."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from forms.departments import DEPARTMENTS
from webapp.database import db
from webapp.models import Centre, Federation, Funder, Role, User, UserSession
from webapp.policy import Act, Actor, Held
from webapp.policy_words import ROLES
from webapp.queries.scope import scope_of
from webapp.queries.things import federation_of
from webapp.vocabulary import RoleName

SESSION_LIFETIME = timedelta(days=30)


class Placed(Protocol):
    """A role at a place, held by somebody or only meant."""

    @property
    def name(self) -> RoleName: ...
    @property
    def centre(self) -> Centre | None: ...
    @property
    def federation(self) -> Federation | None: ...
    @property
    def funder(self) -> Funder | None: ...
    @property
    def departments(self) -> Sequence[str]: ...


def in_words(role: Placed) -> str:
    """« Responsable, Centre social du Lavoir », « Relecteur, Fédération du Val (Lot, Gers) »."""
    place = role.centre or role.federation or role.funder
    said = f"{ROLES[role.name]}, {place.name}" if place is not None else ROLES[role.name]
    return f"{said} ({departments_in_words(role.departments)})" if role.departments else said


def departments_in_words(codes: Collection[str]) -> str:
    """« Lot, Gers », in the order of their codes."""
    return ", ".join(DEPARTMENTS.get(code, code) for code in sorted(codes))


def hash_of(token: str) -> str:
    """What is kept of a token: enough to know it again, useless to whoever reads the database."""
    return hashlib.sha256(token.encode()).hexdigest()


def with_places(start: ORMOption | None = None) -> ORMOption:
    """Load the roles of an account, each with its centre, funder and federation: pages show them all."""
    roles = selectinload(User.roles) if start is None else start.selectinload(User.roles)  # type: ignore[attr-defined]
    return roles.options(joinedload(Role.centre), joinedload(Role.funder), joinedload(Role.federation))


def actor_of(user: User) -> Actor:
    """What the policy knows of an account."""
    return Actor(user.id, tuple(_held(role) for role in user.roles))


def _held(role: Role) -> Held:
    departments = frozenset(role.departments)
    return Held(role.name, federation_of(role), role.centre_id, role.funder_id, departments)


def open_session(token_hash: str, *, at: datetime) -> UserSession | None:
    """The session that this token opened, if nothing has ended it, with its account and roles."""
    return db.session.scalars(
        sa.select(UserSession)
        .join(UserSession.user)
        .where(
            UserSession.token_hash == token_hash,
            UserSession.ended_at.is_(None),
            UserSession.created_at > at - SESSION_LIFETIME,
            User.active,
        )
        .options(with_places(contains_eager(UserSession.user)))
    ).one_or_none()


def open_sessions(user_id: UUID, *, at: datetime) -> Sequence[UserSession]:
    """The sessions of an account that are open, the latest first."""
    return db.session.scalars(
        sa.select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.ended_at.is_(None),
            UserSession.created_at > at - SESSION_LIFETIME,
        )
        .order_by(UserSession.created_at.desc(), UserSession.id)
    ).all()


def by_email(email: str) -> User | None:
    """The account with that address, however its case is written."""
    return db.session.scalars(
        sa.select(User).where(User.email == email.strip().lower()).options(with_places())
    ).one_or_none()


def by_id(user_id: UUID) -> User | None:
    """An account with its roles and their places."""
    return db.session.scalars(sa.select(User).where(User.id == user_id).options(with_places())).one_or_none()


def demonstration() -> list[User]:
    """The first account of each role that has a password: those one tries a demonstration with."""
    users = db.session.scalars(
        sa.select(User)
        .where(User.active, User.password.is_not(None))
        .options(with_places())
        .order_by(User.created_at, User.email)
    ).all()
    found = {role.name: user for user in reversed(users) for role in user.roles}
    return [found[name] for name in RoleName if name in found]


def roles_within(actor: Actor) -> Sequence[Role]:
    """The roles that the actor may see the accounts of, by place then by person."""
    return db.session.scalars(
        sa.select(Role)
        .join(Role.user)
        .outerjoin(Role.centre)
        .outerjoin(Role.funder)
        .outerjoin(Role.federation)
        .where(scope_of(actor, Act.ACCOUNT_LIST, Role))
        .options(
            contains_eager(Role.user),
            contains_eager(Role.centre),
            contains_eager(Role.funder),
            contains_eager(Role.federation),
        )
        .order_by(Federation.folded, Centre.folded, Funder.name, Role.name, User.full_name, User.email, Role.id)
    ).all()


def person_within(actor: Actor, user_id: UUID) -> User | None:
    """That account, where the actor may see it."""
    return db.session.scalars(
        sa.select(User).where(User.id == user_id, scope_of(actor, Act.ACCOUNT_LIST, User)).options(with_places())
    ).one_or_none()


def known_elsewhere(actor: Actor, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of these accounts that also hold a role which the actor may not see: their names were given elsewhere."""
    seen = sa.select(Role.id).where(scope_of(actor, Act.ACCOUNT_LIST, Role))
    others = sa.select(Role.user_id).where(Role.user_id.in_(user_ids), Role.id.not_in(seen))
    return set(db.session.scalars(others))


def role_by_id(role_id: UUID) -> Role | None:
    """A role with its place and its account."""
    return db.session.scalars(
        sa.select(Role)
        .where(Role.id == role_id)
        .options(joinedload(Role.centre), joinedload(Role.funder), joinedload(Role.federation))
        .options(with_places(joinedload(Role.user)))
    ).one_or_none()


@dataclass(frozen=True)
class PlacesToGive:
    """Where the actor may give somebody a role."""

    centres: tuple[Centre, ...]
    federations: tuple[Federation, ...]
    funders: tuple[Funder, ...]


def places_to_give(actor: Actor) -> PlacesToGive:
    """The centres still open, the federations and the funders that the actor looks after."""
    act = Act.ACCOUNT_INVITE
    centres = sa.select(Centre).where(scope_of(actor, act, Centre), Centre.closed_on.is_(None))
    federations = sa.select(Federation).where(scope_of(actor, act, Federation))
    funders = sa.select(Funder).where(scope_of(actor, act, Funder))
    return PlacesToGive(
        tuple(db.session.scalars(centres.order_by(Centre.folded, Centre.id))),
        tuple(db.session.scalars(federations.order_by(Federation.folded))),
        tuple(db.session.scalars(funders.order_by(Funder.name, Funder.id))),
    )
