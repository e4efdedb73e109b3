"""A report by a personal link: opened by a button, as often as promised, noted, revoked, never told to others."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.values import Refused
from tests.client import PageClient
from tests.factories import CentreFactory, FunderFactory, person
from tests.signing import post, sign_in
from tests.webapp.report_season import made, sheet_of
from webapp.clock import now
from webapp.logs import without_tokens
from webapp.models import Event, Mail, PersonalLink, ReportOpening, ReportRun
from webapp.services import report_handing
from webapp.vocabulary import OpeningKind, RoleName


@pytest.fixture
def federation(db: SQLAlchemy) -> Any:
    centre = CentreFactory()
    sheet_of(centre)
    return centre.federation


@pytest.fixture
def run(db: SQLAlchemy, federation: Any) -> ReportRun:
    return made(db, federation)


@pytest.fixture
def officer(make_client: Any, federation: Any) -> PageClient:
    visitor: PageClient = make_client()
    sign_in(visitor, person(RoleName.ADMINISTRATOR, federation))
    return visitor


def send(officer: PageClient, run: ReportRun, **changed: str) -> Any:
    form = {"email": "Paul@Mairie.example", "name": "Paul Estève", "days": "30", **changed}
    return post(officer, f"/rapports/{run.id}/liens", form)


def token_in(db: SQLAlchemy) -> str:
    """The token of the last link, from its mail: it is kept nowhere else."""
    db.session.rollback()
    mail = db.session.query(Mail).filter_by(kind="report_link").order_by(Mail.created_at.desc()).first()
    assert mail is not None
    found = re.search(r"/rapports/lien/([\w-]+)", mail.text)
    assert found is not None
    return found.group(1)


def openings(db: SQLAlchemy) -> list[tuple[OpeningKind, str]]:
    db.session.rollback()
    rows = db.session.query(ReportOpening).order_by(ReportOpening.at, ReportOpening.kind.desc()).all()
    return [(row.kind, row.email) for row in rows]


def test_a_reader_without_account_opens_the_report_by_the_link(
    client: PageClient, db: SQLAlchemy, officer: PageClient, run: ReportRun
) -> None:
    place = f"/rapports/{run.id}"
    assert send(officer, run).status_code == 303
    token = token_in(db)
    asked = client.get(f"/rapports/lien/{token}")
    assert "Le rapport" in asked.text
    assert "autant de fois" in asked.text
    entered = post(client, f"/rapports/lien/{token}")
    assert entered.status_code == 303
    read = client.get(entered.location)
    assert "Télécharger" in read.text
    file = post(client, f"{entered.location}/telecharger")
    assert file.data == officer.get(f"{place}/telecharger").data
    assert "attachment" in file.headers["Content-Disposition"]
    for answer in (asked, entered, read, file):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
    for answer in (entered, read):
        assert token not in answer.text
        assert token not in str(answer.headers)
    assert openings(db) == [(OpeningKind.PAGE, "paul@mairie.example"), (OpeningKind.FILE, "paul@mairie.example")]
    log = officer.get(place).text
    assert log.count("Paul Estève") >= 3
    assert "Page ouverte" in log
    assert "Fichier téléchargé" in log


def test_what_opens_links_of_mails_by_itself_consumes_and_notes_nothing(
    client: PageClient, make_client: Any, db: SQLAlchemy, officer: PageClient, run: ReportRun
) -> None:
    send(officer, run)
    token = token_in(db)
    for _ in range(3):
        scanner = make_client()
        assert scanner.get(f"/rapports/lien/{token}").status_code == 200
        assert scanner.head(f"/rapports/lien/{token}").status_code == 200
    assert openings(db) == []
    link = db.session.query(PersonalLink).one()
    assert (link.opened_at, link.used_at) == (None, None)
    # Nor does it get in: the page behind knows only who pressed the button.
    assert scanner.get(f"/rapports/recus/{link.id}").status_code == 404
    assert post(scanner, f"/rapports/recus/{link.id}/telecharger").status_code == 404
    assert post(client, f"/rapports/lien/{token}").status_code == 303


def test_a_link_serves_until_its_day_and_no_longer(
    client: PageClient, make_client: Any, db: SQLAlchemy, officer: PageClient, run: ReportRun
) -> None:
    send(officer, run, days="7")
    token = token_in(db)
    for visitor in (client, make_client()):
        assert post(visitor, f"/rapports/lien/{token}").status_code == 303
    link = db.session.query(PersonalLink).one()
    assert timedelta(days=6, hours=23) < link.expires_at - now() <= timedelta(days=7)
    place = f"/rapports/recus/{link.id}"
    assert client.get(place).status_code == 200
    link.expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    assert client.get(f"/rapports/lien/{token}").status_code == 410
    assert post(client, f"/rapports/lien/{token}").status_code == 410
    assert client.get(place).status_code == 404


def test_a_revoked_link_opens_nothing_any_more_not_even_a_page_that_is_open(
    client: PageClient, db: SQLAlchemy, officer: PageClient, run: ReportRun
) -> None:
    run_id = run.id
    send(officer, run)
    send(officer, run, email="autre@mairie.example", name="")
    token = token_in(db)
    place = post(client, f"/rapports/lien/{token}").location
    link_id = place.rpartition("/")[2]
    assert post(officer, f"/rapports/{run_id}/liens/{link_id}/revoquer").status_code == 303
    assert client.get(place).status_code == 404
    assert post(client, f"{place}/telecharger").status_code == 404
    assert client.get(f"/rapports/lien/{token}").status_code == 410
    assert "Révoqué le" in officer.get(f"/rapports/{run_id}").text
    left = db.session.query(PersonalLink).filter(PersonalLink.revoked_at.is_(None)).all()
    assert [link.email for link in left] == ["paul@mairie.example"]


def test_a_session_that_was_let_in_two_hours_ago_takes_the_link_again(
    client: PageClient, db: SQLAlchemy, officer: PageClient, run: ReportRun
) -> None:
    send(officer, run)
    place = post(client, f"/rapports/lien/{token_in(db)}").location
    with client.session_transaction() as kept:
        kept["report_grants"] = {place.rpartition("/")[2]: int(now().timestamp()) - 1}
    assert client.get(place).status_code == 404


def test_sending_a_link_issues_the_report(db: SQLAlchemy, officer: PageClient, run: ReportRun) -> None:
    page = officer.get(f"/rapports/{run.id}").text
    assert "L’envoyer émet le rapport" in page
    send(officer, run)
    db.session.refresh(run)
    assert (run.version, run.issued_at is not None) == (1, True)
    assert db.session.query(Event).filter_by(kind="report.issued").count() == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"email": "paul"}, "Indiquez une adresse mail complète"),
        ({"days": "4000"}, "Choisissez dans la liste"),
        ({"days": "-1"}, "Choisissez dans la liste"),
        ({"name": "a" * 201}, "Raccourcissez ce nom"),
    ],
)
def test_a_link_that_cannot_be_sent_is_refused_and_issues_nothing(
    db: SQLAlchemy, officer: PageClient, run: ReportRun, form: dict[str, str], said: str
) -> None:
    answer = send(officer, run, **form)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert 'value="Paul@Mairie.example"' in answer.text or "email" in form
    db.session.refresh(run)
    assert run.version is None
    assert db.session.query(PersonalLink).count() == 0


def test_only_those_who_may_address_a_report_send_links(
    make_client: Any, db: SQLAlchemy, federation: Any, run: ReportRun
) -> None:
    reviewer = make_client()
    sign_in(reviewer, person(RoleName.REVIEWER, federation))
    assert send(reviewer, run).status_code == 403
    assert "Envoyer le lien" not in reviewer.get(f"/rapports/{run.id}").text
    with pytest.raises(Refused):
        report_handing.send_link(
            run.id, email="x", name="", days=7, actor_id=person(RoleName.ADMINISTRATOR, federation).id, at=now()
        )


def test_a_link_of_another_report_is_not_revoked_from_here(
    db: SQLAlchemy, officer: PageClient, federation: Any, run: ReportRun
) -> None:
    send(officer, run)
    token_in(db)
    link_id = db.session.query(PersonalLink).one().id
    other = made(db, federation)
    assert post(officer, f"/rapports/{other.id}/liens/{link_id}/revoquer").status_code == 404


def test_a_funders_fetching_stands_in_the_reports_log(
    make_client: Any, db: SQLAlchemy, officer: PageClient, federation: Any, run: ReportRun
) -> None:
    run_id, funder = run.id, FunderFactory(federation=federation)
    reader = person(RoleName.FUNDER, funder, full_name="Jeanne Vidal")
    email = reader.email
    post(officer, f"/rapports/{run_id}/financeurs", {"funders": str(funder.id)})
    visitor = make_client()
    sign_in(visitor, reader)
    assert "v1" in visitor.get(f"/rapports/{run_id}").text
    assert "Ouvertures" not in visitor.get(f"/rapports/{run_id}").text
    assert visitor.get(f"/rapports/{run_id}/telecharger").status_code == 302
    assert openings(db) == []
    assert post(visitor, f"/rapports/{run_id}/telecharger").status_code == 200
    # The federation's own reading is not written down.
    assert post(officer, f"/rapports/{run_id}/telecharger").status_code == 200
    assert openings(db) == [(OpeningKind.FILE, email)]
    assert "Jeanne Vidal" in officer.get(f"/rapports/{run_id}").text


def test_no_token_stands_in_the_journal_nor_in_the_log(
    app: Flask, db: SQLAlchemy, officer: PageClient, run: ReportRun, caplog: pytest.LogCaptureFixture
) -> None:
    send(officer, run)
    token = token_in(db)
    assert not [event for event in db.session.query(Event) if token in str(event.data)]
    path = f"/rapports/lien/{token}"
    with caplog.at_level(logging.ERROR), app.test_request_context(path):
        app.log_exception((ValueError, ValueError("broken"), None))
    assert "/rapports/lien/…" in caplog.text
    assert token not in caplog.text


def test_only_what_opens_something_is_taken_out_of_a_log() -> None:
    uuid = "/rapports/0b0e5ad1-9d1c-4a5c-8a39-0c6a2d9d7a11/telecharger"
    assert without_tokens(uuid) == uuid
    assert without_tokens(f"/avis/{'aZ_9-' * 9}/pieces") == "/avis/…/pieces"
