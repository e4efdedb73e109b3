"""The journal: what happened, in order, each entry sealed by the one before."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model, Sequence
from webapp.models.columns import refers_to
from webapp.models.people import User


class Event(Model):
    """Something that happened; the database refuses to change it, but for words that an erasure empties.

    No foreign key but the actor: it outlives things.
    """

    __tablename__ = "event"
    __table_args__ = (
        sa.UniqueConstraint("hash", name="uq_event_hash"),
        sa.Index("ix_event_federation_id_seq", "federation_id", "seq"),
        sa.Index("ix_event_sheet_id_seq", "sheet_id", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Sequence, primary_key=True)
    federation_id: Mapped[UUID | None]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(refers_to("user"))
    kind: Mapped[str]
    sheet_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Of the words in the data, each under its key: `{"salt", "digest"}`, of which the hash covers the digest; so they
    # can be emptied. None in entries of before, whose hash covers the words themselves.
    sealed: Mapped[dict[str, Any] | None]
    previous_hash: Mapped[str]
    hash: Mapped[str]

    actor: Mapped[User | None] = relationship()


class EventHead(Model):
    """The end of one federation's chain, locked while an entry is added; its length betrays a cut tail."""

    __tablename__ = "event_head"

    chain: Mapped[str] = mapped_column(primary_key=True)
    length: Mapped[int]
    hash: Mapped[str]
