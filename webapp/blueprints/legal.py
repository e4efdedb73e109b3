"""The legal pages: who answers for this site, what it does with personal data, how accessible it is."""

from dataclasses import dataclass

from flask import Blueprint, Flask, render_template

from webapp.config import Settings, current_settings
from webapp.guard import current_actor, needs
from webapp.policy import Act
from webapp.vocabulary import RoleName

blueprint = Blueprint("legal", __name__)

# What each detail is called, and the setting that gives it.
NAMES = {
    "publisher": "la structure qui publie ce site",
    "director": "le directeur ou la directrice de la publication",
    "host": "l’hébergeur, son adresse et son téléphone",
    "contact": "une adresse pour joindre la structure",
    "privacy": "qui répond des données personnelles",
}


@dataclass(frozen=True)
class Details:
    """What whoever serves this site has said of themselves; empty where they have not."""

    publisher: str
    director: str
    host: str
    contact: str
    privacy: str

    def missing(self) -> list[tuple[str, str]]:
        """What is not said yet: its name in words, and its setting."""
        gaps = (name for name in NAMES if not getattr(self, name))
        return [(NAMES[name], f"RECUEIL_LEGAL_{name.upper()}") for name in gaps]


def details(settings: Settings) -> Details:
    """The details, from the settings."""
    return Details(**{name: str(getattr(settings, f"legal_{name}")).strip() for name in NAMES})


@blueprint.get("/accessibilite")
@needs(Act.HELP_READ)
def accessibility() -> str:
    """How far the site can be used by everybody, and where to say that it can't."""
    return _page("accessibility")


@blueprint.get("/mentions-legales")
@needs(Act.HELP_READ)
def notice() -> str:
    """Who publishes and who hosts."""
    return _page("notice")


@blueprint.get("/donnees-personnelles")
@needs(Act.HELP_READ)
def personal_data() -> str:
    """What is kept of people, why, for how long, and their rights."""
    return _page("personal_data")


@blueprint.get("/conditions-d-utilisation")
@needs(Act.HELP_READ)
def terms() -> str:
    """What the site and its users owe to each other."""
    return _page("terms")


def _page(name: str) -> str:
    return render_template(f"pages/legal/{name}.html", legal=details(current_settings()))


def missing_here() -> list[tuple[str, str]]:
    """What the legal pages lack, for the one who keeps the platform; nothing for anybody else."""
    keeps = current_actor().has(RoleName.PLATFORM)
    return details(current_settings()).missing() if keeps else []


def init_app(app: Flask) -> None:
    """Hand the reminder to the templates."""
    app.context_processor(lambda: {"legal_gaps": missing_here})
