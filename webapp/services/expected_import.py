"""A list of expected centres from a workbook: kept until somebody has looked, then written as a whole."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused
from webapp.database import db
from webapp.models import Campaign, CampaignCentre, Centre, ExpectedUpload
from webapp.queries import campaigns
from webapp.services import centres, events
from webapp.services.expected_plan import CONTACT, ListFate, ListPlan, PlannedCentre, make_list_plan

KEPT = timedelta(days=7)
"""A list about which nobody has decided is thrown away after that."""


def keep(campaign: Campaign, *, name: str, cells: str, actor_id: UUID, at: datetime) -> ExpectedUpload:
    """Keep a list until somebody has looked at what it would do. Raises Refused where it can't be read. One commit.

    cells: from open_workbook(), called while nothing is held.
    """
    make_list_plan(cells, campaign, choices={})
    db.session.execute(sa.delete(ExpectedUpload).where(ExpectedUpload.created_at < at - KEPT))
    upload = ExpectedUpload(
        campaign_id=campaign.id, uploaded_by=actor_id, name=name.strip()[:200], cells=cells, created_at=at
    )
    db.session.add(upload)
    db.session.commit()
    return upload


def plan_of(upload: ExpectedUpload, campaign: Campaign, choices: Mapping[int, str]) -> ListPlan:
    """What a list would do now. Writes nothing."""
    return make_list_plan(upload.cells, campaign, choices=choices)


def confirm(
    upload_id: UUID, *, choices: Mapping[int, str], update: bool, actor_id: UUID | None, at: datetime
) -> ListPlan:
    """Make the new centres and expect all that have no error; the others are left. One commit.

    update: what the list says replaces what is known of a centre; without, it only fills what is empty.
    Raises Refused where a line still waits for a person (`where` is its number).
    """
    upload = db.session.execute(
        sa.select(ExpectedUpload).where(ExpectedUpload.id == upload_id).with_for_update()
    ).scalar_one()
    campaign = campaigns.find(upload.campaign_id)
    if campaign is None:
        raise Refused("Cette campagne n’existe plus.")
    plan = make_list_plan(upload.cells, campaign, choices=choices)
    for waiting in plan.of(ListFate.WAITING)[:1]:
        raise Refused(f"Choisissez le centre de «\u00a0{waiting.name}\u00a0».", where=str(waiting.listed.number))
    expected = {line.centre_id for line in campaign.expected}
    for line in (*plan.of(ListFate.KNOWN), *plan.of(ListFate.NEW)):
        centre = line.centre or centres.make(campaign.federation, line.details, actor_id=actor_id, at=at)
        if line.centre is not None:
            _fill(line, centre, update=update)
        if centre.id not in expected:
            campaign.expected.append(CampaignCentre(centre_id=centre.id))
            expected.add(centre.id)
    db.session.flush()
    _record(campaign, upload, plan, actor_id=actor_id, at=at)
    db.session.delete(upload)
    db.session.commit()
    return plan


def _fill(line: PlannedCentre, centre: Centre, *, update: bool) -> None:
    for column in CONTACT:
        said = getattr(line.details, column)
        if said and (update or not getattr(centre, column)):
            setattr(centre, column, said)


def drop(upload_id: UUID) -> None:
    """Throw a list away; nothing of it was written."""
    db.session.execute(sa.delete(ExpectedUpload).where(ExpectedUpload.id == upload_id))
    db.session.commit()


def _record(campaign: Campaign, upload: ExpectedUpload, plan: ListPlan, *, actor_id: UUID | None, at: datetime) -> None:
    data = {
        "campaign": str(campaign.id),
        "year": campaign.year,
        "name": upload.name,
        "known": len(plan.of(ListFate.KNOWN)),
        "new": len(plan.of(ListFate.NEW)),
        "refused": len(plan.of(ListFate.REFUSED)),
    }
    events.record(
        "campaign.expected_imported", at=at, actor_id=actor_id, federation_id=campaign.federation_id, data=data
    )
