"""Taking a sheet away and bringing it back: what differs is shown, and only what is accepted is saved."""

import io
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from werkzeug.test import TestResponse

from forms.lifecycle import SheetState
from reports.takeaway.file import open_workbook
from tests.client import PageClient
from tests.counts import counted
from tests.factories import CampaignFactory, CentreFactory, sent_sheet
from tests.page_forms import form_on
from tests.reports.reading import whole_text
from tests.reports.samples import REPAIR
from tests.reports.takeaways import TYPED, Desk, answers_of, book_of, read
from tests.webapp.sheet_visits import VERSION, again, draft, member
from webapp.blueprints.sheets import takeaway as pages
from webapp.clock import now
from webapp.database import db
from webapp.models import Centre, Change, Sheet, TakeawayUpload
from webapp.services import takeaways

ANSWERS = {id: answer for id, answer in REPAIR.items() if id in TYPED}


@pytest.fixture
def centre(db: SQLAlchemy) -> Centre:
    """A centre with a campaign that runs."""
    made: Centre = CentreFactory()
    CampaignFactory(federation=made.federation)
    return made


@pytest.fixture
def sheet(client: PageClient, centre: Centre) -> Sheet:
    """A draft with many answers, and somebody of its centre at the door."""
    member(client, centre)
    return draft(centre, **ANSWERS)


def taken_away(client: PageClient, sheet: Sheet) -> Desk:
    """The workbook of the sheet, opened."""
    response = client.get(f"/fiches/{sheet.id}/emporter/classeur")
    assert response.status_code == 200
    return Desk.with_(response.data)


def sent_back(client: PageClient, sheet: Sheet, content: bytes) -> TestResponse:
    """The workbook sent on the sheet's page."""
    form = form_on(client.get(f"/fiches/{sheet.id}/emporter"), "/emporter")
    return form.attach("file", io.BytesIO(content), "fiche.xlsx").press(client)


def compared(client: PageClient, sheet: Sheet, content: bytes) -> TestResponse:
    """The page that compares, after sending the workbook."""
    answer = sent_back(client, sheet, content)
    assert answer.status_code == 303, answer.text
    page = client.get(answer.location)
    assert page.status_code == 200
    return page


def choices(page: TestResponse) -> dict[str, str]:
    """What is proposed, by question id."""
    return {name.removeprefix("word-"): value for name, value in form_on(page).pairs if name.startswith("word-")}


def rows_of(db: SQLAlchemy) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(TakeawayUpload)) or 0


def test_the_page_offers_both_files_and_the_way_back(client: PageClient, sheet: Sheet) -> None:
    page = client.get(f"/fiches/{sheet.id}/emporter").text
    assert f"/fiches/{sheet.id}/emporter/classeur" in page
    assert f"/fiches/{sheet.id}/emporter/papier" in page
    assert f"/fiches/{sheet.id}/emporter" in client.get(f"/fiches/{sheet.id}").text


def test_an_untouched_workbook_changes_nothing(client: PageClient, sheet: Sheet) -> None:
    page = compared(client, sheet, taken_away(client, sheet).saves())
    assert f"{len(ANSWERS)}\u00a0réponses sont identiques" in page.text
    assert "Tout ce que dit le classeur est déjà en ligne" in page.text


def test_what_was_accepted_is_saved_in_one_go_and_the_rest_left(
    client: PageClient, sheet: Sheet, db: SQLAlchemy
) -> None:
    at = taken_away(client, sheet)
    at.types("title", "Le café des bricoleuses")
    at.types("participants_count", 180)
    at.types("summary", "Réécrit <b>à la maison</b>.")
    page = compared(client, sheet, at.saves())
    assert choices(page) == dict.fromkeys(("title", "summary", "participants_count"), "accepter")
    assert "Réécrit &lt;b&gt;à la maison&lt;/b&gt;." in page.text
    before = again(sheet).revision
    answer = form_on(page, sheet_path(page)).fill_in({"word-summary": "garder"}).press(client, "Enregistrer ces choix")
    assert answer.location == f"/fiches/{sheet.id}"
    kept = again(sheet)
    assert kept.revision == before + 1
    assert kept.answers == ANSWERS | {"title": "Le café des bricoleuses", "participants_count": counted(180)}
    assert kept.action.title == "Le café des bricoleuses"
    assert set(db.session.scalars(sa.select(Change.question))) == {"title", "participants_count"}
    assert rows_of(db) == 0


