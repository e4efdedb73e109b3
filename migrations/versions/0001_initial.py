"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

CURRENT_SNAPSHOT = "fk_sheet_current_snapshot_of_sheet"

# What was sent, and what happened, is never rewritten, whoever asks.
UNCHANGING = ("snapshot", "event")


def upgrade() -> None:
    """Make the tables, those referred to first."""
    create_event_head()
    create_federation()
    create_form_version()
    create_mail()
    create_user()
    create_campaign()
    create_centre()
    create_event()
    create_funder()
    create_import_run()
    create_job()
    create_link()
    create_user_session()
    create_passkey()
    create_action()
    create_campaign_centre()
    create_campaign_funder()
    create_centre_alias()
    create_report_run()
    create_role()
    create_report_run_funder()
    create_sheet()
    create_attachment()
    create_change()
    create_query()
    create_snapshot()
    create_facet()
    if op.get_bind().dialect.name != "sqlite":
        op.create_foreign_key(CURRENT_SNAPSHOT, "sheet", "snapshot", ["current_snapshot_id", "id"], ["id", "sheet_id"])
    for table in UNCHANGING:
        forbid_changes(table)


def downgrade() -> None:
    """Drop everything, those that refer first."""
    # What a later version's downgrade put away has nothing left that it is about.
    for table in ("erasure", "snapshot_redaction", "privacy_notice", "retention_rule", "withdrawal"):
        op.execute(f"DROP TABLE IF EXISTS kept_{table}")
    for table in UNCHANGING:
        allow_changes(table)
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(CURRENT_SNAPSHOT, "sheet", type_="foreignkey")
    for table in (
        "facet",
        "snapshot",
        "query",
        "change",
        "attachment",
        "sheet",
        "report_run_funder",
        "role",
        "report_run",
        "centre_alias",
        "campaign_funder",
        "campaign_centre",
        "action",
        "passkey",
        "user_session",
        "link",
        "job",
        "import_run",
        "funder",
        "event",
        "centre",
        "campaign",
        "user",
        "mail",
        "form_version",
        "federation",
        "event_head",
    ):
        op.drop_table(table)


def forbid_changes(table: str) -> None:
    """A trigger that refuses UPDATE."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_unchanging BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}_unchanging'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_unchanging() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table}_unchanging' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_unchanging BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_unchanging()"
    )


def allow_changes(table: str) -> None:
    """Drop that trigger."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_unchanging")
        return
    op.execute(f"DROP TRIGGER {table}_unchanging ON {table}")
    op.execute(f"DROP FUNCTION {table}_unchanging()")


def create_event_head() -> None:
    """Table event_head."""
    op.create_table(
        "event_head",
        sa.Column("chain", TEXT, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_event_head"),
    )


def create_federation() -> None:
    """Table federation."""
    op.create_table(
        "federation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("folded", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_federation"),
        sa.UniqueConstraint("folded", name="uq_federation_folded"),
    )


def create_form_version() -> None:
    """Table form_version."""
    op.create_table(
        "form_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_form_version"),
        sa.UniqueConstraint("sha256", name="uq_form_version_sha256"),
    )
    op.create_index("ix_form_version_key", "form_version", ["key"], unique=False)


def create_mail() -> None:
    """Table mail."""
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("html", TEXT, nullable=False),
        sa.Column("attachments", JSON, nullable=False),
        sa.Column("dedupe_key", TEXT, nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("ck_mail_state")),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
        sa.UniqueConstraint("dedupe_key", name="uq_mail_dedupe_key"),
    )
    op.create_index("ix_mail_state_created_at", "mail", ["state", "created_at"], unique=False)


def create_user() -> None:
    """Table user."""
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("full_name", TEXT, nullable=False),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("password", TEXT, nullable=True),
        sa.Column("sign_in_mark", sa.Uuid(), nullable=False),
        sa.Column("second_factor_on", sa.Boolean(), nullable=False),
        sa.Column("totp_secret", TEXT, nullable=True),
        sa.Column("recovery_codes", JSON, nullable=False),
        sa.Column("passkey_handle", TEXT, nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_user_email_in_lower_case")),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("email", name="uq_user_email"),
        sa.UniqueConstraint("passkey_handle", name="uq_user_passkey_handle"),
    )


