"""Webhooks: written with the move, signed, sent again until they are taken; never to the inside of a network."""

import base64
import hashlib
import hmac
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import Move, SheetState
from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.servers import environment
from tests.signing import post, sign_in
from tests.webapp.webhook_receiver import Receiver, an_authority, receiving
from webapp import webhook_calls
from webapp.clock import now
from webapp.config import Settings
from webapp.models import Event, Mail, Sheet, Webhook, WebhookDelivery
from webapp.queries.accounts import actor_of
from webapp.services import sheets, webhook_sending, webhooks
from webapp.vocabulary import DeliveryState, RoleName
from webapp.webhook_calls import parsed, resolved
from webapp.webhook_words import KINDS, STATES, kind_in_words

AT = now()
EVERY = [move.value for move in Move]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as kept:
        yield kept


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    return factories.sent_sheet(SheetState.SUBMITTED)


def told(sheet: Sheet, url: str, moves: list[str] = EVERY) -> tuple[Webhook, str]:
    return webhooks.make(sheet.federation, url=url, moves=moves, actor_id=None, at=AT)


def validate(sheet: Sheet, at: datetime = AT) -> None:
    reviewer = factories.person(RoleName.REVIEWER, sheet.federation, password=None)
    sheets.move(sheet.id, Move.VALIDATE, actor=actor_of(reviewer), at=at)


def deliveries(db: SQLAlchemy) -> list[WebhookDelivery]:
    db.session.expire_all()
    return db.session.query(WebhookDelivery).order_by(WebhookDelivery.created_at, WebhookDelivery.id).all()


def send(at: datetime = AT) -> int:
    return webhook_sending.send_due(at=at)


def test_a_move_is_told_signed_and_without_answers(db: SQLAlchemy, sheet: Sheet, receiver: Receiver) -> None:
    _webhook, secret = told(sheet, receiver.url)
    validate(sheet)
    assert send() == 1
    ((headers, body),) = receiver.got
    (delivery,) = deliveries(db)
    assert (delivery.state, delivery.answer, delivery.attempts) == (DeliveryState.SENT, 204, 1)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    assert headers["webhook-id"] == str(delivery.id)
    said = json.loads(body)
    assert said["type"] == "sheet.validate"
    assert (said["data"]["from"], said["data"]["state"]) == ("submitted", "validated")
    assert said["data"]["sheet"] == str(sheet.id)
    assert sheet.action.title not in body.decode()
    assert send() == 0


def test_a_refused_move_is_told_to_nobody(db: SQLAlchemy, sheet: Sheet, receiver: Receiver) -> None:
    told(sheet, receiver.url)
    factories.QueryFactory(sheet=sheet)
    with pytest.raises(Refused):
        validate(sheet)
    db.session.rollback()
    assert deliveries(db) == []


def test_only_the_chosen_moves_of_the_own_federation_are_told(db: SQLAlchemy, sheet: Sheet, receiver: Receiver) -> None:
    told(sheet, receiver.url, ["publish"])
    told(factories.sent_sheet(), receiver.url)
    validate(sheet)
    assert deliveries(db) == []


def test_what_is_not_taken_is_sent_again_later_and_given_up_after_a_day(
    db: SQLAlchemy, sheet: Sheet, receiver: Receiver
) -> None:
    told(sheet, receiver.url)
    validate(sheet)
    receiver.status = 500
    at, moments = AT, []
    while True:
        send(at)
        (delivery,) = deliveries(db)
        moments.append(at - AT)
        if delivery.state is not DeliveryState.QUEUED:
            break
        assert send(delivery.due_at - timedelta(seconds=1)) == 0
        assert len(receiver.got) == len(moments)
        at = delivery.due_at
    assert (delivery.state, delivery.answer) == (DeliveryState.FAILED, 500)
    waits = [later - sooner for sooner, later in pairwise(moments)]
    assert waits == sorted(waits)
    assert len(moments) == len(webhook_sending.PATIENCE)
    assert timedelta(hours=10) < moments[-1] < timedelta(hours=30)
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1


def test_an_address_that_comes_back_is_told_then(db: SQLAlchemy, sheet: Sheet, receiver: Receiver) -> None:
    told(sheet, receiver.url)
    validate(sheet)
    receiver.status = 503
    assert send() == 0
    receiver.status = 200
    assert send(AT + timedelta(minutes=2)) == 1
    assert deliveries(db)[0].state is DeliveryState.SENT


