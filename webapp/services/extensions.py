"""More time for one centre of a campaign: until when, and why."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from forms.french import PARIS, day
from forms.values import Refused
from webapp.database import db
from webapp.models import Campaign, CampaignCentre
from webapp.services import events

LONGEST_REASON = 500


def grant(
    campaign_id: UUID, centre_id: UUID, *, until: date, reason: str, actor_id: UUID | None, at: datetime
) -> CampaignCentre:
    """Give an expected centre until that day, included. Raises Refused with its place. One commit."""
    line = _locked(campaign_id, centre_id)
    campaign, reason = line.campaign, " ".join(reason.split())
    if until <= campaign.shown_deadline:
        raise Refused(
            f"Choisissez un jour après la date annoncée à tous, le {day(campaign.shown_deadline)}.", question="until"
        )
    if until < at.astimezone(PARIS).date():
        raise Refused("Choisissez un jour qui n’est pas encore passé.", question="until")
    if not reason:
        raise Refused("Indiquez la raison\u00a0: elle reste dans le journal.", question="reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(f"Raccourcissez ce texte\u00a0: {LONGEST_REASON} caractères au plus.", question="reason")
    line.extended_until, line.extension_reason = until, reason
    line.extended_by, line.extended_at = actor_id, at
    _record("campaign.extended", line, {"until": until.isoformat(), "reason": reason}, actor_id=actor_id, at=at)
    db.session.commit()
    return line


def end(campaign_id: UUID, centre_id: UUID, *, actor_id: UUID | None, at: datetime) -> None:
    """The campaign's own dates hold for that centre again; without more time there is nothing to end. One commit."""
    line = _locked(campaign_id, centre_id)
    if line.extended_until is not None:
        _record("campaign.extension_ended", line, {"until": line.extended_until.isoformat()}, actor_id=actor_id, at=at)
    line.extended_until = line.extension_reason = line.extended_by = line.extended_at = None
    db.session.commit()


def _locked(campaign_id: UUID, centre_id: UUID) -> CampaignCentre:
    """The centre's line, held until the commit. Raises Refused where the centre is not expected."""
    found = db.session.scalar(
        sa.select(CampaignCentre)
        .where(CampaignCentre.campaign_id == campaign_id, CampaignCentre.centre_id == centre_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise Refused("Ce centre n’est pas attendu dans cette campagne\u00a0: ajoutez-le d’abord aux centres attendus.")
    return found


def _record(kind: str, line: CampaignCentre, data: dict[str, str], *, actor_id: UUID | None, at: datetime) -> None:
    campaign: Campaign = line.campaign
    about = {"campaign": str(campaign.id), "year": campaign.year, "centre": str(line.centre_id)}
    events.record(
        kind,
        at=at,
        actor_id=actor_id,
        federation_id=campaign.federation_id,
        data=about | {"name": line.centre.name} | data,
    )
