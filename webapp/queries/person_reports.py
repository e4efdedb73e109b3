"""The reports whose file names a person, as far as the rows that it was made from tell."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from webapp.database import db
from webapp.models import Erasure, ReportRun, ReportRunSheet
from webapp.queries.person_data import Trace


def naming(traces: Iterable[Trace]) -> Sequence[ReportRun]:
    """Those that hold a sheet, an agreement's words or words of their own in which the person is named, oldest first.

    Of reports that were withdrawn the file is gone: they are not among them.
    """
    ids: dict[str, set[UUID]] = {}
    for trace in traces:
        if trace.table in ("snapshot", "report_run", "agreement"):
            ids.setdefault(trace.table, set()).add(trace.row.id)  # type: ignore[attr-defined]
    held = sa.select(ReportRunSheet.report_run_id).where(ReportRunSheet.snapshot_id.in_(ids.get("snapshot", ())))
    about = [str(id_) for id_ in ids.get("agreement", ())]
    return db.session.scalars(
        sa.select(ReportRun)
        .where(
            ReportRun.storage_key.is_not(None),
            ReportRun.withdrawn_at.is_(None),
            sa.or_(
                ReportRun.id.in_(held),
                ReportRun.id.in_(ids.get("report_run", ())),
                ReportRun.parameters["agreement"].as_string().in_(about),
            ),
        )
        .order_by(ReportRun.created_at, ReportRun.id)
    ).all()


def left_by(erasures: Collection[Erasure]) -> dict[UUID, list[ReportRun]]:
    """Of each erasure the issued reports whose file still names the person."""
    wanted = {UUID(id_) for erasure in erasures for id_ in erasure.reports}
    rows = db.session.scalars(
        sa.select(ReportRun)
        .where(ReportRun.id.in_(wanted), ReportRun.withdrawn_at.is_(None))
        .options(joinedload(ReportRun.federation), selectinload(ReportRun.addressed))
        .order_by(ReportRun.created_at, ReportRun.id)
    ).all()
    return {erasure.id: [run for run in rows if str(run.id) in erasure.reports] for erasure in erasures}
