"""Who reads a sheet, who has read which sending, and what the list of the review is ordered and narrowed by."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from forms.french import fold

revision = "0008_reading"
down_revision = "0007_bulk"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
LONGEST_FOLDED = 300
AT_A_TIME = 500
QUEUE = (
    "federation_id",
    "state",
    "state_since",
    "reference",
    "assigned_to",
    "read_at",
    "sent_doubts",
    "campaign_id",
    "centre_id",
    "folded_title",
    "current_snapshot_id",
    "id",
)

# Since when a sheet is in its state, as the list had it until now: found in its moments and in the journal.
SINCE = """
UPDATE sheet SET state_since = coalesce(
  CASE state
    WHEN 'draft' THEN created_at
    WHEN 'changes_requested' THEN (
      SELECT max(event.at) FROM event
      WHERE event.sheet_id = sheet.id AND event.kind IN ('sheet.ask_changes', 'sheet.reopen'))
    WHEN 'validated' THEN validated_at
    WHEN 'published' THEN published_at
  END, submitted_at, created_at)
"""


def upgrade() -> None:
    """Add them, and fill them from what was sent."""
    op.add_column("sheet", sa.Column("state_since", MOMENT, nullable=True))
    op.add_column("sheet", sa.Column("folded_title", TEXT, server_default=sa.text("''"), nullable=False))
    op.add_column("sheet", sa.Column("sent_doubts", sa.Integer(), server_default=sa.text("0"), nullable=False))
    with op.batch_alter_table("sheet") as sheet:
        sheet.add_column(sa.Column("assigned_to", sa.Uuid(), nullable=True))
        sheet.create_foreign_key("fk_sheet_assigned_to_user", "user", ["assigned_to"], ["id"])
    op.execute(SINCE)
    fill_from_what_was_sent()
    op.drop_index("ix_sheet_federation_id_state", "sheet")
    op.create_index("ix_sheet_queue", "sheet", list(QUEUE), unique=False)
    op.create_index("ix_query_state_sheet_id", "query", ["state", "sheet_id"], unique=False)
    op.create_table(
        "reading_mark",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_reading_mark_user_id_user", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name="fk_reading_mark_snapshot_id_snapshot", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_reading_mark_sheet_id_sheet", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "snapshot_id", name="pk_reading_mark"),
    )
    op.create_index("ix_reading_mark_user_id_sheet_id", "reading_mark", ["user_id", "sheet_id"], unique=False)


def fill_from_what_was_sent() -> None:
    """The title by which a sheet is found and the number of doubts let pass, from its current snapshot."""
    sheet = sa.table("sheet", sa.column("id"), sa.column("folded_title"), sa.column("sent_doubts"))
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT sheet.id, snapshot.title, snapshot.passed_checks FROM sheet "
            "JOIN snapshot ON snapshot.id = sheet.current_snapshot_id"
        )
    ).all()
    filled = [
        {"row": id_, "title": fold(title)[:LONGEST_FOLDED], "doubts": _how_many(passed)} for id_, title, passed in rows
    ]
    change = (
        sa.update(sheet)
        .where(sheet.c.id == sa.bindparam("row"))
        .values(folded_title=sa.bindparam("title"), sent_doubts=sa.bindparam("doubts"))
    )
    for start in range(0, len(filled), AT_A_TIME):
        connection.execute(change, filled[start : start + AT_A_TIME])


def _how_many(passed: Any) -> int:
    # SQLite hands JSON over as it is written.
    return len(json.loads(passed) if isinstance(passed, str) else passed or ())


def downgrade() -> None:
    """Drop them: the list is in the order of the sendings again."""
    op.drop_table("reading_mark")
    op.drop_index("ix_query_state_sheet_id", "query")
    op.drop_index("ix_sheet_queue", "sheet")
    op.create_index("ix_sheet_federation_id_state", "sheet", ["federation_id", "state"], unique=False)
    with op.batch_alter_table("sheet") as sheet:
        sheet.drop_constraint("fk_sheet_assigned_to_user", type_="foreignkey")
        for name in ("assigned_to", "sent_doubts", "folded_title", "state_since"):
            sheet.drop_column(name)
