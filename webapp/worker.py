"""The worker: does jobs, sends mails, and looks for what was left behind."""

import os
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
from webapp.request_ids import on_behalf_of
from webapp.services import (
    backups,
    digests,
    discards,
    jobs,
    laid_out,
    mail,
    pieces,
    reminders,
    retention,
    tokens,
    webhook_sending,
    workers,
)

BEAT_SECONDS = 10
ALIVE_SECONDS = 20
WORKERS = 2
# A worker that is asked to stop lets what it does come to its end for so long, then another may have it.
LEAVE_SECONDS = 15

_at_work: set[UUID] = set()

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
    with on_behalf_of(jobs.request_of(job_id), job=str(job_id)), _beating(job_id):
        _at_work.add(job_id)
        try:
            jobs.run(job_id, clock=now)
        finally:
            _at_work.discard(job_id)


def look_after(job: Callable[[str], Any], send: Callable[[], Any]) -> None:
    """Start what has fallen due, and put into the queue again what it may have lost when a worker died."""
    reminders.fall_due(at=now())
    backups.fall_due(at=now())
    waiting = jobs.left_behind(at=now())
    db.session.rollback()
    for job_id in waiting:
        job(str(job_id))
    digests.compose_due(at=now())
    send()
    pieces.purge(at=now())
    retention.sweep(at=now())
    discards.purge(at=now())
    laid_out.forget_if_erased()
    db.session.rollback()


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
    over = threading.Event()
    threading.Thread(target=_live, args=(app, over), daemon=True).start()
    _begin(app, tasks)
    consumer = huey.create_consumer(
        workers=WORKERS,
        periodic=True,
        initial_delay=0.05,
        max_delay=1,
        graceful_signal="TERM",
        shutdown_timeout=LEAVE_SECONDS,
    )
    try:
        consumer.run()
    finally:
        over.set()
        _leave(app)


def _begin(app: Flask, tasks: dict[str, Any]) -> None:
    """Look for what was left behind; where the database is away, the sweeper does so when it is back."""
    with app.app_context():
        try:
            look_after(tasks["job"], tasks["mail"])
        except Exception:
            db.session.rollback()
            log.exception("not begun")


def _live(app: Flask, over: threading.Event) -> None:
    """Say from time to time that this worker lives."""
    while True:
        with app.app_context():
            try:
                workers.seen(workers.own_name(), at=now())
            except Exception:
                db.session.rollback()
                log.exception("no sign of life")
        if over.wait(ALIVE_SECONDS):
            return


def _leave(app: Flask) -> None:
    """What is not done in time waits again, for another worker."""
    with app.app_context():
        try:
            for job_id in sorted(_at_work):
                jobs.hand_back(job_id)
            workers.gone(workers.own_name())
        except Exception:
            # Without a sign of life they are found by the sweeper.
            log.exception("not handed back")
    if _at_work:
        # Its threads are in the middle of work that is another's now.
        os._exit(0)
