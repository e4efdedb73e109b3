"""Queries: begin to read, ask about a question, be content with the reply."""

from datetime import date
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.review.frame import Typed, back, blueprint
from webapp.blueprints.review.reading import again
from webapp.clock import now
from webapp.guard import current_actor, needs, refuse_unless
from webapp.policy import Act
from webapp.queries import review as queries
from webapp.queries import sheets
from webapp.services import reopening, review
from webapp.vocabulary import QueryReason

PLACES = ("reason", "text", "deadline", "proposed")
"""What is typed to ask; each has its control beside the question."""


@blueprint.post("/<uuid:id>/commencer")
@needs(Act.QUERY_ASK)
def begin(id: UUID) -> ResponseReturnValue:
    """From now on the centre can't take the sheet back."""
    refuse_unless(Act.QUERY_ASK, sheets.find(id))
    review.begin_reading(id, actor=current_actor(), at=now())
    return redirect(url_for("review.show", id=id), 303)


@blueprint.post("/<uuid:id>/demandes")
@needs(Act.QUERY_ASK)
def ask(id: UUID) -> ResponseReturnValue:
    """Ask about one question; refused, the words stand beside it again."""
    sheet = refuse_unless(Act.QUERY_ASK, sheets.find(id))
    was = sheet.state
    words = {name: request.form.get(name, "") for name in ("question", *PLACES)}
    question, reason = words["question"], words["reason"]
    try:
        if reason not in set(QueryReason):
            raise Refused("Choisissez un motif.", question="reason")
        query = review.ask(
            id,
            question,
            reason=QueryReason(reason),
            text=words["text"],
            deadline=_day(words["deadline"]),
            proposed=words["proposed"],
            actor=current_actor(),
            at=now(),
        )
    except Refused as refused:
        place = f"{refused.question}-{question}" if refused.question in PLACES else "decisions"
        return again(id, was, Typed(place, refused.message, words))
    later = "Le centre la verra quand vous lui renverrez la fiche."
    flash(f"Votre demande est posée. {'Le centre la reçoit par mail.' if query.sent_at else later}", "success")
    return back(id, f"reponse-{question}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Refused("Indiquez un jour, par exemple 2026-11-30.", question="deadline") from None


@blueprint.post("/<uuid:id>/tout-rouvrir")
@needs(Act.QUERY_ASK)
def open_whole(id: UUID) -> ResponseReturnValue:
    """Let the centre change every answer of a sheet that was sent back for some."""
    sheet = refuse_unless(Act.QUERY_ASK, sheets.find(id))
    was = sheet.state
    try:
        reopening.open_whole(id, actor=current_actor(), at=now())
    except Refused as refused:
        return again(id, was, Typed("decisions", refused.message))
    flash("Toutes les questions sont ouvertes\u00a0: le centre en est prévenu.", "success")
    return redirect(url_for("review.show", id=id), 303)


@blueprint.post("/<uuid:id>/demandes/<uuid:query_id>/fermer")
@needs(Act.QUERY_CLOSE)
def close(id: UUID, query_id: UUID) -> ResponseReturnValue:
    """The reviewer has the answer, or no longer asks."""
    query = queries.query_of(id, query_id)
    refuse_unless(Act.QUERY_CLOSE, query)
    closed = review.close(query_id, actor=current_actor(), at=now())
    flash("La demande est retirée." if closed.withdrawn else "La demande est fermée.", "success")
    return back(id, f"reponse-{closed.question}")
