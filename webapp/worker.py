"""The worker: does jobs, sends mails, and looks for what was left behind."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from flask import Flask, current_app
from huey import Huey, crontab

from webapp.clock import now
from webapp.database import db
from webapp.services import digests, jobs, mail, pieces, reminders, tokens, webhook_sending

BEAT_SECONDS = 10
WORKERS = 2

log = structlog.get_logger()


def make_tasks(app: Flask, huey: Huey) -> dict[str, Any]:
    """The tasks of the queue: they take ids only, and doing one twice does it once."""

    @huey.task(name="job")
    def job(job_id: str) -> None:
        with app.app_context():
            do(UUID(job_id))

    @huey.task(name="mail")
    def send() -> None:
        with app.app_context():
            mail.send_due(at=now())

    @huey.task(name="webhooks")
    def tell() -> None:
        with app.app_context():
            webhook_sending.send_due(at=now())

    @huey.task(name="token_used")
    def token_used(token_id: str, at: str) -> None:
        with app.app_context():
            tokens.note_used(UUID(token_id), at=datetime.fromisoformat(at))

    @huey.periodic_task(crontab(minute="*"), name="sweep")
    def sweep() -> None:
        with app.app_context():
            look_after(job, send)
        tell()

    return {"huey": huey, "job": job, "mail": send, "webhooks": tell, "token_used": token_used, "sweep": sweep}


def do(job_id: UUID) -> None:
    """Do a job, saying from time to time that it is alive even where its work says nothing."""
    with _beating(job_id):
        jobs.run(job_id, clock=now)


def look_after(job: Callable[[str], Any], send: Callable[[], Any]) -> None:
    """Start what has fallen due, and put into the queue again what it may have lost when a worker died."""
    reminders.fall_due(at=now())
    waiting = jobs.left_behind(at=now())
    db.session.rollback()
    for job_id in waiting:
        job(str(job_id))
    digests.compose_due(at=now())
    send()
    pieces.purge(at=now())


@contextmanager
def _beating(job_id: UUID) -> Iterator[None]:
    over = threading.Event()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            with app.app_context():
                try:
                    jobs.beat(job_id, at=now())
                except jobs.Cancelled:
                    return
                except Exception:
                    db.session.rollback()
                    log.exception("no sign of life", job=str(job_id))

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def run(app: Flask) -> None:
    """Work until told to stop; begin with what was left behind."""
    tasks = app.extensions["recueil.queue"]
    huey: Huey = tasks["huey"]
    with app.app_context():
        look_after(tasks["job"], tasks["mail"])
    huey.create_consumer(workers=WORKERS, periodic=True, initial_delay=0.05, max_delay=1).run()
