"""The same act on many sheets: prepared, confirmed, then done line by line in the background."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from forms.values import Refused
from webapp import policy
from webapp.database import db
from webapp.models import BulkItem, BulkRun, Sheet
from webapp.policy import Act, Actor, Denied
from webapp.policy_words import reason_of
from webapp.queries import accounts
from webapp.queries import bulk as queries
from webapp.queries.bulk import Facts
from webapp.queries.things import thing_of
from webapp.services import jobs, sheets
from webapp.services.bulk_acts import ACTS, BulkAct, Work
from webapp.vocabulary import BulkState

JOB = "bulk"
MOST = 1_000
"""Sheets in one run."""

NONE = "Cochez au moins une fiche."
CHANGED = "Cette fiche a changé depuis votre récapitulatif"
UNKNOWN = "Cette fiche ne vous est plus ouverte"
UNEXPECTED = "Une erreur inattendue a empêché ce changement"

log = structlog.get_logger()


def prepare(
    act: BulkAct, ids: Collection[UUID], *, actor: Actor, at: datetime, arguments: Mapping[str, Any] | None = None
) -> BulkRun:
    """Write down which sheets are chosen, as they are now, and which of them can't have that act. One commit.

    Sheets that the actor doesn't see are left out. Nothing is done to any sheet.
    """
    policy.require(actor, act.right)
    if len(ids) > MOST:
        raise Refused(f"Choisissez {MOST} fiches au plus à la fois\u00a0: filtrez la liste.", question="sheets")
    found = queries.chosen(actor, ids)
    if not found or actor.user_id is None:
        raise Refused(NONE, question="sheets")
    if len({sheet.federation_id for sheet in found}) > 1:
        raise Refused("Choisissez les fiches d’une seule fédération.", question="sheets")
    departments = {sheet.centre.department for sheet in found}
    place = policy.Thing(federation_id=found[0].federation_id, departments=departments)
    policy.require(actor, Act.REVIEW_BULK, place)
    run = BulkRun(
        federation_id=found[0].federation_id,
        act=act.name,
        arguments=dict(arguments or {}),
        requested_by=actor.user_id,
        created_at=at,
    )
    db.session.add(run)
    db.session.flush()
    facts = queries.facts(found, at=at)
    for position, sheet in enumerate(found, start=1):
        db.session.add(_line(run, sheet, position, _why_not(act, sheet, facts, actor)))
    db.session.commit()
    return run


def _line(run: BulkRun, sheet: Sheet, position: int, why_not: str) -> BulkItem:
    return BulkItem(
        bulk_run_id=run.id,
        sheet_id=sheet.id,
        position=position,
        snapshot_id=sheet.current_snapshot_id,
        sheet_state=sheet.state,
        state=BulkState.REFUSED if why_not else BulkState.WAITING,
        message=why_not,
    )


def _why_not(act: BulkAct, sheet: Sheet, facts: Facts, actor: Actor) -> str:
    why_not = act.check(sheet, facts)
    decision = policy.decide(actor, act.right, thing_of(sheet))
    return why_not or ("" if decision.allowed else reason_of(decision) or UNKNOWN)


def confirm(run_id: UUID, *, typed: Mapping[str, str], actor: Actor, at: datetime) -> BulkRun:
    """Let the worker begin; confirmed twice it begins once. One commit. Raises Refused with the field."""
    held = sa.select(BulkRun).where(BulkRun.id == run_id).with_for_update().execution_options(populate_existing=True)
    run = db.session.execute(held).scalar_one()
    if run.confirmed_at is not None:
        return run
    act = ACTS[run.act]
    policy.require(actor, act.right)
    arguments = act.read(typed)
    if arguments.get("question") and arguments["question"] not in queries.questions(run):
        raise Refused("Choisissez une question de ces fiches.", question="question")
    if arguments.get("person") and arguments["person"] not in {
        str(one.id) for one in queries.readers(run.federation_id)
    }:
        raise Refused("Choisissez une personne qui relit pour votre fédération.", question="person")
    waiting = queries.waiting_items(run.id)
    if not waiting:
        raise Refused(act.impossible(len(run.items)))
    job = jobs.ask(JOB, {"run": str(run.id)}, owner_id=actor.user_id, federation_id=run.federation_id, at=at)
    job.total = len(waiting)
    run.arguments, run.job_id = arguments, job.id
    run.confirmed_at, run.confirmed_by = at, actor.user_id
    db.session.commit()
    return run


def again(run_id: UUID, *, actor: Actor, at: datetime) -> BulkRun:
    """Prepare anew what could not be done, as it is now: its own recap, its own word. Raises Refused."""
    run = db.session.get_one(BulkRun, run_id)
    left = db.session.scalars(
        sa.select(BulkItem.sheet_id)
        .where(BulkItem.bulk_run_id == run_id, BulkItem.state.in_((BulkState.FAILED, BulkState.REFUSED)))
        .order_by(BulkItem.position)
    ).all()
    return prepare(ACTS[run.act], left, actor=actor, at=at, arguments=run.arguments)


def on_the_same(run_id: UUID, act: BulkAct, *, actor: Actor, at: datetime) -> BulkRun:
    """Prepare another act on the sheets where this one was done. Raises Refused."""
    done = db.session.scalars(
        sa.select(BulkItem.sheet_id)
        .where(BulkItem.bulk_run_id == run_id, BulkItem.state == BulkState.DONE)
        .order_by(BulkItem.position)
    ).all()
    return prepare(act, done, actor=actor, at=at)


@jobs.handles(JOB)
def carry_out(running: jobs.Running) -> dict[str, Any]:
    """Do the lines that wait, each on its own; called again it goes on where it stopped, and does nothing twice."""
    run = db.session.get_one(BulkRun, UUID(running.arguments["run"]))
    run_id, act, arguments = run.id, ACTS[run.act], dict(run.arguments)
    user = accounts.by_id(run.confirmed_by) if run.confirmed_by else None
    if user is None or not user.active:
        raise Refused("Le compte de la personne qui a lancé ce travail est fermé.")
    actor = accounts.actor_of(user)
    waiting, before = queries.waiting_items(run_id), queries.handled(run_id)
    total = before + len(waiting)
    for number, item_id in enumerate(waiting):
        running.progress(act.label, before + number, total)
        _do(item_id, act, arguments, actor=actor, at=running.clock())
    running.progress(act.label, total, total)
    return {"run": str(run_id), "lines": total}


def _do(item_id: UUID, act: BulkAct, arguments: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """One line. What it says is committed with the act itself, so that neither is ever there without the other."""
    try:
        item = _taken(item_id)
        if item is None:
            return
        item.state, item.done_at = BulkState.DONE, at
        sheet = sheets.locked(item.sheet_id)
        if (sheet.state, sheet.current_snapshot_id) != (item.sheet_state, item.snapshot_id):
            raise Refused(CHANGED)
        policy.require(actor, act.right, thing_of(sheet))
        act.do(Work(item, sheet, arguments, actor, at))
    except Refused as refused:
        _leave(item_id, BulkState.REFUSED, refused.message, at=at)
    except Denied as denied:
        _leave(item_id, BulkState.REFUSED, reason_of(denied.decision) or UNKNOWN, at=at)
    except Exception as failure:
        if isinstance(failure, SQLAlchemyError) and not isinstance(failure, IntegrityError):
            # The database is away: the whole job is tried again, the line waits.
            raise
        log.exception("bulk_line_failed", item=str(item_id), act=act.name)
        _leave(item_id, BulkState.FAILED, UNEXPECTED, at=at)


def _taken(item_id: UUID) -> BulkItem | None:
    """The line, held until the commit; None where another worker has come to it."""
    held = sa.select(BulkItem).where(BulkItem.id == item_id).with_for_update().execution_options(populate_existing=True)
    item = db.session.execute(held).scalar_one()
    if item.state is BulkState.WAITING:
        return item
    db.session.rollback()
    return None


def _leave(item_id: UUID, state: BulkState, message: str, *, at: datetime) -> None:
    """Say why a line was not done; what the act had begun is taken back. One commit."""
    db.session.rollback()
    db.session.execute(
        sa.update(BulkItem)
        .where(BulkItem.id == item_id, BulkItem.state == BulkState.WAITING)
        .values(state=state, message=message, done_at=at)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
