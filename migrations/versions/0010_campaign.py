"""A centre's life with its dates, its own last day in a campaign, and lists of expected centres that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0010_campaign"
down_revision = "0009_asking"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and the table; nobody has joined, merged or been given more time yet."""
    with op.batch_alter_table("centre") as centre:
        centre.add_column(sa.Column("joined_on", sa.Date(), nullable=True))
        centre.add_column(sa.Column("merged_into_id", sa.Uuid(), nullable=True))
        centre.add_column(sa.Column("merged_on", sa.Date(), nullable=True))
        centre.create_foreign_key("fk_centre_merged_into_id_centre", "centre", ["merged_into_id"], ["id"])
        centre.create_index("ix_centre_merged_into_id", ["merged_into_id"], unique=False)
    op.add_column("centre_alias", sa.Column("held_until", sa.Date(), nullable=True))
    with op.batch_alter_table("campaign_centre") as expected:
        expected.add_column(sa.Column("extended_until", sa.Date(), nullable=True))
        expected.add_column(sa.Column("extension_reason", TEXT, nullable=True))
        expected.add_column(sa.Column("extended_by", sa.Uuid(), nullable=True))
        expected.add_column(sa.Column("extended_at", MOMENT, nullable=True))
        expected.create_foreign_key("fk_campaign_centre_extended_by_user", "user", ["extended_by"], ["id"])
    op.create_table(
        "expected_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("cells", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_expected_upload_campaign_id_campaign", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["uploaded_by"], ["user.id"], name="fk_expected_upload_uploaded_by_user"),
        sa.PrimaryKeyConstraint("id", name="pk_expected_upload"),
    )
    op.create_index("ix_expected_upload_campaign_id", "expected_upload", ["campaign_id"], unique=False)
    op.create_index("ix_expected_upload_created_at", "expected_upload", ["created_at"], unique=False)


def downgrade() -> None:
    """Drop them; every centre is held to the campaign's own dates again."""
    op.drop_table("expected_upload")
    with op.batch_alter_table("campaign_centre") as expected:
        expected.drop_constraint("fk_campaign_centre_extended_by_user", type_="foreignkey")
        for name in ("extended_at", "extended_by", "extension_reason", "extended_until"):
            expected.drop_column(name)
    op.drop_column("centre_alias", "held_until")
    with op.batch_alter_table("centre") as centre:
        centre.drop_index("ix_centre_merged_into_id")
        centre.drop_constraint("fk_centre_merged_into_id_centre", type_="foreignkey")
        for name in ("merged_on", "merged_into_id", "joined_on"):
            centre.drop_column(name)
