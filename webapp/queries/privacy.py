"""What federations say of personal data, and what was erased."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import Erasure, Event, Federation, PrivacyNotice
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of
from webapp.vocabulary import ErasureKind

LISTED = 50


def notices() -> Sequence[PrivacyNotice]:
    """What the federations say, by name: it is public."""
    return db.session.scalars(
        sa.select(PrivacyNotice)
        .join(PrivacyNotice.federation)
        .options(joinedload(PrivacyNotice.federation))
        .order_by(Federation.folded)
    ).all()


def notices_to_fill(actor: Actor) -> list[tuple[Federation, PrivacyNotice | None]]:
    """The federations for which the actor says it, each with what it says now."""
    rows = db.session.execute(
        sa.select(Federation, PrivacyNotice)
        .outerjoin(PrivacyNotice, PrivacyNotice.federation_id == Federation.id)
        .where(scope_of(actor, Act.PRIVACY_MANAGE, Federation))
        .order_by(Federation.folded)
    )
    return [(federation, notice) for federation, notice in rows]


def erasures(actor: Actor) -> Sequence[Erasure]:
    """Who was erased in the federations that the actor answers for, latest first: a number and a day."""
    return db.session.scalars(_told(actor).order_by(Erasure.number.desc()).limit(LISTED)).all()


def erasure(number: int, actor: Actor) -> Erasure | None:
    """That one of them, or None."""
    return db.session.scalar(_told(actor).where(Erasure.number == number))


def _told(actor: Actor) -> sa.Select[Erasure]:
    federations = sa.select(Federation.id).where(scope_of(actor, Act.PRIVACY_MANAGE, Federation))
    told = sa.select(Event.data["number"].as_integer()).where(
        Event.kind == "person.erased", Event.federation_id.in_(federations)
    )
    return sa.select(Erasure).where(
        Erasure.kind == ErasureKind.PERSON, Erasure.finished_at.is_not(None), Erasure.number.in_(told)
    )
