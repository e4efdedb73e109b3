"""By which words sheets are found: written with the snapshot that is read."""

from collections.abc import Collection
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
