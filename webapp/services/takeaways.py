"""Workbooks that come back for a sheet: kept until the person has said what is accepted."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from forms.steps import StepReading
from forms.values import Refused
from reports.takeaway.book import TakenBook, TakenColumn, read_book
from reports.takeaway.reading import TakenSheet, read_sheet
from webapp.database import db
from webapp.models import Sheet, TakeawayUpload
from webapp.policy import Actor
from webapp.queries.versions import form_of
from webapp.services import sheets

KEPT = timedelta(days=7)
"""A workbook about which nobody has decided is thrown away after that."""


def keep(sheet: Sheet, *, name: str, cells: str, actor: Actor, at: datetime) -> TakeawayUpload:
    """Keep what a workbook says until the person decides. Raises Refused where it isn't one of this sheet.

    cells: from open_workbook(), which takes its time: it is called before, while nothing is held.
    """
    if actor.user_id is None:
        raise ValueError("somebody sends a workbook")
    _column_of(read_book(cells), sheet)
    db.session.execute(sa.delete(TakeawayUpload).where(TakeawayUpload.created_at < at - KEPT))
    upload = TakeawayUpload(
        sheet_id=sheet.id, uploaded_by=actor.user_id, name=name.strip()[:200], cells=cells, created_at=at
    )
    db.session.add(upload)
    db.session.commit()
    return upload


def taken(upload: TakeawayUpload, sheet: Sheet) -> TakenSheet:
    """What a kept workbook says of the sheet. Raises Refused where the sheet has another form by now."""
    book = read_book(upload.cells)
    return read_sheet(book, _column_of(book, sheet), form_of(sheet.form_version))


def _column_of(book: TakenBook, sheet: Sheet) -> TakenColumn:
    column = next((column for column in book.sheets if column.id == str(sheet.id)), None)
    if column is None:
        raise Refused(
            f"Ce classeur n’est pas celui de la fiche {sheet.reference} : ouvrez la fiche dont il vient, ou reprenez "
            "ici le classeur de celle-ci."
        )
    if book.form_sha256 != form_of(sheet.form_version).sha256:
        raise Refused("Ce classeur vient d’un autre formulaire que cette fiche : reprenez-en le classeur.")
    return column


def accept(
    upload_id: UUID, sheet_id: UUID, reading: StepReading, *, seen: Mapping[str, str], actor: Actor, at: datetime
) -> sheets.Saved:
    """Save what was accepted, in one commit; what changed online since the page was made is left and told.

    Raises Refused where the sheet may not be changed; the workbook stays then.
    """
    saved = sheets.save(sheet_id, reading, actor=actor, at=at, seen=seen)
    if not saved.stale:
        forget(upload_id)
    return saved


def forget(upload_id: UUID) -> None:
    """Throw a workbook away; what it said and nobody accepted is not kept."""
    db.session.execute(sa.delete(TakeawayUpload).where(TakeawayUpload.id == upload_id))
    db.session.commit()
