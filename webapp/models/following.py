"""Following a campaign: calls that were noted, reminders that were prepared, and those that leave by themselves."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import JSON, Model, code_of
from webapp.models.campaigns import Campaign
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.places import Centre
from webapp.models.work import Job
from webapp.vocabulary import CallGroup


class CallNote(Model):
    """What was said to a centre on the telephone; promised_on: the day by which it said it would send."""

    __tablename__ = "call_note"
    __table_args__ = (sa.Index("ix_call_note_campaign_id_centre_id", "campaign_id", "centre_id"),)

    id: Mapped[PrimaryKey]
    campaign_id: Mapped[UUID] = mapped_column(refers_to("campaign", on_delete="CASCADE"))
    centre_id: Mapped[UUID] = mapped_column(refers_to("centre", on_delete="CASCADE"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[UUID] = mapped_column(refers_to("user"))
    text: Mapped[str]
    promised_on: Mapped[date | None]

    campaign: Mapped[Campaign] = relationship()
    centre: Mapped[Centre] = relationship()
    by: Mapped[User] = relationship()


class Reminder(Model):
    """A reminder to the centres of a group, sent at once or at a time.

    centre_ids: those that whoever prepared it has seen; none for one that leaves by itself, which takes the group as
    it is then. automatic_key: what keeps it from leaving twice. job_id: there once it leaves.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        sa.UniqueConstraint("automatic_key", name="uq_reminder_automatic_key"),
        sa.Index("ix_reminder_campaign_id_created_at", "campaign_id", "created_at"),
    )

    id: Mapped[PrimaryKey]
    campaign_id: Mapped[UUID] = mapped_column(refers_to("campaign", on_delete="CASCADE"))
    group: Mapped[CallGroup] = mapped_column(code_of(CallGroup, "group"))
    days: Mapped[int]
    message: Mapped[str]
    centre_ids: Mapped[list[Any] | None] = mapped_column(JSON)
    automatic_key: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    due_at: Mapped[datetime]
    job_id: Mapped[UUID | None] = mapped_column(refers_to("job", on_delete="SET NULL"), index=True)
    cancelled_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship()
    author: Mapped[User | None] = relationship()
    job: Mapped[Job | None] = relationship()


class AutomaticReminder(Model):
    """So many days before the shown deadline, this campaign reminds by itself whoever has not finished."""

    __tablename__ = "automatic_reminder"
    __table_args__ = (sa.CheckConstraint("days_before BETWEEN 0 AND 90", name="days_believable"),)

    campaign_id: Mapped[UUID] = mapped_column(refers_to("campaign", on_delete="CASCADE"), primary_key=True)
    days_before: Mapped[int] = mapped_column(primary_key=True)

    campaign: Mapped[Campaign] = relationship()
