"""A funder's afternoon: read by keyboard, quote a passage, leave, go on from a telephone where one stopped."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Page, expect

from forms.lifecycle import SheetState
from tests.factories import received_report, sent_sheet
from tests.journeys.conftest import CENTRE, Cast
from tests.journeys.people import Person
from webapp.models import Centre, DeskVisit, Event, Funder, Quote, ReportRun, Sheet

LONG = "\n\n".join(
    f"Semaine {week} : on bêche, on sème, on arrose et l’on s’attend les uns les autres." for week in range(30)
)


@pytest.fixture
def sheets(cast: Cast, db: SQLAlchemy) -> list[Sheet]:
    """What the centre sent, in the order of the report."""
    centre = db.session.query(Centre).filter_by(name=CENTRE).one()
    return [
        sent_sheet(
            SheetState.VALIDATED,
            centre=centre,
            title=title,
            answers={
                "title": title,
                "summary": f"{title} réunit le quartier. Chacun y vient comme il est.",
                "description": LONG,
                "limits": "Le froid, et les bras qui manquent en novembre quand tout le monde travaille.",
                "dimension": "services",
            },
        )
        for title in ("Le jardin", "Les contes", "Le vélo")
    ]


@pytest.fixture
def report(cast: Cast, sheets: list[Sheet], db: SQLAlchemy) -> ReportRun:
    """The report that was handed to the funder."""
    return received_report(db.session.query(Funder).one(), *sheets)


def listens(person: Person) -> None:
    """The page's script has come: its button is there with it."""
    expect(person.page.get_by_role("button", name="Raccourcis clavier")).to_be_visible()


def selects(page: Page, words: str) -> None:
    """Select these words of the summary, as a mouse would."""
    page.evaluate(
        """(words) => {
            const text = document.querySelector("#reponse-summary [data-quotable] .as-typed").firstChild;
            const at = text.data.indexOf(words), range = document.createRange();
            range.setStart(text, at);
            range.setEnd(text, at + words.length);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
        }""",
        words,
    )


@pytest.mark.browser
def test_a_key_pressed_as_the_list_of_keys_closes_is_heard(
    cast: Cast, report: ReportRun, sheets: list[Sheet], arrives: Callable[..., Person]
) -> None:
    jeanne = arrives(cast.funder)
    jeanne.goes_to(f"/lecture/{report.id}/{sheets[0].id}")
    listens(jeanne)
    pressed = """([key, closed]) => {
        const dialog = document.querySelector("[data-keys] dialog"), box = dialog.querySelector("input");
        if (!dialog.open) dialog.showModal();
        box.focus();
        if (closed) dialog.close();
        box.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
        return document.querySelector("[data-quote-said]").textContent;
    }"""
    assert jeanne.page.evaluate(pressed, ["c", False]) == ""
    assert "le passage à citer" in jeanne.page.evaluate(pressed, ["c", True])


