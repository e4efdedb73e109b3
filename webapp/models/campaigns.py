"""Published versions of the form, yearly campaigns, who is expected and whom they are for."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.places import Centre, Federation, Funder


class FormVersion(Model):
    """A published version of the form: a document that never changes, known by its hash."""

    __tablename__ = "form_version"
    __table_args__ = (sa.UniqueConstraint("sha256", name="uq_form_version_sha256"),)

    id: Mapped[PrimaryKey]
    key: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[str]
    # Long, and asked for at most once a process (queries.versions): each row that names its form would bring it along.
    document: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    published_at: Mapped[datetime]


class Campaign(Model):
    """A federation's year: its form and its three dates, all inclusive, in French time."""

    __tablename__ = "campaign"
    __table_args__ = (
        sa.UniqueConstraint("federation_id", "year", name="uq_campaign_federation_id_year"),
        sa.UniqueConstraint("id", "federation_id", name="uq_campaign_id_federation_id"),
        sa.CheckConstraint("shown_deadline <= last_edit AND last_creation <= last_edit", name="dates_in_order"),
        sa.CheckConstraint("year BETWEEN 1900 AND 2200", name="year_believable"),
    )

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    year: Mapped[int]
    title: Mapped[str]
    form_version_id: Mapped[UUID] = mapped_column(refers_to("form_version"))
    shown_deadline: Mapped[date]
    last_creation: Mapped[date]
    last_edit: Mapped[date]
    # Days that a centre has to reply to a query, where nobody says another date.
    query_days: Mapped[int] = mapped_column(default=14, server_default=sa.text("14"))
    opened_at: Mapped[datetime | None]
    # The president of the centre signs a sheet before it is sent.
    sign_off: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    federation: Mapped[Federation] = relationship()
    form_version: Mapped[FormVersion] = relationship()
    expected: Mapped[list["CampaignCentre"]] = relationship(back_populates="campaign", cascade="all, delete-orphan")
    addressed: Mapped[list["CampaignFunder"]] = relationship(back_populates="campaign", cascade="all, delete-orphan")

    @property
    def called(self) -> str:
        """Its title, with its year where the title says none: two campaigns that run together are told apart."""
        return self.title if str(self.year) in self.title else f"{self.title} {self.year}"


class CampaignCentre(Model):
    """This centre is expected to answer this campaign; extended_until: its own last day, where it was given one."""

    __tablename__ = "campaign_centre"

    campaign_id: Mapped[UUID] = mapped_column(refers_to("campaign", on_delete="CASCADE"), primary_key=True)
    centre_id: Mapped[UUID] = mapped_column(refers_to("centre", on_delete="CASCADE"), primary_key=True, index=True)
    extended_until: Mapped[date | None]
    extension_reason: Mapped[str | None]
    extended_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    extended_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship(back_populates="expected")
    centre: Mapped[Centre] = relationship()
    extender: Mapped[User | None] = relationship()


class CampaignFunder(Model):
    """The validated sheets of this campaign are addressed to this funder."""

    __tablename__ = "campaign_funder"

    campaign_id: Mapped[UUID] = mapped_column(refers_to("campaign", on_delete="CASCADE"), primary_key=True)
    funder_id: Mapped[UUID] = mapped_column(refers_to("funder", on_delete="CASCADE"), primary_key=True, index=True)

    campaign: Mapped[Campaign] = relationship(back_populates="addressed")
    funder: Mapped[Funder] = relationship()


class ExpectedUpload(Model):
    """A workbook of expected centres that waits for a person's word. cells: as it was read."""

    __tablename__ = "expected_upload"
    __table_args__ = (sa.Index("ix_expected_upload_created_at", "created_at"),)

    id: Mapped[PrimaryKey]
    campaign_id: Mapped[UUID] = mapped_column(refers_to("campaign", on_delete="CASCADE"), index=True)
    uploaded_by: Mapped[UUID] = mapped_column(refers_to("user"))
    name: Mapped[str]
    cells: Mapped[str]
    created_at: Mapped[datetime]

    campaign: Mapped[Campaign] = relationship()
