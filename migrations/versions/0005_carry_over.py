"""Which answers of a sheet were taken over from an earlier year and not confirmed yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_carry_over"
down_revision = "0004_takeaway"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Add the column; sheets that are there carry nothing."""
    # With a default both engines add it in place: no table is written anew, and no trigger or check is lost.
    op.add_column("sheet", sa.Column("carried", JSON, server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    """Drop it: carried answers stay, unmarked."""
    op.drop_column("sheet", "carried")
