"""Work in the background and what comes out of it: jobs, reports, mails, imports."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import Model, code_of
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import PersonalLink, User
from webapp.models.places import Federation, Funder
from webapp.models.report_templates import ReportTemplate
from webapp.models.sheets import Sheet
from webapp.request_ids import current_request_id
from webapp.vocabulary import ImportKind, JobState, MailState


class Job(Model):
    """A task in the background: this row is the truth, the queue only wakes somebody up."""

    __tablename__ = "job"
    __table_args__ = (
        sa.Index("ix_job_state_created_at", "state", "created_at"),
        sa.CheckConstraint("done >= 0 AND total >= 0", name="progress_not_negative"),
    )

    id: Mapped[PrimaryKey]
    owner_id: Mapped[UUID | None] = mapped_column(refers_to("user"))
    federation_id: Mapped[UUID | None] = mapped_column(refers_to("federation"))
    kind: Mapped[str]
    state: Mapped[JobState] = mapped_column(code_of(JobState, "state"), default=JobState.QUEUED)
    phase: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # The request that asked for it, as the log names it.
    request_id: Mapped[str | None] = mapped_column(default=current_request_id)


class ReportRun(Model):
    """A report that was asked for, and its file once made; the database refuses to change one that was issued.

    series: what its versions are counted in, a template (or a kind and title) and a choice of sheets. design: how it
    looks, see `services.report_design`. snapshots: of the sheets in its file, reference → SHA-256. summary: what a
    workbook held, reports.content.Earlier as JSON, for the next one to say what changed. withdrawn_at: since when the
    file of one that was issued is gone, because it named somebody who was erased.
    """

    __tablename__ = "report_run"
    __table_args__ = (
        sa.UniqueConstraint("storage_key", name="uq_report_run_storage_key"),
        sa.UniqueConstraint("federation_id", "series", "version", name="uq_report_run_federation_id_series_version"),
        sa.CheckConstraint("(issued_at IS NULL) = (version IS NULL)", name="issued_has_version"),
        sa.CheckConstraint("issued_at IS NULL OR sha256 IS NOT NULL", name="issued_has_file"),
        sa.Index("ix_report_run_federation_id_created_at", "federation_id", "created_at"),
    )

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    kind: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    title: Mapped[str]
    requested_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    job_id: Mapped[UUID | None] = mapped_column(refers_to("job"))
    storage_key: Mapped[str | None]
    file_name: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None]
    notes: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    template_id: Mapped[UUID | None] = mapped_column(refers_to("report_template", on_delete="SET NULL"), index=True)
    series: Mapped[str] = mapped_column(default="", server_default=sa.text("''"))
    version: Mapped[int | None]
    design: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=sa.text("'{}'"))
    snapshots: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=sa.text("'{}'"))
    summary: Mapped[dict[str, Any] | None]
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    withdrawn_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """What it is called wherever reports are named: its title, and its years where the title does not say them."""
        years = self._years()
        return f"{self.title} ({years})" if years else self.title

    def _years(self) -> str:
        """« 2026 », « 2025 et 2026 », « 2024 à 2026 », « toutes campagnes »; empty where the title says them."""
        years = sorted(self.parameters.get("years") or ())
        if not years:
            narrowed = self.parameters.get("sheet") or self.parameters.get("agreement")
            return "toutes campagnes" if "years" in self.parameters and not narrowed else ""
        if all(str(year) in self.title for year in years):
            return ""
        if len(years) > 2 and years[-1] - years[0] == len(years) - 1:
            return f"{years[0]} à {years[-1]}"
        return " et ".join(filter(None, (", ".join(map(str, years[:-1])), str(years[-1]))))

    @property
    def file_key(self) -> str | None:
        """Where its file is; None before there is one, and where it was withdrawn."""
        return self.storage_key if self.withdrawn_at is None else None

    federation: Mapped[Federation] = relationship()
    requester: Mapped[User | None] = relationship(foreign_keys=[requested_by])
    issuer: Mapped[User | None] = relationship(foreign_keys=[issued_by])
    template: Mapped[ReportTemplate | None] = relationship()
    job: Mapped[Job | None] = relationship()
    addressed: Mapped[list["ReportRunFunder"]] = relationship(back_populates="report_run", cascade="all, delete-orphan")


class ReportRunFunder(Model):
    """This report was handed to this funder."""

    __tablename__ = "report_run_funder"

    report_run_id: Mapped[UUID] = mapped_column(refers_to("report_run", on_delete="CASCADE"), primary_key=True)
    funder_id: Mapped[UUID] = mapped_column(refers_to("funder", on_delete="CASCADE"), primary_key=True, index=True)

    report_run: Mapped[ReportRun] = relationship(back_populates="addressed")
    funder: Mapped[Funder] = relationship()


class Mail(Model):
    """A mail in the outbox, written in the transaction that it tells of."""

    __tablename__ = "mail"
    __table_args__ = (
        sa.UniqueConstraint("dedupe_key", name="uq_mail_dedupe_key"),
        sa.Index("ix_mail_state_created_at", "state", "created_at"),
        sa.Index("ix_mail_campaign_id_centre_id", "campaign_id", "centre_id"),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[str]
    recipient: Mapped[str]
    # What it is about, where it is about that: no foreign keys, a mail that was sent outlives things.
    user_id: Mapped[UUID | None]
    campaign_id: Mapped[UUID | None]
    centre_id: Mapped[UUID | None]
    # The personal link that it carries; its opening is the mail's.
    link_id: Mapped[UUID | None] = mapped_column(refers_to("personal_link", on_delete="SET NULL"), index=True)
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str] = mapped_column(default="")
    attachments: Mapped[list[Any]] = mapped_column(default=list)
    dedupe_key: Mapped[str | None]
    state: Mapped[MailState] = mapped_column(code_of(MailState, "state"), default=MailState.QUEUED)
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # When the attempt that is being made began; nothing between two attempts.
    claimed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    request_id: Mapped[str | None] = mapped_column(default=current_request_id)

    link: Mapped[PersonalLink | None] = relationship()


class ImportRun(Model):
    """An uploaded import that waits for a person's word.

    text: what was read of the file: the catalogue's text, or the cells of a workbook.
    """

    __tablename__ = "import_run"

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"), index=True)
    requested_by: Mapped[UUID] = mapped_column(refers_to("user"))
    kind: Mapped[ImportKind] = mapped_column(code_of(ImportKind, "kind"), default=ImportKind.CATALOGUE)
    name: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]

    federation: Mapped[Federation] = relationship()
    requester: Mapped[User] = relationship()


class TakeawayUpload(Model):
    """A workbook that came back for a sheet and waits for the person to say what is accepted. cells: as it was read."""

    __tablename__ = "takeaway_upload"
    __table_args__ = (sa.Index("ix_takeaway_upload_created_at", "created_at"),)

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"), index=True)
    uploaded_by: Mapped[UUID] = mapped_column(refers_to("user"))
    name: Mapped[str]
    cells: Mapped[str]
    created_at: Mapped[datetime]

    sheet: Mapped[Sheet] = relationship()
