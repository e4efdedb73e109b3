"""Queries that are prepared, sent and due by a day, with a proposed wording; sheets that open in part."""

import sqlalchemy as sa
from alembic import op

revision = "0009_asking"
down_revision = "0008_reading"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; what the centres have seen already was sent, and their sheets stay open as a whole."""
    op.add_column("query", sa.Column("sent_at", MOMENT, nullable=True))
    op.add_column("query", sa.Column("deadline", sa.Date(), nullable=True))
    op.add_column("query", sa.Column("proposed", TEXT, nullable=True))
    op.add_column("query", sa.Column("proposed_from", TEXT, nullable=True))
    op.add_column("sheet", sa.Column("only_asked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("sheet", sa.Column("whole_wanted_at", MOMENT, nullable=True))
    op.add_column("campaign", sa.Column("query_days", sa.Integer(), server_default=sa.text("14"), nullable=False))
    op.execute(
        "UPDATE query SET sent_at = created_at "
        "WHERE state <> 'open' OR sheet_id IN (SELECT id FROM sheet WHERE state <> 'submitted')"
    )


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("campaign", "query_days")
    op.drop_column("sheet", "whole_wanted_at")
    op.drop_column("sheet", "only_asked")
    for name in ("proposed_from", "proposed", "deadline", "sent_at"):
        op.drop_column("query", name)
