"""How each person wants which mails, and what waits for the one mail of the day."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model, code_of
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.vocabulary import MailCategory, MailManner


class MailPreference(Model):
    """This person wants the mails of that category in that manner; without a row, at once."""

    __tablename__ = "mail_preference"

    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"), primary_key=True)
    category: Mapped[MailCategory] = mapped_column(code_of(MailCategory, "category"), primary_key=True)
    manner: Mapped[MailManner] = mapped_column(code_of(MailManner, "manner"))

    user: Mapped[User] = relationship()


class DigestLine(Model):
    """A mail that waits to be part of its reader's next digest.

    parts: its paragraphs, `{"text"}` or `{"label", "path"}`. taken_at: when a digest took it, or saw that it was no
    longer needed.
    """

    __tablename__ = "digest_line"
    __table_args__ = (
        sa.UniqueConstraint("dedupe_key", name="uq_digest_line_dedupe_key"),
        sa.Index("ix_digest_line_taken_at_created_at", "taken_at", "created_at"),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"), index=True)
    kind: Mapped[str]
    subject: Mapped[str]
    parts: Mapped[list[Any]] = mapped_column(default=list)
    # What it is about; no foreign keys, as in the outbox.
    campaign_id: Mapped[UUID | None]
    centre_id: Mapped[UUID | None]
    dedupe_key: Mapped[str | None]
    created_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
