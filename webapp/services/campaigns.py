"""A federation's yearly campaign: opening it, its dates, who is expected, to whom it is addressed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from forms.registry import shipped
from forms.values import Refused
from webapp.database import db
from webapp.models import Campaign, CampaignCentre, CampaignFunder, Centre, Federation, Funder
from webapp.services import events, versions


@dataclass(frozen=True)
class Dates:
    """The three dates of a campaign, all included, French time."""

    shown_deadline: date
    last_creation: date
    last_edit: date

    def __post_init__(self) -> None:
        if self.last_edit < self.shown_deadline:
            raise Refused("Choisissez un jour égal ou postérieur à la date limite annoncée.", question="last_edit")
        if self.last_edit < self.last_creation:
            raise Refused(
                "Choisissez un jour égal ou postérieur au dernier jour pour commencer une fiche.", question="last_edit"
            )


def open_campaign(
    *,
    federation: Federation,
    year: int,
    title: str,
    dates: Dates,
    expected: Collection[UUID],
    addressed: Collection[UUID],
    actor_id: UUID | None,
    at: datetime,
    campaign_id: UUID | None = None,
    sign_off: bool = False,
    query_days: int | None = None,
) -> Campaign:
    """Open a federation's campaign of a year on the form shipped for it; one commit.

    expected: ids of centres; addressed: ids of funders; those of another federation are refused.
    sign_off: a sheet is signed by the centre's president before it is sent; query_days: None leaves the usual delay.
    """
    taken = sa.exists().where(Campaign.federation_id == federation.id, Campaign.year == year)
    if db.session.scalar(sa.select(taken)):
        raise Refused(f"La campagne {year} existe déjà.", question="year")
    campaign = prepare(federation=federation, year=year, title=title, dates=dates, at=at, campaign_id=campaign_id)
    campaign.sign_off = sign_off
    if query_days is not None:
        campaign.query_days = query_days
    _set_people(campaign, expected, addressed)
    _record(campaign, "campaign.opened", actor_id=actor_id, at=at)
    db.session.commit()
    return campaign


def prepare(
    *,
    federation: Federation,
    year: int,
    title: str,
    dates: Dates,
    at: datetime,
    campaign_id: UUID | None = None,
) -> Campaign:
    """The campaign's row, opened at that moment; part of the caller's transaction."""
    campaign = Campaign(
        federation_id=federation.id,
        year=year,
        title=title.strip() or f"Campagne {year}",
        form_version_id=versions.publish(shipped(year), at=at).id,
        shown_deadline=dates.shown_deadline,
        last_creation=dates.last_creation,
        last_edit=dates.last_edit,
        opened_at=at,
    )
    if campaign_id is not None:
        campaign.id = campaign_id
    db.session.add(campaign)
    db.session.flush()
    return campaign


def change(
    campaign_id: UUID,
    *,
    title: str,
    dates: Dates,
    expected: Collection[UUID],
    addressed: Collection[UUID],
    actor_id: UUID | None,
    at: datetime,
    sign_off: bool | None = None,
) -> Campaign:
    """Change the words, the dates and the people of a campaign; its form stays. sign_off: None leaves it as it is."""
    campaign = db.session.execute(sa.select(Campaign).where(Campaign.id == campaign_id).with_for_update()).scalar_one()
    campaign.title = title.strip() or campaign.title
    campaign.shown_deadline = dates.shown_deadline
    campaign.last_creation = dates.last_creation
    campaign.last_edit = dates.last_edit
    if sign_off is not None:
        campaign.sign_off = sign_off
    _set_people(campaign, expected, addressed)
    _record(campaign, "campaign.changed", actor_id=actor_id, at=at)
    db.session.commit()
    return campaign


def _set_people(campaign: Campaign, expected: Collection[UUID], addressed: Collection[UUID]) -> None:
    centres = set(db.session.scalars(sa.select(Centre.id).where(Centre.federation_id == campaign.federation_id)))
    funders = set(db.session.scalars(sa.select(Funder.id).where(Funder.federation_id == campaign.federation_id)))
    if not set(expected) <= centres:
        raise Refused("Choisissez des centres de votre fédération.", question="expected")
    if not set(addressed) <= funders:
        raise Refused("Choisissez des financeurs de votre fédération.", question="addressed")
    # A line that stays keeps the time that its centre was given.
    there = {line.centre_id: line for line in campaign.expected}
    campaign.expected = [there.get(id_) or CampaignCentre(centre_id=id_) for id_ in sorted(set(expected))]
    campaign.addressed = [CampaignFunder(funder_id=id_) for id_ in sorted(set(addressed))]


def _record(campaign: Campaign, kind: str, *, actor_id: UUID | None, at: datetime) -> None:
    data = {
        "campaign": str(campaign.id),
        "year": campaign.year,
        "shown_deadline": campaign.shown_deadline.isoformat(),
        "last_creation": campaign.last_creation.isoformat(),
        "last_edit": campaign.last_edit.isoformat(),
        "expected": len(campaign.expected),
        "sign_off": campaign.sign_off,
    }
    events.record(kind, at=at, actor_id=actor_id, federation_id=campaign.federation_id, data=data)
