"""What an import compares with: centres and their names, campaigns, sheets that are already there."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload, selectinload

from forms.french import fold
from webapp.campaign_dates import may_edit
from webapp.database import db
from webapp.models import Action, Campaign, Centre, Event, Federation, FormVersion, ImportRun, Sheet, Snapshot
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of
from webapp.queries.sheets import WHOLE

IMPORTED = "sheet.imported"
"""The journal's word for a sheet that came from a file."""

BROUGHT = "sheet.brought"
"""The same for a draft into which a workbook has brought answers."""


@dataclass(frozen=True)
class Stored:
    """A sheet that is already there. base: what an import last made of it, None where none did."""

    sheet: Sheet
    base: Snapshot | None


def federations(actor: Actor) -> Sequence[Federation]:
    """Those for which the actor may import, by name."""
    return db.session.scalars(
        sa.select(Federation).where(scope_of(actor, Act.IMPORT, Federation)).order_by(Federation.folded, Federation.id)
    ).all()


def all_federations() -> Sequence[Federation]:
    """Every federation, by name."""
    return db.session.scalars(sa.select(Federation).order_by(Federation.folded, Federation.id)).all()


def federation_named(name: str) -> Federation | None:
    """The federation of that name, case and accents folded."""
    return db.session.scalar(sa.select(Federation).where(Federation.folded == fold(name)))


def centres(federation_id: UUID) -> Sequence[Centre]:
    """The centres of a federation with their aliases, by name."""
    return db.session.scalars(
        sa.select(Centre)
        .where(Centre.federation_id == federation_id)
        .options(selectinload(Centre.aliases))
        .order_by(Centre.folded, Centre.id)
    ).all()


def campaigns(federation_id: UUID) -> dict[int, Campaign]:
    """Year → campaign, with its form."""
    rows = db.session.scalars(
        sa.select(Campaign).where(Campaign.federation_id == federation_id).options(joinedload(Campaign.form_version))
    )
    return {campaign.year: campaign for campaign in rows}


def actions(centre_ids: Collection[UUID]) -> Sequence[Action]:
    """The actions of these centres, the oldest first."""
    return db.session.scalars(
        sa.select(Action).where(Action.centre_id.in_(centre_ids)).order_by(Action.created_at, Action.id)
    ).all()


def stored_sheets(centre_ids: Collection[UUID], campaign_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], Stored]:
    """(action, campaign) → the sheet that is there."""
    sheets = db.session.scalars(
        sa.select(Sheet)
        .where(Sheet.centre_id.in_(centre_ids), Sheet.campaign_id.in_(campaign_ids))
        .options(joinedload(Sheet.current_snapshot), joinedload(Sheet.form_version))
    ).all()
    made = _last_imported([sheet.id for sheet in sheets])
    return {(sheet.action_id, sheet.campaign_id): Stored(sheet, made.get(sheet.id)) for sheet in sheets}


def _last_imported(sheet_ids: Collection[UUID]) -> dict[UUID, Snapshot]:
    events = db.session.scalars(
        sa.select(Event).where(Event.sheet_id.in_(sheet_ids), Event.kind == IMPORTED).order_by(Event.seq)
    )
    last = {event.sheet_id: UUID(event.data["snapshot"]) for event in events}
    rows = db.session.scalars(sa.select(Snapshot).where(Snapshot.id.in_(last.values())))
    return {snapshot.sheet_id: snapshot for snapshot in rows}


def sheets_with_ids(federation_id: UUID, ids: Iterable[str]) -> dict[str, Sheet]:
    """Id as text → the sheet, of those of the federation; what is no id of ours is left out."""
    wanted = []
    for text in ids:
        with suppress(ValueError):
            wanted.append(UUID(text))
    rows = db.session.scalars(
        sa.select(Sheet).where(Sheet.federation_id == federation_id, Sheet.id.in_(wanted)).options(*WHOLE)
    )
    return {str(sheet.id): sheet for sheet in rows}


def marks_brought(sheet_ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """By sheet, the marks of the answers that workbooks have brought, each as it was brought last."""
    events = db.session.scalars(
        sa.select(Event).where(Event.sheet_id.in_(sheet_ids), Event.kind == BROUGHT).order_by(Event.seq)
    )
    found: dict[UUID, dict[str, str]] = {}
    for event in events:
        if event.sheet_id is not None:
            found.setdefault(event.sheet_id, {}).update(event.data["marks"])
    return found


def form_with_hash(sha256: str) -> FormVersion | None:
    """The published form of that hash."""
    return db.session.scalar(sa.select(FormVersion).where(FormVersion.sha256 == sha256))


def open_campaigns(actor: Actor, *, at: datetime) -> Sequence[Campaign]:
    """The campaigns that run, be it for one centre, for which the actor may import, the newest first."""
    rows = db.session.scalars(
        sa.select(Campaign)
        .where(scope_of(actor, Act.IMPORT, Campaign))
        .options(joinedload(Campaign.federation), selectinload(Campaign.expected))
        .order_by(Campaign.year.desc(), Campaign.federation_id)
    )
    return [row for row in rows if any(may_edit(row, line, at=at) for line in (None, *row.expected))]


def campaign(campaign_id: UUID) -> Campaign | None:
    """A campaign with its form."""
    return db.session.scalar(
        sa.select(Campaign)
        .where(Campaign.id == campaign_id)
        .options(joinedload(Campaign.form_version), joinedload(Campaign.federation))
    )


def run(run_id: UUID) -> ImportRun | None:
    """An uploaded file."""
    return db.session.get(ImportRun, run_id)


def runs(actor: Actor) -> Sequence[ImportRun]:
    """The uploads that the actor may see, the latest first, without their texts."""
    return db.session.scalars(
        sa.select(ImportRun)
        .where(scope_of(actor, Act.IMPORT, ImportRun))
        .options(defer(ImportRun.text))
        .order_by(ImportRun.created_at.desc(), ImportRun.id)
        .limit(20)
    ).all()
