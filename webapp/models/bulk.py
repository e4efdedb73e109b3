"""The same act on many sheets: what was chosen, as it was then, and what became of each."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forms.lifecycle import SheetState
from webapp.database import Model, code_of
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.sheets import Sheet
from webapp.models.work import Job
from webapp.vocabulary import BulkState


class BulkRun(Model):
    """An act that somebody prepared on many sheets; nothing of it is done before it is confirmed."""

    __tablename__ = "bulk_run"
    __table_args__ = (
        sa.CheckConstraint("(confirmed_at IS NULL) = (job_id IS NULL)", name="confirmed_has_job"),
        sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed_by_somebody"),
    )

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"), index=True)
    act: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    requested_by: Mapped[UUID] = mapped_column(refers_to("user"))
    created_at: Mapped[datetime]
    # Whoever confirms it does it: with their rights, under their name.
    confirmed_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    confirmed_at: Mapped[datetime | None]
    job_id: Mapped[UUID | None] = mapped_column(refers_to("job"), index=True)

    requester: Mapped[User] = relationship(foreign_keys=[requested_by])
    confirmer: Mapped[User | None] = relationship(foreign_keys=[confirmed_by])
    job: Mapped[Job | None] = relationship()
    items: Mapped[list["BulkItem"]] = relationship(back_populates="run", order_by="BulkItem.position")


class BulkItem(Model):
    """A sheet of a run. Its row is written in the transaction of the act itself: what it says is what was done."""

    __tablename__ = "bulk_item"
    __table_args__ = (
        sa.UniqueConstraint("bulk_run_id", "sheet_id", name="uq_bulk_item_bulk_run_id_sheet_id"),
        sa.CheckConstraint("position >= 1", name="position_positive"),
        sa.CheckConstraint("state NOT IN ('done', 'failed') OR done_at IS NOT NULL", name="done_has_moment"),
        sa.CheckConstraint("state <> 'waiting' OR done_at IS NULL", name="waiting_has_no_moment"),
    )

    id: Mapped[PrimaryKey]
    bulk_run_id: Mapped[UUID] = mapped_column(refers_to("bulk_run", on_delete="CASCADE"))
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"), index=True)
    position: Mapped[int]
    # As the sheet was when it was chosen; another one since then is not judged unread. Compared, never followed.
    snapshot_id: Mapped[UUID | None]
    sheet_state: Mapped[SheetState] = mapped_column(code_of(SheetState, "sheet_state"))
    state: Mapped[BulkState] = mapped_column(code_of(BulkState, "state"), default=BulkState.WAITING)
    # Why not, or what is to be known of what was done.
    message: Mapped[str] = mapped_column(default="")
    # When the worker came to it; nothing for what was refused while it was prepared.
    done_at: Mapped[datetime | None]

    run: Mapped[BulkRun] = relationship(back_populates="items")
    sheet: Mapped[Sheet] = relationship()
