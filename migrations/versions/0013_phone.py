"""Sheets filled in by telephone for a centre, and the signature of its president."""

import sqlalchemy as sa
from alembic import op

revision = "0013_phone"
down_revision = "0012_notes"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; no campaign asks for a signature yet."""
    _phone_entry()
    _sign_off()
    op.add_column("campaign", sa.Column("sign_off", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("centre", sa.Column("president_name", TEXT, nullable=True))
    op.add_column("centre", sa.Column("president_email", TEXT, nullable=True))
    with op.batch_alter_table("change") as change:
        change.add_column(sa.Column("phone_entry_id", sa.Uuid(), nullable=True))
        change.create_foreign_key("fk_change_phone_entry_id_phone_entry", "phone_entry", ["phone_entry_id"], ["id"])


def _phone_entry() -> None:
    op.create_table(
        "phone_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("spoke_with", TEXT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("refused_at", MOMENT, nullable=True),
        sa.Column("refused_by", sa.Uuid(), nullable=True),
        sa.Column("refusal", TEXT, nullable=False),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR ended_at IS NOT NULL", name=op.f("ck_phone_entry_confirmed_once_ended")
        ),
        sa.CheckConstraint(
            "refused_at IS NULL OR ended_at IS NOT NULL", name=op.f("ck_phone_entry_refused_once_ended")
        ),
        sa.CheckConstraint("confirmed_at IS NULL OR refused_at IS NULL", name=op.f("ck_phone_entry_one_answer")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_phone_entry_sheet_id_sheet", ondelete="CASCADE"),
        *(
            sa.ForeignKeyConstraint([column], ["user.id"], name=f"fk_phone_entry_{column}_user")
            for column in ("started_by", "ended_by", "confirmed_by", "refused_by")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_phone_entry"),
    )
    going_on = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_phone_entry_open",
        "phone_entry",
        ["sheet_id"],
        unique=True,
        sqlite_where=going_on,
        postgresql_where=going_on,
    )
    op.create_index("ix_phone_entry_sheet_id_started_at", "phone_entry", ["sheet_id", "started_at"], unique=False)
    op.create_index("ix_phone_entry_started_by", "phone_entry", ["started_by"], unique=False)


def _sign_off() -> None:
    op.create_table(
        "sign_off",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("signed_name", TEXT, nullable=False),
        sa.Column("remark", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=True),
        sa.CheckConstraint("state IN ('asked', 'signed', 'returned', 'dropped')", name=op.f("ck_sign_off_state")),
        sa.CheckConstraint(
            "(state IN ('signed', 'returned')) = (answered_at IS NOT NULL)",
            name=op.f("ck_sign_off_answer_has_moment"),
        ),
        sa.CheckConstraint("(state = 'signed') = (sha256 IS NOT NULL)", name=op.f("ck_sign_off_signed_has_content")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_sign_off_sheet_id_sheet", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asked_by"], ["user.id"], name="fk_sign_off_asked_by_user"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_off"),
    )
    asked = sa.text("state = 'asked'")
    op.create_index(
        "uq_sign_off_asked", "sign_off", ["sheet_id"], unique=True, sqlite_where=asked, postgresql_where=asked
    )
    op.create_index("ix_sign_off_sheet_id_asked_at", "sign_off", ["sheet_id", "asked_at"], unique=False)


def downgrade() -> None:
    """Drop them; what was typed and sent stays."""
    with op.batch_alter_table("change") as change:
        change.drop_constraint("fk_change_phone_entry_id_phone_entry", type_="foreignkey")
        change.drop_column("phone_entry_id")
    op.drop_column("centre", "president_email")
    op.drop_column("centre", "president_name")
    op.drop_column("campaign", "sign_off")
    op.drop_table("sign_off")
    op.drop_table("phone_entry")
