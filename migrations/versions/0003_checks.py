"""What a centre let pass of the soft checks: on its sheet, and frozen with what it sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_checks"
down_revision = "0002_uploads"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Add the columns, empty in every row; the rows of snapshots are not rewritten, which a trigger forbids."""
    op.add_column("sheet", sa.Column("passed_checks", JSON, nullable=False, server_default=sa.text("'{}'")))
    op.add_column("snapshot", sa.Column("passed_checks", JSON, nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    """Drop them; the reasons are lost."""
    op.drop_column("snapshot", "passed_checks")
    op.drop_column("sheet", "passed_checks")
