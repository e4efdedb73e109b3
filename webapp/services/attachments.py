"""Files joined to a sheet: received, taken off, handed out."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from forms.kinds import clean_words
from forms.values import Refused
from webapp import storage
from webapp.database import db
from webapp.models import Attachment, Sheet, Snapshot
from webapp.policy import Actor
from webapp.queries.versions import form_of
from webapp.services import events
from webapp.services.sheets import locked, refuse_unless_editable, set_answer
from webapp.services.uploads import Received, examine


class AlreadyJoined(Refused):
    """The sheet has that very file."""


class NoRoom(Refused):
    """The question has as many files as it takes."""


@dataclass(frozen=True)
class Kept:
    """A file that was examined and whose bytes are stored; it belongs to no sheet yet."""

    id: UUID
    key: str
    received: Received
    sha256: str


def add(
    sheet_id: UUID,
    question: str,
    *,
    name: str,
    content: bytes,
    caption: str = "",
    alt: str = "",
    actor: Actor,
    at: datetime,
    attachment_id: UUID | None = None,
) -> Attachment:
    """Join a file to a question of the kind « files »; the bytes are stored before the row is committed.

    Raises Refused (empty, too large, wrong type, already there, too many, sheet not editable).
    """
    words = clean_words({"caption": caption, "alt": alt})
    kept = keep(name, content, attachment_id=attachment_id)
    with dropped_if_refused(kept):
        row = join(locked(sheet_id), question, kept, words=words, actor=actor, at=at)
        db.session.commit()
    return row


def keep(name: str, content: bytes, *, attachment_id: UUID | None = None) -> Kept:
    """Examine a file and store its bytes, while no lock is held: a slow disk must not hold up the others' saves."""
    db.session.rollback()
    received = examine(name, content)
    id_ = attachment_id or uuid4()
    kept = Kept(id_, f"attachments/{id_.hex[:2]}/{id_.hex}", received, hashlib.sha256(received.content).hexdigest())
    storage.put(kept.key, received.content)
    return kept


@contextmanager
def dropped_if_refused(kept: Kept) -> Iterator[None]:
    """Whatever stops the file from being joined, its bytes go."""
    try:
        yield
    except Exception:
        db.session.rollback()
        storage.delete(kept.key)
        raise


def join(sheet: Sheet, question: str, kept: Kept, *, words: dict[str, str], actor: Actor, at: datetime) -> Attachment:
    """Make a stored file one of the sheet's; part of the caller's transaction, which holds the lock."""
    refuse_unless_editable(sheet, at=at, questions=[question])
    files = files_with_room(sheet, question)
    if any(file["sha256"] == kept.sha256 for file in files):
        raise AlreadyJoined("Ce fichier est déjà joint à la fiche.", question=question)
    row = Attachment(
        id=kept.id,
        sheet_id=sheet.id,
        question=question,
        storage_key=kept.key,
        name=kept.received.name,
        media_type=kept.received.media_type,
        size=len(kept.received.content),
        sha256=kept.sha256,
        width=kept.received.width,
        height=kept.received.height,
        created_at=at,
        created_by=actor.user_id,
    )
    db.session.add(row)
    db.session.flush()
    set_answer(sheet, question, [*files, described(row, words)], actor_id=actor.user_id, at=at)
    _record(sheet, "attachment.added", row, actor=actor, at=at)
    return row


def files_with_room(sheet: Sheet, question: str) -> list[dict[str, Any]]:
    """The files that the question has. Raises Refused where it takes none, or no more."""
    version = form_of(sheet.form_version)
    if question not in version or not version.question(question).kind.uploads:
        raise Refused("Cette question ne reçoit pas de fichier.", question=question)
    files: list[dict[str, Any]] = list(sheet.answers.get(question, []))
    most = version.question(question).kind.max_files  # type: ignore[attr-defined]
    if len(files) >= most:
        raise NoRoom(f"Cette fiche a déjà {most} fichiers\u00a0: retirez-en un d’abord.", question=question)
    return files


def described(row: Attachment, words: dict[str, str]) -> dict[str, Any]:
    """The answer's line about a file: what readers need, nothing about where the bytes are."""
    file = {
        "id": str(row.id),
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.sha256,
        "width": row.width,
        "height": row.height,
    }
    said = {key: text for key, text in words.items() if text}
    return {key: value for key, value in file.items() if value is not None} | said


def remove(attachment_id: UUID, *, actor: Actor, at: datetime) -> Sheet:
    """Take a file off the sheet; row and bytes stay, because a snapshot may show them."""
    row = db.session.get_one(Attachment, attachment_id)
    sheet = locked(row.sheet_id)
    refuse_unless_editable(sheet, at=at, questions=[row.question])
    left = [file for file in sheet.answers.get(row.question, []) if file["id"] != str(row.id)]
    set_answer(sheet, row.question, left or None, actor_id=actor.user_id, at=at)
    row.removed_at = row.removed_at or at
    _record(sheet, "attachment.removed", row, actor=actor, at=at)
    db.session.commit()
    return sheet


def shown_in_snapshot(attachment: Attachment, sheet: Sheet) -> bool:
    """True where the sheet's current snapshot shows that file: readers may have it."""
    snapshot = sheet.current_snapshot
    if snapshot is None:
        return False
    return any(file["id"] == str(attachment.id) for file in snapshot.answers.get(attachment.question, []))


def sent_once(attachment: Attachment) -> bool:
    """True where some sending of the sheet shows that file: the federation may have it, whatever the last one shows."""
    sent = db.session.scalars(sa.select(Snapshot.answers).where(Snapshot.sheet_id == attachment.sheet_id))
    return any(file["id"] == str(attachment.id) for answers in sent for file in answers.get(attachment.question, []))


def _record(sheet: Sheet, kind: str, row: Attachment, *, actor: Actor, at: datetime) -> None:
    data = {"question": row.question, "name": row.name, "sha256": row.sha256}
    events.record(kind, at=at, actor_id=actor.user_id, federation_id=sheet.federation_id, sheet_id=sheet.id, data=data)
