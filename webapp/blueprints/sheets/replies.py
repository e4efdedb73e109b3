"""The centre's replies to what the federation asks, saved with the step in which they are asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from flask import request

from forms.definition import Section
from forms.values import Refused
from webapp.database import db
from webapp.guard import can, current_actor
from webapp.models import Query, Sheet
from webapp.policy import Act, Refusal, decide
from webapp.queries import sheets as queries
from webapp.queries.things import thing_of
from webapp.services import replies as services
from webapp.services.replies import Changed, mark_of_reply
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
    unsaved: bool = False

    @property
    def mark(self) -> str:
        """Of the reply that is stored."""
        return mark_of_reply(self.query)


_NAME = "_reply-"

OTHER = (
    "Une autre réponse a été enregistrée entre-temps\u00a0: «\u00a0{words}\u00a0». La vôtre est dans le champ\u00a0; "
    "si vous enregistrez, c’est elle qui sera gardée."
)
GONE = "Cette réponse a été effacée entre-temps. La vôtre est dans le champ\u00a0; enregistrez pour la garder."


def control_name(query_id: UUID) -> str:
    """The name of the control into which the reply is typed."""
    return f"{_NAME}{query_id}"


@dataclass
class Kept:
    """What became of replies that a script sent, by the names of their controls."""

    marks: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def sent(sheet: Sheet, said: Mapping[str, object]) -> dict[str, UUID]:
    """Which of these names are those of replies to this sheet's queries, with the query of each."""
    wanted = {name for name in said if name.startswith(_NAME)}
    if not wanted or decide(current_actor(), Act.QUERY_ANSWER, thing_of(sheet)).refusal is Refusal.RIGHT:
        return {}
    ids = {control_name(query.id): query.id for query in queries.queries_on(sheet.id)}
    return {name: ids[name] for name in sorted(wanted) if name in ids}


def keep(names: Mapping[str, UUID], words: Mapping[str, str], seen: Mapping[str, object], *, at: datetime) -> Kept:
    """Keep replies while they are typed, each by itself: what is refused or was changed meanwhile stops no other."""
    kept = Kept()
    for name, id in names.items():
        mark = None if name not in seen else str(seen[name])
        try:
            kept.marks[name] = services.keep(id, text=words[name], actor=current_actor(), at=at, seen=mark)
        except Refused as refused:
            db.session.rollback()
            kept.refused[name] = refused.message
        except Changed as changed:
            db.session.rollback()
            kept.conflicts[name] = {"mark": changed.mark, "text": changed.words}
    return kept


def posted(sheet: Sheet, part: Section) -> list[Reply]:
    """The replies of a step's page that are not stored yet, emptied ones too; who types by telephone gives none."""
    if decide(current_actor(), Act.QUERY_ANSWER, thing_of(sheet)).refusal is Refusal.RIGHT:
        return []
    ids = {question.id for question in part.questions}
    asked = {control_name(query.id): query for query in queries.queries_on(sheet.id) if query.question in ids}
    typed = [(query, request.form[name]) for name, query in asked.items() if name in request.form]
    return [Reply(query.id, text) for query, text in typed if _plain(text) != (query.reply or "")]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def send(replies: Sequence[Reply], *, seen: Mapping[str, str], at: datetime) -> list[Reply]:
    """Save the replies one by one; those that were refused come back with the reason. seen: as the page marked them."""
    failed = []
    for reply in replies:
        mark = seen.get(control_name(reply.query_id))
        try:
            services.keep(reply.query_id, text=reply.text, actor=current_actor(), at=at, seen=mark, finished=True)
        except Refused as refused:
            db.session.rollback()
            failed.append(replace(reply, error=refused.message))
        except Changed as changed:
            db.session.rollback()
            failed.append(replace(reply, error=OTHER.format(words=changed.words) if changed.words else GONE))
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
            Thread(query, control_name(query.id), text, reply.error if reply else "", reply is not None)
        )
    return found
