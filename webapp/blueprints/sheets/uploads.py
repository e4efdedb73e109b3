"""Files that come with a step: read from the request, joined or taken off, refused in place."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask import flash, request

from forms.definition import Section
from forms.french import typography
from forms.values import Refused
from webapp.blueprints.sheets.frame import locked_because, own_sheet
from webapp.guard import current_actor
from webapp.models import Sheet
from webapp.queries import sheets as queries
from webapp.services import attachments
from webapp.services.sheets import NotAsked
from webapp.services.uploads import ENDINGS, LARGEST, TooLarge, WrongType


@dataclass(frozen=True)
class Upload:
    """What a step posted about files: a new one with its words, or the id of one to be taken off."""

    question: str = ""
    name: str = ""
    content: bytes = b""
    chosen: bool = False
    caption: str = ""
    alt: str = ""
    remove: str = ""
    error: str = ""
    accept: str = ",".join(f".{ending}" for ending in ENDINGS)
    largest: int = LARGEST


class UploadRefused(Exception):  # noqa: N818 (a refusal, not an error)
    """A file that was not taken, with the words to be shown again and the status of the answer."""

    def __init__(self, upload: Upload, status: int) -> None:
        super().__init__(upload.error)
        self.upload = upload
        self.status = status


def posted(part: Section) -> Upload:
    """What the step posted about files; of a step that takes none, nothing."""
    for question in part.typed:
        if question.kind.uploads:
            file = request.files.get(f"{question.id}-new")
            return Upload(
                question=question.id,
                name=(file.filename or "") if file else "",
                content=file.read() if file else b"",
                chosen=bool(file and file.filename),
                caption=request.form.get(f"{question.id}-new-caption", ""),
                alt=request.form.get(f"{question.id}-new-alt", ""),
                remove=request.form.get("_remove_file", ""),
            )
    return Upload()


def receive(sheet: Sheet, upload: Upload, *, at: datetime) -> bool:
    """Join the file or take one off: true where something was. Raises UploadRefused; the sheet is as it was then."""
    id = sheet.id
    try:
        if upload.remove:
            _remove(id, upload.remove, at=at)
        elif upload.chosen:
            _add(id, upload, at=at)
        elif upload.caption.strip() or upload.alt.strip():
            raise Refused("Choisissez aussi le fichier que vous décrivez.")
    except Refused as refused:
        if reason := locked_because(own_sheet(id), at=at):
            raise Refused(reason) from None
        status = {TooLarge: 413, WrongType: 415, NotAsked: 409}.get(type(refused), 422)
        raise UploadRefused(replace(upload, error=refused.message, content=b""), status) from None
    return bool(upload.remove or upload.chosen)


def _add(sheet_id: UUID, upload: Upload, *, at: datetime) -> None:
    row = attachments.add(
        sheet_id,
        upload.question,
        name=upload.name,
        content=upload.content,
        caption=upload.caption,
        alt=upload.alt,
        actor=current_actor(),
        at=at,
    )
    flash(f"Le fichier «\u00a0{typography(row.name)}\u00a0» est joint.", "success")


def _remove(sheet_id: UUID, wanted: str, *, at: datetime) -> None:
    try:
        row = queries.attachment(sheet_id, UUID(wanted))
    except ValueError:
        row = None
    if row is None:
        raise Refused("Ce fichier n’est pas joint à cette fiche.")
    name = row.name
    attachments.remove(row.id, actor=current_actor(), at=at)
    flash(f"Le fichier «\u00a0{typography(name)}\u00a0» est retiré.", "success")
