"""Erasures, what a federation says of personal data, how long campaigns are kept, what funders read."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022_privacy"
down_revision = "0021_recovery"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)
UNDER_WAY = sa.text("finished_at IS NULL")

KEPT = {
    "event": ("seq", "federation_id", "at", "actor_id", "kind", "sheet_id", "previous_hash", "hash"),
    "snapshot": (
        "id",
        "sheet_id",
        "number",
        "form_version_id",
        "sheet_revision",
        "created_at",
        "created_by",
    ),
}
"""What not even an erasure changes."""

ISSUED = ("federation_id", "kind", "storage_key", "media_type", "size", "sha256", "finished_at", "version", "snapshots")
ISSUED_WORDS = ("parameters", "title", "file_name", "notes", "series", "design", "summary")
"""Of a report that was issued: what not even an erasure changes, and the words out of which it may take somebody."""

SEALED = "_sealed"
"""The key of an entry's data under which a downgrade keeps what a new upgrade needs."""

PUT_AWAY = {
    "erasure": {"user_id": "user", "by_id": "user"},
    "snapshot_redaction": {},
    "privacy_notice": {},
    "retention_rule": {"changed_by": "user"},
}
"""Tables that a downgrade keeps under another name, for the next upgrade, and what they may refer to: that somebody was
erased, out of what, under which number; and what federations decided. Without it the next erasure would take a number
that somebody has, and what was promised to be kept for ten years would go after five."""
LASTING = {"snapshot_redaction": "snapshot", "privacy_notice": "federation", "retention_rule": "campaign"}
"""What their rows go with."""


def upgrade() -> None:
    """Create the tables; entries of the journal keep their hashes, which cover their words."""
    op.add_column("event", sa.Column("sealed", JSON, nullable=True))
    _seals_back()
    op.add_column("report_run", sa.Column("withdrawn_at", MOMENT, nullable=True))
    _erasure()
    _redaction()
    _notice()
    _rule()
    _reading()
    for table in KEPT:
        _forbid(table, erasures=True)
    _freeze(erasures=True)
    _bring_back()


def _erasure() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("mark", TEXT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("reports", JSON, nullable=False),
        sa.CheckConstraint("kind IN ('person', 'retention')", name=op.f("ck_erasure_kind")),
        sa.CheckConstraint("(kind = 'person') = (number IS NOT NULL)", name=op.f("ck_erasure_person_has_number")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_erasure_user_id_user"),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name="fk_erasure_by_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
        sa.UniqueConstraint("number", name="uq_erasure_number"),
    )
    op.create_index("ix_erasure_user_id", "erasure", ["user_id"], unique=False)
    op.create_index(
        "uq_erasure_under_way",
        "erasure",
        ["kind"],
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )


def _redaction() -> None:
    op.create_table(
        "snapshot_redaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("old_sha256", TEXT, nullable=False),
        sa.Column("new_sha256", TEXT, nullable=False),
        sa.Column("questions", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"], name="fk_snapshot_redaction_snapshot_id_snapshot"),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasure.id"], name="fk_snapshot_redaction_erasure_id_erasure"),
        sa.PrimaryKeyConstraint("id", name="pk_snapshot_redaction"),
    )
    for column in ("snapshot_id", "erasure_id", "old_sha256"):
        op.create_index(f"ix_snapshot_redaction_{column}", "snapshot_redaction", [column], unique=False)


def _notice() -> None:
    op.create_table(
        "privacy_notice",
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("controller", "address", "contact", "more")),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["federation_id"],
            ["federation.id"],
            name="fk_privacy_notice_federation_id_federation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("federation_id", name="pk_privacy_notice"),
    )


def _rule() -> None:
    op.create_table(
        "retention_rule",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("thinned_at", MOMENT, nullable=True),
        sa.CheckConstraint("years BETWEEN 1 AND 30", name=op.f("ck_retention_rule_years_believable")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_retention_rule_campaign_id_campaign", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["user.id"], name="fk_retention_rule_changed_by_user"),
        sa.PrimaryKeyConstraint("campaign_id", name="pk_retention_rule"),
    )


def _reading() -> None:
    table = "funder_reading"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("federation_id", sa.Uuid(), nullable=False),
        sa.Column("funder_id", sa.Uuid(), nullable=True),
        sa.Column("report_run_id", sa.Uuid(), nullable=True),
        sa.Column("sheet_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('page', 'file')", name=op.f("ck_funder_reading_kind")),
        sa.CheckConstraint(
            "report_run_id IS NOT NULL OR sheet_id IS NOT NULL", name=op.f("ck_funder_reading_of_something")
        ),
        sa.ForeignKeyConstraint(["federation_id"], ["federation.id"], name=f"fk_{table}_federation_id_federation"),
        sa.ForeignKeyConstraint(["funder_id"], ["funder.id"], name=f"fk_{table}_funder_id_funder"),
        sa.ForeignKeyConstraint(
            ["report_run_id"], ["report_run.id"], name=f"fk_{table}_report_run_id_report_run", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name=f"fk_{table}_sheet_id_sheet", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=f"fk_{table}_user_id_user", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["link_id"], ["personal_link.id"], name=f"fk_{table}_link_id_personal_link", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    for columns in (("funder_id",), ("user_id",), ("link_id",), ("federation_id", "at"), ("sheet_id", "at")):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns), unique=False)
    op.create_index(f"ix_{table}_report_run_id_user_id", table, ["report_run_id", "user_id"], unique=False)


