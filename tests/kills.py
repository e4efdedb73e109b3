"""Eight people save while the server is killed at random moments; what was acknowledged is looked for after each."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen
from uuid import UUID

from flask import Flask
from flask_migrate import upgrade

from tests.databases import database
from tests.factories import CentreFactory, SheetFactory, campaign_of, person
from tests.servers import ServerProcess, free_port
from tests.signing import sign_in, token_of
from webapp import create_app, table_rows
from webapp.config import Settings
from webapp.database import db, reading
from webapp.models import Sheet
from webapp.recovery import restoring
from webapp.vocabulary import RoleName

WRITERS = 8
QUESTIONS = ("summary", "results_centre", "limits")
NEVER_STALE = 10**9
PATIENCE = 120.0


@dataclass
class Writer:
    """Somebody who saves one answer after the other; what was acknowledged, and what may have been kept since."""

    sheet: UUID
    headers: dict[str, str]
    acknowledged: dict[str, str | None] = field(default_factory=dict)
    in_doubt: dict[str, set[str]] = field(default_factory=dict)
    revisions: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    sent: int = 0
    saves: int = 0

    def save(self, connection: http.client.HTTPConnection) -> None:
        """Send one answer. Raises OSError, HTTPException where the server dies meanwhile."""
        question = QUESTIONS[self.sent % len(QUESTIONS)]
        value = f"Réponse numéro {self.sent}"
        self.sent += 1
        self.in_doubt.setdefault(question, set()).add(value)
        message = {"base_revision": NEVER_STALE, "answers": {question: value}}
        headers = self.headers | {"Content-Type": "application/json"}
        connection.request("PATCH", f"/fiches/{self.sheet}/reponses", json.dumps(message), headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        if answer.status != 200:
            self.refused.append(answer.status)
            return
        self.acknowledged[question] = value
        self.in_doubt[question] = set()
        self.revisions.append(said["revision"])
        self.saves += 1


@dataclass
class Siege:
    """The server, its writers, and what went wrong."""

    app: Flask
    server: ServerProcess
    writers: list[Writer]
    draw: random.Random
    lost: list[str] = field(default_factory=list)
    ready_after: list[float] = field(default_factory=list)
    kills: int = 0

    def __post_init__(self) -> None:
        self._up, self._over = threading.Event(), threading.Event()
        self._idle = [threading.Event() for _ in self.writers]

    @property
    def saves(self) -> int:
        """How many were acknowledged."""
        return sum(writer.saves for writer in self.writers)

    @property
    def lost_answers(self) -> list[str]:
        """Of what is wrong, the answers that somebody was told are kept and that are not."""
        return [one for one in self.lost if one.startswith(QUESTIONS)]

    def run(self, kills: int) -> None:
        """Kill that many times, and look at the database after each."""
        threads = [threading.Thread(target=self._write, args=item, daemon=True) for item in enumerate(self.writers)]
        for thread in threads:
            thread.start()
        try:
            self._start()
            for _ in range(kills):
                self._wait_for_saves()
                time.sleep(self.draw.random() * 0.2)
                self.server.kill()
                self.kills += 1
                self._pause()
                self._start()
                self.count()
                self._up.set()
        finally:
            self._over.set()
            self._up.set()
            self.server.kill()
            for thread in threads:
                thread.join(timeout=PATIENCE)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everybody writes as long as the block lasts, and nobody is killed."""
        threads = [threading.Thread(target=self._write, args=item, daemon=True) for item in enumerate(self.writers)]
        for thread in threads:
            thread.start()
        try:
            self._start()
            self._wait_for_saves()
            yield
            self._wait_for_saves()
        finally:
            self._over.set()
            self._up.set()
            for thread in threads:
                thread.join(timeout=PATIENCE)
            self.server.kill()

    def _start(self) -> None:
        begin = time.monotonic()
        self.server.start()
        with urlopen(f"{self.server.settings.base_url}/readyz", timeout=PATIENCE) as answer:
            assert answer.status == 200
        self.ready_after.append(time.monotonic() - begin)
        if not self.kills:
            self._up.set()

    def _wait_for_saves(self) -> None:
        """Something is at stake at every kill."""
        wanted, end = self.saves + WRITERS, time.monotonic() + PATIENCE
        while self.saves < wanted:
            if time.monotonic() > end:
                raise AssertionError(f"nobody can save any more: {self.writers[0].refused[-3:]}")
            time.sleep(0.005)

    def _pause(self) -> None:
        self._up.clear()
        for idle in self._idle:
            assert idle.wait(PATIENCE)

    def _write(self, number: int, writer: Writer) -> None:
        netloc = urlsplit(self.server.settings.base_url).netloc
        while not self._over.is_set():
            self._idle[number].set()
            self._up.wait()
            self._idle[number].clear()
            connection = http.client.HTTPConnection(netloc, timeout=PATIENCE)
            try:
                while self._up.is_set() and not self._over.is_set():
                    writer.save(connection)
            except (OSError, http.client.HTTPException, ValueError):
                # Killed while it answered; a half answer is none. The one who kills says when to go on.
                while self._up.is_set() and not self._over.is_set():
                    time.sleep(0.002)
            finally:
                connection.close()

    def count(self) -> None:
        """Every last acknowledged answer is there, or one that was sent after it; no revision was given twice."""
        with self.app.app_context(), reading():
            for writer in self.writers:
                sheet = db.session.get_one(Sheet, writer.sheet, populate_existing=True)
                self._compare(writer, sheet)
            db.session.remove()
            # The server alone must find the database as the kill left it.
            db.engine.dispose()

    def _compare(self, writer: Writer, sheet: Sheet) -> None:
        for question, value in writer.acknowledged.items():
            kept = sheet.answers.get(question)
            if kept != value and kept not in writer.in_doubt[question]:
                self.lost.append(f"{question}: {value!r} was acknowledged, {kept!r} is there")
            # What is there now is what the next ones come after.
            writer.acknowledged[question] = kept
            writer.in_doubt[question] = set()
        if writer.revisions and sheet.revision < writer.revisions[-1]:
            self.lost.append(f"revision {writer.revisions[-1]} was acknowledged, {sheet.revision} is there")
        if any(later <= earlier for earlier, later in zip(writer.revisions, writer.revisions[1:], strict=False)):
            self.lost.append(f"a revision was given twice: {writer.revisions[-20:]}")
        writer.revisions[:-1] = []

    def faults(self) -> list[str]:
        """What is not whole in the database: pages, references, journals."""
        found: list[str] = []
        with self.app.app_context(), reading():
            with db.engine.connect() as connection:
                if connection.dialect.name == "sqlite":
                    found += [
                        str(row) for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"
                    ]
                    found += [str(row) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
                for table in db.metadata.sorted_tables:
                    for _ in table_rows.lines(connection, table_rows.shape_of(table)):
                        pass
            found += list(restoring.broken_chains())
            db.session.remove()
            db.engine.dispose()
        return found


@contextmanager
def a_siege(
    folder: Path, name: str, engine: str, *, seed: int, module: str = "webapp.cli", writers: int = WRITERS
) -> Iterator[Siege]:
    """A database of its own on that engine with a sheet for each writer. module: which server is run."""
    with database(folder, name, engine) as url:
        settings = Settings(
            folder=folder, database_url=url, base_url=f"http://127.0.0.1:{free_port()}", mail_url=str(folder / "mail"),
            secret_key="a key for tests, long enough to be taken", rate_limits=False,
        )  # fmt: skip
        app = create_app(settings)
        with app.app_context():
            upgrade()
            people = list(_writers(app, writers))
            db.session.remove()
            db.engine.dispose()
        siege = Siege(app, ServerProcess(settings, module=module), people, random.Random(seed))
        try:
            yield siege
        finally:
            siege.server.kill()
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def _writers(app: Flask, number: int) -> Iterator[Writer]:
    centre = CentreFactory()
    campaign_of(centre.federation)
    for _ in range(number):
        visitor = app.test_client()
        sheet = SheetFactory(centre=centre, answers={"title": "Le jardin"})
        sign_in(visitor, person(RoleName.MEMBER, centre, password=None))
        token = token_of(visitor)
        cookie = visitor.get_cookie("recueil")
        assert cookie is not None
        yield Writer(sheet.id, {"Cookie": f"recueil={cookie.value}", "X-CSRFToken": token})
    db.session.commit()
