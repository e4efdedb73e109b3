"""The page on which a centre's president reads a sheet and signs it, without an account."""

from uuid import UUID

from flask import Blueprint, abort, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.document import reading
from forms.values import Refused
from webapp import storage
from webapp.blueprints.sheets.files import sent_file
from webapp.blueprints.sheets.frame import version_of
from webapp.clock import now
from webapp.database import db
from webapp.guard import needs
from webapp.limits import limiter
from webapp.policy import Act
from webapp.queries import sheets as sheet_queries
from webapp.services import phone, sign_off
from webapp.services.snapshots import frozen_answers, sha256_of

blueprint = Blueprint("signing", __name__)

BY_MACHINE = "30 per minute"


@blueprint.get("/signature/<token>")
@needs(Act.LINK_USE)
def page(token: str) -> ResponseReturnValue:
    """The whole sheet, to be signed or sent back; reading it uses nothing up."""
    return _page(token)


def _page(token: str, refused: Refused | None = None) -> ResponseReturnValue:
    row = sign_off.find(token, at=now())
    if row is None:
        return _private(render_template("pages/signing/gone.html"), 410)
    sheet = sheet_queries.find(row.sheet_id) or abort(404)
    page = render_template(
        "pages/signing/page.html",
        sheet=sheet,
        row=row,
        document=reading(version_of(sheet), frozen_answers(sheet)),
        sha256=sha256_of(sheet),
        refused=refused,
        typed={name: request.form.get(name, "") for name in ("signed_name", "remark")},
        file_url=lambda file_id: url_for("signing.file", token=token, file_id=file_id),
    )
    return _private(page, 422 if refused else 200)


def _private(page: str, status: int) -> ResponseReturnValue:
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.post("/signature/<token>")
@needs(Act.LINK_USE)
@limiter.limit(BY_MACHINE)
def answer(token: str) -> ResponseReturnValue:
    """Sign, or send the sheet back with a remark."""
    form, back = request.form, "give_back" in request.form
    try:
        if back:
            sign_off.give_back(token, form.get("remark", ""), at=now())
        else:
            sign_off.sign(token, form.get("signed_name", ""), sha256=form.get("sha256", ""), at=now())
    except Refused as refused:
        db.session.rollback()
        return _page(token, refused)
    return _private(render_template("pages/signing/answered.html", back=back), 200)


@blueprint.get("/signature/<token>/pieces/<uuid:file_id>")
@needs(Act.LINK_USE)
@limiter.limit("600 per minute")
def file(token: str, file_id: UUID) -> ResponseReturnValue:
    """A file of the sheet that the link is about."""
    row = sign_off.find(token, at=now())
    return _file(row.sheet_id if row is not None else None, file_id)


@blueprint.get("/confirmation/<token>/pieces/<uuid:file_id>")
@needs(Act.LINK_USE)
@limiter.limit("600 per minute")
def confirmed_file(token: str, file_id: UUID) -> ResponseReturnValue:
    """A file of the sheet that was typed by telephone."""
    found = phone.find(token, at=now())
    return _file(found[1].sheet_id if found is not None else None, file_id)


def _file(sheet_id: UUID | None, file_id: UUID) -> ResponseReturnValue:
    row = sheet_queries.attachment(sheet_id, file_id) if sheet_id is not None else None
    if row is None:
        abort(404)
    try:
        return sent_file(row)
    except storage.FileMissing:
        abort(404, description="Ce fichier est introuvable. Prévenez votre fédération.")
