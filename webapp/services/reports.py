"""Reports: asked for, made in the background from snapshots, kept; see `report_handing` for what follows."""

import hashlib
import io
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused
from reports.catalogue import REPORTS, Report, ReportKind, file_name
from reports.content import Progress, ReportInput, no_progress
from reports.since import summary
from webapp import seals, storage
from webapp.database import db
from webapp.models import Federation, ReportRun, ReportTemplate, Snapshot
from webapp.queries import agreements, report_history, report_sheets
from webapp.queries.report_selection import Selection, coverage, in_words, resolved, selected
from webapp.queries.sheets import find
from webapp.services import events, jobs, laid_out, mail, report_design, report_lines
from webapp.services.mail import About

JOB = "report"
_WITH_COLUMNS = frozenset({ReportKind.WORKBOOK, ReportKind.ARCHIVE})

TITLES = {
    ReportKind.SHEET: "Fiche action",
    ReportKind.BOOK: "Recueil des fiches action",
    ReportKind.WORKBOOK: "Classeur des fiches action",
    ReportKind.CSV: "Tableau des fiches action",
    ReportKind.JSON: "Données des fiches action",
    ReportKind.ARCHIVE: "Archive des fiches action",
    ReportKind.FUNDER: "Rapport de convention",
    ReportKind.DECK: "Diaporama d’une action",
    ReportKind.ONE_PAGE: "Fiche action en une page",
}
"""What a report is called where nobody gave it a title; its years stand beside."""


def content_for(
    kind: ReportKind,
    selection: Selection,
    *,
    title: str,
    at: datetime,
    design: Mapping[str, Any] | None = None,
    address: str = "",
) -> ReportInput:
    """What a report of that selection is made from, read at once: no transaction is open while it is laid out.

    design: as `report_design` keeps it with a report. address: of whom it is for, as in a letter.
    A report that answers for an agreement (selection.agreement_id) is completed here.
    """
    sheets = selected(selection)
    federations = {selection.federation_id} if selection.federation_id else {sheet.federation_id for sheet in sheets}
    # Only the command line can ask for several together.
    names = db.session.scalars(
        sa.select(Federation.name).where(Federation.id.in_(federations)).order_by(Federation.folded)
    )
    looks, logo = report_design.read(design or {})
    covered = coverage(selection, at=at)
    content = ReportInput(
        title=title or TITLES.get(kind, REPORTS[kind].label),
        federation=", ".join(names),
        years=tuple(sorted({sheet.campaign.year for sheet in sheets})),
        filter_text=in_words(selection),
        made_at=at,
        expected=covered.expected if covered else None,
        sheets=tuple(report_sheets.report_sheet(sheet) for sheet in sheets),
        open_file=partial(open_and_let_go, logo=logo),
        coverage=covered,
        design=looks,
        address=address,
        keep=laid_out.folder(),
        versions=report_history.published(federations),
    )
    return agreements.completed(content, selection)


def open_and_let_go(file_id: str, *, logo: str | None = None) -> bytes | None:
    """A file's bytes, without keeping a transaction open behind. logo: where the federation's is stored."""
    try:
        return report_design.open_logo(logo) if file_id == report_design.LOGO else report_sheets.open_file(file_id)
    finally:
        db.session.rollback()


def write(report: Report, content: ReportInput, out: BinaryIO, progress: Progress = no_progress) -> tuple[str, ...]:
    """Make a report now, outside of any transaction. Raises Refused (French)."""
    db.session.rollback()
    return report.make(replace(content, sign=seals.sign), out, progress)


def request(
    kind: ReportKind,
    selection: Selection,
    *,
    federation: Federation,
    title: str,
    actor_id: UUID | None,
    at: datetime,
    template: ReportTemplate | None = None,
) -> ReportRun:
    """Ask for a report, by a template or by itself; the worker makes it. One commit."""
    wanted = resolved(selection)
    if not selected(wanted):
        raise Refused("Aucune fiche validée ou publiée ne répond à ce choix\u00a0: élargissez-le.", question="years")
    named = title.strip() or TITLES.get(kind, REPORTS[kind].label)
    run = ReportRun(
        federation_id=federation.id,
        kind=kind.value,
        parameters=wanted.to_json(),
        title=named,
        requested_by=actor_id,
        created_at=at,
        template_id=template.id if template else None,
        series=report_history.series_of(
            federation.id, str(template.id) if template else f"{kind.value}:{named}", wanted
        ),
        design=report_design.kept(federation, template),
    )
    db.session.add(run)
    db.session.flush()
    job = jobs.ask(JOB, {"run": str(run.id)}, owner_id=actor_id, federation_id=federation.id, at=at)
    run.job_id = job.id
    record(run, "report.asked", actor_id=actor_id, at=at)
    db.session.commit()
    return run


