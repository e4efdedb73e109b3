"""What is known here of a file that claims to be a report: the run that made it, the snapshots that it names."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from reports.content import ReportSheet
from reports.manifest import Entry
from webapp.database import db
from webapp.models import ReportRun, Sheet, Snapshot, SnapshotRedaction
from webapp.policy import Act, Actor
from webapp.queries.report_sheets import report_sheet
from webapp.queries.scope import scope_of

AT_ONCE = 500
"""References in one query: SQLite takes no list of any length."""


@dataclass(frozen=True)
class Sent:
    """A snapshot that is kept: its SHA-256, which sending it was, and which the last one is.

    erased_at: when words were taken out of it at a person's request; the hash is then that of before.
    """

    sha256: str
    number: int
    last: int
    erased_at: datetime | None = None


def run_of(sha256: str, actor: Actor) -> ReportRun | None:
    """The report that the actor may see whose file has these bytes; the first that was made."""
    return db.session.scalar(
        sa.select(ReportRun)
        .where(ReportRun.sha256 == sha256, scope_of(actor, Act.REPORT_READ, ReportRun))
        .order_by(ReportRun.finished_at, ReportRun.id)
        .limit(1)
    )


def sendings(references: Iterable[str], actor: Actor) -> dict[str, tuple[Sent, ...]]:
    """What was sent of the sheets of these references that the actor may read, oldest first."""
    found: dict[str, list[tuple[int, str, datetime | None]]] = {}
    for some in _chunks(sorted(set(references))):
        rows = db.session.execute(
            sa.select(Sheet.reference, Snapshot.number, Snapshot.sha256)
            .join(Snapshot, Snapshot.sheet_id == Sheet.id)
            .where(Sheet.reference.in_(some), scope_of(actor, Act.SHEET_READ, Sheet))
            .order_by(Sheet.reference, Snapshot.number)
        )
        for reference, number, sha256 in rows:
            found.setdefault(reference, []).append((number, sha256, None))
        for reference, number, sha256, erased_at in db.session.execute(_redacted(some, actor)):
            found.setdefault(reference, []).append((number, sha256, erased_at))
    return {
        reference: tuple(
            Sent(sha256, number, max(one[0] for one in numbers), erased_at) for number, sha256, erased_at in numbers
        )
        for reference, numbers in found.items()
    }


def _redacted(references: Sequence[str], actor: Actor) -> sa.Executable:
    """The contents of before an erasure, by their hash: files that were handed over hold them."""
    return (
        sa.select(Sheet.reference, Snapshot.number, SnapshotRedaction.old_sha256, SnapshotRedaction.at)
        .join(Snapshot, Snapshot.sheet_id == Sheet.id)
        .join(SnapshotRedaction, SnapshotRedaction.snapshot_id == Snapshot.id)
        .where(Sheet.reference.in_(references), scope_of(actor, Act.SHEET_READ, Sheet))
        .order_by(Sheet.reference, Snapshot.number, SnapshotRedaction.at)
    )


def sheets_of(entries: Iterable[Entry], actor: Actor) -> tuple[ReportSheet, ...]:
    """The sheets that these entries name, as they were sent then; without those that aren't kept, or not for this
    actor to read."""
    wanted = {(entry.reference, entry.snapshot_sha256) for entry in entries}
    found: dict[tuple[str, str], ReportSheet] = {}
    for some in _chunks(sorted({reference for reference, _sha256 in wanted})):
        rows = db.session.execute(
            sa.select(Sheet, Snapshot)
            .join(Snapshot, Snapshot.sheet_id == Sheet.id)
            .where(Sheet.reference.in_(some), scope_of(actor, Act.SHEET_READ, Sheet))
            .options(joinedload(Sheet.campaign), joinedload(Sheet.centre), joinedload(Snapshot.form_version))
            .order_by(Sheet.reference, Snapshot.number)
        )
        for sheet, snapshot in rows:
            if (sheet.reference, snapshot.sha256) in wanted:
                found[sheet.reference, snapshot.sha256] = report_sheet(sheet, snapshot)
    return tuple(found.values())


def _chunks(references: Sequence[str]) -> Iterator[Sequence[str]]:
    return (references[at : at + AT_ONCE] for at in range(0, len(references), AT_ONCE))
