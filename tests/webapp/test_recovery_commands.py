"""The commands of recovery, as an administrator types them: what they say, how they end, what they leave behind."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.factories import NoteFactory, UserFactory
from tests.object_server import ObjectServer, object_server
from tests.places import ENGINES, SECRET, Make, all_files, all_rows, fill, is_untouched, places, sweep
from tests.servers import free_port
from tests.webapp.test_recovery import written_as
from webapp import storage
from webapp.cli import recueil
from webapp.clock import now
from webapp.config import settings_of
from webapp.database import db as database
from webapp.models import Attachment, Mail, User
from webapp.policy import OPERATOR
from webapp.recovery import contents, taking
from webapp.recovery.keys import new_key, read_key
from webapp.services import erasure, erasure_records
from webapp.vocabulary import MailState

EMAIL, OTHER = "paul.cazals@exemple.fr", "denise@tilleuls.example"
NOTHING_CHANGED = "Rien n’a été changé."


@pytest.fixture
def make_place(engine_name: str, tmp_path: Path, worker_id: str) -> Iterator[Make]:
    """An application on an empty database and an empty storage of its own."""
    with places(tmp_path, worker_id) as make:
        yield make


@pytest.fixture
def source(app: Flask, db: SQLAlchemy) -> Iterator[None]:
    """A database with a row in every table, and its files."""
    sweep()
    fill()
    yield
    sweep()


@pytest.fixture
def met(app: Flask, db: SQLAlchemy) -> Iterator[UUID]:
    """Two people who will be erased, the first with an account, the other named in a note; the id of the first."""
    sweep()
    # Whoever another test erased here is none of these.
    _ledger(app).unlink(missing_ok=True)
    user_id = UserFactory(email=EMAIL, full_name="Paul Cazals").id
    NoteFactory(text=f"Écrire à {OTHER}")
    db.session.commit()
    yield user_id
    _ledger(app).unlink(missing_ok=True)


def _ledger(place: Flask) -> Path:
    return settings_of(place).folder.resolve() / "backups" / erasure_records.NAME


def environment(place: Flask, **more: str) -> dict[str, str]:
    settings = settings_of(place)
    return {
        "RECUEIL_FOLDER": str(settings.folder),
        "RECUEIL_DATABASE_URL": settings.database_url,
        "RECUEIL_STORAGE": settings.storage,
        "RECUEIL_SECRET_KEY": SECRET,
        **more,
    }


def typed(place: Flask, *words: object, **more: str) -> Result:
    """What the whole command answers with that place in its settings."""
    return CliRunner().invoke(recueil, [str(word) for word in words], env=environment(place, **more))


def killed(place: Flask, point: str, path: Path) -> None:
    """A restoration of that backup that was killed at that point."""
    command = [sys.executable, "-m", "tests.killed_restore", point, str(path)]
    done = subprocess.run(command, env=os.environ | environment(place), capture_output=True, check=False)
    assert done.returncode == -9, done.stderr.decode()[-2000:]


def test_a_backup_is_taken_verified_tried_and_restored(
    source: None, app: Flask, make_place: Make, tmp_path: Path
) -> None:
    path, key = tmp_path / "backup.age", tmp_path / "key"
    drawn = typed(app, "backup", "--new-key", key)
    assert (drawn.exit_code, "sans elle, aucune sauvegarde ne se relit" in drawn.output) == (0, True)
    taken = typed(app, "backup", "--to", path, "--key", key)
    assert taken.exit_code == 0, taken.output
    assert f"Sauvegarde faite\u00a0: {path}\n" in taken.output
    verified = typed(app, "verify", path, RECUEIL_BACKUP_KEY=str(key))
    assert (verified.exit_code, "Sauvegarde entière" in verified.output) == (0, True)
    place = make_place(ENGINES[-1])
    tried = typed(place, "restore", path, "--key", key, "--dry-run")
    assert (tried.exit_code, "rien n’a été écrit" in tried.output) == (0, True)
    assert is_untouched(place)
    done = typed(place, "restore", path, "--key", key)
    assert done.exit_code == 0, done.output
    assert "Sauvegarde restaurée.\n" in done.output
    assert "Le journal est entier.\n" in done.output
    assert typed(place, "reconcile").exit_code == 0
    said = json.loads(typed(place, "reconcile", "--json").stdout)
    assert (said["missing"], said["orphans"], said["files"]) == ([], [], len(all_files()))


def test_what_cannot_be_trusted_is_refused_with_its_reason(
    source: None, app: Flask, make_place: Make, tmp_path: Path
) -> None:
    whole, key, other = tmp_path / "whole", tmp_path / "key", tmp_path / "other"
    taking.take(whole, key=None, at=now())
    new_key(key, at=now())
    new_key(other, at=now())
    typed(app, "backup", "--to", tmp_path / "secret", "--key", key)
    content = whole.read_bytes()
    (tmp_path / "short").write_bytes(content[:-700])
    middle = len(content) // 2
    (tmp_path / "altered").write_bytes(content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :])
    written_as(tmp_path / "tomorrow", migration="9999_of_tomorrow")
    written_as(tmp_path / "format", format=contents.FORMAT + 1)
    place = make_place(ENGINES[-1])
    for words, reason in (
        (["short"], "est tronquée"),
        (["altered"], "a été modifiée"),
        (["tomorrow"], "mettez d’abord Recueil à jour"),
        (["format"], "mettez d’abord Recueil à jour"),
        (["secret"], "est chiffrée\u00a0: donnez la clé secrète"),
        (["secret", "--key", str(other)], "Cette clé n’ouvre pas cette sauvegarde."),
        (["secret", "--key", str(tmp_path / "nowhere")], "La clé des sauvegardes ne se lit pas"),
        (["nowhere"], "ne se lit pas"),
    ):
        name, *rest = words
        for options in ([], ["--dry-run"]):
            done = typed(place, "restore", tmp_path / name, *rest, *options)
            assert (done.exit_code, reason in done.stderr) == (2, True), done.output
            assert NOTHING_CHANGED in done.stderr
        if name != "nowhere":
            verified = typed(place, "verify", tmp_path / name, *rest)
            assert (verified.exit_code, reason in verified.stderr) == (2, True), verified.output
    said = json.loads(typed(place, "restore", tmp_path / "short", "--json").stdout)
    assert (said["restored"], "tronquée" in said["message"]) == (False, True)


def test_a_place_where_something_is_keeps_it(source: None, app: Flask, make_place: Make, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    taking.take(path, key=None, at=now())
    rows, files = all_rows(), all_files()
    for options in ([], ["--dry-run"]):
        done = typed(app, "restore", path, *options)
        assert (done.exit_code, "La base n’est pas vide" in done.stderr) == (2, True), done.output
    assert (all_rows(), all_files()) == (rows, files)
    place = make_place(ENGINES[-1])
    with place.app_context():
        storage.put("attachments/aa/other", b"other")
    done = typed(place, "restore", path)
    assert (done.exit_code, "Le stockage des fichiers n’est pas vide" in done.stderr) == (2, True)
    with place.app_context():
        assert list(all_files()) == ["attachments/aa/other"]


KILLED = [(engine, point) for engine in ENGINES for point in ("files", "loaded", "exchange")
          if (engine, point) != ("postgresql", "exchange")]  # fmt: skip


@pytest.mark.parametrize(("engine", "point"), KILLED)
def test_a_restoration_that_was_killed_is_said_and_the_next_one_goes_over_it(
    source: None, db: SQLAlchemy, make_place: Make, tmp_path: Path, engine: str, point: str
) -> None:
    db.session.execute(sa.update(Mail).values(state=MailState.SENT))
    first, second = tmp_path / "first", tmp_path / "second"
    taking.take(first, key=None, at=now())
    # The other backup has neither that file nor its row: nothing of the first may stay in its midst.
    gone = db.session.scalars(sa.select(Attachment)).first()
    assert gone is not None
    gone.storage_key, before = "attachments/zz/moved", gone.storage_key
    storage.put("attachments/zz/moved", storage.get(before))
    storage.delete(before)
    db.session.commit()
    taking.take(second, key=None, at=now())
    rows, files = all_rows(), all_files()
    place = make_place(engine)
    killed(place, point, first)
    for command in (["reconcile"], ["serve", "--port", "1"], ["migrate"]):
        done = typed(place, *command)
        assert (done.exit_code, "une restauration s’est interrompue" in done.output) == (1, True), done.output
    with place.app_context():
        storage.put("attachments/aa/other", b"other")
        refused = typed(place, "restore", second)
        assert (refused.exit_code, "Le stockage des fichiers n’est pas vide" in refused.stderr) == (2, True)
        storage.delete("attachments/aa/other")
    done = typed(place, "restore", second)
    assert done.exit_code == 0, done.output
    with place.app_context():
        assert all_rows() == rows
        assert all_files() == files
        database.session.remove()
    assert typed(place, "reconcile").exit_code == 0, "it serves again"


def test_who_was_erased_after_the_backup_is_erased_again(
    met: UUID, app: Flask, make_place: Make, tmp_path: Path
) -> None:
    path = tmp_path / "backup"
    taking.take(path, key=None, at=now())
    for email in (EMAIL, OTHER):
        erasure.erase(email, actor=OPERATOR, at=now())
    place = make_place(ENGINES[-1])
    without = typed(place, "restore", path, "--dry-run")
    assert "Aucun registre des effacements" in without.stderr
    assert EMAIL not in _ledger(app).read_text()
    done = typed(place, "restore", path, "--erasures", _ledger(app))
    assert done.exit_code == 0, done.output
    assert "2\u00a0personnes effacées depuis l’ont été de nouveau.\n" in done.output
    with place.app_context():
        assert not database.session.get_one(User, met).active
        said = b"".join(line for table in all_rows().values() for line in table).decode()
        database.session.remove()
    assert [word for word in (EMAIL, "Paul Cazals", OTHER) if word in said] == []
    # A later restoration there, of the same old backup, needs nobody to remember.
    assert erasure_records.read(_ledger(place)) == erasure_records.read(_ledger(app))


def test_who_was_invited_again_before_the_backup_stays(met: UUID, app: Flask, make_place: Make, tmp_path: Path) -> None:
    erasure.erase(EMAIL, actor=OPERATOR, at=now())
    again = UserFactory(email=EMAIL, full_name="Paul Cazals").id
    database.session.commit()
    taking.take(tmp_path / "backup", key=None, at=now())
    place = make_place(ENGINES[-1])
    done = typed(place, "restore", tmp_path / "backup", "--erasures", _ledger(app))
    assert done.exit_code == 0, done.output
    assert "Personne n’était à effacer de nouveau." in done.output
    with place.app_context():
        assert database.session.get_one(User, again).full_name == "Paul Cazals"
        database.session.remove()


def test_with_another_key_accounts_are_erased_again_and_others_are_told(
    met: UUID, app: Flask, make_place: Make
) -> None:
    path = settings_of(app).folder.resolve() / "backups" / "by-hand"
    taking.take(path, key=None, at=now())
    try:
        for email in (EMAIL, OTHER):
            erasure.erase(email, actor=OPERATOR, at=now())
        place = make_place("sqlite")
        done = typed(place, "restore", path, RECUEIL_SECRET_KEY="another key, long enough to be taken as one")
        assert done.exit_code == 0, done.output
        assert "1\u00a0personne effacée depuis l’a été de nouveau.\n" in done.output, "found beside the backup"
        assert "1\u00a0personne effacée sans compte ne se reconnaît qu’avec la RECUEIL_SECRET_KEY" in done.stderr
    finally:
        path.unlink()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A place for backups in an S3 server, by the environment as an administrator gives it."""
    with object_server(tmp_path / "s3") as objects:
        for name, value in objects.environment.items():
            monkeypatch.setenv(name, value)
        yield objects.place


