"""For the federation: a sheet exactly as it was sent, each time."""

from uuid import UUID

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from webapp import sendings
from webapp.blueprints.review.frame import blueprint, readable
from webapp.blueprints.sheets.reading import pdf_of_sending
from webapp.guard import needs
from webapp.policy import Act
from webapp.queries import sendings as queries

STAFF = {"list": "review.sending_list", "one": "review.sending", "pdf": "review.sending_pdf", "back": "review.show"}
"""The addresses of these pages on the federation's side."""


@blueprint.get("/<uuid:id>/envois")
@needs(Act.REVIEW_READ)
def sending_list(id: UUID) -> str:
    """What was sent and when; how any two of them differ."""
    return render_template("pages/sheets/sendings.html", **sendings.compared(readable(id)), to=STAFF, own=False)


@blueprint.get("/<uuid:id>/envois/<int:number>")
@needs(Act.REVIEW_READ)
def sending(id: UUID, number: int) -> str:
    """The sheet as it was sent that time."""
    return render_template("pages/sheets/sending.html", **sendings.shown(readable(id), number), to=STAFF, own=False)


@blueprint.get("/<uuid:id>/envois/<int:number>/pdf")
@needs(Act.REVIEW_READ)
def sending_pdf(id: UUID, number: int) -> ResponseReturnValue:
    """The same as PDF."""
    sheet = readable(id)
    found = queries.find(id, number)
    return pdf_of_sending(sheet, found.snapshot) if found is not None else abort(404)
