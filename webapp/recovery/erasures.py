"""Those who were erased since a backup was taken are erased again before it is shown to anybody."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Erasure, User
from webapp.policy import OPERATOR
from webapp.services import erasure
from webapp.services.erasure_records import Record
from webapp.vocabulary import ErasureKind


def replay(records: Iterable[Record], *, at: datetime) -> int:
    """Erase again whoever has come back; how many.

    By their account, which is the same whatever the key of the installation; who had none, by the mark of their
    address, which only the same key finds. What the backup itself knows to be done is done: whoever was invited again
    since stays.
    """
    known = sa.select(Erasure.mark, Erasure.user_id).where(Erasure.kind == ErasureKind.PERSON)
    done_before = {(mark, user_id and str(user_id)) for mark, user_id in db.session.execute(known)}
    kept = [one for one in records if (one["mark"], one["user"]) not in done_before]
    done = 0
    for one in kept:
        user = db.session.get(User, UUID(one["user"])) if one["user"] else None
        if user is None or user.email.endswith(f"@{erasure.DOMAIN}"):
            continue
        if erasure.erase(user.email, actor=OPERATOR, at=at, number=one["number"]) is not None:
            done += 1
    return done + (erasure.replay(kept, actor=OPERATOR, at=at) if kept else 0)


def without_account(records: Sequence[Record]) -> int:
    """How many can be found by their mark only."""
    return sum(1 for one in records if one["user"] is None)
