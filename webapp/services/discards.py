"""Files that nothing shows any more: marked in the transaction that they tell of, deleted long after, never in a flood.

A file that no row has ever named needs none of this: whoever stored it takes it away at once.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from webapp import storage
from webapp.config import current_settings
from webapp.database import db
from webapp.models import DiscardedFile
from webapp.queries import files

AT_A_TIME = 100
ORPHAN = "aucune ligne ne le nomme"

log = structlog.get_logger()


def discard(keys: Collection[str], *, reason: str, at: datetime) -> None:
    """Mark files, in the caller's transaction; one that is marked keeps its day."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    for key in keys:
        row = insert(DiscardedFile).values(key=key, discarded_at=at, reason=reason)
        db.session.execute(row.on_conflict_do_nothing(index_elements=["key"]))


def mark_orphans(*, at: datetime) -> int:
    """Mark the files that no row names; how many. One commit."""
    found = files.reconciled(at=at)
    discard(found.orphans, reason=ORPHAN, at=at)
    db.session.commit()
    return len(found.orphans)


def purge(*, at: datetime, despite_brake: bool = False) -> int:
    """Delete the files that have waited long enough; how many. None where there are too many to be believed.

    despite_brake: somebody has looked and wants it.
    """
    found = files.due(at=at, days=current_settings().keep_files)
    if found.held_back and not despite_brake:
        db.session.rollback()
        log.warning("purge_held_back", files=len(found.keys))
        return 0
    # What a row names again is no rubbish, whatever was thought of it.
    wanted = {one.key for one in files.named(db.session.connection())} if found.keys else set()
    db.session.rollback()
    gone = 0
    for start in range(0, len(found.keys), AT_A_TIME):
        some = found.keys[start : start + AT_A_TIME]
        for key in some:
            if key not in wanted:
                storage.delete(key)
                gone += 1
        db.session.execute(sa.delete(DiscardedFile).where(DiscardedFile.key.in_(some)))
        db.session.commit()
    return gone
