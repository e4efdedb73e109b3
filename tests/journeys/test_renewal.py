"""An action is told again: begun from last year's sheet, read again, sent; with and without a script, on a phone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import expect

from forms.definition import CarryOver
from forms.lifecycle import SheetState
from tests.counts import counted
from tests.factories import CampaignFactory, sent_sheet
from tests.journeys.conftest import CENTRE, Cast
from tests.journeys.people import Person
from tests.pages import StepPage
from tests.reports.samples import REPAIR
from webapp.clock import now
from webapp.models import Campaign, Centre, Sheet
from webapp.services import snapshots

TITLE = "Le jardin partagé"
LAST: dict[str, Any] = {
    "title": TITLE,
    "status": "en_cours",
    "dimension": "services",
    "keywords": ["culture"],
    "summary": "Un jardin ouvert à tous.",
    "public": ["tous"],
    "limits": "Le froid de février.",
    "people": "98 participants",
    "participants_count": counted(98),
}


@pytest.fixture
def last_year(cast: Cast, db: SQLAlchemy) -> int:
    """The action was told a year before the campaign that runs, and validated: that year."""
    running = db.session.query(Campaign).one()
    running.year = now().year
    centre = db.session.query(Centre).filter_by(name=CENTRE).one()
    year: int = running.year - 1
    campaign = CampaignFactory(federation=running.federation, year=year, form_version=running.form_version)
    sent_sheet(SheetState.VALIDATED, centre=centre, campaign=campaign, title=TITLE, answers=LAST)
    return year


@pytest.mark.browser
@pytest.mark.parametrize(("script", "width"), [(True, 1280), (False, 360)])
def test_an_action_is_renewed_read_again_and_sent(
    cast: Cast, last_year: int, db: SQLAlchemy, arrives: Callable[..., Person], script: bool, width: int
) -> None:
    amina = arrives(cast.responsible, script=script, width=width)
    amina.follows("Commencer une fiche")
    amina.presses(f"Reprendre l’action de {last_year}")
    amina.reads_heading(TITLE)
    amina.sees(f"6\u00a0réponses sont reprises de {last_year}, dont 2\u00a0textes à relire.")

    amina.follows("L’action")
    amina.reads("carried-status", f"repris de {last_year}")
    page = StepPage(amina.page, cast.form, amina.presses)
    assert page.control("summary").input_value() == LAST["summary"]
    amina.ticks("J’ai relu\u00a0: c’est toujours juste")
    amina.presses("Enregistrer et continuer")

    amina.goes_to_list()
    amina.follows("Moyens")
    amina.opens(f"Ce que vous aviez écrit en {last_year}")
    amina.sees("98 participants")
    amina.reads("last-participants_count", f"{last_year}\u00a0: 98\u00a0personnes")
    page.fill({"participants_count": "110"})
    amina.presses("Enregistrer")
    amina.reads("last-participants_count", f"+\u00a012 par rapport à {last_year}")

    amina.goes_to_list()
    amina.follows("Vérifier et envoyer")
    amina.reads("to-reread", "2\u00a0réponses reprises à relire")
    amina.clicks(amina.page.get_by_test_id("confirm-limits"))
    amina.clicks(amina.page.get_by_test_id("confirm-public"))
    assert amina.page.get_by_test_id("to-reread").count() == 0
    amina.ticks("Aux financeurs seulement")
    amina.presses("Envoyer")
    amina.sees("est partie le")

    lucas = arrives(cast.reviewer, script=script, width=width)
    lucas.follows(TITLE)
    lucas.reads("same-summary", f"comme en {last_year}")
    lucas.reads("compared-participants_count", f"+\u00a012 par rapport à {last_year}")
    lucas.follows("L’action, année après année")
    lucas.reads("figures", "110")
    db.session.rollback()
    sent = db.session.query(Sheet).filter_by(state=SheetState.SUBMITTED).one()
    assert sent.carried == {}
    assert sent.answers["summary"] == LAST["summary"]


@pytest.mark.browser
def test_a_box_that_is_ticked_is_told_at_once_and_a_change_takes_the_mark_away(
    cast: Cast, last_year: int, db: SQLAlchemy, arrives: Callable[..., Person]
) -> None:
    amina = arrives(cast.responsible)
    amina.follows("Commencer une fiche")
    amina.presses(f"Reprendre l’action de {last_year}")
    amina.follows("L’action")
    mark = amina.page.get_by_test_id("carried-summary")
    assert mark.count() == 1
    amina.ticks("J’ai relu\u00a0: c’est toujours juste")
    mark.wait_for(state="detached")
    # Away by a link, without pressing a button: it was said.
    amina.goes_to_list()
    amina.follows("Suites")
    amina.page.get_by_test_id("carried-limits").wait_for()
    amina.page.locator("[data-ready]").wait_for()
    StepPage(amina.page, cast.form, amina.presses).fill({"limits": "Le chaud de juillet."})
    amina.page.get_by_test_id("carried-limits").wait_for(state="detached")
    db.session.rollback()
    sheet = db.session.query(Sheet).filter_by(state=SheetState.DRAFT).one()
    assert sheet.carried.keys() == {"status", "dimension", "keywords", "public"}
    assert (sheet.answers["summary"], sheet.answers["limits"]) == (LAST["summary"], "Le chaud de juillet.")


CLICKS_AND_KEYS = """
addEventListener("pointerdown", () => counted("click"), true);
addEventListener("keydown", () => counted("key"), true);
"""
# What a slow hand and a reading eye take for each, in seconds (a click with looking for its place; a key).
A_CLICK, A_KEY, A_TEXT_READ_AGAIN = 4.0, 0.5, 30.0


@pytest.mark.browser
def test_a_renewed_sheet_whose_figures_changed_is_finished_in_ten_minutes(
    cast: Cast, db: SQLAlchemy, last_year: int, arrives: Callable[..., Person]
) -> None:
    """Recorded step by step: open `test-results/fiche-reprise.zip` with `playwright show-trace`."""
    told = db.session.query(Sheet).one()
    told.answers = {id: answer for id, answer in REPAIR.items() if id != "files"} | {"title": TITLE}
    snapshot = told.current_snapshot
    assert snapshot is not None
    db.session.execute(sa.text("DELETE FROM facet"))
    renewed = snapshots.take(told, actor_id=None, at=now())
    rereads = sum(
        item.carry_over is CarryOver.TAKE_AND_REREAD and item.id in renewed.answers for item in cast.form.questions
    )
    db.session.commit()

    made: Counter[str] = Counter()
    amina = arrives(cast.responsible)
    context = amina.page.context
    context.expose_function("counted", lambda kind: made.update([kind]))
    context.add_init_script(CLICKS_AND_KEYS)
    context.tracing.start(screenshots=True, snapshots=True)
    page, steps = amina.page, 0
    page.goto(f"{amina.site}/fiches")
    page.get_by_role("link", name="Commencer une fiche").first.click()
    page.get_by_role("button", name=f"Reprendre l’action de {last_year}").click()
    page.get_by_test_id("next").click()
    while "/verification" not in page.url:
        steps += 1
        expect(page.locator("[data-autosave]")).to_have_attribute("data-ready", "")
        for box in page.get_by_role("checkbox", name="J’ai relu").all():
            box.click()
        for figure in page.locator("[data-last-year]").all():
            control = page.locator(f"[name='{(figure.get_attribute('data-testid') or '').removeprefix('last-')}']")
            control.click()
            page.keyboard.type(str(int((figure.get_attribute("data-last-year") or "0").partition(".")[0]) + 2))
        with page.expect_navigation():
            page.get_by_role("button", name="Enregistrer et continuer").click()
    for doubt in page.get_by_role("checkbox", name="C’est juste").all():
        doubt.click()
        page.keyboard.press("Tab")
        page.keyboard.type("Deux séances de plus.")
    if page.get_by_role("button", name="Enregistrer", exact=True).count():
        page.get_by_role("button", name="Enregistrer", exact=True).first.click()
    assert page.get_by_test_id("missing").count() == 0, page.get_by_test_id("missing").inner_text()
    page.get_by_label("Aux financeurs seulement").click()
    page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("La fiche est envoyée")
    context.tracing.stop(path="test-results/fiche-reprise.zip")

    assert steps == len(cast.form.sections)
    seconds = made["click"] * A_CLICK + made["key"] * A_KEY + rereads * A_TEXT_READ_AGAIN
    print(f"{made['click']} clics, {made['key']} touches, {rereads} textes relus : {seconds / 60:.1f} minutes")  # noqa: T201
    assert rereads >= 5
    assert seconds < 600, dict(made)
