"""Saving while one types, under the shipped server: how many a second, and how long one waits."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from flask_migrate import upgrade

from tests.databases import database
from tests.factories import CentreFactory, SheetFactory, campaign_of, person
from tests.reports.samples import REPAIR
from tests.servers import ServerProcess, free_port
from tests.signing import sign_in, token_of
from webapp import create_app
from webapp.config import Settings
from webapp.database import db
from webapp.vocabulary import RoleName

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
EDITORS = int(os.environ.get("RECUEIL_TEST_BENCH_EDITORS", "200"))
TEXT = "Chaque samedi, on répare ensemble ce que les uns et les autres apportent. " * 4


@dataclass(frozen=True)
class Target:
    """An address to save at, and what a browser sends with it."""

    site: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Editor:
    """Somebody who saves again and again over one connection."""

    target: Target
    taken: list[float] = field(default_factory=list)
    errors: int = 0
    revision: int = 0

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(self.target.site).netloc, timeout=60)

    def save(self) -> None:
        """One answer; the seconds that it took are noted."""
        message = {"base_revision": self.revision, "answers": {"summary": f"{TEXT}{self.revision}"}}
        begin = time.perf_counter()
        try:
            headers = {"Content-Type": "application/json"} | self.target.headers
            self.connection.request("PATCH", self.target.path, json.dumps(message), headers)
            answer = self.connection.getresponse()
            body = json.loads(answer.read())
            if answer.status == 200:
                self.revision = body["revision"]
            else:
                self.errors += 1
        except (OSError, http.client.HTTPException):
            self.errors += 1
        self.taken.append(time.perf_counter() - begin)


def at_once(editors: list[Editor], *, lasts: float, every: float = 0.0) -> float:
    """Let them all save for so many seconds, each at most every so often; saves a second."""
    end = time.perf_counter() + lasts

    def work(number: int, editor: Editor) -> None:
        time.sleep(every * number / len(editors))
        while (begin := time.perf_counter()) < end:
            editor.save()
            time.sleep(max(0.0, begin + every - time.perf_counter()))

    threads = [threading.Thread(target=work, args=item) for item in enumerate(editors)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for editor in editors:
        editor.connection.close()
    return sum(len(editor.taken) for editor in editors) / (time.perf_counter() - begin)


def milliseconds(editors: list[Editor]) -> tuple[float, float]:
    """The median and the 95th percentile of what the saves took."""
    taken = sorted(seconds for editor in editors for seconds in editor.taken)
    return statistics.median(taken) * 1000, taken[int(len(taken) * 0.95)] * 1000


@pytest.fixture(params=ENGINES, ids=list(ENGINES))
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, list[Target], list[Target]]]:
    """The engine's name, the sheets of the shipped server, and the rows of a bare one on the same engine."""
    with database(tmp_path, f"recueil_bench_{os.getpid()}", request.param) as url:
        settings = Settings(
            folder=tmp_path, database_url=url, base_url=f"http://127.0.0.1:{free_port()}", mail_url=str(tmp_path),
            secret_key="a key for benchmarks, long enough to be taken", rate_limits=False,
        )  # fmt: skip
        ours = list(sheets_to_save(settings))
        server = ServerProcess(settings)
        server.start()
        try:
            with bare(url) as site:
                yield ENGINES[request.param], ours, [Target(site, f"/{number}") for number in range(EDITORS)]
        finally:
            server.kill()


def sheets_to_save(settings: Settings) -> Iterator[Target]:
    """A sheet for each editor, and what their browsers send with a save."""
    app = create_app(settings)
    with app.app_context():
        upgrade()
        centre = CentreFactory()
        campaign_of(centre.federation)
        for _ in range(EDITORS):
            visitor = app.test_client()
            sheet = SheetFactory(centre=centre, answers=dict(REPAIR))
            sign_in(visitor, person(RoleName.MEMBER, centre, password=None))
            token = token_of(visitor)
            cookie = visitor.get_cookie("recueil")
            assert cookie is not None
            headers = {"Cookie": f"recueil={cookie.value}", "X-CSRFToken": token}
            yield Target(settings.base_url, f"/fiches/{sheet.id}/reponses", headers)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def bare(url: str) -> Iterator[str]:
    """The least that saving can cost, on the same engine; its address."""
    port = free_port()
    given = [url, str(port), str(EDITORS), json.dumps(REPAIR)]
    with subprocess.Popen([sys.executable, "-m", "tests.benchmarks.bare_server", *given]) as process:
        for _ in range(200):
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def run(targets: list[Target], clients: int, lasts: float = 4.0) -> tuple[float, float, float]:
    """Saves a second, median and 95th percentile in milliseconds; the first seconds are for warmth."""
    at_once([Editor(target) for target in targets[:clients]], lasts=0.5)
    editors = [Editor(target, revision=10**6) for target in targets[:clients]]
    rate = at_once(editors, lasts=lasts)
    assert not sum(editor.errors for editor in editors)
    return rate, *milliseconds(editors)


def test_saving_while_one_types(both: tuple[str, list[Target], list[Target]]) -> None:
    engine, ours, least = both
    for clients in (1, 8, 32):
        floor, (rate, middle, high) = run(least, clients), run(ours, clients)
        said = f"Saisie enregistrée, {engine}, {clients} à la fois"
        print(  # noqa: T201
            f"{said:<44} {rate:6.0f} /s   p50 {middle:.0f} ms   p95 {high:.0f} ms   × {floor[0] / rate:.1f}"
            f"   (Flask nu, même ligne : {floor[0]:.0f} /s, {floor[1]:.0f} et {floor[2]:.0f} ms)"
        )
