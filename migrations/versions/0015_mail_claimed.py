"""When an attempt to send a mail began, so that one that never ended is told from one that is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0015_mail_claimed"
down_revision = "0014_territory"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; attempts that began and never said how they ended are known as such."""
    op.add_column("mail", sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE mail SET claimed_at = created_at WHERE state = 'queued' AND attempts > 0 AND error IS NULL")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("mail", "claimed_at")
