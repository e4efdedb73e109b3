"""Notes and labels on a sheet, for the federation alone."""

from uuid import UUID

from flask import abort, flash, request
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.review.frame import Typed, back, blueprint
from webapp.blueprints.review.reading import again
from webapp.clock import now
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import Note
from webapp.policy import Act
from webapp.queries import desk, sheets
from webapp.services import labels, notes
from webapp.vocabulary import RoleName


@blueprint.post("/<uuid:id>/notes")
@needs(Act.NOTE_WRITE)
def write_note(id: UUID) -> ResponseReturnValue:
    """Write a note; refused, the words stand there again."""
    sheet = refuse_unless(Act.NOTE_WRITE, sheets.find(id))
    was, text = sheet.state, request.form.get("note", "")
    try:
        notes.write(id, text=text, actor=current_actor(), at=now())
    except Refused as refused:
        return again(id, was, Typed("note", refused.message, {"note": text}))
    flash("La note est enregistrée. Seule la fédération la voit.", "success")
    return back(id, "notes")


@blueprint.post("/<uuid:id>/notes/<uuid:note_id>")
@needs(Act.NOTE_WRITE)
def change_note(id: UUID, note_id: UUID) -> ResponseReturnValue:
    """Write one's own note anew."""
    note = refuse_unless(Act.NOTE_WRITE, desk.note(id, note_id))
    if note.author_id != current_actor().user_id:
        abort(403, description="Seule la personne qui a écrit cette note peut la changer.")
    was, text = note.sheet.state, request.form.get("note", "")
    try:
        notes.change(note_id, text=text, actor=current_actor(), at=now())
    except Refused as refused:
        return again(id, was, Typed(f"note-{note_id}", refused.message, {"note_id": str(note_id), "note": text}))
    flash("La note est à jour.", "success")
    return back(id, "notes")


@blueprint.post("/<uuid:id>/notes/<uuid:note_id>/supprimer")
@needs(Act.NOTE_WRITE)
def delete_note(id: UUID, note_id: UUID) -> ResponseReturnValue:
    """Delete one's own note, or any as an administrator."""
    note = refuse_unless(Act.NOTE_WRITE, desk.note(id, note_id))
    if not _may_delete(note):
        abort(403, description="Seuls son auteur et un administrateur de la fédération peuvent supprimer cette note.")
    notes.delete(note_id, actor=current_actor(), at=now())
    flash("La note est supprimée.", "success")
    return back(id, "notes")


def _may_delete(note: Note) -> bool:
    actor, federation_id = current_actor(), note.sheet.federation_id
    return note.author_id == actor.user_id or any(
        held.role is RoleName.ADMINISTRATOR and held.federation_id == federation_id for held in actor.roles
    )


@blueprint.post("/<uuid:id>/etiquettes")
@needs(Act.LABEL_PUT)
def put_label(id: UUID) -> ResponseReturnValue:
    """Put a label on the sheet."""
    was = refuse_unless(Act.LABEL_PUT, sheets.find(id)).state
    try:
        labels.put(id, _chosen(), actor=current_actor(), at=now())
    except Refused as refused:
        return again(id, was, Typed("label", refused.message))
    return back(id, "etiquettes")


def _chosen() -> UUID | None:
    try:
        return UUID(request.form.get("label", ""))
    except ValueError:
        return None


@blueprint.post("/<uuid:id>/etiquettes/<uuid:label_id>/retirer")
@needs(Act.LABEL_PUT)
def take_label_off(id: UUID, label_id: UUID) -> ResponseReturnValue:
    """Take a label off the sheet."""
    refuse_unless(Act.LABEL_PUT, sheets.find(id))
    labels.take_off(id, label_id, actor=current_actor(), at=now())
    return back(id, "etiquettes")
