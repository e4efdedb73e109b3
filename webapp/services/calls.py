"""Calls to the centres, noted by whoever made them."""

from datetime import date, datetime
from uuid import UUID

from forms.french import PARIS
from forms.values import Refused
from webapp.database import db
from webapp.models import CallNote, Campaign, Centre
from webapp.services import events


def note(
    campaign: Campaign, centre: Centre, *, text: str, promised_on: date | None, actor_id: UUID, at: datetime
) -> CallNote:
    """Keep what was said and the day that was promised; one commit. Raises Refused where nothing was said."""
    if not text and promised_on is None:
        raise Refused("Notez ce qui s’est dit, ou le jour promis.", question="text")
    if promised_on is not None and promised_on < at.astimezone(PARIS).date():
        raise Refused("Indiquez un jour à venir.", question="promised_on")
    row = CallNote(
        campaign_id=campaign.id, centre_id=centre.id, at=at, by_id=actor_id, text=text, promised_on=promised_on
    )
    db.session.add(row)
    events.record(
        "call.noted",
        at=at,
        actor_id=actor_id,
        federation_id=campaign.federation_id,
        data={"name": centre.name, "campaign": str(campaign.id), "promised_on": promised_on and str(promised_on)},
    )
    db.session.commit()
    return row
