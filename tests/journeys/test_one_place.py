"""Who types keeps their place: Enter, rows that go and come back, what was found, answers that wait for a choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Dialog, Page, expect

from tests.factories import SheetFactory
from tests.journeys.conftest import Cast
from tests.journeys.test_autosave import KEPT, SAVED, Arrives, is_kept, opens, says, types
from webapp.models import Sheet

pytestmark = pytest.mark.browser


@pytest.fixture
def sheet(db: SQLAlchemy, cast: Cast) -> UUID:
    """A draft of the centre."""
    centre = cast.responsible.roles[0].centre
    made = SheetFactory(centre=centre, title="L’atelier vélo", answers={"title": "L’atelier vélo"})
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


def is_saved(page: Page) -> None:
    says(page, SAVED)
    expect(page.locator("[data-waiting]")).to_have_count(0)


def test_enter_in_a_line_of_a_table_saves_and_nobody_loses_their_place(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
) -> None:
    page = opens(arrives(cast.responsible), sheet, "partenaires")
    page.evaluate("() => { window.same = true; }")
    box = page.locator("#partners_named-0-name")
    box.scroll_into_view_if_needed()
    box.focus()
    page.keyboard.type("Mairie")
    page.keyboard.press("Enter")
    is_saved(page)
    assert [row["name"] for row in stored()["partners_named"]] == ["Mairie"]
    expect(box).to_be_focused()
    assert page.evaluate("window.same"), "the page is still the same"


def test_a_row_that_was_taken_away_comes_back_with_what_it_said(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
) -> None:
    amina = arrives(cast.responsible, width=360)
    page = opens(amina, sheet, "partenaires")
    page.locator("#partners_named-0-name").fill("Mairie")
    page.get_by_role("button", name="Ajouter une ligne").first.click()
    page.keyboard.type("Ressourcerie")
    is_saved(page)
    page.get_by_role("button", name="Retirer Ligne 1").first.click()
    undo = page.get_by_role("button", name="Annuler")
    expect(undo).to_be_focused()
    amina.sees("Ligne retirée.")
    amina.looks_around()
    is_saved(page)
    assert [row["name"] for row in stored()["partners_named"]] == ["Ressourcerie"]
    page.get_by_role("button", name="Ajouter une ligne").first.click()
    page.keyboard.type("Club")
    undo.click()
    expect(undo).to_have_count(0)
    expect(page.locator("#partners_named-0-name")).to_be_focused()
    is_saved(page)
    assert [row["name"] for row in stored()["partners_named"]] == ["Mairie", "Ressourcerie", "Club"]


def test_a_file_is_taken_off_only_when_one_says_so_twice(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]], poster: Any
) -> None:
    amina = arrives(cast.responsible)
    page = opens(amina, sheet, "pieces")
    page.get_by_label("Fichier", exact=True).set_input_files(poster)
    expect(page.locator(".files > li")).to_have_count(1)
    asked: list[str] = []

    def no(box: Dialog) -> None:
        asked.append(box.message)
        box.dismiss()

    page.once("dialog", no)
    button = page.get_by_role("button", name="Retirer ce fichier")
    button.click()
    page.wait_for_timeout(300)
    assert "affiche.png" in asked[0]
    assert len(stored()["files"]) == 1
    page.once("dialog", lambda box: box.accept())
    with page.expect_navigation():
        button.click()
    expect(page.locator(".files > li")).to_have_count(0)
    assert page.url.endswith("#files")


def test_what_is_typed_on_one_step_is_no_finding_on_the_next(arrives: Arrives, cast: Cast, sheet: UUID) -> None:
    amina = arrives(cast.responsible)
    page = opens(amina, sheet, "resultats")
    is_kept(page, f"/fiches/{sheet}/suites")
    page.context.set_offline(True)
    types(page, "results_centre", "Plus de monde.")
    says(page, KEPT)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("**/suites")
    expect(page.locator("[data-autosave]")).to_have_attribute("data-ready", "")
    amina.sees_not("Réponses retrouvées")
    page.goto(f"{amina.site}/fiches/{sheet}/resultats")
    expect(page.locator("#results_centre")).to_have_value("Plus de monde.")
    found = page.locator("[data-found]")
    expect(found).to_contain_text("était gardé sur cet appareil\u00a0: «\u00a0")
    expect(found).to_contain_text("». Ce qui n’est pas encore enregistré le sera dès que la connexion le permet.")
    amina.looks_around()


def test_two_answers_are_reached_from_the_line_that_tells_of_them(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
) -> None:
    amina, yanis = arrives(cast.responsible, width=360), arrives(cast.responsible)
    hers, his = opens(amina, sheet, "suites"), opens(yanis, sheet, "suites")
    types(his, "limits", "Le froid.")
    says(his, SAVED)
    types(hers, "limits", "La pluie.")
    says(hers, "Une réponse attend votre choix")
    amina.looks_around()
    hers.get_by_test_id("save-state").get_by_role("link").click()
    both = hers.get_by_test_id("theirs-limits")
    expect(both).to_be_focused()
    expect(both).to_be_in_viewport()
    box, label = both.bounding_box(), hers.locator("label[for=limits]").bounding_box()
    assert box is not None
    assert label is not None
    assert label["y"] - box["y"] - box["height"] >= 8
    both.get_by_role("button", name="Garder la mienne").click()
    is_saved(hers)


def test_a_problem_that_is_solved_is_told_no_more(
    arrives: Arrives, cast: Cast, sheet: UUID, stored: Callable[[], dict[str, Any]]
) -> None:
    amina, yanis = arrives(cast.responsible), arrives(cast.responsible)
    hers, his = opens(amina, sheet, "suites"), opens(yanis, sheet, "suites")
    types(his, "limits", "Le froid.")
    says(his, SAVED)
    types(hers, "limits", "La pluie.")
    hers.get_by_role("button", name="Enregistrer", exact=True).click()
    hers.wait_for_load_state()
    summary = hers.get_by_test_id("error-summary")
    if summary.count():
        expect(summary).to_contain_text("il y a un problème")
    hers.get_by_test_id("theirs-limits").get_by_role("button", name="Garder la mienne").click()
    is_saved(hers)
    expect(summary).to_have_count(0)
    assert stored()["limits"] == "La pluie."
