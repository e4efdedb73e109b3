"""Which sheets a report is about: a choice as plain data, and the sheets that it means, in printing order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.departments import DEPARTMENTS
from forms.french import PARIS
from forms.lifecycle import READABLE
from webapp.database import db
from webapp.models import Action, Campaign, CampaignCentre, Centre, Facet, Sheet, Snapshot
from webapp.queries import agreement_scope


@dataclass(frozen=True)
class Selection:
    """What narrows a report; empty means no narrowing. facets: question id → codes, any of them."""

    federation_id: UUID | None = None
    sheet_id: UUID | None = None
    years: tuple[int, ...] = ()
    centres: tuple[UUID, ...] = ()
    departments: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Of an agreement, for the report to its funder: which, and whether its sheets are printed whole.
    agreement_id: UUID | None = None
    whole: bool = False

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the report."""
        return {
            "federation": str(self.federation_id) if self.federation_id else None,
            "sheet": str(self.sheet_id) if self.sheet_id else None,
            "years": list(self.years),
            "centres": [str(centre) for centre in self.centres],
            "departments": list(self.departments),
            "facets": {question: list(codes) for question, codes in self.facets.items()},
            "agreement": str(self.agreement_id) if self.agreement_id else None,
            "whole": self.whole,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of to_json."""
        return cls(
            federation_id=UUID(data["federation"]) if data.get("federation") else None,
            sheet_id=UUID(data["sheet"]) if data.get("sheet") else None,
            years=tuple(data.get("years", ())),
            centres=tuple(UUID(centre) for centre in data.get("centres", ())),
            departments=tuple(data.get("departments", ())),
            facets={question: tuple(codes) for question, codes in data.get("facets", {}).items()},
            agreement_id=UUID(data["agreement"]) if data.get("agreement") else None,
            whole=bool(data.get("whole")),
        )


def selected(selection: Selection) -> Sequence[Sheet]:
    """The validated and published sheets that the selection means: by year, department, centre, title."""
    agreement = agreement_scope.find(selection.agreement_id) if selection.agreement_id else None
    rows = db.session.scalars(
        sa.select(Sheet)
        .join(Sheet.campaign)
        .join(Sheet.centre)
        .join(Sheet.action)
        .where(
            Sheet.current_snapshot_id.is_not(None),
            *_conditions(selection),
            *(agreement_scope.conditions_of(agreement) if agreement else ()),
        )
        .options(
            joinedload(Sheet.campaign),
            joinedload(Sheet.centre),
            joinedload(Sheet.action),
            joinedload(Sheet.current_snapshot).joinedload(Snapshot.form_version),
        )
        .order_by(Campaign.year, Centre.department, Centre.folded, sa.func.lower(Action.title), Sheet.reference)
    ).all()
    if agreement is None:
        return rows
    return [
        row
        for row in rows
        if row.current_snapshot is not None and agreement_scope.concerns(agreement, row.current_snapshot.answers)
    ]


def _conditions(selection: Selection) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if selection.sheet_id:
        # Named by itself a sheet is read as it was last sent, whatever its state.
        return [Sheet.id == selection.sheet_id]
    found.append(Sheet.state.in_(sorted(READABLE)))
    if selection.federation_id:
        found.append(Sheet.federation_id == selection.federation_id)
    if selection.years:
        found.append(Campaign.year.in_(selection.years))
    if selection.centres:
        found.append(Sheet.centre_id.in_(selection.centres))
    if selection.departments:
        found.append(Centre.department.in_(selection.departments))
    for question, codes in sorted(selection.facets.items()):
        found.append(sa.exists().where(Facet.sheet_id == Sheet.id, Facet.question == question, Facet.code.in_(codes)))
    return found


def expected_centres(selection: Selection, *, at: datetime) -> int | None:
    """How many centres the campaigns of the selection wait for, as their pages say; None where nobody said."""
    sent = sa.exists().where(
        Sheet.campaign_id == Campaign.id, Sheet.centre_id == Centre.id, Sheet.current_snapshot_id.is_not(None)
    )
    there = sa.or_(Centre.closed_on.is_(None), Centre.closed_on > at.astimezone(PARIS).date(), sent)
    wanted = (
        sa.select(sa.func.count(sa.distinct(CampaignCentre.centre_id)))
        .join(CampaignCentre.campaign)
        .join(CampaignCentre.centre)
        .where(there)
    )
    if selection.federation_id:
        wanted = wanted.where(Campaign.federation_id == selection.federation_id)
    if selection.years:
        wanted = wanted.where(Campaign.year.in_(selection.years))
    if selection.centres:
        wanted = wanted.where(CampaignCentre.centre_id.in_(selection.centres))
    if selection.departments:
        wanted = wanted.where(Centre.department.in_(selection.departments))
    return db.session.scalar(wanted) or None


def in_words(selection: Selection) -> str:
    """The choice in French, for the report's first page; empty without one (the years stand beside it)."""
    said: list[str] = []
    if selection.departments:
        said.append("Département\u00a0: " + ", ".join(DEPARTMENTS.get(code, code) for code in selection.departments))
    if selection.centres:
        chosen = sa.select(Centre.name).where(Centre.id.in_(selection.centres))
        if selection.federation_id:
            # Another federation's centre has no sheet here, and no name either.
            chosen = chosen.where(Centre.federation_id == selection.federation_id)
        names = db.session.scalars(chosen.order_by(Centre.folded))
        said.append("Centre\u00a0: " + ", ".join(names))
    for question, codes in sorted(selection.facets.items()):
        labels = db.session.scalars(
            sa.select(Facet.label)
            .distinct()
            .where(Facet.question == question, Facet.code.in_(codes))
            .order_by(Facet.label)
        )
        said.append(", ".join(labels))
    return " · ".join(part for part in said if part)
