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

CANDIDATES = 8
"""How many words are looked at that may have been meant."""


@dataclass(frozen=True)
class Mended:
    """The words that are searched in the end, and what was taken for what: (as typed, as it is found)."""

    terms: tuple[Term, ...]
    slips: tuple[tuple[str, str], ...] = ()


def found_by(terms: Sequence[Term], *, in_title: bool = False) -> sa.ColumnElement[bool]:
    """The rows of SearchText that hold every one of these words: what forms.search.is_found says."""
    return SearchText.id.in_(numbers(terms, in_title=in_title))


def numbers(terms: Sequence[Term], *, in_title: bool = False) -> sa.Select[int]:
    """The numbers of those rows, told by the index alone: the rows themselves are as long as the sheets."""
    as_stem, as_word = (TITLE_STEM, TITLE_WORD) if in_title else (STEM, WORD)
    if _sqlite():
        return _matching(" AND ".join(_on_sqlite(term, as_stem, as_word) for term in terms))
    return _matching(" & ".join(_on_postgresql(term, as_stem, as_word) for term in terms))


def is_held(word: str) -> bool:
    """Whether some row holds this very word of SearchWord; another of the same stem is not it."""
    found = _holding(word)
    one = found if _sqlite() else sa.select(_asked_first(found).c.id)
    return db.session.scalar(one.limit(1)) is not None


def _holding(word: str) -> sa.Select[int]:
    return _matching(f'"{WORD}{word}"' if _sqlite() else f"'{WORD}{word}'")


def _sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def _matching(match: str) -> sa.Select[int]:
    if _sqlite():
        index = sa.table("search_index", sa.column("rowid", sa.Integer()))
        matches = sa.literal_column("search_index").bool_op("MATCH")(sa.literal(match))
        return sa.select(index.c.rowid).where(matches)
    text = sa.table("search_text", sa.column("id", sa.BigInteger()))
    vector: sa.ColumnElement[Any] = sa.literal_column(VECTOR.replace("tokens", "search_text.tokens"))
    return sa.select(text.c.id).where(vector.bool_op("@@")(sa.cast(sa.literal(match), postgresql.TSQUERY)))


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
    left = set(known)
    for _try in range(CANDIDATES):
        near = nearest(term.word, left, most=1)
        if not near or _readable(_holding(near[0]), within):
            return "".join(near)
        left.discard(near[0])
    return ""


def _holds(term: Term, within: Sequence[sa.ColumnElement[bool]]) -> bool:
    return _readable(numbers((term,)), within)


def _readable(found: sa.Select[int], within: Sequence[sa.ColumnElement[bool]]) -> bool:
    one = sa.select(Sheet.search_number).where(*within)
    if _sqlite():
        one = one.where(Sheet.search_number.in_(found))
    else:
        rows = _asked_first(found)
        one = one.join(rows, rows.c.id == Sheet.search_number)
    return db.session.scalar(one.limit(1)) is not None


def _asked_first(found: sa.Select[int]) -> sa.CTE:
    """The same numbers, looked for as if all were wanted.

    PostgreSQL takes a word that it has never counted for one of every two hundred rows. Where a single row is wanted it
    then reads the table from its beginning, making the vector of each row: of all of them where none holds the word.
    """
    return found.cte("found").prefix_with("MATERIALIZED")
