"""Reports: asked for, made in the background from snapshots, kept, handed to funders."""

import hashlib
import io
import tempfile
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused
from reports.catalogue import REPORTS, Report, ReportKind, file_name
from reports.content import Progress, ReportInput, no_progress
from webapp import storage
from webapp.database import db
from webapp.models import Federation, Funder, ReportRun, ReportRunFunder, Role, Snapshot, User
from webapp.queries import report_sheets
from webapp.queries.report_selection import Selection, expected_centres, in_words, selected
from webapp.queries.sheets import find
from webapp.services import events, jobs, mail, report_lines

JOB = "report"

TITLES = {
    ReportKind.SHEET: "Fiche action",
    ReportKind.BOOK: "Recueil des fiches action",
    ReportKind.WORKBOOK: "Classeur des fiches action",
}
"""What a report is called where nobody gave it a title; its years stand beside."""


def content_for(kind: ReportKind, selection: Selection, *, title: str, at: datetime) -> ReportInput:
    """What a report of that selection is made from, read at once: no transaction is open while it is laid out."""
    sheets = selected(selection)
    federations = {selection.federation_id} if selection.federation_id else {sheet.federation_id for sheet in sheets}
    # Only the command line can ask for several together.
    names = db.session.scalars(
        sa.select(Federation.name).where(Federation.id.in_(federations)).order_by(Federation.folded)
    )
    return ReportInput(
        title=title or TITLES[kind],
        federation=", ".join(names),
        years=tuple(sorted({sheet.campaign.year for sheet in sheets})),
        filter_text=in_words(selection),
        made_at=at,
        expected=expected_centres(selection, at=at),
        sheets=tuple(report_sheets.report_sheet(sheet) for sheet in sheets),
        open_file=open_and_let_go,
    )


def open_and_let_go(file_id: str) -> bytes | None:
    """A file's bytes, without keeping a transaction open behind."""
    try:
        return report_sheets.open_file(file_id)
    finally:
        db.session.rollback()


def write(report: Report, content: ReportInput, out: BinaryIO, progress: Progress = no_progress) -> tuple[str, ...]:
    """Make a report now, outside of any transaction. Raises Refused (French)."""
    db.session.rollback()
    return report.make(content, out, progress)


def request(
    kind: ReportKind,
    selection: Selection,
    *,
    federation: Federation,
    title: str,
    actor_id: UUID | None,
    at: datetime,
) -> ReportRun:
    """Ask for a report; the worker makes it. One commit."""
    if not selected(selection):
        raise Refused("Aucune fiche validée ou publiée ne répond à ce choix\u00a0: élargissez-le.", question="years")
    run = ReportRun(
        federation_id=federation.id,
        kind=kind.value,
        parameters=selection.to_json(),
        title=title.strip() or TITLES[kind],
        requested_by=actor_id,
        created_at=at,
    )
    db.session.add(run)
    db.session.flush()
    job = jobs.ask(JOB, {"run": str(run.id)}, owner_id=actor_id, federation_id=federation.id, at=at)
    run.job_id = job.id
    _record(run, "report.asked", actor_id=actor_id, at=at)
    db.session.commit()
    return run


@jobs.handles(JOB)
def make(running: jobs.Running) -> dict[str, Any]:
    """Make the report of a run; made again it replaces what was there."""
    run = db.session.get_one(ReportRun, UUID(running.arguments["run"]))
    run_id, report = run.id, REPORTS[run.kind]
    running.progress("Choix des fiches", 0, 0)
    run = db.session.get_one(ReportRun, run_id)
    content = content_for(report.kind, Selection.from_json(run.parameters), title=run.title, at=run.created_at)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report"
        with path.open("wb") as out:
            notes = write(report, content, out, running.progress)
        running.progress("Enregistrement", 0, 0)
        keep(run_id, report, content, path, notes, at=running.clock())
    return {"run": str(run_id), "sheets": len(content.sheets)}


