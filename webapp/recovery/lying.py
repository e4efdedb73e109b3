"""Where a backup lies: a file of this machine, or one of a store (`s3://…`), which is here only while it is read."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forms.values import Refused
from webapp import storage
from webapp.config import current_settings

STORE = "s3://"
SHOWN = 5


def is_stored(given: str) -> bool:
    """Whether that is an address in a store, and no file of this machine."""
    return given.startswith(STORE)


def place_of(given: str) -> str:
    """The folder, or the folder of the store, that it lies in."""
    return _parts(given)[0] if is_stored(given) else str(Path(given).resolve().parent)


@contextmanager
def at_hand(given: str) -> Iterator[Path]:
    """The file itself, as long as the block lasts. Raises Refused (French) where a store has none of that name."""
    if not is_stored(given):
        yield Path(given)
        return
    place, name = _parts(given)
    with room() as folder:
        path = folder / "backup"
        try:
            if not name:
                raise storage.FileMissing(given)
            storage.Place(place).fetch(name, path)
        except storage.FileMissing:
            raise Refused(f"Aucun fichier à {given}. {_others(place)}") from None
        except OSError as failure:
            raise Refused(f"{given} ne se lit pas\u00a0: {failure.strerror or failure}.") from failure
        yield path


@contextmanager
def room() -> Iterator[Path]:
    """A folder with room for a backup, beside what the site keeps; gone with all that is in it at the end."""
    folder = current_settings().folder.resolve() / "backups-under-way"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        yield Path(temporary)


def _parts(given: str) -> tuple[str, str]:
    """The place in the store and the name there, empty where only a bucket is given."""
    bucket, _, path = given.removeprefix(STORE).rstrip("/").partition("/")
    folder, _, name = path.rpartition("/")
    return f"{STORE}{bucket}/{folder}".rstrip("/"), name


def _others(place: str) -> str:
    """What one could have meant: whoever has lost the site knows of its backups only where they lie."""
    try:
        names = [name for name in storage.Place(place).names() if ".tar.gz" in name]
    except OSError as failure:
        return f"Ce lieu ne se lit pas\u00a0: {failure.strerror or failure}."
    if not names:
        return "Il n’y a là aucune sauvegarde."
    return "Les dernières sauvegardes là\u00a0:\n" + "\n".join(f"  {place}/{name}" for name in names[-SHOWN:])
