"""Asking the centre's president to sign, from the page before the sending."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.sheets.frame import blueprint, own_sheet
from webapp.blueprints.sheets.sending import recap
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.policy import Act
from webapp.queries import sheets as queries
from webapp.services import sign_off


@blueprint.post("/fiches/<uuid:id>/signature")
@needs(Act.SIGN_OFF_ASK)
def ask_signature(id: UUID) -> ResponseReturnValue:
    """Mail the president a link to sign; refused, say why on the same page."""
    refuse_unless(Act.SIGN_OFF_ASK, queries.find(id))
    said = {"name": request.form.get("president_name", ""), "email": request.form.get("president_email", "")}
    try:
        row = sign_off.ask(id, actor=current_actor(), at=now(), **said)
    except Refused as refused:
        db.session.rollback()
        return recap(own_sheet(id), unasked=refused), 422
    flash(f"La demande de signature part à {row.email}.", "success")
    return redirect(url_for("sheets.check", id=id, _anchor="envoi"), 303)
