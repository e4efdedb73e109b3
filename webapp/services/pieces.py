"""A file that comes in pieces: announced, received however often the line is cut, joined when all is there."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from forms.kinds import clean_words
from forms.values import Refused
from webapp import storage
from webapp.database import db
from webapp.models import Attachment, Sheet, Upload
from webapp.policy import Actor
from webapp.queries import uploads as queries
from webapp.services import attachments
from webapp.services.sheets import locked, mark_of, refuse_unless_editable
from webapp.services.uploads import bare_name, refuse_size

MOST_UNFINISHED = 20
"""Files that one person may have on the way at once, on all sheets; beyond, the one left longest is given up."""
MOST_BYTES = 60_000_000
"""The same in bytes, as announced."""
LONGEST_NAME = 255
KEPT_FOR = timedelta(days=7)
"""How long a file that nobody goes on with is waited for."""

log = structlog.get_logger()


class Gap(Exception):  # noqa: N818 (names what happened)
    """What lies before that piece has not come: the sender goes on from `received`."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class GivenUp(Exception):  # noqa: N818 (names what happened)
    """Nobody waits for that file any more: it was refused, cancelled or left for too long."""


@dataclass(frozen=True)
class Joined:
    """A file that is joined: the answer's line about it, the sheet's revision, the mark of the question's answer."""

    file: dict[str, Any]
    question: str
    revision: int
    mark: str


def begin(
    sheet_id: UUID, question: str, *, name: str, size: int, sha256: str | None, actor: Actor, at: datetime
) -> tuple[Upload, bool]:
    """Wait for a file, or go on with the one that its person has begun; true where it is new.

    name, size (bytes), sha256 (or None): the file's as its sender has it. Raises Refused before a byte is sent.
    """
    sheet = locked(sheet_id)
    refuse_unless_editable(sheet, at=at, questions=[question])
    refuse_size(size)
    _refuse_known(sheet, question, sha256)
    name = bare_name(name)[:LONGEST_NAME]
    found = queries.unfinished_like(sheet_id, question, actor.user_id, name=name, size=size, sha256=sha256)
    if found is not None:
        found.updated_at = at
        db.session.commit()
        return found, False
    gone = _make_room(size, actor=actor)
    upload = Upload(
        sheet_id=sheet_id,
        question=question,
        user_id=actor.user_id,
        name=name,
        size=size,
        sha256=sha256,
        created_at=at,
        updated_at=at,
    )
    db.session.add(upload)
    db.session.commit()
    _forget_pieces(gone)
    return upload, True


def _refuse_known(sheet: Sheet, question: str, sha256: str | None) -> None:
    """A picture is kept otherwise than it was sent: its original is known by what was sent before."""
    files = attachments.files_with_room(sheet, question)
    made = {str(id_) for id_ in queries.became(sheet.id, sha256)} if sha256 else set()
    if sha256 and any(file["sha256"] == sha256 or file["id"] in made for file in files):
        raise attachments.AlreadyJoined("Ce fichier est déjà joint à la fiche.", question=question)


def _make_room(size: int, *, actor: Actor) -> Sequence[UUID]:
    """Give up what this person has left longest, so that nobody fills the disk and nobody is kept from sending."""
    count, total, left = 1, size, []
    for upload in queries.unfinished_of(actor.user_id):
        count, total = count + 1, total + upload.size
        if count > MOST_UNFINISHED or total > MOST_BYTES:
            left.append(upload.id)
    return _delete(left)


