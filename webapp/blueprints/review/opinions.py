"""Asking somebody from outside for an opinion, and no longer asking."""

from datetime import date
from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from forms.kinds.day import Day
from forms.values import Refused, showable
from webapp.blueprints.review.frame import Typed, back, blueprint
from webapp.blueprints.review.reading import again
from webapp.clock import now
from webapp.guard import current_actor, needs, refuse_unless
from webapp.policy import Act
from webapp.queries import opinions as queries
from webapp.queries import sheets
from webapp.services import opinions

FIELDS = ("name", "email", "question", "due_on")


@blueprint.post("/<uuid:id>/avis")
@needs(Act.OPINION_ASK)
def ask_opinion(id: UUID) -> ResponseReturnValue:
    """Ask; refused, what was typed stands there again."""
    was = refuse_unless(Act.OPINION_ASK, sheets.find(id)).state
    typed = {name: request.form.get(f"opinion-{name}", "") for name in FIELDS}
    try:
        asked = opinions.ask(
            id,
            name=typed["name"],
            email=typed["email"],
            question=typed["question"],
            due_on=_day(typed["due_on"]),
            actor=current_actor(),
            at=now(),
        )
    except Refused as refused:
        place = f"opinion-{refused.question}" if refused.question in FIELDS else "decisions"
        words = {f"opinion-{name}": showable(text) for name, text in typed.items()} | {"opinion": "y"}
        return again(id, was, Typed(place, refused.message, words))
    flash(f"Le lien part par mail à {asked.email}.", "success")
    return back(id, "avis")


def _day(text: str) -> date | None:
    try:
        found: date | None = Day().parse([text])
    except Refused as refused:
        raise Refused(refused.message, question="due_on") from None
    return found


@blueprint.post("/<uuid:id>/avis/<uuid:opinion_id>/retirer")
@needs(Act.OPINION_ASK)
def revoke_opinion(id: UUID, opinion_id: UUID) -> ResponseReturnValue:
    """The link opens nothing any more."""
    was = refuse_unless(Act.OPINION_ASK, queries.of_sheet(id, opinion_id)).sheet.state
    try:
        opinions.revoke(opinion_id, actor=current_actor(), at=now())
    except Refused as refused:
        return again(id, was, Typed("avis", refused.message))
    flash("La demande d’avis est retirée\u00a0: son lien ne s’ouvre plus.", "success")
    return back(id, "avis")
