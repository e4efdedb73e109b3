"""A centre is reminded of sheets that wait for it: one mail for all those chosen together, one a day."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.french import PARIS
from forms.lifecycle import SheetState
from forms.values import Refused
from webapp.database import db
from webapp.follow_words import left_alone
from webapp.models import BulkItem, Campaign, Centre, Sheet
from webapp.policy import Actor
from webapp.queries import following, people, reminded
from webapp.queries.bulk import REMINDER
from webapp.services import events, mail
from webapp.services.notices import RESPONSIBLE
from webapp.vocabulary import BulkState

REMINDED = frozenset({SheetState.DRAFT, SheetState.CHANGES_REQUESTED})
"""The states in which a sheet waits for its centre."""


def remind(item: BulkItem, sheet: Sheet, *, actor: Actor, at: datetime) -> str:
    """Remind the sheet's centre of all its sheets in this run that wait; what the line says of it. One commit.

    The first line of a centre writes the mail, those that follow are told in it. Raises Refused (French).
    """
    # Two lines of one centre at once: one writes the mail, the other waits and finds it written.
    db.session.execute(sa.select(Centre.id).where(Centre.id == sheet.centre_id).with_for_update(key_share=True))
    # Promised since the recap, perhaps while the worker was at the others.
    peace = following.left_alone([sheet], at=at)
    if peace:
        raise Refused(left_alone(*peace.values()))
    if _already_told(item, sheet.centre_id):
        said = "Dans le même message que les autres fiches du centre"
    else:
        names = _tell(sheet, _together(item, sheet.centre_id, at=at), at=at)
        said = f"Message à {', '.join(names)}"
    item.message = said
    events.record("sheet.reminded", at=at, actor_id=actor.user_id, federation_id=sheet.federation_id, sheet_id=sheet.id)
    db.session.commit()
    return said


def _of_centre(item: BulkItem, centre_id: UUID) -> sa.Select[BulkItem]:
    return (
        sa.select(BulkItem)
        .join(BulkItem.sheet)
        .where(BulkItem.bulk_run_id == item.bulk_run_id, Sheet.centre_id == centre_id)
        .order_by(BulkItem.position)
    )


def _already_told(item: BulkItem, centre_id: UUID) -> bool:
    done = _of_centre(item, centre_id).where(BulkItem.state == BulkState.DONE, BulkItem.id != item.id)
    return db.session.scalars(done.limit(1)).first() is not None


def _together(item: BulkItem, centre_id: UUID, *, at: datetime) -> list[Sheet]:
    """The centre's sheets in this run that wait for it now, this line's and those of the lines still to come.

    Without those of a campaign in which it is left alone.
    """
    rows = db.session.scalars(
        _of_centre(item, centre_id)
        .where(
            sa.or_(BulkItem.id == item.id, BulkItem.state == BulkState.WAITING),
            Sheet.state == BulkItem.sheet_state,
            Sheet.state.in_(sorted(REMINDED)),
        )
        .options(joinedload(BulkItem.sheet).options(joinedload(Sheet.action), joinedload(Sheet.campaign)))
    )
    sheets = [row.sheet for row in rows]
    peace = following.left_alone(sheets, at=at)
    return [one for one in sheets if (one.campaign_id, one.centre_id) not in peace]


def _tell(sheet: Sheet, sheets: Sequence[Sheet], *, at: datetime) -> list[str]:
    """Write to the centre's responsables, who has had no reminder for it today; the names of those who will read it."""
    told = []
    context = {
        "centre": sheet.centre.name,
        "path": "/fiches",
        "to_send": [_line(one) for one in sheets if one.state is SheetState.DRAFT],
        "to_correct": [_line(one) for one in sheets if one.state is SheetState.CHANGES_REQUESTED],
    }
    people_there = people.of_centre(sheet.centre_id, RESPONSIBLE)
    for user in people_there:
        if reminded.had_one(user.id, sheet.centre_id, at=at):
            continue
        written = mail.enqueue(
            REMINDER,
            recipient=user.email,
            at=at,
            context=context | {"name": user.full_name},
            dedupe_key=f"{REMINDER}:{user.id}:{sheet.centre_id}:{at.astimezone(PARIS).date().isoformat()}",
            about=mail.About(user_id=user.id, campaign_id=sheet.campaign_id, centre_id=sheet.centre_id),
        )
        if written is not None:
            told.append(user.full_name or user.email)
    if not people_there:
        raise Refused("Aucun responsable n’a de compte dans ce centre.")
    if not told:
        raise Refused("Les responsables de ce centre ont déjà été relancés aujourd’hui.")
    return told


def _line(sheet: Sheet) -> dict[str, object]:
    return {"title": sheet.action.title, "reference": sheet.reference, "year": sheet.campaign.year}


def is_wanted(leaving: mail.Leaving, at: datetime) -> bool:
    """Whether a reminder should still leave: a sheet of its centre waits, and no later day was promised or given."""
    today = at.astimezone(PARIS).date()
    # What was sent back is corrected however late; a draft only while its campaign lasts.
    waits = sa.or_(
        Sheet.state == SheetState.CHANGES_REQUESTED,
        sa.and_(Sheet.state == SheetState.DRAFT, Campaign.last_edit >= today),
    )
    waiting = db.session.scalars(
        sa.select(Sheet).join(Sheet.campaign).where(Sheet.centre_id == leaving.centre_id, waits)
    ).all()
    peace = following.left_alone(waiting, at=at)
    return any((one.campaign_id, one.centre_id) not in peace for one in waiting)


mail.CHECKS[REMINDER] = is_wanted
