"""A sheet that came back for some questions: the centre asks to change the others too."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.sheets.frame import blueprint, own_sheet
from webapp.blueprints.sheets.overview import overview_page
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.policy import Act
from webapp.queries import sheets as queries
from webapp.services import reopening


@blueprint.post("/fiches/<uuid:id>/tout-modifier")
@needs(Act.QUERY_ANSWER)
def want_whole(id: UUID) -> ResponseReturnValue:
    """Ask the federation to open every question."""
    refuse_unless(Act.QUERY_ANSWER, queries.find(id))
    words = request.form.get("words", "")
    try:
        reopening.want_whole(id, words=words, actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        if refused.question == "words":
            return overview_page(own_sheet(id), words=words, error=refused.message), 422
        flash(refused.message, "info")
        return redirect(url_for("sheets.overview", id=id), 303)
    flash("Votre demande est partie. Vous recevrez un mail quand toutes les questions seront ouvertes.", "success")
    return redirect(url_for("sheets.overview", id=id), 303)
