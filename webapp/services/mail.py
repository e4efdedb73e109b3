"""Mails: written into the outbox in the transaction that they tell of, sent later by the worker."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from smtplib import SMTP, SMTP_SSL, SMTPException
from ssl import create_default_context
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
import structlog
from flask import current_app

from webapp.config import FolderMail, Settings, SmtpMail, current_settings
from webapp.database import db, reading
from webapp.models import DigestLine, Mail
from webapp.services import mail_preferences
from webapp.services.mail_failures import as_code, in_words, is_for_ever
from webapp.services.mail_kinds import INFORMING
from webapp.vocabulary import LinkPurpose, MailManner, MailState, PersonalPurpose

SMTP_SECONDS = 20
AT_A_TIME = 50

# How long after it was written a mail is tried for the second, third… time; then never again.
PATIENCE = tuple(timedelta(minutes=minutes) for minutes in (0, 1, 5, 20, 60, 240, 720, 1440))
# A mail whose file can't be made leaves without it rather than not at all.
ATTEMPTS_WITH_FILES = 3

# For how long an attempt that has not ended may still be under way in another worker.
UNDER_WAY = timedelta(minutes=15)
INTERRUPTED = "Envoi interrompu\u00a0: ce message est peut-être parti."

# Mails whose link opens an account, or one thing without an account.
OPENING = frozenset(purpose.value for purpose in (*LinkPurpose, *PersonalPurpose))

# Mails that carry such links among other words.
CARRYING = frozenset({"sheet_ask_changes", "digest"})

log = structlog.get_logger()
_sending = threading.Lock()


@dataclass(frozen=True)
class About:
    """What a mail is about, where it is about that; link_id: the personal link that it carries."""

    user_id: UUID | None = None
    campaign_id: UUID | None = None
    centre_id: UUID | None = None
    link_id: UUID | None = None


@dataclass(frozen=True)
class Attached:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


MAKERS: dict[str, Callable[[str], Attached]] = {}
"""What makes a file from its description in the outbox: `{"snapshot": id}` asks for the maker named « snapshot »."""


@dataclass(frozen=True)
class Leaving:
    """A mail that is about to leave, as those who must say whether it still should know it."""

    kind: str
    user_id: UUID | None
    campaign_id: UUID | None
    centre_id: UUID | None
    dedupe_key: str


CHECKS: dict[str, Callable[[Leaving, datetime], bool]] = {}
"""By kind of mail, whether it is still needed; asked when it is sent at last, or when a digest takes it."""


@dataclass(frozen=True)
class Written:
    """A mail in words. parts: its paragraphs, `{"text"}` or `{"label", "path", "url"}`."""

    subject: str
    text: str
    html: str
    parts: tuple[Mapping[str, str], ...]


def write(kind: str, context: Mapping[str, Any], *, base_url: str) -> Written:
    """Render `templates/mail/<kind>.txt`: the subject on the first line, then paragraphs; the HTML says the same.

    In the template, `link("Ouvrir la fiche", path)` stands alone in its paragraph; addresses begin with the base URL
    of the settings, never with what a request says.
    """

    # Drawn anew each time, so that nobody's answer can pass for a link of ours.
    mark = secrets.token_hex(8)

    def link(label: str, path: str) -> str:
        return f"{mark}{label}{mark}{path}"

    # In plain text an apostrophe is an apostrophe.
    environment = current_app.jinja_env.overlay(autoescape=False)
    rendered = environment.get_template(f"mail/{kind}.txt").render(**context, link=link)
    first, _, rest = rendered.strip().partition("\n")
    paragraphs = [part.strip() for part in rest.split("\n\n") if part.strip()]
    subject = " ".join(first.split())
    parts = tuple(_part_of(paragraph, mark, base_url) for paragraph in paragraphs)
    html = current_app.jinja_env.get_template("mail/message.html").render(subject=subject, parts=parts)
    return Written(subject, "\n\n".join(_plain(part) for part in parts) + "\n", html, parts)


def _part_of(paragraph: str, mark: str, base_url: str) -> dict[str, str]:
    if paragraph.startswith(mark):
        _, label, path = paragraph.split(mark)
        return {"label": label, "path": path, "url": base_url + path}
    return {"text": paragraph}


def _plain(part: Mapping[str, str]) -> str:
    return part["text"] if "text" in part else f"{part['label']}\u00a0:\n{part['url']}"


def enqueue(
    kind: str,
    *,
    recipient: str,
    at: datetime,
    context: Mapping[str, Any],
    attachments: Sequence[Mapping[str, Any]] = (),
    dedupe_key: str | None = None,
    about: About = About(),
) -> Mail | None:
    """Put a mail into the outbox, in the caller's transaction; nothing where that key has had its mail.

    Nothing either where the reader wants none of that kind, or wants it in the digest: then it waits there.
    """
    if dedupe_key is not None and told(dedupe_key):
        return None
    manner, reader = mail_preferences.manner_for(kind, user_id=about.user_id, recipient=recipient)
    if manner is MailManner.NEVER:
        return None
    written = write(kind, context, base_url=current_settings().base_url)
    if manner is MailManner.DIGEST:
        _keep_waiting(kind, written, reader, at=at, dedupe_key=dedupe_key, about=about)
        return None
    mail = Mail(
        kind=kind,
        recipient=recipient,
        user_id=about.user_id,
        campaign_id=about.campaign_id,
        centre_id=about.centre_id,
        link_id=about.link_id,
        subject=written.subject,
        text=written.text,
        html=written.html,
        attachments=[dict(attachment) for attachment in attachments],
        dedupe_key=dedupe_key,
        created_at=at,
    )
    db.session.add(mail)
    db.session.flush()
    return mail


def told(dedupe_key: str) -> bool:
    """Whether that key has had its mail, or has it in a digest that waits."""
    mailed = sa.exists().where(Mail.dedupe_key == dedupe_key)
    waits = sa.exists().where(DigestLine.dedupe_key == dedupe_key)
    return bool(db.session.scalar(sa.select(sa.or_(mailed, waits))))


def _keep_waiting(
    kind: str, written: Written, reader: UUID | None, *, at: datetime, dedupe_key: str | None, about: About
) -> None:
    # Everybody is greeted once, by the digest.
    parts = [part for part in written.parts if not part.get("text", "").startswith("Bonjour")]
    line = DigestLine(
        user_id=reader,
        kind=kind,
        subject=written.subject,
        parts=[{name: text for name, text in part.items() if name != "url"} for part in parts],
        campaign_id=about.campaign_id,
        centre_id=about.centre_id,
        dedupe_key=dedupe_key,
        created_at=at,
    )
    db.session.add(line)
    db.session.flush()


def is_needed(leaving: Leaving, *, at: datetime) -> bool:
    """Whether a mail that waited should still leave."""
    check = CHECKS.get(leaving.kind)
    return check is None or check(leaving, at)


def send_due(*, at: datetime) -> int:
    """Send what waits and is due, oldest first; how many left. Several workers may call it at once.

    Where a worker died while the server had a mail, nobody knows whether it left: one that only informs is not sent
    again, any other is, under the same Message-ID.
    """
    # Another thread of this worker may be at it: what came meanwhile is sent after.
    with _sending:
        _give_up_interrupted(at)
        begun = time.monotonic()
        # A slow server may take many minutes for all of them: each is claimed at its own moment.
        return sum(
            _send(mail_id, attempts, at=at, passed=timedelta(seconds=time.monotonic() - begun))
            for mail_id, attempts in _due(at)
        )


def _give_up_interrupted(at: datetime) -> None:
    stopped = (Mail.state == MailState.QUEUED, Mail.kind.in_(sorted(INFORMING)), Mail.claimed_at <= at - UNDER_WAY)
    with reading():
        db.session.rollback()
        ids = list(db.session.scalars(sa.select(Mail.id).where(*stopped)))
        db.session.rollback()
    for mail_id in ids:
        # Its links may be its reader's by now.
        gone = {"text": "", "html": ""}
        given_up = db.session.execute(
            sa.update(Mail)
            .where(Mail.id == mail_id, *stopped)
            .values(state=MailState.FAILED, error=INTERRUPTED, **gone)
            .execution_options(synchronize_session=False)
        )
        db.session.commit()
        if given_up.rowcount == 1:  # type: ignore[attr-defined]
            log.warning("mail_interrupted", mail=str(mail_id))


def _due(at: datetime) -> list[tuple[UUID, int]]:
    with reading():
        db.session.rollback()
        rows = db.session.execute(
            sa.select(Mail.id, Mail.created_at, Mail.attempts)
            .where(
                Mail.state == MailState.QUEUED,
                sa.or_(Mail.claimed_at.is_(None), Mail.kind.not_in(sorted(INFORMING))),
            )
            .order_by(Mail.created_at, Mail.id)
        ).all()
        db.session.rollback()
    ripe = [
        (row.id, row.attempts) for row in rows if row.created_at + PATIENCE[min(row.attempts, len(PATIENCE) - 1)] <= at
    ]
    return ripe[:AT_A_TIME]


def _claim(mail_id: UUID, attempts: int, *, at: datetime) -> bool:
    """Count an attempt before it is made: of several workers that saw the mail wait, one gets it."""
    claimed = db.session.execute(
        sa.update(Mail)
        .where(Mail.id == mail_id, Mail.state == MailState.QUEUED, Mail.attempts == attempts)
        .values(attempts=attempts + 1, claimed_at=at)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return bool(claimed.rowcount == 1)  # type: ignore[attr-defined]


def _send(mail_id: UUID, attempts: int, *, at: datetime, passed: timedelta) -> bool:
    if not _claim(mail_id, attempts, at=at + passed):
        return False
    # No transaction stays open while a distant server thinks.
    with reading():
        mail = db.session.get_one(Mail, mail_id, populate_existing=True)
        needed = is_needed(leaving(mail), at=at)
        message = _message(mail, current_settings())
        descriptions = list(mail.attachments)
        db.session.rollback()
    if not needed:
        _drop(mail_id)
        return False
    failure: Exception | None = None
    try:
        for attached in _files(descriptions, attempts):
            _attach(message, attached)
        deliver(message, str(mail_id), current_settings())
    except (SMTPException, OSError, ValueError) as refused:
        failure = refused
    _mark(mail_id, failure=failure, at=at)
    return failure is None


def leaving(row: Mail | DigestLine) -> Leaving:
    """A mail of the outbox or a line of a digest, as checks see it."""
    return Leaving(row.kind, row.user_id, row.campaign_id, row.centre_id, row.dedupe_key or "")


def _drop(mail_id: UUID) -> None:
    mail = db.session.get_one(Mail, mail_id, populate_existing=True)
    mail.state, mail.claimed_at = MailState.DROPPED, None
    db.session.commit()


def _mark(mail_id: UUID, *, failure: Exception | None, at: datetime) -> None:
    mail = db.session.get_one(Mail, mail_id, populate_existing=True)
    mail.error, mail.claimed_at = in_words(failure) if failure else None, None
    if failure is None:
        mail.state, mail.sent_at = MailState.SENT, at
        if mail.kind in OPENING | CARRYING:
            # A link is its reader's alone from now on: whoever reads the database must not find it.
            mail.text = mail.html = ""
    else:
        if is_for_ever(failure) or mail.attempts >= len(PATIENCE):
            mail.state = MailState.FAILED
        told = {"kind": mail.kind, "attempts": mail.attempts, "code": as_code(failure)}
        log.warning("mail_not_sent", mail=str(mail_id), **told)
    db.session.commit()


def _files(descriptions: Sequence[Mapping[str, Any]], attempts: int) -> list[Attached]:
    try:
        return [MAKERS[kind](str(key)) for description in descriptions for kind, key in description.items()]
    except Exception as failure:
        log.exception("mail_attachment_failed", attempts=attempts)
        if attempts < ATTEMPTS_WITH_FILES:
            raise ValueError(f"attachment: {failure}") from failure
        return []


def _message(mail: Mail, settings: Settings) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    # The same at every attempt: a server that already has it can tell.
    message["Message-ID"] = f"<{mail.id}@{urlsplit(settings.base_url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "fr"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def _attach(message: EmailMessage, attached: Attached) -> None:
    maintype, _, subtype = attached.media_type.partition("/")
    message.add_attachment(attached.content, maintype=maintype, subtype=subtype, filename=attached.name)


def deliver(message: EmailMessage, name: str, settings: Settings) -> None:
    """Hand a message to the server of the settings, or write it into their folder. Raises OSError, SMTPException."""
    target = settings.mail
    if isinstance(target, FolderMail):
        target.folder.mkdir(parents=True, exist_ok=True)
        (target.folder / f"{name}.eml").write_bytes(message.as_bytes())
        return
    with _connection(target) as server:
        _enter(server, target)
        server.send_message(message)


def greet(target: SmtpMail) -> None:
    """Go as far as sending, and send nothing. Raises OSError, SMTPException."""
    with _connection(target) as server:
        _enter(server, target)
        server.noop()


def _enter(server: SMTP, target: SmtpMail) -> None:
    server.ehlo_or_helo_if_needed()
    if target.starttls:
        server.starttls(context=create_default_context())
    if target.user:
        server.login(target.user, target.password or "")


def _connection(target: SmtpMail) -> SMTP:
    if target.tls:
        return SMTP_SSL(target.host, target.port, timeout=SMTP_SECONDS, context=create_default_context())
    return SMTP(target.host, target.port, timeout=SMTP_SECONDS)
