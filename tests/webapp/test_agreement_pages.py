"""Agreements with funders on the web: made, changed, closed, reported on; each funder sees its own alone."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask_sqlalchemy import SQLAlchemy
from pypdf import PdfReader
from sqlalchemy.exc import IntegrityError

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.factories import START, AgreementFactory, CentreFactory, FunderFactory, campaign_of, person, sent_sheet
from tests.signing import post, sign_in
from webapp import storage
from webapp.commands.report import command
from webapp.models import Agreement, Event, ReportRun
from webapp.queries import agreements
from webapp.queries.report_selection import Selection, selected
from webapp.services import jobs, report_handing
from webapp.vocabulary import RoleName

PLAN = [
    {"funder": "Caf", "type": "caf", "requested": "1000.00", "granted": "800.50"},
    {"funder": "Commune de Valbourg", "type": "commune", "requested": "300.00"},
]


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return CentreFactory()


@pytest.fixture
def funder(centre: Any) -> Any:
    return FunderFactory(federation=centre.federation, name="Caf du Val")


@pytest.fixture
def admin(client: PageClient, centre: Any) -> Any:
    user = person(RoleName.ADMINISTRATOR, centre.federation)
    sign_in(client, user)
    return user


def sheet_of(centre: Any, year: int = 2026, state: SheetState = SheetState.VALIDATED, **answers: Any) -> Any:
    given = {"title": "Le bal des voisins", "funding_lines": PLAN, **answers}
    return sent_sheet(
        state, centre=centre, campaign=campaign_of(centre.federation, year), title=given["title"], answers=given
    )


def typed(funder: Any, **changes: Any) -> dict[str, Any]:
    return {
        "funder": str(funder.id),
        "title": "Animation de la vie locale",
        "reference": "2024-17",
        "first_year": "2024",
        "last_year": "2026",
        "address": "Service action sociale\n12 rue des Lilas",
        "requested": "6 000",
        "granted": "5 000,50",
        **changes,
    }


def kinds(db: SQLAlchemy) -> list[str]:
    return list(db.session.scalars(sa.select(Event.kind).order_by(Event.seq)))


def test_an_agreement_is_made_changed_closed_and_reopened(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any, admin: Any
) -> None:
    campaign_of(centre.federation)
    answer = post(client, "/conventions/nouvelle", typed(funder, centres=[str(centre.id)]))
    assert answer.status_code == 303
    page = client.get(answer.location).text
    for words in ("Animation de la vie locale", "2024-17", "Caf du Val", centre.name, "5\u202f000,50\u00a0€"):
        assert words in page, words
    row = db.session.query(Agreement).one()
    assert (row.requested_cents, row.granted_cents, row.years) == (600_000, 500_050, (2024, 2025, 2026))
    assert [line.centre_id for line in row.centres] == [centre.id]
    address = f"/conventions/{row.id}"
    changed = typed(funder, title="Parentalité", centres=[], themes=["keywords:parentalite"], partner_kinds=["caf"])
    assert post(client, f"{address}/modifier", changed).status_code == 303
    page = client.get(address).text
    assert "Parentalité" in page
    assert "Avec pour partenaire ou financeur\u00a0: Caf" in page
    assert post(client, f"{address}/clore", {}).status_code == 303
    assert "Rouvrir la convention" in client.get(address).text
    refused = post(client, f"{address}/modifier", changed | {"title": "Autre"})
    assert refused.status_code == 422
    assert "rouvrez-la" in refused.text
    assert post(client, f"{address}/rouvrir", {}).status_code == 303
    assert kinds(db)[-4:] == ["agreement.made", "agreement.changed", "agreement.closed", "agreement.reopened"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"last_year": "2027"}, "un à trois ans"),
        ({"last_year": "2023"}, "un à trois ans"),
        ({"first_year": "vingt"}, "année de quatre chiffres"),
        ({"title": " "}, "Indiquez l’objet"),
        ({"funder": ""}, "Choisissez un financeur"),
        ({"granted": "beaucoup"}, "montant"),
        ({"centres": ["00000000-0000-4000-8000-000000000000"]}, "Choisissez dans la liste"),
    ],
)
def test_what_was_typed_is_kept_where_it_is_refused(
    client: PageClient, db: SQLAlchemy, funder: Any, admin: Any, changes: dict[str, Any], said: str
) -> None:
    answer = post(client, "/conventions/nouvelle", typed(funder) | changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert "12 rue des Lilas" in answer.text
    assert not db.session.query(Agreement).count()


def test_a_reference_stands_once_in_a_federation(client: PageClient, db: SQLAlchemy, funder: Any, admin: Any) -> None:
    assert post(client, "/conventions/nouvelle", typed(funder)).status_code == 303
    again = post(client, "/conventions/nouvelle", typed(funder))
    assert again.status_code == 422
    assert "porte déjà cette référence" in again.text
    without = [post(client, "/conventions/nouvelle", typed(funder, reference="")).status_code for _ in range(2)]
    assert without == [303, 303]


@pytest.mark.parametrize("years", [(2026, 2025), (2024, 2027)])
def test_the_database_refuses_other_than_one_to_three_years(db: SQLAlchemy, years: tuple[int, int]) -> None:
    with pytest.raises(IntegrityError, match="one_to_three_years"):
        AgreementFactory(first_year=years[0], last_year=years[1])
    db.session.rollback()


def test_the_database_refuses_a_funder_of_another_federation(db: SQLAlchemy, centre: Any) -> None:
    with pytest.raises(IntegrityError):
        AgreementFactory(funder=FunderFactory(), federation=centre.federation)
    db.session.rollback()


def test_a_funder_of_another_federation_is_refused(client: PageClient, db: SQLAlchemy, admin: Any) -> None:
    answer = post(client, "/conventions/nouvelle", typed(FunderFactory()))
    assert answer.status_code == 422
    assert "financeur de votre fédération" in answer.text


def test_an_agreement_holds_the_validated_sheets_of_its_years_centres_actions_and_partners(
    db: SQLAlchemy, centre: Any, funder: Any
) -> None:
    other = CentreFactory(federation=centre.federation)
    kept = sheet_of(centre, 2026, keywords=["culture"])
    published = sheet_of(other, 2025, SheetState.PUBLISHED, title="Théâtre", funding_lines=[], partners=["caf"])
    sheet_of(centre, 2026, SheetState.SUBMITTED, title="Pas encore")
    sheet_of(centre, 2023, title="Trop tôt")
    alone = sheet_of(other, 2026, title="Sans partenaire", funding_lines=[])

    def found(**terms: Any) -> set[str]:
        agreement = AgreementFactory(funder=funder, **terms)
        wanted = agreements.selection_of(agreement, agreement.years)
        assert Selection.from_json(wanted.to_json()) == wanted
        return {sheet.reference for sheet in selected(wanted)}

    every = {kept.reference, published.reference, alone.reference}
    assert found() == every
    assert found(first_year=2026) == {kept.reference, alone.reference}
    assert found(centres=[other]) == {published.reference, alone.reference}
    assert found(actions=[kept.action]) == {kept.reference}
    assert found(actions=[kept.action], centres=[other]) == set()
    assert found(themes={"keywords": ["culture"]}) == {kept.reference}
    assert found(partner_kinds=["caf"]) == {kept.reference, published.reference}
    assert found(partner_kinds=["commune"]) == {kept.reference}


def test_its_page_counts_by_year_and_says_what_lacks(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any, admin: Any
) -> None:
    sheet_of(centre)
    campaign_of(centre.federation, 2025)
    agreement = AgreementFactory(funder=funder, first_year=2024, last_year=2026)
    page = re.sub(r"<[^>]+>", " ", client.get(f"/conventions/{agreement.id}").text)
    page = " ".join(page.split())
    assert "1 fiche validée de 1 centre." in page
    assert "2024 pas de campagne –" in page
    assert "2025 aucune encore –" in page
    assert "2026 1 1" in page
    assert "74 – Subventions d’exploitation, réalisation un montant accordé sur 1 ligne" in page
    assert "60 à 68 – Charges" in page


def make_report(client: PageClient, db: SQLAlchemy, agreement: Any, **form: Any) -> ReportRun:
    answer = post(client, f"/conventions/{agreement.id}/rapport", {"years": ["2026"], **form})
    assert answer.status_code == 303, answer.text
    db.session.rollback()
    run = db.session.query(ReportRun).one()
    assert jobs.run(run.job_id, clock=lambda: START)
    return db.session.get_one(ReportRun, run.id, populate_existing=True)


def test_a_report_stands_there_as_it_stands_in_the_list(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any, admin: Any
) -> None:
    sheet_of(centre)
    agreement = AgreementFactory(funder=funder)
    run = make_report(client, db, agreement)
    for words in ("Prêt", "Émis, v1"):
        for address in (f"/conventions/{agreement.id}", "/rapports", f"/rapports/{run.id}"):
            assert words in client.get(address).text, address
        if run.issued_at is None:
            report_handing.issue(run.id, actor_id=admin.id, at=START)


def test_the_report_is_made_from_the_page_and_addressed_to_the_funder(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any, admin: Any
) -> None:
    sheet_of(centre)
    agreement = AgreementFactory(funder=funder, reference="2026-17", address="Service action sociale")
    run = make_report(client, db, agreement)
    assert (run.kind, run.title, run.file_name) == (
        "funder",
        "Rapport de convention – Caf du Val",
        "rapport-financeur-2026.pdf",
    )
    assert run.storage_key
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(storage.get(run.storage_key))).pages)
    for words in ("Caf du Val", "Service action sociale", "2026-17", "800,50", "Le bal des voisins"):
        assert words in text, words
    reader = person(RoleName.FUNDER, funder)
    sign_in(client, reader)
    assert "Aucun rapport ne vous a encore été adressé" in client.get(f"/conventions/{agreement.id}").text
    sign_in(client, admin)
    assert run.title in client.get(f"/conventions/{agreement.id}").text
    assert post(client, f"/rapports/{run.id}/financeurs", {"funders": [str(funder.id)]}).status_code == 303
    sign_in(client, reader)
    page = client.get(f"/conventions/{agreement.id}").text
    assert f"/rapports/{run.id}" in page
    assert "Faire le rapport" not in page
    assert "Ce qui manque" not in page


def test_on_the_screen_the_report_says_the_key_figures_of_its_pdf(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any, admin: Any
) -> None:
    sheet = sheet_of(centre)
    run = make_report(client, db, AgreementFactory(funder=funder))
    assert run.storage_key
    pdf = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(storage.get(run.storage_key))).pages[:2])
    page = client.get(f"/rapports/{run.id}/apercu").text
    shown = re.sub(r"<[^>]+>", "", page[page.index("Chiffres clés") : page.index("Les fiches")])
    for words in ("Demandé au financeur", "1 000 €", "Accordé par le financeur", "800,50 €", "1 montant sur 1 ligne"):
        assert words in " ".join(pdf.split()), words
        assert words in " ".join(shown.split()), words
    # What all funders gave together is no key figure of this report.
    assert "1 300 €" not in " ".join(shown.split())
    behind = client.get(f"/rapports/{run.id}/chiffres/funder.granted").text
    assert sheet.reference in behind
    assert "Accordé par le financeur" in behind
    assert "800,50" in behind
    assert client.get(f"/rapports/{run.id}/chiffres/funder.unknown").status_code == 404


def test_the_report_takes_up_the_passages_that_the_funder_s_people_share(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any, admin: Any
) -> None:
    sheet = sheet_of(centre, summary="On y danse. On y parle. On y mange. On y revient.")
    read = factories.received_report(funder, sheet)
    other = FunderFactory(federation=centre.federation)
    passages = {"On y danse.": (funder, True), "On y parle.": (funder, False), "On y mange.": (other, True)}
    for text, (whose, shared) in passages.items():
        factories.QuoteFactory(sheet=sheet, funder=whose, report_run=read, text=text, shared=shared, note="À citer.")
    read_id, agreement = read.id, AgreementFactory(funder=funder)
    assert post(client, f"/conventions/{agreement.id}/rapport", {"years": ["2026"]}).status_code == 303
    db.session.rollback()
    run = db.session.query(ReportRun).filter(ReportRun.id != read_id).one()
    assert jobs.run(run.job_id, clock=lambda: START)
    db.session.refresh(run)
    assert run.storage_key
    pages = PdfReader(io.BytesIO(storage.get(run.storage_key))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert text.count("À citer.") == 1
    # The sheet says all of them itself; what is quoted stands in the report once more.
    said = text.count("On y revient.")
    assert [text.count(passage) - said for passage in passages] == [1, 0, 0]


def test_the_command_line_makes_it_of_all_its_years(db: SQLAlchemy, centre: Any, funder: Any, tmp_path: Path) -> None:
    sheet_of(centre)
    sheet_of(centre, 2025, title="L’an passé")
    agreement = AgreementFactory(funder=funder)
    out = tmp_path / "rapport.pdf"
    done = CliRunner().invoke(command, ["funder", "--agreement", str(agreement.id), "--out", str(out)])
    assert done.exit_code == 0, done.output
    text = "".join(page.extract_text() for page in PdfReader(out).pages)
    assert "Le bal des voisins" in text
    assert "L’an passé" in text
    for words in (["funder"], ["book", "--agreement", str(agreement.id)]):
        refused = CliRunner().invoke(command, [*words, "--out", str(tmp_path / "rien.pdf")])
        assert refused.exit_code == 2
        assert "--agreement va avec" in refused.output


def test_a_report_without_a_year_or_without_a_sheet_is_refused(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any, admin: Any
) -> None:
    sheet_of(centre)
    agreement = AgreementFactory(funder=funder)
    for form, said in (({}, "au moins une année"), ({"years": ["1999"]}, "au moins une année")):
        answer = post(client, f"/conventions/{agreement.id}/rapport", form)
        assert answer.status_code == 422
        assert said in answer.text
    empty = post(client, f"/conventions/{agreement.id}/rapport", {"years": ["2025"]})
    assert empty.status_code == 422
    assert "Aucune fiche validée" in empty.text
    assert not db.session.query(ReportRun).count()


def test_a_funder_sees_its_own_agreements_and_no_other(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any
) -> None:
    campaign = campaign_of(centre.federation)
    factories.address(campaign, funder)
    sheet_of(centre)
    sheet_of(centre, 2025, title="Non adressée")
    own = AgreementFactory(funder=funder, title="La nôtre")
    neighbour = AgreementFactory(funder=FunderFactory(federation=centre.federation), title="Celle du Département")
    sign_in(client, person(RoleName.FUNDER, funder))
    page = client.get("/conventions").text
    assert "La nôtre" in page
    assert "Celle du Département" not in page
    assert client.get(f"/conventions/{neighbour.id}").status_code == 404
    shown = " ".join(re.sub(r"<[^>]+>", " ", client.get(f"/conventions/{own.id}").text).split())
    assert "1 fiche validée de 1 centre, parmi celles qui vous sont adressées" in shown
    for path, form in (("modifier", typed(funder)), ("clore", {}), ("rapport", {"years": ["2026"]})):
        assert post(client, f"/conventions/{own.id}/{path}", form).status_code == 403, path


def test_a_reviewer_reads_and_reports_but_changes_nothing(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any
) -> None:
    sheet_of(centre)
    agreement = AgreementFactory(funder=funder)
    sign_in(client, person(RoleName.REVIEWER, centre.federation))
    page = client.get(f"/conventions/{agreement.id}").text
    assert "Faire le rapport" in page
    assert "Clore la convention" not in page
    assert post(client, f"/conventions/{agreement.id}/clore", {}).status_code == 403
    assert make_report(client, db, agreement).finished_at


def test_a_reviewer_of_one_department_reports_on_it_alone(
    client: PageClient, db: SQLAlchemy, centre: Any, funder: Any
) -> None:
    sheet_of(centre, title="Dans le Lot")
    sheet_of(CentreFactory(federation=centre.federation, department="82"), title="Ailleurs")
    limited = person(RoleName.REVIEWER, centre.federation)
    limited.roles[0].departments = ["46"]
    agreement = AgreementFactory(funder=funder)
    db.session.commit()
    sign_in(client, limited)
    shown = " ".join(re.sub(r"<[^>]+>", " ", client.get(f"/conventions/{agreement.id}").text).split())
    assert "1 fiche validée de 1 centre." in shown
    run = make_report(client, db, agreement)
    assert run.parameters["departments"] == ["46"]
    assert run.storage_key
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(storage.get(run.storage_key))).pages)
    assert "Dans le Lot" in text
    assert "Ailleurs" not in text
    assert "départements\u00a0: Lot" in text
