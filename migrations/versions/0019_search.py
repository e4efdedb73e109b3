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
VECTOR = "array_to_tsvector(string_to_array(tokens, ' '))"

SENT = """
SELECT sheet.id, sheet.reference, snapshot.title, snapshot.answers, form_version.sha256, form_version.document
FROM sheet JOIN snapshot ON snapshot.id = sheet.current_snapshot_id
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
    if op.get_context().dialect.name == "sqlite":
        for statement in INDEX_ON_SQLITE:
            op.execute(statement)
    else:
        op.create_index("ix_search_text_tokens", "search_text", [sa.text(VECTOR)], unique=False, postgresql_using="gin")
    fill_from_what_was_sent()


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


def _tokens(row: Any, forms: dict[str, FormVersion]) -> str:
    if row.sha256 not in forms:
        forms[row.sha256] = FormVersion.from_json(row.document)
    read = search.texts(forms[row.sha256], row.answers)
    return " ".join(sorted(search.tokens(row.title, [*read, row.reference])))


def downgrade() -> None:
    """Drop them."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_table("search_word")
    op.drop_table("search_text")
