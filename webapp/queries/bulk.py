"""Many sheets at once: those that were chosen, what decides for each of them, a run with its lines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload, selectinload

from forms.definition import Question
from webapp.database import db
from webapp.models import BulkItem, BulkRun, FormVersion, Mail, Query, Role, Sheet, Snapshot, User
from webapp.policy import Act, Actor
from webapp.queries import following
from webapp.queries.following import Peace
from webapp.queries.reminded import KINDS, midnight
from webapp.queries.scope import scope_of
from webapp.queries.versions import form_of
from webapp.vocabulary import BulkState, MailState, QueryState, RoleName

REMINDER = "sheet_reminder"
"""The kind of the mail that reminds a centre of its sheets."""

_SHEET = (
    joinedload(Sheet.centre),
    joinedload(Sheet.campaign),
    joinedload(Sheet.current_snapshot).load_only(Snapshot.title, Snapshot.number, Snapshot.sheet_id),
    # A thousand sheets are listed without what is written in them.
    *(defer(column) for column in (Sheet.answers, Sheet.unparsed, Sheet.field_revisions, Sheet.carried)),
)


@dataclass(frozen=True)
class Facts:
    """What decides for a sheet beside itself, read once for all of them.

    open: how many queries wait for the centre, by sheet. reachable: the centres where a responsable
    has an account. reminded: the centres that have had their reminder today. peace: those that are left
    alone, by campaign and centre.
    """

    open: Mapping[UUID, int]
    reachable: frozenset[UUID]
    reminded: frozenset[UUID]
    peace: Mapping[tuple[UUID, UUID], Peace]
    at: datetime


def chosen(actor: Actor, ids: Collection[UUID]) -> list[Sheet]:
    """Those of these sheets that stand in the actor's lists, in the order given."""
    rows = db.session.scalars(
        sa.select(Sheet).where(Sheet.id.in_(ids), scope_of(actor, Act.REVIEW_LIST, Sheet)).options(*_SHEET)
    )
    found = {sheet.id: sheet for sheet in rows}
    return [found[id_] for id_ in dict.fromkeys(ids) if id_ in found]


def facts(sheets: Sequence[Sheet], *, at: datetime) -> Facts:
    """What decides for these sheets; as many statements for one as for a thousand."""
    centres = {sheet.centre_id for sheet in sheets}
    waiting = db.session.execute(
        sa.select(Query.sheet_id, sa.func.count().label("asked"))
        .where(Query.sheet_id.in_([sheet.id for sheet in sheets]), Query.state == QueryState.OPEN)
        .group_by(Query.sheet_id)
    )
    reachable = db.session.scalars(
        sa.select(Role.centre_id)
        .distinct()
        .join(Role.user)
        .where(Role.centre_id.in_(centres), Role.name == RoleName.RESPONSIBLE, User.active)
    )
    reminded = db.session.scalars(
        sa.select(Mail.centre_id)
        .distinct()
        .where(
            Mail.kind.in_(sorted(KINDS)),
            Mail.centre_id.in_(centres),
            Mail.state != MailState.DROPPED,
            Mail.created_at >= midnight(at),
        )
    )
    return Facts(
        {row.sheet_id: row.asked for row in waiting},
        frozenset(id_ for id_ in reachable if id_),
        frozenset(id_ for id_ in reminded if id_),
        following.left_alone(sheets, at=at),
        at,
    )


def answered(sheet_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many queries the centre has answered that nobody has closed, by sheet; validating closes them."""
    rows = db.session.execute(
        sa.select(Query.sheet_id, sa.func.count().label("answered"))
        .where(Query.sheet_id.in_(sheet_ids), Query.state == QueryState.ANSWERED)
        .group_by(Query.sheet_id)
    )
    return {row.sheet_id: row.answered for row in rows}


def find(run_id: UUID) -> BulkRun | None:
    """That run with all that its page shows, or None."""
    return db.session.scalar(
        sa.select(BulkRun)
        .where(BulkRun.id == run_id)
        .options(
            joinedload(BulkRun.requester),
            joinedload(BulkRun.confirmer),
            joinedload(BulkRun.job),
            selectinload(BulkRun.items).joinedload(BulkItem.sheet).options(*_SHEET),
        )
    )


def waiting_items(run_id: UUID) -> list[UUID]:
    """The lines that nobody has come to yet, in order."""
    return list(
        db.session.scalars(
            sa.select(BulkItem.id)
            .where(BulkItem.bulk_run_id == run_id, BulkItem.state == BulkState.WAITING)
            .order_by(BulkItem.position)
        )
    )


def handled(run_id: UUID) -> int:
    """How many lines the worker has come to."""
    count = sa.select(sa.func.count()).where(BulkItem.bulk_run_id == run_id, BulkItem.done_at.is_not(None))
    return db.session.scalar(count) or 0


def waits_already(sheet_id: UUID, question: str, text: str) -> bool:
    """Whether that very query waits on that sheet."""
    same = sa.exists().where(
        Query.sheet_id == sheet_id, Query.question == question, Query.text == text, Query.state == QueryState.OPEN
    )
    return bool(db.session.scalar(sa.select(same)))


def readers(federation_id: UUID) -> Sequence[User]:
    """Those who may read for that federation, by name."""
    names = (RoleName.REVIEWER, RoleName.ADMINISTRATOR)
    held = sa.exists().where(Role.user_id == User.id, Role.federation_id == federation_id, Role.name.in_(names))
    return db.session.scalars(sa.select(User).where(held, User.active).order_by(User.full_name, User.email)).all()


def questions(run: BulkRun) -> dict[str, Question]:
    """What can be asked about on the sheets of a run, by id, the newest form's questions first."""
    ids = {item.sheet.form_version_id for item in run.items if item.state is BulkState.WAITING}
    versions = db.session.scalars(
        sa.select(FormVersion).where(FormVersion.id.in_(ids)).order_by(FormVersion.published_at.desc(), FormVersion.id)
    )
    found: dict[str, Question] = {}
    for version in versions:
        for question in form_of(version).questions:
            if question.typed:
                found.setdefault(question.id, question)
    return found