def receive(upload_id: UUID, content: bytes, *, start: int, at: datetime) -> int:
    """Keep the piece that begins there; how many bytes have come in all.

    What has come already is not kept twice. Raises Gap, GivenUp, Refused (more than was announced).
    """
    upload = _read(upload_id)
    known, ends, end = upload.received, list(upload.ends), start + len(content)
    if start > known:
        raise Gap(known)
    if end > upload.size:
        raise Refused("Ce fichier a changé depuis qu’il a été choisi\u00a0: choisissez-le de nouveau.")
    if end <= known:
        return known
    # The disk is written while nobody waits for us; a piece's key says what is in it.
    db.session.rollback()
    key = _key(upload_id, known, end)
    storage.put(key, content[known - start :])
    taken = db.session.execute(
        sa.update(Upload)
        .where(Upload.id == upload_id, Upload.received == known, Upload.attachment_id.is_(None))
        .values(received=end, ends=[*ends, end], updated_at=at)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return end if taken.rowcount == 1 else _overtaken(upload_id, key, end)  # type: ignore[attr-defined]


def _overtaken(upload_id: UUID, key: str, end: int) -> int:
    """Another request has brought this piece meanwhile, most often the same one sent again."""
    upload = db.session.get(Upload, upload_id, populate_existing=True)
    if upload is None or end not in upload.ends:
        storage.delete(key)
    if upload is None:
        raise GivenUp
    return upload.received


def finish(upload_id: UUID, *, caption: str = "", alt: str = "", actor: Actor, at: datetime) -> Joined:
    """Examine what has come and join it; a second time, the same answer.

    Raises Gap where pieces are missing, GivenUp; Refused where the file can't be taken: the sheet is
    as it was then, and the pieces are gone.
    """
    words = clean_words({"caption": caption, "alt": alt})
    upload = _read(upload_id)
    if upload.attachment_id is not None:
        return _joined(upload)
    if upload.received < upload.size:
        raise Gap(upload.received)
    name, sha256, bounds = upload.name, upload.sha256, list(pairwise([0, *upload.ends]))
    db.session.rollback()
    try:
        content = b"".join(storage.get(_key(upload_id, start, end)) for start, end in bounds)
    except storage.FileMissing:
        return _begun_again(upload_id, at=at)
    try:
        if sha256 and hashlib.sha256(content).hexdigest() != sha256:
            raise Refused("Ce fichier a changé pendant l’envoi\u00a0: choisissez-le de nouveau.")
        kept = attachments.keep(name, content)
        with attachments.dropped_if_refused(kept):
            joined = _join(upload_id, kept, words=words, actor=actor, at=at)
    except Refused:
        give_up(upload_id)
        raise
    _forget_pieces([upload_id])
    return joined


def _join(upload_id: UUID, kept: attachments.Kept, *, words: dict[str, str], actor: Actor, at: datetime) -> Joined:
    upload = _read(upload_id)
    sheet = locked(upload.sheet_id)
    # Whoever finished first while we waited for the lock has joined it.
    upload = _read(upload_id)
    if upload.attachment_id is not None:
        db.session.rollback()
        storage.delete(kept.key)
        return _joined(_read(upload_id))
    row = attachments.join(sheet, upload.question, kept, words=words, actor=actor, at=at)
    upload.attachment_id, upload.ends, upload.updated_at = row.id, [], at
    db.session.commit()
    return _joined(upload)


def _begun_again(upload_id: UUID, *, at: datetime) -> Joined:
    """The pieces are not where they were put: joined by another request meanwhile, or lost and asked for again."""
    lost = db.session.execute(
        sa.update(Upload)
        .where(Upload.id == upload_id, Upload.attachment_id.is_(None))
        .values(received=0, ends=[], updated_at=at)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    if lost.rowcount:  # type: ignore[attr-defined]
        raise Gap(0)
    return _joined(_read(upload_id))


def _joined(upload: Upload) -> Joined:
    row, sheet = db.session.get_one(Attachment, upload.attachment_id), db.session.get_one(Sheet, upload.sheet_id)
    files = sheet.answers.get(upload.question, [])
    file = next((file for file in files if file["id"] == str(row.id)), attachments.described(row, {}))
    mark = mark_of(sheet.answers.get(upload.question), sheet.unparsed.get(upload.question))
    return Joined(file, upload.question, sheet.revision, mark)


def give_up(upload_id: UUID) -> None:
    """Wait no more for a file that was not joined; nothing happens where there is none."""
    _give_up([upload_id])


def purge(*, at: datetime) -> int:
    """Give up what nobody has gone on with for long; how many."""
    return _give_up(queries.given_up(before=at - KEPT_FOR))


def _give_up(upload_ids: Sequence[UUID]) -> int:
    gone = _delete(upload_ids)
    db.session.commit()
    _forget_pieces(gone)
    return len(gone)


def _delete(upload_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Forget these in the caller's transaction, but for what was joined meanwhile; which they were."""
    left = sa.delete(Upload).where(Upload.id.in_(upload_ids), Upload.attachment_id.is_(None)).returning(Upload.id)
    return db.session.scalars(left.execution_options(synchronize_session=False)).all() if upload_ids else []


def _read(upload_id: UUID) -> Upload:
    upload = db.session.get(Upload, upload_id, populate_existing=True)
    if upload is None:
        raise GivenUp
    return upload


def _key(upload_id: UUID, start: int, end: int) -> str:
    return f"uploads/{upload_id.hex}/{start:08d}-{end:08d}"


def _forget_pieces(upload_ids: Sequence[UUID]) -> None:
    """After the commit: pieces that stay behind cost room and nothing else."""
    for upload_id in upload_ids:
        try:
            storage.delete_under(f"uploads/{upload_id.hex}")
        except OSError:
            log.exception("pieces_left", upload=str(upload_id))
