"""What happens to a centre in its years: it takes another name, or another centre takes it over."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from forms.french import PARIS, fold
from forms.values import Refused
from webapp.campaign_dates import may_edit
from webapp.database import db
from webapp.models import Campaign, CampaignCentre, Centre, CentreAlias
from webapp.policy import Actor
from webapp.queries.accounts import role_by_id
from webapp.services import accounts, centres, events


def rename(centre_id: UUID, *, name: str, on: date, actor_id: UUID | None, at: datetime) -> Centre:
    """Give a centre another name from that day on; the old one stays known, with its last day. One commit.

    Raises Refused with its place, IntegrityError where the name is taken.
    """
    centre = _locked(centre_id)
    name = name.strip()
    if not fold(name):
        raise Refused("Indiquez le nouveau nom.", question="name")
    if fold(name) == centre.folded:
        raise Refused("C’est déjà son nom. Pour corriger une faute, modifiez le centre.", question="name")
    _refuse_future(on, at=at)
    centres.refuse_known(centre.federation_id, [("name", name)], own=centre.id)
    old = centre.name
    # A name that it had before and takes again is no longer another name.
    centre.aliases = [alias for alias in centre.aliases if alias.folded not in {fold(name), centre.folded}]
    db.session.flush()
    centre.aliases.append(CentreAlias(name=old, held_until=on))
    centre.name = name
    db.session.flush()
    data = {"centre": str(centre.id), "name": name, "before": old, "on": on.isoformat()}
    events.record("centre.renamed", at=at, actor_id=actor_id, federation_id=centre.federation_id, data=data)
    db.session.commit()
    return centre


def merge(
    centre_id: UUID, *, into_id: UUID, on: date, role_ids: Collection[UUID], actor: Actor, at: datetime
) -> Centre:
    """Another centre of the federation takes this one over from that day on. One commit.

    The old centre is closed and keeps its sheets and actions; the new one is expected in its place in the campaigns
    that run. role_ids: of the old centre's people, those who get the same role in the new one. Raises Refused.
    """
    # In the order of their ids, so that two merges at once don't wait for each other.
    both = {id_: _locked(id_) for id_ in sorted({centre_id, into_id})}
    centre, into = both[centre_id], both[into_id]
    _refuse_merge(centre, into, on, at=at)
    for role_id in sorted(role_ids):
        role = role_by_id(role_id)
        if role is None or role.centre_id != centre.id:
            raise Refused("Choisissez des personnes de ce centre.", question="roles")
        accounts.give_along(role.user, accounts.Post(role.name, centre=into), actor=actor, at=at)
    centre.merged_into_id, centre.merged_on, centre.closed_on = into.id, on, on
    _expect_instead(centre, into, at=at)
    db.session.flush()
    data = {"centre": str(centre.id), "name": centre.name, "into": str(into.id), "on": on.isoformat()}
    events.record("centre.merged", at=at, actor_id=actor.user_id, federation_id=centre.federation_id, data=data)
    db.session.commit()
    return centre


def _refuse_merge(centre: Centre, into: Centre, on: date, *, at: datetime) -> None:
    if into.id == centre.id or into.federation_id != centre.federation_id:
        raise Refused("Choisissez un autre centre de la fédération.", question="into")
    if into.closed_on is not None:
        raise Refused("Ce centre est fermé\u00a0: choisissez celui qui continue.", question="into")
    if centre.merged_into_id is not None:
        raise Refused("Ce centre a déjà fusionné.", question="into")
    _refuse_future(on, at=at)


def _refuse_future(on: date, *, at: datetime) -> None:
    if on > at.astimezone(PARIS).date():
        raise Refused("Choisissez un jour passé, ou aujourd’hui.", question="on")


def _expect_instead(centre: Centre, into: Centre, *, at: datetime) -> None:
    """Where the old centre was expected in a campaign that runs, the new one is."""
    lines = db.session.scalars(
        sa.select(CampaignCentre).join(CampaignCentre.campaign).where(CampaignCentre.centre_id == centre.id)
    ).all()
    there = set(db.session.scalars(sa.select(CampaignCentre.campaign_id).where(CampaignCentre.centre_id == into.id)))
    for line in lines:
        campaign: Campaign = line.campaign
        if may_edit(campaign, line, at=at) and campaign.id not in there:
            # The time that the old centre was given goes with its place.
            db.session.add(
                CampaignCentre(
                    campaign_id=campaign.id,
                    centre_id=into.id,
                    extended_until=line.extended_until,
                    extension_reason=line.extension_reason,
                    extended_by=line.extended_by,
                    extended_at=line.extended_at,
                )
            )


def _locked(centre_id: UUID) -> Centre:
    held = sa.select(Centre).where(Centre.id == centre_id).with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(held)
    if found is None:
        raise Refused("Choisissez un centre de la fédération.", question="into")
    return found
