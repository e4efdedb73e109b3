"""What the pages of the telephone show: where a sheet may be typed for a centre, what was typed and not answered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from forms.lifecycle import EDITABLE
from webapp.campaign_dates import may_edit
from webapp.database import db
from webapp.models import Campaign, Centre, PhoneEntry, Sheet, Snapshot

_TOLD = (
    joinedload(Sheet.campaign),
    # A draft's name is not the federation's to read.
    joinedload(Sheet.current_snapshot).load_only(Snapshot.title, Snapshot.sheet_id),
    selectinload(Sheet.phone_entries).joinedload(PhoneEntry.typist),
)


def running(centre: Centre, *, at: datetime) -> list[Campaign]:
    """The campaigns in which a sheet of that centre may still be typed, newest first."""
    rows = db.session.scalars(
        sa.select(Campaign).where(Campaign.federation_id == centre.federation_id).order_by(Campaign.year.desc())
    )
    return [campaign for campaign in rows if may_edit(campaign, at=at)]


def editable(centre_id: UUID, campaign_id: UUID) -> Sequence[Sheet]:
    """The centre's sheets of a campaign that have not been sent, or that were sent back, in the order of references."""
    return db.session.scalars(
        sa.select(Sheet)
        .where(Sheet.centre_id == centre_id, Sheet.campaign_id == campaign_id, Sheet.state.in_(sorted(EDITABLE)))
        .options(*_TOLD)
        .order_by(Sheet.reference)
    ).all()


def waiting(centre_id: UUID) -> Sequence[PhoneEntry]:
    """What is being typed for a centre, or was and waits for its word; newest first."""
    return db.session.scalars(
        sa.select(PhoneEntry)
        .join(PhoneEntry.sheet)
        .where(
            Sheet.centre_id == centre_id,
            PhoneEntry.confirmed_at.is_(None),
            PhoneEntry.refused_at.is_(None),
            Sheet.state.in_(sorted(EDITABLE)),
        )
        .options(joinedload(PhoneEntry.sheet), joinedload(PhoneEntry.typist))
        .order_by(PhoneEntry.started_at.desc(), PhoneEntry.id)
    ).all()


def confirmed(sheet_id: UUID) -> Sequence[PhoneEntry]:
    """What was typed into that sheet by telephone and confirmed by its centre, oldest first."""
    return db.session.scalars(
        sa.select(PhoneEntry)
        .where(PhoneEntry.sheet_id == sheet_id, PhoneEntry.confirmed_at.is_not(None))
        .options(joinedload(PhoneEntry.typist), joinedload(PhoneEntry.confirmer))
        .order_by(PhoneEntry.started_at, PhoneEntry.id)
    ).all()
