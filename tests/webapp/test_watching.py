"""Watching the service: figures, one line a request under an id that is carried on, a page of what failed."""

import gzip
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import brotli
import pytest
import structlog
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from prometheus_client.parser import text_string_to_metric_families

from tests.client import PageClient
from tests.factories import CentreFactory, FederationFactory, JobFactory, MailFactory, SheetFactory, grant, person
from tests.servers import MailSink
from tests.signing import post, sign_in, token_of
from webapp import health
from webapp.clock import now
from webapp.models import BackupRun, Mail, WorkerSeen
from webapp.request_ids import begin, end, on_behalf_of
from webapp.services import jobs, mail, workers
from webapp.vocabulary import JobState, MailState, RoleName

CANARY = "Canari-des-Orchidées"


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines of requests, as they were written."""
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "webapp.requests_told"]


@pytest.fixture
def in_json(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    before = structlog.get_config()
    structlog.configure(processors=[*before["processors"][:-1], structlog.processors.JSONRenderer()])
    caplog.set_level(logging.INFO)
    return caplog


def test_a_request_is_one_line_without_a_word_of_what_was_asked(
    client: PageClient, in_json: pytest.LogCaptureFixture
) -> None:
    user = person(RoleName.MEMBER, CentreFactory(), password=None, email="canari@exemple.example")
    sheet = SheetFactory(centre=user.roles[0].centre)
    sign_in(client, user)
    user_id, in_address = str(user.id), str(sheet.id)
    client.get(f"/fiches/{in_address}?q={CANARY}")
    client.patch(
        f"/fiches/{in_address}/reponses",
        json={"base_revision": 0, "answers": {"summary": CANARY}},
        headers={"X-CSRFToken": token_of(client)},
    )
    lines = told(in_json)
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/fiches/<uuid:id>", 200),
        ("PATCH", "/fiches/<uuid:id>/reponses", 200),
    ]
    assert {line["user"] for line in lines} == {user_id}
    assert all(line["ms"] >= 0 and line["bytes"] > 0 and line["request"] for line in lines)
    written = in_json.text
    for secret in (CANARY, "canari@exemple.example", in_address):
        assert secret not in written


def test_an_id_is_taken_from_a_proxy_that_is_believed_and_drawn_otherwise(
    make_app: Callable[..., Flask], db: SQLAlchemy
) -> None:
    given = "abcdef-0123456789"
    believing, other = make_app(proxies=1).test_client(), make_app().test_client()
    assert believing.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given
    assert other.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given
    for bad in ("<script>", "a b", "é" * 12, "x" * 500, ""):
        assert believing.get("/healthz", headers={"X-Request-ID": bad}).headers["X-Request-ID"] not in {bad, ""}
    assert len({other.get("/healthz").headers["X-Request-ID"] for _ in range(20)}) == 20


def test_jobs_and_mails_keep_the_id_of_the_request_that_asked_for_them(
    db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("asked-for-it")
    try:
        job = jobs.ask("essai", {}, owner_id=None, federation_id=None, at=now())
        db.session.commit()
    finally:
        end()
    assert job.request_id == "asked-for-it"

    def write(running: jobs.Running) -> dict[str, Any]:
        MailFactory()
        return {}

    monkeypatch.setitem(jobs.HANDLERS, "essai", write)
    job_id = job.id
    db.session.commit()
    with on_behalf_of(jobs.request_of(job_id)):
        jobs.run(job_id, clock=now)
    assert db.session.query(Mail).one().request_id == "asked-for-it"
    assert JobFactory().request_id is None


def test_unknown_addresses_and_methods_make_no_series(make_app: Callable[..., Flask], db: SQLAlchemy) -> None:
    visitor = make_app().test_client()
    visitor.get("/metrics")
    visitor.get("/nulle-part")
    visitor.open("/nulle-part", method="PARLER")
    visitor.get(f"/fiches/{uuid4()}")
    before = visitor.get("/metrics").text.count("\n")
    for number in range(100):
        visitor.open(f"/{uuid4()}", method=f"M{number}")
        visitor.get(f"/fiches/{uuid4()}?q={number}")
    assert visitor.get("/metrics").text.count("\n") == before


def test_figures_tell_what_waits_and_for_how_long(make_app: Callable[..., Flask], db: SQLAlchemy) -> None:
    JobFactory(kind="report", state=JobState.FAILED)
    JobFactory(kind="report", state=JobState.QUEUED, created_at=now() - timedelta(seconds=600))
    MailFactory(state=MailState.FAILED)
    workers.seen("machine:1", at=now())
    said = make_app().test_client().get("/metrics").text
    lines = dict(line.rsplit(" ", 1) for line in said.splitlines() if not line.startswith("#"))
    assert lines['recueil_jobs{kind="report",state="failed"}'] == "1.0"
    assert lines['recueil_mails{state="failed"}'] == "1.0"
    assert 600 <= float(lines["recueil_job_oldest_waiting_seconds"]) < 1200
    assert lines["recueil_mail_oldest_waiting_seconds"] == "0.0"
    assert lines['recueil_mails{state="dropped"}'] == "0.0"
    assert lines['recueil_jobs{kind="report",state="running"}'] == "0.0"
    assert abs(float(lines["recueil_worker_last_seen_timestamp_seconds"]) - now().timestamp()) < 600
    assert lines["recueil_database_up"] == "1.0"


def test_a_save_is_counted_with_how_long_it_took_and_how_it_ended(
    make_app: Callable[..., Flask], db: SQLAlchemy
) -> None:
    visitor = make_app().test_client()
    user = person(RoleName.MEMBER, CentreFactory(), password=None)
    sheet = SheetFactory(centre=user.roles[0].centre)
    sign_in(visitor, user)
    headers, address = {"X-CSRFToken": token_of(visitor)}, f"/fiches/{sheet.id}/reponses"
    said = {"base_revision": 0, "answers": {"summary": "Un atelier."}}
    assert visitor.patch(address, json=said, headers=headers).status_code == 200
    assert visitor.patch(address, json=said | {"answers": {"summary": "Un autre."}}, headers=headers).status_code == 409
    lines = visitor.get("/metrics").text.splitlines()
    counted = {
        line.partition("{")[2]
        for line in lines
        if line.startswith(("recueil_save_duration_seconds_count", "recueil_requests_total")) and "reponses" not in line
    }
    assert {'outcome="saved"} 1.0', 'outcome="refused"} 1.0'} <= counted
    assert 'recueil_save_duration_seconds_bucket{le="+Inf",outcome="saved"} 1.0' in lines


def test_figures_have_names_and_kinds_as_prometheus_wants_them(make_app: Callable[..., Flask], db: SQLAlchemy) -> None:
    visitor = make_app().test_client()
    visitor.get("/healthz")
    families = list(text_string_to_metric_families(visitor.get("/metrics").text))
    units = {"histogram": "_seconds", "summary": "_seconds"}
    unnamed = [one.name for one in families if not one.documentation or not one.name.endswith(units.get(one.type, ""))]
    assert unnamed == []
    assert {one.name.partition("_")[0] for one in families} == {"recueil", "process"}
    counters = {sample.name for one in families if one.type == "counter" for sample in one.samples}
    assert {name for name in counters if not name.endswith(("_total", "_created"))} == set()


def test_figures_are_for_those_who_may_have_them(make_app: Callable[..., Flask], db: SQLAlchemy) -> None:
    far = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
    guarded = make_app(metrics_token="un jeton pour les chiffres").test_client()
    assert guarded.get("/metrics").status_code == 200
    assert guarded.get("/metrics", **far).status_code == 404
    assert guarded.get("/metrics", headers={"Authorization": "Bearer un autre"}, **far).status_code == 404
    right = {"Authorization": "Bearer un jeton pour les chiffres"}
    assert guarded.get("/metrics", headers=right, **far).status_code == 200
    for open_to_none in ({"Authorization": "Bearer "}, {}):
        assert make_app().test_client().get("/metrics", headers=open_to_none, **far).status_code == 404


def test_in_production_a_proxy_nobody_told_of_opens_nothing(make_app: Callable[..., Flask], db: SQLAlchemy) -> None:
    production = {"environment": "production", "base_url": "https://recueil.exemple.fr", "rate_limits": True}
    assert make_app(**production).test_client().get("/metrics").status_code == 404
    assert make_app(**production, proxies=1).test_client().get("/metrics").status_code == 200


def test_readiness_names_what_is_missing(make_app: Callable[..., Flask], db: SQLAlchemy, tmp_path: Path) -> None:
    app = make_app()
    visitor = app.test_client()
    assert visitor.get("/readyz").get_json() == {
        "status": "ready",
        "parts": {"database": "ok", "migrations": "ok", "queue": "ok", "storage": "ok"},
    }
    app.extensions["recueil.heads"] = {"9999_to_come"}
    behind = visitor.get("/readyz")
    assert (behind.status_code, behind.get_json()["parts"]["migrations"]) == (503, "behind")
    health.leave(app)
    assert visitor.get("/readyz").get_json()["parts"]["process"] == "leaving"
    assert visitor.get("/healthz").status_code == 200


def test_a_worker_is_seen_until_it_goes(db: SQLAlchemy) -> None:
    workers.seen("gone for long", at=now() - timedelta(days=2))
    workers.seen("here", at=now() - timedelta(minutes=1))
    workers.seen("here", at=now())
    assert [row.name for row in db.session.query(WorkerSeen).all()] == ["here"]
    workers.gone("here")
    assert db.session.query(WorkerSeen).all() == []


def test_a_job_that_is_handed_back_waits_for_another_worker(db: SQLAlchemy) -> None:
    job = JobFactory(kind="report")
    jobs.claim(job.id, at=now())
    jobs.hand_back(job.id)
    db.session.refresh(job)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)


@pytest.fixture
def administrator(client: PageClient) -> PageClient:
    sign_in(client, person(RoleName.ADMINISTRATOR, FederationFactory(), password=None))
    return client


def test_a_federation_watches_over_its_own_and_the_platform_over_all(
    administrator: PageClient, make_client: Callable[[], PageClient], db: SQLAlchemy
) -> None:
    other = CentreFactory()
    JobFactory(federation_id=other.federation_id, state=JobState.FAILED, error="Ce gabarit manque.")
    MailFactory(recipient="ailleurs@exemple.example", centre_id=other.id, state=MailState.FAILED, error="550 Inconnu")
    person(RoleName.MEMBER, other, password=None, email="membre@exemple.example")
    page = administrator.get("/surveillance")
    assert "Ce gabarit manque." not in page.text
    assert "ailleurs@exemple.example" not in page.text
    platform = make_client()
    sign_in(platform, person(RoleName.PLATFORM, password=None))
    page = platform.get("/surveillance")
    assert "Ce gabarit manque." in page.text
    assert "ailleurs@exemple.example" in page.text
    assert "550 Inconnu" in page.text


def test_a_mail_to_a_person_alone_is_its_federation_s_unless_they_have_another(
    client: PageClient, db: SQLAlchemy
) -> None:
    centre = CentreFactory()
    theirs = person(RoleName.MEMBER, centre, password=None)
    shared = person(RoleName.MEMBER, centre, password=None)
    grant(shared, RoleName.MEMBER, CentreFactory())
    MailFactory(recipient="eux@exemple.example", user_id=theirs.id, state=MailState.FAILED)
    MailFactory(recipient="partage@exemple.example", user_id=shared.id, state=MailState.FAILED)
    sign_in(client, person(RoleName.ADMINISTRATOR, centre.federation, password=None))
    page = client.get("/surveillance")
    assert "eux@exemple.example" in page.text
    assert "partage@exemple.example" not in page.text


def test_a_mail_that_failed_leaves_once_however_often_it_is_tried_again(
    client: PageClient, db: SQLAlchemy, mails: MailSink
) -> None:
    centre = CentreFactory()
    failed = MailFactory(
        recipient="enfin@exemple.example", centre_id=centre.id, state=MailState.FAILED, error="550 Inconnu", attempts=8
    )
    sign_in(client, person(RoleName.ADMINISTRATOR, centre.federation, password=None))
    for _ in range(2):
        assert post(client, f"/surveillance/mails/{failed.id}/relancer").status_code == 303
    for _ in range(2):
        mail.send_due(at=now())
    assert len(mails.to("enfin@exemple.example")) == 1
    assert post(client, f"/surveillance/mails/{failed.id}/relancer").status_code == 303
    mail.send_due(at=now())
    assert len(mails.to("enfin@exemple.example")) == 1


def test_a_mail_whose_words_are_gone_is_not_offered_to_leave_again(client: PageClient, db: SQLAlchemy) -> None:
    centre = CentreFactory()
    MailFactory(recipient="peut-etre@exemple.example", centre_id=centre.id, state=MailState.FAILED, text="", html="")
    sign_in(client, person(RoleName.ADMINISTRATOR, centre.federation, password=None))
    page = client.get("/surveillance").text
    assert "Abandonner" in page
    assert "Relancer" not in page
    MailFactory(recipient="encore@exemple.example", centre_id=centre.id, state=MailState.FAILED)
    assert client.get("/surveillance").text.count("Relancer") == 1


def test_a_mail_that_is_given_up_never_leaves_and_keeps_no_link(
    client: PageClient, db: SQLAlchemy, mails: MailSink
) -> None:
    centre = CentreFactory()
    waiting = MailFactory(recipient="jamais@exemple.example", centre_id=centre.id)
    sign_in(client, person(RoleName.ADMINISTRATOR, centre.federation, password=None))
    assert post(client, f"/surveillance/mails/{waiting.id}/abandonner").status_code == 303
    mail.send_due(at=now())
    db.session.refresh(waiting)
    assert (waiting.state, waiting.text, waiting.html) == (MailState.DROPPED, "", "")
    assert mails.to("jamais@exemple.example") == []
    assert post(client, f"/surveillance/mails/{waiting.id}/relancer").status_code == 303
    db.session.refresh(waiting)
    assert waiting.state is MailState.DROPPED


def test_a_job_that_failed_is_done_once_however_often_one_presses(
    app: Flask, client: PageClient, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[UUID] = []

    def work(running: jobs.Running) -> dict[str, Any]:
        done.append(running.id)
        return {}

    monkeypatch.setitem(jobs.HANDLERS, "report", work)
    centre = CentreFactory()
    failed = JobFactory(federation_id=centre.federation_id, state=JobState.FAILED, error="Ce gabarit manque.")
    sign_in(client, person(RoleName.ADMINISTRATOR, centre.federation, password=None))
    assert "Reprendre" in client.get("/surveillance").text
    huey = app.extensions["recueil.queue"]["huey"]
    huey.flush()
    job_id = failed.id
    for _ in range(2):
        assert post(client, f"/surveillance/travaux/{job_id}/reprendre").status_code == 303
    assert [task.args for task in huey.pending()] == [(str(job_id),)]
    db.session.refresh(failed)
    assert (failed.state, failed.error) == (JobState.QUEUED, None)
    db.session.rollback()
    assert [jobs.run(job_id, clock=now) for _ in range(2)] == [True, False]
    assert done == [job_id]
    assert post(client, f"/surveillance/travaux/{job_id}/reprendre").status_code == 303
    db.session.refresh(failed)
    assert failed.state is JobState.DONE


@pytest.fixture
def platform(make_app: Callable[..., Flask], db: SQLAlchemy, tmp_path: Path) -> PageClient:
    """Who runs the service, where backups are set to be taken."""
    visitor = make_app(backups=str(tmp_path / "sauvegardes")).test_client()
    assert isinstance(visitor, PageClient)
    sign_in(visitor, person(RoleName.PLATFORM, password=None))
    return visitor


def backed_up(db: SQLAlchemy, **details: Any) -> None:
    db.session.add(BackupRun(slot=str(uuid4()), place="/sauvegardes", name=f"{uuid4()}.recueil", **details))
    db.session.commit()


def test_whoever_runs_the_service_sees_how_backups_stand(platform: PageClient, db: SQLAlchemy) -> None:
    assert "La première sauvegarde n’est pas encore faite." in platform.get("/surveillance").text
    ago = now() - timedelta(hours=3)
    backed_up(db, started_at=ago, finished_at=ago, drilled_at=ago)
    assert "La dernière sauvegarde a abouti il y a 3 heures." in platform.get("/surveillance").text
    backed_up(db, started_at=now(), finished_at=now(), error="Le disque est plein.")
    page = platform.get("/surveillance").text
    assert "La dernière sauvegarde a échoué\u00a0: Le disque est plein." in page
    assert "a abouti" not in page


def test_without_backups_whoever_runs_the_service_is_told(client: PageClient, db: SQLAlchemy) -> None:
    sign_in(client, person(RoleName.PLATFORM, password=None))
    assert "Aucune sauvegarde automatique n’est réglée" in client.get("/surveillance").text


def test_a_federation_hears_nothing_of_the_machine_s_backups(administrator: PageClient) -> None:
    assert "watched-backups" not in administrator.get("/surveillance").text


RECEIVED: list[bytes] = []


class Receiver(BaseHTTPRequestHandler):
    """Takes what an error tracker is told."""

    def do_POST(self) -> None:
        """Keep it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(self.headers.get("Content-Encoding", ""), bytes)
        RECEIVED.append(unpack(body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


FAILING = """
import sys, sentry_sdk
from webapp import create_app
from webapp.config import Settings
app = create_app(Settings(folder=sys.argv[1], sentry_dsn=sys.argv[2]))
app.config["WTF_CSRF_ENABLED"] = False
def view(what):
    from flask import request
    answer = request.form["answer"]
    raise ValueError(answer)
view.public = True
app.add_url_rule("/casse/<what>", "break", view, methods=["POST"])
headers = {"Cookie": "a=CANARY", "X-Any": "CANARY", "User-Agent": "CANARY"}
told = app.test_client().post("/casse/CANARY?q=CANARY", data={"answer": "CANARY"}, headers=headers)
sentry_sdk.flush(timeout=10)
print(told.status_code, told.headers["X-Request-ID"])
"""


def test_an_error_is_told_where_somebody_listens_and_nothing_of_what_was_typed(tmp_path: Path) -> None:
    pytest.importorskip("sentry_sdk")
    RECEIVED.clear()
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://key@127.0.0.1:{server.server_port}/1"
    command = [sys.executable, "-c", FAILING, str(tmp_path), address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    server.shutdown()
    server.server_close()
    status, request_id = done.stdout.split()
    said = b"\n".join(RECEIVED).decode()
    assert status == "500"
    assert "ValueError" in said
    assert request_id in said
    assert "/casse/<what>" in said
    assert "CANARY" not in said


def test_without_a_listener_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    code = "import sys; from webapp import create_app; from webapp.config import Settings; "
    code += f"create_app(Settings(folder={str(tmp_path)!r})); print('sentry_sdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"
