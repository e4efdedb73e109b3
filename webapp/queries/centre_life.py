"""A centre's life, told in order: since when, under which names, taken over or taking over, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from webapp.database import db
from webapp.models import Centre, Role, User
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of


@dataclass(frozen=True)
class Moment:
    """Something that happened to the centre: the day, in which words, which centre else."""

    on: date
    kind: str
    name: str = ""
    other_id: UUID | None = None


def find(centre_id: UUID) -> Centre | None:
    """That centre with all that its life tells."""
    return db.session.scalar(
        sa.select(Centre)
        .where(Centre.id == centre_id)
        .options(
            selectinload(Centre.aliases),
            joinedload(Centre.federation),
            joinedload(Centre.merged_into),
            selectinload(Centre.taken_over),
        )
    )


def moments(centre: Centre) -> list[Moment]:
    """The life of a centre, oldest first. Needs what find() loads."""
    found = [Moment(alias.held_until, "renamed", alias.name) for alias in centre.aliases if alias.held_until]
    if centre.joined_on:
        found.append(Moment(centre.joined_on, "joined"))
    found += [Moment(one.merged_on, "took_over", one.name, one.id) for one in centre.taken_over if one.merged_on]
    if centre.merged_into is not None and centre.merged_on:
        found.append(Moment(centre.merged_on, "merged", centre.merged_into.name, centre.merged_into.id))
    elif centre.closed_on:
        found.append(Moment(centre.closed_on, "closed"))
    return sorted(found, key=lambda one: (one.on, one.kind))


def people(centre_id: UUID) -> Sequence[Role]:
    """The roles held in that centre by active accounts, by person."""
    return db.session.scalars(
        sa.select(Role)
        .join(Role.user)
        .where(Role.centre_id == centre_id, User.active)
        .options(joinedload(Role.user))
        .order_by(sa.func.lower(User.full_name), User.email, Role.name)
    ).all()


def others(centre: Centre, actor: Actor) -> Sequence[Centre]:
    """The federation's other centres that are open and that the actor keeps, by name."""
    return db.session.scalars(
        sa.select(Centre)
        .where(
            Centre.federation_id == centre.federation_id,
            Centre.id != centre.id,
            Centre.closed_on.is_(None),
            scope_of(actor, Act.CENTRE_MANAGE, Centre),
        )
        .order_by(Centre.folded, Centre.id)
    ).all()
