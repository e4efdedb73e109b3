"""Campaigns and how far they are: who was expected, what came."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from forms.french import PARIS
from forms.lifecycle import SheetState
from webapp.campaign_dates import is_over
from webapp.database import db
from webapp.models import (
    Campaign,
    CampaignCentre,
    CampaignFunder,
    Centre,
    ExpectedUpload,
    Federation,
    Funder,
    Sheet,
    Snapshot,
)
from webapp.policy import SENT, Act, Actor
from webapp.queries.scope import scope_of


@dataclass(frozen=True)
class CampaignLine:
    """A campaign of the list: centres expected, those of them that have sent something, those late, sheets by state."""

    campaign: Campaign
    expected: int
    sent: int
    late: int
    states: Mapping[SheetState, int]


@dataclass(frozen=True)
class CentreProgress:
    """A centre within a campaign, with its sheets there; line: what it was promised, where it is expected."""

    centre: Centre
    expected: bool
    sheets: tuple[Sheet, ...]
    line: CampaignCentre | None = None

    @property
    def sent(self) -> bool:
        """Whether anything was sent and not taken back."""
        return any(sheet.state in SENT for sheet in self.sheets)

    @property
    def to_correct(self) -> int:
        """How many of its sheets it was given back and has not sent again."""
        return sum(sheet.state is SheetState.CHANGES_REQUESTED for sheet in self.sheets)

    @property
    def late(self) -> bool:
        """Whether it still owes something; a delay once the campaign is over."""
        return bool(self.to_correct) or (self.expected and not self.sent)


def _still_there(closed_on: date | None, campaign: Campaign, today: date) -> bool:
    """Whether a centre may be waited for: one that is closed, or was before the opening, sends nothing any more."""
    opened = campaign.opened_at.astimezone(PARIS).date() if campaign.opened_at else today
    return closed_on is None or closed_on > max(today, opened)


def campaigns(actor: Actor, *, at: datetime) -> list[CampaignLine]:
    """The campaigns of the actor's federations, latest first, with how far they are."""
    rows = db.session.scalars(
        sa.select(Campaign)
        .join(Campaign.federation)
        .where(scope_of(actor, Act.CAMPAIGN_READ, Campaign))
        .options(joinedload(Campaign.federation))
        .order_by(Campaign.year.desc(), Federation.folded, Campaign.id)
    ).all()
    here = scope_of(actor, Act.CENTRE_LIST, Centre)
    came = _states_by_centre([row.id for row in rows], here)
    wanted: dict[UUID, list[tuple[CampaignCentre, date | None]]] = {row.id: [] for row in rows}
    for line, closed_on in db.session.execute(
        sa.select(CampaignCentre, Centre.closed_on)
        .join(Centre, Centre.id == CampaignCentre.centre_id)
        .where(CampaignCentre.campaign_id.in_(wanted), here)
    ):
        wanted[line.campaign_id].append((line, closed_on))
    return [_line(row, wanted[row.id], came.get(row.id, {}), at=at) for row in rows]


def _states_by_centre(
    campaign_ids: Sequence[UUID], here: sa.ColumnElement[bool]
) -> dict[UUID, dict[UUID, Counter[SheetState]]]:
    found: dict[UUID, dict[UUID, Counter[SheetState]]] = {}
    for campaign_id, centre_id, state, count in db.session.execute(
        sa.select(Sheet.campaign_id, Sheet.centre_id, Sheet.state, sa.func.count())
        .join(Sheet.centre)
        .where(Sheet.campaign_id.in_(campaign_ids), here)
        .group_by(Sheet.campaign_id, Sheet.centre_id, Sheet.state)
    ):
        found.setdefault(campaign_id, {}).setdefault(centre_id, Counter())[state] = count
    return found


def _line(
    campaign: Campaign,
    wanted: Sequence[tuple[CampaignCentre, date | None]],
    came: Mapping[UUID, Counter[SheetState]],
    *,
    at: datetime,
) -> CampaignLine:
    today = at.astimezone(PARIS).date()
    sent = {centre_id for centre_id, states in came.items() if SENT & states.keys()}
    expected = {
        line.centre_id: line
        for line, closed_on in wanted
        if line.centre_id in sent or _still_there(closed_on, campaign, today)
    }
    back = {centre_id for centre_id, states in came.items() if states[SheetState.CHANGES_REQUESTED]}
    owing = (expected.keys() - sent) | back
    late = sum(is_over(campaign, expected.get(centre_id), at=at) for centre_id in owing)
    return CampaignLine(campaign, len(expected), len(expected.keys() & sent), late, sum(came.values(), Counter()))


