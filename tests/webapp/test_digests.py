"""Mails as each person wants them: at once, once a day, never."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.servers import MailSink
from tests.signing import sign_in
from tests.webapp.test_mail import CONTEXT, KINDS
from webapp import models
from webapp.blueprints.accounts.messages import CATEGORIES
from webapp.services import digests, mail, mail_preferences
from webapp.services.mail_kinds import CATEGORY_OF, OFFERED
from webapp.vocabulary import LinkPurpose, MailCategory, MailManner, PersonalPurpose

EVENING = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
SEVEN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
"""Seven o'clock in Paris, the next morning."""


@pytest.fixture
def reader(db: SQLAlchemy) -> Iterator[models.User]:
    """Somebody who wants one digest a day of all that may wait."""
    user = factories.UserFactory(email="rose@lavoir.example", full_name="Rose Vidal")
    mail_preferences.choose(user, {category.value: "digest" for category in OFFERED})
    yield user
    db.session.rollback()


def tell(kind: str = "sheet_validate", at: datetime = EVENING, **details: Any) -> models.Mail | None:
    """A mail to Rose."""
    told = mail.enqueue(kind, recipient="rose@lavoir.example", at=at, context=CONTEXT, **details)
    mail.db.session.commit()
    return told


def digests_sent(mails: MailSink) -> list[str]:
    """The texts of the digests that arrived."""
    found = [message for message in mails.messages if str(message["Subject"]).startswith("Votre résumé")]
    return [message.get_body(("plain",)).get_content() for message in found]  # type: ignore[union-attr]


def morning(at: datetime = SEVEN) -> None:
    digests.compose_due(at=at)
    mail.send_due(at=at)


def test_every_kind_of_mail_is_classified() -> None:
    assert set(CATEGORY_OF) == set(KINDS)
    assert set(OFFERED) | {MailCategory.ACCOUNT, MailCategory.RECEIPT} == set(MailCategory)
    assert set(CATEGORIES) == set(OFFERED)


def test_what_opens_something_is_never_kept_waiting() -> None:
    opening = {purpose.value for purpose in (*LinkPurpose, *PersonalPurpose)}
    assert {CATEGORY_OF[kind] for kind in opening & set(CATEGORY_OF)} == {MailCategory.ACCOUNT}


@pytest.mark.parametrize("kind", [kind for kind, category in CATEGORY_OF.items() if category not in OFFERED])
def test_what_protects_or_proves_leaves_at_once(kind: str, reader: models.User) -> None:
    assert tell(kind) is not None


@pytest.mark.parametrize("kind", [kind for kind, category in CATEGORY_OF.items() if category in OFFERED])
def test_what_informs_waits_for_the_morning(kind: str, reader: models.User, mails: MailSink) -> None:
    assert tell(kind) is None
    mail.send_due(at=EVENING)
    morning(SEVEN - timedelta(minutes=1))
    assert not mails.messages
    if kind not in mail.CHECKS:
        morning()
        assert len(digests_sent(mails)) == 1


def test_a_digest_holds_everything_that_waits_with_its_links(
    reader: models.User, mails: MailSink, settings: Any
) -> None:
    tell("sheet_validate")
    tell("sheet_ask_changes", at=EVENING + timedelta(minutes=1))
    morning()
    [text] = digests_sent(mails)
    assert "La fiche 2026-K7P2 est validée" in text
    assert "Combien sont-ils" in text
    assert f"{settings.base_url}/fiches/1" in text
    assert text.count("Bonjour") == 1


def test_never_two_digests_a_day(reader: models.User, mails: MailSink) -> None:
    tell()
    morning()
    tell(at=SEVEN + timedelta(hours=1))
    for hours in (1, 2, 10):
        morning(SEVEN + timedelta(hours=hours))
    assert len(digests_sent(mails)) == 1
    morning(SEVEN + timedelta(days=1))
    assert len(digests_sent(mails)) == 2


def test_a_worker_that_was_away_at_seven_makes_the_digest_later(reader: models.User, mails: MailSink) -> None:
    tell()
    morning(SEVEN + timedelta(hours=5))
    assert len(digests_sent(mails)) == 1


def test_the_same_thing_waits_once_and_is_not_told_again(reader: models.User, mails: MailSink) -> None:
    tell(dedupe_key="a")
    tell(dedupe_key="a")
    morning()
    [text] = digests_sent(mails)
    assert text.count("est validée") == 1
    mail_preferences.choose(reader, {"sheets": "now"})
    assert tell(dedupe_key="a") is None


def test_what_waits_is_forgotten_where_its_reader_no_longer_wants_it(reader: models.User, mails: MailSink) -> None:
    tell()
    mail_preferences.choose(reader, {"sheets": "never"})
    morning()
    assert not mails.messages


def test_a_closed_account_gets_no_digest(reader: models.User, mails: MailSink, db: SQLAlchemy) -> None:
    tell()
    reader.active = False
    db.session.commit()
    morning()
    assert not mails.messages


def test_without_a_word_everything_comes_at_once(db: SQLAlchemy) -> None:
    factories.UserFactory(email="rose@lavoir.example")
    assert tell() is not None


def test_who_wants_none_gets_none(reader: models.User, mails: MailSink, db: SQLAlchemy) -> None:
    mail_preferences.choose(reader, {"sheets": "never"})
    assert tell() is None
    morning()
    assert not mails.messages
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(models.DigestLine))


def test_what_must_be_known_cannot_be_refused(reader: models.User) -> None:
    with pytest.raises(Refused) as refused:
        mail_preferences.choose(reader, {"queries": "never"})
    assert refused.value.question == "queries"
    assert mail_preferences.of(reader.id)[MailCategory.QUERIES] is MailManner.DIGEST


def test_one_chooses_on_ones_account(client: PageClient, db: SQLAlchemy) -> None:
    user = factories.UserFactory()
    sign_in(client, user)
    assert "/compte/messages" in client.get("/compte").text
    form = form_on(client.get("/compte/messages"))
    assert form.values("reminders") == ["now"]
    assert form.fill(reminders="digest", sheets="never").press(client).location == "/compte/messages"
    form = form_on(client.get("/compte/messages"))
    assert [form.values(name) for name in ("queries", "sheets", "reminders")] == [["now"], ["never"], ["digest"]]
    refused = form.fill(queries="never").press(client)
    assert refused.status_code == 422
    assert "Choisissez dans la liste." in refused.text
