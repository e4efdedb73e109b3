"""Whom to call in a campaign: where each centre stands, since when, what was said to it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.definition import FormVersion as Form
from forms.french import PARIS
from forms.lifecycle import EDITABLE, SheetState
from forms.steps import StepState, step_states
from webapp.campaign_dates import deadline, last_creation, last_edit
from webapp.database import db
from webapp.models import (
    CallNote,
    Campaign,
    CampaignCentre,
    Centre,
    FormVersion,
    Query,
    Role,
    Sheet,
    Snapshot,
    User,
    UserSession,
)
from webapp.policy import OPERATOR, SENT, Actor
from webapp.queries import campaigns, pace, reminded, sheets
from webapp.queries.versions import form_of
from webapp.vocabulary import CallGroup

STUCK_AFTER = 7
"""Days without a change after which a draft counts as stuck, unless one asks for another number."""

_RANK = (
    CallGroup.NOT_OPENED,
    CallGroup.NOT_BEGUN,
    CallGroup.TO_CORRECT,
    CallGroup.STUCK,
    CallGroup.UNDER_WAY,
    CallGroup.DONE,
)
"""What says most of a centre that stands in several groups; who stands in the first needs a call most."""


@dataclass(frozen=True)
class SheetLine:
    """A sheet as the federation may know it before it is sent: how far, never its text."""

    sheet: Sheet
    version: Form
    queries: tuple[Query, ...] = ()

    @property
    def editable(self) -> bool:
        """Whether the centre has it."""
        return self.sheet.state in EDITABLE

    @cached_property
    def _steps(self) -> list[tuple[str, StepState]]:
        version, sheet = self.version, self.sheet
        asked = [query.question for query in self.queries]
        states = step_states(version, sheet.answers, sheet.unparsed, asked, sheet.carried)
        return [(part.title, states[part.id]) for part in version.sections]

    @property
    def done(self) -> int:
        """How many steps are complete."""
        return sum(state is StepState.COMPLETE for _title, state in self._steps)

    @property
    def total(self) -> int:
        """How many steps ask for something."""
        return sum(state is not StepState.OPTIONAL for _title, state in self._steps)

    @property
    def stops_at(self) -> str:
        """The title of the first step that is to be corrected or is not complete."""
        for wanted in ({StepState.TO_CORRECT}, {StepState.STARTED, StepState.TODO}):
            for title, state in self._steps:
                if state in wanted:
                    return title
        return ""


@dataclass(frozen=True)
class CentreLine:
    """A centre to be followed. still: days since a draft of it last changed; waiting: since it was asked to correct.

    extended_until: the day that it was given of its own, where that is later than the one shown to all.
    may_send: whether the day on which it may still begin, or send what it has begun, has not passed.
    reminded_at: when somebody of it was last reminded by mail.
    """

    centre: Centre
    sheets: tuple[SheetLine, ...]
    groups: frozenset[CallGroup]
    expected: bool = True
    still: int = 0
    waiting: int = 0
    notes: tuple[CallNote, ...] = ()
    today: date = field(default=date.min)
    extended_until: date | None = None
    may_send: bool = True
    reminded_at: datetime | None = None

    @property
    def standing(self) -> CallGroup:
        """The group that says most of it."""
        return next(group for group in _RANK if group in self.groups)

    @property
    def owed(self) -> tuple[SheetLine, ...]:
        """The sheets that the centre has still to send, or to send again."""
        return tuple(one for one in self.sheets if one.editable)

    @property
    def sent(self) -> bool:
        """Whether anything was sent and not taken back."""
        return any(one.sheet.state in SENT for one in self.sheets)

    @property
    def done(self) -> bool:
        """Whether nothing is waited for."""
        return CallGroup.DONE in self.groups

    @property
    def can_act(self) -> bool:
        """Whether it can do anything about what is waited for; what was sent back is corrected however late."""
        return self.may_send or CallGroup.TO_CORRECT in self.groups

    @property
    def last_note(self) -> CallNote | None:
        """What was said last."""
        return self.notes[0] if self.notes else None

    @property
    def promised_on(self) -> date | None:
        """The day that it promised last."""
        return next((note.promised_on for note in self.notes if note.promised_on), None)

    @property
    def is_left_alone(self) -> bool:
        """Whether a day that it promised, or that it was given, is still to come, or is today."""
        return self.keeps_promise or self.has_delay

    @property
    def keeps_promise(self) -> bool:
        """Whether the day that it promised is still to come, or is today."""
        return self.promised_on is not None and self.promised_on >= self.today

    @property
    def has_delay(self) -> bool:
        """Whether the day that it was given of its own is still to come, or is today."""
        return self.extended_until is not None and self.extended_until >= self.today

    @property
    def broke_promise(self) -> bool:
        """Whether the day that it promised has passed and something is still waited for."""
        return self.promised_on is not None and not self.done and self.promised_on < self.today

    @property
    def order(self) -> tuple[object, ...]:
        """Who most needs a call comes first."""
        late = CallGroup.LATE_LAST_YEAR in self.groups
        since = -max(self.still, self.waiting)
        name = (self.centre.folded, str(self.centre.id))
        rank = _RANK.index(self.standing)
        return (self.done, self.is_left_alone, not self.broke_promise, rank, not late, since, *name)


def lines(
    campaign: Campaign, *, at: datetime, days: int = STUCK_AFTER, actor: Actor | None = None, only: UUID | None = None
) -> list[CentreLine]:
    """The centres of a campaign, who most needs a call first; as many statements for six as for sixty.

    actor: only the centres that they may see; only: that centre alone.
    """
    known = campaigns.progress(actor or OPERATOR, campaign, at=at, only=only)
    found = _Found(campaign, [line.centre.id for line in known], [s for line in known for s in line.sheets], at)
    return sorted((found.line(line, days) for line in known), key=lambda line: line.order)


def of_centre(campaign: Campaign, centre_id: UUID, *, at: datetime, days: int = STUCK_AFTER) -> CentreLine | None:
    """One centre of a campaign, where it has a part in it."""
    return next(iter(lines(campaign, at=at, days=days, only=centre_id)), None)


@dataclass(frozen=True)
class Peace:
    """Until when a centre is left alone in a campaign: the day that it promised, or else the one that it was given."""

    until: date
    promised: bool


def left_alone(rows: Sequence[Sheet], *, at: datetime) -> dict[tuple[UUID, UUID], Peace]:
    """Of these sheets, by campaign and centre, the centres that are left alone: see CentreLine.is_left_alone."""
    today = at.astimezone(PARIS).date()
    campaign_ids, centre_ids = {row.campaign_id for row in rows}, {row.centre_id for row in rows}
    given = db.session.execute(
        sa.select(CampaignCentre.campaign_id, CampaignCentre.centre_id, CampaignCentre.extended_until)
        .join(CampaignCentre.campaign)
        .where(
            CampaignCentre.campaign_id.in_(campaign_ids),
            CampaignCentre.centre_id.in_(centre_ids),
            CampaignCentre.extended_until > Campaign.shown_deadline,
        )
    )
    found = {(row.campaign_id, row.centre_id): Peace(row.extended_until, promised=False) for row in given}
    notes = db.session.execute(
        sa.select(CallNote.campaign_id, CallNote.centre_id, CallNote.promised_on)
        .where(
            CallNote.campaign_id.in_(campaign_ids),
            CallNote.centre_id.in_(centre_ids),
            CallNote.promised_on.is_not(None),
        )
        # The latest comes last, and stays.
        .order_by(CallNote.at, CallNote.id.desc())
    )
    promised = {(row.campaign_id, row.centre_id): Peace(row.promised_on, promised=True) for row in notes}
    found |= {key: peace for key, peace in promised.items() if peace.until >= today}
    return {key: peace for key, peace in found.items() if peace.until >= today}


def counts(all_lines: Iterable[CentreLine]) -> Mapping[CallGroup, int]:
    """How many centres stand in each group."""
    return Counter(group for line in all_lines for group in line.groups)


class _Found:
    """What the lines of a campaign are made from, read at once."""

    def __init__(self, campaign: Campaign, centre_ids: Sequence[UUID], rows: Sequence[Sheet], at: datetime) -> None:
        self.at, self.campaign = at, campaign
        versions = sa.select(FormVersion).where(FormVersion.id.in_({row.form_version_id for row in rows}))
        self.forms = {version.id: form_of(version) for version in db.session.scalars(versions)}
        self.queries = sheets.waiting([row.id for row in rows if row.state in EDITABLE])
        self.opened = _signed_in(centre_ids, campaign.opened_at or at)
        self.notes = _notes(campaign.id, centre_ids)
        self.late = _late_last_year(campaign)
        self.reminded = reminded.last_by_centre(campaign.id, centre_ids)

    def line(self, known: campaigns.CentreProgress, days: int) -> CentreLine:
        own = tuple(
            SheetLine(sheet, self.forms[sheet.form_version_id], tuple(self.queries.get(sheet.id, ())))
            for sheet in known.sheets
        )
        drafts = [sheet for sheet in known.sheets if sheet.state is SheetState.DRAFT]
        back = [line for line in own if line.sheet.state is SheetState.CHANGES_REQUESTED]
        still = self._days(max(sheet.updated_at for sheet in drafts)) if drafts else 0
        waiting = max((self._days(_asked_at(line)) for line in back), default=0)
        groups = _groups(known, known.centre.id in self.opened, stuck=bool(drafts) and still >= days)
        if CallGroup.DONE not in groups:
            groups |= {CallGroup.UNFINISHED} | ({CallGroup.LATE_LAST_YEAR} if known.centre.id in self.late else set())
        notes = tuple(self.notes.get(known.centre.id, ()))
        today = self.at.astimezone(PARIS).date()
        until = deadline(self.campaign, known.line)
        own_day = until if until > self.campaign.shown_deadline else None
        last = last_edit(self.campaign, known.line) if drafts else last_creation(self.campaign, known.line)
        may_send = today <= last and bool(drafts or not own)
        return CentreLine(
            known.centre,
            own,
            frozenset(groups),
            known.expected,
            still,
            waiting,
            notes,
            today,
            own_day,
            may_send,
            self.reminded.get(known.centre.id),
        )

    def _days(self, since: datetime) -> int:
        return (self.at - since) // timedelta(days=1)


def _groups(known: campaigns.CentreProgress, opened: bool, *, stuck: bool) -> set[CallGroup]:
    if not known.sheets:
        return {CallGroup.NOT_BEGUN if opened else CallGroup.NOT_OPENED}
    groups = {CallGroup.TO_CORRECT} if known.to_correct else set()
    if any(sheet.state is SheetState.DRAFT for sheet in known.sheets):
        groups.add(CallGroup.STUCK if stuck else CallGroup.UNDER_WAY)
    return groups or {CallGroup.DONE}


def _asked_at(line: SheetLine) -> datetime:
    return min((query.created_at for query in line.queries), default=line.sheet.updated_at)


def _signed_in(centre_ids: Sequence[UUID], since: datetime) -> set[UUID]:
    """The centres of which somebody was there since that moment.

    Sessions are not kept for ever: who has sent a sheet, of whatever year, was there too.
    """
    seen = (
        sa.select(Role.centre_id)
        .join(UserSession, UserSession.user_id == Role.user_id)
        .where(Role.centre_id.in_(centre_ids), UserSession.seen_at >= since)
    )
    sent = (
        sa.select(Sheet.centre_id)
        .join(Snapshot, Snapshot.sheet_id == Sheet.id)
        .where(Sheet.centre_id.in_(centre_ids), Snapshot.created_at >= since)
    )
    return set(db.session.scalars(seen.union(sent)))


def _notes(campaign_id: UUID, centre_ids: Sequence[UUID]) -> dict[UUID, list[CallNote]]:
    found: dict[UUID, list[CallNote]] = {}
    for note in db.session.scalars(
        sa.select(CallNote)
        .where(CallNote.campaign_id == campaign_id, CallNote.centre_id.in_(centre_ids))
        .options(joinedload(CallNote.by).load_only(User.full_name, User.email))
        .order_by(CallNote.at.desc(), CallNote.id)
    ):
        found.setdefault(note.centre_id, []).append(note)
    return found


def _late_last_year(campaign: Campaign) -> set[UUID]:
    """The centres that sent after the shown deadline of the campaign before, or never; nobody where there was none."""
    before = next(iter(pace.earlier(campaign, most=1)), None)
    if before is None:
        return set()
    sent = pace.first_sendings([before.id])[before.id]
    never = pace.expected_in(before.id) - sent.keys()
    late = {
        centre_id
        for centre_id, first in sent.items()
        if first is not None and first.astimezone(PARIS).date() > before.shown_deadline
    }
    return never | late
