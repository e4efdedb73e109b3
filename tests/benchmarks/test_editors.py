"""Two hundred people type at once while the worker makes reports beside: errors, and how long a save takes.

RECUEIL_TEST_BENCH_EDITORS and RECUEIL_TEST_BENCH_LASTS say how many people, and for how many seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from forms.lifecycle import SheetState
from reports.catalogue import ReportKind
from tests.benchmarks.test_autosave import EDITORS, ENGINES, Editor, Target, at_once, bare, sheets_to_save
from tests.databases import database
from tests.factories import sent_sheet
from tests.reports.samples import REPAIR
from tests.servers import ServerProcess, free_port
from webapp import create_app
from webapp.clock import now
from webapp.config import Settings
from webapp.database import db, reading
from webapp.models import Centre, Federation, Job
from webapp.queries.report_selection import Selection
from webapp.services import reports
from webapp.vocabulary import JobState

EVERY, LASTS = 2.0, float(os.environ.get("RECUEIL_TEST_BENCH_LASTS", "30"))  # seconds
IN_THE_BOOK = 20
OVER = (JobState.DONE, JobState.FAILED)


@pytest.mark.parametrize("engine", ENGINES)
def test_two_hundred_people_type_while_reports_are_made(engine: str, tmp_path: Path) -> None:
    with database(tmp_path, f"recueil_bench_{os.getpid()}", engine) as url:
        settings = Settings(
            folder=tmp_path, database_url=url, base_url=f"http://127.0.0.1:{free_port()}", mail_url=str(tmp_path),
            secret_key="a key for benchmarks, long enough to be taken", rate_limits=False,
        )  # fmt: skip
        ours = list(sheets_to_save(settings))
        server = ServerProcess(settings)
        server.start()
        try:
            with bare(url) as site, _worker(settings), _reports(settings) as made:
                floor = _typed([Target(site, f"/{number}") for number in range(EDITORS)])
                before = len(made)
                measured = _typed(ours)
        finally:
            server.kill()
    errors = sum(editor.errors for editor in measured)
    said = f"{EDITORS} personnes, toutes les {EVERY:.0f} s, rapports à côté, {ENGINES[engine]}"
    print(  # noqa: T201
        f"{said}: {sum(len(editor.taken) for editor in measured)} en {LASTS:.0f} s   {_told(measured)}   "
        f"{errors} erreur   {len(made) - before} recueils faits   (Flask nu, même moment : {_told(floor)})"
    )
    assert errors == 0


def _typed(targets: list[Target]) -> list[Editor]:
    at_once([Editor(target) for target in targets[:8]], lasts=0.5)
    editors = [Editor(target, revision=10**6) for target in targets]
    at_once(editors, lasts=LASTS, every=EVERY)
    return editors


def _told(editors: list[Editor]) -> str:
    taken = sorted(seconds * 1000 for editor in editors for seconds in editor.taken)
    return "   ".join(f"p{part} {taken[int(len(taken) * part / 100)]:.0f} ms" for part in (50, 95, 99))


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    environment = os.environ | {
        "RECUEIL_FOLDER": str(settings.folder),
        "RECUEIL_DATABASE_URL": settings.database_url,
        "RECUEIL_MAIL_URL": settings.mail_url,
        "RECUEIL_SECRET_KEY": settings.secret_key.get_secret_value(),
    }
    silent = subprocess.DEVNULL
    command = [sys.executable, "-m", "webapp.cli", "worker"]
    with subprocess.Popen(command, env=environment, stdout=silent, stderr=silent) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def _reports(settings: Settings) -> Iterator[list[str]]:
    """Ask for one book after the other until the end of the block; those that were made."""
    app, over, made = create_app(settings), threading.Event(), []
    with app.app_context():
        centre = db.session.scalars(sa.select(Centre)).one()
        for _ in range(IN_THE_BOOK):
            sent_sheet(SheetState.PUBLISHED, centre=centre, answers=dict(REPAIR))
        db.session.commit()
        db.session.remove()
    thread = threading.Thread(target=_ask, args=(app, over, made))
    thread.start()
    try:
        # Only what is measured beside books that are really made says anything.
        end = time.monotonic() + 300
        while not made and thread.is_alive() and time.monotonic() < end:
            time.sleep(0.2)
        assert made, "no book was made"
        yield made
    finally:
        over.set()
        thread.join()


def _ask(app: Flask, over: threading.Event, made: list[str]) -> None:
    with app.app_context():
        while not over.is_set():
            federation = db.session.scalars(sa.select(Federation)).one()
            wanted = Selection(federation_id=federation.id)
            run = reports.request(ReportKind.BOOK, wanted, federation=federation, title="", actor_id=None, at=now())
            job_id = run.job_id
            db.session.commit()
            while (state := _state(job_id)) not in OVER and not over.is_set():
                time.sleep(0.2)
            made += [str(job_id)] * (state is JobState.DONE)
        db.session.remove()
        db.engine.dispose()


def _state(job_id: object) -> JobState | None:
    with reading(), db.engine.connect() as connection:
        return connection.scalar(sa.select(Job.state).where(Job.id == job_id))
