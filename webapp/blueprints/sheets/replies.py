"""The centre's replies to what the federation asks, saved with the step in which they are asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask import request

from forms.definition import Section
from forms.values import Refused
from webapp.guard import can, current_actor
from webapp.models import Query, Sheet
from webapp.policy import Act, Refusal, decide
from webapp.queries import sheets as queries
from webapp.queries.things import thing_of
from webapp.services import review
from webapp.vocabulary import QueryState


@dataclass(frozen=True)
class Reply:
    """A reply as it was posted, with the error that kept it from being saved."""

    query_id: UUID
    text: str
    error: str = ""


@dataclass(frozen=True)
class Thread:
    """A query as the step shows it: with the reply to be typed, none where it can't be changed."""

    query: Query
    name: str
    text: str | None
    error: str = ""


def control_name(query_id: UUID) -> str:
    """The name of the control into which the reply is typed."""
    return f"_reply-{query_id}"


def posted(sheet: Sheet, part: Section) -> list[Reply]:
    """The replies that were typed into a step's page and are not stored yet; who types by telephone gives none."""
    if decide(current_actor(), Act.QUERY_ANSWER, thing_of(sheet)).refusal is Refusal.RIGHT:
        return []
    ids = {question.id for question in part.questions}
    open_ = [query for query in queries.queries_on(sheet.id) if query.question in ids]
    typed = [(query, request.form.get(control_name(query.id), "")) for query in open_]
    return [Reply(query.id, text) for query, text in typed if text.strip() and _plain(text) != (query.reply or "")]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def send(replies: Sequence[Reply], *, at: datetime) -> list[Reply]:
    """Save the replies one by one; those that were refused come back with the reason."""
    failed = []
    for reply in replies:
        try:
            review.reply(reply.query_id, text=reply.text, actor=current_actor(), at=at)
        except Refused as refused:
            failed.append(replace(reply, error=refused.message))
    return failed


def by_question(asked: Iterable[Query], said: Sequence[Reply]) -> dict[str, list[Thread]]:
    """The queries of a sheet by question, each with what was or is being replied; without those that never left.

    Needs query.sheet to be loaded.
    """
    typed = {reply.query_id: reply for reply in said}
    found: dict[str, list[Thread]] = {}
    for query in asked:
        if query.withdrawn:
            continue
        reply = typed.get(query.id)
        writable = query.state is not QueryState.CLOSED and can(Act.QUERY_ANSWER, query)
        text = (reply.text if reply else query.reply or "") if writable else None
        found.setdefault(query.question, []).append(
            Thread(query, control_name(query.id), text, reply.error if reply else "")
        )
    return found
