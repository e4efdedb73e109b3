"""What work in the background is called in French, and the page where its result is."""

from dataclasses import dataclass

from flask import url_for

from webapp.models import Job
from webapp.services.backups import JOB as BACKUP
from webapp.services.bulk import JOB as BULK
from webapp.services.reports import JOB as REPORT
from webapp.vocabulary import JobState

STATES: dict[JobState, str] = {
    JobState.QUEUED: "En attente",
    JobState.RUNNING: "En cours",
    JobState.DONE: "Terminé",
    JobState.FAILED: "Échec",
    JobState.CANCELLED: "Annulé",
}

GOING_ON = frozenset({JobState.QUEUED, JobState.RUNNING})


@dataclass(frozen=True)
class Kind:
    """What a kind of job is called; the page of what it makes, and the argument that holds its id."""

    label: str
    link: str = ""
    endpoint: str = ""
    argument: str = "run"


KINDS: dict[str, Kind] = {
    REPORT: Kind("Rapport", "Voir le rapport", "reports.show"),
    BULK: Kind("Traitement de fiches", "Voir les fiches une à une", "review.lot"),
    BACKUP: Kind("Sauvegarde"),
}
OTHERWISE = Kind("Travail")


def kind_of(job: Job) -> Kind:
    """The words for that job."""
    return KINDS.get(job.kind, OTHERWISE)


def result_url(job: Job) -> str:
    """Where what it makes is shown; nothing for a kind without a page."""
    kind = kind_of(job)
    return url_for(kind.endpoint, id=job.arguments[kind.argument]) if kind.argument in job.arguments else ""


def counted(job: Job) -> str:
    """« 12 sur 40 », or the phase alone where nothing is counted yet."""
    return f"{job.phase}, {job.done} sur {job.total}" if job.total and job.state is JobState.RUNNING else job.phase
