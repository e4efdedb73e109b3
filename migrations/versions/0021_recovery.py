"""Files that wait to be deleted, and the backups that the worker takes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021_recovery"
down_revision = "0020_api"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Create the tables, both empty."""
    op.create_table(
        "discarded_file",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("discarded_at", MOMENT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_discarded_file"),
    )
    op.create_index("ix_discarded_file_discarded_at", "discarded_file", ["discarded_at"], unique=False)
    op.create_table(
        "backup_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot", TEXT, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("drilled_at", MOMENT, nullable=True),
        sa.Column("drill_error", TEXT, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_backup_run"),
        sa.UniqueConstraint("slot", name="uq_backup_run_slot"),
    )
    op.create_index("ix_backup_run_started_at", "backup_run", ["started_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("backup_run")
    op.drop_table("discarded_file")
