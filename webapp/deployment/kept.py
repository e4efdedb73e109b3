"""What can be wrong with the backups: where they go, who could read them, how old the last one is."""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from forms.french import moment
from forms.values import Refused
from webapp import clock, storage
from webapp.config import Settings
from webapp.deployment.verdicts import Found, ok, refused, review
from webapp.queries import backups
from webapp.recovery.keys import read_key


def place(settings: Settings) -> Iterator[Found]:
    """Whether a backup can be put where they go, and brought back from there."""
    if not settings.backups:
        yield review("backups", "sauvegardes\u00a0: aucune n’est automatique. Indiquez RECUEIL_BACKUPS.")
        return
    name = f"essai-{secrets.token_hex(8)}"
    try:
        with tempfile.TemporaryDirectory(prefix="recueil-") as folder:
            sent, back = Path(folder, "sent"), Path(folder, "back")
            sent.write_bytes(secrets.token_bytes(1024))
            there = storage.Place(settings.backups)
            there.put(name, sent)
            there.fetch(name, back)
            there.delete(name)
            same = sent.read_bytes() == back.read_bytes()
    except (OSError, storage.FileMissing, ValueError) as failure:
        yield refused("backups", f"sauvegardes\u00a0: {settings.backups} ne se laisse pas écrire et relire ({failure})")
        return
    if same:
        yield ok("backups", f"sauvegardes\u00a0: {settings.backups}, écrit, relu et effacé")
    else:
        yield refused("backups", f"sauvegardes\u00a0: ce qui revient de {settings.backups} n’est pas ce qui y fut mis")


def key(settings: Settings) -> Iterator[Found]:
    """Whether the backups are encrypted, and can be tried here."""
    given = settings.backup_key.get_secret_value()
    if not settings.backups and not given:
        return
    if not given:
        yield review(
            "backup_key",
            "clé des sauvegardes\u00a0: aucune, elles se lisent par qui les trouve. "
            "Tirez-en une (recueil backup --new-key) et indiquez RECUEIL_BACKUP_KEY.",
        )
        return
    try:
        half = read_key(given)
    except Refused as unreadable:
        yield refused("backup_key", f"clé des sauvegardes\u00a0: {unreadable.message}")
        return
    if half.secret is None:
        yield ok("backup_key", "clé des sauvegardes\u00a0: la moitié publique, elles ne s’essaient donc pas ici")
    else:
        yield ok("backup_key", "clé des sauvegardes\u00a0: elle chiffre et relit")


def taken(settings: Settings) -> Iterator[Found]:
    """How old the last one is, and whether it could be restored. It reads the database."""
    if not settings.backups:
        return
    found = backups.state(settings, at=clock.now())
    for problem in found.problems:
        yield review("backup_age", f"dernière sauvegarde\u00a0: {problem[0].lower()}{problem[1:]}")
    if found.problems:
        return
    if found.last_good is None:
        yield ok("backup_age", "dernière sauvegarde\u00a0: aucune encore, l’exécutant fera la première")
        return
    tried = ", restaurée à l’essai" if found.last_good.drilled_at else ""
    yield ok("backup_age", f"dernière sauvegarde\u00a0: {moment(found.last_good.started_at)}{tried}")
