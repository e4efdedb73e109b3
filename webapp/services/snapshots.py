"""Freezing a sheet: the immutable snapshot and the rows derived from it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from forms.definition import FormVersion, content_hash
from forms.departments import DEPARTMENTS
from forms.document import snapshot_answers
from forms.french import fold
from webapp.database import db
from webapp.models import Centre, Sheet, Snapshot
from webapp.models.sheets import LONGEST_FOLDED
from webapp.queries.doubts import doubts_of
from webapp.queries.versions import form_of
from webapp.services import search_index
from webapp.services.search_index import Shown


def frozen_answers(sheet: Sheet, *, keep_hidden: bool = False) -> dict[str, Any]:
    """What a snapshot of the sheet would hold now."""
    return snapshot_answers(
        form_of(sheet.form_version),
        sheet.answers,
        organisation=organisation_of(sheet.centre),
        year=sheet.campaign.year,
        keep_hidden=keep_hidden,
    )


def passed_doubts(sheet: Sheet) -> list[dict[str, Any]]:
    """The doubts that the centre let pass and that still stand, in the order of the form, each with its key."""
    passed = sheet.passed_checks
    told = doubts_of(sheet) if passed else ()
    return [{"key": doubt.key, **passed[doubt.key]} for doubt in told if doubt.key in passed]


def organisation_of(centre: Centre) -> str:
    """The centre as the form shows it: « NAME - Département »."""
    return f"{centre.name} - {DEPARTMENTS.get(centre.department, centre.department)}"


def sha256_of(sheet: Sheet) -> str:
    """The hash that a snapshot of the sheet would have now."""
    return _seal(form_of(sheet.form_version), frozen_answers(sheet))


def _seal(version: FormVersion, answers: dict[str, Any]) -> str:
    return content_hash({"version": version.sha256, "answers": answers})


def sealed_again(snapshot: Snapshot) -> str:
    """The hash that the snapshot should have for what it says now."""
    return _seal(form_of(snapshot.form_version), snapshot.answers)


def take(sheet: Sheet, *, actor_id: UUID | None, at: datetime, keep_hidden: bool = False) -> Snapshot:
    """Freeze the sheet as it is; part of the caller's transaction, which holds the sheet's lock."""
    answers = frozen_answers(sheet, keep_hidden=keep_hidden)
    version = form_of(sheet.form_version)
    last = db.session.scalar(sa.select(sa.func.max(Snapshot.number)).where(Snapshot.sheet_id == sheet.id))
    snapshot = Snapshot(
        sheet_id=sheet.id,
        number=(last or 0) + 1,
        title=answers.get("title") or sheet.action.title,
        form_version_id=sheet.form_version_id,
        answers=answers,
        passed_checks=passed_doubts(sheet),
        sha256=_seal(version, answers),
        sheet_revision=sheet.revision,
        created_at=at,
        created_by=actor_id,
    )
    db.session.add(snapshot)
    db.session.flush()
    show(sheet, snapshot, version)
    return snapshot


def show(sheet: Sheet, snapshot: Snapshot, version: FormVersion) -> None:
    """Make a snapshot the one that is read, and by which lists find the sheet."""
    show_all([(sheet, snapshot, version)])


def show_all(several: Sequence[Shown]) -> None:
    """The same for some hundred sheets, in as many statements as for one."""
    for sheet, snapshot, _version in several:
        sheet.current_snapshot_id = snapshot.id
        sheet.folded_title = fold(snapshot.title)[:LONGEST_FOLDED]
        sheet.sent_doubts = len(snapshot.passed_checks or ())
    search_index.write_facets(several)
    search_index.write_words(several)
