"""Which request asked for a job or a mail, and which workers live."""

import sqlalchemy as sa
from alembic import op

revision = "0023_watch"
down_revision = "0022_privacy"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add them; what was asked for before knows no request."""
    for table in ("job", "mail"):
        op.add_column(table, sa.Column("request_id", TEXT, nullable=True))
    op.create_table(
        "worker_seen",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_worker_seen"),
    )
    op.create_index("ix_worker_seen_seen_at", "worker_seen", ["seen_at"], unique=False)


def downgrade() -> None:
    """Forget them."""
    op.drop_table("worker_seen")
    for table in ("mail", "job"):
        op.drop_column(table, "request_id")
