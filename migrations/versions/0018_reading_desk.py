"""Which sheets a report holds, how far somebody has read in it, the passages that they quote."""

import sqlalchemy as sa
from alembic import op

revision = "0018_reading_desk"
down_revision = "0017_agreements"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, all empty: what reports of before hold was not kept, so their sheets are read by nobody."""
    op.create_table(
        "report_run_sheet",
        sa.Column("report_run_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_report_run_sheet_position_positive")),
        sa.ForeignKeyConstraint(
            ["report_run_id"],
            ["report_run.id"],
            name="fk_report_run_sheet_report_run_id_report_run",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"], name="fk_report_run_sheet_snapshot_id_snapshot"),
        sa.PrimaryKeyConstraint("report_run_id", "snapshot_id", name="pk_report_run_sheet"),
    )
    op.create_index("ix_report_run_sheet_snapshot_id", "report_run_sheet", ["snapshot_id"], unique=False)
    _visits()
    _quotes()


def _visits() -> None:
    op.create_table(
        "desk_visit",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("report_run_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_desk_visit_user_id_user", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["report_run_id"], ["report_run.id"], name="fk_desk_visit_report_run_id_report_run", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"], name="fk_desk_visit_snapshot_id_snapshot"),
        sa.PrimaryKeyConstraint("user_id", "report_run_id", "snapshot_id", name="pk_desk_visit"),
    )
    op.create_index("ix_desk_visit_report_run_id", "desk_visit", ["report_run_id"], unique=False)


def _quotes() -> None:
    op.create_table(
        "quote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("report_run_id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("funder_id", sa.Uuid(), nullable=True),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("edited_at", MOMENT, nullable=True),
        sa.CheckConstraint("text <> ''", name=op.f("ck_quote_text_not_empty")),
        sa.CheckConstraint("shared OR funder_id IS NOT NULL", name=op.f("ck_quote_of_federation_is_shared")),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_quote_federation_id_federation"),
        sa.ForeignKeyConstraint(["report_run_id"], ["report_run.id"], name="fk_quote_report_run_id_report_run"),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_quote_sheet_id_sheet"),
        sa.ForeignKeyConstraint(
            ["snapshot_id", "sheet_id"], ["snapshot.id", "snapshot.sheet_id"], name="fk_quote_snapshot_of_sheet"
        ),
        sa.ForeignKeyConstraint(["funder_id"], ["funder.id"], name="fk_quote_funder_id_funder"),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_quote_created_by_user"),
        sa.PrimaryKeyConstraint("id", name="pk_quote"),
    )
    op.create_index("ix_quote_created_by_created_at", "quote", ["created_by", "created_at"], unique=False)
    op.create_index("ix_quote_federation_id_funder_id", "quote", ["federation_id", "funder_id"], unique=False)
    op.create_index("ix_quote_sheet_id", "quote", ["sheet_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("quote", "desk_visit", "report_run_sheet"):
        op.drop_table(table)
