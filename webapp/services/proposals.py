"""A wording that the federation proposes: the centre takes it piece by piece, and the answer is its own."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from forms.french import plural
from forms.proposal import merged, pieces
from forms.values import Refused
from webapp.database import db
from webapp.models import Query
from webapp.policy import Actor
from webapp.queries.versions import form_of
from webapp.services import moves
from webapp.services.review import held, refuse_unless_answerable
from webapp.services.sheets import mark_of, set_answer


class Moved(Refused):
    """The answer is no longer the one whose pieces were chosen."""


def take(query_id: UUID, taken: Collection[int] | None, *, seen: str, actor: Actor, at: datetime) -> Query:
    """Take these pieces of the proposed wording (their numbers; None: all) into the answer and leave the others.

    seen: the mark of the answer that was compared. The query is answered by what was taken. Raises
    Refused; Moved where the answer has changed since.
    """
    query, sheet = held(query_id)
    refuse_unless_answerable(query, sheet)
    if query.proposed is None:
        raise Refused("La fédération n’a pas proposé de rédaction.")
    stored = sheet.answers.get(query.question)
    if mark_of(stored, sheet.unparsed.get(query.question)) != seen:
        raise Moved("Votre réponse a changé entre-temps\u00a0: voici les différences avec celle d’aujourd’hui.")
    found = pieces(stored or "", query.proposed)
    numbers = {piece.number for piece in found if piece.number}
    kind = form_of(sheet.form_version).question(query.question).kind
    chosen = numbers if taken is None else numbers & set(taken)
    worded = kind.parse([merged(found, chosen)])
    if worded != stored:
        set_answer(sheet, query.question, worded, actor_id=actor.user_id, at=at)
    moves.answer(query, sheet, _in_words(len(chosen), len(numbers)), actor_id=actor.user_id, at=at)
    sheet.updated_at, sheet.updated_by = at, actor.user_id
    db.session.commit()
    return query


def _in_words(taken: int, proposed: int) -> str:
    if taken == proposed:
        return "Rédaction proposée acceptée en entier."
    if not taken:
        return "Rédaction proposée refusée\u00a0: la réponse reste la même."
    return f"Rédaction proposée acceptée en partie\u00a0: {plural(taken, 'changement', 'changements')} sur {proposed}."
