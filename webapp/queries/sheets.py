"""Sheets as pages need them: everything loaded at once, since templates start no query."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from forms.french import fold
from webapp.campaign_dates import may_begin, may_edit
from webapp.database import db
from webapp.models import (
    Action,
    Attachment,
    Campaign,
    CampaignCentre,
    Centre,
    Event,
    PhoneEntry,
    Query,
    Sheet,
    Snapshot,
)
from webapp.policy import Act, Actor
from webapp.queries.histories import told
from webapp.queries.scope import scope_of
from webapp.vocabulary import QueryState

WHOLE = (
    joinedload(Sheet.action),
    joinedload(Sheet.campaign).selectinload(Campaign.addressed),
    joinedload(Sheet.centre),
    joinedload(Sheet.expectation),
    joinedload(Sheet.federation),
    joinedload(Sheet.form_version),
    joinedload(Sheet.last_author),
    joinedload(Sheet.current_snapshot).joinedload(Snapshot.form_version),
    # Whom it is entrusted to: the policy asks.
    selectinload(Sheet.phone_entries).joinedload(PhoneEntry.typist),
)

Place = tuple[Centre, Campaign, CampaignCentre | None]
"""A centre, a campaign of its federation, and what it was promised there where it is expected."""

SENT_BACK = ("sheet.ask_changes", "sheet.reopen")
"""What gives a sheet that was sent to its centre again."""


def find(sheet_id: UUID) -> Sheet | None:
    """That sheet with all that a page about it shows, or None."""
    return db.session.scalar(sa.select(Sheet).where(Sheet.id == sheet_id).options(*WHOLE))


def mine(actor: Actor) -> Sequence[Sheet]:
    """The sheets of the actor's centres: newest campaign first, then by title."""
    return db.session.scalars(
        sa.select(Sheet)
        .join(Sheet.campaign)
        .join(Sheet.action)
        .where(scope_of(actor, Act.SHEET_LIST, Sheet))
        .options(*WHOLE)
        .order_by(Campaign.year.desc(), sa.func.lower(Action.title), Sheet.reference)
    ).all()


def open_places(actor: Actor, *, at: datetime) -> list[tuple[Centre, Campaign]]:
    """Where the actor may begin a sheet: the centres, each with the campaigns that take new ones."""
    return [(centre, campaign) for centre, campaign, line in _places(actor) if may_begin(campaign, line, at=at)]


def running_places(actor: Actor, *, at: datetime) -> list[Place]:
    """The actor's centres, each with the campaigns in which drafts may still be changed and sent."""
    return [place for place in _places(actor) if may_edit(place[1], place[2], at=at)]


def _places(actor: Actor) -> list[Place]:
    own_line = sa.and_(CampaignCentre.campaign_id == Campaign.id, CampaignCentre.centre_id == Centre.id)
    rows = db.session.execute(
        sa.select(Centre, Campaign, CampaignCentre)
        .join(Campaign, Campaign.federation_id == Centre.federation_id)
        .outerjoin(CampaignCentre, own_line)
        .where(scope_of(actor, Act.SHEET_BEGIN, Centre), Centre.closed_on.is_(None))
        .order_by(Centre.folded, Campaign.year.desc(), Centre.id)
    )
    return [(centre, campaign, line) for centre, campaign, line in rows]


def actions_without_sheet(centre_id: UUID, campaign_id: UUID) -> Sequence[Action]:
    """The centre's actions that this campaign has no sheet of yet, by title."""
    has_one = sa.exists().where(Sheet.action_id == Action.id, Sheet.campaign_id == campaign_id)
    return db.session.scalars(
        sa.select(Action)
        .where(Action.centre_id == centre_id, ~has_one)
        .order_by(sa.func.lower(Action.title), Action.id)
    ).all()


def of_that_name(centre_id: UUID, campaign_id: UUID, title: str) -> tuple[Action, UUID | None] | None:
    """The centre's action that goes by that name, with its sheet of this campaign if it has one."""
    rows = db.session.execute(
        sa.select(Action, Sheet.id)
        .outerjoin(Sheet, sa.and_(Sheet.action_id == Action.id, Sheet.campaign_id == campaign_id))
        .where(Action.centre_id == centre_id)
        .order_by(Action.created_at, Action.id)
    )
    wanted = fold(title)
    return next(((action, sheet_id) for action, sheet_id in rows if fold(action.title) == wanted), None)


def queries_on(sheet_id: UUID) -> Sequence[Query]:
    """What the federation asked about that sheet, oldest first."""
    return db.session.scalars(
        sa.select(Query)
        .where(Query.sheet_id == sheet_id)
        .options(joinedload(Query.author), joinedload(Query.replier), joinedload(Query.closer))
        .order_by(Query.created_at, Query.id)
    ).all()


def waiting(sheet_ids: Sequence[UUID]) -> dict[UUID, list[Query]]:
    """The queries that wait for the centre, by sheet; sheets without one are left out."""
    rows = db.session.scalars(
        sa.select(Query)
        .where(Query.sheet_id.in_(sheet_ids), Query.state == QueryState.OPEN)
        .order_by(Query.sheet_id, Query.created_at, Query.id)
    )
    return {sheet_id: list(queries) for sheet_id, queries in groupby(rows, key=lambda query: query.sheet_id)}


def reopened(sheet_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Why the federation has reopened, by sheet; those that were sent back by queries are left out."""
    rows = db.session.scalars(
        sa.select(Event)
        .where(Event.sheet_id.in_(sheet_ids), Event.kind.in_(SENT_BACK))
        .order_by(Event.sheet_id, Event.seq)
    )
    last = {event.sheet_id: event for event in rows if event.sheet_id}
    return {id_: event.data.get("reason", "") for id_, event in last.items() if event.kind == "sheet.reopen"}


def history(sheet_id: UUID) -> Sequence[Event]:
    """What happened to that sheet as far as it is its centre's to know, latest first."""
    return db.session.scalars(
        sa.select(Event).where(told(sheet_id)).options(selectinload(Event.actor)).order_by(Event.seq.desc())
    ).all()


def attachment(sheet_id: UUID, attachment_id: UUID) -> Attachment | None:
    """That file of that sheet, or None."""
    return db.session.scalar(
        sa.select(Attachment).where(Attachment.id == attachment_id, Attachment.sheet_id == sheet_id)
    )