def _forbid(table: str, *, erasures: bool) -> None:
    """The trigger that refuses UPDATE, made anew; erasures: words may be emptied while one is under way."""
    let = _unchanged_but_by_an_erasure(KEPT[table])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_unchanging")
        when = f"WHEN NOT ({let}) " if erasures else ""
        op.execute(
            f"CREATE TRIGGER {table}_unchanging BEFORE UPDATE ON {table} {when}"
            f"BEGIN SELECT RAISE(ABORT, '{table}_unchanging'); END"
        )
        return
    unless = f"IF {let} THEN RETURN NEW; END IF; " if erasures else ""
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_unchanging() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {unless}RAISE EXCEPTION '{table}_unchanging' USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )


def _unchanged_but_by_an_erasure(columns: tuple[str, ...]) -> str:
    same = "IS" if op.get_bind().dialect.name == "sqlite" else "IS NOT DISTINCT FROM"
    kept = " AND ".join(f'OLD."{column}" {same} NEW."{column}"' for column in columns)
    return f"{kept} AND EXISTS (SELECT 1 FROM erasure WHERE finished_at IS NULL)"  # noqa: S608 (names of ours)


def _freeze(*, erasures: bool) -> None:
    """The trigger on reports that were issued, made anew."""
    columns = ", ".join((*ISSUED, *ISSUED_WORDS, "issued_at"))
    unless = f" AND NOT ({_unchanged_but_by_an_erasure((*ISSUED, 'issued_at'))})" if erasures else ""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER report_run_frozen")
        op.execute(
            f"CREATE TRIGGER report_run_frozen BEFORE UPDATE OF {columns} ON report_run "
            f"WHEN OLD.issued_at IS NOT NULL{unless} BEGIN SELECT RAISE(ABORT, 'report_run_frozen'); END"
        )
        return
    let = f"IF {_unchanged_but_by_an_erasure((*ISSUED, 'issued_at'))} THEN RETURN NEW; END IF; " if erasures else ""
    op.execute(
        "CREATE OR REPLACE FUNCTION report_run_frozen() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {let}RAISE EXCEPTION 'report_run_frozen' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )


def _seals_back() -> None:
    """After a downgrade: entries have their seals again, without which their hashes prove nothing."""
    with _event_open():
        if op.get_bind().dialect.name == "sqlite":
            kept, less, there = (
                "json_extract(data, '{}')",
                "json_remove(data, '{}')",
                "json_type(data, '{}') IS NOT NULL",
            )
            kept, less, there = (one.format(f"$.{SEALED}") for one in (kept, less, there))
        else:
            kept, less, there = f"data -> '{SEALED}'", f"data - '{SEALED}'", f"data ? '{SEALED}'"
        op.execute(f"UPDATE event SET sealed = {kept}, data = {less} WHERE {there}")  # noqa: S608 (names of ours)


def _seals_away() -> None:
    """Before a downgrade: the seals wait among the words, where the program of before shows nothing of them."""
    with _event_open():
        if op.get_bind().dialect.name == "sqlite":
            more = f"json_set(data, '$.{SEALED}', json(sealed))"
        else:
            more = f"data || jsonb_build_object('{SEALED}', sealed)"
        op.execute(f"UPDATE event SET data = {more} WHERE sealed IS NOT NULL")  # noqa: S608 (names of ours)


@contextmanager
def _event_open() -> Iterator[None]:
    """The journal's trigger is away; `_forbid` makes it anew."""
    if op.get_bind().dialect.name == "sqlite":
        made = op.get_bind().scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 'event_unchanging'"))
        op.execute("DROP TRIGGER event_unchanging")
        yield
        op.execute(made)
        return
    op.execute("ALTER TABLE event DISABLE TRIGGER event_unchanging")
    yield
    op.execute("ALTER TABLE event ENABLE TRIGGER event_unchanging")


def _put_away() -> None:
    """Before a downgrade: as they are, bound to nothing, so that the program of before meets them nowhere."""
    for table in PUT_AWAY:
        op.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")  # noqa: S608 (names of ours)
    op.execute("CREATE TABLE kept_withdrawal AS SELECT id, withdrawn_at FROM report_run WHERE withdrawn_at IS NOT NULL")


def _bring_back() -> None:
    """After a downgrade: what was put away, as far as what it is about is still there."""
    seen = sa.inspect(op.get_bind())
    if not seen.has_table("kept_withdrawal"):
        return
    for table, references in PUT_AWAY.items():
        columns = [column["name"] for column in seen.get_columns(f"kept_{table}")]
        there = 'CASE WHEN {0} IN (SELECT id FROM "{1}") THEN {0} END'
        values = [there.format(name, references[name]) if name in references else name for name in columns]
        where = f" WHERE {LASTING[table]}_id IN (SELECT id FROM {LASTING[table]})" if table in LASTING else ""  # noqa: S608
        op.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM kept_{table}{where}")  # noqa: S608
    op.execute(
        "UPDATE report_run SET withdrawn_at = (SELECT withdrawn_at FROM kept_withdrawal WHERE id = report_run.id) "
        "WHERE id IN (SELECT id FROM kept_withdrawal)"
    )
    for table in (*PUT_AWAY, "withdrawal"):
        op.drop_table(f"kept_{table}")


def downgrade() -> None:
    """Drop them, but keep what must not be forgotten. The program of before finds that entries of since don't prove
    themselves; after a new upgrade they do again, since their seals are kept. What was erased stays erased, and that it
    was, known."""
    _seals_away()
    _put_away()
    for table in KEPT:
        _forbid(table, erasures=False)
    _freeze(erasures=False)
    for table in ("funder_reading", "retention_rule", "privacy_notice", "snapshot_redaction", "erasure"):
        op.drop_table(table)
    op.drop_column("event", "sealed")
    op.drop_column("report_run", "withdrawn_at")
