"""Reading by keyboard: from the list to a sheet, a query, a decision, the next sheet; silent while one types."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import expect

from forms.lifecycle import SheetState
from tests.factories import START, SnapshotFactory, sent_sheet
from tests.journeys.conftest import CENTRE, Cast
from tests.journeys.people import Person
from webapp.models import Centre, Sheet


@pytest.fixture
def queue(cast: Cast, db: SQLAlchemy) -> list[Sheet]:
    """Three sheets that wait, the first one since longest."""
    centre = db.session.query(Centre).filter_by(name=CENTRE).one()
    return [
        sent_sheet(
            centre=centre,
            title=f"Fiche {number}",
            answers={"title": f"Fiche {number}", "summary": "Un jardin ouvert.", "limits": "Le froid."},
            submitted_at=START + timedelta(days=number),
        )
        for number in (1, 2, 3)
    ]


def listens(person: Person) -> None:
    """The page's script has come: its button is there with it."""
    expect(person.page.get_by_role("button", name="Raccourcis clavier")).to_be_visible()


@pytest.mark.browser
def test_a_reviewer_works_through_the_queue_by_keyboard(
    cast: Cast, queue: list[Sheet], db: SQLAlchemy, arrives: Callable[..., Person]
) -> None:
    ids = [str(sheet.id) for sheet in queue]
    lucas = arrives(cast.reviewer)
    page, keys = lucas.page, lucas.page.keyboard
    lucas.goes_to("/relecture?lecteur=personne")
    listens(lucas)
    keys.press("j")
    keys.press("j")
    keys.press("k")
    expect(page.get_by_role("link", name="Fiche 1")).to_be_focused()
    keys.press("Enter")
    page.wait_for_url(f"**/relecture/{ids[0]}?lecteur=personne")
    lucas.looks_around()
    listens(lucas)
    for key in ("n", "n", "n", "d"):
        keys.press(key)
    reason = page.locator(":focus")
    question = (reason.get_attribute("id") or "").removeprefix("reason-")
    reason.select_option("incomplete")
    keys.press("Tab")
    keys.type("jkvd ?")
    expect(page.locator(f"#text-{question}")).to_have_value("jkvd ?")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_test_id(f"query-{question}")).to_be_visible()
    listens(lucas)
    keys.press("ArrowRight")
    page.wait_for_url(f"**/relecture/{ids[1]}?lecteur=personne")
    listens(lucas)
    keys.press("v")
    expect(page.get_by_role("button", name="Valider")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_test_id("sheet-state")).to_have_text("Validée")
    listens(lucas)
    keys.press("j")
    page.wait_for_url(f"**/relecture/{ids[0]}?lecteur=personne")
    listens(lucas)
    keys.press("j")
    page.wait_for_url(f"**/relecture/{ids[2]}?lecteur=personne")
    db.session.expire_all()
    assert [sheet.state for sheet in queue] == [SheetState.SUBMITTED, SheetState.VALIDATED, SheetState.SUBMITTED]
    assert not lucas.amiss


@pytest.mark.browser
def test_the_keys_are_told_and_can_be_put_off(cast: Cast, queue: list[Sheet], arrives: Callable[..., Person]) -> None:
    here = f"/relecture/{queue[0].id}"
    lucas = arrives(cast.reviewer)
    page, keys = lucas.page, lucas.page.keyboard
    lucas.goes_to(here)
    listens(lucas)
    keys.press("?")
    told = page.get_by_role("dialog", name="Raccourcis clavier")
    expect(told).to_be_visible()
    lucas.looks_around()
    told.get_by_label("Raccourcis actifs sur cet appareil").uncheck()
    told.get_by_role("button", name="Fermer").click()
    page.reload()
    listens(lucas)
    keys.press("j")
    keys.press("?")
    expect(told).to_be_hidden()
    assert page.url.endswith(here)
    page.get_by_role("button", name="Raccourcis clavier").click()
    told.get_by_label("Raccourcis actifs sur cet appareil").check()
    keys.press("Escape")
    keys.press("j")
    page.wait_for_url(f"**/relecture/{queue[1].id}")
    assert not lucas.amiss


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 360])
def test_what_changed_is_marked_otherwise_than_by_colour(
    cast: Cast, queue: list[Sheet], arrives: Callable[..., Person], width: int
) -> None:
    sheet = queue[0]
    sheet.answers = sheet.answers | {"summary": f"{sheet.answers['summary']} Et le samedi aussi."}
    SnapshotFactory(sheet=sheet)
    lucas = arrives(cast.reviewer, script=width == 1280, width=width)
    lucas.goes_to(f"/relecture/{sheet.id}?depuis=envoi")
    added = lucas.page.locator("#reponse-summary ins")
    expect(added).to_have_css("text-decoration-line", "underline")
    expect(added).to_contain_text("Et le samedi aussi.")
    assert not lucas.amiss
