"""The whole way by clicking: from the centre's first sheet to the funder's files, with scripts and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.journeys.conftest import CENTRE, FUNDER, Cast
from tests.journeys.people import Person
from tests.pages import FilePage, StepPage
from tests.servers import MailSink

TITLE = "L’atelier vélo"
SUMMARY = "Chaque samedi, on répare ensemble :\n- les vélos des enfants\n- ceux qu’on nous donne"
LATER = "Chaque samedi, douze personnes réparent ensemble : les vélos des enfants, et ceux qu’on nous donne."
ALT = "Une affiche jaune avec un vélo retourné sur sa selle"

ANSWERS: dict[str, dict[str, Any]] = {
    "action": {
        "title": TITLE,
        "status": "Terminée",
        "dimension": "Services",
        "keywords": ["Solidarité", "mobilité / transport"],
        "summary": SUMMARY,
        "ended_reason": "Le local est rendu à la commune.",
    },
    "initiative": {
        "initiators": ["Le centre social", "Autre"],
        "initiative_territory": "Plusieurs quartiers",
        "experience": "On a commencé à trois, avec une pompe et des rustines.",
        "initiators_detail": "Deux retraités du cycle",
    },
    "public": {"public": ["Jeunesse", "familles"]},
    "partenaires": {
        "partners": ["Caf", "Commune"],
        "partners_territory": "Une commune",
        "description": "Le matin on démonte, l’après-midi on remonte.",
        "partners_named": [
            {"Nom": "Ressourcerie du Val", "Type": "Association locale", "Rôle dans l’action": "Donne les pièces"},
            {"Nom": "Mairie", "Type": "Commune", "Rôle dans l’action": "Prête le local"},
        ],
    },
    "moyens": {
        "funding": "800 euros, dont 300 de la commune",
        "people": "12 participants + 3 bénévoles",
        "participants_count": "12",
        "volunteers_count": "3",
        "staff_count": "1",
        "sessions_count": "40",
        "first_day": "2026-03-07",
        "open_to_all": "Oui",
        "cost": "1 234,50",
        "funding_lines": [
            {"Financeur": "Caf", "Type": "Caf", "Montant demandé (€)": "500", "Montant accordé (€)": "500"},
            {"Financeur": "Mairie", "Type": "Commune", "Montant demandé (€)": "300", "Montant accordé (€)": "300"},
        ],
    },
    "resultats": {
        "results_territory": "Quarante vélos roulent de nouveau.",
        "results_centre": "Des pères viennent pour la première fois.",
        "results_residents": "On va au collège à vélo.",
    },
    "suites": {"limits": "Le local est petit.", "perspectives": "Un atelier mobile, de village en village."},
    "pieces": {},
}
# Asked once the answer before is given; without a script, once it is saved.
COME_UP_LATER = {"action": ("ended_reason",), "initiative": ("initiators_detail",)}


def step(person: Person, cast: Cast) -> StepPage:
    """The page of the step that is open."""
    return StepPage(person.page, cast.form, person.presses)


def begins_a_sheet(amina: Person, name: str) -> None:
    amina.reads_heading("Mes fiches")
    amina.follows("Commencer une fiche")
    amina.types("Nom de l’action", name)
    amina.presses("Commencer la fiche")
    amina.reads_heading(name)
    amina.sees("pas encore envoyée")


def answers_every_question(amina: Person, cast: Cast, poster: Path) -> None:
    """One step after the other; a conditional question comes up once the answer before is saved."""
    asked = {question.id for question in cast.form.questions if question.typed}
    assert asked == {id for answers in ANSWERS.values() for id in answers} | {"files"}
    amina.follows(cast.form.sections[0].title)
    for section in cast.form.sections:
        amina.reads_heading(section.title)
        page, later = step(amina, cast), COME_UP_LATER.get(section.id, ())
        for id in later:
            assert not page.control(id).is_visible()
        page.fill({id: said for id, said in ANSWERS[section.id].items() if id not in later})
        if later and not amina.script:
            amina.presses("Enregistrer et continuer")
            amina.sees("Une question s’ajoute")
        page.fill({id: ANSWERS[section.id][id] for id in later})
        if section.id == "pieces":
            joins_the_poster(amina, cast, poster)
        amina.presses("Enregistrer et continuer")


def joins_the_poster(amina: Person, cast: Cast, poster: Path) -> None:
    step(amina, cast).fill({"files": [FilePage(poster, "L’affiche du printemps", ALT)]})
    amina.sees("affiche.png")
    assert amina.page.get_by_label("Description de l’image").input_value() == ALT


def opens_step(amina: Person, title: str) -> None:
    """By the list of steps."""
    amina.goes_to_list()
    amina.follows(title)
    amina.reads_heading(title)


def types_a_word_for_a_number(amina: Person, cast: Cast) -> None:
    """« douze » stays where it was typed, with what to do about it, and the rest is kept."""
    opens_step(amina, "Moyens")
    step(amina, cast).fill({"participants_count": "douze", "volunteers_count": "4"})
    if amina.script:
        # Told as soon as one has left the box.
        expect(amina.page.locator("#participants_count-error")).to_contain_text("chiffres")
    else:
        amina.presses("Enregistrer et continuer")
    amina.reads_heading("Moyens")
    page = step(amina, cast)
    assert page.control("participants_count").input_value() == "douze"
    assert page.control("volunteers_count").input_value() == "4"
    assert "chiffres" in page.error("participants_count")
    page.fill({"participants_count": "12", "volunteers_count": "3"})
    amina.presses("Enregistrer et continuer")
    opens_step(amina, "Moyens")
    assert step(amina, cast).error("participants_count") == ""


def adds_and_removes_a_row(amina: Person, cast: Cast) -> None:
    opens_step(amina, "Partenaires")
    page = step(amina, cast)
    page.row("partners_named", 3).get_by_label("Nom", exact=True).fill("Club cycliste")
    amina.presses("Ajouter une ligne")
    assert [row["Nom"] for row in page.rows("partners_named")] == ["Ressourcerie du Val", "Mairie", "Club cycliste"]
    amina.presses("Retirer Ligne 1")
    assert [row["Nom"] for row in page.rows("partners_named")] == ["Mairie", "Club cycliste"]
    amina.presses("Retirer Ligne 2")
    assert [row["Nom"] for row in page.rows("partners_named")] == ["Mairie"]


def sees_what_is_missing(amina: Person, cast: Cast) -> None:
    """The recap of a sheet hardly begun says what keeps it from being sent, each with its way."""
    amina.goes_to_list()
    amina.follows("Vérifier et envoyer")
    missing = amina.page.get_by_test_id("missing")
    required = [question for question in cast.form.questions if question.required and question.show_if is None]
    assert missing.get_by_role("link").count() == len(required) - 1, "all but the title"
    assert amina.page.get_by_test_id("send").count() == 0
    amina.clicks(missing.get_by_role("link").last)
    amina.reads_heading("Public")


def sends(amina: Person) -> str:
    """Send the sheet to be shown to everybody; its reference."""
    amina.goes_to_list()
    amina.follows("Vérifier et envoyer")
    amina.reads_heading("Vérifier et envoyer")
    amina.sees(*SEEN)
    amina.ticks("À tout le monde")
    amina.presses("Envoyer")
    amina.reads_heading("La fiche est envoyée")
    return amina.page.get_by_test_id("reference").inner_text()


SEEN = (
    TITLE,
    "- les vélos des enfants",
    "Deux retraités du cycle",
    "Jeunesse",
    "Mairie",
    "1\u202f234,50",
    "7\u00a0mars 2026",
    "L’affiche du printemps",
)


def the_receipt_has_arrived(mails: MailSink, cast: Cast, reference: str, folder: Path) -> None:
    (receipt,) = mails.to("amina@tilleuls.example")
    assert reference in receipt.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    (attached,) = receipt.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    path = folder / "receipt.pdf"
    path.write_bytes(attached.get_payload(decode=True))  # type: ignore[arg-type]
    assert "Quarante vélos roulent de nouveau." in text_of(path)


def text_of(pdf: Path) -> str:
    """The words of a PDF, one line."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(pdf).pages).split())


