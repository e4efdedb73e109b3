"""The dates of a campaign for the calendar of a centre."""

from uuid import UUID

from flask import Response, abort

from webapp.blueprints.following import dates_file
from webapp.blueprints.sheets.frame import blueprint
from webapp.clock import now
from webapp.guard import current_actor, needs
from webapp.policy import Act
from webapp.queries import sheets as queries


@blueprint.get("/fiches/dates/<uuid:campaign_id>/campagne.ics")
@needs(Act.SHEET_BEGIN)
def dates(campaign_id: UUID) -> Response:
    """The dates of a campaign that runs where the actor has a centre; else 404."""
    running = {campaign.id: campaign for _centre, campaign, _line in queries.running_places(current_actor(), at=now())}
    if campaign_id not in running:
        abort(404)
    return dates_file(running[campaign_id], reminders=[])