def test_a_backup_is_put_into_a_store_and_restored_from_there_with_its_erasures(
    met: UUID, app: Flask, make_place: Make, store: str, tmp_path: Path
) -> None:
    taken = typed(app, "backup", "--to", store)
    assert taken.exit_code == 0, taken.output
    [lies] = re.findall(rf"Sauvegarde faite\u00a0: ({store}/recueil-\S+\.tar\.gz) ", taken.output)
    assert typed(app, "verify", lies).exit_code == 0
    erasure.erase(EMAIL, actor=OPERATOR, at=now())
    storage.Place(store).put(erasure_records.NAME, _ledger(app))
    place = make_place(ENGINES[-1])
    done = typed(place, "restore", lies)
    assert done.exit_code == 0, done.output
    assert "1\u00a0personne effacée depuis l’a été de nouveau.\n" in done.output
    assert list((settings_of(place).folder / "backups-under-way").iterdir()) == []


def test_whoever_knows_only_the_store_is_told_its_backups(app: Flask, make_place: Make, store: str) -> None:
    place = make_place("sqlite")
    bucket = store.rpartition("/")[0]
    for given in (store, bucket, f"{store}/recueil-hier.tar.gz"):
        done = typed(place, "restore", given)
        assert (done.exit_code, f"Aucun fichier à {given}. " in done.stderr) == (2, True), done.output
        assert "Il n’y a là aucune sauvegarde." in done.stderr
    assert typed(app, "backup", "--to", store).exit_code == 0
    for given in (store, bucket, f"{store}/recueil-hier.tar.gz"):
        done = typed(place, "restore", given)
        assert done.exit_code == 2
        assert re.search(rf"Les dernières sauvegardes là\u00a0:\n  {store}/recueil-\S+\.tar\.gz ?", done.stderr), given
    assert is_untouched(place)


