"""What a report holds: which sheets, as they were sent, in which order; kept with the run when it is made."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import sqlalchemy as sa

from reports.content import ReportSheet
from webapp.database import db
from webapp.models import ReportRunSheet, Snapshot

AT_ONCE = 500
"""Sheets looked up by one statement."""


def hold(run_id: UUID, sheets: Sequence[ReportSheet]) -> None:
    """Say what the report holds; made again it replaces what was there. Part of the caller's transaction."""
    db.session.execute(sa.delete(ReportRunSheet).where(ReportRunSheet.report_run_id == run_id))
    known = dict(_snapshots(sheets))
    found = (known.get((UUID(sheet.id), sheet.snapshot_sha256)) for sheet in sheets)
    lines = [
        {"report_run_id": run_id, "snapshot_id": snapshot_id, "position": position}
        for position, snapshot_id in enumerate(found, start=1)
        if snapshot_id is not None
    ]
    if lines:
        db.session.execute(sa.insert(ReportRunSheet), lines)


def _snapshots(sheets: Sequence[ReportSheet]) -> Iterator[tuple[tuple[UUID, str], UUID]]:
    """(sheet, hash) with its snapshot; of two sendings of the same words the last one."""
    for begin in range(0, len(sheets), AT_ONCE):
        some = [UUID(sheet.id) for sheet in sheets[begin : begin + AT_ONCE]]
        rows = db.session.execute(
            sa.select(Snapshot.sheet_id, Snapshot.sha256, Snapshot.id)
            .where(Snapshot.sheet_id.in_(some))
            .order_by(Snapshot.sheet_id, Snapshot.number)
        )
        yield from (((row.sheet_id, row.sha256), row.id) for row in rows)
