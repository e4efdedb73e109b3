"""By which words sheets are found: written with the snapshot that is read."""

from collections.abc import Collection, Iterable
from uuid import UUID

import sqlalchemy as sa

from forms import search
from forms.definition import FormVersion
from webapp.database import db
from webapp.models import SearchText, SearchWord, Sheet, Snapshot

AT_A_TIME = 500


def write(sheet: Sheet, snapshot: Snapshot, version: FormVersion) -> None:
    """The sheet is found by that snapshot from now on; part of the caller's transaction."""
    found = search.tokens(snapshot.title, [*search.texts(version, snapshot.answers), sheet.reference])
    replace({sheet.id: found})


def replace(found: dict[UUID, frozenset[str]]) -> None:
    """These sheets are found by these tokens, and by no others; part of the caller's transaction."""
    db.session.execute(sa.delete(SearchText).where(SearchText.sheet_id.in_(found)))
    rows = [{"sheet_id": sheet_id, "tokens": " ".join(sorted(tokens))} for sheet_id, tokens in found.items()]
    if rows:
        db.session.execute(sa.insert(SearchText), rows)
    _learn(search.words_of(frozenset().union(*found.values())))


def _learn(words: Collection[str]) -> None:
    """Words that no sheet held before are known from now on."""
    words = sorted(words)
    for at in range(0, len(words), AT_A_TIME):
        some = words[at : at + AT_A_TIME]
        known = set(db.session.scalars(sa.select(SearchWord.word).where(SearchWord.word.in_(some))))
        new = [{"word": word, "length": len(word)} for word in some if word not in known]
        if new:
            db.session.execute(sa.insert(SearchWord), new)


def words_of(sheet_ids: Iterable[UUID]) -> frozenset[str]:
    """The words that these sheets hold, among those that are known for whoever slips while typing."""
    rows = db.session.scalars(sa.select(SearchText.tokens).where(SearchText.sheet_id.in_(set(sheet_ids))))
    return frozenset(search.words_of(frozenset(token for tokens in rows for token in tokens.split())))


def forget(words: Collection[str]) -> None:
    """These words are known no more, but for those that another sheet holds; part of the caller's transaction.

    On SQLite the index also lets go of the words of rows that are gone, which it would keep for a while.
    """
    spaced = " " + SearchText.tokens + " "
    gone = [word for word in words if not db.session.scalar(sa.select(sa.exists().where(spaced.contains(_held(word)))))]
    for at in range(0, len(gone), AT_A_TIME):
        db.session.execute(sa.delete(SearchWord).where(SearchWord.word.in_(gone[at : at + AT_A_TIME])))
    if words and db.engine.dialect.name == "sqlite":
        db.session.execute(sa.text("INSERT INTO search_index (search_index) VALUES ('optimize')"))


def _held(word: str) -> str:
    return f" {search.WORD}{word} "
