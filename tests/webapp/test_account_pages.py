"""The account pages in a real browser: nothing in the way of anybody, on a phone in the dark and on a wide screen."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Browser, Page

from tests import factories
from webapp.models import User
from webapp.vocabulary import RoleName

SCREENS = {"phone": (360, 740, "dark"), "desk": (1280, 800, "light")}
BEFORE = ("/connexion", "/connexion/mot-de-passe-oublie", "/connexion/lien/envoye", "/connexion/lien/rien", "/droits")
AFTER = (
    "/compte",
    "/compte/mot-de-passe",
    "/compte/double-authentification",
    "/compte/cles",
    "/compte/appareils",
    "/compte/confirmation",
    "/comptes",
    "/comptes/inviter",
)


@pytest.fixture
def administrator(db: SQLAlchemy) -> User:
    """Who keeps the accounts of a federation with people in every place."""
    centre = factories.CentreFactory(name="Centre social et culturel de la vallée du Haut-Causse et des Gorges")
    funder = factories.FunderFactory(federation=centre.federation)
    factories.person(RoleName.MEMBER, centre, password=None, full_name="Jean-Baptiste de La Rochefoucauld-Montmorency")
    factories.person(RoleName.FUNDER, funder, password=None)
    return factories.person(RoleName.ADMINISTRATOR, centre.federation)


def hindrances(page: Page) -> list[str]:
    """What axe finds, and what sticks out of the screen."""
    found = [f"{page.url}: {rule['id']}" for rule in Axe().run(page).response["violations"]]
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found + ([f"{page.url}: {width} px too wide"] if width > 0 else [])


@pytest.mark.browser
@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_account_pages_hinder_nobody(
    browser: Browser, live_server: str, administrator: User, screen: str, script: bool
) -> None:
    width, height, scheme = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="fr-FR", java_script_enabled=script
    )
    page = context.new_page()
    found: list[str] = []
    look = hindrances if script else (lambda _page: [])
    for address in BEFORE:
        page.goto(live_server + address)
        found += look(page)
    page.goto(f"{live_server}/connexion?next=/compte/double-authentification")
    page.get_by_label("Adresse mail").fill(administrator.email)
    for password in ("ce n’est pas celui-là", factories.PASSWORD):
        found += look(page)
        page.get_by_label("Mot de passe").fill(password)
        page.get_by_role("button", name="Se connecter", exact=True).click()
    page.get_by_role("button", name="Commencer").click()
    page.get_by_alt_text("Carré à photographier").wait_for()
    found += look(page)
    for address in AFTER:
        page.goto(live_server + address)
        found += look(page)
    page.get_by_role("link", name="Comptes", exact=True).first.click()
    page.get_by_role("link", name="Jean-Baptiste de La Rochefoucauld-Montmorency").click()
    page.get_by_text("Retirer", exact=True).click()
    found += look(page)
    page.get_by_role("button", name="Retirer le rôle").click()
    page.get_by_text("Ce rôle est retiré").wait_for()
    found += look(page)
    context.close()
    assert not found
