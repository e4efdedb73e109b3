"""Two hundred kills at random over the whole form: no character is lost, nothing is written over unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Playwright

from tests.databases import ENGINE
from tests.factories import SheetFactory, person
from tests.journeys.conftest import Cast
from tests.journeys.storm import Storm
from tests.servers import ServerProcess, free_port
from webapp.config import Settings
from webapp.vocabulary import RoleName

pytestmark = pytest.mark.browser

KILLS = 50
# What a browser keeps is the same whatever the database: two hundred on one engine, enough to see on the other.
SEEDS = (1, 2, 3, 4) if ENGINE == "sqlite" else (5,)
KINDS = ("line", "tab", "browser", "server", "session", "certainty")


@pytest.fixture
def brew(
    app: Flask,
    db: SQLAlchemy,
    settings: Settings,
    cast: Cast,
    playwright: Playwright,
    browser_type_launch_args: dict[str, Any],
    tmp_path: Path,
) -> Iterator[Callable[..., Storm]]:
    """A storm over a draft of the centre: `brew(seed)`; module: which server is run."""
    storms: list[Storm] = []

    def make(seed: int, module: str = "webapp.cli") -> Storm:
        centre = cast.responsible.roles[0].centre
        colleague = person(RoleName.MEMBER, centre, email="yanis@tilleuls.example")
        sheet = SheetFactory(centre=centre, title="L’atelier vélo", answers={"title": "L’atelier vélo"})
        db.session.commit()
        given = {name: getattr(settings, name) for name in settings.model_fields_set}
        own = Settings(**(given | {"base_url": f"http://127.0.0.1:{free_port()}"}))
        storm = Storm(
            playwright, tmp_path / f"browser-{uuid4()}", browser_type_launch_args, ServerProcess(own, module=module),
            db, cast.responsible, colleague, cast.form, sheet.id, seed,
        )  # fmt: skip
        storms.append(storm)
        db.session.rollback()
        storm.expected["title"] = "L’atelier vélo"
        storm.server.start()
        storm.open_browser()
        storm.sign_in(storm.page)
        return storm

    yield make
    for storm in storms:
        storm.kill_browser()
        storm.server.kill()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_typed_is_lost_and_nothing_is_written_over(brew: Callable[..., Storm], seed: int) -> None:
    storm = brew(seed)
    sections = [section for section, texts in storm.texts.items() if texts]
    for number in range(KILLS):
        if number % 5 == 0:
            storm.go_to(sections[number // 5 % len(sections)])
        storm.blow(storm.random.choice(KINDS))
    storm.count()
    assert storm.lost == []
    assert sum(storm.kills.values()) == KILLS
    assert set(storm.kills) == set(KINDS)


def test_the_same_count_finds_an_acknowledgement_that_comes_before_the_commit(brew: Callable[..., Storm]) -> None:
    storm = brew(5, "tests.journeys.hasty_server")
    storm.go_to("action")
    for _ in range(6):
        storm.type_on("summary")
        storm.rest()
        storm.server.kill()
        storm.server.start()
        storm.count()
    assert storm.lost
