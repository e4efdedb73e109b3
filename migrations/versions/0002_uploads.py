"""Files on their way to a sheet, piece by piece."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_uploads"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", TEXT, nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("ends", JSON, nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_upload_size_positive")),
        sa.CheckConstraint("received >= 0 AND received <= size", name=op.f("ck_upload_received_within_size")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_upload_sheet_id_sheet", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_upload_user_id_user", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name="fk_upload_attachment_id_attachment", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
    )
    op.create_index("ix_upload_sheet_id_user_id", "upload", ["sheet_id", "user_id"], unique=False)
    op.create_index("ix_upload_user_id_updated_at", "upload", ["user_id", "updated_at"], unique=False)


def downgrade() -> None:
    """Drop it; pieces that wait in the storage are of no use then."""
    op.drop_table("upload")
