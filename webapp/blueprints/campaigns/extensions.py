"""More time for one centre: until when, why, and back to everybody's dates."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.french import day
from webapp.blueprints.campaigns.frame import blueprint, campaign_for
from webapp.clock import now
from webapp.form_fields import DayField, FrenchForm, LinesTextAreaField, Required, attempt
from webapp.guard import current_actor, needs
from webapp.models import Campaign, CampaignCentre
from webapp.policy import Act
from webapp.queries.campaigns import expected_line
from webapp.services import extensions


class ExtensionForm(FrenchForm):
    """Until when, and why."""

    until = DayField("Jusqu’au", [Required("Indiquez jusqu’à quel jour.")], description="Ce jour-là compris.")
    reason = LinesTextAreaField(
        "Raison",
        [Required("Indiquez la raison\u00a0: elle reste dans le journal.")],
        description="Le centre ne la lit pas.",
    )


@blueprint.get("/<uuid:id>/delai")
@needs(Act.CAMPAIGN_EDIT)
def choose_extension(id: UUID) -> ResponseReturnValue:
    """Go on to the centre that was chosen; back to the campaign without one."""
    campaign, chosen = campaign_for(Act.CAMPAIGN_EDIT, id), request.args.get("centre", "")
    found = next((line.centre_id for line in campaign.expected if str(line.centre_id) == chosen), None)
    if found is None:
        return redirect(url_for("campaigns.show", id=id))
    return redirect(url_for("campaigns.extension", id=id, centre_id=found))


@blueprint.route("/<uuid:id>/centres/<uuid:centre_id>/delai", methods=["GET", "POST"])
@needs(Act.CAMPAIGN_EDIT)
def extension(id: UUID, centre_id: UUID) -> ResponseReturnValue:
    """Give one centre more time."""
    campaign, line = _line(id, centre_id)
    form = ExtensionForm(data={"until": line.extended_until, "reason": line.extension_reason or ""})
    if form.validate_on_submit():
        if attempt(form, lambda: _grant(id, centre_id, form)) is not None:
            flash(f"Ce centre a jusqu’au {day(line.extended_until)}." if line.extended_until else "", "success")
            return redirect(url_for("campaigns.show", id=id), 303)
        campaign, line = _line(id, centre_id)
    page = render_template("pages/campaigns/extension.html", form=form, campaign=campaign, line=line)
    return page, 422 if form.errors else 200


def _grant(id: UUID, centre_id: UUID, form: ExtensionForm) -> CampaignCentre:
    if form.until.data is None:
        raise ValueError("a date that the form requires")
    return extensions.grant(
        id,
        centre_id,
        until=form.until.data,
        reason=form.reason.data or "",
        actor_id=current_actor().user_id,
        at=now(),
    )


@blueprint.post("/<uuid:id>/centres/<uuid:centre_id>/delai/retirer")
@needs(Act.CAMPAIGN_EDIT)
def end_extension(id: UUID, centre_id: UUID) -> ResponseReturnValue:
    """Everybody's dates hold for that centre again."""
    _line(id, centre_id)
    extensions.end(id, centre_id, actor_id=current_actor().user_id, at=now())
    flash("Le délai est retiré\u00a0: les dates de la campagne valent de nouveau pour ce centre.", "success")
    return redirect(url_for("campaigns.show", id=id), 303)


def _line(id: UUID, centre_id: UUID) -> tuple[Campaign, CampaignCentre]:
    """The campaign and the centre expected in it, else 404."""
    campaign, line = campaign_for(Act.CAMPAIGN_EDIT, id), expected_line(id, centre_id)
    return (campaign, line) if line is not None else abort(404)
