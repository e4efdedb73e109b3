"""Labels: the federation's list, and which sheets carry which."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from forms.french import fold
from forms.values import Refused, clean_text
from webapp.database import db
from webapp.models import Federation, Label, Sheet, SheetLabel
from webapp.policy import Actor
from webapp.services import events
from webapp.services.sheets import locked
from webapp.vocabulary import LabelTone

LONGEST, MOST = 40, 40
"""Characters of a label, and labels of a federation: more would be a list that nobody reads."""


def make(federation: Federation, *, name: str, tone: str, actor_id: UUID | None, at: datetime) -> Label:
    """A new label. Raises Refused with its place, IntegrityError where the name is taken."""
    count = sa.select(sa.func.count()).select_from(Label).where(Label.federation_id == federation.id)
    if (db.session.scalar(count) or 0) >= MOST:
        raise Refused(f"Retirez d’abord une étiquette\u00a0: {MOST} au plus.", question="name")
    label = Label(federation_id=federation.id, name=_name(name), tone=_tone(tone), created_at=at)
    db.session.add(label)
    db.session.flush()
    _record("label.made", label, actor_id=actor_id, at=at)
    db.session.commit()
    return label


def change(label_id: UUID, *, name: str, tone: str, actor_id: UUID | None, at: datetime) -> Label:
    """Another name or tone, on every sheet that carries it. Raises Refused, IntegrityError."""
    label = db.session.get_one(Label, label_id)
    label.name, label.tone = _name(name), _tone(tone)
    db.session.flush()
    _record("label.changed", label, actor_id=actor_id, at=at)
    db.session.commit()
    return label


def remove(label_id: UUID, *, actor_id: UUID | None, at: datetime) -> None:
    """Take a label off the list and off every sheet."""
    label = db.session.get_one(Label, label_id)
    _record("label.removed", label, actor_id=actor_id, at=at)
    db.session.delete(label)
    db.session.commit()


def put(sheet_id: UUID, label_id: UUID | None, *, actor: Actor, at: datetime) -> Sheet:
    """Put a label of its federation on a sheet; twice is once. Raises Refused with its place."""
    sheet = locked(sheet_id)
    label = db.session.get(Label, label_id) if label_id is not None else None
    if label is None or label.federation_id != sheet.federation_id:
        raise Refused("Choisissez une étiquette dans la liste.", question="label")
    if db.session.get(SheetLabel, (sheet.id, label.id)) is None:
        db.session.add(SheetLabel(sheet_id=sheet.id, label_id=label.id, put_at=at, put_by=actor.user_id))
        db.session.flush()
        _record("label.put", label, actor_id=actor.user_id, at=at, sheet_id=sheet.id)
        db.session.commit()
    return sheet


def take_off(sheet_id: UUID, label_id: UUID, *, actor: Actor, at: datetime) -> Sheet:
    """Take a label off a sheet; one that it does not carry is off already."""
    sheet = locked(sheet_id)
    carried = db.session.get(SheetLabel, (sheet.id, label_id))
    if carried is not None:
        label = db.session.get_one(Label, label_id)
        db.session.delete(carried)
        _record("label.taken", label, actor_id=actor.user_id, at=at, sheet_id=sheet.id)
        db.session.commit()
    return sheet


def _name(text: str) -> str:
    name = " ".join(clean_text(text).split())
    if not fold(name):
        raise Refused("Indiquez le nom de l’étiquette.", question="name")
    if len(name) > LONGEST:
        raise Refused(f"Raccourcissez ce nom\u00a0: {LONGEST} caractères au plus.", question="name")
    return name


def _tone(code: str) -> LabelTone:
    if code not in set(LabelTone):
        raise Refused("Choisissez une couleur dans la liste.", question="tone")
    return LabelTone(code)


def _record(kind: str, label: Label, *, actor_id: UUID | None, at: datetime, sheet_id: UUID | None = None) -> None:
    data = {"label": str(label.id), "name": label.name}
    events.record(kind, at=at, actor_id=actor_id, federation_id=label.federation_id, sheet_id=sheet_id, data=data)