@pytest.mark.browser
def test_an_adviser_reads_by_keyboard_quotes_and_goes_on_from_her_telephone(
    cast: Cast, report: ReportRun, sheets: list[Sheet], db: SQLAlchemy, arrives: Callable[..., Person]
) -> None:
    here, ids = f"/lecture/{report.id}", [str(sheet.id) for sheet in sheets]
    jeanne = arrives(cast.funder)
    page, keys = jeanne.page, jeanne.page.keyboard
    jeanne.follows("Lecture")
    jeanne.follows("Recueil 2026")
    jeanne.sees("0 lue sur 3")
    listens(jeanne)
    keys.press("j")
    expect(page.get_by_role("link", name="Le jardin")).to_be_focused()
    keys.press("Enter")
    page.wait_for_url(f"**{here}/{ids[0]}")
    jeanne.looks_around()
    listens(jeanne)
    keys.press("?")
    expect(page.get_by_role("dialog", name="Raccourcis clavier")).to_contain_text("Citer le passage sélectionné")
    jeanne.looks_around()
    keys.press("Escape")
    expect(page.get_by_role("dialog", name="Raccourcis clavier")).to_be_hidden()
    expect(page.get_by_role("button", name="Citer", exact=True)).to_be_visible()
    keys.press("c")
    jeanne.sees("Sélectionnez d’abord, dans une seule réponse, le passage à citer.")
    selects(page, "vient comme il e")
    keys.press("c")
    told = page.get_by_role("dialog", name="Citer ce passage")
    expect(told).to_contain_text("vient comme il e")
    jeanne.looks_around()
    keys.type("jkl ? Belle phrase.")
    told.get_by_label("Partager avec la fédération").check()
    with page.expect_navigation():
        told.get_by_role("button", name="Citer").click()
    jeanne.looks_around()
    expect(page.get_by_test_id("quoted")).to_contain_text("«\u00a0vient comme il est\u00a0»")
    listens(jeanne)
    with page.expect_navigation():
        keys.press("l")
    page.wait_for_url(f"**{here}/{ids[1]}")
    jeanne.sees("Fiche 2 sur 3, 1\u00a0lue")
    listens(jeanne)
    with page.expect_response(
        lambda answer: answer.url.endswith("/ici") and "limits" in (answer.request.post_data or "")
    ):
        page.locator("#reponse-limits").evaluate("(item) => item.scrollIntoView({block: 'start'})")
    page.context.close()
    db.session.rollback()
    visit = db.session.scalars(sa.select(DeskVisit).where(DeskVisit.snapshot_id == sheets[1].current_snapshot_id)).one()
    assert visit.question == "limits"
    db.session.rollback()
    telephone = arrives(cast.funder, width=360)
    telephone.goes_to("/lecture")
    telephone.sees("Vous en étiez à", "Les contes")
    telephone.clicks(telephone.page.get_by_role("button", name=re.compile("^Reprendre où j’en étais")))
    telephone.page.wait_for_url(f"**{here}/{ids[1]}#reponse-limits")
    expect(telephone.page.locator("#reponse-limits")).to_be_in_viewport()
    telephone.presses("Lu, suivante")
    telephone.page.wait_for_url(f"**{here}/{ids[2]}")
    telephone.goes_to("/lecture/citations")
    telephone.sees("«\u00a0vient comme il est\u00a0»", "jkl ? Belle phrase.", "partagé avec la fédération")
    db.session.rollback()
    assert [quote.shared for quote in db.session.scalars(sa.select(Quote))] == [True]
    opened = db.session.scalars(sa.select(Event.sheet_id).where(Event.kind == "sheet.opened").order_by(Event.seq)).all()
    assert [str(id) for id in opened] == ids
    assert not jeanne.amiss
    assert not telephone.amiss


@pytest.mark.browser
def test_without_a_script_one_reads_marks_and_quotes_by_buttons(
    cast: Cast, report: ReportRun, sheets: list[Sheet], db: SQLAlchemy, arrives: Callable[..., Person]
) -> None:
    jeanne = arrives(cast.funder, script=False, width=360)
    jeanne.goes_to(f"/lecture/{report.id}")
    jeanne.presses("Commencer la lecture")
    jeanne.reads_heading("Le jardin")
    jeanne.clicks(jeanne.page.locator("#reponse-description").get_by_role("link", name="Citer un passage"))
    jeanne.page.get_by_label("Semaine 3 :").check()
    jeanne.presses("Citer")
    jeanne.reads("quoted", "Semaine 3 :")
    jeanne.presses("Lu, suivante")
    jeanne.reads_heading("Les contes")
    jeanne.presses("Lu, suivante")
    jeanne.presses("Lu")
    jeanne.sees("C’est lu. Vous êtes au bout de cette liste.", "3 lues sur 3")
    jeanne.goes_to("/lecture/citations")
    jeanne.opens("Ajouter une note")
    jeanne.types("Votre note", "Pour la commission.")
    jeanne.presses("Enregistrer")
    jeanne.sees("Pour la commission.")
    assert not jeanne.amiss


@pytest.mark.browser
def test_on_a_telephone_the_current_tab_is_in_sight_and_a_sheet_has_its_contents(
    cast: Cast, report: ReportRun, sheets: list[Sheet], arrives: Callable[..., Person]
) -> None:
    jeanne = arrives(cast.funder, width=360)
    jeanne.goes_to(f"/lecture/{report.id}?lu=oui")
    for row in (".site-nav", ".tabs"):
        expect(jeanne.page.locator(f"{row} [aria-current]")).to_be_in_viewport(ratio=0.95)
    jeanne.goes_to(f"/lecture/{report.id}/{sheets[0].id}")
    jeanne.opens("Sommaire")
    jeanne.page.get_by_role("navigation", name="Sommaire").get_by_role("link", name="Suites").click()
    expect(jeanne.page.locator("#reponse-limits")).to_be_in_viewport()
    assert not jeanne.amiss
