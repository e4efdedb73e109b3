"""Replies to the federation, typed beside the answers: they are saved as the answers are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Page, expect

from forms.lifecycle import SheetState
from tests.factories import QueryFactory, SheetFactory, sent_sheet
from tests.journeys.conftest import Cast
from tests.journeys.test_autosave import KEPT, Arrives, is_kept, opens, says, waits_on_the_device
from webapp.models import Query, Sheet
from webapp.vocabulary import QueryState

pytestmark = pytest.mark.browser

SAVED = "pas encore envoyées"


@pytest.fixture
def returned(db: SQLAlchemy, cast: Cast) -> Sheet:
    """A sheet of the centre with changes requested."""
    centre = cast.responsible.roles[0].centre
    sheet: Sheet = sent_sheet(SheetState.CHANGES_REQUESTED, centre=centre, title="L’atelier vélo")
    QueryFactory(sheet=sheet, question="experience", text="Depuis quand ?", state=QueryState.OPEN)
    db.session.commit()
    return sheet


@pytest.fixture
def replied(db: SQLAlchemy, returned: Sheet) -> Callable[[], str | None]:
    """What the server has of the reply now."""
    id = returned.id

    def read() -> str | None:
        db.session.rollback()
        query = db.session.query(Query).filter_by(sheet_id=id).one()
        text: str | None = query.reply
        db.session.rollback()
        return text

    return read


def reply(page: Page) -> None:
    """Stand in the reply."""
    page.get_by_label("Votre réponse", exact=True).focus()
    page.keyboard.press("Control+End")


def test_a_reply_saves_itself_and_is_there_when_one_comes_back(
    arrives: Arrives, cast: Cast, returned: Sheet, replied: Callable[[], str | None]
) -> None:
    id = returned.id
    amina = arrives(cast.responsible, width=360)
    page = opens(amina, id, "initiative")
    reply(page)
    page.keyboard.type("Depuis mars, le samedi.")
    says(page, "Enregistrement…")
    says(page, SAVED)
    assert replied() == "Depuis mars, le samedi."
    amina.looks_around()
    amina.goes_to_list()
    amina.sees("Vous avez répondu à tout")
    page = opens(amina, id, "initiative")
    expect(page.get_by_label("Votre réponse", exact=True)).to_have_value("Depuis mars, le samedi.")
    amina.presses("Enregistrer et continuer")
    assert replied() == "Depuis mars, le samedi."


def test_a_reply_that_is_taken_back_leaves_the_query_open(
    arrives: Arrives, cast: Cast, returned: Sheet, replied: Callable[[], str | None]
) -> None:
    amina = arrives(cast.responsible)
    page = opens(amina, returned.id, "initiative")
    reply(page)
    page.keyboard.type("Non.")
    says(page, SAVED)
    page.get_by_label("Votre réponse", exact=True).fill("")
    says(page, "Enregistrement…")
    says(page, SAVED)
    assert replied() is None
    amina.goes_to_list()
    amina.sees("1\u00a0demande vous attend")


def test_a_reply_typed_without_a_line_waits_and_leaves_from_another_page(
    arrives: Arrives, cast: Cast, returned: Sheet, replied: Callable[[], str | None]
) -> None:
    id = returned.id
    amina = arrives(cast.responsible)
    page = opens(amina, id, "initiative")
    is_kept(page, f"/fiches/{id}/initiative")
    context = page.context
    context.set_offline(True)
    reply(page)
    page.keyboard.type("Sans ligne.")
    says(page, KEPT)
    page.close(run_before_unload=False)
    amina.page = page = context.new_page()
    page.goto(f"{amina.site}/fiches/{id}/initiative")
    expect(page.get_by_label("Votre réponse", exact=True)).to_have_value("Sans ligne.")
    page.close(run_before_unload=False)
    context.set_offline(False)
    amina.page = page = context.new_page()
    page.goto(f"{amina.site}/fiches/{id}/verification")
    expect(page.locator("body")).not_to_contain_text("sans réponse ni changement", timeout=15_000)
    assert replied() == "Sans ligne."


def test_two_replies_to_one_query_are_both_shown(
    arrives: Arrives, cast: Cast, returned: Sheet, replied: Callable[[], str | None]
) -> None:
    id = returned.id
    hers, his = opens(arrives(cast.responsible), id, "initiative"), opens(arrives(cast.responsible), id, "initiative")
    reply(his)
    his.keyboard.type("Depuis avril.")
    says(his, SAVED)
    reply(hers)
    hers.keyboard.type("Depuis mars.")
    both = hers.get_by_role("group", name="Deux réponses")
    expect(both).to_contain_text("Depuis avril.", timeout=15_000)
    assert replied() == "Depuis avril.", "nothing is written over"
    both.get_by_role("button", name="Garder la mienne").click()
    expect(both).to_have_count(0)
    says(hers, SAVED)
    assert replied() == "Depuis mars."


def test_a_reply_that_is_too_long_is_told_and_never_called_saved(
    arrives: Arrives, cast: Cast, returned: Sheet, replied: Callable[[], str | None]
) -> None:
    amina = arrives(cast.responsible)
    page = opens(amina, returned.id, "initiative")
    box = page.get_by_label("Votre réponse", exact=True)
    box.fill("a" * 4001)
    expect(page.locator(".thread .error")).to_contain_text("Raccourcissez", timeout=15_000)
    says(page, "Une réponse n’est pas enregistrée")
    amina.looks_around()
    assert replied() is None
    box.fill("Depuis mars.")
    says(page, SAVED)
    expect(page.locator(".thread .error")).to_have_count(0)
    assert replied() == "Depuis mars."


def test_a_reason_waits_for_its_form_and_is_not_called_saved(arrives: Arrives, db: SQLAlchemy, cast: Cast) -> None:
    centre = cast.responsible.roles[0].centre
    sheet = SheetFactory(centre=centre, title="L’atelier vélo", answers={"title": "L’atelier vélo", "limits": "idem"})
    db.session.commit()
    id = sheet.id
    amina = arrives(cast.responsible)
    page = opens(amina, id, "suites")
    box = page.locator("[name^=_sure-reason]").first
    box.focus()
    page.keyboard.type("Rien de neuf.")
    says(page, "À enregistrer")
    page.locator("#perspectives").fill("Une serre.")
    expect(page.locator("[data-waiting]")).to_have_count(0)
    says(page, "À enregistrer")
    amina.looks_around()
    waits_on_the_device(page, str(box.get_attribute("name")))
    amina.goes_to(f"/fiches/{id}")
    amina.goes_to(f"/fiches/{id}/action")
    page = opens(amina, id, "suites")
    expect(page.locator("[name^=_sure-reason]").first).to_have_value("Rien de neuf.")
    says(page, "À enregistrer")
    amina.presses("Enregistrer")
    says(page, "Enregistré")
