"""The reading page: a sheet as it was sent, with all that helps to judge it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.document import AnswerStatus, Document, ReadItem
from forms.lifecycle import Audience, SheetState, label
from forms.values import Refused
from webapp.blueprints.review.comparing import beside_earlier, since_before
from webapp.blueprints.review.desk import desk_of
from webapp.blueprints.review.frame import Typed, back, blueprint, readable, seen
from webapp.blueprints.review.way import way_of
from webapp.clock import now
from webapp.database import db
from webapp.doubt_words import confirmed_by
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.history_words import entries
from webapp.models import Event, Query, Sheet, Snapshot, User
from webapp.policy import ACT_OF_MOVE, Act
from webapp.queries import doubts, people, phone, reading, sheets, sign_offs
from webapp.queries import review as queries
from webapp.queries.openings import is_limited
from webapp.queries.report_sheets import document_of
from webapp.queries.versions import form_of
from webapp.query_words import REASONS, state_of
from webapp.services import review as services
from webapp.services.assignment import assign
from webapp.services.moves import NOBODY
from webapp.services.notices import CENTRE as AT_CENTRE
from webapp.vocabulary import QueryState, Sharing

FIRST_READ = ("summary", "participants_count", "volunteers_count", "staff_count", "sessions_count", "people")
"""What a reviewer wants to know before reading on: the gist and the figures."""

SHARED_WITH: dict[Sharing, str] = {
    Sharing.FUNDERS: "Le centre la montre aux financeurs seulement",
    Sharing.NETWORK: "Le centre la montre aux financeurs et au réseau",
    Sharing.PUBLIC: "Le centre accepte qu’elle paraisse au catalogue public",
}


@blueprint.get("/<uuid:id>")
@needs(Act.REVIEW_READ)
def show(id: UUID) -> str:
    """The reading page."""
    return _page(readable(id))


@blueprint.post("/<uuid:id>/lu")
@needs(Act.REVIEW_READ)
def mark_read(id: UUID) -> ResponseReturnValue:
    """« J’ai lu »: from now on what changes after this sending can be told apart."""
    sheet = refuse_unless(Act.REVIEW_READ, sheets.find(id))
    was = sheet.state
    try:
        services.mark_read(id, actor=current_actor(), at=now(), seen=seen())
    except Refused as refused:
        return again(id, was, Typed("decisions", refused.message), seen=seen())
    flash("C’est noté\u00a0: au prochain envoi, vous pourrez ne lire que ce qui aura changé.", "success")
    return back(id, "fiches")


@blueprint.post("/<uuid:id>/attribuer")
@needs(Act.REVIEW_ASSIGN)
def give(id: UUID) -> ResponseReturnValue:
    """Give the sheet to oneself, to a colleague, to nobody."""
    sheet = refuse_unless(Act.REVIEW_ASSIGN, sheets.find(id))
    was, chosen = sheet.state, request.form.get("reader", "")
    try:
        assign(id, _person(chosen), actor=current_actor(), at=now())
    except Refused as refused:
        return again(id, was, Typed("reader", refused.message, {"reader": chosen}))
    flash("La fiche est attribuée." if chosen else "La fiche n’est plus attribuée.", "success")
    return back(id, "lecteur") if was is not SheetState.DRAFT else redirect(url_for("review.index"), 303)


def _person(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        abort(400)


def again(id: UUID, was: SheetState, typed: Typed, *, seen: UUID | None = None) -> ResponseReturnValue:
    """The reading page with the refusal in its place; a sheet that has moved on meanwhile answers 409."""
    db.session.rollback()
    sheet = readable(id)
    if sheet.state is not was or (seen is not None and seen != sheet.current_snapshot_id):
        abort(409, description=typed.message)
    return _page(sheet, typed), 422


def _page(sheet: Sheet, typed: Typed | None = None) -> str:
    snapshot = sheet.current_snapshot
    if snapshot is None:
        abort(404)
    document = document_of(snapshot)
    history = queries.history(sheet.id)
    return render_template(
        "pages/review/show.html",
        sheet=sheet,
        snapshot=snapshot,
        state_text=label(sheet.state, Audience.FEDERATION),
        document=document,
        first=_first(document),
        unanswered=[item for item in _items(document) if item.status is AnswerStatus.NOT_ANSWERED],
        passed=_passed(snapshot),
        typed_by_phone=phone.confirmed(sheet.id),
        signature=sign_offs.signed(sheet.id, snapshot.sha256),
        **since_before(snapshot, document),
        **beside_earlier(sheet, document),
        **_around(sheet, snapshot),
        **_asked(sheet, document),
        **desk_of(sheet),
        reopened=sheets.reopened([sheet.id]).get(sheet.id),
        nobody="" if people.of_centre(sheet.centre_id, AT_CENTRE) else NOBODY,
        reasons=[(reason.value, words) for reason, words in REASONS.items()],
        reason_words=REASONS,
        state_of=state_of,
        may_ask=can(Act.QUERY_ASK, sheet),
        may_close=can(Act.QUERY_CLOSE, sheet),
        moves={move.value for move in ACT_OF_MOVE if can(ACT_OF_MOVE[move], sheet)},
        shared_with=_shared_with(sheet, history),
        history=entries(history, form_of(sheet.form_version)),
        typed=typed or Typed(),
        short=lambda question: _short(sheet, question),
        file_url=lambda file_id: url_for("sheets.file", id=sheet.id, file_id=file_id),
    )


def _asked(sheet: Sheet, document: Document) -> dict[str, Any]:
    """What the federation has asked: beside its question, or elsewhere where the sheet sent no longer asks it."""
    asked = sheets.queries_on(sheet.id)
    shown = {item.question.id for item in _items(document) if item.status is not AnswerStatus.NOT_ASKED}
    return {
        "limited": is_limited(sheet),
        "reworded": {
            item.question.id: item.text
            for item in _items(document)
            if item.question.kind.reworded and item.status is AnswerStatus.ANSWERED
        },
        "queries": asked,
        "by_question": _by_question(asked, shown),
        "elsewhere": [query for query in asked if query.question not in shown],
        "open_count": sum(query.state is QueryState.OPEN for query in asked),
        "answered_count": sum(query.state is QueryState.ANSWERED for query in asked),
    }


def _passed(snapshot: Snapshot) -> list[dict[str, Any]]:
    """What looked odd and the centre confirmed when it sent this, each with who and when in words."""
    names = doubts.names(snapshot.passed_checks)
    return [{**one, "said_by": confirmed_by(one, names)} for one in snapshot.passed_checks]


def _around(sheet: Sheet, snapshot: Snapshot) -> dict[str, Any]:
    """Where the sheet stands in the list from which one came, who reads it, and when one has said to have read it."""
    actor, way = current_actor(), way_of(current_actor())
    others = queries.readers(actor, sheet.centre) if can(Act.REVIEW_ASSIGN, sheet) else []
    return {
        "queue": queries.queue(actor, sheet, way.wanted, way.state),
        "list_url": url_for("review.index", **way.along),
        "narrowed": bool(way.along),
        "reader": sheet.reader,
        "is_mine": sheet.assigned_to is not None and sheet.assigned_to == actor.user_id,
        "readers": [(str(one.id), _named(one, actor.user_id)) for one in others],
        "me": next((one.id for one in others if one.id == actor.user_id), None),
        "read_at": reading.read_at(snapshot, actor.user_id),
    }


def _named(person: User, me: UUID | None) -> str:
    return f"{person.full_name or person.email}{' (moi)' if person.id == me else ''}"


def _shared_with(sheet: Sheet, history: Sequence[Event]) -> str:
    """How far the sheet is shown, and who said so: of one taken over from an archive the centre has said nothing."""
    kinds = {event.kind for event in history}
    if "sheet.imported" in kinds and "sheet.send" not in kinds:
        return "Reprise du catalogue public"
    return SHARED_WITH[sheet.sharing]


def _items(document: Document) -> list[ReadItem]:
    return [item for section in document.sections for item in section.items]


def _first(document: Document) -> list[ReadItem]:
    items = {item.question.id: item for item in _items(document)}
    return [items[id_] for id_ in FIRST_READ if id_ in items and items[id_].status is AnswerStatus.ANSWERED]


def _by_question(asked: Any, shown: set[str]) -> dict[str, list[Query]]:
    found: dict[str, list[Query]] = {}
    for query in asked:
        if query.question in shown:
            found.setdefault(query.question, []).append(query)
    return found


def _short(sheet: Sheet, question: str) -> str:
    version = form_of(sheet.form_version)
    return version.question(question).short_label if question in version else question
