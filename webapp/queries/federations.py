"""All federations, for whoever keeps the platform."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Campaign, Centre, Federation
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of


@dataclass(frozen=True)
class Line:
    """A federation and how large it is."""

    federation: Federation
    centres: int
    campaigns: int


def listed(actor: Actor) -> Sequence[Line]:
    """The federations that the actor keeps, by name."""
    centres = sa.select(sa.func.count()).where(Centre.federation_id == Federation.id).scalar_subquery()
    campaigns = sa.select(sa.func.count()).where(Campaign.federation_id == Federation.id).scalar_subquery()
    rows = db.session.execute(
        sa.select(Federation, centres, campaigns)
        .where(scope_of(actor, Act.FEDERATION_MANAGE, Federation))
        .order_by(Federation.folded, Federation.id)
    )
    return [Line(*row) for row in rows]
