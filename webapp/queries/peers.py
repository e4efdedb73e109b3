"""The accepted sheets of other centres that a centre's sheet is set beside."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from reports.peers import Given, Line, Peer, beside, measured
from webapp.database import db
from webapp.models import Campaign, Centre, Facet, FormVersion, Sheet, Snapshot
from webapp.policy import ACCEPTED
from webapp.queries.versions import form_of

DIMENSION = "dimension"
"""The facet by which sheets are alike."""


def beside_others(sheet: Sheet) -> tuple[Line, ...]:
    """The figures of an accepted sheet beside those of the other centres of its federation and year; none before.

    Needs sheet.centre, .campaign, .current_snapshot.form_version.
    """
    snapshot = sheet.current_snapshot
    if sheet.state not in ACCEPTED or snapshot is None:
        return ()
    own = measured(form_of(snapshot.form_version), snapshot.answers)
    if not own:
        return ()
    dimensions = _dimensions(sheet)
    dimension, seen = dimensions.get(sheet.id, ""), set(dimensions.values())
    return beside(own, _peers(sheet, {*seen} - {""}), dimension=dimension, seen=seen)


def _accepted(sheet: Sheet) -> tuple[sa.ColumnElement[bool], ...]:
    """The accepted sheets of its federation and year."""
    in_year = sa.select(Campaign.id).where(
        Campaign.federation_id == sheet.federation_id, Campaign.year == sheet.campaign.year
    )
    return Sheet.campaign_id.in_(in_year), Sheet.state.in_(sorted(ACCEPTED))


_CODE = (
    sa.select(sa.func.min(Facet.code))
    .where(Facet.sheet_id == Sheet.id, Facet.question == DIMENSION)
    .correlate(Sheet)
    .scalar_subquery()
)


def _dimensions(sheet: Sheet) -> dict[UUID, str]:
    """The dimension of each accepted sheet of its own centre, by sheet; empty where it says none."""
    rows = db.session.execute(
        sa.select(Sheet.id, _CODE.label("code")).where(*_accepted(sheet), Sheet.centre_id == sheet.centre_id)
    )
    return {row.id: row.code or "" for row in rows}


def _peers(sheet: Sheet, dimensions: Collection[str]) -> list[Peer]:
    """The sheets of other centres that are of one of these dimensions, or of the same département."""
    near = Centre.department == sheet.centre.department
    rows = db.session.execute(
        sa.select(Sheet.centre_id, _CODE.label("code"), near.label("near"), Snapshot.answers, FormVersion)
        .join(Centre, Centre.id == Sheet.centre_id)
        .join(Snapshot, Snapshot.id == Sheet.current_snapshot_id)
        .join(FormVersion, FormVersion.id == Snapshot.form_version_id)
        .where(*_accepted(sheet), Sheet.centre_id != sheet.centre_id, sa.or_(near, _CODE.in_(sorted(dimensions))))
        .order_by(Sheet.id)
    )
    return [
        # Sheets that say no dimension are like no other.
        Peer(str(centre_id), code or f"none of {centre_id}", bool(is_near), _figures(version, answers))
        for centre_id, code, is_near, answers, version in rows
    ]


def _figures(version: FormVersion, answers: Mapping[str, Any]) -> dict[str, Given]:
    return {measure.id: given for measure, given in measured(form_of(version), answers).items()}
