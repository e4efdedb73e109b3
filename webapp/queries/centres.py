"""Centres and funders as the federation's pages need them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from forms.french import fold
from webapp.database import db
from webapp.models import (
    Campaign,
    CampaignFunder,
    Centre,
    Federation,
    Funder,
    Role,
    Sheet,
    Snapshot,
)
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of


@dataclass(frozen=True)
class CentreLine:
    """A centre of the list: how many accounts and sheets it has."""

    centre: Centre
    people: int
    sheets: int


@dataclass(frozen=True)
class FunderLine:
    """A funder of the list: how many accounts it has, to which campaigns it is addressed (years, latest first)."""

    funder: Funder
    people: int
    years: tuple[int, ...]


def federations(actor: Actor, act: Act) -> Sequence[Federation]:
    """The federations where the actor may do that, by name."""
    return db.session.scalars(
        sa.select(Federation).where(scope_of(actor, act, Federation)).order_by(Federation.folded)
    ).all()


def centres(actor: Actor, *, text: str = "", department: str = "") -> list[CentreLine]:
    """The centres of the actor's federations, those still open first, by name; narrowed by name, alias or commune."""
    wanted = sa.select(Centre).where(scope_of(actor, Act.CENTRE_LIST, Centre))
    if department:
        wanted = wanted.where(Centre.department == department)
    rows = db.session.scalars(
        wanted.options(selectinload(Centre.aliases)).order_by(Centre.closed_on.is_not(None), Centre.folded, Centre.id)
    ).all()
    people = _count(Role.centre_id, sa.func.count(sa.distinct(Role.user_id)))
    sheets = _count(Sheet.centre_id, sa.func.count())
    return [
        CentreLine(row, people.get(row.id, 0), sheets.get(row.id, 0))
        for row in rows
        if any(fold(text) in fold(name) for name in (row.name, row.commune, *(alias.name for alias in row.aliases)))
    ]


def _count(column: Any, counted: Any) -> dict[UUID, int]:
    rows = db.session.execute(sa.select(column, counted).where(column.is_not(None)).group_by(column))
    return {row[0]: row[1] for row in rows}


def departments(actor: Actor) -> Sequence[str]:
    """The codes of the departments in which the actor's federations have centres."""
    return db.session.scalars(
        sa.select(Centre.department)
        .distinct()
        .where(scope_of(actor, Act.CENTRE_LIST, Centre))
        .order_by(Centre.department)
    ).all()


def find(centre_id: UUID) -> Centre | None:
    """That centre with its other names."""
    return db.session.scalar(
        sa.select(Centre)
        .where(Centre.id == centre_id)
        .options(selectinload(Centre.aliases), joinedload(Centre.federation))
    )


def sheets_of(centre_id: UUID) -> Sequence[Sheet]:
    """The centre's sheets, latest campaign first; what was sent loaded, for a draft has no title for others."""
    return db.session.scalars(
        sa.select(Sheet)
        .join(Sheet.campaign)
        .where(Sheet.centre_id == centre_id)
        .options(
            joinedload(Sheet.campaign).selectinload(Campaign.addressed),
            joinedload(Sheet.current_snapshot).load_only(Snapshot.title, Snapshot.sheet_id),
        )
        .order_by(Campaign.year.desc(), Sheet.reference)
    ).all()


def funders(actor: Actor) -> list[FunderLine]:
    """The funders of the actor's federations, by name."""
    rows = db.session.scalars(
        sa.select(Funder)
        .where(scope_of(actor, Act.FUNDER_MANAGE, Funder))
        .order_by(sa.func.lower(Funder.name), Funder.id)
    ).all()
    people = _count(Role.funder_id, sa.func.count(sa.distinct(Role.user_id)))
    years: dict[UUID, list[int]] = {}
    for funder_id, year in db.session.execute(
        sa.select(CampaignFunder.funder_id, Campaign.year)
        .join(Campaign, Campaign.id == CampaignFunder.campaign_id)
        .where(CampaignFunder.funder_id.in_([row.id for row in rows]))
        .order_by(Campaign.year.desc())
    ):
        years.setdefault(funder_id, []).append(year)
    return [FunderLine(row, people.get(row.id, 0), tuple(years.get(row.id, ()))) for row in rows]


def funder(funder_id: UUID) -> Funder | None:
    """That funder, or None."""
    return db.session.get(Funder, funder_id)
