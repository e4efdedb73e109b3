"""What was sent, as it was sent, and the rows by which it is found."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model
from webapp.models.campaigns import FormVersion
from webapp.models.columns import PrimaryKey, refers_to

if TYPE_CHECKING:
    from webapp.models.sheets import Sheet


class Snapshot(Model):
    """The answers of a sheet at one sending; the database refuses to change it."""

    __tablename__ = "snapshot"
    __table_args__ = (
        sa.UniqueConstraint("sheet_id", "number", name="uq_snapshot_sheet_id_number"),
        sa.UniqueConstraint("id", "sheet_id", name="uq_snapshot_id_sheet_id"),
        sa.CheckConstraint("number >= 1", name="number_positive"),
    )

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet"))
    number: Mapped[int]
    title: Mapped[str]
    form_version_id: Mapped[UUID] = mapped_column(refers_to("form_version"))
    answers: Mapped[dict[str, Any]]
    # The doubts that were let pass, in the order of the form; for the federation alone.
    passed_checks: Mapped[list[Any]] = mapped_column(default=list, server_default=sa.text("'[]'"))
    sha256: Mapped[str]
    sheet_revision: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(refers_to("user"))

    sheet: Mapped["Sheet"] = relationship(back_populates="snapshots", foreign_keys=[sheet_id])
    form_version: Mapped[FormVersion] = relationship()


class Facet(Model):
    """A value by which the catalogue finds a snapshot; made again from it at will."""

    __tablename__ = "facet"
    __table_args__ = (
        sa.UniqueConstraint("snapshot_id", "question", "code", name="uq_facet_snapshot_id_question_code"),
        sa.Index("ix_facet_question_code", "question", "code"),
    )

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"), index=True)
    snapshot_id: Mapped[UUID] = mapped_column(refers_to("snapshot", on_delete="CASCADE"))
    question: Mapped[str]
    code: Mapped[str]
    label: Mapped[str]
