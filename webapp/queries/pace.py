"""When the centres of a campaign sent for the first time, this year and in the years before."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Campaign, CampaignCentre, Sheet, Snapshot
from webapp.policy import OPERATOR, SENT, Act, Actor
from webapp.queries.scope import scope_of

Sendings = dict[UUID, datetime | None]
"""By centre that has sent something and not taken it back: when first; None where only an archive brought it."""


def first_sendings(campaign_ids: Collection[UUID], *, actor: Actor = OPERATOR) -> dict[UUID, Sendings]:
    """By campaign, when its centres first sent a sheet. actor: only the centres that they may see."""
    # An archive arrives already validated, at the very moment of its snapshot: that tells nothing of the centre.
    lived = sa.or_(Sheet.validated_at.is_(None), Sheet.validated_at != Snapshot.created_at)
    rows = db.session.execute(
        sa.select(
            Sheet.campaign_id,
            Sheet.centre_id,
            sa.func.min(sa.case((lived, Snapshot.created_at))),
        )
        .join(Snapshot, sa.and_(Snapshot.sheet_id == Sheet.id, Snapshot.number == 1))
        .where(
            Sheet.campaign_id.in_(campaign_ids),
            Sheet.state.in_(sorted(SENT)),
            scope_of(actor, Act.REVIEW_LIST, Sheet),
        )
        .group_by(Sheet.campaign_id, Sheet.centre_id)
    )
    found: dict[UUID, Sendings] = {id_: {} for id_ in campaign_ids}
    for campaign_id, centre_id, first in rows:
        found[campaign_id][centre_id] = first
    return found


def earlier(campaign: Campaign, *, most: int = 3) -> list[Campaign]:
    """The federation's campaigns of the years before, latest first."""
    return list(
        db.session.scalars(
            sa.select(Campaign)
            .where(Campaign.federation_id == campaign.federation_id, Campaign.year < campaign.year)
            .order_by(Campaign.year.desc())
            .limit(most)
        )
    )


def expected_in(campaign_id: UUID) -> set[UUID]:
    """The centres that a campaign expected."""
    return set(db.session.scalars(sa.select(CampaignCentre.centre_id).where(CampaignCentre.campaign_id == campaign_id)))
