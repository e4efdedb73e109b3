"""What the federation has to read: its list with its counts, and the way through it from one sheet to the next."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only, selectinload

from forms.french import fold
from forms.lifecycle import SheetState
from webapp.database import db
from webapp.models import Campaign, Centre, Event, Facet, Query, Role, Sheet, Snapshot, User
from webapp.policy import SENT, Act, Actor
from webapp.queries.desk import carrying
from webapp.queries.scope import scope_of
from webapp.vocabulary import QueryState, RoleName

PAGE = 50
FACET = "dimension"
"""The question by which the list is narrowed."""

READERS = (RoleName.REVIEWER, RoleName.ADMINISTRATOR)
"""Whom a sheet can be given to read."""

_CENTRES_OWN = ("attachment.added", "attachment.removed", "sign_off.asked", "sign_off.returned")
"""What the centre does while it works: files not sent yet, its president's remarks are not the federation's to read."""

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Wanted:
    """How the list is narrowed; nothing chosen is an empty text, False or None."""

    year: int | None = None
    centre: UUID | None = None
    label: UUID | None = None
    dimension: str = ""
    title: str = ""
    reader: UUID | None = None
    unassigned: bool = False
    doubts: bool = False
    answered: bool = False
    unread: bool = False

    @property
    def of_text(self) -> bool:
        """Whether it speaks of what a centre wrote; drafts then answer nothing."""
        return bool(self.dimension or self.title or self.doubts)


@dataclass(frozen=True)
class Line:
    """A sheet of the list: since when it is in its state, how many queries wait for the centre or are answered."""

    sheet: Sheet
    since: datetime
    open: int
    answered: int


@dataclass(frozen=True)
class Quick:
    """Of the sheets in one state, narrowed as the list is: how many answer to each of the short ways in."""

    mine: int = 0
    unassigned: int = 0
    unread: int = 0
    answered: int = 0
    doubts: int = 0


@dataclass(frozen=True)
class Found:
    """A page of the list; how many sheets there are by state, and by the short ways in, under the same filters."""

    lines: tuple[Line, ...]
    counts: Mapping[SheetState, int]
    count: int
    quick: Quick

    @property
    def pages(self) -> int:
        """At least one, even of nothing."""
        return max(1, -(-self.count // PAGE))


@dataclass(frozen=True)
class Choices:
    """What the list can be narrowed by: (value, words)."""

    years: tuple[tuple[str, str], ...]
    centres: tuple[tuple[str, str], ...]
    dimensions: tuple[tuple[str, str], ...]
    readers: tuple[tuple[str, str], ...]


# What was sent first, drafts last; within a state, what waits longest.
_RANK = sa.case(
    {state: place for place, state in enumerate(SheetState) if state is not SheetState.DRAFT},
    value=Sheet.state,
    else_=9,
)


def find(actor: Actor, wanted: Wanted, state: SheetState | None, *, page: int) -> Found:
    """The sheets in the actor's federations that answer to what is wanted, what waits longest first."""
    conditions = _conditions(actor, wanted)
    counts: Counter[SheetState] = Counter()
    for found, count in db.session.execute(
        sa.select(Sheet.state, sa.func.count()).where(*conditions).group_by(Sheet.state)
    ):
        counts[found] = count
    lines = _lines(_in_state(conditions, state), state, page)
    quick = _quick(_in_state(_conditions(actor, _without_quick(wanted)), state), actor)
    return Found(lines, counts, counts[state] if state is not None else counts.total(), quick)


def _in_state(conditions: Sequence[Condition], state: SheetState | None) -> list[Condition]:
    return [*conditions, *([Sheet.state == state] if state is not None else [])]


def _order(state: SheetState | None) -> tuple[Any, ...]:
    """Within a state its index is the order."""
    by_time = (Sheet.state_since, Sheet.reference)
    return by_time if state is not None else (_RANK, *by_time)


