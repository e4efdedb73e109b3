"""How long a centre has to reply to a query of a campaign, where nobody says another date."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused
from webapp.database import db
from webapp.models import Campaign
from webapp.services import events

SHORTEST, LONGEST = 1, 120


def set_days(campaign_id: UUID, typed: str, *, actor_id: UUID | None, at: datetime) -> Campaign:
    """Change the days, as they were typed; queries that have left keep theirs. Raises Refused."""
    days = int(typed) if typed.strip().isascii() and typed.strip().isdecimal() and len(typed) < 9 else 0
    if not SHORTEST <= days <= LONGEST:
        raise Refused(f"Indiquez un nombre de jours entre {SHORTEST} et {LONGEST}.", question="days")
    campaign = db.session.execute(sa.select(Campaign).where(Campaign.id == campaign_id).with_for_update()).scalar_one()
    if campaign.query_days != days:
        campaign.query_days = days
        data = {"campaign": str(campaign.id), "year": campaign.year, "query_days": days}
        events.record("campaign.changed", at=at, actor_id=actor_id, federation_id=campaign.federation_id, data=data)
        db.session.commit()
    return campaign
