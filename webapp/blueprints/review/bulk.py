"""Many sheets at once: choose them in the list, read what will happen, confirm, read what has happened."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.lifecycle import Audience, Move, label
from forms.values import Refused
from webapp.blueprints.review.frame import Typed, blueprint, same_list
from webapp.blueprints.review.way import way_of
from webapp.clock import now
from webapp.database import db
from webapp.guard import current_actor, needs, refuse_unless
from webapp.job_words import GOING_ON
from webapp.models import BulkRun
from webapp.policy import Act
from webapp.queries import bulk as queries
from webapp.queries import following, review
from webapp.query_words import REASONS
from webapp.services import bulk
from webapp.services.bulk_acts import ACTS, BulkAct
from webapp.services.sheet_reminders import REMINDED
from webapp.vocabulary import BulkState

THEN = {"ask": "ask_changes"}
"""After an act, the one that most often follows on the same sheets."""


@blueprint.post("/lots")
@needs(Act.REVIEW_BULK)
def prepare() -> ResponseReturnValue:
    """Go from the list to the recap of what was chosen there; nothing is done yet."""
    try:
        run = bulk.prepare(_act(request.form.get("act", "")), _chosen(), actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        flash(refused.message, "error")
        return redirect(same_list("review.index"), 303)
    return redirect(url_for("review.lot", id=run.id), 303)


def _act(name: str) -> BulkAct:
    if name not in ACTS:
        raise Refused("Choisissez ce qu’il faut faire des fiches choisies.", question="act")
    return ACTS[name]


def _chosen() -> list[UUID]:
    """The sheets that the form speaks of: those ticked, those of the page, all those of the list."""
    which = request.form.get("which", "ticked")
    if which in {"every", "page"}:
        way = way_of(current_actor())
        if which == "every":
            return review.every(current_actor(), way.wanted, way.state, most=bulk.MOST + 1)
        page = request.args.get("page", 1, type=int)
        found = review.find(current_actor(), way.wanted, way.state, page=max(1, min(page, 100_000)))
        return [line.sheet.id for line in found.lines]
    try:
        return [UUID(text) for text in request.form.getlist("sheet")]
    except ValueError as error:
        raise Refused(bulk.NONE) from error


@blueprint.get("/lots/<uuid:id>")
@needs(Act.REVIEW_BULK)
def lot(id: UUID) -> str:
    """The recap while nothing is confirmed; then how far it is, and what became of each sheet."""
    run = refuse_unless(Act.REVIEW_BULK, queries.find(id))
    return _recap(run, Typed(words=_words(run.arguments))) if run.confirmed_at is None else _result(run)


@blueprint.post("/lots/<uuid:id>/confirmer")
@needs(Act.REVIEW_BULK)
def confirm_lot(id: UUID) -> ResponseReturnValue:
    """Let it be done; refused, the words stand under the recap again."""
    run = refuse_unless(Act.REVIEW_BULK, queries.find(id))
    typed = {name: request.form.get(name, "") for name in ("question", "reason", "text", "person")}
    try:
        bulk.confirm(run.id, typed=typed, actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        run = refuse_unless(Act.REVIEW_BULK, queries.find(id))
        return _recap(run, Typed(refused.question or "", refused.message, typed)), 422
    return redirect(url_for("review.lot", id=id), 303)


@blueprint.post("/lots/<uuid:id>/<any(recommencer,poursuivre):how>")
@needs(Act.REVIEW_BULK)
def lot_again(id: UUID, how: str) -> ResponseReturnValue:
    """A new recap: of what could not be done, or of the act that follows on what was done."""
    run = refuse_unless(Act.REVIEW_BULK, queries.find(id))
    try:
        if how == "recommencer":
            fresh = bulk.again(run.id, actor=current_actor(), at=now())
        else:
            fresh = bulk.on_the_same(run.id, _act(THEN.get(run.act, "")), actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        flash(refused.message, "error")
        return redirect(url_for("review.lot", id=id), 303)
    return redirect(url_for("review.lot", id=fresh.id), 303)


def _words(arguments: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in arguments.items()}


def _recap(run: BulkRun, typed: Typed) -> str:
    act = ACTS[run.act]
    return render_template(
        "pages/review/bulk_recap.html",
        **_common(run, act),
        typed=typed,
        waiting=[item for item in run.items if item.state is BulkState.WAITING],
        questions=[(id_, question.short_label) for id_, question in queries.questions(run).items()]
        if act.name == "ask"
        else [],
        readers=[(str(one.id), one.full_name or one.email) for one in queries.readers(run.federation_id)]
        if act.name == "assign"
        else [],
        reasons=[(reason.value, words) for reason, words in REASONS.items()],
        left_alone=_left_alone(run) if act.name == "remind" else 0,
        closing_with=queries.answered([item.sheet_id for item in run.items]) if act.name == Move.VALIDATE else {},
    )


def _left_alone(run: BulkRun) -> int:
    """How many centres of a recap are not reminded because their day is still to come."""
    refused = [item.sheet for item in run.items if item.state is BulkState.REFUSED and item.sheet.state in REMINDED]
    return len({centre_id for _campaign_id, centre_id in following.left_alone(refused, at=now())})


def _result(run: BulkRun) -> str:
    counts = Counter(item.state for item in run.items)
    undone = [item for item in run.items if item.state in {BulkState.FAILED, BulkState.REFUSED}]
    missed = sum(item.done_at is not None for item in undone)
    following = ACTS[THEN[run.act]] if run.act in THEN else None
    return render_template(
        "pages/review/bulk_result.html",
        **_common(run, ACTS[run.act]),
        job=run.job,
        busy=run.job is not None and run.job.state in GOING_ON,
        counts={state.value: counts[state] for state in BulkState},
        missed=missed,
        set_aside=len(undone) - missed,
        following=following,
    )


def _common(run: BulkRun, act: BulkAct) -> dict[str, Any]:
    return {
        "run": run,
        "act": act,
        "label": lambda state: label(state, Audience.FEDERATION),
        "changed": {
            item.id
            for item in run.items
            if (item.sheet.state, item.sheet.current_snapshot_id) != (item.sheet_state, item.snapshot_id)
        },
    }
