"""What programs read, a page at a time: in an order that never changes, from the row after the last one read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from forms.definition import content_hash
from forms.lifecycle import READABLE, SheetState
from webapp.database import db
from webapp.models import Campaign, Centre, Event, Sheet, Snapshot, SnapshotRedaction
from webapp.models import FormVersion as PublishedVersion
from webapp.policy import ANONYMOUS, Act, Actor
from webapp.queries.report_selection import ORDER
from webapp.queries.scope import scope_of

DECIDED = sa.func.coalesce(Sheet.state_since, Sheet.submitted_at, Sheet.created_at, type_=Sheet.created_at.type)
"""When a sheet was last sent or decided upon."""

_SHARED = Event.kind == "sheet.shared"
MOMENTS: tuple[Any, ...] = (
    DECIDED.label("decided_at"),
    sa.select(sa.func.max(Event.at)).where(_SHARED, Event.sheet_id == Sheet.id).scalar_subquery().label("shared_at"),
    sa.select(sa.func.max(SnapshotRedaction.at))
    .where(SnapshotRedaction.snapshot_id == Sheet.current_snapshot_id)
    .scalar_subquery()
    .label("redacted_at"),
)
"""What is read of a sheet changes by a decision, by its centre's new choice of who sees it, by an erasure."""

COLUMNS: tuple[Any, ...] = (
    Sheet.id,
    Sheet.reference,
    Sheet.state,
    Sheet.sharing,
    Sheet.submitted_at,
    Sheet.validated_at,
    Sheet.published_at,
    Snapshot.title,
    Snapshot.number,
    Snapshot.sha256,
    Snapshot.created_at.label("sent_at"),
    Campaign.id.label("campaign_id"),
    Campaign.year,
    Centre.id.label("centre_id"),
    Centre.name.label("centre_name"),
    Centre.commune,
    Centre.department,
    PublishedVersion.key.label("form_key"),
    PublishedVersion.sha256.label("form_sha256"),
)
"""What a line about a sheet says: of its centre and of what was sent, and nothing of a draft."""


