"""Files joined to a sheet; the bytes are in the storage, under an opaque key."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.sheets import Sheet


class Attachment(Model):
    """A file; when removed the row stays, because a snapshot may show it."""

    __tablename__ = "attachment"
    __table_args__ = (
        sa.UniqueConstraint("storage_key", name="uq_attachment_storage_key"),
        sa.CheckConstraint("size >= 0", name="size_not_negative"),
        sa.Index("ix_attachment_sheet_id_question", "sheet_id", "question"),
    )

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet"))
    question: Mapped[str]
    storage_key: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    removed_at: Mapped[datetime | None]

    sheet: Mapped[Sheet] = relationship()
