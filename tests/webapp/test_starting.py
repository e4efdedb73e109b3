"""A site whose database comes later: it says so meanwhile, and serves by itself once it may."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask_migrate import downgrade, upgrade

from tests import databases
from tests.servers import Wire, environment, free_port
from tests.webapp.edges import KEY, Answer
from webapp import create_app
from webapp.config import Settings
from webapp.database import db
from webapp.models import WorkerSeen
from webapp.recovery import unfinished
from webapp.starting import OLD


@pytest.fixture(autouse=True)
def with_a_server(engine_name: str) -> None:
    if engine_name != "postgresql":
        pytest.skip("PostgreSQL only: the other is a file")


@pytest.fixture
def line() -> Iterator[Wire]:
    """To PostgreSQL; cut until a test mends it."""
    parts = urlsplit(databases.POSTGRESQL)
    wire = Wire(parts.hostname or "127.0.0.1", parts.port or 5432)
    yield wire
    wire.close()


@pytest.fixture
def settings(tmp_path: Path, line: Wire) -> Iterator[Settings]:
    """Over that line, a database without any table."""
    with databases.database(tmp_path, f"recueil_start_{free_port()}") as url:
        yield over(line, url, tmp_path)


def over(line: Wire, url: str, folder: Path) -> Settings:
    return Settings(
        folder=folder,
        database_url=sa.make_url(url).set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False),
        mail_url=str(folder / "mail"),
        base_url=f"http://127.0.0.1:{free_port()}",
        secret_key=KEY,
    )


@dataclass(frozen=True)
class Start:
    """The command `recueil serve`, and what it says."""

    settings: Settings
    process: "subprocess.Popen[bytes]"
    log: Path

    def ask(self, path: str, **headers: str) -> Answer:
        """One request."""
        connection = HTTPConnection(urlsplit(self.settings.base_url).netloc, timeout=60)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers.items()), answer.read())
        finally:
            connection.close()

    def until(self, path: str, status: int) -> None:
        """Wait until it answers that."""
        end = time.monotonic() + 120
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(OSError, HTTPException):
                if self.ask(path).status == status:
                    return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def ended(self) -> int:
        """By itself, or as it was told to."""
        return self.process.wait(timeout=120)


@contextmanager
def starting(settings: Settings, **more: str) -> Iterator[Start]:
    """It answers by now."""
    port = settings.base_url.rpartition(":")[2]
    command = [sys.executable, "-m", "webapp.cli", "serve", "--no-worker", "--port", port]
    said = settings.folder / "said"
    with said.open("wb") as log:
        process = subprocess.Popen(command, env=environment(settings) | more, stdout=log, stderr=log)
    start = Start(settings, process, said)
    try:
        start.until("/healthz", 200)
        yield start
    finally:
        process.kill()
        process.wait()


def test_a_site_whose_database_comes_later_says_so_and_then_serves(settings: Settings, line: Wire) -> None:
    with starting(settings) as start:
        for path in ("/", "/aide", "/connexion", "/nulle-part"):
            page = start.ask(path, Accept="text/html")
            assert (page.status, page.headers["Retry-After"]) == (503, "10"), path
            assert "momentanément indisponible" in page.body.decode()
            assert f"<code>{page.headers['X-Request-Id']}" in page.body.decode()
        told = start.ask("/api/v1/catalogue")
        assert (told.status, told.headers["Content-Type"]) == (503, "application/problem+json")
        ready = start.ask("/readyz")
        assert (ready.status, ready.json()["parts"]["database"]) == (503, "away")
        assert ready.json()["parts"]["process"] == "starting"
        assert start.ask("/static/css/base.css").status == 200
        assert b"recueil_database_up 0.0" in start.ask("/metrics").body
        line.mend()
        start.until("/readyz", 200)
        assert start.ask("/connexion", Accept="text/html").status == 200
        assert start.ask("/api/v1/catalogue").json()["items"] == []
        start.process.terminate()
        assert start.ended() == 0
        assert start.log.read_text().count("La base de données ne répond pas encore") == 1


def test_a_site_that_only_starts_is_stopped_as_any_other(settings: Settings) -> None:
    with starting(settings) as start:
        start.process.terminate()
        assert start.ended() == 0


@pytest.mark.parametrize("state", ["behind", "half restored"])
def test_a_database_that_came_and_may_not_be_served_never_is(
    settings: Settings, line: Wire, tmp_path: Path, state: str
) -> None:
    parts = urlsplit(databases.POSTGRESQL)
    near = sa.make_url(settings.database_url).set(host=parts.hostname, port=parts.port or 5432)
    straight = create_app(Settings(folder=tmp_path, database_url=near.render_as_string(hide_password=False)))
    with straight.app_context():
        upgrade()
        downgrade() if state == "behind" else unfinished.begin([])
        db.engine.dispose()
    with starting(settings) as start:
        line.mend()
        statuses = set()
        while start.process.poll() is None:
            with suppress(OSError, HTTPException):
                statuses.add(start.ask("/connexion").status)
        assert statuses <= {503}
        assert start.ended() == 1
        assert {"behind": OLD, "half restored": unfinished.REFUSED}[state] in start.log.read_text()


def test_a_queue_that_comes_later_is_ready_with_the_site(settings: Settings, line: Wire) -> None:
    with starting(settings, RECUEIL_QUEUE_URL=settings.database_url) as start:
        assert start.ask("/readyz").json()["parts"]["queue"] == "away"
        line.mend()
        start.until("/readyz", 200)


@contextmanager
def working(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """The command `recueil worker`, which writes what it says beside the rest."""
    with (settings.folder / "worker").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "webapp.cli", "worker"], env=environment(settings), stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def said_by_worker(settings: Settings) -> str:
    return (settings.folder / "worker").read_text()


def until_it_says(settings: Settings, words: str) -> None:
    end = time.monotonic() + 120
    while words not in said_by_worker(settings):
        assert time.monotonic() < end, said_by_worker(settings)
        time.sleep(0.05)


@pytest.mark.parametrize("queue", ["redis", "postgresql"])
def test_a_worker_whose_database_comes_later_waits_and_then_works(settings: Settings, line: Wire, queue: str) -> None:
    settings = settings.model_copy(
        update={"queue_url": settings.database_url if queue == "postgresql" else f"{databases.REDIS}/15"}
    )
    with working(settings) as process:
        until_it_says(settings, "La base de données ne répond pas encore")
        time.sleep(2.5)
        assert process.poll() is None
        line.mend()
        app = create_app(settings)
        with app.app_context():
            end = time.monotonic() + 120
            while not _a_worker_lives():
                assert time.monotonic() < end, said_by_worker(settings)
                assert process.poll() is None, said_by_worker(settings)
                time.sleep(0.1)
            db.engine.dispose()
    assert said_by_worker(settings).count("ne répond pas encore") == 1


def _a_worker_lives() -> bool:
    try:
        return db.session.scalar(sa.select(WorkerSeen.name)) is not None
    except sa.exc.SQLAlchemyError:
        return False
    finally:
        db.session.remove()


def test_a_worker_does_nothing_with_an_old_database(settings: Settings, line: Wire) -> None:
    line.mend()
    app = create_app(settings)
    with app.app_context():
        upgrade()
        downgrade()
        db.engine.dispose()
    with working(settings) as process:
        assert process.wait(timeout=120) == 1
    assert OLD in said_by_worker(settings)
