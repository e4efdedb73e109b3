"""Which files the database names, and what the storage should have of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp import storage
from webapp.database import db
from webapp.models import Attachment, DiscardedFile, Federation, ReportRun, Upload

AT_A_TIME = 500


@dataclass(frozen=True)
class Named:
    """A file as a row names it. sha256: where the row knows it."""

    key: str
    sha256: str | None
    table: str


def named(connection: sa.Connection) -> Iterator[Named]:
    """Every file that a row names; one that two rows name comes twice.

    The pieces of a file on its way are not among them: what is lost of them is asked for again.
    """
    logo = ReportRun.design["logo"].as_string()
    for table, key, sha256, wanted in (
        ("attachment", Attachment.storage_key, Attachment.sha256, sa.true()),
        (
            "report_run",
            ReportRun.storage_key,
            ReportRun.sha256,
            sa.and_(ReportRun.storage_key.is_not(None), ReportRun.withdrawn_at.is_(None)),
        ),
        ("federation", Federation.logo_key, sa.null(), Federation.logo_key.is_not(None)),
        ("report_run", logo, sa.null(), logo.is_not(None)),
    ):
        found = sa.select(key, sha256).where(wanted).distinct()
        for row in connection.execute(found.execution_options(yield_per=AT_A_TIME)):
            yield Named(row[0], row[1], table)


MOST_AT_ONCE = 100
LARGEST_SHARE = 0.2
"""More files than that, and more than this share of all, are not deleted at once without somebody's word."""
YOUNG = timedelta(days=1)
"""A file may be there for a moment before the row that names it is committed."""


@dataclass(frozen=True)
class Reconciled:
    """What the database and the storage say of each other. orphans: keys that no row names, old enough to be sure."""

    missing: tuple[Named, ...]
    orphans: tuple[str, ...]
    files: int


@dataclass(frozen=True)
class Due:
    """Files that have waited long enough. held_back: so many that somebody has to say so."""

    keys: tuple[str, ...]
    held_back: bool


def reconciled(*, at: datetime) -> Reconciled:
    """Compare every row that names a file with every file that is there."""
    stored = {found.key: found for found in storage.listed()}
    connection = db.session.connection()
    wanted = {one.key: one for one in named(connection)}
    waiting = set(db.session.scalars(sa.select(DiscardedFile.key)))
    coming = {id_.hex for id_ in db.session.scalars(sa.select(Upload.id).where(Upload.attachment_id.is_(None)))}
    orphans = [
        key
        for key, found in stored.items()
        if key not in wanted
        and key not in waiting
        and found.modified_at < at - YOUNG
        and not (key.startswith("uploads/") and key.split("/")[1] in coming)
    ]
    missing = [one for key, one in wanted.items() if key not in stored]
    return Reconciled(tuple(sorted(missing, key=lambda one: one.key)), tuple(sorted(orphans)), len(stored))


def due(*, at: datetime, days: int) -> Due:
    """The files that may be deleted now, unless there are too many to be believed."""
    ripe = sa.select(DiscardedFile.key).where(DiscardedFile.discarded_at <= at - timedelta(days=days))
    keys = tuple(db.session.scalars(ripe.order_by(DiscardedFile.discarded_at, DiscardedFile.key)))
    if len(keys) <= MOST_AT_ONCE:
        return Due(keys, held_back=False)
    waiting = db.session.scalar(sa.select(sa.func.count()).select_from(DiscardedFile)) or 0
    known = sum(1 for _ in named(db.session.connection())) + waiting
    return Due(keys, held_back=len(keys) > LARGEST_SHARE * known)
