"""By which words and facets sheets are found: written with the snapshot that is read."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from forms import search
from forms.definition import FormVersion, Question
from forms.kinds.base import Facet as FacetOfAnswer
from webapp.database import db
from webapp.models import Facet, FacetValue, SearchText, SearchWord, Sheet, Snapshot
from webapp.queries.search import is_held

AT_A_TIME = 500
_FACET = ("sheet_id", "snapshot_id", "question", "code", "label")

Shown = tuple[Sheet, Snapshot, FormVersion]
"""A sheet, the snapshot that is read of it, and the form that explains it."""


def write_facets(several: Sequence[Shown]) -> None:
    """The sheets are found by the facets of these snapshots from now on; part of the caller's transaction.

    Rows that say so already stay as they are.
    """
    before = _facets_before(sheet.id for sheet, *_ in several)
    rows, public = [], {}
    for sheet, snapshot, version in several:
        found = list(_facets(snapshot, version))
        of_sheet = [(snapshot.id, question.id, facet.code, facet.label) for question, facet in found]
        if set(of_sheet) != before.pop(sheet.id, set()):
            rows += [dict(zip(_FACET, (sheet.id, *one), strict=True)) for one in of_sheet]
            db.session.execute(sa.delete(Facet).where(Facet.sheet_id == sheet.id))
        public[sheet.id] = {(question.id, facet.code) for question, facet in found if not question.sensitive}
    if rows:
        db.session.execute(sa.insert(Facet), rows)
    numbers_of = _numbers(set().union(*public.values()))
    for sheet, *_ in several:
        sheet.facet_bits = f"{sum(1 << numbers_of[value] for value in public[sheet.id]):x}"


def _facets_before(sheet_ids: Iterable[UUID]) -> dict[UUID, set[tuple[Any, ...]]]:
    columns = [getattr(Facet, name) for name in _FACET]
    found: dict[UUID, set[tuple[Any, ...]]] = {}
    for sheet_id, *rest in db.session.execute(sa.select(*columns).where(Facet.sheet_id.in_(list(sheet_ids)))):
        found.setdefault(sheet_id, set()).add(tuple(rest))
    return found


def _facets(snapshot: Snapshot, version: FormVersion) -> Iterator[tuple[Question, FacetOfAnswer]]:
    for question in version.questions:
        if question.facet and question.id in snapshot.answers:
            for facet in question.kind.facets(question.kind.load(snapshot.answers[question.id])):
                yield question, facet


def _numbers(values: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The number of each (question, code); those that no sheet had before get theirs."""
    found = _known(values)
    if new := sorted(value for value in values if value not in found):
        db.session.execute(sa.insert(FacetValue), [{"question": question, "code": code} for question, code in new])
        found = _known(values)
    return found


def _known(values: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    rows = db.session.execute(
        sa.select(FacetValue.question, FacetValue.code, sa.func.min(FacetValue.id))
        .where(FacetValue.question.in_({question for question, _code in values}))
        .group_by(FacetValue.question, FacetValue.code)
    )
    return {(question, code): number for question, code, number in rows}


def write_words(several: Sequence[Shown]) -> None:
    """The sheets are found by the words of these snapshots, and by no others; part of the caller's transaction."""
    found = {sheet.id: " ".join(sorted(_tokens(*one))) for one in several for sheet in one[:1]}
    before = _texts_before(found)
    new = [{"sheet_id": sheet_id, "tokens": tokens} for sheet_id, tokens in found.items() if sheet_id not in before]
    changed = [
        {"id": before[sheet_id].id, "tokens": tokens}
        for sheet_id, tokens in found.items()
        if sheet_id in before and before[sheet_id].tokens != tokens
    ]
    if new:
        db.session.execute(sa.insert(SearchText), new)
    if changed:
        db.session.execute(sa.update(SearchText), changed)
    after = _texts_before(found) if new else before
    for sheet, *_ in several:
        sheet.search_number = after[sheet.id].id
    words = _words(found.values())
    _learn(words)
    forget(_words(row.tokens for row in before.values()) - words)


def _tokens(sheet: Sheet, snapshot: Snapshot, version: FormVersion) -> frozenset[str]:
    read = search.texts(version, snapshot.answers)
    return search.tokens(snapshot.title, [*read, sheet.reference, sheet.centre.commune])


def _texts_before(sheet_ids: Collection[UUID]) -> dict[UUID, sa.Row[UUID, int, str]]:
    columns = SearchText.sheet_id, SearchText.id, SearchText.tokens
    rows = db.session.execute(sa.select(*columns).where(SearchText.sheet_id.in_(list(sheet_ids))))
    return {row.sheet_id: row for row in rows}


def _words(texts: Iterable[str]) -> set[str]:
    return {word for tokens in texts for word in search.words_of(frozenset(tokens.split()))}


def _learn(words: Collection[str]) -> None:
    """Words that no sheet held before are known from now on."""
    words = sorted(words)
    for at in range(0, len(words), AT_A_TIME):
        some = words[at : at + AT_A_TIME]
        known = set(db.session.scalars(sa.select(SearchWord.word).where(SearchWord.word.in_(some))))
        new = [{"word": word, "length": len(word)} for word in some if word not in known]
        if new:
            db.session.execute(sa.insert(SearchWord), new)


def forget(words: Collection[str]) -> None:
    """Of these words, those that no sheet holds any longer are known no more; part of the caller's transaction."""
    gone = [word for word in sorted(words) if not is_held(word)]
    for at in range(0, len(gone), AT_A_TIME):
        db.session.execute(sa.delete(SearchWord).where(SearchWord.word.in_(gone[at : at + AT_A_TIME])))


def let_go() -> None:
    """Nothing of rows that are gone stays in the index, which SQLite would keep for a while."""
    if db.engine.dialect.name == "sqlite":
        db.session.execute(sa.text("INSERT INTO search_index (search_index) VALUES ('optimize')"))