@dataclass(frozen=True)
class Narrowing:
    """What narrows a list of sheets; None does not."""

    campaign: UUID | None = None
    year: int | None = None
    centre: UUID | None = None
    state: SheetState | None = None
    updated_since: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As a WHERE."""
        told: tuple[tuple[Any, Any], ...] = (
            (Sheet.campaign_id, self.campaign),
            (Campaign.year, self.year),
            (Sheet.centre_id, self.centre),
            (Sheet.state, self.state),
        )
        found: list[sa.ColumnElement[bool]] = [column == value for column, value in told if value is not None]
        return found if self.updated_since is None else [*found, _changed_since(self.updated_since)]


def _changed_since(moment: datetime) -> sa.ColumnElement[bool]:
    # Lists that are made once, rather than a look into the journal for each sheet.
    return sa.or_(
        moment <= DECIDED,
        Sheet.id.in_(sa.select(Event.sheet_id).where(_SHARED, moment <= Event.at)),
        Snapshot.id.in_(sa.select(SnapshotRedaction.snapshot_id).where(moment <= SnapshotRedaction.at)),
    )


def changed_at(row: Any) -> datetime:
    """The latest of the moments of a sheet."""
    return max(moment for moment in (row.decided_at, row.shared_at, row.redacted_at) if moment is not None)


def _sheets(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .select_from(Sheet)
        .join(Snapshot, Snapshot.id == Sheet.current_snapshot_id)
        .join(PublishedVersion, PublishedVersion.id == Snapshot.form_version_id)
        .join(Campaign, Campaign.id == Sheet.campaign_id)
        .join(Centre, Centre.id == Sheet.centre_id)
    )


def sheets(actor: Actor, narrowing: Narrowing, *, after: str | None, limit: int) -> Sequence[sa.Row[Any]]:
    """The sheets that a program may read, by reference, after that one."""
    wanted = _sheets(*COLUMNS, *MOMENTS).where(scope_of(actor, Act.API_SHEETS, Sheet), *narrowing.conditions())
    return _page(wanted, after, limit)


def catalogue(year: int | None, *, after: str | None, limit: int) -> Sequence[sa.Row[Any]]:
    """The sheets of the public catalogue, by reference, after that one."""
    public = scope_of(ANONYMOUS, Act.CATALOGUE_READ, Sheet)
    return _page(_sheets(*COLUMNS).where(public, *Narrowing(year=year).conditions()), after, limit)


def _page(wanted: sa.Select[Any], after: str | None, limit: int) -> Sequence[sa.Row[Any]]:
    if after is not None:
        wanted = wanted.where(Sheet.reference > after)
    return db.session.execute(wanted.order_by(Sheet.reference).limit(limit)).all()


def sheet(actor: Actor, sheet_id: UUID) -> sa.Row[Any] | None:
    """One of them, with its answers; None where it is not for that program."""
    mine = scope_of(actor, Act.API_SHEETS, Sheet)
    wanted = _sheets(*COLUMNS, *MOMENTS, Snapshot.answers).where(Sheet.id == sheet_id, mine)
    return db.session.execute(wanted).one_or_none()


def published(sheet_id: UUID) -> tuple[sa.Row[Any], Snapshot] | None:
    """One of the public catalogue, with what was sent of it."""
    public = scope_of(ANONYMOUS, Act.CATALOGUE_READ, Sheet)
    row = db.session.execute(_sheets(*COLUMNS, Sheet.current_snapshot_id).where(Sheet.id == sheet_id, public)).first()
    if row is None:
        return None
    return row, db.session.get_one(Snapshot, row.current_snapshot_id, options=[joinedload(Snapshot.form_version)])


def campaigns(actor: Actor, *, after: UUID | None, limit: int) -> Sequence[Campaign]:
    """The campaigns that a program may read, by id, after that one."""
    wanted = sa.select(Campaign).where(scope_of(actor, Act.API_CAMPAIGNS, Campaign))
    if after is not None:
        wanted = wanted.where(Campaign.id > after)
    return db.session.scalars(
        wanted.options(joinedload(Campaign.form_version)).order_by(Campaign.id).limit(limit)
    ).all()


def campaign(actor: Actor, campaign_id: UUID, act: Act) -> Campaign | None:
    """One of them; act: by which right it is read."""
    wanted = sa.select(Campaign).where(Campaign.id == campaign_id, scope_of(actor, act, Campaign))
    return db.session.scalars(wanted.options(joinedload(Campaign.form_version))).one_or_none()


def centres(actor: Actor, *, after: UUID | None, limit: int) -> Sequence[Centre]:
    """The centres that a program may read, by id, after that one."""
    wanted = sa.select(Centre).where(scope_of(actor, Act.API_CENTRES, Centre))
    if after is not None:
        wanted = wanted.where(Centre.id > after)
    return db.session.scalars(wanted.order_by(Centre.id).limit(limit)).all()


def centre(actor: Actor, centre_id: UUID) -> Centre | None:
    """One of them."""
    wanted = sa.select(Centre).where(Centre.id == centre_id, scope_of(actor, Act.API_CENTRES, Centre))
    return db.session.scalars(wanted).one_or_none()


def accepted(actor: Actor, act: Act, narrowing: Narrowing) -> Sequence[Sheet]:
    """The accepted sheets that a program may read, as figures and tables take them."""
    return db.session.scalars(
        _accepted(actor, act, narrowing, Sheet).options(
            contains_eager(Sheet.campaign),
            contains_eager(Sheet.centre),
            contains_eager(Sheet.action),
            contains_eager(Sheet.current_snapshot).joinedload(Snapshot.form_version),
        )
    ).all()


def accepted_mark(actor: Actor, act: Act, narrowing: Narrowing) -> str:
    """By what it is known that these sheets, and all that figures and tables say of them, are what they were."""
    rows = db.session.execute(_accepted(actor, act, narrowing, *TOLD))
    return content_hash([[str(value) for value in row] for row in rows])


TOLD: tuple[Any, ...] = (
    Sheet.id,
    Sheet.reference,
    Sheet.state,
    Sheet.validated_at,
    Campaign.year,
    Centre.name,
    Centre.commune,
    Centre.department,
    Snapshot.sha256,
    Snapshot.created_at,
)
"""What report_sheet() reads; the hash of a snapshot is that of its answers and of its form."""


def _accepted(actor: Actor, act: Act, narrowing: Narrowing, *columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .select_from(Sheet)
        .join(Sheet.campaign)
        .join(Sheet.centre)
        .join(Sheet.action)
        .join(Sheet.current_snapshot)
        .where(Sheet.state.in_(sorted(READABLE)), scope_of(actor, act, Sheet), *narrowing.conditions())
        .order_by(*ORDER)
    )


def form(key: str) -> PublishedVersion | None:
    """A published version of the form: the one of that hash, or the newest of that year."""
    named = PublishedVersion.sha256 == key if len(key) == 64 else PublishedVersion.key == key
    return db.session.scalars(
        sa.select(PublishedVersion)
        .where(named)
        .order_by(PublishedVersion.published_at.desc(), PublishedVersion.sha256)
        .limit(1)
    ).one_or_none()
