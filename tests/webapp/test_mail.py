"""The outbox: what is written there leaves once, in words, and comes back to nobody who forged a link."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import Move
from tests.page_checks import problems
from tests.servers import MailSink, free_port
from webapp.config import Settings
from webapp.models import Mail
from webapp.services import mail, notices
from webapp.services.mail_kinds import INFORMING
from webapp.vocabulary import LinkPurpose, MailState

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CONTEXT: dict[str, Any] = {
    "federation": "Fédération du Val",
    "closed": False,
    "sign_in": True,
    "name": "Rose Vidal",
    "path": "/fiches/1",
    "expires_at": AT + timedelta(minutes=30),
    "sheets": 12,
    "inviter": "Odile Martin",
    "role": "Membre, Le Lavoir",
    "roles": ["Membre, Le Lavoir"],
    "what": "Une clé d’accès a été ajoutée",
    "at": AT,
    "title": "L’heure du conte & compagnie",
    "reference": "2026-K7P2",
    "year": 2026,
    "centre": "Le Lavoir",
    "question": "Convient-elle au quartier\u202f?",
    "due_on": AT.date(),
    "by": "Paul Estève",
    "reason": "Le budget a changé.",
    "to_send": [{"title": "Le jardin", "reference": "2026-K7P2", "year": 2026}],
    "to_correct": [{"title": "La marche", "reference": "2026-K7P3", "year": 2026}],
    "queries": [
        {"question": "Participants", "text": "Combien sont-ils\u202f?", "deadline": AT.date(), "path": "/reponse/abc"}
    ],
    "asker": "Rose Vidal",
    "problems": ("La dernière sauvegarde date du 3 mai.", "L’essai de restauration a échoué."),
    "campaign": "Campagne 2026",
    "centres": ("Le Lavoir", "L’Escale"),
    "until": AT.date(),
    "opens_account": True,
    "url": "https://val.example/recueil",
    "attempts": 9,
    "error": "Pas de réponse à temps.",
    "day": "21\u00a0novembre 2026",
    "message": "Nous attendons vos fiches.",
    "standing": "Où en est votre centre (Le Lavoir)\u00a0: aucune fiche commencée.",
    "lines": [
        {
            "subject": "La fiche 2026-K7P2 est validée",
            "parts": [{"text": "Merci."}, {"label": "Voir la fiche", "path": "/fiches/1"}],
        }
    ],
    "typist": "Maud Cressonnier",
    "spoke_with": "Denise Lagarde",
    "who": "Rose Vidal",
}
KINDS = sorted(path.stem for path in (Path(__file__).parents[2] / "templates" / "mail").glob("*.txt"))


def enqueue(kind: str = "signin", **changes: Any) -> Mail | None:
    """A mail to Rose."""
    details = {"recipient": "rose@lavoir.example", "at": AT, "context": CONTEXT} | changes
    return mail.enqueue(kind, **details)


@pytest.fixture
def boxed(db: SQLAlchemy) -> SQLAlchemy:
    """The database with one mail in the outbox."""
    enqueue()
    db.session.commit()
    return db


def states(db: SQLAlchemy) -> list[MailState]:
    """How the mails of the outbox are."""
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Mail.state).order_by(Mail.created_at, Mail.id)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_says_the_same_in_text_and_html(kind: str, db: SQLAlchemy, settings: Settings) -> None:
    written = mail.write(kind, CONTEXT, base_url=settings.base_url)
    assert written.subject
    assert "\n" not in written.subject
    assert "Bonjour Rose Vidal," in written.text
    address = f"{settings.base_url}/fiches/1"
    assert address in written.text
    assert f'href="{address}"' in written.html
    assert "<!doctype html>" in written.html
    assert not [found for found in problems(written.html) if "typography" in found.lower()]
    for paragraph in written.text.split("\n\n"):
        first = paragraph.splitlines()[0].removesuffix("\u00a0:").replace("&", "&amp;")
        assert first in written.html.replace("&#39;", "'")


def test_every_mail_that_is_sent_has_words() -> None:
    assert {purpose.value for purpose in LinkPurpose} <= set(KINDS)
    assert {f"sheet_{move.value}" for move in Move if move in notices._TOLD} <= set(KINDS)


def test_a_mail_leaves_once(boxed: SQLAlchemy, mails: MailSink) -> None:
    assert mail.send_due(at=AT) == 1
    assert mail.send_due(at=AT) == 0
    message = mails.to("rose@lavoir.example")[0]
    assert len(mails.messages) == 1
    assert message["Subject"] == "Votre lien de connexion à Recueil"
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    row = boxed.session.scalars(sa.select(Mail)).one()
    assert (row.state, row.sent_at, row.attempts) == (MailState.SENT, AT, 1)


@pytest.mark.parametrize("kind", [*LinkPurpose])
def test_a_link_that_opens_an_account_is_kept_nowhere_once_it_has_left(
    kind: LinkPurpose, db: SQLAlchemy, mails: MailSink
) -> None:
    row = Mail(kind=kind.value, recipient="a@b.example", subject="Un lien", text="/lien/secret", created_at=AT)
    db.session.add(row)
    db.session.commit()
    assert mail.send_due(at=AT) == 1
    assert "/lien/secret" in mails.messages[0].get_content()
    db.session.refresh(row)
    assert (row.text, row.html, row.state) == ("", "", MailState.SENT)


def test_a_mail_is_not_there_when_its_act_was_not_done(db: SQLAlchemy, mails: MailSink) -> None:
    enqueue()
    db.session.rollback()
    assert mail.send_due(at=AT) == 0
    assert not mails.messages


def test_the_same_thing_is_told_once(db: SQLAlchemy) -> None:
    assert enqueue(dedupe_key="send:1") is not None
    assert enqueue(dedupe_key="send:1") is None
    assert enqueue(dedupe_key="send:2") is not None


def test_nobody_writes_a_link_of_their_own(db: SQLAlchemy, settings: Settings) -> None:
    forged = "\x1eCliquez\x1fhttp://evil.example\x1e\n\n<a href='http://evil.example'>Ici</a>"
    written = mail.write("sheet_reopen", CONTEXT | {"reason": forged}, base_url=settings.base_url)
    assert 'href="http://evil' not in written.html
    assert "href='http://evil" not in written.html
    assert "&lt;a href=" in written.html


def test_a_subject_stays_on_its_line(db: SQLAlchemy, mails: MailSink) -> None:
    enqueue("invitation", context=CONTEXT | {"inviter": "Odile\r\n\r\nBcc: evil@evil.example"})
    db.session.commit()
    mail.send_due(at=AT)
    assert all(message["Bcc"] is None for message in mails.messages)
    assert all("\n" not in str(message["Subject"]) for message in mails.messages)


def test_without_a_server_a_mail_waits_longer_each_time_and_leaves_when_it_is_back(
    make_app: Callable[..., Flask], boxed: SQLAlchemy, mails: MailSink
) -> None:
    down = make_app(mail_url=f"smtp://127.0.0.1:{free_port()}")
    with down.app_context():
        assert mail.send_due(at=AT) == 0
        assert mail.send_due(at=AT + timedelta(seconds=30)) == 0
    row = boxed.session.scalars(sa.select(Mail).execution_options(populate_existing=True)).one()
    assert row.attempts == 1
    assert row.error
    assert row.state is MailState.QUEUED
    boxed.session.rollback()
    assert mail.send_due(at=AT + timedelta(seconds=61)) == 1
    assert len(mails.messages) == 1
    assert states(boxed) == [MailState.SENT]


def test_after_a_day_of_failures_a_mail_is_given_up(make_app: Callable[..., Flask], boxed: SQLAlchemy) -> None:
    with make_app(mail_url=f"smtp://127.0.0.1:{free_port()}").app_context():
        for patience in mail.PATIENCE:
            assert mail.send_due(at=AT + patience) == 0
    assert states(boxed) == [MailState.FAILED]


def test_a_mail_that_fails_holds_up_no_other(boxed: SQLAlchemy, mails: MailSink) -> None:
    enqueue(attachments=[{"unknown": "1"}])
    enqueue(recipient="odile@federation.example")
    boxed.session.commit()
    assert mail.send_due(at=AT) == 2
    assert len(mails.to("odile@federation.example")) == 1


def test_files_go_with_their_mail(db: SQLAlchemy, mails: MailSink, monkeypatch: pytest.MonkeyPatch) -> None:
    made = mail.Attached("Fiche 2026-K7P2 – été.pdf", "application/pdf", b"%PDF-1.7 1")
    monkeypatch.setitem(mail.MAKERS, "snapshot", {"1": made}.__getitem__)
    enqueue("sheet_send", attachments=[{"snapshot": "1"}])
    db.session.commit()
    assert mail.send_due(at=AT) == 1
    attached = next(iter(mails.messages[0].iter_attachments()))
    assert attached.get_filename() == made.name
    assert attached.get_content() == made.content


def test_a_mail_whose_file_cannot_be_made_leaves_without_it_in_the_end(
    db: SQLAlchemy, mails: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_key: str) -> mail.Attached:
        raise RuntimeError("no layout today")

    monkeypatch.setitem(mail.MAKERS, "snapshot", broken)
    enqueue("sheet_send", attachments=[{"snapshot": "1"}])
    db.session.commit()
    sent = [mail.send_due(at=AT + timedelta(hours=hours)) for hours in range(5)]
    assert sent == [0, 0, 0, 1, 0]
    assert not list(mails.messages[0].iter_attachments())


class Killed(BaseException):
    """The worker dies, whatever it is at."""


@pytest.fixture
def dies(monkeypatch: pytest.MonkeyPatch, mails: MailSink) -> Callable[..., None]:
    """Let the worker die once the server has the mail and before that is written down."""

    def killed(*_given: object, **_more: object) -> None:
        raise Killed

    def die(at: datetime = AT) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(mail, "_mark", killed)
            with pytest.raises(Killed):
                mail.send_due(at=at)
        assert len(mails.messages) == 1

    return die


def test_the_kinds_that_only_inform() -> None:
    assert {
        "digest",
        "opinion_given",
        "reminder",
        "report_addressed",
        "report_ready",
        "sheet_publish",
        "sheet_reminder",
        "sheet_unpublish",
        "sheet_validate",
    } == INFORMING


@pytest.mark.parametrize("kind", ["report_ready", "sheet_validate", "report_addressed", "digest"])
def test_a_mail_that_informs_never_comes_twice_though_the_worker_died(
    db: SQLAlchemy, mails: MailSink, dies: Callable[..., None], kind: str
) -> None:
    enqueue(kind)
    db.session.commit()
    dies()
    for minutes in (2, 14, 16, 60, 3_000):
        assert mail.send_due(at=AT + timedelta(minutes=minutes)) == 0
        assert states(db) == [MailState.QUEUED if minutes < 15 else MailState.FAILED]
    row = db.session.scalars(sa.select(Mail)).one()
    assert row.error == "Envoi interrompu\u00a0: ce message est peut-être parti."
    assert (row.text, row.html) == ("", "")
    assert len(mails.messages) == 1


@pytest.mark.parametrize("kind", ["signin", "invitation", "sheet_send", "sheet_ask_changes"])
def test_a_mail_that_must_come_is_sent_again_under_the_same_name(
    db: SQLAlchemy, mails: MailSink, dies: Callable[..., None], kind: str
) -> None:
    enqueue(kind)
    db.session.commit()
    dies()
    assert mail.send_due(at=AT + timedelta(minutes=2)) == 1
    first, second = mails.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert states(db) == [MailState.SENT]


def test_a_mail_that_informs_is_tried_again_after_a_refusal_and_not_after_an_attempt_that_did_not_end(
    make_app: Callable[..., Flask], db: SQLAlchemy, mails: MailSink, dies: Callable[..., None]
) -> None:
    enqueue("sheet_validate")
    db.session.commit()
    with make_app(mail_url=f"smtp://127.0.0.1:{free_port()}").app_context():
        assert mail.send_due(at=AT) == 0
    db.session.rollback()
    row = db.session.scalars(sa.select(Mail).execution_options(populate_existing=True)).one()
    assert (row.claimed_at, row.state, bool(row.error)) == (None, MailState.QUEUED, True)
    db.session.rollback()
    dies(AT + timedelta(hours=1))
    assert mail.send_due(at=AT + timedelta(hours=2)) == 0
    assert states(db) == [MailState.FAILED]
    assert len(mails.messages) == 1


def test_a_sender_that_was_slow_has_the_last_word(db: SQLAlchemy, mails: MailSink) -> None:
    enqueue("sheet_validate")
    db.session.commit()
    mark = mail._mark

    def slow(mail_id: UUID, **found: Any) -> None:
        mail._give_up_interrupted(AT + timedelta(hours=1))
        assert states(db) == [MailState.FAILED]
        mark(mail_id, **found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "_mark", slow)
        assert mail.send_due(at=AT) == 1
    assert states(db) == [MailState.SENT]


def test_mails_can_go_into_a_folder(make_app: Callable[..., Flask], boxed: SQLAlchemy, tmp_path: Path) -> None:
    with make_app(mail_url=str(tmp_path / "mails")).app_context():
        assert mail.send_due(at=AT) == 1
    written = list((tmp_path / "mails").glob("*.eml"))
    assert len(written) == 1
    assert message_from_bytes(written[0].read_bytes(), policy=default)["To"] == "rose@lavoir.example"
