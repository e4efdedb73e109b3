"""The servers that tests use are real: a browser opens pages, a mail arrives."""

import smtplib
import threading
from http.client import HTTPConnection
from urllib.request import urlopen

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Page

from tests.factories import FederationFactory
from tests.servers import MailSink, free_port, web_server
from webapp.config import Settings, SmtpMail
from webapp.models import Federation


@pytest.mark.browser
def test_a_browser_opens_a_page_and_hears_nothing_amiss(live_server: str, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{live_server}/aide")
    assert page.get_by_role("heading", level=1).inner_text() == "Aide"
    assert said == []


def test_a_mail_sent_arrives(settings: Settings, mails: MailSink) -> None:
    assert isinstance(settings.mail, SmtpMail)
    with smtplib.SMTP(settings.mail.host, settings.mail.port) as server:
        server.sendmail("a@exemple.example", ["b@exemple.example"], "To: b@exemple.example\nSubject: Essai\n\nBonjour")
    assert [message["Subject"] for message in mails.to("b@exemple.example")] == ["Essai"]


def test_a_test_that_has_only_looked_keeps_no_server_from_writing(live_server: str, db: SQLAlchemy) -> None:
    federation = FederationFactory()
    assert federation.name
    done, engine = threading.Event(), db.engine

    def write() -> None:
        with engine.begin() as connection:
            connection.execute(Federation.__table__.delete())
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert done.wait(10)
    thread.join()
    with urlopen(f"{live_server}/readyz", timeout=10) as response:
        assert response.status == 200


def test_a_server_stops_although_a_browser_keeps_its_connection(app: Flask) -> None:
    running = threading.active_count()
    for _ in range(20):
        port = free_port()
        with web_server(app, port=port):
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/healthz")
            assert connection.getresponse().read()
        with pytest.raises(OSError, match="refused"):
            HTTPConnection("127.0.0.1", port, timeout=10).connect()
        connection.close()
    assert threading.active_count() <= running
