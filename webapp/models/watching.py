"""What those who watch the service want to know and nothing else tells."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Model


class WorkerSeen(Model):
    """A worker that lives, or lived until lately. name: its machine and process."""

    __tablename__ = "worker_seen"
    __table_args__ = (sa.Index("ix_worker_seen_seen_at", "seen_at"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
