"""Workbooks that came back and wait, and the sheets that are carried away together."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Action, Campaign, Centre, Sheet, TakeawayUpload
from webapp.queries.sheets import WHOLE


def upload(sheet_id: UUID, upload_id: UUID) -> TakeawayUpload | None:
    """That workbook of that sheet, or None."""
    return db.session.scalar(
        sa.select(TakeawayUpload).where(TakeawayUpload.id == upload_id, TakeawayUpload.sheet_id == sheet_id)
    )


def waiting(sheet_id: UUID) -> Sequence[TakeawayUpload]:
    """The workbooks of that sheet about which nobody has decided, the latest first, without their cells."""
    return db.session.scalars(
        sa.select(TakeawayUpload)
        .where(TakeawayUpload.sheet_id == sheet_id)
        .options(sa.orm.defer(TakeawayUpload.cells))
        .order_by(TakeawayUpload.created_at.desc(), TakeawayUpload.id)
    ).all()


def of_centre(centre_id: UUID, campaign_id: UUID) -> Sequence[Sheet]:
    """The sheets of a centre in a campaign, by title."""
    return db.session.scalars(
        sa.select(Sheet)
        .join(Sheet.action)
        .where(Sheet.centre_id == centre_id, Sheet.campaign_id == campaign_id)
        .options(*WHOLE)
        .order_by(sa.func.lower(Action.title), Sheet.reference)
    ).all()


def campaign_of(centre: Centre, campaign_id: UUID) -> Campaign | None:
    """That campaign, if it is one of the centre's federation."""
    return db.session.scalar(
        sa.select(Campaign)
        .where(Campaign.id == campaign_id, Campaign.federation_id == centre.federation_id)
        .options(sa.orm.joinedload(Campaign.form_version), sa.orm.joinedload(Campaign.federation))
    )