def test_a_store_that_is_away_is_said_and_nothing_is_restored(
    make_place: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ObjectServer(free_port(), Path()).environment.items():
        monkeypatch.setenv(name, value)
    place = make_place("sqlite")
    done = typed(place, "restore", "s3://fiches/essais/recueil.tar.gz")
    assert (done.exit_code, " ne se lit pas\u00a0: " in done.stderr) == (2, True), done.output
    assert typed(place, "verify", "s3://fiches/essais/recueil.tar.gz").exit_code == 2


def test_a_key_can_be_drawn_where_no_file_would_stay(app: Flask, tmp_path: Path) -> None:
    drawn = typed(app, "backup", "--new-key", "-")
    assert drawn.exit_code == 0
    [public] = re.findall(r"qui chiffre sans pouvoir relire\u00a0: (age1\S+)", drawn.stderr)
    assert str(read_key(drawn.stdout.splitlines()[-1]).public) == public
    assert not Path("-").exists()


def test_a_register_of_erasures_that_is_damaged_stops_the_restoration(
    db: SQLAlchemy, make_place: Make, tmp_path: Path
) -> None:
    taking.take(tmp_path / "backup", key=None, at=now())
    (tmp_path / erasure_records.NAME).write_text('{"erased": [{"number": 1}]}')
    place = make_place("sqlite")
    done = typed(place, "restore", tmp_path / "backup")
    assert (done.exit_code, "Le registre des effacements" in done.stderr) == (2, True), done.output
    assert is_untouched(place)
