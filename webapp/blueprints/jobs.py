"""Work in the background, as whoever asked for it follows it: how far it is, stop it, take it up again."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp.clock import now
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.job_words import GOING_ON, STATES, counted, kind_of, result_url
from webapp.models import Job
from webapp.policy import Act
from webapp.queries import jobs as queries
from webapp.services import jobs
from webapp.services.bulk_acts import ACTS

blueprint = Blueprint("jobs", __name__, url_prefix="/travaux")


@blueprint.get("")
@needs(Act.JOB_READ)
def index() -> str:
    """The work that one may follow, newest first."""
    found = queries.visible(current_actor())
    return render_template(
        "pages/jobs/index.html",
        jobs=found,
        titles=_titles(found),
        states=STATES,
        counted=counted,
        busy=any(job.state in GOING_ON for job in found),
    )


@blueprint.get("/<uuid:id>")
@needs(Act.JOB_READ)
def show(id: UUID) -> str:
    """One of them, until its end."""
    job = refuse_unless(Act.JOB_READ, queries.find(id))
    may_steer = can(Act.JOB_STEER, job)
    return render_template(
        "pages/jobs/show.html",
        job=job,
        title=_titles([job])[job.id],
        kind=kind_of(job),
        states=STATES,
        busy=job.state in GOING_ON,
        may_stop=may_steer and job.state in GOING_ON,
        may_resume=may_steer and job.state in jobs.RESUMED,
        result_url=result_url(job),
    )


@blueprint.post("/<uuid:id>/annuler")
@needs(Act.JOB_STEER)
def cancel(id: UUID) -> Response:
    """Stop it; what was done stays done."""
    job = refuse_unless(Act.JOB_STEER, queries.find(id))
    jobs.cancel(job.id, at=now())
    flash("Ce travail est annulé. Ce qui était déjà fait le reste.", "info")
    return redirect(url_for("jobs.show", id=id), 303)


@blueprint.post("/<uuid:id>/reprendre")
@needs(Act.JOB_STEER)
def resume(id: UUID) -> Response:
    """Let it go on from where it stopped."""
    job = refuse_unless(Act.JOB_STEER, queries.find(id))
    if jobs.resume(job.id, at=now()):
        flash("Le travail reprend là où il s’était arrêté.", "success")
    else:
        flash("Ce travail n’est pas arrêté\u00a0: il n’y a rien à reprendre.", "info")
    return redirect(url_for("jobs.show", id=id), 303)


def _titles(found: Sequence[Job]) -> dict[UUID, str]:
    """What each job is, by its own name where it has one."""
    reports, acts = queries.reports(found), queries.acts(found)
    own = reports | {job_id: ACTS[act].label for job_id, act in acts.items() if act in ACTS}
    return {job.id: own.get(job.id, kind_of(job).label) for job in found}
