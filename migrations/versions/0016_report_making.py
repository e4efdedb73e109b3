"""Templates of reports, versions that no longer change once issued, personal links to them and who opened them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016_report_making"
down_revision = "0015_mail_claimed"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)
BEFORE = "'campaign_invitation', 'query_reply', 'phone_confirmation', 'opinion_asked', 'sign_off_asked'"
FROZEN = (
    *("federation_id", "kind", "parameters", "title", "storage_key", "file_name", "media_type", "size", "sha256"),
    *("notes", "finished_at", "series", "version", "design", "snapshots", "summary"),
    "issued_at",
)
"""What of an issued report never changes; its job, its template and its readers may."""


def upgrade() -> None:
    """Create the tables; the reports that funders have are issued, as the first versions of their series."""
    for column in ("colour", "logo_key", "logo_type"):
        op.add_column("federation", sa.Column(column, TEXT, nullable=True))
    _purposes(f"{BEFORE}, 'report_link'")
    _template()
    with op.batch_alter_table("report_run") as run:
        run.add_column(sa.Column("template_id", sa.Uuid(), nullable=True))
        run.add_column(sa.Column("series", TEXT, server_default=sa.text("''"), nullable=False))
        run.add_column(sa.Column("version", sa.Integer(), nullable=True))
        run.add_column(sa.Column("design", JSON, server_default=sa.text("'{}'"), nullable=False))
        run.add_column(sa.Column("snapshots", JSON, server_default=sa.text("'{}'"), nullable=False))
        run.add_column(sa.Column("summary", JSON, nullable=True))
        run.add_column(sa.Column("issued_at", MOMENT, nullable=True))
        run.add_column(sa.Column("issued_by", sa.Uuid(), nullable=True))
    _issue()
    with op.batch_alter_table("report_run") as run:
        run.create_foreign_key(
            "fk_report_run_template_id_report_template", "report_template", ["template_id"], ["id"], ondelete="SET NULL"
        )
        run.create_foreign_key("fk_report_run_issued_by_user", "user", ["issued_by"], ["id"])
        run.create_unique_constraint(
            "uq_report_run_federation_id_series_version", ["federation_id", "series", "version"]
        )
        run.create_check_constraint(op.f("ck_report_run_issued_has_version"), "(issued_at IS NULL) = (version IS NULL)")
        run.create_check_constraint(op.f("ck_report_run_issued_has_file"), "issued_at IS NULL OR sha256 IS NOT NULL")
        run.create_index("ix_report_run_template_id", ["template_id"], unique=False)
    _opening()
    _freeze()


def _purposes(values: str) -> None:
    with op.batch_alter_table("personal_link") as link:
        link.drop_constraint(op.f("ck_personal_link_purpose"), type_="check")
        link.create_check_constraint(op.f("ck_personal_link_purpose"), f"purpose IN ({values})")


def _template() -> None:
    op.create_table(
        "report_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("name", "folded", "kind", "title")),
        sa.Column("selection", JSON, nullable=False),
        sa.Column("sections", JSON, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("sheet_order", "foreword", "foreword_by", "colour")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["federation_id"], ["federation.id"], name="fk_report_template_federation_id_federation"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_report_template_created_by_user"),
        sa.PrimaryKeyConstraint("id", name="pk_report_template"),
        sa.UniqueConstraint("federation_id", "folded", name="uq_report_template_federation_id_folded"),
    )


def _issue() -> None:
    op.execute("UPDATE report_run SET series = kind || ':' || title")
    # Numbered in the order in which they were asked for.
    op.execute(
        """
        UPDATE report_run SET version = (
            SELECT count(*) FROM report_run AS other
            WHERE other.federation_id = report_run.federation_id AND other.series = report_run.series
            AND (other.created_at < report_run.created_at
                 OR (other.created_at = report_run.created_at AND other.id <= report_run.id))
            AND other.sha256 IS NOT NULL
            AND EXISTS (SELECT 1 FROM report_run_funder WHERE report_run_id = other.id)
        )
        WHERE sha256 IS NOT NULL AND EXISTS (SELECT 1 FROM report_run_funder WHERE report_run_id = report_run.id)
        """
    )
    op.execute("UPDATE report_run SET issued_at = coalesce(finished_at, created_at) WHERE version IS NOT NULL")


def _opening() -> None:
    op.create_table(
        "report_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_run_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('page', 'file')", name=op.f("ck_report_opening_kind")),
        sa.ForeignKeyConstraint(
            ["report_run_id"], ["report_run.id"], name="fk_report_opening_report_run_id_report_run", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_report_opening_user_id_user", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["link_id"], ["personal_link.id"], name="fk_report_opening_link_id_personal_link", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report_opening"),
    )
    op.create_index("ix_report_opening_report_run_id_at", "report_opening", ["report_run_id", "at"], unique=False)
    op.create_index("ix_report_opening_user_id", "report_opening", ["user_id"], unique=False)
    op.create_index("ix_report_opening_link_id", "report_opening", ["link_id"], unique=False)


def _freeze() -> None:
    """A trigger that refuses to change what was issued."""
    columns = ", ".join(FROZEN)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER report_run_frozen BEFORE UPDATE OF {columns} ON report_run "
            "WHEN OLD.issued_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'report_run_frozen'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION report_run_frozen() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'report_run_frozen' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER report_run_frozen BEFORE UPDATE OF {columns} ON report_run "
        "FOR EACH ROW WHEN (OLD.issued_at IS NOT NULL) EXECUTE FUNCTION report_run_frozen()"
    )


def _thaw() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER report_run_frozen")
        return
    op.execute("DROP TRIGGER report_run_frozen ON report_run")
    op.execute("DROP FUNCTION report_run_frozen()")


def downgrade() -> None:
    """Drop them; links to reports open nothing any more, the reports stay."""
    _thaw()
    op.drop_table("report_opening")
    with op.batch_alter_table("report_run") as run:
        run.drop_index("ix_report_run_template_id")
        for name in ("ck_report_run_issued_has_file", "ck_report_run_issued_has_version"):
            run.drop_constraint(op.f(name), type_="check")
        run.drop_constraint("uq_report_run_federation_id_series_version", type_="unique")
        run.drop_constraint("fk_report_run_issued_by_user", type_="foreignkey")
        run.drop_constraint("fk_report_run_template_id_report_template", type_="foreignkey")
        for column in ("issued_by", "issued_at", "summary", "snapshots", "design", "version", "series", "template_id"):
            run.drop_column(column)
    op.drop_table("report_template")
    op.execute(
        "UPDATE mail SET link_id = NULL WHERE link_id IN (SELECT id FROM personal_link WHERE purpose = 'report_link')"
    )
    op.execute("DELETE FROM personal_link WHERE purpose = 'report_link'")
    _purposes(BEFORE)
    for column in ("logo_type", "logo_key", "colour"):
        op.drop_column("federation", column)
