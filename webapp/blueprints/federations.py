"""The federations of the platform: their list, and a new one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs
from webapp.policy import Act
from webapp.queries import federations as queries
from webapp.services import federations

blueprint = Blueprint("federations", __name__, url_prefix="/federations")


@blueprint.get("")
@needs(Act.FEDERATION_MANAGE)
def index() -> str:
    """The federations, and the form to add one."""
    return _page("", "")


def _page(name: str, error: str) -> str:
    lines = queries.listed(current_actor())
    return render_template("pages/federations/index.html", lines=lines, name=name, error=error)


@blueprint.post("")
@needs(Act.FEDERATION_MANAGE)
def add() -> ResponseReturnValue:
    """Add a federation; its first administrator is invited next."""
    name = request.form.get("name", "")
    try:
        federation = federations.add(name=name, actor_id=current_actor().user_id, at=now())
    except Refused as refused:
        db.session.rollback()
        return _page(name, refused.message), 422
    invite = "Invitez maintenant, dans «\u00a0Comptes\u00a0», la personne qui l’administrera."
    flash(f"«\u00a0{federation.name}\u00a0» est créée. {invite}", "success")
    return redirect(url_for("federations.index"), 303)
