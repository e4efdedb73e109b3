"""A backup is taken by the command while many write, restored elsewhere by the command, and held against the origin."""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from PIL import Image

from reports.catalogue import REPORTS, ReportKind
from tests.databases import database
from tests.factories import PASSWORD, CentreFactory, SheetFactory, person
from tests.kills import Siege, a_siege
from tests.servers import free_port
from tests.webapp.report_season import made, sheet_of
from webapp import cli, create_app, storage
from webapp.clock import now
from webapp.config import Settings, settings_of
from webapp.database import db, reading
from webapp.models import Attachment, Change, ReportRun, Sheet, User
from webapp.queries.accounts import actor_of
from webapp.recovery import restoring
from webapp.recovery.keys import new_key
from webapp.services import attachments, reports
from webapp.vocabulary import RoleName

EMAIL = "camille@exemple.fr"


def recueil(settings: Settings, *words: str) -> dict[str, Any]:
    """What the command says in JSON, in a process that is not the server's; it must end well."""
    given = {
        "RECUEIL_FOLDER": str(settings.folder),
        "RECUEIL_DATABASE_URL": settings.database_url,
        "RECUEIL_SECRET_KEY": settings.secret_key.get_secret_value(),
    }
    done = CliRunner().invoke(cli.recueil, [*words, "--json"], env=given)
    assert done.exit_code == 0, done.output[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    return said


class Joining:
    """Somebody who joins a picture after the other, each its own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.count = 0
        self._over = threading.Event()
        with app.app_context():
            centre = CentreFactory()
            self.user_id = person(RoleName.RESPONSIBLE, centre, password=PASSWORD, email=EMAIL).id
            self.sheets = [SheetFactory(centre=centre).id for _ in range(40)]
            sheet_of(centre)
            self.run_id = made(db, centre.federation, ReportKind.BOOK).id
            db.session.remove()
        self.join(self.sheets[0])

    def join(self, sheet_id: UUID) -> None:
        """One more."""
        out = io.BytesIO()
        Image.new("RGB", (60 + self.count, 40), (self.count % 256, 80, 120)).save(out, "PNG")
        with self.app.app_context():
            actor = actor_of(db.session.get_one(User, self.user_id))
            name = f"photo{self.count}.png"
            attachments.add(sheet_id, "files", name=name, content=out.getvalue(), actor=actor, at=now())
            db.session.remove()
        self.count += 1

    def __enter__(self) -> Joining:
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        return self

    def _work(self) -> None:
        for sheet_id in self.sheets[1:] * 4:
            if self._over.is_set():
                return
            self.join(sheet_id)

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()


def prove(folder: Path, name: str, engine: str, target: str, *, writers: int) -> str:
    """The whole proof; what it was of, in a sentence."""
    with a_siege(folder, name, engine, seed=1, writers=writers) as siege:
        joining = Joining(siege.app)
        recueil_key = folder / "key"
        new_key(recueil_key, at=now())
        file = folder / "backup.tar.gz.age"
        with siege.writing(), joining:
            before = [writer.revisions[-1] if writer.revisions else 0 for writer in siege.writers]
            told = recueil(siege.server.settings, "backup", "--to", str(file), "--key", str(recueil_key))
        assert siege.lost == []
        with _elsewhere(folder, f"{name}_copy"[:60], target) as copy:
            settings = settings_of(copy)
            restored = recueil(settings, "restore", str(file), "--key", str(recueil_key))
            assert (restored["restored"], restored["broken_chains"], restored["same_secret_key"]) == (True, [], True)
            with copy.app_context():
                count = _files_are_whole()
                _one_moment(siege, before)
                _report_is_the_same(joining.run_id)
                db.session.remove()
                db.engine.dispose()
            assert count == told["files"]
            _somebody_signs_in(copy)
    return f"{siege.saves} enregistrements et {joining.count} photos pendant ce temps, {count} fichiers restaurés"


@contextmanager
def _elsewhere(folder: Path, name: str, engine: str) -> Iterator[Flask]:
    place = folder / "copy"
    place.mkdir()
    with database(place, name, engine) as url:
        settings = Settings(
            folder=place, database_url=url, base_url=f"http://127.0.0.1:{free_port()}", mail_url=str(place / "mail"),
            secret_key="a key for tests, long enough to be taken", rate_limits=False,
        )  # fmt: skip
        app = create_app(settings)
        yield app
        with app.app_context():
            db.engine.dispose()


def _files_are_whole() -> int:
    with reading():
        made_keys = sa.select(ReportRun.storage_key, ReportRun.sha256).where(ReportRun.storage_key.is_not(None))
        named = sa.select(Attachment.storage_key, Attachment.sha256).union_all(made_keys)
        wanted = {row[0]: row[1] for row in db.session.execute(named)}
        db.session.rollback()
    assert {found.key for found in storage.listed()} == set(wanted), "each row its file, and no file more"
    wrong = [key for key, sha256 in wanted.items() if hashlib.sha256(storage.get(key)).hexdigest() != sha256]
    assert wrong == []
    assert len(wanted) > 1
    return len(wanted)


def _one_moment(siege: Siege, before: list[int]) -> None:
    """Of each sheet, what was acknowledged before is there, and answers, revision and history are of one moment."""
    with reading():
        for writer, least in zip(siege.writers, before, strict=True):
            sheet = db.session.get_one(Sheet, writer.sheet)
            assert sheet.revision >= least
            numbers = [int(str(sheet.answers[question]).rpartition(" ")[2]) for question in sheet.field_revisions]
            assert max(sheet.field_revisions.values(), default=0) == sheet.revision
            assert max(numbers, default=-1) + 1 == sheet.revision
            last = sa.select(sa.func.max(Change.revision)).where(Change.sheet_id == sheet.id)
            assert (db.session.scalar(last) or 0) == sheet.revision
        assert list(restoring.broken_chains()) == []


def _report_is_the_same(run_id: UUID) -> None:
    with reading():
        run = db.session.get_one(ReportRun, run_id)
        content, key, kind = reports.content_as_made(run), run.storage_key, run.kind
        out = io.BytesIO()
        reports.write(REPORTS[kind], content, out)
    assert key is not None
    assert out.getvalue() == storage.get(key)


def _somebody_signs_in(copy: Flask) -> None:
    browser = copy.test_client()
    page = browser.get("/connexion").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    form = {"csrf_token": token[1], "email": EMAIL, "password": PASSWORD}
    assert browser.post("/connexion", data=form).status_code in {302, 303}
    mine = browser.get("/fiches")
    assert (mine.status_code, mine.request.path) == (200, "/fiches")
