"""Reports put to the test: is this file what it says, and what changed from one report to another."""

from uuid import UUID

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from forms.values import Refused
from reports.verifying import Claim
from webapp import report_checks, storage
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.limits import MEGABYTE, accepts, limiter
from webapp.models import ReportRun
from webapp.policy import Act
from webapp.queries import reports as queries

blueprint = Blueprint("report_checks", __name__, url_prefix="/rapports")

LARGEST_FILE = 60 * MEGABYTE
TOO_LARGE = "Ce fichier dépasse 60 Mo : la commande « recueil verify », sur le serveur, en lit de plus grands."
GONE = "Le fichier d’un de ces deux rapports est introuvable : demandez-le de nouveau."


@blueprint.get("/verifier")
@needs(Act.REPORT_CHECK)
def index() -> str:
    """The form to hand a file in."""
    return _index(None, "")


def _index(found: report_checks.Check | None, error: str, name: str = "") -> str:
    return render_template(
        "pages/report_checks/index.html",
        found=found,
        name=name,
        fingerprint=report_checks.fingerprint(found) if found else "",
        error=error,
    )


@blueprint.post("/verifier")
@needs(Act.REPORT_CHECK)
@accepts(request_bytes=LARGEST_FILE + MEGABYTE)
@limiter.limit("30 per minute")
def check() -> ResponseReturnValue:
    """The verdict on a file, which is not kept."""
    file = request.files.get("file")
    content = file.stream.read(LARGEST_FILE + 1) if file and file.filename else b""
    if len(content) > LARGEST_FILE:
        return _index(None, TOO_LARGE), 413
    try:
        if file is None or not file.filename:
            raise Refused("Choisissez le fichier à vérifier.")
        # A file that means harm takes seconds to be refused: nobody waits for the database meanwhile.
        db.session.rollback()
        claim = report_checks.read(content)
    except Refused as refused:
        return _index(None, refused.message), 422
    return _index(report_checks.check(claim, current_actor()), "", file.filename)


@blueprint.get("/<uuid:id>/comparer/<uuid:other_id>")
@needs(Act.REPORT_READ)
def compare(id: UUID, other_id: UUID) -> str:
    """What changed from the other report to this one, in words."""
    after = refuse_unless(Act.REPORT_READ, queries.find(id))
    before = refuse_unless(Act.REPORT_READ, queries.find(other_id))
    try:
        comparison = report_checks.compared(_claim(before), _claim(after), current_actor())
        error = ""
    except Refused as refused:
        comparison, error = None, refused.message
    return render_template(
        "pages/report_checks/compare.html", before=before, after=after, comparison=comparison, error=error
    )


def _claim(run: ReportRun) -> Claim:
    """What the file of a report holds; a report that isn't ready has none."""
    key = run.file_key
    if key is None:
        abort(404)
    try:
        return report_checks.read(storage.get(key))
    except storage.FileMissing:
        abort(404, description=GONE)
