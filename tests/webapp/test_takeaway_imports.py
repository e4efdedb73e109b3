"""Workbooks of many sheets: looked at first, refused by sheet, row and column, taken in part, gone on with."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from werkzeug.test import TestResponse

from forms.catalogue_text import Level
from forms.lifecycle import SheetState
from reports.takeaway.file import open_workbook
from reports.takeaway.layout import Carried
from tests.client import PageClient
from tests.counts import counted
from tests.factories import CampaignFactory, CentreAliasFactory, CentreFactory, FederationFactory, SheetFactory, person
from tests.importing import AT
from tests.page_forms import form_on
from tests.reports.samples import REPAIR
from tests.reports.takeaways import TYPED, Desk, answers_of, read, written
from tests.signing import post, sign_in
from tests.webapp.test_import_pages import send
from webapp.clock import now
from webapp.models import Campaign, Centre, Event, Federation, ImportRun, Sheet
from webapp.policy import ANONYMOUS, Denied
from webapp.services import bringing, imports, sheets
from webapp.services.import_shapes import Fate, Plan
from webapp.services.takeaway_plan import make_workbook_plan
from webapp.vocabulary import ImportKind, RoleName

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = {id: answer for id, answer in REPAIR.items() if id in TYPED}


@pytest.fixture
def campaign(db: SQLAlchemy) -> Campaign:
    """A federation with two centres and a campaign that runs."""
    federation = FederationFactory()
    CentreFactory(federation=federation, name="Centre social du Gué")
    CentreFactory(federation=federation, name="Maison des Ormes")
    made: Campaign = CampaignFactory(federation=federation)
    return made


@pytest.fixture
def boss(client: PageClient, campaign: Campaign) -> PageClient:
    """The federation's administrator, signed in."""
    sign_in(client, person(RoleName.ADMINISTRATOR, campaign.federation))
    return client


def empty(boss: PageClient, campaign: Campaign) -> Desk:
    """The empty workbook for many, as the import page gives it."""
    response = boss.get(f"/imports/campagnes/{campaign.id}/classeur")
    assert response.status_code == 200
    return Desk.with_(response.data)


def fill(at: Desk, sheet: int, **said: Any) -> None:
    """Type a sheet into a column."""
    given = {"organisation": "Centre social du Gué", "title": f"Action {sheet}", "status": "En cours"} | said
    for id, value in given.items():
        at.types(id, value, sheet=sheet, unlocks=id == "year")


def sent(boss: PageClient, campaign: Campaign, at: Desk) -> TestResponse:
    """The page that shows what the workbook would do."""
    answer = send(boss, campaign.federation, at.saves(), "lot.xlsx")
    assert answer.status_code == 303, answer.text
    return boss.get(answer.location)


def titles(db: SQLAlchemy) -> dict[str, Mapping[str, Any]]:
    """Title → answers of every sheet."""
    db.session.rollback()
    return {sheet.answers["title"]: sheet.answers for sheet in db.session.scalars(sa.select(Sheet))}


def words(page: TestResponse) -> str:
    return " ".join(page.text.split())


def test_the_page_gives_an_empty_workbook_with_the_centres_to_choose(boss: PageClient, campaign: Campaign) -> None:
    at = empty(boss, campaign)
    assert f"/imports/campagnes/{campaign.id}/classeur" in boss.get("/imports").text
    offered = [[cell.value for cell in column if cell.value] for column in at.book["Listes"].iter_cols()]
    assert ["Centre social du Gué", "Maison des Ormes"] in offered
    assert at.tab("recueil:fiches").cell(at.row_of("year"), 3).value == 2026


