"""Sheets as reports read them: from their snapshots, with the files that they show."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from forms.definition import FormVersion
from forms.departments import DEPARTMENTS
from forms.document import Document, reading
from forms.lifecycle import READABLE, Audience, label
from reports.content import ReportSheet
from webapp import storage
from webapp.database import db
from webapp.models import Attachment, Campaign, ReportRun, Sheet, Snapshot, SnapshotRedaction
from webapp.queries.report_selection import ORDER
from webapp.queries.versions import form_of


def document_of(snapshot: Snapshot) -> Document:
    """What was sent, to be read; needs snapshot.form_version."""
    version: FormVersion = form_of(snapshot.form_version)
    return reading(version, snapshot.answers)


def report_sheet(sheet: Sheet, snapshot: Snapshot | None = None) -> ReportSheet:
    """A sheet as a report shows it, by default what was last sent.

    Needs sheet.centre, .campaign, .current_snapshot.form_version. Raises ValueError for a sheet that was never sent.
    """
    snapshot = snapshot or sheet.current_snapshot
    if snapshot is None:
        raise ValueError(f"sheet {sheet.reference} was never sent")
    centre = sheet.centre
    return ReportSheet(
        id=str(sheet.id),
        reference=sheet.reference,
        year=sheet.campaign.year,
        centre=centre.name,
        commune=centre.commune,
        department_code=centre.department,
        department=DEPARTMENTS.get(centre.department, centre.department),
        state_label=label(sheet.state, Audience.CENTRE),
        document=document_of(snapshot),
        snapshot_sha256=snapshot.sha256,
        sent_at=snapshot.created_at,
        validated_at=sheet.validated_at,
    )


def former_of(sheet: Sheet) -> list[Sheet]:
    """The accepted sheets of the same action in earlier years, oldest first, ready for report_sheet."""
    return list(
        db.session.scalars(
            sa.select(Sheet)
            .join(Sheet.campaign)
            .where(
                Sheet.action_id == sheet.action_id,
                Sheet.state.in_(sorted(READABLE)),
                Sheet.current_snapshot_id.is_not(None),
                Campaign.year < sheet.campaign.year,
            )
            .options(
                joinedload(Sheet.campaign),
                joinedload(Sheet.centre),
                joinedload(Sheet.current_snapshot).joinedload(Snapshot.form_version),
            )
            .order_by(Campaign.year, Sheet.reference)
        )
    )


def as_made(run: ReportRun) -> Sequence[tuple[Sheet, Snapshot]]:
    """The sheets of a report that was made, each with what was sent of it then, in printing order.

    They carry all that report_sheet needs, and the funders of their campaigns.
    """
    rows = db.session.execute(
        sa.select(Sheet, Snapshot)
        .join(Snapshot, Snapshot.sheet_id == Sheet.id)
        .join(Sheet.campaign)
        .join(Sheet.centre)
        .join(Sheet.action)
        .where(Sheet.federation_id == run.federation_id, Sheet.reference.in_(sorted(run.snapshots)))
        .options(
            contains_eager(Sheet.campaign).selectinload(Campaign.addressed),
            contains_eager(Sheet.centre),
            contains_eager(Sheet.action),
            joinedload(Snapshot.form_version),
        )
        .order_by(*ORDER, Snapshot.number)
    )
    since = _redacted(run)
    # The same words sent twice are one content: the later sending stands for it.
    found = {
        sheet.id: (sheet, sent)
        for sheet, sent in rows
        if sent.sha256 in (held := run.snapshots.get(sheet.reference), since.get((sent.id, held or "")))
    }
    return tuple(found.values())


def _redacted(run: ReportRun) -> dict[tuple[UUID, str], str]:
    """Of what the report held and out of which somebody was taken since: (snapshot, its hash then) → its hash now."""
    rows = db.session.execute(
        sa.select(SnapshotRedaction.snapshot_id, SnapshotRedaction.old_sha256, Snapshot.sha256)
        .join(SnapshotRedaction.snapshot)
        .where(SnapshotRedaction.old_sha256.in_(sorted(run.snapshots.values())))
    )
    return {(row.snapshot_id, row.old_sha256): row.sha256 for row in rows}


def open_file(file_id: str) -> bytes | None:
    """The bytes of a file that a sheet shows, None where they can't be had."""
    row = db.session.get(Attachment, UUID(file_id))
    if row is None:
        return None
    try:
        return storage.get(row.storage_key)
    except storage.FileMissing:
        return None
