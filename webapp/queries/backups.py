"""The backups that the worker took, and what is wrong with them, in sentences for whoever runs the platform."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from webapp.config import Settings
from webapp.database import db
from webapp.models import BackupRun
from webapp.queries import files

LISTED = 50
LATE_AFTER = 2
"""Backups missed in a row before one is told."""
DAYS, WEEKS, MONTHS = 7, 4, 12
"""Of how many days, weeks and months with a backup the last one is kept."""


@dataclass(frozen=True)
class State:
    """How recovery stands. problems: French sentences, none where all is well."""

    problems: tuple[str, ...]
    last: BackupRun | None
    last_good: BackupRun | None
    last_drill: BackupRun | None


def latest(number: int = LISTED) -> Sequence[BackupRun]:
    """The last backups, newest first."""
    return db.session.scalars(
        sa.select(BackupRun).order_by(BackupRun.started_at.desc(), BackupRun.id).limit(number)
    ).all()


def state(settings: Settings, *, at: datetime) -> State:
    """What somebody must look at: nothing set, a failure, a backup or a drill too old, a purge that is held back."""
    newest = BackupRun.started_at.desc()
    last = db.session.scalars(sa.select(BackupRun).order_by(newest).limit(1)).first()
    good = sa.select(BackupRun).where(BackupRun.finished_at.is_not(None), BackupRun.error.is_(None)).order_by(newest)
    last_good = db.session.scalars(good.limit(1)).first()
    drilled = good.where(BackupRun.drilled_at.is_not(None), BackupRun.drill_error.is_(None))
    last_drill = db.session.scalars(drilled.limit(1)).first()
    problems = list(_problems(settings, last, last_good, at=at))
    if files.due(at=at, days=settings.keep_files).held_back:
        problems.append(
            "Trop de fichiers seraient effacés d’un coup\u00a0: le frein les retient («\u00a0recueil reconcile\u00a0»)."
        )
    return State(tuple(problems), last, last_good, last_drill)


def _problems(settings: Settings, last: BackupRun | None, last_good: BackupRun | None, *, at: datetime) -> list[str]:
    if not settings.backups:
        return ["Aucune sauvegarde automatique n’est réglée (RECUEIL_BACKUPS)."]
    found = []
    oldest = at - timedelta(hours=LATE_AFTER * settings.backup_every)
    if last is not None and last.error is not None:
        found.append(f"La dernière sauvegarde a échoué\u00a0: {last.error}")
    if last_good is None and last is not None and last.started_at < oldest:
        found.append("Aucune sauvegarde n’a encore abouti.")
    if last_good is not None and last_good.started_at < oldest:
        found.append(f"La dernière sauvegarde date du {last_good.started_at:%d/%m/%Y}.")
    if last_good is not None and last_good.drill_error is not None:
        found.append(f"L’essai de restauration a échoué\u00a0: {last_good.drill_error}")
    return found


def replaced(*, place: str) -> list[BackupRun]:
    """The backups there whose turn to go has come."""
    there = db.session.scalars(
        sa.select(BackupRun)
        .where(BackupRun.place == place, BackupRun.size.is_not(None), BackupRun.removed_at.is_(None))
        .order_by(BackupRun.started_at.desc(), BackupRun.id)
    ).all()
    kept = kept_of([(run.id, run.started_at) for run in there if run.error is None])
    return [run for run in there if run.id not in kept]


def kept_of(backups: Collection[tuple[UUID, datetime]]) -> set[UUID]:
    """Of good backups, those that stay: the last one of each of the last days, weeks and months that have one.

    Failures don't push good ones out: only days with a backup count.
    """
    kept: set[UUID] = set()
    newest_first = sorted(backups, key=lambda one: one[1], reverse=True)
    for number, pattern in ((DAYS, "%Y-%m-%d"), (WEEKS, "%G-%V"), (MONTHS, "%Y-%m")):
        seen: dict[str, UUID] = {}
        for id_, moment in newest_first:
            seen.setdefault(moment.strftime(pattern), id_)
        kept.update(list(seen.values())[:number])
    return kept
