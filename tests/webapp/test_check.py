"""`recueil check`: each thing that can be wrong is said, with what to do, and decides how the command ends."""

import json
import os
import socket
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from pydantic import ValidationError

from tests import databases
from tests.factories import JobFactory, MailFactory, WorkerSeenFactory
from tests.object_server import object_server
from tests.servers import MailSink, free_port
from webapp.clock import now
from webapp.commands import check
from webapp.config import Settings, settings_of
from webapp.database import db as database
from webapp.deployment import kept, machine, services
from webapp.deployment.verdicts import Found, Verdict
from webapp.models import BackupRun
from webapp.recovery.keys import new_key

MakeApp = Callable[..., Flask]
KEY = "qT7v0mJd3RkWn5sYbZ8eXc1uGh4pLf6aNi2oKr9tMw"
SAFE = {"base_url": "https://recueil.example.org", "secret_key": KEY, "mail_url": "smtp://127.0.0.1:25", "proxies": 1}


def settings(**given: Any) -> Settings:
    return Settings(**(SAFE | given))


def verdicts(found: Iterator[Found]) -> dict[str, Verdict]:
    return {one.matter: one.verdict for one in found}


def test_an_address_in_https_behind_a_proxy_is_right() -> None:
    assert set(verdicts(machine.address(settings())).values()) == {Verdict.OK}
    assert verdicts(machine.address(settings(proxies=0)))["proxies"] is Verdict.REVIEW
    assert verdicts(machine.address(Settings()))["address"] is Verdict.REVIEW


def test_a_key_that_can_be_guessed_is_refused() -> None:
    assert verdicts(machine.secret(settings())) == {"secret_key": Verdict.OK}
    assert verdicts(machine.secret(settings(secret_key="changeme" * 5))) == {"secret_key": Verdict.REFUSED}
    assert verdicts(machine.secret(settings(secret_key="a" * 60))) == {"secret_key": Verdict.REFUSED}
    assert verdicts(machine.secret(settings(secret_key="0123" * 10))) == {"secret_key": Verdict.REFUSED}


def test_machines_that_share_a_database_need_the_same_key(tmp_path: Path) -> None:
    shared = Settings(folder=tmp_path, database_url="postgresql://base.example.org/recueil")
    assert verdicts(machine.secret(shared)) == {"secret_key": Verdict.REVIEW}
    assert verdicts(machine.secret(Settings(folder=tmp_path))) == {"secret_key": Verdict.OK}


def test_a_folder_or_a_key_that_is_open_to_others_is_refused(tmp_path: Path) -> None:
    given = Settings(folder=tmp_path)
    given.secret()
    assert verdicts(machine.folder(given)) == {"folder": Verdict.OK}
    (tmp_path / "secret_key").chmod(0o640)
    assert verdicts(machine.folder(given)) == {"folder": Verdict.REFUSED}
    (tmp_path / "secret_key").chmod(0o600)
    tmp_path.chmod(stat.S_IRWXU | stat.S_IWOTH)
    assert verdicts(machine.folder(given)) == {"folder": Verdict.REFUSED}


def test_a_disk_without_room_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = Settings(folder=tmp_path / "not" / "there")
    for least, verdict in ((0, Verdict.OK), (1 << 60, Verdict.REVIEW)):
        monkeypatch.setattr(machine, "LITTLE_ROOM", least)
        monkeypatch.setattr(machine, "NO_ROOM", 0)
        assert verdicts(machine.room(given)) == {"disk": verdict}
    monkeypatch.setattr(machine, "NO_ROOM", 1 << 60)
    assert verdicts(machine.room(given)) == {"disk": Verdict.REFUSED}


def test_what_a_pdf_needs_and_the_time_zone_are_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = Settings()
    assert verdicts(machine.zone(given)) == {"zone": Verdict.OK}
    assert verdicts(machine.printing(given)) == {"printing": Verdict.OK}
    monkeypatch.setattr(machine, "ZONE", "Europe/Valdorsanne")
    monkeypatch.setattr(machine, "FONT_FOLDERS", (tmp_path,))
    assert verdicts(machine.zone(given)) == {"zone": Verdict.REFUSED}
    assert verdicts(machine.printing(given)) == {"printing": Verdict.REVIEW}
    monkeypatch.setattr(machine, "LIBRARIES", ("nowhere-1.0",))
    assert verdicts(machine.printing(given)) == {"printing": Verdict.REFUSED}


def test_a_database_that_is_there_and_migrated_is_right(app: Flask, db: SQLAlchemy, engine_name: str) -> None:
    WorkerSeenFactory(seen_at=now())
    db.session.commit()
    found = verdicts(services.database(settings_of(app)))
    right = ["database", "migrations", "worker", "waiting", *(["clock"] if engine_name == "postgresql" else [])]
    assert found == dict.fromkeys(right, Verdict.OK)


