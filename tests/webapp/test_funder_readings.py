"""What funders read: said by their pages, once a half hour; listed for the federation, counted for the centre."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.factories import START
from tests.signing import post, sign_in
from webapp.models import Funder, FunderReading, ReportRun, ReportRunFunder, ReportRunSheet, Sheet, User
from webapp.queries.accounts import actor_of
from webapp.services import reading_desk, readings
from webapp.vocabulary import RoleName, Sharing


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    made: Sheet = factories.sent_sheet(SheetState.VALIDATED, answers={"title": "Le jardin"}, title="Le jardin")
    return made


@pytest.fixture
def funder(sheet: Sheet) -> Funder:
    made: Funder = factories.FunderFactory(federation=sheet.federation, name="Caf du Val")
    factories.address(sheet.campaign, made)
    return made


@pytest.fixture
def run(db: SQLAlchemy, sheet: Sheet, funder: Funder) -> ReportRun:
    made: ReportRun = factories.ReportRunFactory(federation=sheet.federation, title="Le recueil")
    db.session.add(ReportRunFunder(report_run=made, funder=funder))
    factories.hold(made, sheet)
    db.session.commit()
    return made


@pytest.fixture
def adviser(funder: Funder) -> User:
    return factories.person(RoleName.FUNDER, funder, full_name="Isabelle Lectrice")


def lines(db: SQLAlchemy) -> list[FunderReading]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(FunderReading).order_by(FunderReading.at)))


def test_opening_an_address_writes_nothing_and_the_page_says_it(
    client: PageClient, db: SQLAlchemy, run: ReportRun, sheet: Sheet, adviser: User, funder: Funder
) -> None:
    sign_in(client, adviser)
    client.get(f"/rapports/{run.id}")
    page = client.get(f"/fiches/{sheet.id}/lecture").text
    assert f'data-opened="/fiches/{sheet.id}/lecture"' in page
    assert lines(db) == []
    for address in (f"/rapports/{run.id}/lecture", f"/fiches/{sheet.id}/lecture"):
        for _ in range(2):
            assert post(client, address).status_code == 204
    found = lines(db)
    assert {(one.report_run_id, one.sheet_id) for one in found} == {(run.id, None), (None, sheet.id)}
    assert {(one.funder_id, one.user_id, one.name) for one in found} == {(funder.id, adviser.id, "Isabelle Lectrice")}
    assert len(found) == 2


def test_what_is_done_within_a_half_hour_is_one_reading(
    db: SQLAlchemy, run: ReportRun, sheet: Sheet, adviser: User
) -> None:
    line = db.session.get_one(ReportRunSheet, (run.id, sheet.current_snapshot_id))
    actor = actor_of(adviser)
    for minutes in (0, 20, 45, 80):
        reading_desk.stop(line, question="", actor=actor, at=START + timedelta(minutes=minutes))
    found = lines(db)
    assert [(one.at - START, one.until - START) for one in found] == [
        (timedelta(0), timedelta(minutes=45)),
        (timedelta(minutes=80), timedelta(minutes=80)),
    ]
    assert {(one.report_run_id, one.sheet_id) for one in found} == {(run.id, sheet.id)}


def test_the_federation_reading_its_own_is_not_noted(
    client: PageClient, db: SQLAlchemy, run: ReportRun, sheet: Sheet
) -> None:
    sign_in(client, factories.person(RoleName.REVIEWER, sheet.federation))
    assert post(client, f"/rapports/{run.id}/lecture").status_code == 204
    assert lines(db) == []


def test_the_federation_reads_who_read_what_and_takes_it_away(
    client: PageClient, db: SQLAlchemy, run: ReportRun, sheet: Sheet, adviser: User, funder: Funder
) -> None:
    readings.note_report(run, actor=actor_of(adviser), at=START)
    readings.note_sheet(sheet, actor=actor_of(adviser), at=START)
    sign_in(client, factories.person(RoleName.REVIEWER, sheet.federation))
    page = client.get("/rapports/lectures").text
    assert all(word in page for word in ("Isabelle Lectrice", "Caf du Val", "Le jardin", "Le recueil"))
    narrowed = client.get(f"/rapports/lectures?financeur={funder.id}&rapport={run.id}").text
    assert "Isabelle Lectrice" in narrowed
    told = client.get("/rapports/lectures/csv").data.decode("utf-8-sig").splitlines()
    assert told[0].startswith("Début;Fin;Financeur")
    assert len(told) == 3


def test_another_federation_reads_nothing_of_it(
    client: PageClient, db: SQLAlchemy, run: ReportRun, sheet: Sheet, adviser: User
) -> None:
    readings.note_report(run, actor=actor_of(adviser), at=START)
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory()))
    assert "Isabelle Lectrice" not in client.get("/rapports/lectures").text
    assert "Isabelle" not in client.get("/rapports/lectures/csv").text


def test_the_centre_knows_which_funder_read_its_sheet_and_not_who(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, adviser: User
) -> None:
    readings.note_sheet(sheet, actor=actor_of(adviser), at=START)
    sign_in(client, factories.person(RoleName.MEMBER, sheet.centre))
    page = client.get(f"/fiches/{sheet.id}/lecture").text
    assert "Lue par les financeurs" in page
    assert "Caf du Val" in page
    assert "Isabelle" not in page


def test_a_public_sheet_that_a_funder_from_elsewhere_opens_is_in_nobodys_log(
    client: PageClient, db: SQLAlchemy, run: ReportRun, sheet: Sheet, adviser: User
) -> None:
    answers = {"title": "Le four à pain"}
    public = factories.sent_sheet(SheetState.PUBLISHED, centre=sheet.centre, sharing=Sharing.PUBLIC, answers=answers)
    elsewhere = factories.person(
        RoleName.FUNDER, factories.FunderFactory(name="Caf du Lointain"), full_name="Paul Ailleurs"
    )
    for reader in (elsewhere, adviser):
        sign_in(client, reader)
        assert post(client, f"/fiches/{public.id}/lecture").status_code == 204
    assert [(one.name, one.sheet_id) for one in lines(db)] == [("Isabelle Lectrice", public.id)]
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, sheet.federation))
    for address in ("/rapports/lectures", "/rapports/lectures/csv"):
        told = client.get(address).text
        assert "Isabelle Lectrice" in told
        assert not [word for word in ("Ailleurs", "Lointain") if word in told]
    sign_in(client, factories.person(RoleName.MEMBER, sheet.centre))
    assert "Lointain" not in client.get(f"/fiches/{public.id}/lecture").text
