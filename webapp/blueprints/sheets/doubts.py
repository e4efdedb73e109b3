"""Confirming on the recap what looks odd: a form of its own beside the sheet."""

from uuid import UUID

from flask import flash
from flask.typing import ResponseReturnValue

from webapp.blueprints.sheets import sending, sure
from webapp.blueprints.sheets.frame import blueprint, locked_because, own_sheet
from webapp.clock import now
from webapp.guard import needs
from webapp.policy import Act
from webapp.typed import keeps_typed


@blueprint.post("/fiches/<uuid:id>/doutes")
@needs(Act.SHEET_WRITE)
@keeps_typed
def confirm_doubts(id: UUID) -> ResponseReturnValue:
    """Keep the ticks and reasons of the recap; refused, they stand there again with the error."""
    sheet, at, said = own_sheet(id), now(), sure.posted()
    if reason := locked_because(sheet, at=at):
        return sending.recap(sheet, refused=reason, said=said), 409
    failed = sure.keep(id, said, at=at)
    if failed:
        return sending.recap(own_sheet(id), said=failed), 422
    flash("C’est noté.", "success")
    return sure.back_to(id)