def _lines(conditions: Sequence[Condition], state: SheetState | None, page: int) -> tuple[Line, ...]:
    # In two steps: the index alone says which sheets a page holds, and only those are read, heavy as they are.
    ids = list(
        db.session.scalars(
            sa.select(Sheet.id).where(*conditions).order_by(*_order(state)).limit(PAGE).offset((page - 1) * PAGE)
        )
    )
    sheets = {
        sheet.id: sheet for sheet in db.session.scalars(sa.select(Sheet).where(Sheet.id.in_(ids)).options(*_LISTED))
    }
    asked = _asked(ids)
    return tuple(
        Line(
            sheets[id_],
            sheets[id_].state_since or sheets[id_].created_at,
            asked.get((id_, QueryState.OPEN), 0),
            asked.get((id_, QueryState.ANSWERED), 0),
        )
        for id_ in ids
    )


def every(actor: Actor, wanted: Wanted, state: SheetState | None, *, most: int) -> list[UUID]:
    """The sheets that the same list holds on all its pages, in its order, up to that many."""
    narrowed = _in_state(_conditions(actor, wanted), state)
    return list(db.session.scalars(sa.select(Sheet.id).where(*narrowed).order_by(*_order(state)).limit(most)))


_LISTED = (
    joinedload(Sheet.centre),
    joinedload(Sheet.campaign),
    joinedload(Sheet.form_version),
    joinedload(Sheet.reader),
    joinedload(Sheet.current_snapshot).load_only(Snapshot.title, Snapshot.number, Snapshot.sheet_id),
)

_ANSWERED = Sheet.id.in_(sa.select(Query.sheet_id).where(Query.state == QueryState.ANSWERED))
_UNREAD = sa.and_(Sheet.state == SheetState.SUBMITTED, Sheet.read_at.is_(None))
_DOUBTED = sa.and_(Sheet.sent_doubts > 0, Sheet.state != SheetState.DRAFT)


def _conditions(actor: Actor, wanted: Wanted) -> list[Condition]:
    found = [scope_of(actor, Act.REVIEW_LIST, Sheet)]
    if wanted.year is not None:
        in_year = sa.select(Campaign.id).where(Campaign.year == wanted.year)
        found.append(Sheet.campaign_id.in_(in_year))
    if wanted.centre is not None:
        found.append(Sheet.centre_id == wanted.centre)
    if wanted.label is not None:
        found.append(carrying(wanted.label))
    if wanted.of_text:
        found.append(Sheet.state.in_(sorted(SENT)))
    if wanted.dimension:
        found.append(
            Sheet.id.in_(sa.select(Facet.sheet_id).where(Facet.question == FACET, Facet.code == wanted.dimension))
        )
    if fold(wanted.title):
        found.append(Sheet.folded_title.contains(fold(wanted.title), autoescape=True))
    if wanted.reader is not None:
        found.append(Sheet.assigned_to == wanted.reader)
    said = (
        (wanted.unassigned, Sheet.assigned_to.is_(None)),
        (wanted.doubts, _DOUBTED),
        (wanted.answered, _ANSWERED),
        (wanted.unread, _UNREAD),
    )
    return found + [condition for chosen, condition in said if chosen]


def _without_quick(wanted: Wanted) -> Wanted:
    return Wanted(year=wanted.year, centre=wanted.centre, dimension=wanted.dimension, title=wanted.title)


def _quick(conditions: Sequence[Condition], actor: Actor) -> Quick:
    mine = Sheet.assigned_to == actor.user_id if actor.user_id is not None else sa.false()
    ways = (mine, Sheet.assigned_to.is_(None), _UNREAD, _ANSWERED, _DOUBTED)
    counted = [sa.func.coalesce(sa.func.sum(sa.case((way, 1), else_=0)), 0) for way in ways]
    return Quick(*(int(count) for count in db.session.execute(sa.select(*counted).where(*conditions)).one()))


def _asked(ids: Sequence[UUID]) -> dict[tuple[UUID, QueryState], int]:
    rows = db.session.execute(
        sa.select(Query.sheet_id, Query.state, sa.func.count())
        .where(Query.sheet_id.in_(ids))
        .group_by(Query.sheet_id, Query.state)
    )
    return {(sheet_id, state): count for sheet_id, state, count in rows}


