"""A sheet taken away and brought back: as a workbook, on paper, and the page that compares."""

from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from forms.french import plural
from forms.values import Refused
from reports import paper
from reports.catalogue import PDF, XLSX
from reports.takeaway import writing
from reports.takeaway.file import LARGEST, TOO_LARGE, open_workbook
from webapp import takeaways
from webapp.blueprints.sheets.frame import blueprint, locked_because, own_sheet, version_of
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.limits import MEGABYTE, accepts
from webapp.models import Campaign, Centre, Sheet, TakeawayUpload
from webapp.policy import Act
from webapp.queries import takeaways as queries
from webapp.queries.versions import form_of
from webapp.services import takeaways as services
from webapp.services.sheets import NOT_ASKED
from webapp.services.snapshots import organisation_of
from webapp.takeaway_compare import Word, accepted, compare


@blueprint.get("/fiches/<uuid:id>/emporter")
@needs(Act.SHEET_READ_DRAFT)
def take_away(id: UUID) -> str:
    """Both files to take away, and the way back for a workbook."""
    return _page(own_sheet(id))


def _page(sheet: Sheet, error: str = "") -> str:
    return render_template(
        "pages/sheets/takeaway.html",
        sheet=sheet,
        waiting=queries.waiting(sheet.id),
        locked=locked_because(sheet, at=now()),
        error=error,
    )


@blueprint.get("/fiches/<uuid:id>/emporter/classeur")
@needs(Act.SHEET_READ_DRAFT)
def workbook(id: UUID) -> ResponseReturnValue:
    """The sheet as a workbook to be filled in."""
    sheet = own_sheet(id)
    content, name = takeaways.of_sheet(sheet, at=now()), f"fiche-{sheet.reference}.xlsx"
    return _made(lambda out: writing.make(content, out), XLSX, name)


@blueprint.get("/fiches/<uuid:id>/emporter/papier")
@needs(Act.SHEET_READ_DRAFT)
def on_paper(id: UUID) -> ResponseReturnValue:
    """The sheet on paper, to be filled in by hand."""
    sheet = own_sheet(id)
    content, name = takeaways.paper_of(sheet, at=now()), f"fiche-a-remplir-{sheet.reference}.pdf"
    return _made(lambda out: paper.make(content, out), PDF, name)


@blueprint.get("/fiches/emporter/<uuid:centre_id>/<uuid:campaign_id>/classeur")
@needs(Act.SHEET_BEGIN)
def workbook_of_centre(centre_id: UUID, campaign_id: UUID) -> ResponseReturnValue:
    """All sheets of a centre in a campaign as one workbook."""
    centre, campaign = _place(centre_id, campaign_id)
    sheets = [
        sheet
        for sheet in queries.of_centre(centre.id, campaign.id)
        if sheet.form_version_id == campaign.form_version_id
    ]
    content = takeaways.of_centre(sheets, campaign, organisation_of(centre), at=now())
    return _made(lambda out: writing.make(content, out), XLSX, f"fiches-{campaign.year}.xlsx")


@blueprint.get("/fiches/emporter/<uuid:centre_id>/<uuid:campaign_id>/formulaire.pdf")
@needs(Act.SHEET_BEGIN)
def blank_form(centre_id: UUID, campaign_id: UUID) -> ResponseReturnValue:
    """The empty form of a campaign on paper."""
    _centre, campaign = _place(centre_id, campaign_id)
    content = takeaways.blank_paper(form_of(campaign.form_version), at=now(), campaign=campaign)
    return _made(lambda out: paper.make(content, out), PDF, f"formulaire-{campaign.year}.pdf")


def _place(centre_id: UUID, campaign_id: UUID) -> tuple[Centre, Campaign]:
    centre = refuse_unless(Act.SHEET_BEGIN, db.session.get(Centre, centre_id))
    campaign = queries.campaign_of(centre, campaign_id)
    return (centre, campaign) if campaign is not None else abort(404)


def _made(make: Callable[[BinaryIO], None], media_type: str, name: str) -> Response:
    """The file that is made, without holding a transaction meanwhile."""
    db.session.remove()
    out = BytesIO()
    make(out)
    out.seek(0)
    return send_file(out, mimetype=media_type, as_attachment=True, download_name=name)


