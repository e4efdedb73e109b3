"""All by which lists and searches find sheets, made again from what was sent."""

from itertools import islice
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import Facet, SearchText, SearchWord, Sheet, Snapshot
from webapp.queries.versions import form_of
from webapp.services import snapshots

AT_A_TIME = 200


def rebuild() -> int:
    """Forget every derived row and make it again from the snapshots that are read; how many sheets. One commit."""
    for model in (SearchText, SearchWord, Facet):
        db.session.execute(sa.delete(model))
    sent = iter(db.session.scalars(sa.select(Sheet.id).where(Sheet.current_snapshot_id.is_not(None))).all())
    done = 0
    while some := list(islice(sent, AT_A_TIME)):
        _some(some)
        db.session.flush()
        db.session.expunge_all()
        done += len(some)
    db.session.commit()
    return done


def _some(ids: list[UUID]) -> None:
    rows = db.session.scalars(
        sa.select(Sheet)
        .where(Sheet.id.in_(ids))
        .options(joinedload(Sheet.current_snapshot).joinedload(Snapshot.form_version))
        .order_by(Sheet.reference)
    )
    for sheet in rows.all():
        if sheet.current_snapshot is not None:
            snapshots.show(sheet, sheet.current_snapshot, form_of(sheet.current_snapshot.form_version))
