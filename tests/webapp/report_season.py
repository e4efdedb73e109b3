"""What tests of reports share: sheets that may be printed, a template, a report that was made."""

from typing import Any

from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from reports.catalogue import ReportKind
from tests.factories import START, sent_sheet
from webapp.models import Federation, ReportRun, ReportTemplate
from webapp.queries.report_selection import Selection
from webapp.services import jobs, reports

ANSWERS: dict[str, Any] = {
    "title": "Atelier vélo",
    "summary": "On répare ensemble.",
    "dimension": "services",
    "participants_count": {"number": 40, "how": "counted"},
}


def sheet_of(
    centre: Any,
    state: SheetState = SheetState.VALIDATED,
    *,
    campaign: Any = None,
    silent: tuple[str, ...] = (),
    **answers: Any,
) -> Any:
    """An accepted sheet of that centre; silent: questions without answer."""
    given = {id_: value for id_, value in {**ANSWERS, **answers}.items() if id_ not in silent}
    details = {"campaign": campaign} if campaign is not None else {}
    return sent_sheet(state, centre=centre, title=given["title"], answers=given, **details)


def made(
    db: SQLAlchemy,
    federation: Federation,
    kind: ReportKind = ReportKind.WORKBOOK,
    *,
    template: ReportTemplate | None = None,
    actor_id: Any = None,
    selection: Selection | None = None,
) -> ReportRun:
    """A report as the worker has made it."""
    wanted = selection or Selection(federation_id=federation.id)
    run = reports.request(
        kind, wanted, federation=federation, title="Le rapport", actor_id=actor_id, at=START, template=template
    )
    run_id, job_id = run.id, run.job_id
    assert job_id is not None
    assert jobs.run(job_id, clock=lambda: START)
    return db.session.get_one(ReportRun, run_id, populate_existing=True)
