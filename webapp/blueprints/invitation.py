"""What an invitation's link opens: the campaign in a few words, and the way in."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.accounts.entry import BY_MACHINE
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_identity, needs
from webapp.limits import limiter
from webapp.policy import Act
from webapp.queries import campaigns
from webapp.queries.accounts import by_email
from webapp.queries.invitations import recipient
from webapp.services import invitations, personal_links
from webapp.vocabulary import PersonalPurpose

blueprint = Blueprint("invitation", __name__)


@blueprint.get("/invitation/<token>")
@needs(Act.LINK_USE)
def show(token: str) -> ResponseReturnValue:
    """The campaign and one's centres; machines that open the links of mails change nothing."""
    return _page(token)


def _page(token: str, refused: Refused | None = None) -> ResponseReturnValue:
    link = personal_links.find(token, PersonalPurpose.CAMPAIGN, at=now())
    campaign = campaigns.find(link.target_id) if link is not None else None
    page = render_template(
        "pages/invitation/show.html",
        link=link,
        campaign=campaign,
        one=recipient(campaign, link.email, at=now()) if campaign is not None and link is not None else None,
        has_account=link is not None and by_email(link.email) is not None,
        refused=refused,
        full_name=request.form.get("full_name", link.name if link is not None else ""),
    )
    response = make_response(page, 410 if campaign is None else 200 if refused is None else 422)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.post("/invitation/<token>")
@needs(Act.LINK_USE)
@limiter.limit(BY_MACHINE)
def begin(token: str) -> ResponseReturnValue:
    """« Commencer »: to one's sheets, by the sign-in page or by the choice of a password."""
    try:
        start = invitations.begin(token, full_name=request.form.get("full_name", ""), at=now())
    except Refused as refused:
        db.session.rollback()
        return _page(token, refused)
    if start.path == invitations.HOME and current_identity() is None:
        return redirect(url_for("accounts.sign_in", next=start.path, email=start.email), 303)
    return redirect(start.path, 303)
