"""Two machines that share nothing but PostgreSQL, Redis and S3, people who use both, and one who kills at random."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from forms.lifecycle import SheetState
from tests import databases
from tests.factories import PASSWORD, CentreFactory, SheetFactory, campaign_of, person, sent_sheet
from tests.impatient import SILENCE
from tests.object_server import ObjectServer, object_server
from tests.servers import MailSink, free_port, mail_sink
from webapp import create_app, storage
from webapp.config import Settings
from webapp.database import db
from webapp.models import Attachment, Event, Job, Mail, ReportRun, Sheet
from webapp.services.mail import INTERRUPTED
from webapp.vocabulary import JobState, MailState, RoleName

SECRET = "a key that both machines were given"
PIECE = 48 * 1024
PATIENCE = 600  # seconds after which something that does not come is lost


class Program:
    """A `recueil serve` or a `recueil worker`: killed as a machine dies, started again."""

    def __init__(self, words: list[str], environment: dict[str, str], module: str = "tests.impatient") -> None:
        self._words, self._environment, self._module = words, environment, module
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; whether it answers is for others to find out."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", self._module, *self._words],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """As by a power cut."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class Machines:
    """What is running. kills: how often each kind of program died."""

    app: Flask
    ports: list[int]
    webs: list[Program]
    workers: list[Program]
    mails: MailSink
    draw: random.Random
    kills: Counter[str] = field(default_factory=Counter)

    def kill_one(self) -> None:
        """One of the four dies and comes back; the other of its kind goes on, and a site dies when both are up."""
        kind, number = self.draw.choice(["web", "worker"]), self.draw.randrange(2)
        program = (self.webs if kind == "web" else self.workers)[number]
        program.kill()
        self.kills[kind] += 1
        program.start()
        if kind == "web":
            wait_for(self.ports[number])


@contextmanager
def machines(folder: Path, *, seed: int) -> Iterator[Machines]:
    """Both machines, up and answering, on a database of their own."""
    with ExitStack() as stack:
        url = stack.enter_context(databases.postgresql_database(f"recueil_machines_{os.getpid()}"))
        objects = stack.enter_context(object_server(folder / "s3"))
        mails = stack.enter_context(mail_sink())
        ports = [free_port(), free_port()]
        given = _given(url, objects, mails, ports[0])
        before = {name: os.environ.get(name) for name in objects.environment}
        stack.callback(_restore, before)
        os.environ.update(objects.environment)
        app = create_app(Settings(folder=folder / "judge", database_url=url, storage=objects.place, secret_key=SECRET))
        stack.callback(_let_go, app)
        with app.app_context():
            upgrade()
        webs = [
            Program(["serve", "--port", str(port)], given | {"RECUEIL_FOLDER": str(folder / f"machine-{number}")})
            for number, port in enumerate(ports)
        ]
        workers = [Program(["worker"], given | {"RECUEIL_FOLDER": str(folder / f"machine-{n}")}) for n in range(2)]
        for program in (*webs, *workers):
            stack.callback(program.kill)
            program.start()
        for port in ports:
            wait_for(port)
        yield Machines(app, ports, webs, workers, mails, random.Random(seed))


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _given(url: str, objects: ObjectServer, mails: MailSink, port: int) -> dict[str, str]:
    return (
        os.environ
        | objects.environment
        | {
            "RECUEIL_DATABASE_URL": url,
            "RECUEIL_QUEUE_URL": f"{databases.REDIS}/{os.getpid() % 15 + 1}",
            "RECUEIL_STORAGE": objects.place,
            "RECUEIL_MAIL_URL": f"smtp://127.0.0.1:{mails.port}",
            "RECUEIL_BASE_URL": f"http://127.0.0.1:{port}",
            "RECUEIL_SECRET_KEY": SECRET,
            "RECUEIL_RATE_LIMITS": "false",
            "RECUEIL_THREADS": "4",
        }
    )


