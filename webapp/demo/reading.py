"""The demonstration's adviser at the reading desk: some sheets read, one left half way, two passages quoted."""

from datetime import timedelta
from uuid import UUID

from webapp.clock import now
from webapp.database import db
from webapp.models import ReportRunSheet, User
from webapp.passages import parts
from webapp.queries import reading_desk as queries
from webapp.queries.accounts import actor_of
from webapp.queries.quotes import quotable
from webapp.queries.versions import form_of
from webapp.services import quotes, reading_desk

READ = 5
"""Sheets that were read; the next one was left at its last but one answer in prose."""
NOTES = {0: "À lire en commission.", 2: ""}
"""Of which of the sheets read a passage was quoted, and what was noted; the first one is shared."""


def read_some(run_id: UUID, user_id: UUID) -> None:
    """The first sheets of that report, by that funder's adviser, just now."""
    actor = actor_of(db.session.get_one(User, user_id))
    begun = now() - timedelta(hours=1)
    lines = queries.desk(run_id, user_id).lines[: READ + 1]
    for place, sheet_id in enumerate(line.sheet_id for line in lines):
        at = begun + timedelta(minutes=6 * place)
        line = _line(run_id, sheet_id)
        if place == READ:
            reading_desk.stop(line, question=_prose(line)[-2], actor=actor, at=at)
            continue
        reading_desk.mark_read(line, actor=actor, at=at)
        if place in NOTES:
            line = _line(run_id, sheet_id)
            text = parts(quotable(form_of(line.snapshot.form_version), line.snapshot.answers)["summary"].text)[0]
            shared, note = place == 0, NOTES[place]
            quotes.pick(line, "summary", text=text, note=note, shared=shared, actor=actor, at=at + timedelta(minutes=2))


def _line(run_id: UUID, sheet_id: UUID) -> ReportRunSheet:
    line = queries.held(run_id, sheet_id)
    if line is None:
        raise LookupError(sheet_id)
    return line


def _prose(line: ReportRunSheet) -> list[str]:
    return [id_ for id_ in quotable(form_of(line.snapshot.form_version), line.snapshot.answers) if id_ != "title"]
