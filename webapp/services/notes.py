"""Private notes of the federation on a sheet; the journal says that there is one, never what it says."""

from datetime import datetime
from uuid import UUID

from forms.values import Refused, clean_text
from webapp.database import db
from webapp.models import Note, Sheet
from webapp.policy import Actor
from webapp.services import events
from webapp.services.sheets import locked

LONGEST = 4_000
"""Characters of a note."""


def write(sheet_id: UUID, *, text: str, actor: Actor, at: datetime) -> Note:
    """Write a note. Raises Refused with its place."""
    if actor.user_id is None:
        raise ValueError("a note is somebody's")
    sheet = locked(sheet_id)
    note = Note(sheet_id=sheet.id, author_id=actor.user_id, text=_said(text), created_at=at)
    db.session.add(note)
    db.session.flush()
    _record("note.written", sheet, note, actor=actor, at=at)
    db.session.commit()
    return note


def change(note_id: UUID, *, text: str, actor: Actor, at: datetime) -> Note:
    """Write one's note anew. Raises Refused with its place; that it is one's own the caller has seen."""
    note, sheet = _held(note_id)
    said = _said(text)
    if note.deleted_at is not None:
        raise Refused("Cette note a été supprimée.", question="note")
    if said != note.text:
        note.text, note.edited_at = said, at
        _record("note.changed", sheet, note, actor=actor, at=at)
        db.session.commit()
    return note


def delete(note_id: UUID, *, actor: Actor, at: datetime) -> Note:
    """Take a note's words away for ever; that there was one stays in the journal."""
    note, sheet = _held(note_id)
    if note.deleted_at is None:
        note.text, note.deleted_at = "", at
        _record("note.deleted", sheet, note, actor=actor, at=at)
        db.session.commit()
    return note


def _held(note_id: UUID) -> tuple[Note, Sheet]:
    sheet = locked(db.session.get_one(Note, note_id).sheet_id)
    return db.session.get_one(Note, note_id, populate_existing=True), sheet


def _said(text: str) -> str:
    said = clean_text(text).strip()
    if not said:
        raise Refused("Écrivez la note.", question="note")
    if len(said) > LONGEST:
        raise Refused(f"Raccourcissez cette note\u00a0: {LONGEST} caractères au plus.", question="note")
    return said


def _record(kind: str, sheet: Sheet, note: Note, *, actor: Actor, at: datetime) -> None:
    data = {"note": str(note.id)}
    events.record(kind, at=at, actor_id=actor.user_id, federation_id=sheet.federation_id, sheet_id=sheet.id, data=data)
