"""A query answered by the link of its mail, without signing in: the answer, the words, the link used up, at once."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from forms.steps import StepReading
from forms.values import Refused
from webapp.database import db
from webapp.models import Query, User
from webapp.policy import Act, require
from webapp.queries import openings
from webapp.queries.accounts import actor_of, by_id
from webapp.queries.things import thing_of
from webapp.services import moves, personal_links, texts
from webapp.services.links import GONE
from webapp.services.review import held, refuse_unless_answerable
from webapp.services.sheets import store
from webapp.vocabulary import PersonalPurpose

NOTHING = "Changez la réponse, ou écrivez quelques mots à la fédération."
STALE = "Cette réponse a changé entre-temps\u00a0: gardez la bonne, puis envoyez de nouveau."


def save(token: str, reading: StepReading, *, seen: Mapping[str, str], at: datetime) -> frozenset[str]:
    """Keep what was typed, readable or not, in the name of the link's person; the link stays. Out: those left as stale.

    Raises Refused, policy.Denied.
    """
    link = personal_links.find(token, PersonalPurpose.QUERY, at=at)
    if link is None:
        raise Refused(GONE)
    query, user = _of(link.target_id, link.user_id)
    stale = store(query.sheet, reading, actor_id=user.id, at=at, seen=seen)
    db.session.commit()
    return stale


def answer(token: str, reading: StepReading, *, words: str, seen: Mapping[str, str], at: datetime) -> Query:
    """Keep the answer and the words in the name of the link's person, and use the link up; one commit.

    Raises Refused with its place where nothing was said, something can't be read or has changed meanwhile;
    nothing is written then. Raises policy.Denied where the person may no longer answer.
    """
    link = personal_links.take(token, PersonalPurpose.QUERY, at=at)
    query, user = _of(link.target_id, link.user_id)
    sheet = query.sheet
    unread = next(iter(reading.unparsed.items()), None)
    if unread is not None:
        raise Refused(unread[1].error, question=unread[0])
    stale = store(sheet, reading, actor_id=user.id, at=at, seen=seen)
    if stale:
        raise Refused(STALE, question=min(stale))
    said = texts.said(words, NOTHING, place="reply") if words.strip() else ""
    if not said and query in openings.silent(sheet):
        raise Refused(NOTHING, question="reply")
    moves.answer(query, sheet, said, actor_id=user.id, at=at, by_link=True)
    sheet.updated_at, sheet.updated_by = at, user.id
    db.session.commit()
    return query


def _of(query_id: UUID, user_id: UUID | None) -> tuple[Query, User]:
    """The query, with its sheet held, and who answers; the rights are those of the account, now."""
    query, sheet = held(query_id)
    user = by_id(user_id) if user_id is not None else None
    if user is None or not user.active:
        raise Refused(GONE)
    require(actor_of(user), Act.QUERY_ANSWER, thing_of(sheet))
    refuse_unless_answerable(query, sheet)
    return query, user
