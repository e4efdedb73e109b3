"""By which words the sheets that were sent are found."""

from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

from forms import search
from forms.definition import FormVersion

revision = "0019_search"
down_revision = "0018_reading_desk"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_A_TIME = 200
INDEX_ON_SQLITE = (
    "CREATE VIRTUAL TABLE search_index USING fts5("
    "tokens, content='search_text', content_rowid='id', detail='none', columnsize=0, tokenize='unicode61')",
    "CREATE TRIGGER search_text_added AFTER INSERT ON search_text BEGIN"
    " INSERT INTO search_index (rowid, tokens) VALUES (new.id, new.tokens); END",
    "CREATE TRIGGER search_text_removed AFTER DELETE ON search_text BEGIN"
    " INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', old.id, old.tokens); END",
    "CREATE TRIGGER search_text_changed AFTER UPDATE ON search_text BEGIN"
    " INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', old.id, old.tokens);"
    " INSERT INTO search_index (rowid, tokens) VALUES (new.id, new.tokens); END",
)
OF_CATALOGUE = (
    "search_number",
    "state",
    "sharing",
    "federation_id",
    "campaign_id",
    "centre_id",
    "action_id",
    "published_at",
    "reference",
    "facet_bits",
)
VECTOR = "search_vector(tokens)"
VECTOR_ON_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION search_vector(tokens text) RETURNS tsvector"
    " LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100"
    " AS $$ BEGIN RETURN array_to_tsvector(string_to_array(tokens, ' ')); END $$"
)

SENT = """
SELECT sheet.id, sheet.reference, snapshot.title, snapshot.answers, centre.commune,
form_version.sha256, form_version.document
FROM sheet JOIN centre ON centre.id = sheet.centre_id JOIN snapshot ON snapshot.id = sheet.current_snapshot_id
JOIN form_version ON form_version.id = snapshot.form_version_id ORDER BY sheet.reference
"""


def upgrade() -> None:
    """Create the tables and the index of each engine, and fill them from what was sent."""
    op.create_table(
        "search_text",
        sa.Column("id", NUMBER, nullable=False, autoincrement=True),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("tokens", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_search_text_sheet_id_sheet", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_search_text"),
        sa.UniqueConstraint("sheet_id", name="uq_search_text_sheet_id"),
    )
    op.create_table(
        "search_word",
        sa.Column("id", NUMBER, nullable=False, autoincrement=True),
        sa.Column("word", TEXT, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_word"),
    )
    op.create_index("ix_search_word_word", "search_word", ["word"], unique=False)
    op.create_index("ix_search_word_length_word", "search_word", ["length", "word"], unique=False)
    op.create_table(
        "facet_value",
        sa.Column("id", NUMBER, nullable=False, autoincrement=True),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_facet_value"),
    )
    op.create_index("ix_facet_value_question_code", "facet_value", ["question", "code"], unique=False)
    op.add_column("sheet", sa.Column("search_number", NUMBER, nullable=True))
    op.add_column("sheet", sa.Column("facet_bits", TEXT, server_default=sa.text("''"), nullable=False))
    if op.get_context().dialect.name == "sqlite":
        for statement in INDEX_ON_SQLITE:
            op.execute(statement)
    else:
        op.execute(VECTOR_ON_POSTGRESQL)
        op.create_index("ix_search_text_tokens", "search_text", [sa.text(VECTOR)], unique=False, postgresql_using="gin")
    fill_from_what_was_sent()
    number_what_was_sent()
    op.create_index("ix_sheet_catalogue", "sheet", [*OF_CATALOGUE], unique=False)


def fill_from_what_was_sent() -> None:
    """The tokens of every sheet that was sent, and the words that these hold."""
    text = sa.table("search_text", sa.column("sheet_id", sa.Uuid()), sa.column("tokens"))
    word = sa.table("search_word", sa.column("word"), sa.column("length"))
    sent = sa.text(SENT).columns(id=sa.Uuid(), answers=sa.JSON(), document=sa.JSON())
    forms: dict[str, FormVersion] = {}
    known: set[str] = set()
    rows = iter(op.get_bind().execute(sent).all())
    while some := list(islice(rows, AT_A_TIME)):
        found = [{"sheet_id": row.id, "tokens": _tokens(row, forms)} for row in some]
        known |= {one for own in found for one in search.words_of(frozenset(own["tokens"].split()))}
        op.bulk_insert(text, found)
    op.bulk_insert(word, [{"word": one, "length": len(one)} for one in sorted(known)])


def number_what_was_sent() -> None:
    """Under which number the words of each sheet stand, and which facets it has."""
    bind = op.get_bind()
    sheet = sa.table("sheet", sa.column("id", sa.Uuid()), sa.column("search_number"), sa.column("facet_bits"))
    facet = sa.table("facet", sa.column("sheet_id", sa.Uuid()), sa.column("question"), sa.column("code"))
    text = sa.table("search_text", sa.column("id"), sa.column("sheet_id", sa.Uuid()))
    value = sa.table("facet_value", sa.column("id"), sa.column("question"), sa.column("code"))
    kinds = bind.execute(sa.select(facet.c.question, facet.c.code).distinct().order_by(facet.c.question, facet.c.code))
    op.bulk_insert(value, [{"question": question, "code": code} for question, code in kinds.all()])
    number_of = {(row.question, row.code): row.id for row in bind.execute(sa.select(value))}
    bits: dict[Any, int] = {}
    for row in bind.execute(sa.select(facet)):
        bits[row.sheet_id] = bits.get(row.sheet_id, 0) | 1 << number_of[row.question, row.code]
    found = [
        {"sheet": row.sheet_id, "number": row.id, "bits": f"{bits.get(row.sheet_id, 0):x}"}
        for row in bind.execute(sa.select(text))
    ]
    if found:
        numbered = sheet.update().where(sheet.c.id == sa.bindparam("sheet"))
        bind.execute(numbered.values(search_number=sa.bindparam("number"), facet_bits=sa.bindparam("bits")), found)


def _tokens(row: Any, forms: dict[str, FormVersion]) -> str:
    if row.sha256 not in forms:
        forms[row.sha256] = FormVersion.from_json(row.document)
    read = search.texts(forms[row.sha256], row.answers)
    return " ".join(sorted(search.tokens(row.title, [*read, row.reference, row.commune])))


def downgrade() -> None:
    """Drop them."""
    # Before the index: SQLite changes no table while a trigger speaks of one that is gone.
    op.drop_index("ix_sheet_catalogue", "sheet")
    op.drop_column("sheet", "facet_bits")
    op.drop_column("sheet", "search_number")
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_table("facet_value")
    op.drop_table("search_word")
    op.drop_table("search_text")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION search_vector(text)")
