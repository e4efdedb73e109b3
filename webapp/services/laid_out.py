"""Sheets that were laid out for a report wait on the disk for the next one; they go where somebody was erased.

Each machine has a folder of its own, which may be emptied at any time.
"""

import shutil
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from webapp.config import current_settings
from webapp.database import db
from webapp.models import Erasure
from webapp.vocabulary import ErasureKind

FOLDER = "laid-out"
MARK = "erased"
"""In the folder, the file that says for how many erasures it was emptied."""


def folder() -> Path:
    """Where they wait on this machine."""
    return current_settings().folder / FOLDER


def erased_so_far() -> int:
    """The number of the last erasure of a person; what was read before it may name them."""
    done = sa.select(sa.func.max(Erasure.number)).where(
        Erasure.kind == ErasureKind.PERSON, Erasure.finished_at.is_not(None)
    )
    return db.session.scalar(done) or 0


def hold_erasures() -> None:
    """None begins or ends before the caller's transaction does. On SQLite a writing one already waits."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("LOCK TABLE erasure IN SHARE MODE"))


def forget_if_erased() -> bool:
    """Empty this machine's folder where somebody was erased since it was last; whether it was emptied."""
    place, last = folder(), erased_so_far()
    with suppress(FileNotFoundError):
        if (place / MARK).read_text() == str(last):
            return False
    if not last:
        return False
    forget()
    place.mkdir(parents=True, exist_ok=True)
    (place / MARK).write_text(str(last))
    return True


def forget() -> None:
    """Empty this machine's folder."""
    shutil.rmtree(folder(), ignore_errors=True)
