"""What a report is made from, year after year."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import JSON, Model
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.places import Federation


class ReportTemplate(Model):
    """A report as a federation makes it each year: its sheets, its parts, its words.

    selection: which sheets, as `queries.report_selection.Selection` keeps it. sections: ids of the parts wanted, none
    for all of them. sheet_order: id of the order of the sheets. colour: « #rrggbb », empty for the federation's.
    """

    __tablename__ = "report_template"
    __table_args__ = (sa.UniqueConstraint("federation_id", "folded", name="uq_report_template_federation_id_folded"),)

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    name: Mapped[str]
    folded: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    selection: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sections: Mapped[list[str]] = mapped_column(JSON, default=list)
    sheet_order: Mapped[str] = mapped_column(default="")
    foreword: Mapped[str] = mapped_column(default="")
    foreword_by: Mapped[str] = mapped_column(default="")
    colour: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    updated_at: Mapped[datetime]

    federation: Mapped[Federation] = relationship()
    author: Mapped[User | None] = relationship()