# ---------------------------------------------------------------- the federation


def reads_asks_and_sends_back(lucas: Person) -> None:
    lucas.reads_heading("Relecture")
    lucas.follows(TITLE)
    lucas.reads("sheet-state", "À relire")
    lucas.presses("Commencer la relecture")
    lucas.sees(*SEEN)
    answer = lucas.page.locator("#reponse-summary")
    answer.locator("summary", has_text="Poser une demande").click()
    answer.get_by_label("Motif").select_option(label="Réponse incomplète")
    answer.get_by_label("Votre demande").fill("Combien de personnes, chaque samedi ?")
    lucas.clicks(answer.get_by_role("button", name="Poser la demande"))
    lucas.reads("query-summary", "Combien de personnes, chaque samedi ?")
    lucas.presses("Demander des compléments")
    lucas.reads("sheet-state", "Corrections demandées")


def corrects_and_sends_again(amina: Person, cast: Cast) -> None:
    amina.goes_to("/fiches")
    amina.sees("1\u00a0demande de la fédération vous attend.")
    amina.follows(TITLE)
    amina.reads("sheet-state", "À corriger")
    to_correct = amina.page.get_by_role("listitem").filter(has=amina.page.locator(".badge-to_correct"))
    assert to_correct.get_by_role("link").all_inner_texts() == ["L’action"]
    amina.follows("L’action")
    amina.reads("query-summary", "Combien de personnes, chaque samedi ?")
    step(amina, cast).fill({"summary": LATER})
    amina.types("Votre réponse", "Douze, sans compter les enfants.")
    amina.presses("Enregistrer et continuer")
    amina.goes_to_list()
    amina.follows("Vérifier et envoyer")
    amina.presses("Envoyer")
    amina.reads_heading("La fiche est envoyée")