def find(campaign_id: UUID) -> Campaign | None:
    """That campaign, with whom it expects and to whom it is addressed."""
    return db.session.scalar(
        sa.select(Campaign)
        .where(Campaign.id == campaign_id)
        .options(
            joinedload(Campaign.federation),
            selectinload(Campaign.expected),
            selectinload(Campaign.addressed).joinedload(CampaignFunder.funder),
        )
    )


def in_year(federation_id: UUID, year: int) -> Campaign | None:
    """The federation's campaign of that year, with the same."""
    found = db.session.scalar(
        sa.select(Campaign.id).where(Campaign.federation_id == federation_id, Campaign.year == year)
    )
    return find(found) if found is not None else None


def progress(actor: Actor, campaign: Campaign, *, at: datetime, only: UUID | None = None) -> list[CentreProgress]:
    """The actor's centres expected, and those that have a sheet all the same; who has sent nothing comes first.

    only: that centre alone.
    """
    here = scope_of(actor, Act.CENTRE_LIST, Centre)
    sheets: dict[UUID, list[Sheet]] = {}
    for sheet in db.session.scalars(
        sa.select(Sheet)
        .join(Sheet.centre)
        .where(Sheet.campaign_id == campaign.id, here, *([Sheet.centre_id == only] if only else []))
        .options(joinedload(Sheet.current_snapshot).load_only(Snapshot.title, Snapshot.sheet_id))
        .order_by(Sheet.submitted_at.is_(None), Sheet.submitted_at, Sheet.reference)
    ):
        sheets.setdefault(sheet.centre_id, []).append(sheet)
    expected = {line.centre_id: line for line in campaign.expected}
    wanted = expected.keys() | sheets.keys() if only is None else (expected.keys() | sheets.keys()) & {only}
    centres = db.session.scalars(
        sa.select(Centre).where(Centre.id.in_(wanted), here).order_by(Centre.folded, Centre.id)
    )
    today = at.astimezone(PARIS).date()
    lines = []
    for row in centres:
        own = tuple(sheets.get(row.id, ()))
        waited_for = any(sheet.state in SENT for sheet in own) or _still_there(row.closed_on, campaign, today)
        if own or waited_for:
            lines.append(CentreProgress(row, row.id in expected and waited_for, own, expected.get(row.id)))
    return sorted(lines, key=lambda line: (line.sent, bool(line.sheets), line.centre.folded))


def expectation(campaign_id: UUID, centre_id: UUID) -> CampaignCentre | None:
    """What a centre was promised in a campaign, where it is expected there."""
    return db.session.get(CampaignCentre, (campaign_id, centre_id))


def expected_line(campaign_id: UUID, centre_id: UUID) -> CampaignCentre | None:
    """The same, with the centre and who gave it more time, for a page."""
    return db.session.scalar(
        sa.select(CampaignCentre)
        .where(CampaignCentre.campaign_id == campaign_id, CampaignCentre.centre_id == centre_id)
        .options(joinedload(CampaignCentre.centre), joinedload(CampaignCentre.extender))
    )


def expected_upload(campaign_id: UUID, upload_id: UUID) -> ExpectedUpload | None:
    """That list of expected centres, sent for that campaign, or None."""
    return db.session.scalar(
        sa.select(ExpectedUpload).where(ExpectedUpload.id == upload_id, ExpectedUpload.campaign_id == campaign_id)
    )


def centres_of(federation_id: UUID) -> Sequence[Centre]:
    """The federation's centres, by name."""
    return db.session.scalars(
        sa.select(Centre).where(Centre.federation_id == federation_id).order_by(Centre.folded, Centre.id)
    ).all()


def funders_of(federation_id: UUID) -> Sequence[Funder]:
    """The federation's funders, by name."""
    return db.session.scalars(
        sa.select(Funder).where(Funder.federation_id == federation_id).order_by(sa.func.lower(Funder.name), Funder.id)
    ).all()
