"""What is done with a sheet: begin it, save answers, move it along its life."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from forms import steps
from forms.carry_over import Renewal, renewal
from forms.definition import content_hash
from forms.french import fold
from forms.lifecycle import EDITABLE, TRANSITIONS, Move, SheetState
from forms.values import Refused
from webapp.campaign_dates import may_begin, may_edit_sheet
from webapp.database import db
from webapp.models import Action, Campaign, Centre, Sheet
from webapp.policy import Actor
from webapp.queries.actions import earlier
from webapp.queries.campaigns import expectation
from webapp.queries.openings import open_questions
from webapp.queries.versions import form_of
from webapp.services import changes, events, moves, snapshots, typists, webhooks
from webapp.services.references import free_reference
from webapp.vocabulary import Sharing

NOT_ASKED = "Cette réponse n’est pas à corriger\u00a0: la fédération n’a rien demandé à son sujet."


class NotAsked(Refused):
    """The sheet was sent back for other questions than that one."""


@dataclass(frozen=True)
class Saved:
    """An acknowledged save, and how the sheet stands after it.

    saved_at: when an answer last changed. stale: the questions left as they were because somebody
    else had answered them meanwhile. marks: of what is stored now for the questions that were said.
    field_revisions: at which revision each answer last changed.
    """

    revision: int
    saved_at: datetime
    state: SheetState
    stale: frozenset[str]
    marks: Mapping[str, str]
    field_revisions: Mapping[str, int]


def locked(sheet_id: UUID) -> Sheet:
    """The sheet, read afresh and held until the commit. Raises NoResultFound."""
    held = sa.select(Sheet).where(Sheet.id == sheet_id).with_for_update().execution_options(populate_existing=True)
    return db.session.execute(held).scalar_one()


def begin(
    *,
    centre: Centre,
    campaign: Campaign,
    action: Action | None,
    title: str,
    actor: Actor,
    at: datetime,
    carry: bool = True,
    sheet_id: UUID | None = None,
    action_id: UUID | None = None,
    commit: bool = True,
) -> Sheet:
    """Begin this year's sheet of an action, or of a new action of that title (ids are drawn where none is given).

    carry: with what an earlier year's sheet of the action brings to it, marked as nobody's word yet.
    commit: not where it is part of the caller's transaction.
    """
    if not may_begin(campaign, expectation(campaign.id, centre.id), at=at):
        raise Refused("La campagne n’accepte plus de nouvelle fiche.")
    if action is None:
        action = new_action(centre, _new_title(centre, campaign, title), at=at, action_id=action_id)
    elif _has_sheet(action, campaign):
        raise Refused("Cette action a déjà sa fiche pour cette campagne\u00a0: ouvrez-la.", question="action")
    sheet = new_sheet(centre, campaign, action, actor_id=actor.user_id, at=at, sheet_id=sheet_id)
    data: dict[str, Any] = {"title": sheet.action.title}
    if carry:
        brought = renewal(form_of(campaign.form_version), earlier(action.id, before=campaign.year))
        data |= _take_over(sheet, brought)
    record(sheet, "sheet.begun", actor_id=actor.user_id, at=at, data=data)
    if commit:
        db.session.commit()
    return sheet


def _take_over(sheet: Sheet, brought: Renewal) -> dict[str, Any]:
    """Put what an earlier year brings into a new sheet; what the event says of it. The name is the action's own."""
    marks = {question: mark for question, mark in brought.marks.items() if question not in sheet.answers}
    if not marks:
        return {}
    sheet.answers = brought.answers | sheet.answers
    sheet.field_revisions = dict.fromkeys(sheet.answers, 0)
    sheet.carried = {question: mark.to_json() for question, mark in marks.items()}
    return {"carried_from": max(mark.year for mark in marks.values()), "carried": len(marks)}


def _new_title(centre: Centre, campaign: Campaign, typed: str) -> str:
    """A new action's name, read as the form reads it. Raises Refused where the centre has an action of that name."""
    try:
        title = form_of(campaign.form_version).question("title").kind.parse([typed])
    except Refused as refused:
        raise Refused(refused.message, question="title") from None
    if not title:
        raise Refused("Indiquez le nom de l’action.", question="title")
    known = db.session.scalars(sa.select(Action.title).where(Action.centre_id == centre.id))
    if fold(title) in {fold(other) for other in known}:
        # Pressed twice, or told last year: two actions of one name can't be told apart.
        raise Refused(
            "Votre centre a déjà une action de ce nom\u00a0: ouvrez sa fiche, ou donnez à celle-ci un autre nom.",
            question="title",
        )
    return str(title)


def _has_sheet(action: Action, campaign: Campaign) -> bool:
    found = sa.exists().where(Sheet.action_id == action.id, Sheet.campaign_id == campaign.id)
    return bool(db.session.scalar(sa.select(found)))


