"""What the worst line of a centre costs: going from step to step, a large picture that goes up through cuts."""

from __future__ import annotations

import io
import random
import re
import statistics
import time
from collections.abc import Iterator

import pytest
from flask_sqlalchemy import SQLAlchemy
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Request, Route, expect, sync_playwright

from tests.conftest import CHROMIUM
from tests.factories import PASSWORD, SheetFactory, person
from tests.reports.samples import REPAIR
from webapp.models import Sheet
from webapp.vocabulary import RoleName

BYTES_A_SECOND, LATENCY, LOSS = 400_000 / 8, 800, 0.02
CUTS, SECONDS_DOWN = 5, 3


def photograph(least: int = 8_000_000) -> bytes:
    """A picture of about that many bytes, as a telephone takes it."""
    side = 4000
    grain = Image.frombytes("L", (side // 3, side // 4), random.Random(8).randbytes((side // 3) * (side // 4)))
    whole = grain.resize((side, side * 3 // 4)).convert("RGB")
    for quality in range(80, 100):
        out = io.BytesIO()
        whole.save(out, "JPEG", quality=quality)
        if out.tell() >= least:
            break
    return out.getvalue()


@pytest.fixture
def context() -> Iterator[BrowserContext]:
    """A browser of one's own: the benchmarks use none otherwise."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_context(locale="fr-FR")
        browser.close()


def narrow(context: BrowserContext, page: Page, *, losses: bool = True) -> None:
    """400 kb/s each way, 800 ms; Chromium loses no packets of its own accord: one request in fifty is cut instead.

    losses: with them the browser's cache is off, as wherever requests are looked at on their way.
    """
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    line = {"latency": LATENCY, "downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
    wire.send("Network.emulateNetworkConditions", {"offline": False, **line})
    if not losses:
        return
    luck = random.Random(2)
    page.route(
        re.compile("/pieces"),
        lambda route: route.abort("connectionreset") if luck.random() < LOSS else route.continue_(),
    )


def test_an_8_mb_picture_arrives_on_a_line_of_400_kb_a_second_after_five_cuts(
    live_server: str, context: BrowserContext, db: SQLAlchemy
) -> None:
    sheet, photo = SheetFactory(), photograph()
    email, sheet_id = person(RoleName.RESPONSIBLE, sheet.centre).email, sheet.id
    db.session.rollback()
    page, sent = context.new_page(), []

    def note(request: Request) -> None:
        span = re.match(r"bytes (\d+)-(\d+)/", request.headers.get("content-range", ""))
        if span:
            sent.append(int(span[2]) + 1 - int(span[1]))

    page.goto(f"{live_server}/connexion")
    page.get_by_label("Adresse mail").fill(email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.goto(f"{live_server}/fiches/{sheet_id}/pieces")
    page.on("request", note)
    narrow(context, page)
    begin = time.perf_counter()
    page.get_by_label("Fichier", exact=True).set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo}
    )
    page.get_by_role("button", name="Joindre telle quelle").click()
    for cut in range(1, CUTS + 1):
        far = 100 * cut // (CUTS + 1)
        page.wait_for_function(
            "far => document.querySelector('.upload progress').value >= far", arg=far, timeout=300_000
        )
        _cut(page)
    expect(page.locator(".files > li")).to_have_count(1, timeout=300_000)
    seconds = time.perf_counter() - begin
    (file,) = db.session.get_one(Sheet, sheet_id, populate_existing=True).answers["files"]
    assert (file["width"], file["height"]) == (2400, 1800)
    again = sum(sent) - len(photo)
    least = len(photo) / BYTES_A_SECOND
    print(  # noqa: T201
        f"{'Une photo de 8 Mo à 400 kb/s, 800 ms, 2 % de pertes':<52} {seconds:6.0f} s   × {seconds / least:4.1f}"
        f"   (la ligne seule : {least:.0f} s)   {CUTS} coupures de {SECONDS_DOWN} s, {again / 1000:.0f} ko renvoyés"
    )


def _cut(page: Page) -> None:
    """Nothing goes through for a while, whatever is on its way is lost."""

    def lose(route: Route) -> None:
        route.abort("internetdisconnected")

    everything = re.compile(".*")
    page.route(everything, lose)
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.wait_for_timeout(SECONDS_DOWN * 1000)
    page.unroute(everything, lose)
    page.evaluate("dispatchEvent(new Event('online'))")


def test_a_step_change_on_a_line_of_400_kb_a_second(live_server: str, context: BrowserContext, db: SQLAlchemy) -> None:
    answers = {id: answer for id, answer in REPAIR.items() if id not in {"files", "organisation", "year"}}
    sheet = SheetFactory(answers=answers)
    email, sheet_id = person(RoleName.RESPONSIBLE, sheet.centre).email, sheet.id
    db.session.rollback()
    assert context.browser is not None
    # The line is narrowed for the page; what a service worker fetches would go beside it.
    context = context.browser.new_context(locale="fr-FR", service_workers="block")
    page = context.new_page()
    page.goto(f"{live_server}/connexion")
    page.get_by_label("Adresse mail").fill(email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.goto(f"{live_server}/fiches/{sheet_id}/initiative")
    narrow(context, page, losses=False)
    taken: dict[bool, list[float]] = {False: [], True: []}
    for typed in (False, True) * 4:
        expect(page.locator("form[data-autosave]")).to_have_attribute("data-ready", "")
        if typed:
            page.locator("textarea").first.press_sequentially("Deux mots. ")
            page.wait_for_timeout(3_500)
        begin = time.perf_counter()
        with page.expect_navigation(wait_until="domcontentloaded"):
            page.get_by_role("button", name="Enregistrer et continuer").click()
        taken[typed].append(time.perf_counter() - begin)
        page.goto(f"{live_server}/fiches/{sheet_id}/initiative")
    for typed, words in ((False, "rien à dire"), (True, "après avoir écrit")):
        seconds = statistics.median(taken[typed])
        print(  # noqa: T201
            f"{f'Changer d’étape à 400 kb/s, 800 ms, {words}':<52} {seconds:6.1f} s   × {seconds / 0.8:4.1f}"
            "   (un aller et retour : 0,8 s)"
        )
