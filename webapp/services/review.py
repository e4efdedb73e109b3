"""What the federation asks about a sheet, question by question, and what the centre replies."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from forms.definition import FormVersion
from forms.french import PARIS
from forms.lifecycle import SheetState
from forms.values import Refused
from webapp.database import db
from webapp.models import Query, Sheet
from webapp.policy import Actor
from webapp.queries.versions import form_of
from webapp.services import events, moves, notices, texts
from webapp.services.reading import note_read
from webapp.services.sheets import locked
from webapp.vocabulary import QueryReason, QueryState

_OPEN_TO_QUERIES = frozenset({SheetState.SUBMITTED, SheetState.CHANGES_REQUESTED})


def begin_reading(sheet_id: UUID, *, actor: Actor, at: datetime) -> Sheet:
    """The federation opens a sent sheet to read it: from now on the centre can't take it back."""
    sheet = locked(sheet_id)
    if sheet.state is SheetState.SUBMITTED and sheet.read_at is None:
        _mark_read(sheet, actor=actor, at=at)
    db.session.commit()
    return sheet


def mark_read(sheet_id: UUID, *, actor: Actor, at: datetime, seen: UUID | None = None) -> Sheet:
    """The actor has read what was sent, and has nothing to say yet. seen: the snapshot that the page showed.

    It doesn't keep the centre from taking the sheet back. Raises Refused (French).
    """
    sheet = locked(sheet_id)
    if seen is not None and seen != sheet.current_snapshot_id:
        raise Refused("Le centre a renvoyé cette fiche entre-temps\u00a0: relisez-la d’abord.")
    note_read(sheet, user_id=actor.user_id, at=at)
    db.session.commit()
    return sheet


def _mark_read(sheet: Sheet, *, actor: Actor, at: datetime) -> None:
    note_read(sheet, user_id=actor.user_id, at=at)
    if sheet.read_at is None:
        sheet.read_at = at
        _record(sheet, "sheet.read", actor=actor, at=at, data={})


def ask(
    sheet_id: UUID,
    question: str,
    *,
    reason: QueryReason,
    text: str,
    actor: Actor,
    at: datetime,
    deadline: date | None = None,
    proposed: str | None = None,
) -> Query:
    """Ask about one question of a sent sheet. Raises Refused (French) with its place.

    The query is prepared and leaves with the sheet; where the sheet is at the centre already, it leaves at once.
    deadline: the last day for the reply, French time; without one the campaign says how long. proposed: another
    wording of an answer in prose; the same as what was sent is none.
    """
    sheet = locked(sheet_id)
    version = _askable(sheet, question)
    query = Query(
        sheet_id=sheet.id,
        question=question,
        reason=reason,
        text=texts.said(text, "Écrivez ce que vous demandez au centre."),
        created_at=at,
        created_by=actor.user_id,
        deadline=_still_to_come(deadline, at),
    )
    _propose(query, sheet, version, proposed)
    db.session.add(query)
    db.session.flush()
    _mark_read(sheet, actor=actor, at=at)
    data = {"question": question, "reason": reason.value, "text": query.text, "query": str(query.id)}
    _record(sheet, "query.asked", actor=actor, at=at, data=data)
    _leave_at_once(query, sheet, at=at)
    db.session.commit()
    return query


def _leave_at_once(query: Query, sheet: Sheet, *, at: datetime) -> None:
    if sheet.state is SheetState.CHANGES_REQUESTED:
        moves.leave(query, sheet, at=at)
        db.session.flush()
        notices.asked_later(sheet, query, at=at)


def _askable(sheet: Sheet, question: str) -> FormVersion:
    """The form of a sheet of which that question may be asked about."""
    version = form_of(sheet.form_version)
    if sheet.state not in _OPEN_TO_QUERIES:
        raise Refused("Rouvrez d’abord la fiche\u00a0: on ne demande de compléments que sur une fiche envoyée.")
    if question not in version or not version.question(question).typed:
        raise Refused("Choisissez une question de la fiche.", question=question)
    return version


def _still_to_come(deadline: date | None, at: datetime) -> date | None:
    if deadline is not None and deadline < at.astimezone(PARIS).date():
        raise Refused("Choisissez un jour à venir.", question="deadline")
    return deadline


def _propose(query: Query, sheet: Sheet, version: FormVersion, proposed: str | None) -> None:
    """Keep another wording, as the question's kind would keep it, with the wording that the reviewer read."""
    kind = version.question(query.question).kind
    if proposed is None or not proposed.strip() or sheet.current_snapshot is None:
        return
    if not kind.reworded:
        raise Refused("On ne propose de rédaction que pour un texte.", question="proposed")
    try:
        worded = kind.parse([proposed.replace("\r\n", "\n")])
    except Refused as refused:
        raise Refused(refused.message, question="proposed") from None
    sent = sheet.current_snapshot.answers.get(query.question, "")
    if worded and worded != sent:
        query.proposed, query.proposed_from = worded, sent


def reply(query_id: UUID, *, text: str, actor: Actor, at: datetime) -> Query:
    """The centre replies in words; the answer itself is changed in the sheet."""
    query, sheet = held(query_id)
    refuse_unless_answerable(query, sheet)
    said = texts.said(text, "Écrivez votre réponse à la fédération.")
    moves.answer(query, sheet, said, actor_id=actor.user_id, at=at)
    sheet.updated_at, sheet.updated_by = at, actor.user_id
    db.session.commit()
    return query


def refuse_unless_answerable(query: Query, sheet: Sheet) -> None:
    """Raises Refused where the query is over, or the sheet is not at the centre."""
    if query.state is QueryState.CLOSED:
        raise Refused("Cette demande est fermée.")
    if sheet.state is not SheetState.CHANGES_REQUESTED:
        raise Refused("Cette fiche n’est pas à corriger en ce moment.")


def close(query_id: UUID, *, actor: Actor, at: datetime) -> Query:
    """The federation is satisfied, or no longer asks; what has not left yet is withdrawn and never leaves."""
    query, sheet = held(query_id)
    if query.state is not QueryState.CLOSED:
        query.state, query.closed_at, query.closed_by = QueryState.CLOSED, at, actor.user_id
        kind = "query.withdrawn" if query.withdrawn else "query.closed"
        _record(sheet, kind, actor=actor, at=at, data={"question": query.question, "query": str(query.id)})
        db.session.commit()
    return query


def held(query_id: UUID) -> tuple[Query, Sheet]:
    """A query and its sheet, which is held until the commit. Raises NoResultFound."""
    sheet = locked(db.session.execute(sa.select(Query.sheet_id).where(Query.id == query_id)).scalar_one())
    return db.session.get_one(Query, query_id, populate_existing=True), sheet


def _record(sheet: Sheet, kind: str, *, actor: Actor, at: datetime, data: dict[str, str]) -> None:
    events.record(kind, at=at, actor_id=actor.user_id, federation_id=sheet.federation_id, sheet_id=sheet.id, data=data)