def sheet_path(page: TestResponse) -> str:
    return page.request.path


def test_an_emptied_cell_erases_only_when_somebody_says_so(client: PageClient, sheet: Sheet) -> None:
    at = taken_away(client, sheet)
    at.types("limits", None)
    page = compared(client, sheet, at.saves())
    assert choices(page) == {"limits": "garder"}
    assert "Effacer celle qui est en ligne" in page.text
    form_on(page, sheet_path(page)).press(client, "Enregistrer ces choix")
    assert again(sheet).answers["limits"] == ANSWERS["limits"]
    page = compared(client, sheet, at.saves())
    form_on(page, sheet_path(page)).fill_in({"word-limits": "accepter"}).press(client, "Enregistrer ces choix")
    assert "limits" not in again(sheet).answers


def test_what_changed_on_both_sides_is_kept_unless_somebody_chooses(
    client: PageClient, sheet: Sheet, db: SQLAlchemy
) -> None:
    at = taken_away(client, sheet)
    at.types("limits", "Du classeur")
    at.types("perspectives", "Aussi du classeur")
    sheet.answers = again(sheet).answers | {"limits": "En ligne", "people": "Changé en ligne seulement"}
    db.session.commit()
    page = compared(client, sheet, at.saves())
    assert choices(page) == {"limits": "garder", "perspectives": "accepter"}
    assert "a aussi changé en ligne" in page.text
    form_on(page, sheet_path(page)).press(client, "Enregistrer ces choix")
    kept = again(sheet).answers
    assert (kept["limits"], kept["perspectives"]) == ("En ligne", "Aussi du classeur")
    assert kept["people"] == "Changé en ligne seulement"


def test_what_changes_between_the_page_and_the_click_is_told_not_overwritten(
    client: PageClient, sheet: Sheet, db: SQLAlchemy
) -> None:
    at = taken_away(client, sheet)
    at.types("limits", "Du classeur")
    at.types("perspectives", "Aussi du classeur")
    page = compared(client, sheet, at.saves())
    sheet.answers = again(sheet).answers | {"limits": "Écrit entre-temps"}
    db.session.commit()
    answer = form_on(page, sheet_path(page)).press(client, "Enregistrer ces choix")
    assert answer.status_code == 409
    assert "a changé en ligne pendant que vous choisissiez" in answer.text
    assert "Écrit entre-temps" in answer.text
    kept = again(sheet).answers
    assert (kept["limits"], kept["perspectives"]) == ("Écrit entre-temps", "Aussi du classeur")
    form_on(answer, sheet_path(page)).fill_in({"word-limits": "accepter"}).press(client, "Enregistrer ces choix")
    assert again(sheet).answers["limits"] == "Du classeur"


def test_what_cant_be_read_is_shown_with_its_place_and_kept_as_typed_if_accepted(
    client: PageClient, sheet: Sheet
) -> None:
    at = taken_away(client, sheet)
    at.types("staff_count", "douze")
    at.types("participants_count", "beaucoup")
    page = compared(client, sheet, at.saves())
    row = at.row_of("staff_count")
    assert f"Onglet «\u00a0Fiches\u00a0», ligne {row}, colonne C\u00a0: écrivez un nombre entier" in page.text
    assert choices(page) == {"staff_count": "accepter", "participants_count": "garder"}
    form_on(page, sheet_path(page)).press(client, "Enregistrer ces choix")
    kept = again(sheet)
    assert kept.unparsed["staff_count"]["posted"] == [["staff_count", "douze"]]
    assert kept.answers["participants_count"] == ANSWERS["participants_count"]
    assert "douze" in client.get(f"/fiches/{sheet.id}/moyens").text


