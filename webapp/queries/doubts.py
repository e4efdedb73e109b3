"""The soft checks of sheets as they are stored: with last year's account and the centre's other sheets beside them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.checks import Doubt, doubts, readable
from webapp.database import db
from webapp.models import Action, Campaign, FormVersion, Sheet, Snapshot, User
from webapp.queries.versions import form_of


@dataclass(frozen=True)
class _Told:
    """What another sheet says: a name for it, its answers, and the form in which they were written."""

    label: str
    answers: Mapping[str, Any]
    form: FormVersion


def doubts_of(sheet: Sheet) -> tuple[Doubt, ...]:
    """What looks odd in a sheet, confirmed or not."""
    return doubts_by_sheet([sheet])[sheet.id]


def open_doubts(sheet: Sheet) -> tuple[Doubt, ...]:
    """What looks odd in a sheet and has not been confirmed."""
    return still_open(sheet, doubts_of(sheet))


def still_open(sheet: Sheet, told: Sequence[Doubt]) -> tuple[Doubt, ...]:
    """Of a sheet's doubts those that nobody has confirmed."""
    return tuple(doubt for doubt in told if doubt.key not in sheet.passed_checks)


def doubts_by_sheet(sheets: Sequence[Sheet]) -> dict[UUID, tuple[Doubt, ...]]:
    """What looks odd in each of these sheets; two queries for all of them. Needs sheet.campaign, .form_version."""
    if not sheets:
        return {}
    before, beside = _last_years(sheets), _others(sheets)
    found = {}
    for sheet in sheets:
        version = form_of(sheet.form_version)
        last = max((year for year in before.get(sheet.action_id, {}) if year < sheet.campaign.year), default=None)
        told = before[sheet.action_id][last] if last is not None else None
        found[sheet.id] = doubts(
            version,
            sheet.answers,
            last_year=readable(version, told.answers, form_of(told.form)) if told else None,
            others=[
                (other.label, readable(version, other.answers, form_of(other.form)))
                for id_, other in beside.get((sheet.centre_id, sheet.campaign_id), {}).items()
                if id_ != sheet.id
            ],
        )
    return found


def _last_years(sheets: Sequence[Sheet]) -> dict[UUID, dict[int, _Told]]:
    """What was last sent of each action, by year."""
    rows = db.session.execute(
        sa.select(Sheet.action_id, Campaign.year, Snapshot)
        .join(Campaign, Campaign.id == Sheet.campaign_id)
        .join(Snapshot, Snapshot.id == Sheet.current_snapshot_id)
        .where(Sheet.action_id.in_({sheet.action_id for sheet in sheets}))
        .options(joinedload(Snapshot.form_version))
        .order_by(Campaign.year)
    )
    found: dict[UUID, dict[int, _Told]] = {}
    for action_id, year, snapshot in rows:
        found.setdefault(action_id, {})[year] = _Told(snapshot.title, snapshot.answers, snapshot.form_version)
    return found


def _others(sheets: Sequence[Sheet]) -> dict[tuple[UUID, UUID], dict[UUID, _Told]]:
    """All sheets of the centres in the campaigns, as they are now: by centre and campaign, then by id."""
    rows = db.session.execute(
        sa.select(Sheet.id, Sheet.centre_id, Sheet.campaign_id, Sheet.answers, Action.title, FormVersion)
        .join(Action, Action.id == Sheet.action_id)
        .join(FormVersion, FormVersion.id == Sheet.form_version_id)
        .where(
            Sheet.centre_id.in_({sheet.centre_id for sheet in sheets}),
            Sheet.campaign_id.in_({sheet.campaign_id for sheet in sheets}),
        )
        .order_by(Sheet.reference)
    )
    found: dict[tuple[UUID, UUID], dict[UUID, _Told]] = {}
    for id_, centre_id, campaign_id, answers, title, form in rows:
        found.setdefault((centre_id, campaign_id), {})[id_] = _Told(title, answers, form)
    return found


def names(passed: Collection[Mapping[str, Any]]) -> dict[str, str]:
    """The names of those who let doubts pass, by the id that is kept with the reason."""
    ids = {UUID(one["by"]) for one in passed if one["by"]}
    rows = db.session.scalars(sa.select(User).where(User.id.in_(ids))) if ids else ()
    return {str(user.id): user.full_name or user.email for user in rows}
