"""Whom a sheet that was sent is shown to: chosen again by the centre at any time."""

from uuid import UUID

from flask import flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.sheets.frame import blueprint
from webapp.blueprints.sheets.reading import read_page
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.policy import Act
from webapp.queries import sheets as queries
from webapp.services import sharing
from webapp.sharing_words import SHOWN_TO
from webapp.vocabulary import Sharing


@blueprint.post("/fiches/<uuid:id>/partage")
@needs(Act.SHEET_SHARE)
def share(id: UUID) -> ResponseReturnValue:
    """Show it to fewer or to more; refused, say why above the choice."""
    refuse_unless(Act.SHEET_SHARE, queries.find(id))
    code = request.form.get("sharing", "")
    wanted = Sharing(code) if code in set(Sharing) else None
    try:
        sheet = sharing.choose(id, wanted, actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        page = read_page(refuse_unless(Act.SHEET_SHARE, queries.find(id)), unshared=refused.message)
        return make_response(page), 422
    flash(f"C’est noté. Cette fiche se montre\u00a0: {SHOWN_TO[sheet.sharing].lower()}.", "success")
    return redirect(url_for("sheets.read", id=id, _anchor="partage"), 303)
