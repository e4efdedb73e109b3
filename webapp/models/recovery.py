"""Files that nothing shows any more and that wait to be deleted, and the backups that the worker takes."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Model
from webapp.models.columns import PrimaryKey


class DiscardedFile(Model):
    """A file of the storage that may be deleted once it has waited; until then a backup may still name it."""

    __tablename__ = "discarded_file"
    __table_args__ = (sa.Index("ix_discarded_file_discarded_at", "discarded_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    discarded_at: Mapped[datetime]
    reason: Mapped[str]


class BackupRun(Model):
    """A backup that the worker took, or tried to. slot: the hours that it is of, so that two workers don't both do it.

    counts: what it holds, see `recovery.contents.counted`. drill_error: what went wrong when it was restored to try.
    removed_at: when its file gave way to later ones.
    """

    __tablename__ = "backup_run"
    __table_args__ = (
        sa.UniqueConstraint("slot", name="uq_backup_run_slot"),
        sa.Index("ix_backup_run_started_at", "started_at"),
    )

    id: Mapped[PrimaryKey]
    slot: Mapped[str]
    place: Mapped[str]
    name: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None]
    drilled_at: Mapped[datetime | None]
    drill_error: Mapped[str | None]
    removed_at: Mapped[datetime | None]