def validates(lucas: Person) -> None:
    lucas.goes_to("/relecture")
    lucas.follows(TITLE)
    lucas.sees(LATER, "Douze, sans compter les enfants.")
    for button in lucas.page.get_by_role("button", name="Fermer la demande").all():
        lucas.clicks(button)
    lucas.presses("Valider")
    lucas.reads("sheet-state", "Validée")


def publishes(helene: Person) -> None:
    helene.goes_to("/relecture?state=validated")
    helene.follows(TITLE)
    helene.presses("Publier")
    helene.reads("sheet-state", "Publiée")


def anyone_reads_it_in_the_catalogue(visitor: Person) -> None:
    visitor.goes_to("/")
    visitor.reads_heading("Les actions des centres sociaux")
    visitor.follows(TITLE)
    visitor.sees(LATER, CENTRE, "L’affiche du printemps")
    visitor.sees_not("chaque samedi ?")
    assert visitor.page.get_by_alt_text(ALT).count() == 1


def has_reports_made(helene: Person, work: Callable[[], None]) -> None:
    """The book and the workbook, each handed to the funder."""
    for kind, title in (("Recueil en PDF", "Le recueil du Val"), ("Classeur Excel", "Le classeur du Val")):
        helene.goes_to("/rapports")
        helene.follows("Demander un rapport")
        helene.page.get_by_role("radiogroup", name="Quel rapport").get_by_label(kind).check()
        helene.page.get_by_label("Titre du rapport").fill(title)
        helene.presses("Demander le rapport")
        helene.reads("job-state", "En attente")
        work()
        if not helene.script:
            helene.goes_to(helene.page.url.removeprefix(helene.site))
        helene.reads("job-state", "Prêt")
        helene.ticks(FUNDER)
        helene.presses("Enregistrer les destinataires")


def receives_everything(jeanne: Person, reference: str, folder: Path) -> None:
    """The funder reads the sheet, and opens the PDF, the book and the workbook."""
    jeanne.goes_to("/fiches")
    jeanne.follows(TITLE)
    jeanne.sees(LATER, "Quarante vélos roulent de nouveau.")
    sheet = text_of(jeanne.downloads("Télécharger le PDF", folder))
    assert reference in sheet
    assert LATER in sheet
    for title in ("Le recueil du Val", "Le classeur du Val"):
        jeanne.goes_to("/rapports")
        jeanne.follows(f"{title} (toutes campagnes)")
        path = jeanne.downloads("Télécharger", folder)
        if path.suffix == ".pdf":
            assert LATER in text_of(path)
        else:
            assert LATER in cells_of(path)


