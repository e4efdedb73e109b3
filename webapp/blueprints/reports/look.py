"""The colour and the logo of a federation's reports."""

from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused, showable
from reports.content import Design
from webapp.blueprints.reports.frame import blueprint, user_id
from webapp.clock import now
from webapp.database import db
from webapp.guard import needs, refuse_unless
from webapp.models import Federation
from webapp.policy import Act
from webapp.services import report_design


@blueprint.get("/presentation/<uuid:federation_id>")
@needs(Act.REPORT_LOOK)
def look(federation_id: UUID) -> str:
    """The form."""
    federation = refuse_unless(Act.REPORT_LOOK, db.session.get(Federation, federation_id))
    return _form(federation, federation.colour or "", {})


def _form(federation: Federation, colour: str, errors: dict[str, str]) -> str:
    plain = Design().colour
    return render_template("pages/reports/look.html", federation=federation, colour=colour, plain=plain, errors=errors)


@blueprint.post("/presentation/<uuid:federation_id>")
@needs(Act.REPORT_LOOK)
def save_look(federation_id: UUID) -> ResponseReturnValue:
    """Keep both."""
    refuse_unless(Act.REPORT_LOOK, db.session.get(Federation, federation_id))
    colour, file = request.form.get("colour", ""), request.files.get("logo")
    db.session.rollback()
    try:
        report_design.change(
            federation_id,
            colour=colour,
            logo=(file.filename, file.read()) if file and file.filename else None,
            without_logo=bool(request.form.get("without_logo")),
            actor_id=user_id(),
            at=now(),
        )
    except Refused as refused:
        db.session.rollback()
        federation = refuse_unless(Act.REPORT_LOOK, db.session.get(Federation, federation_id))
        return _form(federation, showable(colour), {refused.question or "colour": refused.message}), 422
    flash("La présentation des rapports est enregistrée\u00a0: elle vaut pour les prochains.", "success")
    return redirect(url_for("reports.look", federation_id=federation_id), 303)


@blueprint.get("/presentation/<uuid:federation_id>/logo")
@needs(Act.REPORT_LOOK)
def logo(federation_id: UUID) -> Response:
    """The logo as it is kept."""
    federation = refuse_unless(Act.REPORT_LOOK, db.session.get(Federation, federation_id))
    content = report_design.open_logo(federation.logo_key)
    if content is None:
        abort(404)
    return Response(content, mimetype=federation.logo_type)
