"""A role of the federation may be limited to some departments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_territory"
down_revision = "0013_phone"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Add the column; the roles that are there keep holding in the whole federation."""
    op.add_column("role", sa.Column("departments", JSON, server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    """Take away the roles that are limited, rather than let them hold everywhere; drop the column."""
    op.execute("DELETE FROM role WHERE CAST(departments AS TEXT) <> '[]'")
    op.drop_column("role", "departments")
