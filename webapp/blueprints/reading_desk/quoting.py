"""Quoting a passage of a sheet: selected on its page, or picked here paragraph by paragraph."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.document import ReadItem
from forms.values import Refused
from webapp.blueprints.reading_desk.frame import blueprint, held
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs
from webapp.models import ReportRunSheet
from webapp.passages import parts
from webapp.policy import Act
from webapp.queries import quotes as queries
from webapp.queries.versions import form_of
from webapp.services import quotes as services
from webapp.vocabulary import RoleName


@blueprint.get("/<uuid:id>/<uuid:sheet_id>/citer/<question>")
@needs(Act.DESK_READ)
def choose(id: UUID, sheet_id: UUID, question: str) -> str:
    """The paragraphs of an answer, one of which can be quoted."""
    return _page(held(id, sheet_id), question, None)


@blueprint.post("/<uuid:id>/<uuid:sheet_id>/citer/<question>")
@needs(Act.DESK_READ)
def pick(id: UUID, sheet_id: UUID, question: str) -> ResponseReturnValue:
    """Keep the passage; what is not in the answer is refused."""
    line = held(id, sheet_id)
    item = _item(line, question)
    try:
        services.pick(
            line,
            question,
            text=request.form.get("text", "") if request.form.get("text", "").strip() else _paragraph(item),
            note=request.form.get("note", ""),
            shared="shared" in request.form,
            actor=current_actor(),
            at=now(),
        )
    except Refused as refused:
        db.session.rollback()
        return _page(held(id, sheet_id), question, refused), 422
    flash("Le passage est dans vos citations, avec sa référence.", "success")
    return redirect(url_for("reading_desk.sheet", id=id, sheet_id=sheet_id, _anchor=f"reponse-{question}"), 303)


def _item(line: ReportRunSheet, question: str) -> ReadItem:
    item = queries.quotable(form_of(line.snapshot.form_version), line.snapshot.answers).get(question)
    return item if item is not None else abort(404)


def _paragraph(item: ReadItem) -> str:
    offered = parts(item.text)
    chosen = request.form.get("paragraph", "")
    return offered[int(chosen)] if chosen.isascii() and chosen.isdecimal() and int(chosen) < len(offered) else ""


def _page(line: ReportRunSheet, question: str, refused: Refused | None) -> str:
    item = _item(line, question)
    return render_template(
        "pages/reading_desk/quote.html",
        run=line.report_run,
        snapshot=line.snapshot,
        sheet=line.snapshot.sheet,
        question=item.question,
        paragraphs=[(str(at), text) for at, text in enumerate(parts(item.text))],
        typed=request.form,
        place=(refused.question or "text") if refused is not None else "",
        message=refused.message if refused is not None else "",
        longest=services.LONGEST,
        receives=current_actor().has(RoleName.FUNDER),
        back_url=url_for(
            "reading_desk.sheet", id=line.report_run_id, sheet_id=line.snapshot.sheet_id, _anchor=f"reponse-{question}"
        ),
    )
