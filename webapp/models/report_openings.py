"""Who opened a report that was handed over, and when."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model, code_of
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import PersonalLink, User
from webapp.models.work import ReportRun
from webapp.vocabulary import OpeningKind


class ReportOpening(Model):
    """Somebody opened a report's page or fetched its file, by an account or by a personal link.

    name, email: of the reader at that moment; they stay when the account or the link goes.
    """

    __tablename__ = "report_opening"
    __table_args__ = (sa.Index("ix_report_opening_report_run_id_at", "report_run_id", "at"),)

    id: Mapped[PrimaryKey]
    report_run_id: Mapped[UUID] = mapped_column(refers_to("report_run", on_delete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[OpeningKind] = mapped_column(code_of(OpeningKind, "kind"))
    name: Mapped[str]
    email: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(refers_to("user", on_delete="SET NULL"), index=True)
    link_id: Mapped[UUID | None] = mapped_column(refers_to("personal_link", on_delete="SET NULL"), index=True)

    report_run: Mapped[ReportRun] = relationship()
    user: Mapped[User | None] = relationship()
    link: Mapped[PersonalLink | None] = relationship()
