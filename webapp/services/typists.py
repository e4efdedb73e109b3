"""What a sheet typed by telephone leaves behind: whose entry a change is part of, and what a sending settles."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.values import Refused
from webapp.database import db
from webapp.models import PhoneEntry, Sheet
from webapp.policy import Act, Actor, Refusal, decide
from webapp.queries.things import thing_of
from webapp.services import events, personal_links
from webapp.vocabulary import PersonalPurpose, RoleName


def entry_of(sheet_id: UUID, user_id: UUID | None) -> UUID | None:
    """The entry by which that person types that sheet for its centre now, if they do."""
    going_on = sa.select(PhoneEntry.id).where(
        PhoneEntry.sheet_id == sheet_id, PhoneEntry.started_by == user_id, PhoneEntry.ended_at.is_(None)
    )
    return db.session.scalar(going_on)


def refuse_unless_typing(sheet: Sheet, *, actor: Actor) -> None:
    """Raises Refused where somebody of the federation types no more: a centre may end it between two keystrokes.

    The caller holds the sheet's lock; nobody else is judged here.
    """
    if not actor.has(RoleName.REVIEWER, RoleName.ADMINISTRATOR):
        return
    typing = entry_of(sheet.id, actor.user_id) is not None
    thing = replace(thing_of(sheet), entrusted_to=frozenset({actor.user_id} if typing and actor.user_id else ()))
    if decide(actor, Act.SHEET_WRITE, thing).refusal is Refusal.RIGHT:
        raise Refused("La saisie au téléphone est terminée\u00a0: ce brouillon n’est plus ouvert à la fédération.")


def settle(sheet: Sheet, *, actor_id: UUID | None, at: datetime) -> None:
    """Who sends a sheet answers for what was typed into it; part of the caller's transaction."""
    for entry in _unanswered(sheet.id):
        if entry.ended_at is None:
            entry.ended_at, entry.ended_by = at, actor_id
        entry.confirmed_at, entry.confirmed_by = at, actor_id
        personal_links.revoke(PersonalPurpose.CONFIRMATION, target_id=entry.id, at=at)
        events.record(
            "phone.confirmed",
            at=at,
            actor_id=actor_id,
            federation_id=sheet.federation_id,
            sheet_id=sheet.id,
            data={"entry": str(entry.id), "typist": entry.typist.full_name or entry.typist.email},
        )


def withdraw_questions(sheet_id: UUID, *, at: datetime) -> None:
    """The sheet is typed again: what was asked of the centre about it before is asked no more."""
    for entry in _unanswered(sheet_id):
        personal_links.revoke(PersonalPurpose.CONFIRMATION, target_id=entry.id, at=at)


def _unanswered(sheet_id: UUID) -> Sequence[PhoneEntry]:
    return db.session.scalars(
        sa.select(PhoneEntry)
        .where(PhoneEntry.sheet_id == sheet_id, PhoneEntry.confirmed_at.is_(None), PhoneEntry.refused_at.is_(None))
        .options(joinedload(PhoneEntry.typist))
        .order_by(PhoneEntry.started_at, PhoneEntry.id)
    ).all()
