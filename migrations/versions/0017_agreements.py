"""Agreements with funders, the centres and the actions that they are about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017_agreements"
down_revision = "0016_report_making"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, all empty; a funder can be referred to together with its federation."""
    op.create_index("uq_funder_id_federation_id", "funder", ["id", "federation_id"], unique=True)
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("funder_id", sa.Uuid(), nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("first_year", sa.Integer(), nullable=False),
        sa.Column("last_year", sa.Integer(), nullable=False),
        sa.Column("themes", JSON, nullable=False),
        sa.Column("partner_kinds", JSON, nullable=False),
        sa.Column("requested_cents", sa.BigInteger(), nullable=True),
        sa.Column("granted_cents", sa.BigInteger(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "last_year BETWEEN first_year AND first_year + 2", name=op.f("ck_agreement_one_to_three_years")
        ),
        sa.CheckConstraint("first_year BETWEEN 1900 AND 2200", name=op.f("ck_agreement_year_believable")),
        sa.CheckConstraint(
            "requested_cents >= 0 AND granted_cents >= 0", name=op.f("ck_agreement_amounts_not_negative")
        ),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_agreement_federation_id_federation"),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_agreement_created_by_user"),
        sa.ForeignKeyConstraint(
            ["funder_id", "federation_id"],
            ["funder.id", "funder.federation_id"],
            name="fk_agreement_funder_of_federation",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_agreement"),
        sa.UniqueConstraint("id", "federation_id", name="uq_agreement_id_federation_id"),
    )
    op.create_index("ix_agreement_funder_id", "agreement", ["funder_id"], unique=False)
    op.create_index(
        "uq_agreement_federation_id_reference",
        "agreement",
        ["federation_id", "reference"],
        unique=True,
        sqlite_where=sa.text("reference <> ''"),
        postgresql_where=sa.text("reference <> ''"),
    )
    _chosen()


def _chosen() -> None:
    op.create_table(
        "agreement_centre",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        _of_agreement("agreement_centre"),
        _of_centre("agreement_centre"),
        sa.PrimaryKeyConstraint("agreement_id", "centre_id", name="pk_agreement_centre"),
    )
    op.create_index("ix_agreement_centre_centre_id", "agreement_centre", ["centre_id"], unique=False)
    op.create_table(
        "agreement_action",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        _of_agreement("agreement_action"),
        sa.ForeignKeyConstraint(
            ["action_id", "centre_id"], ["action.id", "action.centre_id"], name="fk_agreement_action_action_of_centre"
        ),
        _of_centre("agreement_action"),
        sa.PrimaryKeyConstraint("agreement_id", "action_id", name="pk_agreement_action"),
    )
    op.create_index("ix_agreement_action_action_id", "agreement_action", ["action_id"], unique=False)


def _of_agreement(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["agreement_id", "federation_id"],
        ["agreement.id", "agreement.federation_id"],
        name=f"fk_{table}_agreement_of_federation",
        ondelete="CASCADE",
    )


def _of_centre(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["centre_id", "federation_id"], ["centre.id", "centre.federation_id"], name=f"fk_{table}_centre_of_federation"
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("agreement_action", "agreement_centre", "agreement"):
        op.drop_table(table)
    op.drop_index("uq_funder_id_federation_id", table_name="funder")