def test_work_that_waits_for_long_is_noticed(app: Flask, db: SQLAlchemy) -> None:
    for waiting in (JobFactory, MailFactory):
        one = waiting(created_at=now() - timedelta(hours=1))
        db.session.commit()
        assert verdicts(services.database(settings_of(app)))["waiting"] is Verdict.REVIEW
        db.session.delete(one)
        db.session.commit()
    assert verdicts(services.database(settings_of(app)))["waiting"] is Verdict.OK


def test_workers_are_known_by_their_signs_of_life(app: Flask, db: SQLAlchemy) -> None:
    apart = settings_of(app).model_copy(update={"queue_url": "redis://127.0.0.1/0"})
    assert verdicts(services.database(apart))["worker"] is Verdict.REVIEW
    WorkerSeenFactory(seen_at=now() - timedelta(hours=1))
    db.session.commit()
    assert verdicts(services.database(apart))["worker"] is Verdict.REVIEW
    embedded = settings_of(app).model_copy(update={"queue_url": ""})
    assert verdicts(services.database(embedded))["worker"] is Verdict.OK, "the site starts its own"
    WorkerSeenFactory(seen_at=now())
    db.session.commit()
    assert verdicts(services.database(apart))["worker"] is Verdict.OK


def backed_up(**given: Any) -> None:
    taken = {"slot": "1", "place": "/sauvegardes", "name": "a", "started_at": now(), "finished_at": now()}
    database.session.add(BackupRun(**taken | given))
    database.session.commit()


def test_backups_are_looked_at_by_age_and_by_what_came_of_them(app: Flask, db: SQLAlchemy) -> None:
    given = settings_of(app).model_copy(update={"backups": "/sauvegardes", "backup_every": 24})
    assert "backup_age" not in verdicts(services.database(settings_of(app)))
    backed_up(started_at=now() - timedelta(days=5))
    assert verdicts(services.database(given))["backup_age"] is Verdict.REVIEW
    backed_up(slot="2")
    assert verdicts(services.database(given))["backup_age"] is Verdict.OK
    backed_up(slot="3", drill_error="un fichier manque")
    [said] = [one.said for one in services.database(given) if one.matter == "backup_age"]
    assert said == "dernière sauvegarde\u00a0: l’essai de restauration a échoué\u00a0: un fichier manque"


def test_the_place_of_backups_is_written_read_and_left_as_it_was(tmp_path: Path) -> None:
    assert verdicts(kept.place(settings())) == {"backups": Verdict.REVIEW}
    assert verdicts(kept.place(settings(backups=str(tmp_path / "there")))) == {"backups": Verdict.OK}
    assert list((tmp_path / "there").iterdir()) == []
    (tmp_path / "file").write_text("no folder")
    assert verdicts(kept.place(settings(backups=str(tmp_path / "file")))) == {"backups": Verdict.REFUSED}


def test_the_key_of_backups_is_read(tmp_path: Path) -> None:
    public = new_key(tmp_path / "key", at=now())
    assert verdicts(kept.key(settings())) == {}
    assert verdicts(kept.key(settings(backups="/sauvegardes"))) == {"backup_key": Verdict.REVIEW}
    for given, verdict in ((public, Verdict.OK), (str(tmp_path / "key"), Verdict.OK), ("none", Verdict.REFUSED)):
        found = verdicts(kept.key(settings(backups="/sauvegardes", backup_key=given)))
        assert found == {"backup_key": verdict}


def test_debugging_is_refused_where_others_see_it(make_app: MakeApp) -> None:
    other = make_app()
    for debug, given, verdict in (
        (False, settings(), Verdict.OK),
        (True, Settings(), Verdict.REVIEW),
        (True, settings(), Verdict.REFUSED),
    ):
        other.debug = debug
        with other.app_context():
            assert verdicts(machine.debugging(given)) == {"debug": verdict}


def test_what_the_legal_pages_lack_is_named() -> None:
    names = ("publisher", "director", "host", "contact", "privacy")
    given = {f"legal_{name}": "Fédération du Val d’Orsanne" for name in names}
    assert verdicts(machine.legal(settings(**given))) == {"legal": Verdict.OK}
    [found] = machine.legal(settings(**given | {"legal_host": ""}))
    assert (found.verdict, found.said) == (Verdict.REVIEW, "pages légales\u00a0: il manque RECUEIL_LEGAL_HOST.")
    assert list(machine.legal(Settings())) == []


