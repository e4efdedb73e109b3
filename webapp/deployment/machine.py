"""What can be wrong with the settings and with the machine itself, before anything else is asked."""

import math
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app

from webapp.config import Settings
from webapp.deployment.verdicts import Found, ok, refused, review

ENOUGH_BITS = 100
"""Of a key: what a long enough one drawn at random has many times over, and « changeme » repeated has not."""
LITTLE_ROOM, NO_ROOM = 2 << 30, 200 << 20
FONTS = {"Inter": "Inter*", "DejaVu Sans": "DejaVuSans.ttf", "Noto Color Emoji": "NotoColorEmoji*"}
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
ZONE = "Europe/Paris"


def address(settings: Settings) -> Iterator[Found]:
    """Whom the site is for, and who stands before it."""
    if not settings.production:
        yield review("address", f"adresse\u00a0: {settings.base_url} ne sert qu’à l’essai. Indiquez celle en https.")
        return
    yield ok("address", f"adresse\u00a0: {settings.base_url}")
    if settings.proxies:
        yield ok("proxies", f"mandataires\u00a0: {settings.proxies} devant, dont les en-têtes sont crus")
    else:
        yield review(
            "proxies",
            "mandataires\u00a0: aucun n’est cru, et tous les visiteurs auraient la même adresse. "
            "Derrière un mandataire, indiquez RECUEIL_PROXIES=1.",
        )


def debugging(settings: Settings) -> Iterator[Found]:
    """Flask's own switch shows what is inside to whoever makes a page fail."""
    if not current_app.debug:
        yield ok("debug", "débogage\u00a0: éteint")
        return
    wrong = refused if settings.production else review
    yield wrong("debug", "débogage\u00a0: allumé par FLASK_DEBUG, les erreurs montreraient le programme. Ôtez-le.")


def legal(settings: Settings) -> Iterator[Found]:
    """What the legal pages must name as soon as others read them."""
    named = ("legal_publisher", "legal_director", "legal_host", "legal_contact", "legal_privacy")
    missing = [f"RECUEIL_{name.upper()}" for name in named if not getattr(settings, name)]
    if not settings.production:
        return
    if missing:
        yield review("legal", f"pages légales\u00a0: il manque {', '.join(missing)}.")
    else:
        yield ok("legal", "pages légales\u00a0: remplies")


def secret(settings: Settings) -> Iterator[Found]:
    """The key, and who can read it."""
    given = settings.secret_key.get_secret_value()
    if given and _bits(given) < ENOUGH_BITS:
        yield refused(
            "secret_key", "clé\u00a0: elle se devine. Tirez-en une au hasard, par exemple avec openssl rand -base64 48."
        )
    elif given:
        yield ok("secret_key", "clé\u00a0: donnée par RECUEIL_SECRET_KEY")
    elif not settings.database.startswith("sqlite:"):
        yield review(
            "secret_key",
            "clé\u00a0: tirée dans le dossier de travail, chaque machine aurait la sienne. "
            "Donnez à toutes la même RECUEIL_SECRET_KEY.",
        )
    else:
        yield ok("secret_key", "clé\u00a0: gardée dans le dossier de travail")


def _bits(key: str) -> float:
    """The least that a guesser needs who knows which characters are used, how often, and that parts come again."""
    once = next(size for size in range(1, len(key) + 1) if (key[:size] * len(key))[: len(key)] == key)
    return -sum(count * math.log2(count / once) for count in Counter(key[:once]).values())


def folder(settings: Settings) -> Iterator[Found]:
    """Who else may read or change what lies in the working folder."""
    place, key = settings.folder.resolve(), settings.folder / "secret_key"
    if not place.is_dir():
        yield ok("folder", f"dossier\u00a0: {place} sera créé")
        return
    if place.stat().st_mode & stat.S_IWOTH:
        yield refused("folder", f"dossier\u00a0: tout le monde peut écrire dans {place}. Faites chmod o-w.")
    elif key.exists() and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield refused("folder", f"dossier\u00a0: d’autres peuvent lire {key.resolve()}. Faites chmod 600.")
    else:
        yield ok("folder", f"dossier\u00a0: {place}, fermé aux autres")


def room(settings: Settings) -> Iterator[Found]:
    """Whether the disk has room, for what is kept and for reports that are being made."""
    places = {_there(settings.folder.resolve()), Path(tempfile.gettempdir())}
    free, place = min((shutil.disk_usage(place).free, place) for place in places)
    said = f"disque\u00a0: {free / (1 << 30):.1f} Go libres sous {place}".replace(".", ",", 1)
    if free < NO_ROOM:
        yield refused("disk", f"{said}. Faites de la place.")
    elif free < LITTLE_ROOM:
        yield review("disk", f"{said}, c’est peu.")
    else:
        yield ok("disk", said)


def _there(place: Path) -> Path:
    return next(found for found in (place, *place.parents) if found.exists())


def zone(_settings: Settings) -> Iterator[Found]:
    """Deadlines are in French time."""
    try:
        ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        yield refused("zone", f"heure\u00a0: le fuseau {ZONE} est inconnu. Installez tzdata.")
    else:
        yield ok("zone", f"heure\u00a0: le fuseau {ZONE} est connu")


def printing(_settings: Settings) -> Iterator[Found]:
    """What a PDF is made with, besides what is installed with the program."""
    missing = [name for name in LIBRARIES if find_library(name) is None]
    if missing:
        yield refused("printing", f"PDF\u00a0: il manque {', '.join(missing)}. Lancez make install.")
        return
    known = [name for name, pattern in FONTS.items() if any(_under(place, pattern) for place in FONT_FOLDERS)]
    lacking = [name for name in FONTS if name not in known]
    if lacking:
        yield review("printing", f"PDF\u00a0: il manque les polices {', '.join(lacking)}. Lancez make install.")
    else:
        yield ok("printing", "PDF\u00a0: bibliothèques et polices présentes")


def _under(place: Path, pattern: str) -> bool:
    return any(True for _ in place.rglob(pattern))
