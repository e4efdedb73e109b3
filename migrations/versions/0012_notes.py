"""Private notes, labels and outside opinions of the federation."""

import sqlalchemy as sa
from alembic import op

revision = "0012_notes"
down_revision = "0011_calls"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, all empty."""
    op.create_table(
        "note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("edited_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.CheckConstraint("deleted_at IS NULL OR text = ''", name=op.f("ck_note_deleted_without_words")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_note_sheet_id_sheet", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name="fk_note_author_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
    )
    op.create_index("ix_note_sheet_id_created_at", "note", ["sheet_id", "created_at"], unique=False)
    _labels()
    _opinions()


def _labels() -> None:
    op.create_table(
        "label",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("folded", TEXT, nullable=False),
        sa.Column("tone", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("tone IN ('neutral', 'green', 'blue', 'amber', 'red')", name=op.f("ck_label_tone")),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_label_federation_id_federation"),
        sa.PrimaryKeyConstraint("id", name="pk_label"),
        sa.UniqueConstraint("federation_id", "folded", name="uq_label_federation_id_folded"),
    )
    op.create_table(
        "sheet_label",
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("label_id", sa.Uuid(), nullable=False),
        sa.Column("put_at", MOMENT, nullable=False),
        sa.Column("put_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_sheet_label_sheet_id_sheet", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name="fk_sheet_label_label_id_label", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["put_by"], ["user.id"], name="fk_sheet_label_put_by_user"),
        sa.PrimaryKeyConstraint("sheet_id", "label_id", name="pk_sheet_label"),
    )
    op.create_index("ix_sheet_label_label_id", "sheet_label", ["label_id"], unique=False)


def _opinions() -> None:
    op.create_table(
        "opinion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(32), nullable=True),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "verdict IN ('favourable', 'reserved', 'unfavourable', 'no_view')", name=op.f("ck_opinion_verdict")
        ),
        sa.CheckConstraint("(verdict IS NULL) = (answered_at IS NULL)", name=op.f("ck_opinion_verdict_has_moment")),
        sa.CheckConstraint("answered_at IS NULL OR revoked_at IS NULL", name=op.f("ck_opinion_answered_or_revoked")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_opinion_sheet_id_sheet"),
        sa.ForeignKeyConstraint(
            ["snapshot_id", "sheet_id"], ["snapshot.id", "snapshot.sheet_id"], name="fk_opinion_snapshot_of_sheet"
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["user.id"], name="fk_opinion_asked_by_user"),
        sa.PrimaryKeyConstraint("id", name="pk_opinion"),
    )
    op.create_index("ix_opinion_sheet_id_asked_at", "opinion", ["sheet_id", "asked_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("opinion", "sheet_label", "label", "note"):
        op.drop_table(table)