def create_campaign() -> None:
    """Table campaign."""
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("form_version_id", sa.Uuid(), nullable=False),
        sa.Column("shown_deadline", sa.Date(), nullable=False),
        sa.Column("last_creation", sa.Date(), nullable=False),
        sa.Column("last_edit", sa.Date(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "shown_deadline <= last_edit AND last_creation <= last_edit", name=op.f("ck_campaign_dates_in_order")
        ),
        sa.CheckConstraint("year BETWEEN 1900 AND 2200", name=op.f("ck_campaign_year_believable")),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_campaign_federation_id_federation"),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name="fk_campaign_form_version_id_form_version"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_campaign"),
        sa.UniqueConstraint("federation_id", "year", name="uq_campaign_federation_id_year"),
        sa.UniqueConstraint("id", "federation_id", name="uq_campaign_id_federation_id"),
    )


def create_centre() -> None:
    """Table centre."""
    op.create_table(
        "centre",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("folded", TEXT, nullable=False),
        sa.Column("commune", TEXT, nullable=False),
        sa.Column("department", TEXT, nullable=False),
        sa.Column("siret", TEXT, nullable=True),
        sa.Column("address", TEXT, nullable=True),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("contact_name", TEXT, nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_centre_federation_id_federation"),
        sa.PrimaryKeyConstraint("id", name="pk_centre"),
        sa.UniqueConstraint("federation_id", "folded", name="uq_centre_federation_id_folded"),
        sa.UniqueConstraint("id", "federation_id", name="uq_centre_id_federation_id"),
    )


def create_event() -> None:
    """Table event."""
    op.create_table(
        "event",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.Column("previous_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name="fk_event_actor_id_user"),
        sa.PrimaryKeyConstraint("seq", name="pk_event"),
        sa.UniqueConstraint("hash", name="uq_event_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_federation_id_seq", "event", ["federation_id", "seq"], unique=False)
    op.create_index("ix_event_sheet_id_seq", "event", ["sheet_id", "seq"], unique=False)


def create_funder() -> None:
    """Table funder."""
    op.create_table(
        "funder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_funder_federation_id_federation"),
        sa.PrimaryKeyConstraint("id", name="pk_funder"),
        sa.UniqueConstraint("federation_id", "name", name="uq_funder_federation_id_name"),
    )


def create_import_run() -> None:
    """Table import_run."""
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_import_run_federation_id_federation"),
        sa.ForeignKeyConstraint(["requested_by"], ["user.id"], name="fk_import_run_requested_by_user"),
        sa.PrimaryKeyConstraint("id", name="pk_import_run"),
    )
    op.create_index("ix_import_run_federation_id", "import_run", ["federation_id"], unique=False)


def create_job() -> None:
    """Table job."""
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("federation_id", sa.Uuid(), nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("phase", TEXT, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("arguments", JSON, nullable=False),
        sa.Column("result", JSON, nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("heartbeat_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_state")),
        sa.CheckConstraint("done >= 0 AND total >= 0", name=op.f("ck_job_progress_not_negative")),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_job_federation_id_federation"),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_job_owner_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_state_created_at", "job", ["state", "created_at"], unique=False)


def create_link() -> None:
    """Table link."""
    op.create_table(
        "link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.CheckConstraint("purpose IN ('signin', 'invitation', 'reset')", name=op.f("ck_link_purpose")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_link_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_link"),
        sa.UniqueConstraint("token_hash", name="uq_link_token_hash"),
    )
    op.create_index("ix_link_user_id", "link", ["user_id"], unique=False)


def create_user_session() -> None:
    """Table user_session."""
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("user_agent", TEXT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_user_session_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_user_session"),
        sa.UniqueConstraint("token_hash", name="uq_user_session_token_hash"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"], unique=False)


def create_passkey() -> None:
    """Table passkey."""
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_passkey_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
    )
    op.create_index("ix_passkey_user_id", "passkey", ["user_id"], unique=False)


def create_action() -> None:
    """Table action."""
    op.create_table(
        "action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_action_centre_id_centre"),
        sa.PrimaryKeyConstraint("id", name="pk_action"),
        sa.UniqueConstraint("id", "centre_id", name="uq_action_id_centre_id"),
    )
    op.create_index("ix_action_centre_id", "action", ["centre_id"], unique=False)


def create_campaign_centre() -> None:
    """Table campaign_centre."""
    op.create_table(
        "campaign_centre",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_campaign_centre_campaign_id_campaign", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name="fk_campaign_centre_centre_id_centre", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "centre_id", name="pk_campaign_centre"),
    )
    op.create_index("ix_campaign_centre_centre_id", "campaign_centre", ["centre_id"], unique=False)


def create_campaign_funder() -> None:
    """Table campaign_funder."""
    op.create_table(
        "campaign_funder",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("funder_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_campaign_funder_campaign_id_campaign", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["funder_id"], ["funder.id"], name="fk_campaign_funder_funder_id_funder", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "funder_id", name="pk_campaign_funder"),
    )
    op.create_index("ix_campaign_funder_funder_id", "campaign_funder", ["funder_id"], unique=False)


def create_centre_alias() -> None:
    """Table centre_alias."""
    op.create_table(
        "centre_alias",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("folded", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name="fk_centre_alias_centre_id_centre", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_centre_alias"),
        sa.UniqueConstraint("centre_id", "folded", name="uq_centre_alias_centre_id_folded"),
    )
    op.create_index("ix_centre_alias_folded", "centre_alias", ["folded"], unique=False)


def create_report_run() -> None:
    """Table report_run."""
    op.create_table(
        "report_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("storage_key", TEXT, nullable=True),
        sa.Column("file_name", TEXT, nullable=True),
        sa.Column("media_type", TEXT, nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", TEXT, nullable=True),
        sa.Column("notes", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_report_run_federation_id_federation"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_report_run_job_id_job"),
        sa.ForeignKeyConstraint(["requested_by"], ["user.id"], name="fk_report_run_requested_by_user"),
        sa.PrimaryKeyConstraint("id", name="pk_report_run"),
        sa.UniqueConstraint("storage_key", name="uq_report_run_storage_key"),
    )
    op.create_index(
        "ix_report_run_federation_id_created_at", "report_run", ["federation_id", "created_at"], unique=False
    )


def create_role() -> None:
    """Table role."""
    op.create_table(
        "role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=True),
        sa.Column("centre_id", sa.Uuid(), nullable=True),
        sa.Column("funder_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(name IN ('membre', 'responsable') AND centre_id IS NOT NULL"
            " AND federation_id IS NULL AND funder_id IS NULL)"
            " OR (name IN ('relecteur', 'administrateur') AND federation_id IS NOT NULL"
            " AND centre_id IS NULL AND funder_id IS NULL)"
            " OR (name = 'financeur' AND funder_id IS NOT NULL AND centre_id IS NULL AND federation_id IS NULL)"
            " OR (name = 'plateforme' AND funder_id IS NULL AND centre_id IS NULL AND federation_id IS NULL)",
            name=op.f("ck_role_right_place"),
        ),
        sa.CheckConstraint(
            "name IN ('membre', 'responsable', 'relecteur', 'administrateur', 'financeur', 'plateforme')",
            name=op.f("ck_role_name"),
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_role_centre_id_centre"),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_role_federation_id_federation"),
        sa.ForeignKeyConstraint(["funder_id"], ["funder.id"], name="fk_role_funder_id_funder"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_role_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_role"),
        sa.UniqueConstraint("user_id", "name", "centre_id", name="uq_role_user_id_name_centre_id"),
        sa.UniqueConstraint("user_id", "name", "federation_id", name="uq_role_user_id_name_federation_id"),
        sa.UniqueConstraint("user_id", "name", "funder_id", name="uq_role_user_id_name_funder_id"),
    )
    op.create_index("ix_role_centre_id", "role", ["centre_id"], unique=False)
    op.create_index("ix_role_federation_id", "role", ["federation_id"], unique=False)
    op.create_index("ix_role_funder_id", "role", ["funder_id"], unique=False)
    op.create_index(
        "uq_role_platform",
        "role",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("name = 'plateforme'"),
        postgresql_where=sa.text("name = 'plateforme'"),
    )


def create_report_run_funder() -> None:
    """Table report_run_funder."""
    op.create_table(
        "report_run_funder",
        sa.Column("report_run_id", sa.Uuid(), nullable=False),
        sa.Column("funder_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["funder_id"], ["funder.id"], name="fk_report_run_funder_funder_id_funder", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_run_id"],
            ["report_run.id"],
            name="fk_report_run_funder_report_run_id_report_run",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_run_id", "funder_id", name="pk_report_run_funder"),
    )
    op.create_index("ix_report_run_funder_funder_id", "report_run_funder", ["funder_id"], unique=False)


def create_sheet() -> None:
    """Table sheet."""
    # Sheets and snapshots refer to each other; SQLite takes the forward reference, and no later constraint.
    current_snapshot = []
    if op.get_bind().dialect.name == "sqlite":
        current_snapshot.append(
            sa.ForeignKeyConstraint(
                ["current_snapshot_id", "id"], ["snapshot.id", "snapshot.sheet_id"], name=CURRENT_SNAPSHOT
            )
        )
    op.create_table(
        "sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("form_version_id", sa.Uuid(), nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("sharing", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("unparsed", JSON, nullable=False),
        sa.Column("field_revisions", JSON, nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("validated_at", MOMENT, nullable=True),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("current_snapshot_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("sharing IN ('funders', 'network', 'public')", name=op.f("ck_sheet_sharing")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'changes_requested', 'validated', 'published')",
            name=op.f("ck_sheet_state"),
        ),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_sheet_revision_not_negative")),
        sa.ForeignKeyConstraint(
            ["action_id", "centre_id"], ["action.id", "action.centre_id"], name="fk_sheet_action_of_centre"
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id", "federation_id"],
            ["campaign.id", "campaign.federation_id"],
            name="fk_sheet_campaign_of_federation",
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "federation_id"], ["centre.id", "centre.federation_id"], name="fk_sheet_centre_of_federation"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_sheet_created_by_user"),
        *current_snapshot,
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name="fk_sheet_federation_id_federation"),
        sa.ForeignKeyConstraint(["form_version_id"], ["form_version.id"], name="fk_sheet_form_version_id_form_version"),
        sa.ForeignKeyConstraint(["updated_by"], ["user.id"], name="fk_sheet_updated_by_user"),
        sa.PrimaryKeyConstraint("id", name="pk_sheet"),
        sa.UniqueConstraint("action_id", "campaign_id", name="uq_sheet_action_id_campaign_id"),
        sa.UniqueConstraint("reference", name="uq_sheet_reference"),
    )
    op.create_index("ix_sheet_campaign_id_state", "sheet", ["campaign_id", "state"], unique=False)
    op.create_index("ix_sheet_centre_id_state", "sheet", ["centre_id", "state"], unique=False)
    op.create_index("ix_sheet_federation_id_state", "sheet", ["federation_id", "state"], unique=False)


def create_attachment() -> None:
    """Table attachment."""
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("storage_key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("media_type", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("size >= 0", name=op.f("ck_attachment_size_not_negative")),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_attachment_created_by_user"),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_attachment_sheet_id_sheet"),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
        sa.UniqueConstraint("storage_key", name="uq_attachment_storage_key"),
    )
    op.create_index("ix_attachment_sheet_id_question", "attachment", ["sheet_id", "question"], unique=False)


def create_change() -> None:
    """Table change."""
    op.create_table(
        "change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", JSON, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_change_sheet_id_sheet", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_change_user_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
    )
    op.create_index("ix_change_sheet_id_question", "change", ["sheet_id", "question"], unique=False)


def create_query() -> None:
    """Table query."""
    op.create_table(
        "query",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("reply", TEXT, nullable=True),
        sa.Column("replied_at", MOMENT, nullable=True),
        sa.Column("replied_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_query_closed_has_moment")),
        sa.CheckConstraint(
            "reason IN ('incomplete', 'inconsistent', 'wording', 'outdated')", name=op.f("ck_query_reason")
        ),
        sa.CheckConstraint("state <> 'answered' OR replied_at IS NOT NULL", name=op.f("ck_query_answered_has_reply")),
        sa.CheckConstraint("state IN ('open', 'answered', 'closed')", name=op.f("ck_query_state")),
        sa.ForeignKeyConstraint(["closed_by"], ["user.id"], name="fk_query_closed_by_user"),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_query_created_by_user"),
        sa.ForeignKeyConstraint(["replied_by"], ["user.id"], name="fk_query_replied_by_user"),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_query_sheet_id_sheet", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_query"),
    )
    op.create_index("ix_query_sheet_id_state", "query", ["sheet_id", "state"], unique=False)


def create_snapshot() -> None:
    """Table snapshot."""
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("form_version_id", sa.Uuid(), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("sheet_revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_snapshot_number_positive")),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_snapshot_created_by_user"),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name="fk_snapshot_form_version_id_form_version"
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_snapshot_sheet_id_sheet"),
        sa.PrimaryKeyConstraint("id", name="pk_snapshot"),
        sa.UniqueConstraint("id", "sheet_id", name="uq_snapshot_id_sheet_id"),
        sa.UniqueConstraint("sheet_id", "number", name="uq_snapshot_sheet_id_number"),
    )


def create_facet() -> None:
    """Table facet."""
    op.create_table(
        "facet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_facet_sheet_id_sheet", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name="fk_facet_snapshot_id_snapshot", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_facet"),
        sa.UniqueConstraint("snapshot_id", "question", "code", name="uq_facet_snapshot_id_question_code"),
    )
    op.create_index("ix_facet_question_code", "facet", ["question", "code"], unique=False)
    op.create_index("ix_facet_sheet_id", "facet", ["sheet_id"], unique=False)
