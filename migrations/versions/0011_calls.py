"""Calls, reminders, how people want their mails; a mail may be dropped when it is no longer needed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011_calls"
down_revision = "0010_campaign"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GROUPS = "'unfinished', 'not_opened', 'not_begun', 'stuck', 'to_correct', 'late_last_year', 'under_way', 'done'"
CATEGORIES = "'account', 'receipt', 'queries', 'sheets', 'reminders', 'reports'"


def upgrade() -> None:
    """Create the tables; everybody goes on getting every mail at once."""
    _following()
    _reminders()
    _mailing()
    with op.batch_alter_table("mail") as mail:
        mail.drop_constraint(op.f("ck_mail_state"), type_="check")
        mail.create_check_constraint(op.f("ck_mail_state"), "state IN ('queued', 'sent', 'failed', 'dropped')")


def _following() -> None:
    op.create_table(
        "call_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_call_note_campaign_id_campaign", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_call_note_centre_id_centre", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name="fk_call_note_by_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_call_note"),
    )
    op.create_index("ix_call_note_campaign_id_centre_id", "call_note", ["campaign_id", "centre_id"], unique=False)
    op.create_index("ix_call_note_centre_id", "call_note", ["centre_id"], unique=False)


def _reminders() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.String(32), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("centre_ids", JSON, nullable=True),
        sa.Column("automatic_key", TEXT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.CheckConstraint(f'"group" IN ({GROUPS})', name=op.f("ck_reminder_group")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_reminder_campaign_id_campaign", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_reminder_created_by_user"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_reminder_job_id_job", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_reminder"),
        sa.UniqueConstraint("automatic_key", name="uq_reminder_automatic_key"),
    )
    op.create_index("ix_reminder_campaign_id_created_at", "reminder", ["campaign_id", "created_at"], unique=False)
    op.create_index("ix_reminder_job_id", "reminder", ["job_id"], unique=False)
    op.create_table(
        "automatic_reminder",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.CheckConstraint("days_before BETWEEN 0 AND 90", name=op.f("ck_automatic_reminder_days_believable")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_automatic_reminder_campaign_id_campaign", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "days_before", name="pk_automatic_reminder"),
    )


def _mailing() -> None:
    op.create_table(
        "mail_preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(32), nullable=False),
        sa.Column("manner", sa.String(32), nullable=False),
        sa.CheckConstraint(f"category IN ({CATEGORIES})", name=op.f("ck_mail_preference_category")),
        sa.CheckConstraint("manner IN ('now', 'digest', 'never')", name=op.f("ck_mail_preference_manner")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_mail_preference_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "category", name="pk_mail_preference"),
    )
    op.create_table(
        "digest_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("parts", JSON, nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("centre_id", sa.Uuid(), nullable=True),
        sa.Column("dedupe_key", TEXT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_digest_line_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_digest_line"),
        sa.UniqueConstraint("dedupe_key", name="uq_digest_line_dedupe_key"),
    )
    op.create_index("ix_digest_line_taken_at_created_at", "digest_line", ["taken_at", "created_at"], unique=False)
    op.create_index("ix_digest_line_user_id", "digest_line", ["user_id"], unique=False)


def downgrade() -> None:
    """Drop them; a mail that was dropped counts as one that failed."""
    op.execute("UPDATE mail SET state = 'failed' WHERE state = 'dropped'")
    with op.batch_alter_table("mail") as mail:
        mail.drop_constraint(op.f("ck_mail_state"), type_="check")
        mail.create_check_constraint(op.f("ck_mail_state"), "state IN ('queued', 'sent', 'failed')")
    for table in ("digest_line", "mail_preference", "automatic_reminder", "reminder", "call_note"):
        op.drop_table(table)