def test_a_clock_that_goes_wrong_is_noticed(app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    if databases.ENGINE == "sqlite":
        pytest.skip("another machine's clock")
    for apart, verdict in ((20, Verdict.REVIEW), (3600, Verdict.REFUSED)):
        monkeypatch.setitem(app.config, "RECUEIL_NOW", None)
        later = now() + timedelta(seconds=apart)
        monkeypatch.setitem(app.config, "RECUEIL_NOW", later)
        assert verdicts(services.database(settings_of(app)))["clock"] is verdict


def test_a_database_of_another_encoding_is_refused(make_app: MakeApp, worker_id: str) -> None:
    if databases.ENGINE == "sqlite":
        pytest.skip("PostgreSQL only")
    with databases.postgresql_database(f"recueil_latin_{os.getpid()}_{worker_id}", encoding="LATIN1") as url:
        other = make_app(database_url=url)
        with other.app_context():
            found = verdicts(services.database(settings_of(other)))
    assert (found["database"], found["migrations"]) == (Verdict.REFUSED, Verdict.REVIEW)


def test_a_database_that_is_away_is_refused(make_app: MakeApp) -> None:
    other = make_app(database_url=f"postgresql://nobody:secret@127.0.0.1:{free_port()}/none")
    with other.app_context():
        [found] = services.database(settings_of(other))
    assert found.verdict is Verdict.REFUSED
    assert "secret" not in found.said


def test_a_queue_that_is_away_or_counts_apart_is_noticed() -> None:
    for scheme in ("redis", "postgresql"):
        found = verdicts(services.queue(settings(queue_url=f"{scheme}://127.0.0.1:{free_port()}/0")))
        assert found["queue"] is Verdict.REFUSED
        assert found["limits"] is (Verdict.OK if scheme == "redis" else Verdict.REVIEW)
    assert set(verdicts(services.queue(Settings())).values()) == {Verdict.OK}


def test_a_redis_that_forgets_is_noticed(tmp_path: Path) -> None:
    port = free_port()
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    for policy, verdict in (("noeviction", Verdict.OK), ("allkeys-lru", Verdict.REVIEW)):
        with subprocess.Popen([*words, "--maxmemory-policy", policy], stdout=subprocess.DEVNULL) as server:
            try:
                _until_it_listens(port)
                found = verdicts(services.queue(settings(queue_url=f"redis://127.0.0.1:{port}/0")))
            finally:
                server.kill()
        assert found == {"queue": verdict, "limits": Verdict.OK}


def _until_it_listens(port: int) -> None:
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            threading.Event().wait(0.02)
        else:
            return
    raise AssertionError("nobody listens")


def test_a_storage_is_written_read_and_left_as_it_was(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with object_server(tmp_path / "s3") as objects:
        for secret, verdict in ((None, Verdict.OK), ("another", Verdict.REFUSED)):
            given = objects.environment | ({"AWS_SECRET_ACCESS_KEY": secret} if secret else {})
            for name, value in given.items():
                monkeypatch.setenv(name, value)
            other = make_app(storage=objects.place)
            with other.app_context():
                assert verdicts(services.files(settings_of(other))) == {"storage": verdict}
        kept = [path for path in (tmp_path / "s3" / "fiches").rglob("*") if path.is_file()]
    assert [path for path in kept if "check" in path.parts] == []
    (tmp_path / "file").write_text("no folder")
    other = make_app(storage=str(tmp_path / "file"))
    with other.app_context():
        assert verdicts(services.files(settings_of(other))) == {"storage": Verdict.REFUSED}


def test_a_mail_server_is_greeted_and_written_to_when_asked(mails: MailSink) -> None:
    given = settings(mail_url=f"smtp://127.0.0.1:{mails.port}")
    assert verdicts(services.mail(given, to=None)) == {"mail": Verdict.OK}
    assert mails.messages == []
    assert verdicts(services.mail(given, to="essai@exemple.example")) == {"mail": Verdict.OK}
    assert [message["Subject"] for message in mails.messages] == ["Essai d’envoi de Recueil"]
    for wrong in (f"127.0.0.1:{free_port()}", f"127.0.0.1:{mails.port}?starttls=1", f"a:b@127.0.0.1:{mails.port}"):
        assert verdicts(services.mail(settings(mail_url=f"smtp://{wrong}"), to=None)) == {"mail": Verdict.REFUSED}
    assert verdicts(services.mail(Settings(), to=None)) == {"mail": Verdict.REVIEW}


def test_the_command_ends_by_the_worst_and_speaks_to_programs_too(app: Flask, db: SQLAlchemy) -> None:
    done = CliRunner().invoke(check.command, ["--json"], obj=app)
    found = {one["matter"]: one["verdict"] for one in json.loads(done.stdout)}
    assert (found["address"], found["zone"], found["migrations"]) == ("à revoir", "ok", "ok")
    assert done.exit_code == 1
    with pytest.raises(ValidationError) as unsafe:
        Settings(base_url="https://recueil.example.org")
    done = CliRunner().invoke(check.command, [], obj=unsafe.value)
    assert done.exit_code == 2
    assert done.stdout.startswith("refusé")
    assert "RECUEIL_SECRET_KEY" in done.stdout
