"""Reports on the web: asked for, watched, fetched, handed to funders and to nobody else."""

import io
import re
from typing import Any
from uuid import uuid4

import pytest
from flask_sqlalchemy import SQLAlchemy
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from forms.lifecycle import SheetState
from tests.client import PageClient
from tests.factories import START, CentreFactory, FunderFactory, campaign_of, expect, person, sent_sheet
from tests.signing import post, sign_in
from webapp import storage
from webapp.models import Event, Federation, Job, Mail, ReportRun
from webapp.queries.report_selection import Selection, expected_centres
from webapp.services import jobs
from webapp.vocabulary import RoleName

ANSWERS: dict[str, Any] = {
    "title": "Atelier vélo",
    "summary": "On répare ensemble.\n- le samedi\n- à plusieurs",
    "dimension": "services",
    "participants_count": {"number": 40, "how": "counted"},
}


def sheet_of(centre: Any, state: SheetState = SheetState.VALIDATED, **answers: Any) -> Any:
    given = {**ANSWERS, **answers}
    return sent_sheet(state, centre=centre, title=given["title"], answers=given)


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return CentreFactory()


@pytest.fixture
def federation(centre: Any) -> Any:
    return centre.federation


@pytest.fixture
def reviewer(client: PageClient, federation: Any) -> Any:
    user = person(RoleName.REVIEWER, federation)
    sign_in(client, user)
    return user


def ask(client: PageClient, federation: Federation, kind: str = "workbook", **form: Any) -> Any:
    return post(client, "/rapports", {"federation": str(federation.id), "kind": kind, **form})