def test_a_workbook_is_looked_at_then_becomes_drafts(boss: PageClient, campaign: Campaign, db: SQLAlchemy) -> None:
    at = empty(boss, campaign)
    fill(at, 1, title="Le jardin", participants_count=12)
    fill(at, 3, title="Le café", organisation="MAISON DES ORMES")
    at.types_row("partners_named", 4, {"name": "Une amicale"}, owner="Fiche 3")
    page = sent(boss, campaign, at)
    assert "2 fiches deviendront des brouillons de leurs centres" in words(page)
    assert titles(db) == {}
    done = form_on(page, page.request.path).press(boss, "Importer")
    assert "Import fait" in boss.get(done.location).text
    assert titles(db)["Le jardin"] == {"title": "Le jardin", "status": "en_cours", "participants_count": counted(12)}
    assert titles(db)["Le café"]["partners_named"] == [{"name": "Une amicale"}]
    for sheet in db.session.scalars(sa.select(Sheet)):
        assert sheet.state is SheetState.DRAFT
        assert sheet.current_snapshot_id is None
    assert {sheet.centre.name for sheet in db.session.scalars(sa.select(Sheet))} == {
        "Centre social du Gué",
        "Maison des Ormes",
    }
    kinds = db.session.scalars(sa.select(Event.kind).where(Event.sheet_id.is_not(None))).all()
    assert kinds == ["sheet.brought"] * 2


def test_errors_are_told_by_sheet_row_and_column_and_keep_everything_out(
    boss: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    at = empty(boss, campaign)
    fill(at, 1, title="Juste")
    fill(at, 2, title="Fausse", participants_count="douze")
    page = sent(boss, campaign, at)
    row = at.row_of("participants_count")
    place = f"Onglet «\u00a0Fiches\u00a0», ligne {row}, colonne D\u00a0: écrivez un nombre entier"
    fausse = page.text[page.text.index(">Fausse<") :]
    assert place in fausse
    answer = form_on(page, page.request.path).press(boss, "Importer")
    assert answer.status_code == 422
    assert "1\u00a0fiche sur 2" in answer.text
    assert titles(db) == {}


def test_a_part_is_taken_when_somebody_says_so_and_the_rest_later(
    boss: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    at = empty(boss, campaign)
    fill(at, 1, title="Juste")
    fill(at, 2, title="Fausse", participants_count="douze")
    page = sent(boss, campaign, at)
    assert "Importer 1\u00a0fiche sans erreur" in page.text
    answer = form_on(page, page.request.path).fill(partial="y").press(boss, "Importer")
    back = boss.get(answer.location)
    assert set(titles(db)) == {"Juste"}
    assert "Une partie est déjà importée" in back.text
    assert "Importé en partie" in boss.get("/imports").text
    run = db.session.scalars(sa.select(ImportRun)).one()
    assert (run.kind, run.confirmed_at) == (ImportKind.WORKBOOK, None)
    events = db.session.scalar(sa.select(sa.func.count()).select_from(Event))
    # The corrected workbook goes on where the first one stopped.
    at.types("participants_count", 12, sheet=2)
    page = sent(boss, campaign, at)
    assert "1 fiche deviendra un brouillon de son centre" in words(page)
    assert "1 fiche restera inchangée" in words(page)
    form_on(page, page.request.path).press(boss, "Importer")
    assert titles(db)["Fausse"]["participants_count"] == counted(12)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == events + 2
    # And coming back to the first run finds nothing more to create.
    assert "0 fiche deviendra" in words(boss.get(answer.location))


def test_what_is_done_is_not_done_again_even_where_the_centre_has_gone_on(
    boss: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    at = empty(boss, campaign)
    fill(at, 1, title="Le jardin", limits="Du classeur")
    page = sent(boss, campaign, at)
    form_on(page, page.request.path).press(boss, "Importer")
    (sheet,) = db.session.scalars(sa.select(Sheet)).all()
    sheet.answers = sheet.answers | {"limits": "Repris par le centre", "people": "Aussi"}
    db.session.commit()
    plan = planned(campaign, at)
    assert [one.fate for one in plan.sheets] == [Fate.UNCHANGED]
    assert plan.all_findings == ()
    at.types("limits", "Corrigé dans le classeur")
    at.types("perspectives", "Ajouté dans le classeur")
    plan = planned(campaign, at)
    assert [one.fate for one in plan.sheets] == [Fate.UPDATED]
    assert dict(plan.sheets[0].answers) == {"perspectives": "Ajouté dans le classeur"}
    assert [(one.question, one.level) for one in plan.all_findings if one.level is Level.ERROR] == [
        ("limits", Level.ERROR)
    ]


def planned(campaign: Campaign, at: Desk) -> Plan:
    return make_workbook_plan(open_workbook(at.saves()), federation_id=campaign.federation_id, at=now())


def test_drafts_that_were_taken_away_come_back_field_by_field(
    boss: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    centre = db.session.scalars(sa.select(Centre)).first()
    sheet = SheetFactory(centre=centre, campaign=campaign, title=ANSWERS["title"], answers=ANSWERS)
    member = person(RoleName.MEMBER, centre)
    sign_in(boss, member)
    at = Desk.with_(boss.get(f"/fiches/emporter/{centre.id}/{campaign.id}/classeur").data)
    at.types("limits", "Du classeur")
    at.types("perspectives", "Aussi")
    at.types("people", None)
    sheet.answers = sheet.answers | {"perspectives": "Changé en ligne"}
    db.session.commit()
    sign_in(boss, person(RoleName.ADMINISTRATOR, campaign.federation))
    page = sent(boss, campaign, at)
    assert "Changé en ligne" not in page.text
    assert "a aussi changé en ligne" in page.text
    assert "est vide dans le classeur" in page.text
    form_on(page, page.request.path).fill(partial="y").press(boss, "Importer")
    db.session.refresh(sheet)
    assert sheet.answers == ANSWERS | {"limits": "Du classeur", "perspectives": "Changé en ligne"}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"year": 2019}, "Il n’y a pas de campagne 2019"),
        ({"year": None}, "Indiquez l’année de la campagne"),
        ({"title": None, "limits": "x"}, "n’a pas de nom d’action"),
        ({"organisation": None}, "Le nom de la structure ne se lit pas"),
        ({"organisation": "Un inconnu"}, "Son département est inconnu"),
    ],
)
def test_a_sheet_that_cant_be_placed_is_refused_in_words(
    boss: PageClient, campaign: Campaign, said: dict[str, Any], message: str
) -> None:
    at = empty(boss, campaign)
    fill(at, 1, **said)
    plan = planned(campaign, at)
    assert [sheet.fate for sheet in plan.sheets] == [Fate.REFUSED]
    assert message in " ".join(finding.message for finding in plan.all_findings)


