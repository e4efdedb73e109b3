"""The centre's words on a query, kept while they are typed: they answer it, and taken back they leave it open again."""

from datetime import datetime
from uuid import UUID

from webapp.database import db
from webapp.models import Query, Sheet
from webapp.policy import Act, Actor, require
from webapp.queries.things import thing_of
from webapp.services import moves, texts
from webapp.services.review import held, refuse_unless_answerable
from webapp.services.sheets import mark_of
from webapp.vocabulary import QueryState


class Changed(Exception):  # noqa: N818 (no error: somebody else has replied meanwhile)
    """Another reply stands there than the one that was seen. words: those of the other."""

    def __init__(self, query: Query) -> None:
        super().__init__()
        self.mark, self.words = mark_of_reply(query), query.reply or ""


def mark_of_reply(query: Query) -> str:
    """As the mark of an answer: other words have another one."""
    return mark_of(query.reply, None)


def keep(
    query_id: UUID, *, text: str, actor: Actor, at: datetime, seen: str | None = None, finished: bool = False
) -> str:
    """Keep these words; none: the reply is taken back.

    seen: the mark of what stood on the page. finished: a button says so, and the journal tells of them; of words
    kept while they are typed it tells when they leave with the sheet. Out: the mark of what stands there now.
    Raises Refused, Changed or policy.Denied; nothing is written then.
    """
    query, sheet = held(query_id)
    refuse_unless_answerable(query, sheet)
    require(actor, Act.QUERY_ANSWER, thing_of(sheet))
    said = texts.said(text, "") if text.strip() else None
    mark = mark_of(said, None)
    if said == query.reply:
        # Sent twice, it was written once.
        db.session.rollback()
        return mark
    if seen not in {None, mark_of_reply(query)}:
        raise Changed(query)
    if said and finished:
        moves.answer(query, sheet, said, actor_id=actor.user_id, at=at)
    elif said:
        query.state, query.replied_at, query.replied_by = QueryState.ANSWERED, at, actor.user_id
    elif _is_new(query, sheet):
        query.state, query.replied_at, query.replied_by = QueryState.OPEN, None, None
    query.reply = said
    sheet.updated_at, sheet.updated_by = at, actor.user_id
    db.session.commit()
    return mark


def _is_new(query: Query, sheet: Sheet) -> bool:
    """Whether the reply has not left with the sheet yet: what was sent stays answered."""
    return query.replied_at is None or sheet.submitted_at is None or query.replied_at >= sheet.submitted_at
