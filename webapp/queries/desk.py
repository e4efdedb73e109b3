"""Notes and labels as the federation's pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only

from webapp.database import db
from webapp.models import Label, Note, Sheet, SheetLabel
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of

_PLACED = joinedload(Note.sheet).options(load_only(Sheet.id, Sheet.state, Sheet.federation_id))


def notes_on(sheet_id: UUID) -> Sequence[Note]:
    """The notes on that sheet that nobody has deleted, latest first."""
    return db.session.scalars(
        sa.select(Note)
        .where(Note.sheet_id == sheet_id, Note.deleted_at.is_(None))
        .options(joinedload(Note.author))
        .order_by(Note.created_at.desc(), Note.id)
    ).all()


def note(sheet_id: UUID, note_id: UUID) -> Note | None:
    """That note of that sheet, or None."""
    return db.session.scalar(sa.select(Note).where(Note.id == note_id, Note.sheet_id == sheet_id).options(_PLACED))


def labels_on(sheet_ids: Sequence[UUID]) -> dict[UUID, list[Label]]:
    """The labels that these sheets carry, by name; sheets without one are left out."""
    found: dict[UUID, list[Label]] = {}
    rows = db.session.execute(
        sa.select(SheetLabel.sheet_id, Label)
        .join(Label, Label.id == SheetLabel.label_id)
        .where(SheetLabel.sheet_id.in_(sheet_ids))
        .order_by(Label.folded, Label.id)
    )
    for sheet_id, label in rows:
        found.setdefault(sheet_id, []).append(label)
    return found


def labels_of(federation_id: UUID) -> Sequence[Label]:
    """The labels of a federation, by name."""
    return db.session.scalars(
        sa.select(Label).where(Label.federation_id == federation_id).order_by(Label.folded, Label.id)
    ).all()


def label(label_id: UUID) -> Label | None:
    """That label, or None."""
    return db.session.get(Label, label_id)


def choices(actor: Actor) -> tuple[tuple[str, str], ...]:
    """The labels by which the actor's list can be narrowed: (id, name)."""
    # Labels are the whole federation's, as its campaigns are: whoever reads in a part of it knows them.
    mine = scope_of(actor, Act.CAMPAIGN_READ, Label)
    rows = db.session.execute(sa.select(Label.id, Label.name).where(mine).order_by(Label.folded, Label.id))
    return tuple((str(row.id), row.name) for row in rows)


def carrying(label_id: UUID) -> sa.ColumnElement[bool]:
    """A WHERE for the sheets that carry that label."""
    return sa.exists().where(SheetLabel.sheet_id == Sheet.id, SheetLabel.label_id == label_id)


@dataclass(frozen=True)
class LabelLine:
    """A label of the list and how many sheets carry it."""

    label: Label
    count: int


def managed(actor: Actor) -> list[LabelLine]:
    """The labels that the actor keeps, each with its federation, by name."""
    carried = sa.select(sa.func.count()).where(SheetLabel.label_id == Label.id).correlate(Label).scalar_subquery()
    rows = db.session.execute(
        sa.select(Label, carried)
        .where(scope_of(actor, Act.LABEL_MANAGE, Label))
        .options(joinedload(Label.federation))
        .order_by(Label.folded, Label.id)
    )
    return [LabelLine(label, count) for label, count in rows]
