"""All by which lists and searches find sheets, made again from what was sent."""

from itertools import islice
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import Facet, SearchText, SearchWord, Sheet, Snapshot
from webapp.queries.versions import form_of
from webapp.services import search_index, snapshots

AT_A_TIME = 200


def rebuild() -> int:
    """Make every derived row what the snapshots that are read say; how many sheets. One commit.

    Rows that are right stay as they are: after a restoration or a move nothing of what was compared changes.
    """
    unsent = sa.select(Sheet.id).where(Sheet.current_snapshot_id.is_(None))
    for model in (SearchText, Facet):
        db.session.execute(sa.delete(model).where(model.sheet_id.in_(unsent)))
    if db.engine.dialect.name == "sqlite":
        db.session.execute(sa.text("INSERT INTO search_index (search_index) VALUES ('rebuild')"))
    sent = iter(db.session.scalars(sa.select(Sheet.id).where(Sheet.current_snapshot_id.is_not(None))).all())
    done = 0
    while some := list(islice(sent, AT_A_TIME)):
        _some(Sheet.id.in_(some))
        db.session.flush()
        db.session.expunge_all()
        done += len(some)
    search_index.forget(set(db.session.scalars(sa.select(SearchWord.word))))
    db.session.commit()
    return done


def of_centre(centre_id: UUID) -> None:
    """The sheets of a centre, whose commune has changed; part of the caller's transaction."""
    _some(sa.and_(Sheet.centre_id == centre_id, Sheet.current_snapshot_id.is_not(None)))


def _some(which: sa.ColumnElement[bool]) -> None:
    rows = db.session.scalars(
        sa.select(Sheet)
        .where(which)
        .options(joinedload(Sheet.centre), joinedload(Sheet.current_snapshot).joinedload(Snapshot.form_version))
        .order_by(Sheet.reference)
    )
    read = [(sheet, sheet.current_snapshot) for sheet in rows.all()]
    snapshots.show_all([(sheet, of, form_of(of.form_version)) for sheet, of in read if of is not None])
