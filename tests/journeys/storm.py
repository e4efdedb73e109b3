"""Somebody who types while everything around is killed at random, and who counts what comes back."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect

from forms.definition import FormVersion
from forms.kinds import ShortText
from forms.steps import StepReading
from tests.factories import PASSWORD
from tests.servers import ServerProcess
from webapp.clock import now
from webapp.models import Sheet, User, UserSession
from webapp.queries.accounts import actor_of
from webapp.services import sheets

HELD = 0.1  # seconds after which what was typed must outlive anything
PATIENCE = 30_000  # milliseconds for the page to come to rest


@dataclass
class Storm:
    """The typist's world. expected: question → what must stand there; lost: characters that did not come back."""

    playwright: Playwright
    folder: Path
    launch: dict[str, Any]
    server: ServerProcess
    db: SQLAlchemy
    typist: User
    colleague: User
    version: FormVersion
    sheet: UUID
    seed: int
    expected: dict[str, str] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.email = self.typist.email
        self.typist_id, self.colleague_id = self.typist.id, self.colleague.id
        self.words = (f"m{number}." for number in itertools.count())
        self.context: BrowserContext
        self.page: Page
        self.section = ""

    # ------------------------------------------------------------ the world

    @property
    def texts(self) -> dict[str, list[str]]:
        """Step → its questions that are answered in words, whatever else was answered."""
        return {
            section.id: [item.id for item in section.typed if isinstance(item.kind, ShortText) and not item.show_if]
            for section in self.version.sections
        }

    def open_browser(self) -> None:
        """Start the browser on the folder that it had before."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.folder), locale="fr-FR", timezone_id="Europe/Paris", **self.launch
        )
        self.page = self.context.pages[0]

    def kill_browser(self) -> None:
        """The whole browser, as by a power cut."""
        for number in _processes(str(self.folder)):
            os.kill(number, signal.SIGKILL)
        while _processes(str(self.folder)):
            time.sleep(0.02)
        with contextlib.suppress(Error):
            self.context.close()

    def sign_in(self, page: Page) -> None:
        """By the door; nothing to do where the session still holds."""
        page.goto(f"{self.server.settings.base_url}/connexion")
        if page.get_by_label("Mot de passe", exact=True).count():
            page.get_by_label("Adresse mail", exact=True).fill(self.email)
            page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Se connecter", exact=True).click()
            page.wait_for_url("**/fiches")

    def go_to(self, section: str) -> None:
        """Open a step."""
        self.section = section
        self.page.goto(f"{self.server.settings.base_url}/fiches/{self.sheet}/{section}")
        expect(self.page.locator("form[data-autosave]")).to_have_attribute("data-ready", "", timeout=PATIENCE)

    # ------------------------------------------------------------ typing

    def type_on(self, question: str) -> None:
        """A few characters at the end of an answer; no two bursts are alike."""
        burst = next(self.words)
        control = self.page.locator(f"form [name='{question}']")
        control.evaluate("node => { node.focus(); node.setSelectionRange(node.value.length, node.value.length); }")
        self.page.keyboard.type(burst)
        self.expected[question] = self.expected.get(question, "") + burst

    def some_question(self) -> str:
        """One of this step."""
        return self.random.choice(self.texts[self.section])

    def wait(self, longest: float = 1.4) -> None:
        """Long enough for the device to have it, then as it comes."""
        time.sleep(HELD + self.random.random() * longest)

    def rest(self) -> None:
        """Until nothing waits any more; a person answers what the page asks."""
        end = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < end:
            both = self.page.locator("[data-testid^=theirs-]")
            if both.count():
                self._choose()
            elif self.page.locator("[data-waiting]").count() == 0 and self._is_saved():
                return
            self.page.wait_for_timeout(40)
        raise AssertionError(f"never at rest: {self.page.get_by_test_id('save-state').inner_text()}")

    def _is_saved(self) -> bool:
        return self.page.get_by_test_id("save-state").get_attribute("data-state") == "saved"

    def _choose(self) -> None:
        """Keep one's own answer or take the other one, which is then what must stand there."""
        notice = self.page.locator("[data-testid^=theirs-]").first
        question = (notice.get_attribute("data-testid") or "").removeprefix("theirs-")
        theirs = notice.locator("[data-theirs]").inner_text()
        if self.random.random() < 0.5:
            self.expected[question] = theirs
            notice.get_by_role("button", name="Prendre l’autre").click()
        else:
            notice.get_by_role("button", name="Garder la mienne").click()
        expect(notice).to_have_count(0, timeout=PATIENCE)

    def count(self) -> None:
        """Compare what the server has with what was typed."""
        self.db.session.rollback()
        stored = self.db.session.get_one(Sheet, self.sheet, populate_existing=True).answers
        self.db.session.rollback()
        for question, text in self.expected.items():
            if stored.get(question, "").strip() != text.strip():
                self.lost.append(f"{question}: {text!r} is {stored.get(question, '')!r}")

    # ------------------------------------------------------------ what happens

    def blow(self, kind: str) -> None:
        """Type, kill, and come back."""
        self.kills[kind] += 1
        question = self.some_question()
        self.type_on(question)
        getattr(self, f"_kill_{kind}")(question)
        self.rest()

    def _kill_line(self, question: str) -> None:
        self.context.set_offline(True)
        self.type_on(question)
        self.wait(0.6)
        self.context.set_offline(False)

    def _kill_tab(self, _question: str) -> None:
        self.wait()
        dead, self.page = self.page, self.context.new_page()
        dead.close(run_before_unload=False)
        self.go_to(self.section)

    def _kill_browser(self, _question: str) -> None:
        self.wait()
        self.kill_browser()
        self.open_browser()
        self.sign_in(self.page)
        self.go_to(self.section)

    def _kill_server(self, question: str) -> None:
        self.wait()
        self.server.kill()
        self.type_on(question)
        self.server.start()

    def _kill_session(self, question: str) -> None:
        self.db.session.rollback()
        self.db.session.query(UserSession).filter_by(user_id=self.typist_id).delete()
        self.db.session.commit()
        self.type_on(question)
        self.wait(0.6)
        door = self.context.new_page()
        self.sign_in(door)
        door.close()
        self.page.bring_to_front()

    def _kill_certainty(self, question: str) -> None:
        """A colleague answers the same question from elsewhere, knowing what the server had a moment ago."""
        self.db.session.rollback()
        actor = actor_of(self.db.session.get_one(User, self.colleague_id))
        before = self.db.session.get_one(Sheet, self.sheet, populate_existing=True)
        seen = {question: sheets.mark_of(before.answers.get(question), before.unparsed.get(question))}
        self.db.session.rollback()
        self.wait()
        theirs = f"de Yanis, {next(self.words)}".strip()
        reading = StepReading({question: theirs}, frozenset(), {})
        saved = sheets.save(self.sheet, reading, actor=actor, at=now(), seen=seen)
        self.db.session.rollback()
        if question in saved.stale:
            return
        # His is stored: hers may only come over it if she says so.
        self.type_on(question)
        expect(self.page.get_by_test_id(f"theirs-{question}")).to_be_visible(timeout=PATIENCE)


def _processes(folder: str) -> list[int]:
    """The processes of the browser that works in that folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if folder in (entry / "cmdline").read_text():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
