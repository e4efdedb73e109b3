"""What happened in the federations that somebody answers for, latest first."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import Action, Event, Federation, Sheet
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of

PAGE = 100


def _mine(actor: Actor) -> sa.ColumnElement[bool]:
    """Of a whole federation all of it; where a role is limited to departments, what was done to their sheets."""
    federations = sa.select(Federation.id).where(scope_of(actor, Act.JOURNAL_READ, Federation))
    sheets = sa.select(Sheet.id).where(scope_of(actor, Act.JOURNAL_READ, Sheet))
    return sa.or_(Event.federation_id.in_(federations), Event.sheet_id.in_(sheets))


def count(actor: Actor) -> int:
    """How many entries the actor may read."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(Event).where(_mine(actor))) or 0


def entries(actor: Actor, *, page: int) -> Sequence[tuple[Event, str | None]]:
    """A page of them, each with the title of the action whose sheet it is about."""
    rows = db.session.execute(
        sa.select(Event, Action.title)
        .outerjoin(Sheet, Sheet.id == Event.sheet_id)
        .outerjoin(Action, Action.id == Sheet.action_id)
        .where(_mine(actor))
        .options(joinedload(Event.actor))
        .order_by(Event.seq.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return [(event, title) for event, title in rows]