def without_token(response: Any) -> str:
    """A page without its anti-forgery tokens, which tell the time."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", response.text)


def finish(db: SQLAlchemy) -> ReportRun:
    """Do what the worker would do."""
    db.session.rollback()
    run = db.session.query(ReportRun).one()
    assert jobs.run(run.job_id, clock=lambda: START)
    return db.session.get_one(ReportRun, run.id, populate_existing=True)


def test_a_workbook_is_asked_for_made_and_fetched(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    sheet_of(centre, SheetState.SUBMITTED, title="Pas encore validée")
    answer = ask(client, federation, title="Le classeur de l’année")
    waiting = client.get(answer.location)
    assert "En attente" in waiting.text
    assert "data-poll" in waiting.text
    assert '<meta http-equiv="refresh"' in waiting.text

    run = finish(db)
    ready = client.get(f"/rapports/{run.id}")
    assert "data-poll" not in ready.text
    file = client.get(f"/rapports/{run.id}/telecharger")
    book = CalamineWorkbook.from_filelike(io.BytesIO(file.data))
    cells = [str(cell) for row in book.get_sheet_by_name("Fiches").to_python() for cell in row]
    assert "Atelier vélo" in cells
    assert "Pas encore validée" not in cells
    assert "attachment" in file.headers["Content-Disposition"]


def test_a_book_is_a_pdf_of_the_chosen_year(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    older = campaign_of(federation, 2025)
    sent_sheet(
        SheetState.VALIDATED,
        centre=centre,
        campaign=older,
        title="Une autre année",
        answers={"title": "Une autre année"},
    )
    ask(client, federation, "book", years="2026")
    run = finish(db)

    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(_file(client, run))).pages)
    assert "Atelier vélo" in text
    assert "Une autre année" not in text


def _file(client: PageClient, run: ReportRun) -> bytes:
    return bytes(client.get(f"/rapports/{run.id}/telecharger").data)


def test_a_choice_that_no_sheet_answers_is_said_at_once(
    client: PageClient, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    answer = ask(client, federation, **{"facet-dimension": "citoyennete", "title": "Mon titre"})
    assert answer.status_code == 422
    assert "Aucune fiche validée ou publiée ne répond à ce choix" in answer.text
    assert "Mon titre" in answer.text


def test_a_facet_narrows_a_report(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    sheet_of(centre, title="Café citoyen", dimension="citoyennete")
    ask(client, federation, **{"facet-dimension": "citoyennete"})
    run = finish(db)
    book = CalamineWorkbook.from_filelike(io.BytesIO(_file(client, run)))
    cells = [str(cell) for row in book.get_sheet_by_name("Fiches").to_python() for cell in row]
    assert "Café citoyen" in cells
    assert "Atelier vélo" not in cells


def test_a_kind_that_does_not_exist_is_refused_in_words(
    client: PageClient, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    answer = ask(client, federation, "poem")
    assert answer.status_code == 422
    assert "Choisissez un type de rapport" in answer.text


@pytest.mark.parametrize(
    "form",
    [{"years": "9" * 30}, {"years": "1999"}, {"centres": "x"}, {"title": "Le\x00livre"}],
    ids=["number", "year", "centre", "title"],
)
def test_what_no_form_of_ours_posts_is_refused_in_words(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any, form: dict[str, str]
) -> None:
    sheet_of(centre)
    assert ask(client, federation, **form).status_code == 422
    assert db.session.query(ReportRun).count() == 0


def test_a_report_whose_file_is_gone_says_so(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    ask(client, federation)
    run = finish(db)
    storage.delete(run.storage_key or "")
    answer = client.get(f"/rapports/{run.id}/telecharger")
    assert answer.status_code == 404
    assert "demandez-le de nouveau" in answer.text


def test_a_closed_centre_is_expected_no_longer_unless_it_sent_something(db: SQLAlchemy, centre: Any) -> None:
    sheet = sheet_of(centre)
    silent = CentreFactory(federation=centre.federation)
    expect(sheet.campaign, centre, silent)
    chosen = Selection(federation_id=centre.federation_id)
    assert expected_centres(chosen, at=START) == 2
    centre.closed_on = silent.closed_on = START.date()
    db.session.commit()
    assert expected_centres(chosen, at=START) == 1


def test_a_failed_report_says_why(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forms.values import Refused
    from webapp.services import reports

    def refuse(*_args: object) -> None:
        raise Refused("La mise en page prend trop de temps.")

    sheet_of(centre)
    ask(client, federation)
    monkeypatch.setattr(reports, "write", refuse)
    run = finish(db)
    assert "La mise en page prend trop de temps." in client.get(f"/rapports/{run.id}").text
    assert client.get(f"/rapports/{run.id}/telecharger").status_code == 404


def test_a_report_can_be_cancelled(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    address = ask(client, federation).location
    post(client, f"{address}/annuler")
    db.session.rollback()
    run = db.session.query(ReportRun).one()
    assert jobs.run(run.job_id, clock=lambda: START) is False
    assert "a été annulé" in client.get(address).text


def test_a_funder_sees_only_what_was_addressed_to_it(
    client: PageClient, make_client: Any, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    ask(client, federation)
    run = finish(db)
    caf, other = FunderFactory(federation=federation, name="Caf"), FunderFactory(federation=federation, name="Mairie")
    administrator, reader, stranger = make_client(), make_client(), make_client()
    sign_in(administrator, person(RoleName.ADMINISTRATOR, federation))
    sign_in(reader, person(RoleName.FUNDER, caf))
    sign_in(stranger, person(RoleName.FUNDER, other))
    assert reader.get(f"/rapports/{run.id}").status_code == 404
    assert reader.get(f"/rapports/{run.id}/telecharger").status_code == 404

    answer = post(administrator, f"/rapports/{run.id}/financeurs", {"funders": [str(caf.id)]})
    assert answer.status_code == 303
    assert reader.get("/rapports").text.count(f"/rapports/{run.id}") == 1
    assert reader.get(f"/rapports/{run.id}/telecharger").location == f"/rapports/{run.id}"
    assert post(reader, f"/rapports/{run.id}/telecharger").data == _file(administrator, run)
    assert post(stranger, f"/rapports/{run.id}/telecharger").status_code == 404
    assert stranger.get(f"/rapports/{run.id}").status_code == 404
    assert str(run.id) not in stranger.get("/rapports").text


def test_a_funders_opening_is_in_the_journal(
    client: PageClient, make_client: Any, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    ask(client, federation)
    run = finish(db)
    caf = FunderFactory(federation=federation)
    administrator, reader = make_client(), make_client()
    sign_in(administrator, person(RoleName.ADMINISTRATOR, federation))
    account = person(RoleName.FUNDER, caf)
    sign_in(reader, account)
    post(administrator, f"/rapports/{run.id}/financeurs", {"funders": [str(caf.id)]})
    assert reader.get(f"/rapports/{run.id}/telecharger").status_code == 302
    assert db.session.query(Event).filter_by(kind="report.opened").count() == 0
    assert post(reader, f"/rapports/{run.id}/telecharger").status_code == 200

    db.session.rollback()
    opened = db.session.query(Event).filter_by(kind="report.opened").one()
    assert opened.actor_id == account.id


def test_a_funder_newly_addressed_is_told_by_mail_once(
    client: PageClient, make_client: Any, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    ask(client, federation)
    run = finish(db)
    run_id, name = run.id, federation.name
    caf, other = FunderFactory(federation=federation), FunderFactory(federation=federation)
    reader, second = person(RoleName.FUNDER, caf), person(RoleName.FUNDER, other)
    addresses = [reader.email, second.email]
    administrator = make_client()
    sign_in(administrator, person(RoleName.ADMINISTRATOR, federation))
    for funders in ([caf.id], [caf.id, other.id], [other.id], [caf.id, other.id]):
        post(administrator, f"/rapports/{run_id}/financeurs", {"funders": [str(id_) for id_ in funders]})
    assert "prévenus par mail" in administrator.get(f"/rapports/{run_id}").text
    db.session.rollback()
    sent = db.session.query(Mail).filter_by(kind="report_addressed").order_by(Mail.created_at).all()
    assert [mail.recipient for mail in sent] == addresses
    assert name in sent[0].text
    assert f"/rapports/{run_id}" in sent[0].text


def test_a_funder_of_another_federation_cannot_be_addressed(
    client: PageClient, make_client: Any, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    ask(client, federation)
    run = finish(db)
    administrator = make_client()
    sign_in(administrator, person(RoleName.ADMINISTRATOR, federation))
    FunderFactory(federation=federation)
    answer = post(administrator, f"/rapports/{run.id}/financeurs", {"funders": [str(FunderFactory().id)]})
    assert answer.status_code == 422
    assert "de votre fédération" in answer.text


def test_reports_of_another_federation_do_not_exist(
    client: PageClient, make_client: Any, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    ask(client, federation)
    run = finish(db)
    stranger = make_client()
    sign_in(stranger, person(RoleName.ADMINISTRATOR, CentreFactory().federation))
    unknown, foreign = stranger.get(f"/rapports/{uuid4()}"), stranger.get(f"/rapports/{run.id}")
    assert (unknown.status_code, foreign.status_code) == (404, 404)
    assert without_token(unknown) == without_token(foreign)
    assert ask(stranger, federation).status_code == 404


def test_the_centre_has_no_business_here(client: PageClient, centre: Any) -> None:
    sign_in(client, person(RoleName.RESPONSIBLE, centre))
    assert client.get("/rapports").status_code == 403


def test_a_report_made_again_after_a_worker_died_replaces_what_was_there(
    client: PageClient, db: SQLAlchemy, centre: Any, federation: Any, reviewer: Any
) -> None:
    sheet_of(centre)
    ask(client, federation)
    run = finish(db)
    first, job_id = _file(client, run), run.job_id
    db.session.query(Job).filter_by(id=job_id).update({"state": "queued"})
    db.session.commit()
    run = finish(db)
    assert _file(client, run) == first