def _restore(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
        except OSError:
            assert time.monotonic() < end, "the web server does not answer"
            time.sleep(0.05)
        else:
            return


class Visitor:
    """Somebody's browser, through a proxy that takes the machines in turn and the other one when one is dead."""

    def __init__(self, ports: list[int], email: str, draw: random.Random) -> None:
        self._ports, self._email, self._draw = ports, email, draw
        self._turn = draw.randrange(len(ports))
        self._cookie = self.token = ""

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
        """One request to the next machine; status, headers, content. Raises OSError, HTTPException."""
        self._turn += 1
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._ports[self._turn % len(self._ports)], timeout=PATIENCE
        )
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, given | ({"Cookie": self._cookie} if self._cookie else {}))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            if cookie.startswith("recueil="):
                self._cookie = cookie.partition(";")[0]
        return answer.status, answer.headers, content

    def again(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
        """The same until a machine answers: for what may be done twice."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.ask(method, path, body, **headers)
                if answer[0] < 500:
                    return answer
                failure: Exception = RuntimeError(f"{answer[0]} {method} {path}")
            except (OSError, http.client.HTTPException) as away:
                failure = away
            if time.monotonic() > end:
                raise failure
            time.sleep(0.05)

    def sign_in(self) -> None:
        """By the door, its page from one machine and its form to the other."""
        page = self.again("GET", "/connexion")[2].decode()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        said = urlencode({"csrf_token": token[1], "email": self._email, "password": PASSWORD}).encode()
        status = self.again("POST", "/connexion", said, Content_Type="application/x-www-form-urlencoded")[0]
        assert status in {302, 303}, status
        state = json.loads(self.again("GET", "/connexion/etat", Accept="application/json")[2])
        self.token = state["csrf_token"]
        assert state["user"]

    def json(self, method: str, path: str, said: Any) -> tuple[int, Any]:
        """A script's request, sent again until it is answered."""
        body = json.dumps(said).encode()
        status, _headers, content = self.again(
            method, path, body, Content_Type="application/json", X_CSRFToken=self.token, Accept="application/json"
        )
        return status, json.loads(content)


@dataclass(eq=False)
class Author(threading.Thread):
    """Somebody of a centre who writes, joins a file, and remembers what was acknowledged."""

    machines: Machines
    email: str
    sheet: UUID
    over: threading.Event
    saves: int = 0
    told: str = ""
    files: dict[str, str] = field(default_factory=dict)
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.draw = random.Random(self.sheet.int)
        self.revision = 0

    def run(self) -> None:
        """Until it is over."""
        try:
            visitor = Visitor(self.machines.ports, self.email, self.draw)
            visitor.sign_in()
            while not self.over.is_set():
                self._save(visitor)
                if self.saves % 12 == 0:
                    self._join(visitor)
                time.sleep(0.05)
        except BaseException as failure:  # noqa: BLE001 (told by the judge)
            self.failure = failure

    def _save(self, visitor: Visitor) -> None:
        text = f"Parole {self.saves + 1} de {self.sheet.hex}, gardée par qui l’accuse."
        said = {"base_revision": self.revision, "answers": {"summary": text}}
        status, answer = visitor.json("PATCH", f"/fiches/{self.sheet}/reponses", said)
        # Sent again after a machine died it may have been kept already: that is said by a mark, never a second time.
        assert status == 200, (status, answer)
        self.revision, self.told, self.saves = answer["revision"], text, self.saves + 1

    def _join(self, visitor: Visitor) -> None:
        content = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n" + self.draw.randbytes(3 * PIECE)
        digest = hashlib.sha256(content).hexdigest()
        said = {"question": "files", "name": f"{len(self.files)}.pdf", "size": len(content), "sha256": digest}
        path = f"/fiches/{self.sheet}/pieces"
        status, answer = visitor.json("POST", path, said)
        if status == 409:  # a sheet holds so many and no more
            return
        upload, received = answer["upload"], answer["received"]
        while received < len(content):
            end = min(received + PIECE, len(content))
            span = f"bytes {received}-{end - 1}/{len(content)}"
            headers = {"X_CSRFToken": visitor.token, "Content_Range": span, "Accept": "application/json"}
            got = visitor.again("PUT", f"{path}/{upload}", content[received:end], **headers)
            received = json.loads(got[2])["received"]
        status, answer = visitor.json("POST", f"{path}/{upload}/fin", {})
        assert status == 200, (status, answer)
        self.files[answer["file"]["id"]] = digest
        self.revision = answer["revision"]


@dataclass(eq=False)
class Reader(threading.Thread):
    """Somebody of the federation who asks for workbooks. asked: those of which the server said that it has them."""

    machines: Machines
    email: str
    federation: UUID
    over: threading.Event
    asked: list[UUID] = field(default_factory=list)
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        """Until it is over."""
        try:
            visitor = Visitor(self.machines.ports, self.email, random.Random(7))
            visitor.sign_in()
            while not self.over.is_set():
                self._ask(visitor)
                time.sleep(0.4)
        except BaseException as failure:  # noqa: BLE001 (told by the judge)
            self.failure = failure

    def _ask(self, visitor: Visitor) -> None:
        said = {"csrf_token": visitor.token, "federation": str(self.federation), "kind": "workbook", "title": "Essai"}
        try:
            form = {"Content_Type": "application/x-www-form-urlencoded"}
            status, headers, content = visitor.ask("POST", "/rapports", urlencode(said).encode(), **form)
        except (OSError, http.client.HTTPException):
            return  # nobody knows whether it was heard: not counted on
        assert status in {303, 500, 502, 503}, (status, content[:2000])
        if status == 303:
            self.asked.append(UUID(headers["Location"].rpartition("/")[2]))


def storm(on: Machines, *, authors: int, lasts: float, every: float) -> tuple[list[Author], Reader]:
    """Let them work for so many seconds while one of the four programs dies every so often."""
    over = threading.Event()
    with on.app.app_context():
        centre = CentreFactory()
        campaign_of(centre.federation)
        for _ in range(3):
            sent_sheet(SheetState.VALIDATED, centre=centre)
        people = [(person(RoleName.MEMBER, centre).email, SheetFactory(centre=centre).id) for _ in range(authors)]
        officer, federation = person(RoleName.ADMINISTRATOR, centre.federation).email, centre.federation_id
        db.session.commit()
        db.session.remove()
    writers = [Author(on, email, sheet, over) for email, sheet in people]
    reader = Reader(on, officer, federation, over)
    for thread in (*writers, reader):
        thread.start()
    begin = time.monotonic()
    while (passed := time.monotonic() - begin) < lasts or len(on.kills) < 2 or not _all_have_acted(writers, reader):
        assert passed < lasts + PATIENCE, "somebody gets nothing done"
        time.sleep(every * (0.5 + on.draw.random()))
        on.kill_one()
    over.set()
    for thread in (*writers, reader):
        thread.join(PATIENCE * 2)
        assert not thread.is_alive(), "somebody is still waiting for an answer"
    return writers, reader


def _all_have_acted(writers: list[Author], reader: Reader) -> bool:
    """On a busy machine it takes longer until there is something to judge; who failed is told by the judge."""
    failed = any(one.failure for one in (*writers, reader))
    return failed or (bool(reader.asked) and all(one.saves > 1 for one in writers))


def come_to_rest(on: Machines) -> None:
    """Wait until no job is on its way; the workers are started again once what the dead ones had is missed."""
    time.sleep(SILENCE.total_seconds() + 0.5)
    for worker in on.workers:
        worker.kill()
        worker.start()
    busy = sa.select(sa.func.count()).where(Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
    end, restarted = time.monotonic() + 3 * PATIENCE, time.monotonic()
    with on.app.app_context():
        while db.session.scalar(busy) or _mails_waiting():
            db.session.rollback()
            assert time.monotonic() < end, "a job never ended"
            if time.monotonic() - restarted > 3 * SILENCE.total_seconds():
                # Started on the very second of a death: what was held by the dead one is only missed now.
                on.workers[0].kill()
                on.workers[0].start()
                restarted = time.monotonic()
            time.sleep(0.2)


def _mails_waiting() -> int:
    untouched = sa.select(sa.func.count()).where(Mail.state == MailState.QUEUED, Mail.claimed_at.is_(None))
    return db.session.scalar(untouched) or 0


def judge(on: Machines, writers: list[Author], reader: Reader) -> str:
    """Compare what there is with what was acknowledged; the figures in a line."""
    assert [one.failure for one in (*writers, reader) if one.failure] == []
    with on.app.app_context():
        for author in writers:
            answers = db.session.get_one(Sheet, author.sheet).answers
            assert answers["summary"] == author.told, "an acknowledged save is the last word"
            for file_id, digest in author.files.items():
                row = db.session.get_one(Attachment, UUID(file_id))
                assert hashlib.sha256(storage.get(row.storage_key)).hexdigest() == digest
        _judge_reports(on, reader)
        db.session.remove()
    saves, files = sum(one.saves for one in writers), sum(len(one.files) for one in writers)
    assert saves > 0
    assert reader.asked
    return (
        f"{saves} enregistrements, {files} fichiers, {len(reader.asked)} rapports, "
        f"{on.kills['web']} sites et {on.kills['worker']} workers tués"
    )


def _judge_reports(on: Machines, reader: Reader) -> None:
    runs = {run.id: run for run in db.session.scalars(sa.select(ReportRun))}
    assert set(reader.asked) <= runs.keys(), "an acknowledged report is there"
    made = Counter(db.session.scalars(sa.select(Event.data["run"].as_string()).where(Event.kind == "report.made")))
    assert set(made.values()) == {1}, made
    assert sum(made.values()) == len(runs)
    mails = {mail.dedupe_key: mail for mail in db.session.scalars(sa.select(Mail).where(Mail.kind == "report_ready"))}
    arrived = Counter(str(message["Message-ID"]) for message in on.mails.messages)
    assert set(arrived.values()) <= {1}, "no mail comes twice"
    for run in runs.values():
        job = db.session.get_one(Job, run.job_id)
        assert (job.state, job.error) == (JobState.DONE, None)
        assert job.result == {"run": str(run.id), "sheets": 3}
        assert run.storage_key is not None
        assert hashlib.sha256(storage.get(run.storage_key)).hexdigest() == run.sha256
        mail = mails.pop(f"report_ready:{run.id}")
        # The one that was in the air while its worker died may have gone: it is not sent twice.
        in_the_air = mail.claimed_at is not None or mail.error == INTERRUPTED
        assert mail.state is MailState.SENT or in_the_air
        assert mail.state is not MailState.SENT or any(str(mail.id) in name for name in arrived)
    assert mails == {}, "one mail a report"
