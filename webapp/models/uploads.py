"""Files on their way to a sheet, piece by piece; the pieces are in the storage."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Model
from webapp.models.columns import PrimaryKey, refers_to


class Upload(Model):
    """A file that was announced: as its sender named and measured it, and how much of it has come.

    ends: where each piece that has come ends, in bytes from the file's beginning. attachment_id: the
    file that it became; the row stays, so that the same original is known again.
    """

    __tablename__ = "upload"
    __table_args__ = (
        sa.CheckConstraint("size > 0", name="size_positive"),
        sa.CheckConstraint("received >= 0 AND received <= size", name="received_within_size"),
        sa.Index("ix_upload_sheet_id_user_id", "sheet_id", "user_id"),
        sa.Index("ix_upload_user_id_updated_at", "user_id", "updated_at"),
    )

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"))
    question: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"))
    name: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None]
    received: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    ends: Mapped[list[Any]] = mapped_column(default=list)
    attachment_id: Mapped[UUID | None] = mapped_column(refers_to("attachment", on_delete="CASCADE"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
