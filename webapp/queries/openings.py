"""What a sheet that was sent back leaves open to its centre, and which queries got neither word nor change."""

from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa

from forms import reopening
from forms.document import snapshot_answers
from forms.lifecycle import SheetState
from webapp.database import db
from webapp.models import Query, Sheet
from webapp.queries.versions import form_of
from webapp.vocabulary import QueryState


def is_limited(sheet: Sheet) -> bool:
    """Whether only the questions asked about may be changed."""
    return sheet.only_asked and sheet.state is SheetState.CHANGES_REQUESTED


def open_questions(sheet: Sheet, queries: Collection[Query] | None = None) -> frozenset[str] | None:
    """The questions that may be changed while the sheet is to be corrected; None where all may.

    queries: those of the sheet, where the caller has them already.
    """
    if not is_limited(sheet):
        return None
    rows = _queries_on(sheet) if queries is None else queries
    return reopening.open_questions(form_of(sheet.form_version), {query.question for query in of_round(sheet, rows)})


def of_round(sheet: Sheet, queries: Iterable[Query]) -> list[Query]:
    """Of these, the queries with which the sheet went back since it was last sent; those closed since are left out."""
    return [query for query in queries if query.state is not QueryState.CLOSED and _is_of_round(sheet, query)]


def _is_of_round(sheet: Sheet, query: Query) -> bool:
    if query.sent_at is None:
        return False
    return query.state is QueryState.OPEN or sheet.submitted_at is None or query.sent_at >= sheet.submitted_at


def silent(sheet: Sheet, queries: Collection[Query] | None = None) -> list[Query]:
    """The queries to which nothing was said and about which nothing was changed since the last sending."""
    if sheet.state is not SheetState.CHANGES_REQUESTED or sheet.current_snapshot is None:
        return []
    return awaiting(sheet, _queries_on(sheet) if queries is None else queries)


def awaiting(sheet: Sheet, queries: Iterable[Query]) -> list[Query]:
    """Of these queries of a sheet those that still wait for its centre: a change is an answer as a word is."""
    version = form_of(sheet.form_version)
    waiting = [query for query in queries if query.state is QueryState.OPEN and query.question in version]
    if not waiting or sheet.current_snapshot is None:
        return waiting
    before = sheet.current_snapshot.answers
    after = snapshot_answers(version, sheet.answers, organisation="", year=0)
    changed = {item.id for item in version.questions if item.typed and before.get(item.id) != after.get(item.id)}
    return [query for query in waiting if not changed & reopening.open_questions(version, {query.question})]


def _queries_on(sheet: Sheet) -> Sequence[Query]:
    return db.session.scalars(
        sa.select(Query).where(Query.sheet_id == sheet.id).order_by(Query.created_at, Query.id)
    ).all()