def keep(
    run_id: UUID, report: Report, content: ReportInput, path: Path, notes: tuple[str, ...], *, at: datetime
) -> None:
    """Store the file of a run and say what it is. One commit."""
    key = f"reports/{run_id.hex[:2]}/{run_id.hex}.{report.extension}"
    storage.put_file(key, path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    run = db.session.get_one(ReportRun, run_id)
    run.storage_key, run.file_name, run.media_type = key, file_name(report, content), report.media_type
    run.size, run.sha256, run.notes, run.finished_at = path.stat().st_size, digest, list(notes), at
    report_lines.hold(run_id, content.sheets)
    _record(run, "report.made", actor_id=run.requested_by, at=at)
    db.session.commit()


def address(run_id: UUID, funders: Collection[UUID], *, actor_id: UUID, at: datetime) -> ReportRun:
    """Hand a finished report to these funders of the same federation, and to no others. One commit."""
    run = db.session.execute(sa.select(ReportRun).where(ReportRun.id == run_id).with_for_update()).scalar_one()
    known = set(db.session.scalars(sa.select(Funder.id).where(Funder.federation_id == run.federation_id)))
    if not set(funders) <= known:
        raise Refused("Choisissez des financeurs de votre fédération.", question="funders")
    if run.finished_at is None:
        raise Refused("Ce rapport n’est pas encore prêt.", question="funders")
    added = set(funders) - {line.funder_id for line in run.addressed}
    run.addressed = [ReportRunFunder(funder_id=id_) for id_ in sorted(set(funders))]
    _tell(run, added, at=at)
    _record(run, "report.addressed", actor_id=actor_id, at=at)
    db.session.commit()
    return run


def _tell(run: ReportRun, funders: Collection[UUID], *, at: datetime) -> None:
    """A mail to everybody of these funders; each account hears of a report once."""
    federation = db.session.get_one(Federation, run.federation_id)
    users = db.session.scalars(
        sa.select(User)
        .where(User.active, User.id.in_(sa.select(Role.user_id).where(Role.funder_id.in_(funders))))
        .order_by(User.email)
    ).all()
    for user in users:
        context = {"name": user.full_name, "title": run.title, "federation": federation.name}
        mail.enqueue(
            "report_addressed",
            recipient=user.email,
            at=at,
            context=context | {"path": f"/rapports/{run.id}"},
            dedupe_key=f"report:{run.id}:{user.id}",
        )


def note_opening(run_id: UUID, *, actor_id: UUID, at: datetime) -> None:
    """A funder opened a report: the federation sees it in the journal."""
    _record(db.session.get_one(ReportRun, run_id), "report.opened", actor_id=actor_id, at=at)
    db.session.commit()


def receipt(snapshot_id: str) -> mail.Attached:
    """The PDF of one snapshot, for the mail that acknowledges a sending."""
    snapshot = db.session.get_one(Snapshot, UUID(snapshot_id))
    sheet = find(snapshot.sheet_id)
    if sheet is None:
        raise LookupError(snapshot_id)
    content = ReportInput(
        title=snapshot.title,
        federation=sheet.federation.name,
        years=(sheet.campaign.year,),
        filter_text="",
        made_at=snapshot.created_at,
        expected=None,
        sheets=(report_sheets.report_sheet(sheet, snapshot),),
        open_file=open_and_let_go,
    )
    report = REPORTS[ReportKind.SHEET]
    out = io.BytesIO()
    write(report, content, out)
    return mail.Attached(file_name(report, content), report.media_type, out.getvalue())


mail.MAKERS["snapshot"] = receipt


def _record(run: ReportRun, kind: str, *, actor_id: UUID | None, at: datetime) -> None:
    data = {"run": str(run.id), "report": run.kind, "title": run.title, "funders": len(run.addressed)}
    events.record(kind, at=at, actor_id=actor_id, federation_id=run.federation_id, data=data)