def test_an_alias_names_the_centre_and_a_doubtful_name_is_asked(
    boss: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    centre = db.session.scalars(sa.select(Centre).where(Centre.name == "Maison des Ormes")).one()
    CentreAliasFactory(centre=centre, name="L’ancien préau")
    at = empty(boss, campaign)
    fill(at, 1, organisation="L’ANCIEN PREAU - Lot")
    fill(at, 2, organisation="Le Gué - Lot")
    page = sent(boss, campaign, at)
    assert "Centre à choisir" in page.text
    refused = form_on(page, page.request.path).fill(partial="y").press(boss, "Importer")
    assert refused.status_code == 422
    assert 'id="centre-1-error"' in refused.text
    form_on(page, page.request.path).fill_in({"centre-1": str(centre.id)}).press(boss, "Importer")
    assert {sheet.centre_id for sheet in db.session.scalars(sa.select(Sheet))} == {centre.id}
    assert len(titles(db)) == 2


def test_a_campaign_that_is_over_takes_no_draft(boss: PageClient, campaign: Campaign, db: SQLAlchemy) -> None:
    at = empty(boss, campaign)
    fill(at, 1)
    campaign.shown_deadline = campaign.last_creation = campaign.last_edit = date(2026, 1, 1)
    db.session.commit()
    plan = planned(campaign, at)
    assert "La campagne 2026 n’est pas ouverte" in plan.all_findings[0].message


def test_a_sheet_that_was_sent_is_not_changed(boss: PageClient, campaign: Campaign, db: SQLAlchemy) -> None:
    at = empty(boss, campaign)
    fill(at, 1, title="Le jardin")
    page = sent(boss, campaign, at)
    form_on(page, page.request.path).press(boss, "Importer")
    (sheet,) = db.session.scalars(sa.select(Sheet)).all()
    sheet.state = SheetState.SUBMITTED
    db.session.commit()
    assert [one.fate for one in planned(campaign, at).sheets] == [Fate.UNCHANGED]
    at.types("limits", "Trop tard")
    plan = planned(campaign, at)
    assert [one.fate for one in plan.sheets] == [Fate.REFUSED]
    assert "Cette fiche est envoyée" in plan.all_findings[0].message


def test_a_sheet_that_is_there_keeps_its_year_whatever_the_workbook_says(
    boss: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    sheet = SheetFactory(centre=db.session.scalars(sa.select(Centre)).first(), campaign=campaign, title="T")
    sign_in(boss, person(RoleName.MEMBER, sheet.centre))
    at = Desk.with_(boss.get(f"/fiches/{sheet.id}/emporter/classeur").data)
    at.types("year", 2019, unlocks=True)
    at.types("limits", "x")
    sign_in(boss, person(RoleName.ADMINISTRATOR, campaign.federation))
    page = sent(boss, campaign, at)
    form_on(page, page.request.path).press(boss, "Importer")
    assert titles(db)["T"]["limits"] == "x"
    assert [one.year for one in db.session.scalars(sa.select(Campaign))] == [2026]


def test_the_sheet_of_another_federation_stays_unknown(boss: PageClient, campaign: Campaign) -> None:
    stranger = SheetFactory(title="Ailleurs")
    sign_in(boss, person(RoleName.MEMBER, stranger.centre))
    at = Desk.with_(boss.get(f"/fiches/{stranger.id}/emporter/classeur").data)
    at.types("limits", "x")
    plan = planned(campaign, at)
    assert [one.fate for one in plan.sheets] == [Fate.REFUSED]
    assert "n’est pas de votre fédération, ou n’existe plus" in plan.all_findings[0].message


def test_a_row_of_nobody_keeps_the_workbook_from_being_whole(boss: PageClient, campaign: Campaign) -> None:
    at = empty(boss, campaign)
    fill(at, 1)
    at.types_row("partners_named", 4, {"name": "De personne"})
    plan = planned(campaign, at)
    assert not plan.whole
    assert "dites à quelle fiche appartient cette ligne" in plan.findings[0].message


@pytest.mark.parametrize("content", [b"PK\x03\x04 rien", b"\xd0\xcf\x11\xe0 ancien"])
def test_a_broken_workbook_is_refused_beside_its_field(boss: PageClient, campaign: Campaign, content: bytes) -> None:
    answer = send(boss, campaign.federation, content, "lot.xlsx")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_an_empty_workbook_is_told_so(boss: PageClient, campaign: Campaign) -> None:
    answer = send(boss, campaign.federation, empty(boss, campaign).saves(), "lot.xlsx")
    assert answer.status_code == 422
    assert "ne contient encore aucune réponse" in answer.text


def test_what_somebody_saves_between_the_plan_and_the_writing_is_left(
    boss: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    centre = db.session.scalars(sa.select(Centre)).first()
    sheet = SheetFactory(centre=centre, campaign=campaign, answers={"title": "T", "limits": "Entre-temps"})
    bringing.bring(
        centre=centre,
        campaign=campaign,
        action=sheet.action,
        answers={"limits": "Du classeur", "people": "Du classeur"},
        seen={"limits": sheets.mark_of(None, None), "people": sheets.mark_of(None, None)},
        actor_id=None,
        at=AT,
        source="lot.xlsx",
        sheet=sheet,
    )
    assert sheet.answers == {"title": "T", "limits": "Entre-temps", "people": "Du classeur"}


def test_an_import_that_is_given_up_says_what_stays(boss: PageClient, campaign: Campaign, db: SQLAlchemy) -> None:
    at = empty(boss, campaign)
    fill(at, 1, title="Juste")
    fill(at, 2, participants_count="douze")
    page = sent(boss, campaign, at)
    form_on(page, page.request.path).fill(partial="y").press(boss, "Importer")
    done = post(boss, f"{page.request.path}/abandonner")
    assert "ce qui restait n’a pas été importé" in boss.get(done.location).text
    assert set(titles(db)) == {"Juste"}


# ------------------------------------------------------------------ by the command line


def recueil(*said: object, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "webapp.cli", *map(str, said)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def account(*said: object, folder: Path, status: int) -> list[int]:
    """Read, created, unchanged, updated, and how many findings; it must end with that status."""
    done = recueil("import", *said, "--json", folder=folder)
    assert done.returncode == status, done.stderr
    printed = json.loads(done.stdout)
    assert all(set(item) == {"sheet", "question", "level", "message"} for item in printed["findings"])
    return [printed[name] for name in ("read", "created", "unchanged", "updated")]


def test_the_command_takes_a_workbook_with_the_same_account_and_ends(tmp_path: Path) -> None:
    assert recueil("federation", "add", "Fédération du Val", folder=tmp_path).returncode == 0
    assert recueil("campaign", "open", "2026", "--deadline", "2200-01-31", folder=tmp_path).returncode == 0
    at = Desk.with_(many())
    fill(at, 1, organisation="Centre social du Gué - Lot", title="Juste")
    file = tmp_path / "lot.xlsx"
    file.write_bytes(at.saves())
    assert account(file, "--dry-run", folder=tmp_path, status=0) == [1, 1, 0, 0]
    assert account(file, folder=tmp_path, status=0) == [1, 1, 0, 0]
    assert account(file, folder=tmp_path, status=0) == [1, 0, 1, 0]
    fill(at, 2, organisation="Centre social du Gué", title="Fausse", participants_count="douze")
    at.types("limits", "Ajouté")
    file.write_bytes(at.saves())
    assert account(file, folder=tmp_path, status=1) == [2, 0, 0, 0]
    assert account(file, "--partial", folder=tmp_path, status=1) == [2, 0, 0, 1]
    file.write_bytes(b"PK rien")
    assert account(file, folder=tmp_path, status=2) == [0, 0, 0, 0]


def many() -> bytes:
    """An empty workbook of two columns."""
    return written(Carried(year=2026), Carried(year=2026))


def test_the_command_writes_a_workbook_of_sheets_that_exist(tmp_path: Path) -> None:
    recueil("federation", "add", "Fédération du Val", folder=tmp_path)
    recueil("campaign", "open", "2026", "--deadline", "2200-01-31", folder=tmp_path)
    at = Desk.with_(many())
    fill(at, 1, organisation="Centre social du Gué - Lot", title="Le jardin")
    file, out = tmp_path / "lot.xlsx", tmp_path / "fiche.xlsx"
    file.write_bytes(at.saves())
    account(file, folder=tmp_path, status=0)
    [database] = (tmp_path / "var").glob("recueil.*")
    with closing(sqlite3.connect(database)) as kept:
        [(raw,)] = kept.execute("SELECT id FROM sheet").fetchall()
    unknown = recueil("takeaway", "--sheet", uuid4(), "--out", out, folder=tmp_path)
    assert unknown.returncode == 1
    assert "n’existe pas" in unknown.stderr
    assert not out.exists()
    assert recueil("takeaway", "--sheet", UUID(raw), "--out", out, folder=tmp_path).returncode == 0
    assert answers_of(read(out.read_bytes())[0]) == {"title": "Le jardin", "status": "en_cours"}


def test_the_service_refuses_whoever_may_not_import(campaign: Campaign, db: SQLAlchemy) -> None:
    federation = db.session.get_one(Federation, campaign.federation_id)
    cells = open_workbook(many())
    with pytest.raises(Denied):
        imports.import_workbook(cells, federation=federation, source="x", partial=True, actor=ANONYMOUS, at=now())
