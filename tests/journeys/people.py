"""Somebody at a browser, who says what they do and looks at every page that comes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Locator, Page, expect

from tests.page_checks import problems

COLOURS: dict[str, Any] = {"runOnly": ["color-contrast"]}
AXE = AXE_FILE_PATH.read_text("utf-8")
BROKEN_RULES = """async (options) => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"], ...options});
    return violations.map((one) => ({rule: one.id, at: one.nodes.map((node) => node.html)}));
}"""
# What the thing that has the focus is called.
NAMED = """() => {
    const here = document.activeElement;
    const text = (here.labels && here.labels[0] || here).textContent;
    return text.trim().replace(/\\s+/g, " ");
}"""
# With a script, rows come and go without a new page.
ROWS = ("Ajouter une ligne", "Retirer Ligne")
# The browser's own note of an answer such as 422, or of a line that is cut, which the page tells in its own words.
NOTED = (
    "Failed to load resource: the server responded with a status of 4",
    "Failed to load resource: net::ERR_INTERNET_DISCONNECTED",
)


@dataclass
class Person:
    """What a person does and sees. site: the address of Recueil; script: whether the browser runs scripts."""

    page: Page
    site: str
    script: bool
    amiss: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = NOTED

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.amiss.append(str(error)))
        self.page.on("console", lambda said: self.amiss.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda asked: self._stays_here(asked.url))

    def _stays_here(self, address: str) -> None:
        if not address.startswith((self.site, "data:", "blob:")):
            self.amiss.append(f"asks elsewhere: {address}")

    # -------------------------------------------------------------- doing

    def goes_to(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.site + path)
        self.looks_around()

    def follows(self, words: str) -> None:
        """Click a link."""
        self._sends(lambda: self.page.get_by_role("link", name=words, exact=True).first.click())

    def presses(self, words: str) -> None:
        """Click a button that sends the page; its second meaning, a box that opens, needs `opens`."""
        button = self.page.get_by_role("button", name=words, exact=True).first
        if self.script and words.startswith(ROWS):
            button.click()
            self.looks_around()
        else:
            self._sends(button.click)

    def clicks(self, what: Locator) -> None:
        """Click that very thing, which sends the page or leads away."""
        self._sends(what.click)

    def goes_to_list(self) -> None:
        """Go to the list of the sheet's steps, from wherever on the sheet."""
        path = self.page.url.removeprefix(self.site).partition("#")[0]
        self.goes_to("/".join(path.split("/")[:3]))

    def tabs_to(self, words: str, key: str = "", *, most: int = 80) -> None:
        """Press the Tab key until the control of that name has the focus, at most so often, then that key."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(NAMED) == " ".join(words.split()):
                break
        else:
            raise AssertionError(f"the Tab key never comes to {words}")
        if key == "Enter":
            self._sends(lambda: self.page.keyboard.press(key))
        elif key:
            self.page.keyboard.press(key)

    def opens(self, words: str) -> None:
        """Open a box by its first line."""
        self.page.locator("summary", has_text=words).first.click()

    def types(self, label: str, text: str) -> None:
        """Type into the control of that label."""
        self.page.get_by_label(label, exact=True).fill(text)

    def ticks(self, label: str) -> None:
        """Tick a box or choose a button; a line of help may follow its words."""
        self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}")).first.check()

    def signs_in(self, email: str, password: str) -> None:
        """Come in by the door."""
        self.goes_to("/connexion")
        self.types("Adresse mail", email)
        self.types("Mot de passe", password)
        self.presses("Se connecter")

    def downloads(self, words: str, folder: Path) -> Path:
        """Fetch a file by a button or a link."""
        with self.page.expect_download() as download:
            self.page.locator("a, button", has_text=words).first.click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def _sends(self, act: Callable[[], None]) -> None:
        with self.page.expect_navigation():
            act()
        self.looks_around()

    # -------------------------------------------------------------- seeing

    def sees(self, *texts: str) -> None:
        """These words are on the page, as people read it."""
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    def sees_not(self, text: str) -> None:
        """These words are nowhere on the page."""
        expect(self.page.locator("body")).not_to_contain_text(text)

    def reads_heading(self, text: str) -> None:
        """The page is about that."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)

    def reads(self, testid: str, text: str) -> None:
        """That part of the page says so."""
        expect(self.page.get_by_test_id(testid).first).to_contain_text(text)

    def looks_around(self) -> None:
        """Judge the page: its words and frame, what the browser said, its width, and axe in light and dark."""
        where = self.page.url.removeprefix(self.site)
        found = problems(self.page.content())
        assert not found, f"{where}: " + "\n  ".join(found)
        wrong = [said for said in self.amiss if not said.startswith(self.forgiven)]
        assert not wrong, f"{where}: {wrong}"
        if not self.script:
            return
        width, room = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= room, f"{where}: {width} pixels wide on a screen of {room}"
        self._asks_axe(where, {})
        self.page.emulate_media(color_scheme="dark")
        self._asks_axe(f"{where} in the dark", COLOURS)
        self.page.emulate_media(color_scheme="light")

    def _asks_axe(self, where: str, options: dict[str, Any]) -> None:
        if not self.page.evaluate("Boolean(window.axe)"):
            self.page.evaluate(AXE)
        told = self.page.evaluate(BROKEN_RULES, options)
        assert not told, f"{where}: " + json.dumps(told, ensure_ascii=False, indent=1)
