"""The file of a report. A reading that must be written down is asked for by a button, never by an address alone."""

from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints.reports.frame import blueprint, file_of, is_staff, user_id
from webapp.clock import now
from webapp.guard import needs, refuse_unless
from webapp.policy import Act
from webapp.queries import reports as queries
from webapp.services import report_handing


@blueprint.get("/<uuid:id>/telecharger")
@needs(Act.REPORT_DOWNLOAD)
def download(id: UUID) -> ResponseReturnValue:
    """The federation gets its file; whoever it was handed to, the page whose button fetches it."""
    run = refuse_unless(Act.REPORT_DOWNLOAD, queries.find(id))
    if not is_staff(run):
        return redirect(url_for("reports.show", id=id))
    return file_of(run)


@blueprint.post("/<uuid:id>/telecharger")
@needs(Act.REPORT_DOWNLOAD)
def fetch(id: UUID) -> ResponseReturnValue:
    """The file; a funder's fetching is written in the journal first."""
    run = refuse_unless(Act.REPORT_DOWNLOAD, queries.find(id))
    if run.file_key is not None and not is_staff(run):
        report_handing.note_fetched(run.id, user_id=user_id(), at=now())
        run = refuse_unless(Act.REPORT_DOWNLOAD, queries.find(id))
    return file_of(run)
