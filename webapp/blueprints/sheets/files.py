"""The files of a sheet, to whoever may read them."""

import unicodedata
from urllib.parse import quote
from uuid import UUID

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from forms.kinds import is_picture
from webapp import storage
from webapp.blueprints.sheets.frame import blueprint
from webapp.blueprints.sheets.pieces import progress_of
from webapp.database import db
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Attachment
from webapp.policy import Act
from webapp.queries import sheets as queries
from webapp.queries import uploads
from webapp.services.attachments import sent_once, shown_in_snapshot


@blueprint.get("/fiches/<uuid:id>/pieces/<uuid:file_id>")
@needs(Act.SHEET_READ, Act.SHEET_READ_DRAFT)
def file(id: UUID, file_id: UUID) -> ResponseReturnValue:
    """A file: any of its sheet to the centre, to others what the sheet shows that they may read.

    Of one that is still on its way, to whoever sends it, how far it has come.
    """
    sheet = queries.find(id)
    row = queries.attachment(id, file_id)
    if sheet is not None and row is None and can(Act.SHEET_READ_DRAFT, sheet):
        begun = uploads.begun(id, file_id, current_actor().user_id)
        return progress_of(begun) if begun is not None else abort(404)
    if sheet is None or row is None:
        abort(404)
    if not can(Act.SHEET_READ_DRAFT, sheet):
        refuse_unless(Act.SHEET_READ, sheet)
        if not shown_in_snapshot(row, sheet) and not (can(Act.REVIEW_READ, sheet) and sent_once(row)):
            abort(404)
    try:
        return sent_file(row)
    except storage.FileMissing:
        abort(404, description="Ce fichier est introuvable. Prévenez votre fédération.")


def sent_file(row: Attachment) -> Response:
    """The bytes of a file, for whoever may have it. Raises storage.FileMissing."""
    how = "inline" if is_picture({"media_type": row.media_type}) else "attachment"
    response = Response(mimetype=row.media_type)
    response.headers.set("Content-Disposition", how, **_names(row.name))
    response.set_etag(row.sha256)
    pieces, size = storage.stream(row.storage_key), row.size
    # The bytes go out without holding the database.
    db.session.remove()
    response.response, response.content_length = pieces, size
    response.make_conditional(request)
    return response


def _names(name: str) -> dict[str, str]:
    """A file's name for a header: as it is, and in plain letters for old programs."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
