"""A sheet as it was sent, for everybody who may read it, on a page and as PDF."""

from dataclasses import replace
from io import BytesIO
from os.path import splitext
from uuid import UUID

from flask import abort, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from forms.lifecycle import Audience, label
from reports.catalogue import REPORTS, ReportKind, file_name
from reports.content import ReportInput, ReportSheet, no_progress
from webapp import seals
from webapp.blueprints.sheets.frame import blueprint
from webapp.clock import now
from webapp.database import db
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Sheet, Snapshot
from webapp.policy import Act
from webapp.queries import readings, report_sheets, sign_offs
from webapp.queries import sheets as queries
from webapp.services.sharing import choices_of
from webapp.sharing_words import SHARINGS
from webapp.vocabulary import RoleName


@blueprint.get("/fiches/<uuid:id>/lecture")
@needs(Act.SHEET_READ)
def read(id: UUID) -> ResponseReturnValue:
    """What was sent, to be read."""
    return read_page(refuse_unless(Act.SHEET_READ, queries.find(id)))


def read_page(sheet: Sheet, *, unshared: str = "") -> ResponseReturnValue:
    """The page of what was sent. unshared: why another choice of whom to show it to was refused."""
    id = sheet.id
    own = can(Act.SHEET_READ_DRAFT, sheet)
    if sheet.current_snapshot is None:
        return redirect(url_for("sheets.check", id=id)) if own else abort(404)
    return render_template(
        "pages/sheets/read.html",
        sheet=sheet,
        snapshot=sheet.current_snapshot,
        document=report_sheets.document_of(sheet.current_snapshot),
        own=own,
        received=current_actor().has(RoleName.FUNDER) and not own,
        read_by=readings.of_sheet(id) if own or can(Act.REVIEW_READ, sheet) else (),
        signature=sign_offs.signed(id, sheet.current_snapshot.sha256) if own or can(Act.REVIEW_READ, sheet) else None,
        sharings=[(one.value, *SHARINGS[one]) for one in choices_of(sheet)] if can(Act.SHEET_SHARE, sheet) else (),
        unshared=unshared,
        state_text=label(sheet.state, _audience(sheet, own)),
        file_url=lambda file_id: url_for("sheets.file", id=id, file_id=file_id),
    )


def _audience(sheet: Sheet, own: bool) -> Audience:
    if own:
        return Audience.CENTRE
    return Audience.FEDERATION if can(Act.REVIEW_READ, sheet) else Audience.FUNDER


def _sent(id: UUID) -> Sheet:
    """The sheet, where the reader may read it and it was sent."""
    sheet = refuse_unless(Act.SHEET_READ, queries.find(id))
    if sheet.current_snapshot is None:
        abort(404, description="Cette fiche n’a pas encore été envoyée\u00a0: son PDF n’existe pas.")
    return sheet


@blueprint.get("/fiches/<uuid:id>/pdf")
@needs(Act.SHEET_READ)
def pdf(id: UUID) -> ResponseReturnValue:
    """What was sent, as PDF."""
    sheet = _sent(id)
    return _laid_out(_content(sheet, report_sheets.report_sheet(sheet)))


@blueprint.get("/fiches/<uuid:id>/une-page")
@needs(Act.SHEET_READ)
def one_page(id: UUID) -> ResponseReturnValue:
    """What was sent, on one page."""
    sheet = _sent(id)
    return _laid_out(_content(sheet, report_sheets.report_sheet(sheet)), kind=ReportKind.ONE_PAGE)


@blueprint.get("/fiches/<uuid:id>/diaporama")
@needs(Act.SHEET_READ)
def deck(id: UUID) -> ResponseReturnValue:
    """What was sent, told to a room, beside the figures of those of its former years that the reader may read."""
    sheet = _sent(id)
    former = [one for one in report_sheets.former_of(sheet) if can(Act.SHEET_READ, one)]
    content = _content(sheet, *map(report_sheets.report_sheet, (*former, sheet)))
    return _laid_out(content, kind=ReportKind.DECK)


def pdf_of_sending(sheet: Sheet, snapshot: Snapshot) -> ResponseReturnValue:
    """What was sent that time, as PDF; the words of its state say which sending it is."""
    shown = report_sheets.report_sheet(sheet, snapshot)
    if snapshot.id != sheet.current_snapshot_id:
        shown = replace(shown, state_label=f"Envoi n°\u00a0{snapshot.number}", validated_at=None)
    return _laid_out(_content(sheet, shown), f"-envoi-{snapshot.number}")


def _laid_out(content: ReportInput, mark: str = "", kind: ReportKind = ReportKind.SHEET) -> ResponseReturnValue:
    # A layout takes seconds: it holds no transaction.
    db.session.remove()
    report, out = REPORTS[kind], BytesIO()
    report.make(replace(content, sign=seals.sign), out, no_progress)
    out.seek(0)
    name = mark.join(splitext(file_name(report, content)))
    return send_file(out, mimetype=report.media_type, as_attachment=True, download_name=name)


def _content(sheet: Sheet, *shown: ReportSheet) -> ReportInput:
    return ReportInput(
        title=shown[-1].title,
        federation=sheet.federation.name,
        years=tuple(one.year for one in shown),
        filter_text="",
        made_at=now(),
        expected=None,
        sheets=shown,
        open_file=_open_briefly,
    )


def _open_briefly(file_id: str) -> bytes | None:
    """The bytes of a file, in a transaction of their own."""
    try:
        return report_sheets.open_file(file_id)
    finally:
        db.session.remove()