ONE_ROUND = """
from webapp import create_app
from webapp.clock import now
from webapp.config import Settings
from webapp.services import webhook_sending

with create_app(Settings()).app_context():
    webhook_sending.send_due(at=now())
"""


def test_a_worker_that_is_killed_while_the_address_thinks_sends_the_same_again_once(
    db: SQLAlchemy, sheet: Sheet, receiver: Receiver, settings: Settings
) -> None:
    told(sheet, receiver.url)
    validate(sheet, now())
    receiver.open.clear()
    worker = subprocess.Popen([sys.executable, "-c", ONE_ROUND], env=environment(settings))
    assert receiver.arrived.wait(300)
    worker.kill()
    worker.wait()
    receiver.open.set()
    killed = now()
    assert send(killed) == 0
    assert send(killed + timedelta(minutes=2)) == 1
    assert send(killed + timedelta(days=2)) == 0
    first, second = receiver.got
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]
    assert [(one.state, one.attempts) for one in deliveries(db)] == [(DeliveryState.SENT, 2)]


def test_two_workers_that_see_the_same_waiting_tell_it_once(
    app: Flask, db: SQLAlchemy, sheet: Sheet, receiver: Receiver
) -> None:
    told(sheet, receiver.url)
    validate(sheet)
    (waiting,) = webhook_sending._due(AT).values()
    db.session.remove()
    receiver.open.clear()
    threads = [threading.Thread(target=webhook_sending._Round(app, AT, waiting).go) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert receiver.arrived.wait(60)
    receiver.open.set()
    for thread in threads:
        thread.join()
    assert len(receiver.got) == 1
    assert [(one.state, one.attempts) for one in deliveries(db)] == [(DeliveryState.SENT, 1)]


def test_an_address_that_thinks_holds_up_no_other(
    db: SQLAlchemy, sheet: Sheet, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_calls, "SECONDS", 300)
    monkeypatch.setattr(webhook_calls, "LONGEST_SECONDS", 300)
    with receiving() as slow:
        slow.open.clear()
        webhook, _secret = told(sheet, slow.url)
        told(sheet, receiver.url)
        webhooks.try_out(webhook.id, at=AT - timedelta(minutes=1))
        validate(sheet)
        db.session.remove()
        app = current_app._get_current_object()  # type: ignore[attr-defined]

        def work() -> None:
            with app.app_context():
                send()

        thread = threading.Thread(target=work)
        thread.start()
        assert slow.arrived.wait(60)
        assert receiver.arrived.wait(60), "the other one waits"
        assert send() == 0
        slow.open.set()
        thread.join()
    assert {one.state for one in deliveries(db)} == {DeliveryState.SENT}


def test_the_administrators_hear_once_that_an_address_was_given_up(
    db: SQLAlchemy, sheet: Sheet, receiver: Receiver
) -> None:
    webhook, _secret = told(sheet, receiver.url)
    known = factories.person(RoleName.ADMINISTRATOR, sheet.federation, password=None)
    factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory(), password=None)
    factories.person(RoleName.REVIEWER, sheet.federation, password=None)
    db.session.commit()

    def give_up(at: datetime) -> list[Mail]:
        webhooks.try_out(webhook.id, at=at).attempts = len(webhook_sending.PATIENCE) - 1
        db.session.commit()
        assert send(at) == 0
        return db.session.query(Mail).filter_by(kind="webhook_given_up").order_by(Mail.created_at).all()

    receiver.status = 500
    (mail,) = give_up(AT)
    assert mail.recipient == known.email
    assert receiver.url in mail.text
    assert "statut 500" in mail.text
    assert "/webhooks" in mail.text
    assert len(give_up(AT + timedelta(days=10))) == 1
    receiver.status = 200
    webhooks.try_out(webhook.id, at=AT + timedelta(days=20))
    assert send(AT + timedelta(days=20)) == 1
    receiver.status = 500
    assert len(give_up(AT + timedelta(days=30))) == 2


