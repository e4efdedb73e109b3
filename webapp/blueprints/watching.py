"""For those who look after the service: what waits, what failed and why, try again or let go."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp.clock import now
from webapp.config import current_settings
from webapp.guard import current_actor, needs
from webapp.job_words import GOING_ON, STATES, counted, kind_of
from webapp.models import Job, Mail
from webapp.policy import Act
from webapp.queries import backups, watch
from webapp.services import jobs, mail_steering
from webapp.services.jobs import RESUMED, SILENCE
from webapp.watch_words import MAIL_STATES, about_backups, about_workers, mail_label, since

blueprint = Blueprint("watching", __name__, url_prefix="/surveillance")


@blueprint.get("")
@needs(Act.WATCH)
def index() -> str:
    """What goes on and what failed, and whether anybody works."""
    at, actor = now(), current_actor()
    found = watch.watched(actor)
    return render_template(
        "pages/watching/index.html",
        found=found,
        figures=[
            {"label": "Travaux en attente", "value": found.waiting_jobs, "base": since(found.oldest_job, at)},
            {"label": "Mails en attente", "value": found.waiting_mails, "base": since(found.oldest_mail, at)},
        ],
        workers=about_workers([worker.seen_at for worker in found.workers], at),
        silent={job.id for job in found.jobs if job.heartbeat_at is not None and job.heartbeat_at < at - SILENCE},
        kind_of=kind_of,
        job_states=STATES,
        mail_states=MAIL_STATES,
        mail_label=mail_label,
        counted=counted,
        going_on=GOING_ON,
        resumed=RESUMED,
        backups=about_backups(backups.state(current_settings(), at=at), at) if watch.whole(actor) else None,
    )


@blueprint.post("/travaux/<uuid:id>/reprendre")
@needs(Act.WATCH)
def resume_job(id: UUID) -> Response:
    """Let a job that failed go on."""
    if jobs.resume(_job(id).id, at=now()):
        flash("Le travail reprend.", "success")
    else:
        flash("Ce travail n’est pas arrêté : il n’y a rien à reprendre.", "info")
    return _back()


@blueprint.post("/travaux/<uuid:id>/annuler")
@needs(Act.WATCH)
def cancel_job(id: UUID) -> Response:
    """Stop a job; what was done stays done."""
    jobs.cancel(_job(id).id, at=now())
    flash("Ce travail est annulé. Ce qui était déjà fait le reste.", "info")
    return _back()


@blueprint.post("/mails/<uuid:mail_id>/relancer")
@needs(Act.WATCH)
def retry_mail(mail_id: UUID) -> Response:
    """Try a mail that failed again."""
    if mail_steering.retry(_mail(mail_id).id):
        flash("Le mail repart.", "success")
    else:
        flash("Ce mail ne peut pas repartir : il est peut-être déjà arrivé.", "info")
    return _back()


@blueprint.post("/mails/<uuid:mail_id>/abandonner")
@needs(Act.WATCH)
def drop_mail(mail_id: UUID) -> Response:
    """Let a mail go."""
    if mail_steering.give_up(_mail(mail_id).id, at=now()):
        flash("Ce mail ne partira pas.", "info")
    else:
        flash("Ce mail est parti, ou part en ce moment.", "info")
    return _back()


def _job(job_id: UUID) -> Job:
    return watch.find_job(current_actor(), job_id) or abort(404)


def _mail(mail_id: UUID) -> Mail:
    return watch.find_mail(current_actor(), mail_id) or abort(404)


def _back() -> Response:
    return redirect(url_for("watching.index"), 303)
