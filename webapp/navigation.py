"""The menus: what whoever asks can open, by the table of rights."""

from dataclasses import dataclass

from flask import Flask, current_app, request, url_for

from webapp.guard import acts_of, current_actor, current_identity
from webapp.policy import decide
from webapp.vocabulary import RoleName


@dataclass(frozen=True)
class Item:
    """A line of a menu."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class Menu:
    """The account's own menu."""

    person: str
    name: str
    role: str
    links: tuple[Item, ...]
    sign_out_url: str


# In the order of a day's work. A part that isn't there is left out; so is what the policy doesn't open.
SITE: tuple[tuple[str, str], ...] = (
    ("Mes fiches", "sheets.mine"),
    ("Relecture", "review.index"),
    ("Campagnes", "campaigns.index"),
    ("Centres", "centres.index"),
    ("Conventions", "agreements.index"),
    ("Rapports", "reports.index"),
    ("Lecture", "reading_desk.index"),
    ("Comptes", "accounts.people"),
    ("Import", "imports.index"),
    ("Journal", "journal.index"),
    ("Fédérations", "federations.index"),
    ("Catalogue", "catalogue.index"),
)
OWN = (
    ("Mon compte", "accounts.own"),
    ("Mes appareils", "accounts.devices"),
    ("Travaux", "jobs.index"),
    ("Surveillance", "watching.index"),
)
# Parts of the site that are told apart only by their files.
WITHIN = {
    "following": "campaigns",
    "reminders": "campaigns",
    "centre_life": "centres",
    "report_links": "reports",
    "report_checks": "reports",
    "readings": "reports",
}
# The federation comes to these by its reports, which are current there: a funder has them in its menu.
BY_REPORTS = frozenset({"reading_desk", "agreements"})
FOOTER = (
    ("Catalogue public", "catalogue.index"),
    ("Qui peut faire quoi", "accounts.rights"),
    ("Aide", "help.index"),
    ("API", "api.guide"),
    ("Accessibilité : partiellement conforme", "legal.accessibility"),
    ("Mentions légales", "legal.notice"),
    ("Données personnelles", "legal.personal_data"),
    ("Registre des traitements", "privacy.register"),
    ("Conditions d’utilisation", "legal.terms"),
)


def navigation() -> list[Item]:
    """The main menu; a visitor has none but the catalogue, which the foot of the page shows too."""
    return _items(_site()) if current_actor().signed_in else []


def _site() -> tuple[tuple[str, str], ...]:
    if current_actor().has(RoleName.MEMBER, RoleName.RESPONSIBLE):
        return SITE
    # A funder has no sheets of its own: it lists those that are addressed to it.
    found = (("Fiches reçues", SITE[0][1]), *SITE[1:])
    if current_actor().has(RoleName.FUNDER):
        return found
    return tuple(line for line in found if line[1].partition(".")[0] not in BY_REPORTS)


def user_menu() -> Menu | None:
    """The account's menu, for one who has signed in."""
    identity = current_identity()
    if identity is None:
        return None
    return Menu(
        str(identity.user_id),
        identity.name,
        "\u202f; ".join(identity.posts),
        tuple(_items(OWN)),
        url_for("accounts.sign_out"),
    )


def footer_links() -> list[Item]:
    """What everybody may read."""
    return _items(FOOTER)


def landing() -> str:
    """The page where the work of whoever has signed in begins."""
    items = _items(SITE)
    return items[0].url if items else url_for("accounts.own")


def _items(lines: tuple[tuple[str, str], ...]) -> list[Item]:
    return [Item(label, url_for(endpoint), _is_here(endpoint)) for label, endpoint in lines if _is_open(endpoint)]


def _is_open(endpoint: str) -> bool:
    if endpoint not in current_app.view_functions:
        return False
    return any(decide(current_actor(), act).allowed for act in acts_of(current_app, endpoint))


def _is_here(endpoint: str) -> bool:
    """A part of the site is current on all its pages; the account's pages are told apart."""
    if request.endpoint == endpoint:
        return True
    blueprint = endpoint.partition(".")[0]
    here = request.blueprint or ""
    if here in BY_REPORTS and not current_actor().has(RoleName.FUNDER):
        here = "reports"
    return blueprint != "accounts" and WITHIN.get(here, here) == blueprint


def init_app(app: Flask) -> None:
    """Hand the menus to the templates."""
    app.context_processor(lambda: {"navigation": navigation, "user_menu": user_menu, "footer_links": footer_links})
