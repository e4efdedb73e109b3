"""Next year's campaign as it is proposed: last year's, one year later, with the centres that there are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from forms.french import PARIS
from webapp.database import db
from webapp.models import Campaign, Centre


@dataclass(frozen=True)
class Proposal:
    """What is filled in beforehand; newcomers: those that last year's list lacks; left_out: names."""

    year: int
    title: str
    shown_deadline: date
    last_creation: date
    last_edit: date
    expected: frozenset[UUID]
    addressed: frozenset[UUID]
    sign_off: bool
    query_days: int
    newcomers: frozenset[UUID]
    left_out: tuple[str, ...]


def proposal(campaign: Campaign, centres: Sequence[Centre], *, at: datetime) -> Proposal:
    """What follows a campaign. centres: all of the federation, by name; the campaign with its people loaded."""
    today = at.astimezone(PARIS).date()
    known = {line.centre_id for line in campaign.expected}
    there = [centre for centre in centres if centre.closed_on is None or centre.closed_on > today]
    heirs = {centre.merged_into_id for centre in centres if centre.id in known and centre.merged_into_id}
    newcomers = frozenset(
        centre.id for centre in there if centre.id not in known and (_is_new(centre, campaign) or centre.id in heirs)
    )
    stayed = {centre.id for centre in there if centre.id in known}
    return Proposal(
        year=campaign.year + 1,
        title=_next_title(campaign),
        shown_deadline=a_year_later(campaign.shown_deadline),
        last_creation=a_year_later(campaign.last_creation),
        last_edit=a_year_later(campaign.last_edit),
        expected=frozenset(stayed) | newcomers,
        addressed=frozenset(line.funder_id for line in campaign.addressed),
        sign_off=campaign.sign_off,
        query_days=campaign.query_days,
        newcomers=newcomers,
        left_out=tuple(centre.name for centre in centres if centre.id in known - stayed),
    )


def _is_new(centre: Centre, campaign: Campaign) -> bool:
    """A centre that has joined since the campaign was opened: it could not be expected then."""
    if centre.joined_on is None or campaign.opened_at is None:
        return False
    return centre.joined_on >= campaign.opened_at.astimezone(PARIS).date()


def _next_title(campaign: Campaign) -> str:
    year = str(campaign.year)
    if year in campaign.title:
        return campaign.title.replace(year, str(campaign.year + 1))
    return campaign.title


def a_year_later(day: date) -> date:
    """The same day of the next year; the 29th of February gives the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def latest_by_federation(campaigns: Sequence[Campaign]) -> list[Campaign]:
    """The campaign from which the next one is opened, for each federation. campaigns: latest first."""
    found: dict[UUID, Campaign] = {}
    for campaign in campaigns:
        found.setdefault(campaign.federation_id, campaign)
    return list(found.values())


def has_next(campaign: Campaign) -> bool:
    """Whether the federation has a campaign of the next year already."""
    there = sa.exists().where(Campaign.federation_id == campaign.federation_id, Campaign.year == campaign.year + 1)
    return bool(db.session.scalar(sa.select(there)))
