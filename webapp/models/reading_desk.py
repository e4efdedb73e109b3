"""The reading desk: which sheets a report holds, how far somebody has read in it, the passages that they quote."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.places import Funder
from webapp.models.sheets import Sheet
from webapp.models.snapshots import Snapshot
from webapp.models.work import ReportRun


class ReportRunSheet(Model):
    """This report holds this sheet as it was sent that time; written when the report is made."""

    __tablename__ = "report_run_sheet"
    __table_args__ = (sa.CheckConstraint("position >= 1", name="position_positive"),)

    report_run_id: Mapped[UUID] = mapped_column(refers_to("report_run", on_delete="CASCADE"), primary_key=True)
    snapshot_id: Mapped[UUID] = mapped_column(refers_to("snapshot"), primary_key=True, index=True)
    position: Mapped[int]

    report_run: Mapped[ReportRun] = relationship()
    snapshot: Mapped[Snapshot] = relationship()


class DeskVisit(Model):
    """Somebody opened a sheet of a report at the desk. question: the one at which they stopped; none: the top."""

    __tablename__ = "desk_visit"
    __table_args__ = (sa.Index("ix_desk_visit_report_run_id", "report_run_id"),)

    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"), primary_key=True)
    report_run_id: Mapped[UUID] = mapped_column(refers_to("report_run", on_delete="CASCADE"), primary_key=True)
    snapshot_id: Mapped[UUID] = mapped_column(refers_to("snapshot"), primary_key=True)
    question: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Quote(Model):
    """A passage of what was sent, picked by a reader.

    text: as it stands in the answer. funder_id: the funder for whom it was picked, and whose people alone see it
    until it is shared; none where the federation picked it itself. shared: the federation may use it in its reports.
    """

    __tablename__ = "quote"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["snapshot_id", "sheet_id"], ["snapshot.id", "snapshot.sheet_id"], name="fk_quote_snapshot_of_sheet"
        ),
        sa.Index("ix_quote_created_by_created_at", "created_by", "created_at"),
        sa.Index("ix_quote_federation_id_funder_id", "federation_id", "funder_id"),
        sa.Index("ix_quote_sheet_id", "sheet_id"),
        sa.CheckConstraint("text <> ''", name="text_not_empty"),
        sa.CheckConstraint("shared OR funder_id IS NOT NULL", name="of_federation_is_shared"),
    )

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    report_run_id: Mapped[UUID] = mapped_column(refers_to("report_run"))
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet"))
    snapshot_id: Mapped[UUID]
    funder_id: Mapped[UUID | None] = mapped_column(refers_to("funder"))
    question: Mapped[str]
    text: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(refers_to("user"))
    edited_at: Mapped[datetime | None]

    report_run: Mapped[ReportRun] = relationship()
    sheet: Mapped[Sheet] = relationship(foreign_keys=[sheet_id])
    snapshot: Mapped[Snapshot] = relationship(primaryjoin="foreign(Quote.snapshot_id) == Snapshot.id")
    funder: Mapped[Funder | None] = relationship()
    author: Mapped[User] = relationship(foreign_keys=[created_by])
