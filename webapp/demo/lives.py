"""The demonstration's sheets, lived through the real services in the order of their dates."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from forms.lifecycle import Move
from forms.registry import shipped
from forms.steps import StepReading
from webapp.database import db
from webapp.demo.people import id_of
from webapp.demo.pictures import draw
from webapp.demo.texts.coding import coded, unread
from webapp.demo.texts.shapes import ActionText, CentreText, FederationText, QueryText, SheetText
from webapp.models import Action, Campaign, Centre, Query, Sheet, User
from webapp.policy import Actor
from webapp.queries.accounts import actor_of
from webapp.queries.doubts import doubts_of
from webapp.services import attachments, checks, review, sheets
from webapp.vocabulary import QueryState, RoleName

Deed = Callable[[], object]


@dataclass(frozen=True)
class Moment:
    """Something that happens to a sheet at a time."""

    at: datetime
    rank: int
    deed: Deed


def moments(federation: FederationText) -> list[Moment]:
    """Everything that happens in a federation, in order: the journal tells it as it went."""
    found: list[Moment] = []
    for centre in federation.centres:
        for action in centre.actions:
            for text in action.sheets:
                life = Life(federation, centre, action, text)
                found += [Moment(at, len(found) + step, deed) for step, (at, deed) in enumerate(life.deeds())]
    return sorted(found, key=lambda moment: (moment.at, moment.rank))


@dataclass(frozen=True)
class Life:
    """One sheet's life, from its texts."""

    federation: FederationText
    centre: CentreText
    action: ActionText
    text: SheetText

    @property
    def sheet_id(self) -> UUID:
        return id_of("sheet", self.centre.id, self.action.id, self.text.year)

    def deeds(self) -> Iterator[tuple[datetime, Deed]]:
        """What happens, each with its time."""
        text = self.text
        final = coded(shipped(text.year), text.answers)
        first, written = _first_version(text, final), self._written_at()
        yield text.created, self._begin
        yield written, lambda: self._save(first, written)
        for number in range(len(text.files)):
            yield written + timedelta(minutes=number + 1), lambda number=number: self._attach(number, written)  # type: ignore[misc]
        if text.submitted:
            yield text.submitted, lambda: self._send(text.submitted)
        yield from self._review(final)
        if text.validated:
            yield text.validated, lambda: self._move(Move.VALIDATE, self._reviewer, text.validated)
        if text.published:
            yield text.published, lambda: self._move(Move.PUBLISH, self._administrator, text.published)

    def _review(self, final: Mapping[str, Any]) -> Iterator[tuple[datetime, Deed]]:
        text = self.text
        for number, query in enumerate(text.queries):
            yield query.created, lambda query=query: self._ask(query)  # type: ignore[misc]
            if query.replied:
                yield query.replied, lambda number=number, query=query: self._reply(number, query)  # type: ignore[misc]
            if query.closed and query.state is QueryState.CLOSED:
                yield query.closed, lambda number=number, query=query: self._close(number, query)  # type: ignore[misc]
        if text.asked:
            yield text.asked, lambda: self._move(Move.ASK_CHANGES, self._reviewer, text.asked)
        if text.sent_again:
            again = text.sent_again
            yield again - timedelta(minutes=5), lambda: self._save(dict(final), again - timedelta(minutes=5))
            yield again, lambda: self._send(again)

    def _written_at(self) -> datetime:
        """When the answers were typed: half an hour before they were sent, or at the last edit of a draft."""
        text = self.text
        return max(text.created, text.submitted - timedelta(minutes=30)) if text.submitted else text.updated

    @property
    def _responsible(self) -> Actor:
        return _actor(self.centre.people[0].id)

    @property
    def _reviewer(self) -> Actor:
        asked_by = [query.by for query in self.text.queries]
        any_reader = [person.id for person in self.federation.people if person.role is RoleName.REVIEWER]
        return _actor((asked_by or any_reader)[0])

    @property
    def _administrator(self) -> Actor:
        return _actor(next(person.id for person in self.federation.people if person.role is RoleName.ADMINISTRATOR))

    def _begin(self) -> None:
        action = db.session.get(Action, id_of("action", self.centre.id, self.action.id))
        sheets.begin(
            centre=db.session.get_one(Centre, id_of("centre", self.centre.id)),
            campaign=db.session.get_one(Campaign, id_of("campaign", self.federation.id, self.text.year)),
            action=action,
            title=self.text.title,
            actor=_actor(self.text.author),
            at=self.text.created,
            carry=self.text.renewed,
            sheet_id=self.sheet_id,
            action_id=id_of("action", self.centre.id, self.action.id),
        )

    def _save(self, answers: dict[str, Any], at: datetime) -> None:
        unparsed = unread(shipped(self.text.year), self.text.unparsed)
        said = StepReading(answers, frozenset(), unparsed)
        sheets.save(
            self.sheet_id, said, actor=_actor(self.text.author), at=at, confirmed=frozenset(self.text.confirmed)
        )

    def _attach(self, number: int, written: datetime) -> None:
        file = self.text.files[number]
        attachments.add(
            self.sheet_id,
            "files",
            name=f"{file.kind.value}-{number + 1}.png",
            content=draw(file.kind, self.text.title, file.caption),
            caption=file.caption,
            alt=file.alt,
            actor=_actor(self.text.author),
            at=written + timedelta(minutes=number + 1),
            attachment_id=id_of("file", self.sheet_id, number),
        )

    def _send(self, at: datetime | None) -> None:
        """Confirm what the centre has a reason for, then send; what it has none for keeps the sheet from going."""
        for doubt in doubts_of(db.session.get_one(Sheet, self.sheet_id)):
            for one in self.text.sure:
                if (one.question, one.code) == (doubt.question, doubt.code) and at is not None:
                    checks.let_pass(self.sheet_id, doubt.key, reason=one.reason, actor=_actor(self.text.author), at=at)
        self._move(Move.SEND, self._responsible, at)

    def _move(self, move: Move, actor: Actor, at: datetime | None) -> None:
        if at is None:
            raise ValueError("a move needs a time")
        sheets.move(self.sheet_id, move, actor=actor, at=at, sharing=self.text.sharing)

    def _ask(self, query: QueryText) -> None:
        review.ask(
            self.sheet_id,
            query.question,
            reason=query.reason,
            text=query.text,
            actor=_actor(query.by),
            at=query.created,
        )

    def _query_id(self, number: int) -> UUID:
        wanted = self.text.queries[number]
        rows = db.session.query(Query.id).filter_by(sheet_id=self.sheet_id, question=wanted.question)
        return rows.filter_by(created_at=wanted.created).scalar()

    def _reply(self, number: int, query: QueryText) -> None:
        if query.reply and query.replied_by and query.replied:
            actor = _actor(query.replied_by)
            review.reply(self._query_id(number), text=query.reply, actor=actor, at=query.replied)

    def _close(self, number: int, query: QueryText) -> None:
        if query.closed and query.closed != self.text.validated:
            review.close(self._query_id(number), actor=_actor(query.by), at=query.closed)


def _actor(person: str) -> Actor:
    return actor_of(db.session.get_one(User, id_of("user", person)))


def _first_version(text: SheetText, final: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent before the federation asked: the texts asked about were shorter then."""
    first = dict(final)
    if text.sent_again:
        for query in text.queries:
            answer = first.get(query.question)
            if isinstance(answer, str) and len(answer) > 200:
                first[query.question] = answer[: answer.find(".", 100) + 1] or answer
    return first
