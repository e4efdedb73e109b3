"""Files that come in pieces, for the script of a step: announced, sent, gone on with after a cut, joined."""

import re
from typing import Any
from uuid import UUID

from flask import Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.http import parse_content_range_header

from forms.values import Refused
from webapp import errors
from webapp.blueprints.sheets.frame import blueprint, locked_because, own_sheet
from webapp.blueprints.sheets.steps import STEP_BYTES, save_step
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs
from webapp.limits import MEGABYTE, accepts
from webapp.models import Upload
from webapp.policy import Act
from webapp.queries import uploads as queries
from webapp.services import pieces as services
from webapp.services.attachments import AlreadyJoined, NoRoom
from webapp.services.sheets import NotAsked
from webapp.services.uploads import TooLarge, WrongType
from webapp.typed import keeps_typed

FIRST_PIECE = 64 * 1024
LARGEST_PIECE = MEGABYTE
STATUS: dict[type[Refused], int] = {TooLarge: 413, WrongType: 415, AlreadyJoined: 409, NoRoom: 409, NotAsked: 409}
BEYOND = 2**53
"""Bytes that no file has and no script counts."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@blueprint.post("/fiches/<uuid:id>/pieces")
@needs(Act.SHEET_WRITE)
@accepts(request_bytes=STEP_BYTES)
@keeps_typed
def announce(id: UUID) -> ResponseReturnValue:
    """Announce a file, in JSON; the form of the step of this name has the same address and is read as ever."""
    if not request.is_json:
        return save_step(id, "pieces")
    if refused := _locked(id):
        return refused
    said = _said()
    name, size, sha256 = said.get("name"), said.get("size"), said.get("sha256")
    if not isinstance(name, str) or type(size) is not int or size > BEYOND:
        abort(400)
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        abort(400)
    try:
        upload, new = services.begin(
            id, str(said.get("question")), name=name, size=size, sha256=sha256, actor=current_actor(), at=now()
        )
    except Refused as refusal:
        return _refused(id, refusal)
    return jsonify(upload=str(upload.id), **_progress(upload), piece=FIRST_PIECE), 201 if new else 200


@blueprint.put("/fiches/<uuid:id>/pieces/<uuid:upload_id>")
@needs(Act.SHEET_WRITE)
@accepts(request_bytes=LARGEST_PIECE)
def receive_piece(id: UUID, upload_id: UUID) -> ResponseReturnValue:
    """Keep a piece; one that never got its answer is simply sent again."""
    upload = _begun(id, upload_id)
    if refused := _locked(id):
        return refused
    content, start = request.get_data(), _start(upload.size)
    try:
        return jsonify(received=services.receive(upload_id, content, start=start, at=now()))
    except services.Gap as gap:
        return _missing(gap)
    except services.GivenUp:
        abort(404)
    except Refused as refusal:
        return _refused(id, refusal)


@blueprint.post("/fiches/<uuid:id>/pieces/<uuid:upload_id>/fin")
@needs(Act.SHEET_WRITE)
def finish(id: UUID, upload_id: UUID) -> ResponseReturnValue:
    """Everything is sent: join the file, with its words."""
    upload = _begun(id, upload_id)
    if upload.attachment_id is None and (refused := _locked(id)):
        services.give_up(upload_id)
        return refused
    words = {key: str(text) for key, text in _said().items() if key in {"caption", "alt"}}
    try:
        joined = services.finish(upload_id, **words, actor=current_actor(), at=now())
    except services.Gap as gap:
        return _missing(gap)
    except services.GivenUp:
        abort(404)
    except Refused as refusal:
        return _refused(id, refusal)
    return jsonify(file=joined.file, question=joined.question, revision=joined.revision, seen=joined.mark)


@blueprint.delete("/fiches/<uuid:id>/pieces/<uuid:upload_id>")
@needs(Act.SHEET_WRITE)
def cancel(id: UUID, upload_id: UUID) -> ResponseReturnValue:
    """Wait no more for a file; one that is joined stays."""
    _begun(id, upload_id)
    services.give_up(upload_id)
    return "", 204


def progress_of(upload: Upload) -> Response:
    """How far a file has come, in the body and, for who asks for no body, in a header."""
    response = jsonify(_progress(upload))
    response.headers["Upload-Offset"] = str(upload.received)
    return response


def _progress(upload: Upload) -> dict[str, int]:
    return {"received": upload.received, "size": upload.size}


def _begun(id: UUID, upload_id: UUID) -> Upload:
    """A file on its way that whoever asks has begun, else 404."""
    own_sheet(id)
    return queries.begun(id, upload_id, current_actor().user_id) or abort(404)


def _said() -> dict[str, Any]:
    said = request.get_json(silent=True) if request.get_data() else {}
    return said if isinstance(said, dict) else abort(400)


def _start(size: int) -> int:
    """Where a piece begins, by « Content-Range: bytes 0-65535/800000 » or by « ?offset=0 »."""
    told = request.headers.get("Content-Range")
    if told is None:
        offset = request.args.get("offset", type=int)
        return offset if offset is not None and offset >= 0 else abort(400)
    given = parse_content_range_header(told)
    if given is None or given.start is None or given.stop is None or given.length not in {None, size}:
        abort(400)
    if given.stop - given.start != len(request.get_data()):
        abort(400)
    return given.start


def _locked(id: UUID) -> Response | None:
    reason = locked_because(own_sheet(id), at=now())
    return errors.answer(409, reason=reason) if reason else None


def _missing(gap: services.Gap) -> ResponseReturnValue:
    answer = errors.answer(409, reason="Il manque un morceau de ce fichier\u00a0: l’envoi reprend avant lui.")
    return jsonify(**(answer.get_json() or {}), received=gap.received), 409


def _refused(id: UUID, refusal: Refused) -> ResponseReturnValue:
    """A refusal in words; where the sheet was locked meanwhile, that is the reason."""
    db.session.rollback()
    return _locked(id) or errors.answer(STATUS.get(type(refusal), 422), reason=refusal.message, field=refusal.question)
