"""A small federation with its people, browsers for them, and a worker that works when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask_sqlalchemy import SQLAlchemy
from PIL import Image
from playwright.sync_api import Browser, Page

from forms.definition import FormVersion, Question
from forms.kinds import Amount, Day, YesNo
from forms.registry import shipped
from tests.factories import (
    PASSWORD,
    YEAR,
    CampaignFactory,
    CentreFactory,
    FederationFactory,
    FormVersionFactory,
    FunderFactory,
    address,
    expect,
    person,
)
from tests.fleet import Fleet
from tests.journeys.people import Person
from webapp import worker
from webapp.clock import now
from webapp.models import User
from webapp.services import jobs, mail
from webapp.vocabulary import RoleName

# The kinds that no question of the shipped form has.
MORE = (
    Question("first_day", "Premier jour de l’action", Day()),
    Question("open_to_all", "Action ouverte à tous", YesNo()),
    Question("cost", "Coût de l’action", Amount()),
)
SHIPPED = shipped(YEAR)
FORM = replace(
    SHIPPED,
    key="toutes-les-questions",
    sections=tuple(
        replace(section, questions=(*section.questions, *MORE)) if section.id == "moyens" else section
        for section in SHIPPED.sections
    ),
)
CENTRE = "Centre social Les Tilleuls"
FUNDER = "Caf du Val"


@dataclass(frozen=True)
class Cast:
    """Who takes part."""

    responsible: User
    reviewer: User
    administrator: User
    funder: User
    form: FormVersion = FORM


@pytest.fixture
def cast(db: SQLAlchemy) -> Cast:
    """A federation with a campaign that runs, a centre, a funder to whom it is addressed, and their people."""
    federation = FederationFactory(name="Fédération du Val")
    centre = CentreFactory(federation=federation, name=CENTRE)
    version = FormVersionFactory(key=FORM.key, sha256=FORM.sha256, document=FORM.to_json())
    today = now().date()
    campaign = CampaignFactory(
        federation=federation,
        form_version=version,
        opened_at=now() - timedelta(days=30),
        shown_deadline=today + timedelta(days=30),
        last_creation=today + timedelta(days=45),
        last_edit=today + timedelta(days=60),
    )
    funder = FunderFactory(federation=federation, name=FUNDER)
    expect(campaign, centre)
    address(campaign, funder)
    return Cast(
        person(RoleName.RESPONSIBLE, centre, email="amina@tilleuls.example"),
        person(RoleName.REVIEWER, federation, email="lucas@federation.example"),
        person(RoleName.ADMINISTRATOR, federation, email="helene@federation.example"),
        person(RoleName.FUNDER, funder, email="jeanne@caf.example"),
    )


@pytest.fixture
def arrives(browser: Browser, live_server: str, db: SQLAlchemy) -> Iterator[Callable[..., Person]]:
    """Somebody sits down at a browser of their own: `arrives(user, script=False, width=360)`; no user: anyone."""
    contexts = []

    def arrive(user: User | None = None, *, script: bool = True, width: int = 1280) -> Person:
        context = browser.new_context(
            java_script_enabled=script,
            viewport={"width": width, "height": 800},
            locale="fr-FR",
            timezone_id="Europe/Paris",
            reduced_motion="reduce",
            accept_downloads=True,
        )
        contexts.append(context)
        page: Page = context.new_page()
        page.set_default_timeout(15_000)
        comer = Person(page, live_server, script)
        if user is not None:
            email = user.email
            db.session.rollback()
            comer.signs_in(email, PASSWORD)
        return comer

    yield arrive
    for context in contexts:
        context.close()


@pytest.fixture
def the_worker_works(db: SQLAlchemy, machines: Fleet | None) -> Callable[[], None]:
    """Everything that waits for the worker is done: jobs, then mails."""
    if machines is not None:
        return machines.work

    def work() -> None:
        db.session.rollback()
        for job_id in jobs.left_behind(at=now()):
            db.session.rollback()
            worker.do(job_id)
        db.session.rollback()
        mail.send_due(at=now())
        db.session.rollback()

    return work


@pytest.fixture
def poster(tmp_path: Path) -> Path:
    """A picture to be joined."""
    path = tmp_path / "affiche.png"
    Image.new("RGB", (640, 400), "#d8a531").save(path)
    return path
