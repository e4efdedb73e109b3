"""Who is to be told."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Role, User
from webapp.vocabulary import RoleName


def of_centre(centre_id: UUID, roles: Collection[RoleName]) -> list[User]:
    """The active accounts that hold one of these roles in that centre."""
    held = sa.exists().where(Role.user_id == User.id, Role.centre_id == centre_id, Role.name.in_(roles))
    return list(db.session.scalars(sa.select(User).where(held, User.active).order_by(User.email)))


def of_federation(federation_id: UUID, department: str, *, among: Collection[UUID]) -> list[User]:
    """The active staff of a federation who look after that department.

    Those among these accounts, all of them where none of these is left.
    """
    rows = db.session.execute(
        sa.select(User, Role.departments)
        .join(Role.user)
        .where(Role.federation_id == federation_id, User.active)
        .order_by(User.email)
    )
    found = list(dict.fromkeys(user for user, limits in rows if not limits or department in limits))
    return [user for user in found if user.id in among] or found


def administrators(federation_id: UUID) -> list[User]:
    """The active administrators of a federation, by address."""
    held = sa.exists().where(
        Role.user_id == User.id, Role.federation_id == federation_id, Role.name == RoleName.ADMINISTRATOR
    )
    return list(db.session.scalars(sa.select(User).where(held, User.active).order_by(User.email)))


def of_centres(centre_ids: Collection[UUID]) -> dict[UUID, list[tuple[RoleName, User]]]:
    """The active accounts of these centres with the role that each holds there, by address."""
    rows = db.session.execute(
        sa.select(Role.centre_id, Role.name, User)
        .join(Role.user)
        .where(Role.centre_id.in_(centre_ids), User.active)
        .order_by(User.email, Role.name, Role.id)
    )
    found: dict[UUID, list[tuple[RoleName, User]]] = {}
    for centre_id, name, user in rows:
        if centre_id is not None:
            found.setdefault(centre_id, []).append((name, user))
    return found
