"""Personal links for those who need not sign in, and what a mail is about."""

import sqlalchemy as sa
from alembic import op

revision = "0006_personal_links"
down_revision = "0005_carry_over"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
ABOUT = ("user_id", "campaign_id", "centre_id")


def upgrade() -> None:
    """Create the table; the mails that are there are about nothing in particular."""
    op.create_table(
        "personal_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "purpose IN ('campaign_invitation', 'query_reply', 'phone_confirmation', "
            "'opinion_asked', 'sign_off_asked')",
            name=op.f("ck_personal_link_purpose"),
        ),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_personal_link_federation_id_federation"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_personal_link_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_personal_link"),
        sa.UniqueConstraint("token_hash", name="uq_personal_link_token_hash"),
    )
    op.create_index("ix_personal_link_federation_id", "personal_link", ["federation_id"], unique=False)
    op.create_index("ix_personal_link_purpose_target_id", "personal_link", ["purpose", "target_id"], unique=False)
    op.create_index("ix_personal_link_user_id", "personal_link", ["user_id"], unique=False)
    with op.batch_alter_table("mail") as mail:
        for name in ABOUT:
            mail.add_column(sa.Column(name, sa.Uuid(), nullable=True))
        mail.add_column(sa.Column("link_id", sa.Uuid(), nullable=True))
        mail.create_foreign_key(
            "fk_mail_link_id_personal_link", "personal_link", ["link_id"], ["id"], ondelete="SET NULL"
        )
        mail.create_index("ix_mail_link_id", ["link_id"], unique=False)
        mail.create_index("ix_mail_campaign_id_centre_id", ["campaign_id", "centre_id"], unique=False)


def downgrade() -> None:
    """Drop them; links that wait open nothing any more."""
    with op.batch_alter_table("mail") as mail:
        mail.drop_index("ix_mail_campaign_id_centre_id")
        mail.drop_index("ix_mail_link_id")
        mail.drop_constraint("fk_mail_link_id_personal_link", type_="foreignkey")
        mail.drop_column("link_id")
        for name in reversed(ABOUT):
            mail.drop_column(name)
    op.drop_table("personal_link")
