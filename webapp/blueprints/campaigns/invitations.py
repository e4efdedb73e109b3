"""The invitations of a campaign: who gets one, what became of each, sending them, sending one again."""

from collections import Counter
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.campaigns.frame import blueprint, campaign_for, tabs
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs
from webapp.models import Campaign
from webapp.policy import Act
from webapp.queries import invitations as queries
from webapp.queries.invitations import Fate
from webapp.services import invitations as services
from webapp.vocabulary import JobState

BUSY = frozenset({JobState.QUEUED, JobState.RUNNING})

WORDS: dict[Fate, str] = {
    Fate.REFUSED: "Refusée",
    Fate.NOBODY: "Sans adresse",
    Fate.NOT_YET: "À inviter",
    Fate.QUEUED: "En attente",
    Fate.SENT: "Envoyée",
    Fate.OPENED: "Lien ouvert",
    Fate.BEGUN: "A déjà commencé",
}
SIGNS: dict[Fate, str] = {
    Fate.REFUSED: "failed",
    Fate.NOBODY: "to_correct",
    Fate.NOT_YET: "todo",
    Fate.QUEUED: "queued",
    Fate.SENT: "submitted",
    Fate.OPENED: "done",
    Fate.BEGUN: "done",
}


@blueprint.get("/<uuid:id>/invitations")
@needs(Act.CAMPAIGN_READ)
def invitations(id: UUID) -> str:
    """Each expected centre, whom it is reached by, and the state of the mail."""
    return _page(campaign_for(Act.CAMPAIGN_READ, id))


def _page(campaign: Campaign, *, mail_id: UUID | None = None, typed: str = "", refused: Refused | None = None) -> str:
    lines = queries.invited(campaign, at=now(), actor=current_actor())
    waiting = queries.waiting(campaign, at=now(), actor=current_actor())
    counts = Counter(line.fate for line in lines)
    job = queries.last_job(campaign)
    return render_template(
        "pages/campaigns/invitations.html",
        campaign=campaign,
        lines=lines,
        waiting=waiting,
        preview=services.preview(campaign, waiting[0]) if waiting else None,
        counts=[(fate, WORDS[fate], counts[fate]) for fate in Fate if counts[fate]],
        words=WORDS,
        signs=SIGNS,
        job=job,
        busy=job is not None and job.state in BUSY,
        typed_email=typed,
        refused=refused,
        refused_id=mail_id,
        tabs=tabs(campaign, "campaigns.invitations"),
    )


@blueprint.post("/<uuid:id>/invitations")
@needs(Act.CAMPAIGN_EDIT)
def invite(id: UUID) -> ResponseReturnValue:
    """Have the worker invite everybody to whom nothing was written yet."""
    campaign_for(Act.CAMPAIGN_EDIT, id)
    try:
        services.ask(id, actor_id=current_actor().user_id, at=now())
    except Refused as refused:
        db.session.rollback()
        flash(refused.message, "info")
    return redirect(url_for("campaigns.invitations", id=id), 303)


@blueprint.post("/<uuid:id>/invitations/<uuid:mail_id>/renvoyer")
@needs(Act.CAMPAIGN_EDIT)
def resend(id: UUID, mail_id: UUID) -> ResponseReturnValue:
    """Send a refused invitation again, its address corrected or not."""
    campaign_for(Act.CAMPAIGN_EDIT, id)
    if queries.mail_of(id, mail_id) is None:
        abort(404)
    typed = request.form.get("email", "")
    try:
        services.resend(id, mail_id, email=typed, actor_id=current_actor().user_id, at=now())
    except Refused as refused:
        db.session.rollback()
        campaign = campaign_for(Act.CAMPAIGN_EDIT, id)
        return _page(campaign, mail_id=mail_id, typed=typed, refused=refused), 422
    flash("L’invitation repart.", "success")
    return redirect(url_for("campaigns.invitations", id=id), 303)