def test_an_answer_that_is_not_asked_says_when_it_would_be(client: PageClient, sheet: Sheet) -> None:
    at = taken_away(client, sheet)
    at.types("ended_reason", "Plus de salle")
    page = compared(client, sheet, at.saves())
    assert "À remplir seulement si «\u00a0Statut\u00a0» est «\u00a0Terminée\u00a0»." in page.text


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "n’est pas un classeur Excel"),
        (b"bonjour", 422, "n’est pas un classeur Excel"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, 422, "mot de passe"),
        (b"x" * (10 * 1024 * 1024 + 1), 413, "trop grand"),
    ],
)
def test_a_file_that_is_no_workbook_of_ours_is_refused_beside_its_field(
    client: PageClient, sheet: Sheet, db: SQLAlchemy, content: bytes, status: int, words: str
) -> None:
    answer = sent_back(client, sheet, content)
    assert answer.status_code == status
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert rows_of(db) == 0
    assert again(sheet).answers == ANSWERS


def test_nobody_waits_for_the_database_while_a_workbook_is_opened(
    client: PageClient, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = taken_away(client, sheet)
    held: list[bool] = []

    def opened(content: bytes) -> str:
        held.append(db.session().in_transaction())
        return open_workbook(content)

    monkeypatch.setattr(pages, "open_workbook", opened)
    assert sent_back(client, sheet, at.saves()).status_code == 303
    assert held == [False]


def test_no_file_is_asked_for(client: PageClient, sheet: Sheet) -> None:
    answer = form_on(client.get(f"/fiches/{sheet.id}/emporter"), "/emporter").press(client)
    assert answer.status_code == 422
    assert "Choisissez le classeur" in answer.text


def test_the_workbook_of_another_sheet_is_refused_by_name(client: PageClient, sheet: Sheet, centre: Centre) -> None:
    other = draft(centre, title="Une autre action")
    answer = sent_back(client, sheet, taken_away(client, other).saves())
    assert answer.status_code == 422
    assert f"n’est pas celui de la fiche {sheet.reference}" in answer.text


def test_the_workbook_of_all_sheets_comes_back_on_the_page_of_one(
    client: PageClient, sheet: Sheet, centre: Centre
) -> None:
    other = draft(centre, title="Une autre action")
    response = client.get(f"/fiches/emporter/{centre.id}/{sheet.campaign_id}/classeur")
    at = Desk.with_(response.data)
    ids = [column.id for column in book_of(response.data).sheets]
    assert ids == [str(sheet.id), str(other.id), "", "", ""]
    assert [answers_of(one) for one in read(response.data)][:2] == [ANSWERS, {"title": "Une autre action"}]
    at.types("limits", "De la seconde colonne", sheet=2)
    page = compared(client, other, at.saves())
    assert choices(page) == {"limits": "accepter"}


def test_a_sheet_that_was_sent_meanwhile_is_not_changed_and_nothing_is_lost(
    client: PageClient, sheet: Sheet, db: SQLAlchemy
) -> None:
    at = taken_away(client, sheet)
    at.types("limits", "Trop tard")
    page = compared(client, sheet, at.saves())
    again(sheet).state = SheetState.SUBMITTED
    db.session.commit()
    answer = form_on(page, sheet_path(page)).press(client, "Enregistrer ces choix")
    assert answer.status_code == 409
    assert "Cette fiche est envoyée" in answer.text
    assert "Trop tard" in answer.text
    assert again(sheet).answers == ANSWERS
    assert rows_of(db) == 1
    assert "Cette fiche est envoyée" in client.get(f"/fiches/{sheet.id}/emporter").text


def test_a_workbook_can_be_dropped_and_waits_seven_days(client: PageClient, sheet: Sheet, db: SQLAlchemy) -> None:
    at = taken_away(client, sheet)
    at.types("limits", "Peut-être")
    page = compared(client, sheet, at.saves())
    assert "fiche.xlsx" in client.get(f"/fiches/{sheet.id}/emporter").text
    form_on(page, "/abandonner").press(client)
    assert rows_of(db) == 0
    assert client.get(sheet_path(page)).status_code == 404
    compared(client, sheet, at.saves())
    upload = db.session.scalars(sa.select(TakeawayUpload)).one()
    upload.created_at = now() - takeaways.KEPT - timedelta(minutes=1)
    old = upload.id
    compared(client, sheet, at.saves())
    assert db.session.scalars(sa.select(TakeawayUpload.id).where(TakeawayUpload.id == old)).all() == []
    assert rows_of(db) == 1


def test_colleagues_see_it_other_centres_do_not(
    client: PageClient, make_client: Callable[[], PageClient], sheet: Sheet, centre: Centre
) -> None:
    page = compared(client, sheet, taken_away(client, sheet).saves())
    colleague, stranger = make_client(), make_client()
    member(colleague, centre)
    member(stranger, CentreFactory())
    assert colleague.get(sheet_path(page)).status_code == 200
    for path in (sheet_path(page), f"/fiches/{sheet.id}/emporter", f"/fiches/{sheet.id}/emporter/classeur"):
        assert stranger.get(path).status_code == 404
    place = f"/fiches/emporter/{centre.id}/{sheet.campaign_id}"
    assert stranger.get(f"{place}/classeur").status_code == 404
    assert client.get(f"/fiches/emporter/{centre.id}/{uuid4()}/classeur").status_code == 404


def test_an_upload_of_one_sheet_is_not_that_of_another(client: PageClient, sheet: Sheet, centre: Centre) -> None:
    page = compared(client, sheet, taken_away(client, sheet).saves())
    other = draft(centre, title="Une autre action")
    assert client.get(sheet_path(page).replace(str(sheet.id), str(other.id))).status_code == 404


def test_a_published_sheet_can_still_be_taken_away(client: PageClient, centre: Centre) -> None:
    member(client, centre)
    sheet = sent_sheet(SheetState.PUBLISHED, centre=centre, answers={"title": "Publiée"})
    assert answers_of(read(client.get(f"/fiches/{sheet.id}/emporter/classeur").data)[0]) == {"title": "Publiée"}


def test_the_paper_shows_what_is_there_and_leaves_room(client: PageClient, sheet: Sheet) -> None:
    response = client.get(f"/fiches/{sheet.id}/emporter/papier")
    assert response.mimetype == "application/pdf"
    text = whole_text(response.data)
    for words in ("Lecafédesbricoleurs", sheet.reference, "Partenairesnommés", "Ressourcerieduplateau", "164"):
        assert words in text


def test_anyone_prints_the_empty_form(client: PageClient) -> None:
    response = client.get("/aide/formulaire.pdf")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=86400"
    text = whole_text(response.data)
    for question in VERSION.questions:
        assert "".join(question.label.split()) in text
    again_ = client.get("/aide/formulaire.pdf", headers={"If-None-Match": response.headers["ETag"]})
    assert again_.status_code == 304
    assert "/aide/formulaire.pdf" in client.get("/aide").text


def test_the_empty_form_of_a_campaign_is_on_my_sheets(client: PageClient, sheet: Sheet, centre: Centre) -> None:
    address = f"/fiches/emporter/{centre.id}/{sheet.campaign_id}/formulaire.pdf"
    assert address in client.get("/fiches").text
    text = whole_text(client.get(address).data)
    assert "2026" in text
    assert "31janvier2027" in text
