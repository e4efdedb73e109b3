"""How long a campaign is kept: what will go, when, and the years that are chosen."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.campaigns.frame import blueprint, campaign_for
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs
from webapp.policy import Act
from webapp.services import retention as services


@blueprint.get("/<uuid:id>/conservation")
@needs(Act.CAMPAIGN_EDIT)
def retention(id: UUID) -> str:
    """What will go and when; nothing goes by opening the page."""
    return _page(id)


def _page(id: UUID, error: str = "", typed: str = "") -> str:
    campaign = campaign_for(Act.CAMPAIGN_EDIT, id)
    outlook = services.outlook(campaign, at=now())
    return render_template(
        "pages/campaigns/retention.html",
        campaign=campaign,
        outlook=outlook,
        typed=typed or str(outlook.years),
        error=error,
        least=services.LEAST,
        most=services.MOST,
        brake=services.BRAKE.days,
    )


@blueprint.post("/<uuid:id>/conservation")
@needs(Act.CAMPAIGN_EDIT)
def keep_for(id: UUID) -> ResponseReturnValue:
    """Choose the years."""
    campaign, typed = campaign_for(Act.CAMPAIGN_EDIT, id), request.form.get("years", "").strip()
    try:
        years = int(typed) if typed.isdecimal() and len(typed) < 4 else 0
        services.change(campaign, years, actor_id=current_actor().user_id, at=now())
    except Refused as refused:
        db.session.rollback()
        return _page(id, refused.message, typed), 422
    flash("C’est enregistré. Rien ne s’efface dans les trente jours.", "success")
    return redirect(url_for("campaigns.retention", id=id), 303)
