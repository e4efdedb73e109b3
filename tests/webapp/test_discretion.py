"""No personal data in the logs, whatever goes well or wrong."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.client import PageClient
from tests.servers import free_port
from tests.signing import post, sign_in, token_of
from tests.test_routes import visits
from webapp.clock import now
from webapp.discretion import without_personal
from webapp.guard import needs
from webapp.models import Job
from webapp.policy import Act
from webapp.services import jobs, mail
from webapp.vocabulary import JobState, MailState, RoleName

EMAIL, NAME, ANSWER, PHONE = (
    "canari.cui@tilleuls.example",
    "Canarie Cuicui",
    "Réponse-canari très secrète",
    "06 98 76 54 32",
)
CANARIES = (EMAIL, EMAIL.upper(), NAME, ANSWER, PHONE, "0698765432")


@pytest.fixture
def said(app: Flask) -> Iterator[io.StringIO]:
    """All that is logged, by whatever logger, formatted with its exception."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    # Below that, the factories of the tests tell what they make.
    root.setLevel(logging.INFO)
    yield out
    root.removeHandler(handler)
    root.setLevel(before)


def quiet(said: io.StringIO) -> None:
    told = said.getvalue()
    assert [canary for canary in CANARIES if canary.lower() in told.lower()] == []


def test_requests_that_succeed_and_that_are_refused(client: PageClient, db: SQLAlchemy, said: io.StringIO) -> None:
    centre = factories.CentreFactory()
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, centre.federation, email=EMAIL, full_name=NAME))
    post(client, "/compte", {"full_name": NAME, "phone": PHONE})
    post(client, "/compte", {"full_name": "", "phone": ANSWER})
    client.get(f"/comptes?q={NAME}")
    client.get(f"/nulle-part/{NAME}?mail={EMAIL}")
    post(client, "/comptes/inviter", {"email": ANSWER, "full_name": NAME})
    post(client, "/donnees-des-personnes", {"email": EMAIL})
    quiet(said)


def test_a_request_that_fails_says_where_and_nothing_of_what_was_typed(
    app: Flask, client: PageClient, db: SQLAlchemy, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_all: Any, **_more: Any) -> None:
        try:
            raise KeyError(NAME)
        except KeyError as error:
            raise ValueError(f"{ANSWER} de {EMAIL}, {PHONE}") from error

    monkeypatch.setitem(app.view_functions, "help.index", needs(Act.HELP_READ)(broken))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert client.get(f"/aide?q={EMAIL}").status_code == 500
    told = said.getvalue()
    assert "builtins.ValueError" in told
    assert "builtins.KeyError" in told
    assert "in broken" in told
    quiet(said)


def test_a_job_and_a_mail_that_fail(app: Flask, db: SQLAlchemy, said: io.StringIO) -> None:
    job = Job(kind="report", arguments={"run": ANSWER}, state=JobState.QUEUED, created_at=now())
    db.session.add(job)
    db.session.commit()
    try:
        jobs.run(job.id, clock=now)
    except Exception:
        logging.getLogger("huey").exception("Unhandled exception in task for %s", EMAIL)
    factories.MailFactory(recipient=f"pas une adresse {EMAIL}", subject=NAME, text=ANSWER)
    mail.send_due(at=now())
    quiet(said)


class Refusing:
    """A mail server that knows nobody, and says so of each by name."""

    async def handle_RCPT(self, _server: SMTP, _session: Session, _envelope: Envelope, *_asked: Any) -> str:  # noqa: N802
        """The name of the method is aiosmtpd's."""
        return f"550 5.1.1 {NAME} ({PHONE}) ne recoit plus rien"


@pytest.fixture
def refusing() -> Iterator[int]:
    controller = Controller(Refusing(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


def test_a_mail_server_that_names_the_reader_is_quoted_on_the_page_and_not_in_the_log(
    make_app: Callable[..., Flask], db: SQLAlchemy, said: io.StringIO, refusing: int
) -> None:
    row = factories.MailFactory(recipient=EMAIL)
    with make_app(mail_url=f"smtp://127.0.0.1:{refusing}").app_context():
        mail.send_due(at=now())
    db.session.refresh(row)
    assert (row.state, NAME in (row.error or "")) == (MailState.FAILED, True)
    assert "SMTPRecipientsRefused 550" in said.getvalue()
    quiet(said)


def test_whatever_is_asked_at_any_address_nothing_of_it_is_told(
    app: Flask, client: PageClient, db: SQLAlchemy, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    client.check_pages = False
    centre = factories.CentreFactory(name=f"Centre {NAME}")
    user = factories.person(RoleName.ADMINISTRATOR, centre.federation, password=None, email=EMAIL, full_name=NAME)
    fields = {"email": EMAIL, "full_name": NAME, "name": NAME, "text": ANSWER, "phone": PHONE, "reason": ANSWER}
    headers = {"User-Agent": NAME, "Referer": f"http://127.0.0.1/?{NAME}", "X-Request-ID": NAME, "Authorization": NAME}
    asked = 0
    for rule, method, path in visits(app):
        if asked % 20 == 0 or "connexion" in rule.rule:
            # Some of them sign out.
            sign_in(client, user)
        given = {**fields, "csrf_token": token_of(client)}
        path = path.replace("/x", f"/{NAME}") if rule.arguments else path
        client.open(
            f"{path}?q={NAME}&mail={EMAIL}", method=method, data=given if method != "GET" else None, headers=headers
        )
        asked += 1
    assert said.getvalue().count("webapp.requests_told INFO") == asked
    quiet(said)


def test_what_is_logged_on_purpose_is_cleaned_too(said: io.StringIO) -> None:
    log = structlog.get_logger("webapp.essai")
    try:
        raise ValueError(ANSWER)
    except ValueError:
        log.exception("failed", to=EMAIL, more={"phone": [PHONE]}, path=f"/x?nom={NAME}")
        logging.getLogger("ailleurs").exception("%s a échoué", EMAIL)
        logging.getLogger("ailleurs").warning("mal formé %d", EMAIL)
    assert "ValueError" in said.getvalue()
    quiet(said)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.from_regex(r"[a-z][a-z0-9.]{0,10}[a-z0-9]@[a-z]{1,8}\.(fr|org|example)", fullmatch=True),
    st.text(alphabet="abc :,;/\n", max_size=20),
)
def test_no_address_is_left_in_any_words(email: str, around: str) -> None:
    assert email not in without_personal(f"{around} {email} {around}")


@pytest.mark.parametrize(
    "kept",
    ["2026-11-26T20:31:53Z", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "GET /fiches 200 12 ms", "0,25 s"],
)
def test_what_tells_nothing_of_anybody_stays(kept: str) -> None:
    assert without_personal(kept) == kept


def test_an_exception_is_told_in_the_one_line_of_its_event(said: io.StringIO) -> None:
    try:
        raise KeyError(NAME)
    except KeyError:
        structlog.get_logger("webapp.essai").exception("failed", path="/fiches")
    [line] = said.getvalue().splitlines()
    assert "failed" in line
    assert line.count("builtins.KeyError") == 1
    quiet(said)