def cells_of(workbook: Path) -> set[str]:
    """Everything in the tab of the sheets."""
    rows = CalamineWorkbook.from_path(str(workbook)).get_sheet_by_name("Fiches").to_python()
    return {str(cell) for row in rows for cell in row}


# ---------------------------------------------------------------- from end to end


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_a_sheet_goes_from_the_centre_to_the_funder(
    cast: Cast,
    arrives: Callable[..., Person],
    the_worker_works: Callable[[], None],
    mails: MailSink,
    poster: Path,
    tmp_path: Path,
    script: bool,
) -> None:
    amina = arrives(cast.responsible, script=script)
    begins_a_sheet(amina, TITLE)
    sees_what_is_missing(amina, cast)
    amina.goes_to_list()
    answers_every_question(amina, cast, poster)
    types_a_word_for_a_number(amina, cast)
    adds_and_removes_a_row(amina, cast)
    reference = sends(amina)
    the_worker_works()
    the_receipt_has_arrived(mails, cast, reference, tmp_path)
    lucas = arrives(cast.reviewer, script=script)
    reads_asks_and_sends_back(lucas)
    corrects_and_sends_again(amina, cast)
    validates(lucas)
    helene = arrives(cast.administrator, script=script)
    publishes(helene)
    anyone_reads_it_in_the_catalogue(arrives(script=script))
    has_reports_made(helene, the_worker_works)
    receives_everything(arrives(cast.funder, script=script), reference, tmp_path)


@pytest.mark.browser
def test_a_sheet_is_filled_in_and_sent_on_a_phone(cast: Cast, arrives: Callable[..., Person], poster: Path) -> None:
    amina = arrives(cast.responsible, width=360)
    begins_a_sheet(amina, TITLE)
    answers_every_question(amina, cast, poster)
    types_a_word_for_a_number(amina, cast)
    adds_and_removes_a_row(amina, cast)
    sends(amina)


@pytest.mark.browser
def test_a_step_is_filled_in_by_the_keyboard_alone(cast: Cast, arrives: Callable[..., Person]) -> None:
    amina = arrives(cast.responsible)
    begins_a_sheet(amina, TITLE)
    opens_step(amina, "Initiative")
    amina.tabs_to("Le centre social", "Space")
    # The arrows go round: after the last choice, « Sans réponse », comes the first.
    amina.tabs_to("Sans réponse", "ArrowDown")
    amina.page.keyboard.press("ArrowDown")
    amina.tabs_to(cast.form.question("experience").label)
    amina.page.keyboard.type("On a commencé à trois.")
    amina.tabs_to("Enregistrer et continuer", "Enter")
    amina.reads_heading("Public")
    opens_step(amina, "Initiative")
    page = step(amina, cast)
    assert page.group("initiators").get_by_label("Le centre social").is_checked()
    assert page.group("initiative_territory").get_by_label("Plusieurs quartiers").is_checked()
    assert page.control("experience").input_value() == "On a commencé à trois."


@pytest.mark.browser
def test_a_whole_sheet_is_begun_filled_in_and_sent_by_the_keyboard_alone(
    cast: Cast, arrives: Callable[..., Person]
) -> None:
    amina = arrives(cast.responsible)
    keyboard = amina.page.keyboard
    amina.tabs_to("Commencer une fiche", "Enter")
    amina.tabs_to("Nom de l’action")
    keyboard.type(TITLE)
    amina.tabs_to("Commencer la fiche", "Enter")
    amina.tabs_to("Continuer « L’action »", "Enter")
    for section in cast.form.sections:
        amina.reads_heading(section.title)
        if section.id == "action":
            # The arrows go round: after the last choice, « Sans réponse », comes the first.
            for _question in ("status", "dimension"):
                amina.tabs_to("Sans réponse", "ArrowDown")
            amina.tabs_to("Résumé (nécessaire pour l’envoi)")
            keyboard.type("Chaque samedi, on répare ensemble.")
        if section.id == "public":
            amina.tabs_to("Tous publics", "Space")
        amina.tabs_to("Enregistrer et continuer", "Enter")
    amina.reads_heading("Vérifier et envoyer")
    amina.tabs_to("Envoyer", "Enter")
    amina.reads_heading("La fiche est envoyée")