@blueprint.post("/fiches/<uuid:id>/emporter")
@needs(Act.SHEET_WRITE)
@accepts(request_bytes=LARGEST + MEGABYTE)
def bring_back(id: UUID) -> ResponseReturnValue:
    """Read a workbook that comes back; nothing is written into the sheet before the person has said what."""
    sheet = own_sheet(id)
    if reason := locked_because(sheet, at=now()):
        return _page(sheet, reason), 409
    file = request.files.get("file")
    if not file or not file.filename:
        return _page(sheet, "Choisissez le classeur que vous avez rempli."), 422
    content = file.stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        return _page(sheet, TOO_LARGE), 413
    # A file that means harm takes seconds to be refused: nobody waits for the database meanwhile.
    db.session.rollback()
    try:
        cells = open_workbook(content)
        upload = services.keep(own_sheet(id), name=file.filename, cells=cells, actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        return _page(own_sheet(id), refused.message), 422
    return redirect(url_for("sheets.compare_taken", id=id, taken_id=upload.id), 303)


@blueprint.get("/fiches/<uuid:id>/emporter/<uuid:taken_id>")
@needs(Act.SHEET_WRITE)
def compare_taken(id: UUID, taken_id: UUID) -> str:
    """What the workbook says beside what is online."""
    return _comparison(own_sheet(id), _upload(id, taken_id))


def _upload(id: UUID, taken_id: UUID) -> TakeawayUpload:
    found = queries.upload(id, taken_id)
    if found is None:
        abort(404, description="Ce classeur n’attend plus : il a été relu, abandonné, ou laissé plus de sept jours.")
    return found


def _comparison(
    sheet: Sheet, upload: TakeawayUpload, *, words: dict[str, str] | None = None, stale: frozenset[str] = frozenset()
) -> str:
    return render_template(
        "pages/sheets/takeaway_compare.html",
        sheet=sheet,
        upload=upload,
        comparison=compare(sheet, services.taken(upload, sheet), words),
        version=version_of(sheet),
        locked=locked_because(sheet, at=now()),
        stale=stale,
        file_url=lambda file_id: url_for("sheets.file", id=sheet.id, file_id=file_id),
    )


@blueprint.post("/fiches/<uuid:id>/emporter/<uuid:taken_id>")
@needs(Act.SHEET_WRITE)
def apply_taken(id: UUID, taken_id: UUID) -> ResponseReturnValue:
    """Save what was accepted, and only that."""
    sheet, at = own_sheet(id), now()
    upload = _upload(id, taken_id)
    taken = services.taken(upload, sheet)
    words = {answer: request.form.get(f"word-{answer}", "") for answer in taken.answers}
    found = compare(sheet, taken, words)
    wanted = {offer.question.id for offer in found.offers if words[offer.question.id] == Word.ACCEPT}
    seen = {question: mark for question, _, mark in (text.partition(":") for text in request.form.getlist("_seen"))}
    try:
        if reason := locked_because(sheet, at=at):
            raise Refused(reason)
        if any(words[question.id] == Word.ACCEPT for question in found.closed):
            raise Refused(NOT_ASKED)
        saved = services.accept(taken_id, id, accepted(taken, wanted), seen=seen, actor=current_actor(), at=at)
    except Refused:
        db.session.rollback()
        return _comparison(own_sheet(id), _upload(id, taken_id), words=words), 409
    if saved.stale:
        return _comparison(own_sheet(id), _upload(id, taken_id), words=words, stale=saved.stale), 409
    done = ("réponse du classeur est enregistrée", "réponses du classeur sont enregistrées")
    flash(f"{plural(len(wanted), *done)}." if wanted else "Rien n’a été changé.", "success" if wanted else "info")
    return redirect(url_for("sheets.overview", id=id), 303)


@blueprint.post("/fiches/<uuid:id>/emporter/<uuid:taken_id>/abandonner")
@needs(Act.SHEET_WRITE)
def drop_taken(id: UUID, taken_id: UUID) -> ResponseReturnValue:
    """Throw the workbook away; the sheet stays as it is."""
    own_sheet(id)
    services.forget(_upload(id, taken_id).id)
    flash("Le classeur est abandonné : la fiche n’a pas changé.", "info")
    return redirect(url_for("sheets.take_away", id=id), 303)
