"""Passages that a reader picks: taken as they stand in what was sent, annotated, shared, let go."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused, clean_text
from webapp.database import db
from webapp.models import Quote, ReportRunSheet
from webapp.passages import passage
from webapp.policy import Actor
from webapp.queries.quotes import quotable
from webapp.queries.versions import form_of
from webapp.services import events
from webapp.vocabulary import RoleName

LONGEST = 2_000
"""Characters of a passage: more is no quote but the sheet itself."""
LONGEST_NOTE = 1_000


def pick(
    line: ReportRunSheet, question: str, *, text: str, note: str, shared: bool, actor: Actor, at: datetime
) -> Quote:
    """Keep a passage of that sheet of that report. One commit. Raises Refused (French) with its place.

    text: what was selected; it is kept as it stands in the answer. shared: the federation may use it; what the
    federation's own people pick is the federation's anyhow.
    """
    if actor.user_id is None:
        raise ValueError("a quote is somebody's")
    run, snapshot = line.report_run, line.snapshot
    funder_id = _funder_of(line, actor)
    quote = Quote(
        federation_id=run.federation_id,
        report_run_id=run.id,
        sheet_id=snapshot.sheet_id,
        snapshot_id=snapshot.id,
        funder_id=funder_id,
        question=question,
        text=_said_there(line, question, text),
        note=_noted(note),
        shared=shared or funder_id is None,
        created_at=at,
        created_by=actor.user_id,
    )
    db.session.add(quote)
    db.session.flush()
    if quote.shared:
        _record("quote.shared", quote, at=at)
    db.session.commit()
    return quote


def _funder_of(line: ReportRunSheet, actor: Actor) -> UUID | None:
    """The funder for whom the actor reads that report; None for those of the federation."""
    addressed = {one.funder_id for one in line.report_run.addressed}
    mine = [held.funder_id for held in actor.roles if held.role is RoleName.FUNDER and held.funder_id in addressed]
    return mine[0] if mine else None


def _said_there(line: ReportRunSheet, question: str, text: str) -> str:
    item = quotable(form_of(line.snapshot.form_version), line.snapshot.answers).get(question)
    if item is None:
        raise Refused("On ne peut citer que les réponses écrites de cette fiche.", question="text")
    wanted = clean_text(text)
    if not wanted.strip():
        raise Refused("Choisissez un paragraphe, ou collez le passage à citer.", question="text")
    found = passage(item.text, wanted)
    if found is None:
        raise Refused(
            "Ce passage n’est pas dans la réponse\u00a0: recopiez-le tel quel, sans rien changer.", question="text"
        )
    if len(found) > LONGEST:
        raise Refused(f"Choisissez un passage plus court\u00a0: {LONGEST} caractères au plus.", question="text")
    return found


def change(quote_id: UUID, *, note: str, shared: bool, at: datetime) -> Quote:
    """Write one's note anew, share or take back. One commit; that it is one's own the caller has seen. Raises Refused.

    What the federation's own people picked stays the federation's.
    """
    quote = _held(quote_id)
    said, shared = _noted(note), shared or quote.funder_id is None
    if said != quote.note:
        quote.note, quote.edited_at = said, at
    if shared != quote.shared:
        quote.shared = shared
        _record("quote.shared" if shared else "quote.taken_back", quote, at=at)
    db.session.commit()
    return quote


def delete(quote_id: UUID, *, at: datetime) -> None:
    """Let a quote go; of one that was shared the journal says that it is no longer there. One commit."""
    quote = _held(quote_id)
    if quote.shared:
        _record("quote.taken_back", quote, at=at)
    db.session.delete(quote)
    db.session.commit()


def _held(quote_id: UUID) -> Quote:
    return db.session.execute(sa.select(Quote).where(Quote.id == quote_id).with_for_update()).scalar_one()


def _noted(note: str) -> str:
    said = clean_text(note).strip()
    if len(said) > LONGEST_NOTE:
        raise Refused(f"Raccourcissez cette note\u00a0: {LONGEST_NOTE} caractères au plus.", question="note")
    return said


def _record(kind: str, quote: Quote, *, at: datetime) -> None:
    """Only what a funder's people let the federation have is told: the rest is nobody's business."""
    if quote.funder_id is not None:
        told = {"federation_id": quote.federation_id, "sheet_id": quote.sheet_id}
        data = {"quote": str(quote.id), "question": quote.question}
        events.record(kind, at=at, actor_id=quote.created_by, data=data, **told)
