"""The blueprint of the campaigns, and what their pages share."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, url_for

from webapp.guard import refuse_unless
from webapp.models import Campaign
from webapp.policy import Act
from webapp.queries import campaigns as queries

blueprint = Blueprint("campaigns", __name__, url_prefix="/campagnes")

PARTS = (("Les centres", "campaigns.show"), ("Invitations", "campaigns.invitations"))


def campaign_for(act: Act, id: UUID) -> Campaign:
    """That campaign with its people, if whoever asks may do that with it; else 404 or 403."""
    return refuse_unless(act, queries.find(id))


def tabs(campaign: Campaign, here: str) -> Sequence[Mapping[str, Any]]:
    """The parts of a campaign's pages. here: the endpoint of the one that is shown."""
    return [
        {"label": label, "url": url_for(endpoint, id=campaign.id), "current": endpoint == here}
        for label, endpoint in PARTS
    ]
