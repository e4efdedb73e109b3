"""Workbooks that come back: those of a sheet wait for a word, those of many are imports."""

import sqlalchemy as sa
from alembic import op

revision = "0004_takeaway"
down_revision = "0003_checks"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Say of every import what it comes from; make the table of workbooks that came back."""
    with op.batch_alter_table("import_run") as table:
        table.add_column(sa.Column("kind", sa.String(32), nullable=False, server_default="catalogue"))
    with op.batch_alter_table("import_run") as table:
        table.alter_column("kind", existing_type=sa.String(32), existing_nullable=False, server_default=None)
        table.create_check_constraint(op.f("ck_import_run_kind"), "kind IN ('catalogue', 'workbook')")
    op.create_table(
        "takeaway_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("cells", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["sheet.id"], name="fk_takeaway_upload_sheet_id_sheet", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["uploaded_by"], ["user.id"], name="fk_takeaway_upload_uploaded_by_user"),
        sa.PrimaryKeyConstraint("id", name="pk_takeaway_upload"),
    )
    op.create_index("ix_takeaway_upload_sheet_id", "takeaway_upload", ["sheet_id"], unique=False)
    op.create_index("ix_takeaway_upload_created_at", "takeaway_upload", ["created_at"], unique=False)


def downgrade() -> None:
    """Forget the workbooks that wait, and what imports come from; those of workbooks can't be read without it."""
    op.drop_table("takeaway_upload")
    op.execute("DELETE FROM import_run WHERE kind = 'workbook'")
    with op.batch_alter_table("import_run") as table:
        table.drop_constraint(op.f("ck_import_run_kind"), type_="check")
        table.drop_column("kind")
