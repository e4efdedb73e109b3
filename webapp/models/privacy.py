"""Personal data: what was erased and why, what a federation says of its treatments, how long a campaign is kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model, code_of
from webapp.models.campaigns import Campaign
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import PersonalLink, User
from webapp.models.places import Federation, Funder
from webapp.models.sheets import Sheet
from webapp.models.snapshots import Snapshot
from webapp.models.work import ReportRun
from webapp.vocabulary import ErasureKind, OpeningKind

UNDER_WAY = sa.text("finished_at IS NULL")


class Erasure(Model):
    """Personal data were taken out. While one is under way, and only then, the database lets words of the journal and
    of snapshots be emptied.

    number: of « Personne effacée n° … ». mark: by which a copy of the database brought back is searched for the same
    person again; it says nothing to whoever has not the key of the installation. counts: table → rows. reports: ids of
    the issued reports whose file still names them.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        sa.UniqueConstraint("number", name="uq_erasure_number"),
        sa.CheckConstraint("(kind = 'person') = (number IS NOT NULL)", name="person_has_number"),
        sa.Index("uq_erasure_under_way", "kind", unique=True, postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[ErasureKind] = mapped_column(code_of(ErasureKind, "kind"))
    number: Mapped[int | None]
    user_id: Mapped[UUID | None] = mapped_column(refers_to("user"), index=True)
    mark: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    by_id: Mapped[UUID | None] = mapped_column(refers_to("user"))
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reports: Mapped[list[Any]] = mapped_column(default=list)


class SnapshotRedaction(Model):
    """Words were taken out of what was sent: from which content to which, for which erasure, in which questions."""

    __tablename__ = "snapshot_redaction"

    id: Mapped[PrimaryKey]
    snapshot_id: Mapped[UUID] = mapped_column(refers_to("snapshot"), index=True)
    erasure_id: Mapped[UUID] = mapped_column(refers_to("erasure"), index=True)
    old_sha256: Mapped[str] = mapped_column(index=True)
    new_sha256: Mapped[str]
    questions: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[datetime]

    snapshot: Mapped[Snapshot] = relationship()
    erasure: Mapped[Erasure] = relationship()


class PrivacyNotice(Model):
    """What a federation says on the page « Données personnelles »: who answers for the data, whom one writes to."""

    __tablename__ = "privacy_notice"

    federation_id: Mapped[UUID] = mapped_column(refers_to("federation", on_delete="CASCADE"), primary_key=True)
    controller: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="")
    more: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]

    federation: Mapped[Federation] = relationship()


class RetentionRule(Model):
    """How many years after its last day what served to make a campaign's sheets is kept; none: as long as by default.

    changed_at: nothing goes within the brake that begins here. told_at: when the administrators were told of what will
    go. thinned_at: when it went.
    """

    __tablename__ = "retention_rule"
    __table_args__ = (sa.CheckConstraint("years BETWEEN 1 AND 30", name="years_believable"),)

    campaign_id: Mapped[UUID] = mapped_column(refers_to("campaign", on_delete="CASCADE"), primary_key=True)
    years: Mapped[int]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    told_at: Mapped[datetime | None]
    thinned_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship()


class FunderReading(Model):
    """Somebody of a funder, or by a link, had a report or a sheet of one open; one row a person, thing and half hour.

    sheet_id: none for the report itself; report_run_id: none for a sheet read by itself. name, email: of
    the reader at that moment.
    """

    __tablename__ = "funder_reading"
    __table_args__ = (
        sa.CheckConstraint("report_run_id IS NOT NULL OR sheet_id IS NOT NULL", name="of_something"),
        sa.Index("ix_funder_reading_federation_id_at", "federation_id", "at"),
        sa.Index("ix_funder_reading_sheet_id_at", "sheet_id", "at"),
        sa.Index("ix_funder_reading_report_run_id_user_id", "report_run_id", "user_id"),
    )

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    funder_id: Mapped[UUID | None] = mapped_column(refers_to("funder"), index=True)
    report_run_id: Mapped[UUID | None] = mapped_column(refers_to("report_run", on_delete="CASCADE"))
    sheet_id: Mapped[UUID | None] = mapped_column(refers_to("sheet", on_delete="CASCADE"))
    kind: Mapped[OpeningKind] = mapped_column(code_of(OpeningKind, "kind"))
    at: Mapped[datetime]
    until: Mapped[datetime]
    name: Mapped[str]
    email: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(refers_to("user", on_delete="SET NULL"), index=True)
    link_id: Mapped[UUID | None] = mapped_column(refers_to("personal_link", on_delete="SET NULL"), index=True)

    federation: Mapped[Federation] = relationship()
    funder: Mapped[Funder | None] = relationship()
    report_run: Mapped[ReportRun | None] = relationship()
    sheet: Mapped[Sheet | None] = relationship()
    user: Mapped[User | None] = relationship()
    link: Mapped[PersonalLink | None] = relationship()
