"""Two web processes behind a proxy and two workers, of which one dies at random: what `make test-machines` tests.

The tests stay as they are. A visitor's requests go by HTTP to the proxy instead of into the application beside the
test (tests/client.py), browsers go there too (live_server), files lie on S3, jobs are done by the workers.
"""

from __future__ import annotations

import http.client
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import psycopg
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.datastructures import Headers

from tests import clock, databases
from tests.impatient import SILENCE
from tests.object_server import ObjectServer
from tests.servers import environment, free_port
from tests.two_machines import Program, wait_for
from webapp.clock import now
from webapp.config import Settings
from webapp.database import db
from webapp.models import Job, Mail
from webapp.vocabulary import JobState, MailState

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ASKED = bool(os.environ.get("RECUEIL_TEST_MACHINES"))
EVERY = float(os.environ.get("RECUEIL_TEST_MACHINES_EVERY", "8"))  # seconds between two deaths, on average
MEMBER = "tests.fleet_member"
PATIENCE = 300  # seconds after which what does not end is lost
APPLICATION = "recueil-fleet"  # what PostgreSQL knows their connections by

PROXY = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
{user}
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 0;
    upstream recueil {{
{servers}
        keepalive 8;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://recueil;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_read_timeout 300s;
            # Whoever gets no answer presses again: here it is the proxy that does, so that a test need not.
            proxy_next_upstream error timeout non_idempotent;
        }}
    }}
}}
"""


class Worker(Program):
    """A `recueil worker` that holds still unless it was told to work: what a test counts is not done under its eyes."""

    working = False

    def start(self) -> None:
        """Start it; it comes to work when it is told to."""
        super().start()
        if not self.working:
            self._tell(signal.SIGSTOP)

    def work(self, working: bool) -> None:
        """Let it work, or hold it where it is."""
        self.working = working
        self._tell(signal.SIGCONT if working else signal.SIGSTOP)

    def _tell(self, what: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(what)


@dataclass
class Fleet:
    """What is running. kills: how often each kind of program died.

    apart: this test changes or hears its own process. truce: nobody dies for now.
    """

    app: Flask
    settings: Settings
    webs: list[Program]
    ports: list[int]
    workers: list[Worker]
    kills: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    apart: bool = False
    truce: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def kill_at_random(self, draw: random.Random) -> None:
        """Until it is over: one of the four dies and comes back; a web process dies when both answer."""
        while not self._over.wait(EVERY * (0.5 + draw.random())):
            number = draw.randrange(2)
            if self.truce:
                continue
            if draw.random() < 0.5:
                self.kills["web"] += 1
                self.webs[number].kill()
                self.webs[number].start()
                wait_for(self.ports[number])
            else:
                self.kills["worker"] += 1
                self._replace(number)

    def _replace(self, number: int) -> None:
        with self._lock:
            self.workers[number].kill()
            self.workers[number].start()

    def stop(self) -> None:
        """No more deaths."""
        self._over.set()

    def takes(self, app: Flask, environ: WSGIEnvironment) -> bool:
        """Whether a request can be theirs: not where the test has changed this process, time itself or its address."""
        here = not self.apart and app is self.app and not time_machine.escape_hatch.is_travelling()
        return here and environ["wsgi.url_scheme"] == "http" and environ.get("REMOTE_ADDR") == "127.0.0.1"

    def answer(self, environ: WSGIEnvironment) -> tuple[list[bytes], str, Headers]:
        """Send a WSGI request over HTTP to the proxy: body, status line, headers."""
        self.asked += 1
        port = urlsplit(self.settings.base_url).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        body = environ["wsgi.input"].read() if environ.get("CONTENT_LENGTH", "0") not in {"", "0"} else None
        try:
            connection.request(environ["REQUEST_METHOD"], _address(environ), body, _headers(self.app, environ))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        headers = Headers(
            [(name, value) for name, value in answer.getheaders() if name not in {"Connection", "Server"}]
        )
        return [content], f"{answer.status} {answer.reason}", headers

    def work(self) -> None:
        """Everything that waits for a worker is done by them, whoever dies meanwhile; then they hold still again."""
        self._all_work(True)
        end, restarted = time.monotonic() + PATIENCE, time.monotonic()
        while _is_waiting():
            assert time.monotonic() < end, "a job never ended"
            time.sleep(0.1)
            if time.monotonic() - restarted > 2 * SILENCE.total_seconds():
                # What a dead one held is looked for once a minute, and by one that begins.
                self._replace(0)
                restarted = time.monotonic()
        self._all_work(False)
        # None of them is held with a lock in its hands.
        while others_at_work(self.settings.database_url):
            self._all_work(True)
            time.sleep(0.05)
            self._all_work(False)

    def _all_work(self, working: bool) -> None:
        with self._lock:
            for worker in self.workers:
                worker.work(working)


def _address(environ: WSGIEnvironment) -> str:
    path = quote(environ["SCRIPT_NAME"].encode("latin-1")) + quote(environ["PATH_INFO"].encode("latin-1"))
    asked = quote(environ["QUERY_STRING"].encode("latin-1"), safe="!$%&'()*+,/:;=?@~")
    return f"{path}?{asked}" if asked else path


def _headers(app: Flask, environ: WSGIEnvironment) -> dict[str, str]:
    given = {
        name.removeprefix("HTTP_").replace("_", "-").title(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        given["Content-Type"] = environ["CONTENT_TYPE"]
    if (moment := app.config.get("RECUEIL_NOW")) is not None:
        given[clock.HEADER] = moment.isoformat()
    return given


def _is_waiting() -> bool:
    db.session.rollback()
    # What was in the air when its worker died is told as failed after a while, and an administrator sends it again.
    lost = sa.and_(Mail.state == MailState.QUEUED, Mail.claimed_at < now() - SILENCE)
    db.session.execute(sa.update(Mail).where(lost).values(claimed_at=None))
    db.session.commit()
    jobs = sa.exists().where(Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
    mails = sa.exists().where(Mail.state == MailState.QUEUED)
    waiting = db.session.scalar(sa.select(sa.or_(jobs, mails)))
    db.session.rollback()
    return bool(waiting)


def others_at_work(database: str) -> int:
    """How many connections to that database, but our own, are in the middle of something."""
    with psycopg.connect(databases.POSTGRESQL, autocommit=True) as server:
        row = server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state <> 'idle' AND application_name = %s",
            (sa.make_url(database).database, APPLICATION),
        ).fetchone()
    assert row is not None
    return int(row[0])


def come_to_rest(database: str) -> None:
    """Wait until what browsers had still asked for is answered."""
    end = time.monotonic() + 30
    while others_at_work(database) and time.monotonic() < end:
        time.sleep(0.05)


@contextmanager
def fleet(folder: Path, app: Flask, settings: Settings, objects: ObjectServer) -> Iterator[Fleet]:
    """Proxy on the address of the settings, web processes and workers, on a database that has been migrated."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    given = environment(settings) | objects.environment
    given |= {"RECUEIL_PROXIES": "1", "RECUEIL_THREADS": "4"}
    given |= {"RECUEIL_DEMO_PASSWORD": settings.demo_password.get_secret_value(), "PGAPPNAME": APPLICATION}
    ports = [free_port(), free_port()]
    own = [{"RECUEIL_FOLDER": str(folder / name)} for name in ("web0", "web1", "worker0", "worker1")]
    serve = ["serve", "--no-worker", "--port"]
    webs = [Program([*serve, str(port)], given | place, MEMBER) for port, place in zip(ports, own[:2], strict=True)]
    workers = [Worker(["worker"], given | place, MEMBER) for place in own[2:]]
    with ExitStack() as stack:
        for program in (*webs, *workers):
            stack.callback(program.kill)
            program.start()
        for port in ports:
            wait_for(port)
        stack.enter_context(_proxy(nginx, folder, urlsplit(settings.base_url).port or 0, ports))
        made = Fleet(app, settings, webs, ports, workers)
        killer = threading.Thread(target=made.kill_at_random, args=(random.Random(folder.name),), daemon=True)
        killer.start()
        try:
            yield made
        finally:
            made.stop()
            killer.join(PATIENCE)


@contextmanager
def _proxy(nginx: str, folder: Path, port: int, ports: list[int]) -> Iterator[None]:
    servers = "\n".join(f"        server 127.0.0.1:{web} max_fails=0;" for web in ports)
    said = PROXY.format(folder=folder, port=port, servers=servers, user="user root;" if os.geteuid() == 0 else "")
    written = folder / "nginx.conf"
    written.write_text(said)
    with subprocess.Popen([nginx, "-c", str(written), "-e", str(folder / "nginx.log")]) as process:
        try:
            wait_for(port)
            yield
        finally:
            process.terminate()
