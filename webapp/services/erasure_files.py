"""The files in which a person who is erased may stand: reports, sheets that were laid out, mails written to a folder.

A report that was not issued is made again; the file of one that was issued stays until the federation withdraws it.
"""

import email
import email.policy
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
import structlog

from webapp import storage
from webapp.config import FolderMail, current_settings
from webapp.database import db
from webapp.mentions import Mentions
from webapp.models import Erasure, Mail, PersonalLink, ReportRun, Upload
from webapp.policy import Act, Actor, Thing, decide
from webapp.queries import person_reports
from webapp.services import discards, jobs, laid_out, pieces, reports
from webapp.vocabulary import PersonalPurpose

WHY = "une personne qui y était nommée a été effacée"

log = structlog.get_logger()


def hold(runs: Iterable[ReportRun]) -> None:
    """None of them is issued or dropped before the caller's transaction ends; they are as they are now."""
    held = sa.select(ReportRun).where(ReportRun.id.in_([run.id for run in runs])).with_for_update()
    db.session.scalars(held.execution_options(populate_existing=True)).all()


def make_again(run: ReportRun, *, at: datetime) -> str | None:
    """Have a report that was not issued made again; where its old file is. Part of the caller's transaction."""
    if run.issued_at is not None:
        raise ValueError(f"report {run.id} was issued")
    key = run.storage_key
    run.storage_key = run.sha256 = run.size = run.finished_at = run.summary = None
    run.notes, run.snapshots = [], {}
    job = jobs.ask(reports.JOB, {"run": str(run.id)}, owner_id=run.requested_by, federation_id=run.federation_id, at=at)
    run.job_id = job.id
    if key is not None:
        discards.discard([key], reason=WHY, at=at)
    return key


def withdraw(erasure: Erasure, *, actor: Actor, at: datetime) -> Sequence[ReportRun]:
    """Take back the issued reports that still name that person, where the actor answers for them. One commit.

    Their files go, and the links to them; that they were issued, and what they held, stays known.
    """
    left = person_reports.left_by([erasure])[erasure.id]
    runs = [run for run in left if decide(actor, Act.PRIVACY_MANAGE, Thing(federation_id=run.federation_id)).allowed]
    keys = []
    for run in runs:
        run.withdrawn_at = at
        db.session.execute(
            sa.update(PersonalLink)
            .where(
                PersonalLink.purpose == PersonalPurpose.REPORT,
                PersonalLink.target_id == run.id,
                PersonalLink.revoked_at.is_(None),
            )
            .values(revoked_at=at)
        )
        keys.append(run.storage_key)
        reports.record(run, "report.withdrawn", actor_id=actor.user_id, at=at)
    gone = [key for key in keys if key is not None]
    discards.discard(gone, reason=WHY, at=at)
    db.session.commit()
    delete(gone)
    return runs


def delete(keys: Iterable[str]) -> None:
    """After the commit: these files are gone at once. What the storage refuses now it is asked for again later."""
    for key in keys:
        try:
            storage.delete(key)
        except OSError:
            log.exception("file_not_deleted_yet", key=key)


@dataclass
class Outside:
    """What stands outside of the database and goes after the commit: keys of files, uploads on their way, mails."""

    keys: list[str]
    uploads: Sequence[UUID]
    mails: frozenset[UUID]


def outside(user_id: UUID | None, snapshots: Iterable[UUID]) -> Outside:
    """The files that a person has on their way, and the mails that carried what was sent: asked before it changes."""
    mine = sa.select(Upload.id).where(Upload.user_id == user_id, Upload.attachment_id.is_(None))
    uploads = db.session.scalars(mine).all() if user_id is not None else ()
    sent = {str(id_) for id_ in snapshots}
    carrying = sa.select(Mail.id, Mail.attachments).where(sa.cast(Mail.attachments, sa.Text).contains("snapshot"))
    rows = db.session.execute(carrying).all() if sent and mail_folder() is not None else ()
    mails = {id_ for id_, attached in rows if any(one.get("snapshot") in sent for one in attached)}
    return Outside([], uploads, frozenset(mails))


def clean_up(mentions: Mentions, left: Outside) -> None:
    """After the commit of an erasure: what stands outside of the database goes too."""
    delete(left.keys)
    for upload_id in left.uploads:
        pieces.give_up(upload_id)
    laid_out.forget()
    folder = mail_folder()
    if folder is not None:
        forget_mails(folder, mentions, left.mails)


def mail_folder() -> Path | None:
    """The folder that mails are written to, where they are and it is there."""
    target = current_settings().mail
    return target.folder if isinstance(target, FolderMail) and target.folder.is_dir() else None


def forget_mails(folder: Path, mentions: Mentions, carrying: Collection[UUID] = ()) -> int:
    """Delete the mails of a folder that were the person's, name them, or are these; how many."""
    names = {str(id_) for id_ in carrying}
    gone = [path for path in sorted(folder.glob("*.eml")) if path.stem in names or _names(path, mentions)]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _names(path: Path, mentions: Mentions) -> bool:
    try:
        with path.open("rb") as file:
            message = email.message_from_binary_file(file, policy=email.policy.default)
    except OSError:
        return False
    heads: Collection[str] = [str(message.get(key, "")) for key in ("To", "Subject")]
    texts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    names = [part.get_filename() or "" for part in message.walk()]
    return any(mentions.found_in(text) for text in (*heads, *texts, *names))
