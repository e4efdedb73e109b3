"""The signature of a centre's president under a sheet, bound to what the sheet says."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model, code_of
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.vocabulary import SignOffState

if TYPE_CHECKING:
    from webapp.models.sheets import Sheet

ASKED = sa.text("state = 'asked'")


class SignOff(Model):
    """The president was asked to sign a sheet; sha256: of the content that was signed, as a snapshot of it has it."""

    __tablename__ = "sign_off"
    __table_args__ = (
        sa.Index("uq_sign_off_asked", "sheet_id", unique=True, postgresql_where=ASKED, sqlite_where=ASKED),
        sa.Index("ix_sign_off_sheet_id_asked_at", "sheet_id", "asked_at"),
        sa.CheckConstraint("(state IN ('signed', 'returned')) = (answered_at IS NOT NULL)", name="answer_has_moment"),
        sa.CheckConstraint("(state = 'signed') = (sha256 IS NOT NULL)", name="signed_has_content"),
    )

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"))
    name: Mapped[str]
    email: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    state: Mapped[SignOffState] = mapped_column(code_of(SignOffState, "state"), default=SignOffState.ASKED)
    answered_at: Mapped[datetime | None]
    signed_name: Mapped[str] = mapped_column(default="")
    remark: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str | None]

    sheet: Mapped["Sheet"] = relationship()
    asker: Mapped[User | None] = relationship()
