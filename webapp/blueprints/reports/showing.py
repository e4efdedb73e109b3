"""A report's page: how far it is, then the file, its versions, to whom it was handed and who opened it."""

from collections.abc import Sequence
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Redirect

from forms.values import Refused
from reports.catalogue import REPORTS
from webapp.blueprints.reports.frame import STATE_WORDS, blueprint, is_staff, state_of
from webapp.clock import now
from webapp.database import db
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import ReportRun
from webapp.policy import Act
from webapp.queries import report_changes
from webapp.queries import reports as queries
from webapp.queries.report_selection import Selection, in_words
from webapp.services import jobs, report_handing
from webapp.services.report_handing import DAYS


@blueprint.get("/<uuid:id>")
@needs(Act.REPORT_READ)
def show(id: UUID) -> str:
    """How far it is, then all about it."""
    return page(refuse_unless(Act.REPORT_READ, queries.find(id)), {})


def page(run: ReportRun, errors: dict[str, str], **typed: str) -> str:
    """The page, with what was typed in a form of it that was refused."""
    staff, hands = is_staff(run), can(Act.REPORT_ADDRESS, run)
    versions = queries.versions(current_actor(), run)
    return render_template(
        "pages/reports/show.html",
        run=run,
        staff=staff,
        report=REPORTS[run.kind],
        state=state_of(run),
        state_words=STATE_WORDS,
        chosen=in_words(Selection.from_json(run.parameters)) if staff else "",
        funders=queries.funders(run.federation_id) if hands else [],
        versions=versions,
        changes=_changes(run, versions) if staff else "",
        links=queries.links(run.id) if hands else [],
        openings=queries.openings(run.id) if staff else [],
        days=DAYS,
        at=now(),
        errors=errors,
        typed=typed,
    )


def _changes(run: ReportRun, versions: Sequence[ReportRun]) -> str:
    """« 3 fiches changées depuis v1 »: since this version, or from the last one to this making; empty without any."""
    if run.issued_at is not None:
        return f"{report_changes.since(run).text} depuis v{run.version}"
    if not versions or run.finished_at is None:
        return ""
    return f"{report_changes.between(versions[0].snapshots, run.snapshots).text} depuis v{versions[0].version}"


@blueprint.post("/<uuid:id>/annuler")
@needs(Act.REPORT_MAKE)
def cancel(id: UUID) -> Redirect:
    """Stop a report that is being made."""
    run = refuse_unless(Act.REPORT_READ, queries.find(id))
    refuse_unless(Act.REPORT_MAKE, run.federation)
    if run.job_id is not None:
        jobs.cancel(run.job_id, at=now())
    flash("Ce rapport est annulé.", "info")
    return redirect(url_for("reports.index"), 303)


@blueprint.post("/<uuid:id>/supprimer")
@needs(Act.REPORT_MAKE)
def drop(id: UUID) -> ResponseReturnValue:
    """Delete a report that was not issued."""
    run = refuse_unless(Act.REPORT_READ, queries.find(id))
    refuse_unless(Act.REPORT_MAKE, run.federation)
    try:
        report_handing.drop(run.id, actor_id=current_actor().user_id, at=now())
    except Refused as refused:
        db.session.rollback()
        return page(refuse_unless(Act.REPORT_READ, queries.find(id)), {"": refused.message}), 422
    flash("Ce rapport est supprimé.", "info")
    return redirect(url_for("reports.index"), 303)
