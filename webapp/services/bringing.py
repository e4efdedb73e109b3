"""Sheets that are brought: from an archive as they were published, or from a workbook into a draft."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from forms import steps
from forms.lifecycle import SheetState
from webapp.models import Action, Campaign, Centre, Sheet
from webapp.services import snapshots
from webapp.services.sheets import (
    apply,
    differing,
    locked,
    mark_of,
    new_action,
    new_sheet,
    record,
    refuse_unless_editable,
    without_others,
)
from webapp.vocabulary import Sharing


def store_imported(
    *,
    centre: Centre,
    campaign: Campaign,
    action: Action | None,
    answers: Mapping[str, Any],
    unparsed: Mapping[str, steps.Unparsed],
    actor_id: UUID | None,
    at: datetime,
    source: str,
    sheet: Sheet | None = None,
) -> Sheet:
    """Take a published sheet over from an archive, new or in a new version; no commit.

    answers, unparsed: by question id, as `save` has them. source: the name of the file, for the
    history. Part of the caller's transaction: an import is all or nothing.
    """
    fresh = sheet is None
    if sheet is None:
        action = action or new_action(centre, answers["title"], at=at)
        sheet = new_sheet(centre, campaign, action, actor_id=actor_id, at=at)
    else:
        sheet = locked(sheet.id)
    gone = (frozenset(sheet.answers) | frozenset(sheet.unparsed)) - frozenset(answers)
    apply(sheet, steps.StepReading(dict(answers), gone, dict(unparsed)), actor_id=actor_id, at=at)
    sheet.state, sheet.sharing = SheetState.PUBLISHED, Sharing.PUBLIC
    sheet.state_since = sheet.submitted_at = sheet.validated_at = sheet.published_at = at
    snapshot = snapshots.take(sheet, actor_id=actor_id, at=at, keep_hidden=True)
    data = {"source": source, "snapshot": str(snapshot.id), "sha256": snapshot.sha256, "new": fresh}
    record(sheet, "sheet.imported", actor_id=actor_id, at=at, data=data)
    return sheet


def bring(
    *,
    centre: Centre,
    campaign: Campaign,
    action: Action | None,
    answers: Mapping[str, Any],
    seen: Mapping[str, str],
    actor_id: UUID | None,
    at: datetime,
    source: str,
    sheet: Sheet | None = None,
) -> Sheet:
    """Take answers over from a workbook into a draft, new or there already; no commit.

    seen: the marks of what they replace; what somebody has changed since is left. source: the name
    of the file, for the history. Part of the caller's transaction: an import is all or nothing.
    """
    fresh = sheet is None
    if sheet is None:
        action = action or new_action(centre, answers["title"], at=at)
        sheet = new_sheet(centre, campaign, action, actor_id=actor_id, at=at)
    else:
        sheet = locked(sheet.id)
    reading, _stale = without_others(sheet, steps.StepReading(dict(answers), frozenset(), {}), seen)
    if not fresh:
        refuse_unless_editable(sheet, at=at, questions=differing(sheet, reading))
    apply(sheet, reading, actor_id=actor_id, at=at)
    marks = {question: mark_of(answer, None) for question, answer in reading.answers.items()}
    record(sheet, "sheet.brought", actor_id=actor_id, at=at, data={"source": source, "new": fresh, "marks": marks})
    return sheet
