"""The same act on many sheets: what was chosen, and what became of each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007_bulk"
down_revision = "0006_personal_links"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "bulk_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("act", TEXT, nullable=False),
        sa.Column("arguments", JSON, nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(confirmed_at IS NULL) = (job_id IS NULL)", name=op.f("ck_bulk_run_confirmed_has_job")),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f("ck_bulk_run_confirmed_by_somebody")
        ),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_bulk_run_federation_id_federation"),
        sa.ForeignKeyConstraint(["requested_by"], ["user.id"], name="fk_bulk_run_requested_by_user"),
        sa.ForeignKeyConstraint(["confirmed_by"], ["user.id"], name="fk_bulk_run_confirmed_by_user"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_bulk_run_job_id_job"),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_run"),
    )
    op.create_index("ix_bulk_run_federation_id", "bulk_run", ["federation_id"], unique=False)
    op.create_index("ix_bulk_run_job_id", "bulk_run", ["job_id"], unique=False)
    op.create_table(
        "bulk_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bulk_run_id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=True),
        sa.Column("sheet_state", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "sheet_state IN ('draft', 'submitted', 'changes_requested', 'validated', 'published')",
            name=op.f("ck_bulk_item_sheet_state"),
        ),
        sa.CheckConstraint("state IN ('waiting', 'done', 'failed', 'refused')", name=op.f("ck_bulk_item_state")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_bulk_item_position_positive")),
        sa.CheckConstraint(
            "state NOT IN ('done', 'failed') OR done_at IS NOT NULL", name=op.f("ck_bulk_item_done_has_moment")
        ),
        sa.CheckConstraint("state <> 'waiting' OR done_at IS NULL", name=op.f("ck_bulk_item_waiting_has_no_moment")),
        sa.ForeignKeyConstraint(
            ["bulk_run_id"], ["bulk_run.id"], name="fk_bulk_item_bulk_run_id_bulk_run", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_bulk_item_sheet_id_sheet", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_item"),
        sa.UniqueConstraint("bulk_run_id", "sheet_id", name="uq_bulk_item_bulk_run_id_sheet_id"),
    )
    op.create_index("ix_bulk_item_sheet_id", "bulk_item", ["sheet_id"], unique=False)


def downgrade() -> None:
    """Drop them; what was done to the sheets stays done."""
    op.drop_table("bulk_item")
    op.drop_table("bulk_run")
