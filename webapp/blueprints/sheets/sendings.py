"""For the centre: its sheet exactly as it was sent, each time."""

from uuid import UUID

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from webapp import sendings
from webapp.blueprints.sheets.frame import blueprint, own_sheet
from webapp.blueprints.sheets.reading import pdf_of_sending
from webapp.guard import needs
from webapp.policy import Act
from webapp.queries import sendings as queries

CENTRE = {
    "list": "sheets.sending_list",
    "one": "sheets.sending",
    "pdf": "sheets.sending_pdf",
    "back": "sheets.overview",
}
"""The addresses of these pages on the centre's side."""


@blueprint.get("/fiches/<uuid:id>/envois")
@needs(Act.SHEET_READ_DRAFT)
def sending_list(id: UUID) -> str:
    """What was sent and when; how any two of them differ."""
    sheet = own_sheet(id)
    return render_template("pages/sheets/sendings.html", **sendings.compared(sheet), to=CENTRE, own=True)


@blueprint.get("/fiches/<uuid:id>/envois/<int:number>")
@needs(Act.SHEET_READ_DRAFT)
def sending(id: UUID, number: int) -> str:
    """The sheet as it was sent that time."""
    sheet = own_sheet(id)
    return render_template("pages/sheets/sending.html", **sendings.shown(sheet, number), to=CENTRE, own=True)


@blueprint.get("/fiches/<uuid:id>/envois/<int:number>/pdf")
@needs(Act.SHEET_READ_DRAFT)
def sending_pdf(id: UUID, number: int) -> ResponseReturnValue:
    """The same as PDF."""
    sheet = own_sheet(id)
    found = queries.find(id, number)
    return pdf_of_sending(sheet, found.snapshot) if found is not None else abort(404)
