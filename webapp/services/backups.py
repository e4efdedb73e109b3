"""Backups that the worker takes by itself, and the drill: each is restored elsewhere to see that it can be."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from forms.values import Refused
from webapp import storage
from webapp.config import Settings, current_settings
from webapp.database import db
from webapp.models import BackupRun, Role, User
from webapp.queries import backups as queries
from webapp.recovery import lying, taking
from webapp.recovery.contents import Contents
from webapp.recovery.keys import Key, read_key
from webapp.services import erasure, erasure_records, jobs, mail
from webapp.services.mail import About
from webapp.vocabulary import RoleName

JOB = "backup"
DRILL_SECONDS = 3600
LONGEST_ERROR = 500

log = structlog.get_logger()


def fall_due(*, at: datetime) -> None:
    """Ask for the backup of these hours, once whatever the number of workers; tell where the last one is too old."""
    settings = current_settings()
    if not settings.backups:
        return
    slot = str(int(at.timestamp()) // (settings.backup_every * 3600))
    known = db.session.scalar(sa.select(BackupRun.id).where(BackupRun.slot == slot))
    db.session.rollback()
    if known is not None:
        return
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    run_id = uuid4()
    begun = insert(BackupRun).values(id=run_id, slot=slot, place=settings.backups, name="", started_at=at, counts={})
    begun = begun.on_conflict_do_nothing(index_elements=["slot"])
    if db.session.scalar(begun.returning(BackupRun.id)) is not None:
        jobs.ask(JOB, {"backup": str(run_id)}, owner_id=None, federation_id=None, at=at)
        _tell_problems(run_id, [one for one in queries.state(settings, at=at).problems if "date du" in one], at=at)
    db.session.commit()


@jobs.handles(JOB)
def make(running: jobs.Running) -> dict[str, Any]:
    """Take the backup, restore it to try, let old ones go; what went wrong stays on its row and is told."""
    run_id = UUID(running.arguments["backup"])
    settings = current_settings()
    with lying.room() as temporary:
        try:
            running.progress("Sauvegarde", 0, 0)
            erasure_records.keep(erasure.records())
            db.session.rollback()
            made = _take(run_id, settings, temporary, at=running.clock())
            running.progress("Essai de restauration", 0, 0)
            _drill(run_id, settings, temporary, made, at=running.clock())
        except (Refused, OSError, SQLAlchemyError, storage.FileMissing) as failure:
            db.session.rollback()
            _fail(run_id, failure, at=running.clock())
            raise Refused("La sauvegarde a échoué.") from failure
    _rotate(settings, at=running.clock())
    return {"backup": str(run_id), **made.counts}


def _take(run_id: UUID, settings: Settings, folder: Path, *, at: datetime) -> Contents:
    key = _key(settings)
    path = folder / taking.name_of(at, key)
    made = taking.take(path, key=key, at=at)
    size = path.stat().st_size
    storage.Place(settings.backups).put(path.name, path)
    path.unlink()
    run = db.session.get_one(BackupRun, run_id)
    run.name, run.size, run.counts, run.finished_at, run.error = path.name, size, dict(made.counts), at, None
    if made.faults:
        _tell_problems(run_id, ["Des fichiers manquaient\u00a0: " + " ; ".join(made.faults)[:LONGEST_ERROR]], at=at)
    db.session.commit()
    return made


def _drill(run_id: UUID, settings: Settings, folder: Path, made: Contents, *, at: datetime) -> None:
    """Bring the backup back from where it lies and restore it as anybody would, into a place that goes after."""
    key = _key(settings)
    run = db.session.get_one(BackupRun, run_id)
    if key is not None and key.secret is None:
        log.info("drill_not_possible", reason="only the public key is here")
        return
    path, place = folder / "backup", folder / "place"
    storage.Place(settings.backups).fetch(run.name, path)
    db.session.rollback()
    place.mkdir()
    error = _restored(path, place, settings, made)
    run = db.session.get_one(BackupRun, run_id, populate_existing=True)
    run.drilled_at, run.drill_error = at, error[:LONGEST_ERROR] or None
    if error:
        log.error("drill_failed", backup=run.name, error=error)
        _tell_problems(run_id, [f"L’essai de restauration a échoué\u00a0: {error[:LONGEST_ERROR]}"], at=at)
    db.session.commit()


def _restored(path: Path, place: Path, settings: Settings, made: Contents) -> str:
    """What went wrong; nothing where the same rows and files are there, each as the backup has it."""
    without = {name: value for name, value in os.environ.items() if not name.startswith("RECUEIL_")}
    environment = without | {
        "RECUEIL_FOLDER": str(place),
        "RECUEIL_SECRET_KEY": settings.secret(),
        "RECUEIL_BACKUP_KEY": settings.backup_key.get_secret_value(),
    }
    command = [sys.executable, "-m", "webapp.cli"]
    try:
        done = subprocess.run(  # noqa: S603 (our own command, on our own file)
            [*command, "restore", str(path), "--json"], env=environment, capture_output=True, timeout=DRILL_SECONDS,
            check=False,
        )  # fmt: skip
        said = json.loads(done.stdout)
        if done.returncode:
            return str(said.get("message") or " ; ".join(said["broken_chains"]))
        if any(said[name] != count for name, count in made.counts.items()):
            return "ce qui a été restauré n’est pas ce qui a été sauvegardé"
        there = sum(1 for file in (place / "files").rglob("*") if file.is_file())
        return "" if there == made.counts["files"] else f"{there} fichiers au lieu de {made.counts['files']}"
    except subprocess.TimeoutExpired:
        return "la restauration n’en finit pas"
    except ValueError:
        return done.stderr.decode("utf-8", "replace")[-LONGEST_ERROR:]


def _key(settings: Settings) -> Key | None:
    given = settings.backup_key.get_secret_value()
    return read_key(given) if given else None


def _fail(run_id: UUID, failure: Exception, *, at: datetime) -> None:
    words = failure.message if isinstance(failure, Refused) else f"{type(failure).__name__} : {failure}"
    run = db.session.get_one(BackupRun, run_id, populate_existing=True)
    # One that was taken and could not be tried is there all the same.
    if run.finished_at is None:
        run.finished_at, run.error = at, words[:LONGEST_ERROR]
    else:
        run.drilled_at, run.drill_error = at, words[:LONGEST_ERROR]
    log.error("backup_failed", backup=str(run_id), error=words)
    _tell_problems(run_id, [f"La sauvegarde a échoué\u00a0: {words[:LONGEST_ERROR]}"], at=at)
    db.session.commit()


def _rotate(settings: Settings, *, at: datetime) -> None:
    """Let the backups go that later ones stand for."""
    place = storage.Place(settings.backups)
    for run in queries.replaced(place=settings.backups):
        place.delete(run.name)
        run.removed_at = at
        db.session.commit()


def _tell_problems(run_id: UUID, problems: list[str], *, at: datetime) -> None:
    """A mail to whoever runs the platform; part of the caller's transaction."""
    people = sa.select(User).join(Role).where(Role.name == RoleName.PLATFORM, User.active).distinct()
    for user in db.session.scalars(people) if problems else ():
        mail.enqueue(
            "backup_failed",
            recipient=user.email,
            at=at,
            context={"name": user.full_name, "problems": problems, "path": "/"},
            dedupe_key=f"backup_failed:{run_id}:{problems[0][:40]}:{user.id}",
            about=About(user_id=user.id),
        )
