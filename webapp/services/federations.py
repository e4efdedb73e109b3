"""Federations: made by whoever keeps the platform."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from forms.french import fold
from forms.values import Refused, clean_text
from webapp.database import db
from webapp.models import Federation
from webapp.services import events

LONGEST_NAME = 200


def add(*, name: str, actor_id: UUID | None, at: datetime) -> Federation:
    """A new federation, empty. One commit. Raises Refused (no name, too long, already there)."""
    name = " ".join(clean_text(name).split())
    if not name:
        raise Refused("Indiquez le nom de la fédération.", question="name")
    if len(name) > LONGEST_NAME:
        raise Refused(f"Restez en dessous de {LONGEST_NAME} caractères.", question="name")
    if db.session.scalar(sa.select(sa.exists().where(Federation.folded == fold(name)))):
        raise Refused("Une fédération porte déjà ce nom.", question="name")
    federation = Federation(name=name)
    db.session.add(federation)
    db.session.flush()
    events.record("federation.made", at=at, actor_id=actor_id, federation_id=federation.id, data={"name": name})
    db.session.commit()
    return federation
