"""Who of the federation reads which sheet."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused
from webapp import policy
from webapp.database import db
from webapp.models import Role, Sheet, User
from webapp.policy import Act, Actor
from webapp.queries.review import READERS
from webapp.queries.things import thing_of
from webapp.services import events
from webapp.services.sheets import locked


def assign(sheet_id: UUID, user_id: UUID | None, *, actor: Actor, at: datetime) -> Sheet:
    """Give a sheet to somebody of its federation to read, or to nobody (None).

    Raises Refused (French) where that account does not read for the federation, policy.Denied where the actor may not.
    """
    sheet = locked(sheet_id)
    policy.require(actor, Act.REVIEW_ASSIGN, thing_of(sheet))
    if user_id == sheet.assigned_to:
        db.session.commit()
        return sheet
    reader = _reader(user_id, sheet) if user_id is not None else None
    sheet.assigned_to = user_id
    data = {"to": str(reader.id), "name": reader.full_name or reader.email} if reader is not None else {}
    events.record(
        "review.assigned" if reader is not None else "review.unassigned",
        at=at,
        actor_id=actor.user_id,
        federation_id=sheet.federation_id,
        sheet_id=sheet.id,
        data=data,
    )
    db.session.commit()
    return sheet


def _reader(user_id: UUID, sheet: Sheet) -> User:
    held = sa.select(User, Role.departments).join(Role.user).where(User.id == user_id, User.active)
    here = held.where(Role.name.in_(READERS), Role.federation_id == sheet.federation_id)
    found = list(db.session.execute(here))
    if not found:
        raise Refused("Choisissez une personne qui relit pour la fédération.", question="reader")
    # Who may not open it would never read it.
    for reader, limits in found:
        if not limits or sheet.centre.department in limits:
            return reader
    raise Refused("Cette personne ne relit pas les fiches de ce département.", question="reader")
