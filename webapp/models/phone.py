"""Sheets that the federation fills in by telephone, for a centre that then confirms."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User

if TYPE_CHECKING:
    from webapp.models.sheets import Sheet

OPEN = sa.text("ended_at IS NULL")


class PhoneEntry(Model):
    """Somebody of the federation types a sheet for its centre, which answers for it afterwards; one at a time a sheet.

    spoke_with: who at the centre asked for it. Until ended_at the sheet is entrusted to started_by.
    """

    __tablename__ = "phone_entry"
    __table_args__ = (
        sa.Index("uq_phone_entry_open", "sheet_id", unique=True, postgresql_where=OPEN, sqlite_where=OPEN),
        sa.Index("ix_phone_entry_sheet_id_started_at", "sheet_id", "started_at"),
        sa.Index("ix_phone_entry_started_by", "started_by"),
        sa.CheckConstraint("confirmed_at IS NULL OR ended_at IS NOT NULL", name="confirmed_once_ended"),
        sa.CheckConstraint("refused_at IS NULL OR ended_at IS NOT NULL", name="refused_once_ended"),
        sa.CheckConstraint("confirmed_at IS NULL OR refused_at IS NULL", name="one_answer"),
    )

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"))
    started_by: Mapped[UUID] = mapped_column(refers_to("user"))
    started_at: Mapped[datetime]
    spoke_with: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    refused_at: Mapped[datetime | None]
    refused_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    refusal: Mapped[str] = mapped_column(default="")

    sheet: Mapped["Sheet"] = relationship(back_populates="phone_entries")
    typist: Mapped[User] = relationship(foreign_keys=[started_by])
    confirmer: Mapped[User | None] = relationship(foreign_keys=[confirmed_by])

    @property
    def open(self) -> bool:
        """Whether it goes on: the federation may read and write the sheet."""
        return self.ended_at is None

    @property
    def unanswered(self) -> bool:
        """Whether the centre has not said yet whether this is what it told."""
        return self.ended_at is not None and self.confirmed_at is None and self.refused_at is None
