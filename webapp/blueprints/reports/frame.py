"""What the pages of reports share."""

from uuid import UUID

from flask import Blueprint, Response, abort

from reports.catalogue import ReportKind
from webapp import job_words, storage
from webapp.database import db
from webapp.guard import current_actor
from webapp.models import Federation, ReportRun
from webapp.vocabulary import JobState, RoleName

blueprint = Blueprint("reports", __name__, url_prefix="/rapports")

OFFERED = (ReportKind.BOOK, ReportKind.WORKBOOK, ReportKind.CSV, ReportKind.JSON, ReportKind.ARCHIVE)
"""The reports of many sheets; a single sheet's PDF stands on its own page."""

STATE_WORDS = job_words.STATES | {JobState.DONE: "Prêt"}

WITHDRAWN = "La fédération a retiré ce rapport."

_STAFF = frozenset({RoleName.REVIEWER, RoleName.ADMINISTRATOR})


def federation_of(text: str) -> Federation | None:
    """The federation of that id, as a form or an address gives it."""
    try:
        return db.session.get(Federation, UUID(text))
    except ValueError:
        return None


def is_staff(run: ReportRun) -> bool:
    """Whether whoever asks belongs to the report's federation, not to one to whom it was handed."""
    return any(held.role in _STAFF and held.federation_id == run.federation_id for held in current_actor().roles)


def user_id() -> UUID:
    """The account that asks, where only accounts come."""
    found = current_actor().user_id
    if found is None:
        abort(403)
    return found


def state_of(run: ReportRun) -> JobState:
    """How far the making of a report is; one without a job is done."""
    return run.job.state if run.job else JobState.DONE


def file_of(run: ReportRun) -> Response:
    """The file of a report that is ready, in pieces; 404 where there is none."""
    key = run.file_key
    if key is None or run.file_name is None:
        abort(404, description=WITHDRAWN if run.withdrawn_at is not None else None)
    try:
        pieces = storage.stream(key)
    except storage.FileMissing:
        abort(404, description="Le fichier de ce rapport est introuvable\u00a0: demandez-le de nouveau.")
    response = Response(pieces, mimetype=run.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=run.file_name)
    response.headers["Content-Length"] = str(run.size)
    # The bytes go out without holding the database.
    db.session.remove()
    return response
