"""The pictures of the help and of the README: the demonstration, its clock stopped, looked at by its own people.

Run by `make pictures`, all of them or those that are named. What each shows is said in `webapp/guide_pictures.py`.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.browsers import chromium
from tests.servers import free_port
from webapp.blueprints.legal import NAMES
from webapp.demo.loading import PASSWORD
from webapp.guide_pictures import CORRECTING, FOLDER, PICTURES, Picture

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "webapp" / "static" / "img" / "apercu.png"
NOW = "2026-11-26T09:30:00+01:00"
MARGIN = 8
PHONE = 360


def main(names: list[str]) -> None:
    """Take the pictures of these names; all of them, and the README's, when none is named."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _demonstration() as site, sync_playwright() as playwright:
        # What the browser itself writes (« Choisir un fichier ») is French where its translations are installed.
        browser = playwright.chromium.launch(
            executable_path=chromium(whole=True),
            args=["--no-sandbox", "--hide-scrollbars", "--lang=fr"],
            env={**os.environ, "LANGUAGE": "fr", "LANG": "fr_FR.UTF-8"},
        )
        pages: dict[tuple[str, int], Page] = {}
        for name in names or PICTURES:
            picture = PICTURES[name]
            seen = (picture.account, PHONE if picture.phone else picture.width)
            if seen not in pages:
                pages[seen] = _signed_in(browser, site, *seen)
            _take(pages[seen], site, picture)
        if not names:
            _take_readme(browser, site)
        browser.close()


@contextmanager
def _demonstration() -> Iterator[str]:
    """The site with its demonstration, everything in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        site = f"http://127.0.0.1:{free_port()}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RECUEIL_")}
        settings = {"FOLDER": folder, "BASE_URL": site, "NOW": NOW, "RATE_LIMITS": "false", "DEMO_PASSWORD": PASSWORD}
        # No reminder of what the legal pages lack: it is not what the pictures are about.
        settings |= {f"LEGAL_{name.upper()}": "dit" for name in NAMES}
        environment = kept | {f"RECUEIL_{name}": value for name, value in settings.items()}
        recueil = [sys.executable, "-m", "webapp.cli"]
        for words in (["migrate"], ["demo", "--json"]):
            subprocess.run([*recueil, *words], env=environment, cwd=ROOT, check=True, capture_output=True)
        port = site.rpartition(":")[2]
        with subprocess.Popen([*recueil, "serve", "--port", port, "--no-worker"], env=environment, cwd=ROOT) as server:
            try:
                _wait_for(site)
                yield site
            finally:
                server.terminate()


def _wait_for(site: str, patience: float = 60) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(f"{site}/readyz"):
                return
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _signed_in(browser: Browser, site: str, account: str, width: int) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": 760},
        locale="fr-FR",
        timezone_id="Europe/Paris",
        color_scheme="light",
        reduced_motion="reduce",
    )
    page.goto(f"{site}/connexion")
    page.get_by_label("Adresse mail", exact=True).fill(account)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url(lambda url: "/connexion" not in url)
    return page


def _take(page: Page, site: str, picture: Picture) -> None:
    """In daylight, then in the dark."""
    _open(page, site, picture)
    for file, scheme in ((picture.file, "light"), (picture.dark_file, "dark")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        _shot(page, picture).save(file, "WEBP", quality=62, method=6)
        print(f"{file.name}: {file.stat().st_size / 1000:.0f} ko")
    page.emulate_media(color_scheme="light")


def _open(page: Page, site: str, picture: Picture) -> None:
    page.goto(site + picture.path)
    for words in picture.follows:
        _named(page, words, "main a").click()
        page.wait_for_load_state("networkidle")
    for words in picture.opens:
        _named(page, words, "summary").click()


def _shot(page: Page, picture: Picture) -> Image.Image:
    if not picture.crop:
        return _opened(page.screenshot(animations="disabled"))
    page.evaluate("window.scrollTo(0, 0)")
    box = page.locator(picture.crop).first.bounding_box()
    assert box is not None, picture.name
    # The main column has its own blank around it.
    blank = 0 if picture.crop == "main" else MARGIN
    clip = {
        "x": box["x"] - blank,
        "y": box["y"] - blank,
        "width": box["width"] + 2 * blank,
        "height": min(box["height"] + 2 * blank, picture.height),
    }
    return _opened(page.screenshot(full_page=True, clip=clip, animations="disabled"))  # type: ignore[arg-type]


def _named(page: Page, words: str, kind: str) -> Locator:
    found = page.locator(words) if words.startswith("css=") else page.locator(kind, has_text=words)
    return found.first


def _opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGB")


def _take_readme(browser: Browser, site: str) -> None:
    """The whole window at 1280 pixels, in few colours: GitHub and a bare editor read PNG."""
    page = _signed_in(browser, site, CORRECTING, 1280)
    whole = Picture("", "", "", CORRECTING, "/fiches", ("MOBILITÉ SOLIDAIRE",), crop="")
    _open(page, site, whole)
    _shot(page, whole).quantize(128, dither=Image.Dither.NONE).save(README, optimize=True)
    print(f"README: {README.stat().st_size / 1000:.0f} ko")


if __name__ == "__main__":
    main(sys.argv[1:])
