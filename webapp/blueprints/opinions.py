"""The page of an outside opinion: a sheet as it was sent, and the box for what one thinks of it."""

from uuid import UUID

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused, showable
from webapp import storage
from webapp.blueprints.sheets.files import sent_file
from webapp.clock import now
from webapp.database import db
from webapp.desk_words import VERDICTS
from webapp.guard import needs
from webapp.limits import limiter
from webapp.models import Opinion
from webapp.policy import Act
from webapp.queries import opinions as queries
from webapp.queries.report_sheets import document_of
from webapp.services import opinions

blueprint = Blueprint("opinions", __name__)

# So that nobody tries tokens by the thousand; a whole town hall may stand behind one address.
BY_MACHINE = "60 per minute"


@blueprint.get("/avis/merci")
@needs(Act.LINK_USE)
def thanks() -> str:
    """« Thank you. »"""
    return render_template("pages/opinions/thanks.html")


@blueprint.get("/avis/<token>")
@needs(Act.LINK_USE)
@limiter.limit(BY_MACHINE)
def show(token: str) -> ResponseReturnValue:
    """The sheet and the box; looking uses nothing up, since machines open the links of mails."""
    return _page(opinions.opened_by(token, at=now()), token)


@blueprint.post("/avis/<token>")
@needs(Act.LINK_USE)
@limiter.limit(BY_MACHINE)
def give(token: str) -> ResponseReturnValue:
    """Give one's opinion, once."""
    if opinions.opened_by(token, at=now()) is None:
        return _page(None, token)
    verdict, text = request.form.get("verdict", ""), request.form.get("text", "")
    try:
        opinions.give(token, verdict=verdict, text=text, at=now())
    except Refused as refused:
        db.session.rollback()
        return _page(opinions.opened_by(token, at=now()), token, refused, verdict=verdict, text=showable(text))
    return _private(make_response(redirect(url_for("opinions.thanks"), 303)))


@blueprint.get("/avis/<token>/pieces/<uuid:file_id>")
@needs(Act.LINK_USE)
@limiter.limit("600 per minute")
def file(token: str, file_id: UUID) -> ResponseReturnValue:
    """A file that the sheet shows."""
    opinion = opinions.opened_by(token, at=now())
    row = queries.file_shown(opinion.snapshot, file_id) if opinion is not None else None
    if row is None:
        abort(404)
    try:
        return _private(sent_file(row))
    except storage.FileMissing:
        abort(404)


def _page(opinion: Opinion | None, token: str, refused: Refused | None = None, **typed: str) -> Response:
    if opinion is None:
        return _private(make_response(render_template("pages/opinions/gone.html"), 410))
    page = render_template(
        "pages/opinions/show.html",
        opinion=opinion,
        sheet=opinion.sheet,
        snapshot=opinion.snapshot,
        document=document_of(opinion.snapshot),
        choices=[(verdict.value, words) for verdict, words in VERDICTS.items()],
        place=(refused.question or "") if refused is not None else "",
        message=refused.message if refused is not None else "",
        typed=typed,
        file_url=lambda file_id: url_for("opinions.file", token=token, file_id=file_id),
    )
    return _private(make_response(page, 200 if refused is None else 422))


def _private(response: Response) -> Response:
    """The address is a secret: nobody keeps the page, and no other site is told where one came from."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