@pytest.mark.parametrize("shown", ["good", "expired", "of another name", "of an unknown authority"])
def test_an_address_is_told_only_under_a_good_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    trusted, other = an_authority(tmp_path / "trusted"), an_authority(tmp_path / "other")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    context = {
        "good": trusted.shows,
        "expired": lambda: trusted.shows(days=-1),
        "of another name": lambda: trusted.shows(name="exemple.fr"),
        "of an unknown authority": other.shows,
    }[shown]()
    with receiving(context) as kept:
        answer = webhook_calls.call(kept.url, "{}", {"webhook-id": "1"}, careful=False)
    if shown == "good":
        assert answer == webhook_calls.Answer(204, "")
        assert kept.got[0][1] == b"{}"
    else:
        assert answer == webhook_calls.Answer(None, "Le certificat de cette adresse n’est pas bon.")
        assert kept.got == []


def leads(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> list[str]:
    """Let every name lead to these addresses; which names were looked up."""
    real, asked = socket.getaddrinfo, list[str]()

    def look_up(name: str, port: int, *details: Any, **named: Any) -> Any:
        if name.replace(".", "").isdigit():
            return real(name, port, *details, **named)
        asked.append(name)
        return [entry for host in hosts for entry in real(host, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_that_leads_inside_beside_the_outside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    leads(monkeypatch, "1.1.1.1", "10.0.0.8")
    with pytest.raises(Refused):
        resolved(parsed("https://exemple.fr/", careful=True), careful=True)


def test_a_name_is_looked_up_once_and_the_call_goes_where_it_led(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    port = urlsplit(receiver.url).port
    asked = leads(monkeypatch, "127.0.0.1")
    answer = webhook_calls.call(f"http://exemple.fr:{port}/", "{}", {}, careful=False)
    assert answer.taken
    assert asked == ["exemple.fr"]
    assert receiver.got[0][0]["host"] == f"exemple.fr:{port}"


def test_a_site_that_answers_by_its_second_address_only_is_told(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    # Nobody listens there at that port.
    leads(monkeypatch, "127.0.0.2", "127.0.0.1")
    answer = webhook_calls.call(f"http://exemple.fr:{urlsplit(receiver.url).port}/", "{}", {}, careful=False)
    assert answer.taken


def test_no_redirection_is_followed(db: SQLAlchemy, sheet: Sheet, receiver: Receiver) -> None:
    told(sheet, receiver.url)
    validate(sheet)
    receiver.status, receiver.location = 302, receiver.url
    assert send() == 0
    assert len(receiver.got) == 1
    assert "Redirection" in (deliveries(db)[0].error or "")


def test_an_address_that_fails_does_not_hold_up_the_others(db: SQLAlchemy, sheet: Sheet, receiver: Receiver) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as gone:
        away = f"http://127.0.0.1:{gone.server_port}/"
    bad, _secret = told(sheet, away)
    good, _secret = told(sheet, receiver.url)
    for _ in range(3):
        webhooks.try_out(bad.id, at=AT)
    webhooks.try_out(good.id, at=AT)
    assert send() == 1
    tried = [delivery.attempts for delivery in deliveries(db) if delivery.webhook_id == bad.id]
    assert sorted(tried) == [0, 0, 1]


INSIDE = (
    "https://127.0.0.1/",
    "https://localhost/",
    "https://[::1]/",
    "https://10.0.0.8/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.8]/",
    "https://[64:ff9b::a00:8]/",
    "https://[2002:7f00:1::]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://192.0.0.8/",
    "https://198.18.0.1/",
    "https://[::a00:8]/",
    "https://[64:ff9b:1::a00:8]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[2001:0:a00:8::f5ff:fff7]/",
)


@pytest.mark.parametrize("url", INSIDE)
def test_in_production_nothing_goes_to_the_inside_of_a_network(url: str) -> None:
    with pytest.raises(Refused):
        resolved(parsed(url, careful=True), careful=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://exemple.fr/",
        "https://exemple.fr:22/",
        "https://a:b@exemple.fr/",
        "https://exemple.fr/#a",
        "ftp://exemple.fr/",
        "https:///a",
        "exemple.fr",
        "https://exemple.fr/ a",
        "https://exemple.fr/\r\nHost: a",
        "https://exemple.fr:x/",
        "https://exemple.fr/" + "a" * 500,
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        parsed(url, careful=True)
    assert refused.value.question == "url"


def test_an_address_outside_is_taken() -> None:
    assert resolved(parsed("https://1.1.1.1/a", careful=True), careful=True) == ["1.1.1.1"]
    assert resolved(parsed("https://[2606:4700:4700::1111]/", careful=True), careful=True) == ["2606:4700:4700::1111"]


def test_a_name_that_leads_inside_later_is_refused_when_sending(
    make_app: Callable[..., Flask], db: SQLAlchemy, sheet: Sheet, receiver: Receiver
) -> None:
    told(sheet, receiver.url)
    validate(sheet)
    db.session.remove()
    secret = "a key for tests, long enough to be taken"
    app = make_app(base_url="https://recueil.example", secret_key=secret, rate_limits=True)
    with app.app_context():
        assert send() == 0
    assert receiver.got == []
    (delivery,) = deliveries(db)
    assert delivery.state is DeliveryState.QUEUED
    assert delivery.error


def test_a_server_that_trickles_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_calls, "LONGEST_SECONDS", 0.3)
    over = threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            over.wait(30)

        def log_message(self, *_details: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        answer = webhook_calls.call(f"http://127.0.0.1:{server.server_port}/", "{}", {}, careful=False)
        over.set()
        server.shutdown()
    assert not answer.taken


def test_an_administrator_makes_tries_and_withdraws_a_webhook(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, receiver: Receiver
) -> None:
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, sheet.federation, password=None))
    made = post(client, "/webhooks", {"url": receiver.url, "moves": ["validate", "publish"]})
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", made.text)
    webhook = db.session.query(Webhook).one()
    assert secret not in webhook.secret
    assert webhooks.secret_of(webhook) == secret
    assert secret not in client.get("/webhooks").text
    assert post(client, f"/webhooks/{webhook.id}/essai").status_code == 303
    receiver.status = 400
    send(now())
    page = client.get("/webhooks").text
    assert "Essai" in page
    assert "réponse 400" in page
    (delivery,) = deliveries(db)
    delivery.state = DeliveryState.FAILED
    db.session.commit()
    receiver.status = 200
    assert post(client, f"/webhooks/{webhook.id}/envois/{delivery.id}/renvoyer").status_code == 303
    assert send(now()) == 1
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1
    assert post(client, f"/webhooks/{webhook.id}/retirer").status_code == 303
    assert receiver.url not in client.get("/webhooks").text
    kinds = {event.kind for event in db.session.query(Event) if event.kind.startswith("webhook.")}
    assert kinds == {"webhook.made", "webhook.ended"}


def test_what_waits_is_dropped_with_its_webhook(db: SQLAlchemy, sheet: Sheet, receiver: Receiver) -> None:
    webhook, _secret = told(sheet, receiver.url)
    validate(sheet)
    webhooks.end(webhook.id, actor_id=None, at=AT)
    assert send(AT + timedelta(hours=1)) == 0
    assert receiver.got == []


def test_the_form_says_what_is_wrong(client: PageClient, db: SQLAlchemy, sheet: Sheet) -> None:
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, sheet.federation, password=None))
    for data, words in (
        ({"url": "", "moves": ["send"]}, "Donnez l’adresse"),
        ({"url": "exemple", "moves": ["send"]}, "commence par https"),
        ({"url": "http://127.0.0.1:9/"}, "Choisissez au moins un geste"),
        ({"url": "http://127.0.0.1:9/", "moves": ["fly"]}, "Choisissez dans la liste"),
    ):
        answer = post(client, "/webhooks", data)
        assert answer.status_code == 422
        assert words in answer.text
    assert db.session.query(Webhook).count() == 0


def test_what_was_told_long_ago_is_forgotten(db: SQLAlchemy) -> None:
    old = factories.WebhookDeliveryFactory(state=DeliveryState.SENT, created_at=AT - timedelta(days=61))
    factories.WebhookDeliveryFactory(webhook=old.webhook, state=DeliveryState.SENT, created_at=AT)
    send()
    assert len(deliveries(db)) == 1


def test_the_worker_is_woken_by_a_move(app: Flask, db: SQLAlchemy, sheet: Sheet, receiver: Receiver) -> None:
    huey = app.extensions["recueil.queue"]["huey"]
    told(sheet, receiver.url)
    huey.flush()
    validate(sheet)
    assert "webhooks" in {task.name for task in huey.pending()}
    huey.flush()


def test_every_move_and_state_has_words() -> None:
    assert set(KINDS) == set(Move)
    assert set(STATES) == set(DeliveryState)
    assert kind_in_words(webhooks.TRIAL) == "Essai"
    assert all(kind_in_words(f"sheet.{move.value}").startswith("Fiche ") for move in Move)
