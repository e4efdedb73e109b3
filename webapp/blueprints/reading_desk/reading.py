"""One sheet at the desk: read, marked, left and found again."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.document import AnswerStatus, Document, ReadItem
from webapp import storage
from webapp.blueprints.reading_desk.frame import blueprint, held, way
from webapp.blueprints.review.reading import FIRST_READ
from webapp.blueprints.sheets.files import sent_file
from webapp.clock import now
from webapp.guard import current_actor, needs
from webapp.models import ReportRunSheet
from webapp.policy import Act
from webapp.queries import quotes
from webapp.queries import reading_desk as queries
from webapp.queries.opinions import file_shown
from webapp.queries.report_sheets import document_of
from webapp.services import reading_desk as services
from webapp.vocabulary import RoleName

WORTH_OFFERING = 60
"""Characters of an answer under which « Citer un passage » stands; of a shorter one a passage can still be selected."""


@blueprint.get("/<uuid:id>/<uuid:sheet_id>")
@needs(Act.DESK_READ)
def sheet(id: UUID, sheet_id: UUID) -> str:
    """The sheet as the report holds it."""
    return _page(held(id, sheet_id))


def _page(line: ReportRunSheet) -> str:
    actor, along, snapshot = current_actor(), way(), line.snapshot
    run_id, sheet_id = line.report_run_id, snapshot.sheet_id
    desk = queries.desk(run_id, actor.user_id)
    shown = desk.shown(along.wanted)
    before, after = desk.around(sheet_id, along.wanted)
    document = document_of(snapshot)
    quotable = quotes.quotable(document.version, snapshot.answers)
    return render_template(
        "pages/reading_desk/sheet.html",
        run=line.report_run,
        snapshot=snapshot,
        sheet=snapshot.sheet,
        here=desk.line(sheet_id),
        desk=desk,
        before=before,
        after=after,
        place=next((at for at, one in enumerate(shown, 1) if one.sheet_id == sheet_id), 0),
        total=len(shown),
        list_url=url_for("reading_desk.show", id=run_id, **along.given),
        document=document,
        first=_first(document),
        quotable=set(quotable),
        offered={id_ for id_, item in quotable.items() if len(item.text) >= WORTH_OFFERING},
        quotes=quotes.on_sheet(actor, run_id, snapshot.id),
        me=actor.user_id,
        receives=actor.has(RoleName.FUNDER),
        file_url=lambda file_id: url_for("reading_desk.file", id=run_id, sheet_id=sheet_id, file_id=file_id),
    )


def _items(document: Document) -> list[ReadItem]:
    return [item for section in document.sections for item in section.items]


def _first(document: Document) -> list[ReadItem]:
    items = {item.question.id: item for item in _items(document)}
    return [items[id_] for id_ in FIRST_READ if id_ in items and items[id_].status is AnswerStatus.ANSWERED]


@blueprint.post("/<uuid:id>/<uuid:sheet_id>/ici")
@needs(Act.DESK_READ)
def stop(id: UUID, sheet_id: UUID) -> ResponseReturnValue:
    """The page tells where its reader is; said by its script, since opening a page writes nothing."""
    line = held(id, sheet_id)
    question = request.form.get("question", "")
    known = question in document_of(line.snapshot).version
    services.stop(line, question=question if known else "", actor=current_actor(), at=now())
    return "", 204


@blueprint.post("/<uuid:id>/<uuid:sheet_id>/lu")
@needs(Act.DESK_READ)
def mark(id: UUID, sheet_id: UUID) -> ResponseReturnValue:
    """« Lu, suivante », « Lu » after the last one, or « Remettre en non lue »."""
    line, along, actor = held(id, sheet_id), way(), current_actor()
    if request.form.get("lu") == "non":
        services.unmark_read(line, actor=actor)
        return _to(id, sheet_id)
    _before, after = queries.desk(id, actor.user_id).around(sheet_id, along.wanted)
    services.mark_read(line, actor=actor, at=now())
    if after is None:
        flash("C’est lu. Vous êtes au bout de cette liste.", "success")
        return redirect(url_for("reading_desk.show", id=id, **along.given), 303)
    services.come_to(held(id, after.sheet_id), actor=actor, at=now())
    return _to(id, after.sheet_id)


def _to(id: UUID, sheet_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("reading_desk.sheet", id=id, sheet_id=sheet_id), 303)


@blueprint.get("/<uuid:id>/<uuid:sheet_id>/pieces/<uuid:file_id>")
@needs(Act.DESK_READ)
def file(id: UUID, sheet_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """A file that the sheet shows."""
    row = file_shown(held(id, sheet_id).snapshot, file_id)
    if row is None:
        abort(404)
    try:
        return sent_file(row)
    except storage.FileMissing:
        abort(404, description="Ce fichier est introuvable. Prévenez votre fédération.")
