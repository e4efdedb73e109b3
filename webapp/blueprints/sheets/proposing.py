"""A wording that the federation proposes, beside the centre's own: taken or left, change by change."""

import re
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.proposal import pieces
from forms.values import Refused
from webapp.blueprints.sheets.frame import blueprint, version_of
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import Query
from webapp.policy import Act
from webapp.queries import answering
from webapp.services import proposals
from webapp.services.review import refuse_unless_answerable
from webapp.services.sheets import mark_of


def _proposed(id: UUID, query_id: UUID) -> Query:
    query = refuse_unless(Act.QUERY_ANSWER, answering.query_of(id, query_id))
    return query if query.proposed is not None else abort(404)


@blueprint.get("/fiches/<uuid:id>/demandes/<uuid:query_id>/redaction")
@needs(Act.QUERY_ANSWER)
def proposal(id: UUID, query_id: UUID) -> str:
    """The differences, each with its box."""
    return _page(_proposed(id, query_id))


def _page(query: Query, refused: str = "") -> str:
    sheet, question = query.sheet, version_of(query.sheet).question(query.question)
    stored = sheet.answers.get(question.id, "")
    closed = ""
    try:
        refuse_unless_answerable(query, sheet)
    except Refused as over:
        closed = over.message
    return render_template(
        "pages/sheets/proposal.html",
        sheet=sheet,
        query=query,
        question=question,
        section=version_of(sheet).section_of(question.id),
        pieces=pieces(stored, query.proposed or ""),
        moved=stored != query.proposed_from,
        seen=mark_of(sheet.answers.get(question.id), sheet.unparsed.get(question.id)),
        refused=refused,
        closed=closed,
    )


@blueprint.post("/fiches/<uuid:id>/demandes/<uuid:query_id>/redaction")
@needs(Act.QUERY_ANSWER)
def take_proposal(id: UUID, query_id: UUID) -> ResponseReturnValue:
    """Take what is ticked into the answer, and leave the rest."""
    question = _proposed(id, query_id).question
    ticked = {int(text) for text in request.form.getlist("piece") if re.fullmatch("[0-9]{1,6}", text)}
    taken = None if "_all" in request.form else set() if "_none" in request.form else ticked
    try:
        query = proposals.take(query_id, taken, seen=request.form.get("_seen", ""), actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        status = 409 if isinstance(refused, proposals.Moved) else 422
        return _page(_proposed(id, query_id), refused.message), status
    flash(query.reply or "", "success")
    section = version_of(query.sheet).section_of(question).id
    return redirect(url_for("sheets.step", id=id, section=section, _anchor=question), 303)
