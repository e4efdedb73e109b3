"""Searching the words of sheets: the condition for each engine, and the word that was meant where one slipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from forms.search import STEM, TITLE_STEM, TITLE_WORD, WORD, Term, nearest, slips_allowed
from webapp.database import db
from webapp.models import SearchText, SearchWord, Sheet
from webapp.models.search import VECTOR

CANDIDATES = 6
"""How many words are looked at that may have been meant."""


@dataclass(frozen=True)
class Mended:
    """The words that are searched in the end, and what was taken for what: (as typed, as it is found)."""

    terms: tuple[Term, ...]
    slips: tuple[tuple[str, str], ...] = ()


def found_by(terms: Sequence[Term], *, in_title: bool = False) -> sa.ColumnElement[bool]:
    """The rows of SearchText that hold every one of these words: what forms.search.is_found says."""
    as_stem, as_word = (TITLE_STEM, TITLE_WORD) if in_title else (STEM, WORD)
    if db.session.get_bind().dialect.name == "sqlite":
        match = " AND ".join(_on_sqlite(term, as_stem, as_word) for term in terms)
        index = sa.table("search_index", sa.column("rowid"))
        found = sa.select(index.c.rowid).where(sa.literal_column("search_index").bool_op("MATCH")(sa.literal(match)))
        return SearchText.id.in_(found)
    match = " & ".join(_on_postgresql(term, as_stem, as_word) for term in terms)
    vector: sa.ColumnElement[Any] = sa.literal_column(VECTOR.replace("tokens", "search_text.tokens"))
    return vector.bool_op("@@")(sa.cast(sa.literal(match), postgresql.TSQUERY))


# Terms are of a-z and 0-9 alone: no text that somebody types is ever read as a query's own signs.
def _on_sqlite(term: Term, as_stem: str, as_word: str) -> str:
    either = f' OR "{as_word}{term.word}" *' if term.beginning else ""
    return f'("{as_stem}{term.stem}"{either})'


def _on_postgresql(term: Term, as_stem: str, as_word: str) -> str:
    either = f" | '{as_word}{term.word}':*" if term.beginning else ""
    return f"('{as_stem}{term.stem}'{either})"


def mend(terms: Sequence[Term], within: Sequence[sa.ColumnElement[bool]]) -> Mended:
    """The terms, with the word that was meant for each that no sheet within these conditions holds.

    A word is only ever taken for one that such a sheet does hold: what stands in others is not told.
    """
    found: list[Term] = []
    slips: list[tuple[str, str]] = []
    for term in terms:
        meant = "" if _holds(term, within) else _meant(term, within)
        if meant:
            slips.append((term.word, meant))
        found.append(Term(meant) if meant else term)
    return Mended(tuple(found), tuple(slips))


def _meant(term: Term, within: Sequence[sa.ColumnElement[bool]]) -> str:
    slips = slips_allowed(term.word)
    if not slips:
        return ""
    length = len(term.word)
    known = db.session.scalars(
        sa.select(SearchWord.word).where(SearchWord.length.between(length - slips, length + slips)).distinct()
    )
    return next((word for word in nearest(term.word, known, most=CANDIDATES) if _holds(Term(word), within)), "")


def _holds(term: Term, within: Sequence[sa.ColumnElement[bool]]) -> bool:
    one = sa.select(SearchText.id).join(Sheet, Sheet.id == SearchText.sheet_id).where(found_by((term,)), *within)
    return db.session.scalar(one.limit(1)) is not None