@jobs.handles(JOB)
def make(running: jobs.Running) -> dict[str, Any]:
    """Make the report of a run, once: a worker that died after that had only not said so."""
    run = db.session.get_one(ReportRun, UUID(running.arguments["run"]))
    run_id, report = run.id, REPORTS[run.kind]
    if run.issued_at is not None or run.finished_at is not None:
        return {"run": str(run_id), "sheets": len(run.snapshots)}
    # Made again for as long as somebody is erased while it is made.
    while (sheets := _made(run_id, report, running)) is None:
        laid_out.forget()
    return {"run": str(run_id), "sheets": sheets}


def _made(run_id: UUID, report: Report, running: jobs.Running) -> int | None:
    """Make it once; how many sheets it holds, None where it was made of what is no longer so."""
    running.progress("Choix des fiches", 0, 0)
    erased = laid_out.erased_so_far()
    run = db.session.get_one(ReportRun, run_id)
    content = content_for(
        report.kind,
        Selection.from_json(run.parameters),
        title=run.title,
        at=run.created_at,
        design=run.design,
    )
    content = replace(content, previous=report_history.earlier(run))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report"
        with path.open("wb") as out:
            notes = write(report, content, out, running.progress)
        running.progress("Enregistrement", 0, 0)
        kept = keep(run_id, report, content, path, notes, at=running.clock(), erased=erased)
    return len(content.sheets) if kept else None


def content_as_made(run: ReportRun) -> ReportInput:
    """What a report that was made was made from, to be read again as it was then."""
    rows = report_sheets.as_made(run)
    looks, logo = report_design.read(run.design)
    selection = Selection.from_json(run.parameters)
    covered = coverage(selection, at=run.created_at)
    return ReportInput(
        title=run.title,
        federation=run.federation.name,
        years=tuple(sorted({sheet.campaign.year for sheet, _sent in rows})),
        filter_text=in_words(selection),
        made_at=run.created_at,
        expected=covered.expected if covered else None,
        sheets=tuple(report_sheets.report_sheet(sheet, sent) for sheet, sent in rows),
        open_file=partial(open_and_let_go, logo=logo),
        coverage=covered,
        design=looks,
        terms=agreements.terms_for(selection),
    )


def path_of(run_id: UUID) -> str:
    """The address of a report's page on our site."""
    return f"/rapports/{run_id}"


def keep(
    run_id: UUID,
    report: Report,
    content: ReportInput,
    path: Path,
    notes: tuple[str, ...],
    *,
    at: datetime,
    erased: int | None = None,
) -> bool:
    """Store the file of a run, say what it is and tell whoever asked; one commit.

    erased: the last erasure when the content was read. Where somebody was erased since, nothing is kept: False.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    # Made again with other words it is another file: the old one may go at any moment.
    key = f"reports/{run_id.hex[:2]}/{run_id.hex}-{digest[:12]}.{report.extension}"
    storage.put_file(key, path)
    laid_out.hold_erasures()
    if erased is not None and laid_out.erased_so_far() != erased:
        db.session.rollback()
        storage.delete(key)
        return False
    run = db.session.get_one(ReportRun, run_id)
    run.storage_key, run.file_name, run.media_type = key, file_name(report, content), report.media_type
    run.size, run.sha256, run.notes, run.finished_at = path.stat().st_size, digest, list(notes), at
    run.summary = summary(content).to_json() if report.kind in _WITH_COLUMNS else None
    run.snapshots = {sheet.reference: sheet.snapshot_sha256 for sheet in content.sheets}
    report_lines.hold(run_id, content.sheets)
    _tell_ready(run, at=at)
    record(run, "report.made", actor_id=run.requested_by, at=at)
    db.session.commit()
    return True


def _tell_ready(run: ReportRun, *, at: datetime) -> None:
    """Whoever asked may have left the page; once a report, be it made again."""
    asker = run.requester
    if asker is None or not asker.active:
        return
    mail.enqueue(
        "report_ready",
        recipient=asker.email,
        at=at,
        context={"name": asker.full_name, "title": run.name, "sheets": len(run.snapshots), "path": path_of(run.id)},
        dedupe_key=f"report_ready:{run.id}",
        about=About(user_id=asker.id),
    )


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


def record(run: ReportRun, kind: str, *, actor_id: UUID | None, at: datetime, **more: Any) -> None:
    """Write in the journal what happened to a report; part of the caller's transaction."""
    data = {"run": str(run.id), "report": run.kind, "title": run.name, "funders": len(run.addressed), **more}
    events.record(kind, at=at, actor_id=actor_id, federation_id=run.federation_id, data=data)
