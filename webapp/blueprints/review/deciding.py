"""Decisions: ask for changes, validate, reopen, publish, withdraw from the catalogue."""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from forms.lifecycle import Move
from forms.values import Refused
from webapp.blueprints.review.frame import Typed, back, blueprint, seen
from webapp.blueprints.review.reading import again
from webapp.clock import now
from webapp.guard import current_actor, needs, refuse_unless
from webapp.policy import ACT_OF_MOVE
from webapp.queries import sheets
from webapp.services import sheets as services
from webapp.services.moves import Said
from webapp.vocabulary import Sharing

MOVES: dict[str, tuple[Move, str]] = {
    "completer": (Move.ASK_CHANGES, "La fiche est repartie au centre, avec vos demandes."),
    "valider": (Move.VALIDATE, "La fiche est validée\u00a0: les financeurs peuvent la lire."),
    "rouvrir": (Move.REOPEN, "La fiche est rouverte\u00a0: le centre peut la corriger."),
    "publier": (Move.PUBLISH, "La fiche est publiée."),
    "retirer": (Move.UNPUBLISH, "La fiche n’est plus au catalogue."),
}
"""The decisions, by the last word of their address, with what is said once they are made."""

PUBLISHED: dict[Sharing, str] = {
    Sharing.NETWORK: "La fiche est publiée pour le réseau\u00a0: les autres centres de la fédération la lisent aussi.",
    Sharing.PUBLIC: "La fiche est au catalogue public.",
}
"""What is said of a publication instead, by whom the centre shows the sheet to."""


@blueprint.post("/<uuid:id>/<any(completer,valider,rouvrir,publier,retirer):decision>")
@needs(*(ACT_OF_MOVE[move] for move, _said in MOVES.values()))
def decide(id: UUID, decision: str) -> ResponseReturnValue:
    """Move the sheet on; refused, say why beside the decision."""
    move, said = MOVES[decision]
    sheet = refuse_unless(ACT_OF_MOVE[move], sheets.find(id))
    was, reason = sheet.state, request.form.get("reason", "")
    said_with = Said(whole=bool(request.form.get("whole")))
    try:
        moved = services.move(id, move, actor=current_actor(), at=now(), reason=reason, seen=seen(), said=said_with)
    except Refused as refused:
        place = f"reason-{move.value}" if refused.question == "reason" else "decisions"
        return again(id, was, Typed(place, refused.message, {"move": move.value, "reason": reason}), seen=seen())
    flash(PUBLISHED.get(moved.sharing, said) if move is Move.PUBLISH else said, "success")
    # One goes on from where the sheet stands now, and from there to the next one: by keyboard too.
    return back(id, "decisions")
