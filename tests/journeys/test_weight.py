"""A step weighs like a feather: what goes over the line, first visit, next visits, and at each save."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Browser, Page, expect

from tests.factories import SheetFactory
from tests.journeys.conftest import Cast
from tests.journeys.people import Person
from tests.reports.samples import REPAIR

pytestmark = pytest.mark.browser

FIRST, NEXT, SAVE = 60_000, 15_000, 1_000  # bytes


@pytest.fixture
def sheet(db: SQLAlchemy, cast: Cast) -> UUID:
    """A draft with every text in it."""
    answers = {id: answer for id, answer in REPAIR.items() if id not in {"files", "organisation", "year"}}
    made = SheetFactory(centre=cast.responsible.roles[0].centre, title=answers["title"], answers=answers)
    db.session.commit()
    id: UUID = made.id
    return id


@contextmanager
def weighed(page: Page) -> Iterator[list[int]]:
    """What comes in meanwhile, compressed as it goes over the line, without the heads: a list of bytes."""
    found: list[int] = []
    had: set[str] = set()
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")

    def note(said: dict[str, Any]) -> None:
        answer = said["response"]
        # What the browser had already doesn't come over the line.
        if said["requestId"] not in had and not answer.get("fromDiskCache"):
            heads = {name.lower(): text for name, text in answer["headers"].items()}
            found.append(int(heads["content-length"]))

    wire.on("Network.requestServedFromCache", lambda said: had.add(said["requestId"]))
    wire.on("Network.responseReceived", note)
    yield found
    wire.detach()


def opens(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("form[data-autosave]")).to_have_attribute("data-ready", "")


@pytest.mark.parametrize("section", ["action", "moyens", "pieces"])
def test_a_step_is_light_the_first_time_and_lighter_after(
    arrives: Callable[..., Person], browser: Browser, cast: Cast, sheet: UUID, section: str
) -> None:
    amina = arrives(cast.responsible)
    # As on a computer where nobody has been: neither styles nor scripts are there, and nothing is fetched ahead.
    context = browser.new_context(storage_state=amina.page.context.storage_state(), service_workers="block")
    page = context.new_page()
    with weighed(page) as first:
        opens(page, f"{amina.site}/fiches/{sheet}/{section}")
    with weighed(page) as after:
        opens(page, f"{amina.site}/fiches/{sheet}/resultats")
    context.close()
    assert 10_000 < sum(first) <= FIRST
    assert 1_000 < sum(after) <= NEXT


def test_a_save_carries_only_what_was_typed(arrives: Callable[..., Person], cast: Cast, sheet: UUID) -> None:
    amina = arrives(cast.responsible)
    page = amina.page
    opens(page, f"{amina.site}/fiches/{sheet}/partenaires")
    assert len(page.locator("#description").input_value()) > 900
    with page.expect_request(lambda asked: asked.method == "PATCH") as sent:
        page.locator("#description").evaluate("node => { node.focus(); node.setSelectionRange(100, 100); }")
        page.keyboard.type("Chaque mardi, ")
    body = sent.value.post_data or ""
    assert len(body.encode()) <= SAVE
    assert json.loads(body)["edits"]["description"][2].startswith("Chaque")
    expect(page.locator("[data-waiting]")).to_have_count(0)
