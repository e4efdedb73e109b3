"""How big a machine must be: memory of each program, pages and saves a second, on each engine; README's table."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask_migrate import upgrade

from forms.lifecycle import SheetState
from tests.benchmarks.books import Peak
from tests.benchmarks.test_autosave import Editor, Target, at_once, milliseconds
from tests.databases import database
from tests.factories import CentreFactory, SheetFactory, campaign_of, person, sent_sheet
from tests.reports.samples import REPAIR, SCHOOL, TALE
from tests.servers import ServerProcess, free_port
from tests.signing import sign_in, token_of
from webapp import create_app
from webapp.clock import now
from webapp.config import Settings
from webapp.database import db
from webapp.models import Job
from webapp.queries.report_selection import Selection
from webapp.services import reports
from webapp.vocabulary import JobState, RoleName

SHEETS, CLIENTS, LASTS = 160, 8, 10.0
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@pytest.fixture(params=ENGINES, ids=list(ENGINES))
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An installation of its own on that engine."""
    with database(tmp_path, f"recueil_sizing_{os.getpid()}", request.param) as url:
        yield Settings(
            folder=tmp_path, database_url=url, base_url=f"http://127.0.0.1:{free_port()}", mail_url=str(tmp_path),
            secret_key="a key for benchmarks, long enough to be taken", rate_limits=False,
        )  # fmt: skip


def test_sizing(settings: Settings, request: pytest.FixtureRequest) -> None:
    engine = ENGINES["postgresql" if settings.database.startswith("postgresql") else "sqlite"]
    targets, report = _prepared(settings)
    server = ServerProcess(settings)
    server.start()
    assert server._process is not None
    try:
        with Peak(server._process.pid) as idle:
            time.sleep(1)
        with Peak(server._process.pid) as loaded:
            pages = _pages(targets)
            editors = [Editor(target) for target in targets]
            saves = at_once(editors, lasts=LASTS)
    finally:
        server.kill()
    middle, high = milliseconds(editors)
    assert not sum(editor.errors for editor in editors)
    seconds, worker = _book(settings, report)
    print(  # noqa: T201 (a benchmark tells)
        f"\n{engine}\u00a0: site au repos {idle.most / 1e6:.0f} Mo, chargé {loaded.most / 1e6:.0f} Mo\u00a0; "
        f"{pages:.0f} pages d’étape par seconde, {saves:.0f} enregistrements par seconde "
        f"(p50 {middle:.0f} ms, p95 {high:.0f} ms)\u00a0; "
        f"recueil de {SHEETS} fiches en {seconds:.0f} s, worker {worker / 1e6:.0f} Mo"
    )


def _prepared(settings: Settings) -> tuple[list[Target], str]:
    """Sheets to write in with their people, and a book that waits."""
    app, targets = create_app(settings), []
    with app.app_context():
        upgrade()
        centre = CentreFactory()
        campaign_of(centre.federation)
        for _ in range(CLIENTS):
            visitor = app.test_client()
            sheet = SheetFactory(centre=centre, answers=dict(REPAIR))
            sign_in(visitor, person(RoleName.MEMBER, centre, password=None))
            token, cookie = token_of(visitor), visitor.get_cookie("recueil")
            assert cookie is not None
            headers = {"Cookie": f"recueil={cookie.value}", "X-CSRFToken": token}
            targets.append(Target(settings.base_url, f"/fiches/{sheet.id}/reponses", headers))
        for number in range(SHEETS):
            answers = {name: value for name, value in (REPAIR, SCHOOL, TALE)[number % 3].items() if name != "files"}
            sent_sheet(SheetState.VALIDATED, centre=centre, answers=answers | {"title": f"Action {number}"})
        db.session.commit()
        selection = Selection(federation_id=centre.federation_id)
        run = reports.request(
            reports.ReportKind.BOOK, selection, federation=centre.federation, title="", actor_id=None, at=now()
        )
        job = str(run.job_id)
        db.session.remove()
        db.engine.dispose()
    return targets, job


def _pages(targets: list[Target]) -> float:
    """Step pages a second, several readers at once."""
    done, end = [0] * len(targets), time.perf_counter() + LASTS

    def read(number: int, target: Target) -> None:
        connection = http.client.HTTPConnection(urlsplit(target.site).netloc, timeout=60)
        path = target.path.replace("/reponses", "/partenaires")
        while time.perf_counter() < end:
            connection.request("GET", path, headers=target.headers | {"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, (path, answer.status)
            done[number] += 1
        connection.close()

    threads = [threading.Thread(target=read, args=item) for item in enumerate(targets)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(done)
    return sum(done) / (time.perf_counter() - begin)


def _book(settings: Settings, job: str) -> tuple[float, int]:
    """Seconds until a worker that was just started has made it, and the most memory that it took."""
    environment = os.environ | {
        "RECUEIL_FOLDER": str(settings.folder),
        "RECUEIL_DATABASE_URL": settings.database_url,
        "RECUEIL_MAIL_URL": settings.mail_url,
        "RECUEIL_SECRET_KEY": settings.secret_key.get_secret_value(),
    }
    app, begin = create_app(settings), time.perf_counter()
    words = [sys.executable, "-m", "webapp.cli", "worker"]
    with (
        app.app_context(),
        subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process,
        Peak(process.pid) as peak,
    ):
        try:
            while (state := _state(job)) in {JobState.QUEUED, JobState.RUNNING}:
                time.sleep(0.1)
        finally:
            seconds = time.perf_counter() - begin
            process.terminate()
            db.session.remove()
            db.engine.dispose()
    assert state is JobState.DONE
    return seconds, peak.most


def _state(job: str) -> JobState:
    found: JobState = db.session.get_one(Job, UUID(job), populate_existing=True).state
    db.session.rollback()
    return found
