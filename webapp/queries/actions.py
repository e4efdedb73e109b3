"""An action over the years: all its sheets, what an earlier year says, where its other years are."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from forms.carry_over import Earlier, settled
from forms.lifecycle import SheetState
from webapp.database import db
from webapp.models import Action, Campaign, Centre, Sheet, Snapshot
from webapp.queries.versions import form_of

LOOKED_BACK = 4
"""How many sheets back an earlier year is looked for: beyond that many drafts in a row nobody remembers the words."""

_WHOLE = (
    joinedload(Sheet.campaign),
    joinedload(Sheet.form_version),
    joinedload(Sheet.current_snapshot).joinedload(Snapshot.form_version),
    selectinload(Sheet.phone_entries),
)


def find(action_id: UUID) -> Action | None:
    """That action, with its centre and federation."""
    whole = joinedload(Action.centre).joinedload(Centre.federation)
    return db.session.scalar(sa.select(Action).where(Action.id == action_id).options(whole))


def _sheets(action_id: UUID) -> sa.Select[Sheet]:
    return (
        sa.select(Sheet)
        .join(Sheet.campaign)
        .where(Sheet.action_id == action_id)
        .options(*_WHOLE)
        .order_by(Campaign.year.desc(), Sheet.reference)
    )


def years_of(action_id: UUID) -> Sequence[Sheet]:
    """All sheets of an action, newest year first, each with its campaign, its form and what was last sent of it."""
    return db.session.scalars(_sheets(action_id)).all()


def sent_before(action_id: UUID, *, year: int) -> Sequence[Sheet]:
    """The sheets of an action's earlier years that hold something sent, newest first: what a reviewer may compare."""
    sent = Sheet.state != SheetState.DRAFT, Sheet.current_snapshot_id.is_not(None)
    return db.session.scalars(_sheets(action_id).where(Campaign.year < year, *sent)).all()


def earlier(action_id: UUID, *, before: int) -> tuple[Earlier, ...]:
    """The years that a sheet may draw from, newest first: the last that was sent, and the drafts since."""
    found: list[Earlier] = []
    for sheet in db.session.scalars(_sheets(action_id).where(Campaign.year < before).limit(LOOKED_BACK)):
        year, snapshot = sheet.campaign.year, sheet.current_snapshot
        if snapshot is not None:
            found.append(Earlier(year, form_of(snapshot.form_version), snapshot.answers, sheet=str(sheet.id)))
            break
        own = settled(sheet.answers, sheet.carried)
        found.append(Earlier(year, form_of(sheet.form_version), own, draft=True, sheet=str(sheet.id)))
    return tuple(found)


def last_sheets(action_ids: Iterable[UUID], *, before: int) -> dict[UUID, Sheet]:
    """The newest sheet of each action before that year; actions without one are left out."""
    last = (
        sa.select(Sheet.action_id, sa.func.max(Campaign.year).label("year"))
        .join(Sheet.campaign)
        .where(Sheet.action_id.in_(list(action_ids)), Campaign.year < before)
        .group_by(Sheet.action_id)
        .subquery()
    )
    rows = db.session.scalars(
        sa.select(Sheet)
        .join(Sheet.campaign)
        .join(last, sa.and_(last.c.action_id == Sheet.action_id, last.c.year == Campaign.year))
        .options(*_WHOLE)
    )
    return {sheet.action_id: sheet for sheet in rows}


def with_several_years(action_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Those of these actions that have more than one sheet."""
    return frozenset(
        db.session.scalars(
            sa.select(Sheet.action_id)
            .where(Sheet.action_id.in_(list(action_ids)))
            .group_by(Sheet.action_id)
            .having(sa.func.count() > 1)
        )
    )