def choices(actor: Actor) -> Choices:
    """The years, centres and dimensions by which the actor's list can be narrowed."""
    years = db.session.scalars(
        sa.select(Campaign.year)
        .distinct()
        .where(scope_of(actor, Act.CAMPAIGN_READ, Campaign))
        .order_by(Campaign.year.desc())
    )
    centres = db.session.execute(
        sa.select(Centre.id, Centre.name)
        .where(scope_of(actor, Act.REVIEW_LIST, Centre))
        .order_by(Centre.folded, Centre.id)
    )
    found = db.session.execute(
        sa.select(Facet.code, Facet.label)
        .distinct()
        .join(Sheet, Sheet.id == Facet.sheet_id)
        .where(Facet.question == FACET, scope_of(actor, Act.REVIEW_LIST, Sheet), Sheet.state.in_(sorted(SENT)))
        .order_by(Facet.label, Facet.code)
    )
    return Choices(
        tuple((str(year), str(year)) for year in years),
        tuple((str(row.id), row.name) for row in centres),
        tuple((row.code, row.label) for row in found),
        tuple((str(user.id), user.full_name or user.email) for user in readers(actor)),
    )


def readers(actor: Actor, centre: Centre | None = None) -> Sequence[User]:
    """The active accounts to whom a sheet of the actor's federations (or of that centre) can be given to read."""
    places = {held.federation_id for held in actor.roles if held.role in READERS}
    if centre is not None:
        places = {centre.federation_id}
    rows = db.session.execute(
        sa.select(User, Role.departments)
        .join(Role.user)
        .where(User.active, Role.name.in_(READERS), Role.federation_id.in_(places))
        .order_by(User.full_name, User.email)
    )
    here = (user for user, limits in rows if centre is None or not limits or centre.department in limits)
    return list(dict.fromkeys(here))


@dataclass(frozen=True)
class Queue:
    """The list seen from one of its sheets: the one before, the one after, which in the row it is, how many in all."""

    previous: UUID | None
    next: UUID | None
    position: int | None
    total: int


def queue(actor: Actor, sheet: Sheet, wanted: Wanted, state: SheetState | None) -> Queue:
    """Where a sheet stands in the list that is narrowed so; outside of it, the list begins at its first."""
    # A draft is in the list and not to be opened.
    conditions = [*_in_state(_conditions(actor, wanted), state), Sheet.state.in_(sorted(SENT))]
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Sheet).where(*conditions)) or 0
    if not db.session.scalar(sa.select(sa.exists().where(*conditions, Sheet.id == sheet.id))):
        first = db.session.scalar(sa.select(Sheet.id).where(*conditions).order_by(*_order(state)).limit(1))
        return Queue(None, first, None, total)
    order = _order(state)
    here: list[Any] = [sa.literal(sheet.state_since, Sheet.state_since.type), sheet.reference]
    if state is None:
        here.insert(0, sa.select(_RANK).where(Sheet.id == sheet.id).scalar_subquery())
    before, after = sa.tuple_(*order) < sa.tuple_(*here), sa.tuple_(*order) > sa.tuple_(*here)
    return Queue(
        db.session.scalar(
            sa.select(Sheet.id).where(*conditions, before).order_by(*(column.desc() for column in order)).limit(1)
        ),
        db.session.scalar(sa.select(Sheet.id).where(*conditions, after).order_by(*order).limit(1)),
        (db.session.scalar(sa.select(sa.func.count()).select_from(Sheet).where(*conditions, before)) or 0) + 1,
        total,
    )


def history(sheet_id: UUID) -> Sequence[Event]:
    """What happened to that sheet as far as it is the federation's to know, latest first."""
    return db.session.scalars(
        sa.select(Event)
        .where(Event.sheet_id == sheet_id, Event.kind.not_in(_CENTRES_OWN))
        .options(selectinload(Event.actor))
        .order_by(Event.seq.desc())
    ).all()


def query_of(sheet_id: UUID, query_id: UUID) -> Query | None:
    """That query of that sheet, or None."""
    return db.session.scalar(
        sa.select(Query)
        .where(Query.id == query_id, Query.sheet_id == sheet_id)
        .options(joinedload(Query.sheet).options(load_only(Sheet.id, Sheet.state, Sheet.federation_id)))
    )
