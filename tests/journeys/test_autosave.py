"""Typing between two visitors: what was typed is never typed again, whatever is cut, and nobody's words are lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Page, expect

from forms.lifecycle import SheetState
from tests.factories import PASSWORD, SheetFactory, person
from tests.journeys.conftest import Cast
from tests.journeys.people import Person
from webapp.clock import now
from webapp.models import Sheet, User, UserSession
from webapp.vocabulary import RoleName

pytestmark = pytest.mark.browser

SAVED = "pas encore envoyée"
KEPT = "Hors ligne : gardé sur cet appareil"
Arrives = Callable[..., Person]


@pytest.fixture
def sheet(db: SQLAlchemy, cast: Cast) -> UUID:
    """A draft of the centre."""
    centre = cast.responsible.roles[0].centre
    answers = {"title": "L’atelier vélo", "summary": "On répare.", "status": "en_cours"}
    made = SheetFactory(centre=centre, title="L’atelier vélo", answers=answers)
    db.session.commit()
    id: UUID = made.id
    return id


@pytest.fixture
def stored(db: SQLAlchemy, sheet: UUID) -> Callable[[], dict[str, Any]]:
    """What the server has now."""

    def read() -> dict[str, Any]:
        db.session.rollback()
        answers: dict[str, Any] = db.session.get_one(Sheet, sheet, populate_existing=True).answers
        db.session.rollback()
        return answers

    return read


def opens(person: Person, sheet: UUID, section: str) -> Page:
    """A step, once its script is there."""
    page = person.page
    page.goto(f"{person.site}/fiches/{sheet}/{section}")
    expect(page.locator("[data-autosave]")).to_have_attribute("data-ready", "")
    return page


def says(page: Page, words: str) -> None:
    """The quiet line at the foot of the page."""
    expect(page.get_by_test_id("save-state")).to_contain_text(words, timeout=15_000)


def is_kept(page: Page, path: str) -> None:
    """Wait until the device has that page for the day without a line."""
    page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    for _ in range(100):
        if page.evaluate("(path) => caches.match(path).then(Boolean)", path):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"{path} is not kept")


KEEPS = """(question) => new Promise((resolve, reject) => {
  const asked = indexedDB.open("recueil");
  asked.onerror = () => reject(asked.error);
  asked.onsuccess = () => {
    const found = asked.result.transaction("answers").objectStore("answers").getAll();
    found.onsuccess = () => resolve(found.result.some((entry) => entry.question === question));
  };
})"""


def waits_on_the_device(page: Page, question: str) -> None:
    """Wait until the device has that answer: the quiet line says it of the answers before, too."""
    page.wait_for_function(KEEPS, arg=question)


def types(page: Page, question: str, text: str) -> None:
    """Go to the end of what is there and type on."""
    page.locator(f"#{question}").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def test_an_answer_saves_itself_and_is_not_taken_for_sent(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
) -> None:
    amina = arrives(cast.responsible)
    page = opens(amina, sheet, "action")
    types(page, "summary", " Le samedi.")
    says(page, "Enregistrement…")
    says(page, SAVED)
    assert stored()["summary"] == "On répare. Le samedi."
    page.get_by_label("Solidarité", exact=True).check()
    says(page, SAVED)
    expect(page.locator("[data-waiting]")).to_have_count(0)
    assert stored()["keywords"] == ["solidarite"]
    amina.looks_around()


def test_a_question_comes_up_and_goes_away_with_the_answer_it_depends_on(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
) -> None:
    amina = arrives(cast.responsible)
    page = opens(amina, sheet, "action")
    expect(page.locator("#ended_reason")).to_be_hidden()
    page.get_by_role("radio", name="Terminée", exact=True).check()
    types(page, "ended_reason", "Le local ferme.")
    amina.looks_around()
    page.get_by_role("radio", name="En cours", exact=True).check()
    expect(page.locator("#ended_reason")).to_be_hidden()
    amina.presses("Enregistrer et continuer")
    assert stored()["ended_reason"] == "Le local ferme.", "kept while one drafts"
    page = opens(amina, sheet, "action")
    page.get_by_role("radio", name="Terminée", exact=True).check()
    expect(page.locator("#ended_reason")).to_have_value("Le local ferme.")


def test_a_word_for_a_number_is_told_beside_its_box_and_taken_back_when_mended(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
) -> None:
    amina = arrives(cast.responsible)
    page = opens(amina, sheet, "moyens")
    box = page.locator("#staff_count")
    box.fill("douze")
    box.press("Tab")
    expect(page.locator("#staff_count-error")).to_contain_text("chiffres")
    assert "staff_count-error" in (box.get_attribute("aria-describedby") or "")
    assert box.get_attribute("aria-invalid") == "true"
    amina.looks_around()
    box.fill("12")
    box.press("Tab")
    expect(page.locator("#staff_count-error")).to_have_count(0)
    expect(page.locator("[data-waiting]")).to_have_count(0)
    assert stored()["staff_count"]


def test_a_word_for_an_amount_is_told_at_its_cell_and_taken_back_when_mended(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
) -> None:
    amina = arrives(cast.responsible)
    page = opens(amina, sheet, "moyens")
    cell = page.locator("#funding_lines-0-granted")
    cell.fill("environ mille")
    cell.press("Tab")
    expect(page.locator("#funding_lines-0-granted-error")).to_contain_text("montant")
    expect(page.locator("#funding_lines-0-granted-error")).not_to_contain_text("Ligne 1")
    expect(page.locator("#funding_lines-error")).to_have_count(0)
    expect(cell).to_have_attribute("aria-invalid", "true")
    assert "funding_lines-0-granted-error" in (cell.get_attribute("aria-describedby") or "")
    amina.looks_around()
    cell.fill("1000")
    cell.press("Tab")
    expect(page.locator("#funding_lines-0-granted-error")).to_have_count(0)
    expect(cell).not_to_have_attribute("aria-invalid", "true")
    says(page, SAVED)
    assert stored()["funding_lines"] == [{"granted": "1000.00"}]


def test_rows_come_and_go_without_a_new_page(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
) -> None:
    amina = arrives(cast.responsible)
    page = opens(amina, sheet, "partenaires")
    page.locator("#partners_named-0-name").fill("Mairie")
    page.get_by_role("button", name="Ajouter une ligne").first.click()
    page.keyboard.type("Ressourcerie")
    page.get_by_role("button", name="Ajouter une ligne").first.click()
    page.keyboard.type("Club")
    amina.looks_around()
    page.get_by_role("button", name="Retirer Ligne 1").first.click()
    expect(page.locator("[data-waiting]")).to_have_count(0)
    assert [row["name"] for row in stored()["partners_named"]] == ["Ressourcerie", "Club"]
    amina.presses("Enregistrer")
    expect(page.locator("#partners_named-0-name")).to_have_value("Ressourcerie")


class TestCuts:
    """The line, the tab, the session."""

    def test_what_is_typed_without_a_line_waits_on_the_device_and_leaves_by_itself(
        self, arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
    ) -> None:
        amina = arrives(cast.responsible)
        page = opens(amina, sheet, "action")
        page.context.set_offline(True)
        types(page, "summary", " Sans ligne.")
        says(page, KEPT)
        assert stored()["summary"] == "On répare."
        page.context.set_offline(False)
        says(page, SAVED)
        assert stored()["summary"] == "On répare. Sans ligne."

    def test_a_tab_that_died_without_a_line_gives_everything_back(
        self, arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
    ) -> None:
        amina = arrives(cast.responsible)
        page = opens(amina, sheet, "action")
        is_kept(page, f"/fiches/{sheet}/action")
        context = page.context
        context.set_offline(True)
        types(page, "summary", " Avant la coupure.")
        says(page, KEPT)
        page.close(run_before_unload=False)
        amina.page = again = context.new_page()
        again.goto(f"{amina.site}/fiches/{sheet}/action")
        expect(again.get_by_text("Réponses retrouvées", exact=True)).to_be_visible()
        expect(again.locator("#summary")).to_have_value("On répare. Avant la coupure.")
        amina.looks_around()
        context.set_offline(False)
        says(again, SAVED)
        assert stored()["summary"] == "On répare. Avant la coupure."

    def test_the_list_of_sheets_says_where_answers_wait(self, arrives: Arrives, cast: Cast, sheet: UUID) -> None:
        amina = arrives(cast.responsible)
        page = opens(amina, sheet, "suites")
        amina.goes_to("/fiches")
        expect(page.get_by_test_id("left")).to_have_count(0)
        page = opens(amina, sheet, "suites")
        amina.forgiven = (*amina.forgiven, "Failed to load resource: net::ERR_FAILED")
        page.route("**/reponses", lambda route: route.abort())
        types(page, "limits", "Le froid.")
        says(page, KEPT)
        amina.goes_to("/fiches")
        amina.clicks(page.get_by_test_id("left").get_by_role("link", name="L’atelier vélo"))
        page.unroute("**/reponses")
        amina.goes_to(f"/fiches/{sheet}/suites")
        says(page, SAVED)
        expect(page.locator("#limits")).to_have_value("Le froid.")

    def test_another_step_sends_what_a_dead_tab_has_left(
        self, arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
    ) -> None:
        amina = arrives(cast.responsible)
        page = opens(amina, sheet, "suites")
        context = page.context
        context.set_offline(True)
        types(page, "limits", "Le froid.")
        says(page, KEPT)
        page.close(run_before_unload=False)
        context.set_offline(False)
        amina.page = context.new_page()
        amina.page.goto(f"{amina.site}/fiches/{sheet}/verification")
        expect(amina.page.locator("#reponse-limits")).to_contain_text("Le froid.")
        assert stored()["limits"] == "Le froid."

    def test_an_open_sheet_stays_usable_without_a_line(
        self, arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
    ) -> None:
        amina = arrives(cast.responsible)
        page = opens(amina, sheet, "initiative")
        is_kept(page, f"/fiches/{sheet}/public")
        page.context.set_offline(True)
        types(page, "experience", "Depuis mars.")
        says(page, KEPT)
        page.get_by_role("button", name="Enregistrer et continuer").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Public")
        page.get_by_label("Seniors", exact=True).check()
        says(page, KEPT)
        waits_on_the_device(page, "public")
        page.goto(f"{amina.site}/catalogue")
        expect(page.get_by_role("heading", level=1)).to_have_text("Vous êtes hors ligne")
        page.context.set_offline(False)
        opens(amina, sheet, "public")
        says(page, SAVED)
        expect(page.locator("[data-waiting]")).to_have_count(0)
        assert stored()["experience"] == "Depuis mars."
        assert stored()["public"] == ["seniors"]

    def test_after_the_session_has_ended_one_signs_in_elsewhere_and_goes_on(
        self, arrives: Arrives, db: SQLAlchemy, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
    ) -> None:
        amina = arrives(cast.responsible)
        page = opens(amina, sheet, "action")
        ends_every_session(db, cast.responsible)
        types(page, "summary", " Sans session.")
        expect(page.get_by_text("Vous n’êtes plus connecté")).to_be_visible(timeout=15_000)
        says(page, "Déconnecté")
        amina.looks_around()
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Se connecter dans un autre onglet").click()
        door = Person(opened.value, amina.site, True)
        door.types("Adresse mail", cast.responsible.email)
        door.types("Mot de passe", PASSWORD)
        door.presses("Se connecter")
        page.bring_to_front()
        # Coming back is enough; where a browser doesn't tell of it, there is a button (which may go while one aims).
        page.evaluate("() => document.querySelector('[data-notices] [data-retry]')?.click()")
        says(page, SAVED)
        assert stored()["summary"] == "On répare. Sans session."

    def test_somebody_else_on_that_computer_neither_sees_nor_sends_it(
        self, arrives: Arrives, db: SQLAlchemy, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
    ) -> None:
        colleague = person(RoleName.MEMBER, cast.responsible.roles[0].centre, email="yanis@tilleuls.example")
        db.session.commit()
        amina = arrives(cast.responsible)
        page = opens(amina, sheet, "action")
        page.context.set_offline(True)
        types(page, "summary", " Pour moi seule.")
        says(page, KEPT)
        ends_every_session(db, cast.responsible)
        page.context.set_offline(False)
        yanis = Person(page.context.new_page(), amina.site, True)
        yanis.signs_in(colleague.email, PASSWORD)
        his = opens(yanis, sheet, "action")
        expect(his.locator("#summary")).to_have_value("On répare.")
        page.bring_to_front()
        says(page, "Déconnecté")
        expect(page.get_by_text("Quelqu’un d’autre s’est connecté")).to_be_visible(timeout=40_000)
        assert stored()["summary"] == "On répare."
        expect(page.locator("#summary")).to_have_value("On répare. Pour moi seule.")

    def test_signing_out_asks_before_it_throws_away_and_leaves_nothing(
        self, arrives: Arrives, cast: Cast, sheet: UUID
    ) -> None:
        amina = arrives(cast.responsible)
        page = opens(amina, sheet, "action")
        page.context.set_offline(True)
        types(page, "summary", " Pas encore.")
        says(page, KEPT)
        said: list[str] = []
        page.once("dialog", lambda box: (said.append(box.message), box.dismiss()))
        leaves(page)
        page.wait_for_timeout(300)
        assert "pas encore enregistrées" in said[0]
        expect(page.locator("#summary")).to_have_value("On répare. Pas encore.")
        page.context.set_offline(False)
        says(page, SAVED)
        leaves(page)
        page.wait_for_url("**/connexion")
        left = page.evaluate("async () => (await caches.keys()).filter((name) => name.includes('pages'))")
        assert left == []


def ends_every_session(db: SQLAlchemy, user: User) -> None:
    db.session.rollback()
    db.session.query(UserSession).filter_by(user_id=user.id).delete()
    db.session.commit()


def leaves(page: Page) -> None:
    if not page.locator("details.user-menu[open]").count():
        page.locator("details.user-menu > summary").click()
    page.get_by_role("button", name="Se déconnecter").click()


class TestTwoPeople:
    """A colleague in the same sheet."""

    def test_what_a_colleague_answers_elsewhere_appears_and_nothing_is_asked(
        self, arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
    ) -> None:
        amina, yanis = arrives(cast.responsible), arrives(cast.responsible)
        hers, his = opens(amina, sheet, "suites"), opens(yanis, sheet, "suites")
        types(his, "limits", "Le froid.")
        says(his, SAVED)
        types(hers, "perspectives", "Une serre.")
        says(hers, SAVED)
        expect(hers.locator("#limits")).to_have_value("Le froid.")
        assert (stored()["limits"], stored()["perspectives"]) == ("Le froid.", "Une serre.")

    @pytest.mark.parametrize(
        ("button", "kept"), [("Garder la mienne", "La pluie."), ("Prendre l’autre", "Le <b>froid</b>.")]
    )
    def test_the_same_question_shows_both_answers_and_a_person_chooses(
        self, arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]], button: str, kept: str
    ) -> None:
        amina, yanis = arrives(cast.responsible), arrives(cast.responsible)
        hers, his = opens(amina, sheet, "suites"), opens(yanis, sheet, "suites")
        types(his, "limits", "Le <b>froid</b>.")
        says(his, SAVED)
        types(hers, "limits", "La pluie.")
        both = hers.get_by_test_id("theirs-limits")
        expect(both).to_contain_text("Le <b>froid</b>.", timeout=15_000)
        expect(both).to_contain_text("La pluie.")
        assert stored()["limits"] == "Le <b>froid</b>.", "nothing is written over"
        amina.looks_around()
        both.get_by_role("button", name=button).click()
        expect(both).to_have_count(0)
        says(hers, SAVED)
        expect(hers.locator("#limits")).to_have_value(kept)
        expect(hers.locator("[data-waiting]")).to_have_count(0)
        assert stored()["limits"] == kept

    def test_choices_are_named_as_people_read_them(self, arrives: Arrives, cast: Cast, sheet: UUID) -> None:
        amina, yanis = arrives(cast.responsible), arrives(cast.responsible)
        hers, his = opens(amina, sheet, "action"), opens(yanis, sheet, "action")
        his.get_by_role("radio", name="Citoyenneté", exact=True).check()
        says(his, SAVED)
        hers.get_by_role("radio", name="Services", exact=True).check()
        both = hers.get_by_test_id("theirs-dimension")
        expect(both.locator("[data-theirs]")).to_have_text("Citoyenneté", timeout=15_000)
        expect(both.locator("[data-mine]")).to_have_text("Services")

    def test_a_sheet_that_is_sent_meanwhile_gives_the_words_back(
        self, arrives: Arrives, db: SQLAlchemy, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
    ) -> None:
        amina = arrives(cast.responsible)
        page = opens(amina, sheet, "suites")
        there = db.session.get_one(Sheet, sheet)
        there.state, there.submitted_at = SheetState.SUBMITTED, now()
        db.session.commit()
        types(page, "limits", "Le froid.")
        expect(page.get_by_text("Ces réponses n’ont pas été enregistrées")).to_be_visible(timeout=15_000)
        expect(page.get_by_label("Suite de l'action : Limites", exact=True).last).to_have_value("Le froid.")
        amina.looks_around()
        assert "limits" not in stored()