def new_action(centre: Centre, title: str, *, at: datetime, action_id: UUID | None = None) -> Action:
    action = Action(id=action_id or uuid4(), centre_id=centre.id, title=title, created_at=at)
    db.session.add(action)
    db.session.flush()
    return action


def new_sheet(
    centre: Centre,
    campaign: Campaign,
    action: Action,
    *,
    actor_id: UUID | None,
    at: datetime,
    sheet_id: UUID | None = None,
) -> Sheet:
    sheet = Sheet(
        id=sheet_id or uuid4(),
        action_id=action.id,
        campaign_id=campaign.id,
        centre_id=centre.id,
        federation_id=centre.federation_id,
        form_version_id=campaign.form_version_id,
        reference=free_reference(campaign.year, sheet_id),
        answers={"title": action.title},
        field_revisions={"title": 0},
        created_at=at,
        created_by=actor_id,
        updated_at=at,
        updated_by=actor_id,
    )
    db.session.add(sheet)
    db.session.flush()
    return sheet


def mark_of(answer: Any, unparsed: Any) -> str:
    """A short mark of what is stored for a question: another answer has another mark."""
    return content_hash([answer, unparsed])[:16]


def save(
    sheet_id: UUID,
    reading: steps.StepReading,
    *,
    actor: Actor,
    at: datetime,
    seen: Mapping[str, str] | None = None,
    confirmed: Collection[str] = (),
) -> Saved:
    """Keep what a step says, readable or not; the acknowledgement is the return.

    seen: the marks of what stood on the page, by question id. What somebody else has changed since
    is left as it is: silently where this page says nothing new, else as stale, to be told.
    confirmed: the questions whose carried answer somebody says still holds; others among them say nothing.
    Raises Refused where the sheet may not be changed any more; nothing is written then.
    """
    sheet = locked(sheet_id)
    typists.refuse_unless_typing(sheet, actor=actor)
    said = {*reading.answers, *reading.cleared, *reading.unparsed}
    stale = store(sheet, reading, actor_id=actor.user_id, at=at, seen=seen or {}, confirmed=confirmed)
    marks = {question: mark_of(sheet.answers.get(question), sheet.unparsed.get(question)) for question in said}
    saved = Saved(sheet.revision, sheet.updated_at, sheet.state, stale, marks, dict(sheet.field_revisions))
    db.session.commit()
    return saved


def store(
    sheet: Sheet,
    reading: steps.StepReading,
    *,
    actor_id: UUID | None,
    at: datetime,
    seen: Mapping[str, str],
    confirmed: Collection[str] = (),
) -> frozenset[str]:
    """What `save` does, in the caller's transaction, which holds the lock; the questions left as stale."""
    reading, stale = without_others(sheet, reading, seen)
    refuse_unless_editable(sheet, at=at, questions=differing(sheet, reading))
    apply(sheet, reading, actor_id=actor_id, at=at, confirmed=frozenset(confirmed))
    return stale


def differing(sheet: Sheet, reading: steps.StepReading) -> list[str]:
    """The questions to which a reading gives another answer than the one that is stored."""
    unparsed = {question: item.to_json() for question, item in reading.unparsed.items()}
    return sorted(
        question
        for question in {*reading.answers, *reading.cleared, *unparsed}
        if mark_of(reading.answers.get(question), unparsed.get(question))
        != mark_of(sheet.answers.get(question), sheet.unparsed.get(question))
    )


def without_others(
    sheet: Sheet, reading: steps.StepReading, seen: Mapping[str, str]
) -> tuple[steps.StepReading, frozenset[str]]:
    """The reading without the questions that changed since the page was made, and those on which it disagrees."""
    left: set[str] = set()
    stale: set[str] = set()
    for question in {*reading.answers, *reading.cleared, *reading.unparsed}:
        unparsed = reading.unparsed.get(question)
        said = mark_of(reading.answers.get(question), unparsed and unparsed.to_json())
        stored = mark_of(sheet.answers.get(question), sheet.unparsed.get(question))
        if seen.get(question, stored) == stored:
            continue
        left.add(question)
        if said not in {seen[question], stored}:
            stale.add(question)
    kept = steps.StepReading(
        {question: answer for question, answer in reading.answers.items() if question not in left},
        reading.cleared - left,
        {question: item for question, item in reading.unparsed.items() if question not in left},
    )
    return kept, frozenset(stale)


