"""The days that a campaign gives its centres to reply to a query."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.review.frame import blueprint
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.policy import Act
from webapp.queries import campaigns
from webapp.services import query_delays


@blueprint.get("/campagnes/<uuid:campaign_id>/delai")
@needs(Act.CAMPAIGN_EDIT)
def delay(campaign_id: UUID) -> str:
    """The form of one number."""
    campaign = refuse_unless(Act.CAMPAIGN_EDIT, campaigns.find(campaign_id))
    return render_template("pages/review/delay.html", campaign=campaign, days=campaign.query_days, error="")


@blueprint.post("/campagnes/<uuid:campaign_id>/delai")
@needs(Act.CAMPAIGN_EDIT)
def set_delay(campaign_id: UUID) -> ResponseReturnValue:
    """Change the number."""
    refuse_unless(Act.CAMPAIGN_EDIT, campaigns.find(campaign_id))
    days = request.form.get("days", "")
    try:
        query_delays.set_days(campaign_id, days, actor_id=current_actor().user_id, at=now())
    except Refused as refused:
        db.session.rollback()
        campaign = refuse_unless(Act.CAMPAIGN_EDIT, campaigns.find(campaign_id))
        page = render_template("pages/review/delay.html", campaign=campaign, days=days, error=refused.message)
        return page, 422
    flash("Le délai est enregistré.", "success")
    return redirect(url_for("campaigns.show", id=campaign_id), 303)
