"""By which words sheets are found; made again from their snapshots at will."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Model, Sequence
from webapp.models.columns import refers_to

INDEX_ON_SQLITE = (
    # The text stays in the table; the index is kept by it, whoever writes and whatever takes rows away.
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
VECTOR = "search_vector(tokens)"
"""The tokens as PostgreSQL searches them: no parser of its own comes near them."""
VECTOR_ON_POSTGRESQL = (
    # Under a name of its own for its cost: the planner takes the parts of it for nothing, and for a common word made
    # the vector of each row again instead of asking the index (5 s for 60,000 rows).
    "CREATE OR REPLACE FUNCTION search_vector(tokens text) RETURNS tsvector"
    " LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100"
    " AS $$ BEGIN RETURN array_to_tsvector(string_to_array(tokens, ' ')); END $$"
)


class SearchText(Model):
    """What a sheet that was sent is found by: the tokens of forms.search, parted by blanks."""

    __tablename__ = "search_text"
    __table_args__ = (
        sa.UniqueConstraint("sheet_id", name="uq_search_text_sheet_id"),
        sa.Index("ix_search_text_tokens", sa.text(VECTOR), postgresql_using="gin").ddl_if(dialect="postgresql"),
    )

    # A number: SQLite's index knows rows by nothing else.
    id: Mapped[int] = mapped_column(Sequence, primary_key=True)
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"))
    tokens: Mapped[str]


class FacetValue(Model):
    """A value of a facet and its number: the bit that it is in Sheet.facet_bits.

    It may stand there twice, for the same reason as a word.
    """

    __tablename__ = "facet_value"
    __table_args__ = (sa.Index("ix_facet_value_question_code", "question", "code"),)

    id: Mapped[int] = mapped_column(Sequence, primary_key=True)
    question: Mapped[str]
    code: Mapped[str]


class SearchWord(Model):
    """A word that some sheet holds, for those who slip while typing.

    It may stand there twice: two sheets that are sent at once need not wait for each other over a word.
    """

    __tablename__ = "search_word"
    __table_args__ = (sa.Index("ix_search_word_length_word", "length", "word"),)

    id: Mapped[int] = mapped_column(Sequence, primary_key=True)
    word: Mapped[str] = mapped_column(index=True)
    length: Mapped[int]


def _on(engine: str, *statements: str) -> Any:
    def run(_table: sa.Table, connection: sa.Connection, **_details: Any) -> None:
        if connection.dialect.name == engine:
            for statement in statements:
                connection.exec_driver_sql(statement)

    return run


sa.event.listen(SearchText.__table__, "before_create", _on("postgresql", VECTOR_ON_POSTGRESQL))
sa.event.listen(SearchText.__table__, "after_create", _on("sqlite", *INDEX_ON_SQLITE))
sa.event.listen(SearchText.__table__, "before_drop", _on("sqlite", "DROP TABLE IF EXISTS search_index"))