def refuse_unless_editable(sheet: Sheet, *, at: datetime, questions: Collection[str] = ()) -> None:
    """Raises Refused where the centre may not change answers now, or not those of these questions (NotAsked)."""
    if sheet.state not in EDITABLE:
        raise Refused("Cette fiche est envoyée\u00a0: elle ne peut plus être modifiée.")
    if sheet.state is SheetState.DRAFT and not may_edit_sheet(sheet, at=at):
        raise Refused("La campagne est close\u00a0: cette fiche ne peut plus être modifiée.")
    opened = open_questions(sheet) if questions else None
    closed = [] if opened is None else [question for question in questions if question not in opened]
    if closed:
        raise NotAsked(NOT_ASKED, question=closed[0])


def apply(
    sheet: Sheet,
    reading: steps.StepReading,
    *,
    actor_id: UUID | None,
    at: datetime,
    confirmed: frozenset[str] = frozenset(),
) -> None:
    unparsed = {question: item.to_json() for question, item in reading.unparsed.items()}
    touched = set(reading.answers) | reading.cleared | set(unparsed)
    answers = {key: value for key, value in sheet.answers.items() if key not in touched} | reading.answers
    kept = {key: value for key, value in sheet.unparsed.items() if key not in touched} | unparsed
    changed = [
        question
        for question in sorted(touched)
        if answers.get(question) != sheet.answers.get(question) or kept.get(question) != sheet.unparsed.get(question)
    ]
    # What is confirmed or changed is this year's own answer from now on.
    own = confirmed.union(changed)
    still_carried = {question: mark for question, mark in sheet.carried.items() if question not in own}
    if not changed and still_carried == sheet.carried:
        return
    sheet.revision += 1
    for question in changed:
        before, after = sheet.answers.get(question), answers.get(question)
        if before != after:
            changes.record(sheet, question, before, after, actor_id=actor_id, at=at)
    sheet.answers, sheet.unparsed, sheet.carried = answers, kept, still_carried
    sheet.field_revisions = sheet.field_revisions | dict.fromkeys(changed, sheet.revision)
    sheet.updated_at, sheet.updated_by = at, actor_id
    if "title" in reading.answers:
        sheet.action.title = reading.answers["title"]


def set_answer(sheet: Sheet, question: str, value: Any, *, actor_id: UUID | None, at: datetime) -> None:
    """Change one answer (JSON, None to empty it); part of the caller's transaction, which holds the lock."""
    answers = {} if value is None else {question: value}
    cleared = frozenset({question}) if value is None else frozenset[str]()
    apply(sheet, steps.StepReading(answers, cleared, {}), actor_id=actor_id, at=at)


def move(
    sheet_id: UUID,
    wanted: Move,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    sharing: Sharing | None = None,
    seen: UUID | None = None,
    said: moves.Said = moves.NOTHING_SAID,
) -> Sheet:
    """Move a sheet along its life: the only writer of the state.

    seen: the snapshot that the actor has read; another one sent since then is not judged unread.
    said: what only one of the moves takes.
    Checks the policy and the table of moves, then writes state, event, snapshot and mails and
    commits once. Raises Refused (French) or policy.Denied; nothing is written then.
    """
    sheet = locked(sheet_id)
    transition = TRANSITIONS[wanted]
    moves.refuse_unless_allowed(sheet, wanted, actor=actor)
    if sharing is not None and wanted is Move.SEND:
        sheet.sharing = sharing
    if seen is not None and seen != sheet.current_snapshot_id:
        raise Refused("Le centre a renvoyé cette fiche entre-temps\u00a0: relisez-la avant de décider.")
    moves.refuse_unless_ready(sheet, transition, at=at, reason=reason.strip(), said=said)
    before, sheet.state, sheet.state_since = sheet.state, transition.target, at
    data = _told(sheet, wanted, before=before, reason=reason.strip())
    if transition.snapshot:
        snapshot = snapshots.take(sheet, actor_id=actor.user_id, at=at)
        data |= {"snapshot": str(snapshot.id), "sha256": snapshot.sha256}
    moves.mark(sheet, wanted, actor_id=actor.user_id, at=at, said=said)
    record(sheet, f"sheet.{wanted.value}", actor_id=actor.user_id, at=at, data=data)
    moves.announce(sheet, wanted, before=before, actor_id=actor.user_id, at=at, reason=reason.strip())
    webhooks.tell(sheet, wanted, before=before.value, at=at)
    db.session.commit()
    return sheet


def _told(sheet: Sheet, made: Move, *, before: SheetState, reason: str) -> dict[str, Any]:
    """What the event of a move says of it."""
    data = {"from": before.value, "to": sheet.state.value}
    if reason:
        data["reason"] = reason
    if made in {Move.SEND, Move.PUBLISH}:
        # The centre may choose again later: for whom it was is said here.
        data["sharing"] = sheet.sharing.value
    return data


def record(sheet: Sheet, kind: str, *, actor_id: UUID | None, at: datetime, data: dict[str, Any]) -> None:
    events.record(kind, at=at, actor_id=actor_id, federation_id=sheet.federation_id, sheet_id=sheet.id, data=data)
