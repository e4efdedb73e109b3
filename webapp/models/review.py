"""What the federation asks about an answer, and who has read what was sent."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model, code_of
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.sheets import Sheet
from webapp.models.snapshots import Snapshot
from webapp.vocabulary import QueryReason, QueryState


class Query(Model):
    """A query on one question of a sheet, its reply and its end.

    sent_at: when it left for the centre; until then it is prepared. deadline: the last day for the
    reply, French time; one that nobody chose is set as the query leaves. proposed: another wording of
    the answer, and proposed_from: the wording that the reviewer had before their eyes.
    """

    __tablename__ = "query"
    __table_args__ = (
        sa.Index("ix_query_sheet_id_state", "sheet_id", "state"),
        sa.Index("ix_query_state_sheet_id", "state", "sheet_id"),
        sa.CheckConstraint("state <> 'answered' OR replied_at IS NOT NULL", name="answered_has_reply"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_moment"),
    )

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"))
    question: Mapped[str]
    state: Mapped[QueryState] = mapped_column(code_of(QueryState, "state"), default=QueryState.OPEN)
    reason: Mapped[QueryReason] = mapped_column(code_of(QueryReason, "reason"))
    text: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(refers_to("user"))
    sent_at: Mapped[datetime | None]
    deadline: Mapped[date | None]
    proposed: Mapped[str | None]
    proposed_from: Mapped[str | None]
    reply: Mapped[str | None]
    replied_at: Mapped[datetime | None]
    replied_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(refers_to("user"))

    sheet: Mapped[Sheet] = relationship()
    author: Mapped[User] = relationship(foreign_keys=[created_by])
    replier: Mapped[User | None] = relationship(foreign_keys=[replied_by])
    closer: Mapped[User | None] = relationship(foreign_keys=[closed_by])

    @property
    def withdrawn(self) -> bool:
        """Whether it was closed before it left."""
        return self.state is QueryState.CLOSED and self.sent_at is None


class ReadingMark(Model):
    """Somebody of the federation has read what was sent; the first time that it was said."""

    __tablename__ = "reading_mark"
    __table_args__ = (sa.Index("ix_reading_mark_user_id_sheet_id", "user_id", "sheet_id"),)

    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"), primary_key=True)
    snapshot_id: Mapped[UUID] = mapped_column(refers_to("snapshot", on_delete="CASCADE"), primary_key=True)
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"))
    at: Mapped[datetime]

    snapshot: Mapped[Snapshot] = relationship()
