"""Which sheets a report is about: a choice as plain data, and the sheets that it means, in printing order."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.departments import DEPARTMENTS
from forms.french import PARIS
from forms.lifecycle import READABLE, SheetState, label_of_several
from reports.content import Coverage
from webapp.database import db
from webapp.models import Action, Campaign, CampaignCentre, CampaignFunder, Centre, Facet, Funder, Sheet, Snapshot
from webapp.queries import agreement_scope
from webapp.queries.desk import carrying


@dataclass(frozen=True)
class Selection:
    """What narrows a report; empty means no narrowing. facets: question id → codes, any of them.

    latest: the last campaign that was opened, whichever it is when the report is made; years then says nothing.
    states: validated or published alone. labels: sheets that carry one of them. funder_id: the sheets of the campaigns
    that are addressed to that funder. agreement_id: the agreement that a funder’s report answers for.
    whole: its sheets are printed whole, else in short.
    """

    federation_id: UUID | None = None
    sheet_id: UUID | None = None
    years: tuple[int, ...] = ()
    latest: bool = False
    centres: tuple[UUID, ...] = ()
    departments: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    states: tuple[str, ...] = ()
    labels: tuple[UUID, ...] = ()
    funder_id: UUID | None = None
    agreement_id: UUID | None = None
    whole: bool = False

    @property
    def choice(self) -> str:
        """Ten hexadecimal digits that tell this choice of sheets from others, in whatever order it was put.

        How its sheets are printed is none of it. A choice of the last campaign is to be resolved first.
        """
        said = replace(self, whole=False, years=tuple(sorted(self.years)), centres=tuple(sorted(self.centres)))
        kept = said.to_json() | {
            "departments": sorted(self.departments),
            "facets": {question: sorted(codes) for question, codes in self.facets.items() if codes},
            "states": sorted(self.states),
            "labels": sorted(map(str, self.labels)),
        }
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:10]

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the report."""
        return {
            "federation": str(self.federation_id) if self.federation_id else None,
            "sheet": str(self.sheet_id) if self.sheet_id else None,
            "years": list(self.years),
            "latest": self.latest,
            "centres": [str(centre) for centre in self.centres],
            "departments": list(self.departments),
            "facets": {question: list(codes) for question, codes in self.facets.items()},
            "states": list(self.states),
            "labels": [str(label) for label in self.labels],
            "funder": str(self.funder_id) if self.funder_id else None,
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
            latest=bool(data.get("latest", False)),
            centres=tuple(UUID(centre) for centre in data.get("centres", ())),
            departments=tuple(data.get("departments", ())),
            facets={question: tuple(codes) for question, codes in data.get("facets", {}).items()},
            states=tuple(data.get("states", ())),
            labels=tuple(UUID(label) for label in data.get("labels", ())),
            funder_id=UUID(data["funder"]) if data.get("funder") else None,
            agreement_id=UUID(data["agreement"]) if data.get("agreement") else None,
            whole=bool(data.get("whole")),
        )


def resolved(selection: Selection) -> Selection:
    """The selection with the last campaign named by its year, as a report that is made keeps it."""
    if not selection.latest:
        return selection
    opened = sa.select(sa.func.max(Campaign.year)).where(Campaign.opened_at.is_not(None))
    if selection.federation_id:
        opened = opened.where(Campaign.federation_id == selection.federation_id)
    year = db.session.scalar(opened)
    return replace(selection, latest=False, years=(year or 0,))


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
            *_conditions(resolved(selection)),
            *(agreement_scope.conditions_of(agreement) if agreement else ()),
        )
        .options(*SHOWN, joinedload(Sheet.current_snapshot).joinedload(Snapshot.form_version))
        .order_by(*ORDER)
    ).all()
    if agreement is None:
        return rows
    return [
        row
        for row in rows
        if row.current_snapshot is not None and agreement_scope.concerns(agreement, row.current_snapshot.answers)
    ]


SHOWN = (joinedload(Sheet.campaign), joinedload(Sheet.centre), joinedload(Sheet.action))
ORDER = (Campaign.year, Centre.department, Centre.folded, sa.func.lower(Action.title), Sheet.reference)


def hashes(selection: Selection) -> dict[str, str]:
    """What these sheets hold now, as reports remember it: reference → SHA-256 of what was last sent."""
    if selection.agreement_id:
        # Which sheets concern it is read from their answers.
        found = [(sheet.reference, sheet.current_snapshot) for sheet in selected(selection)]
        return {reference: sent.sha256 for reference, sent in found if sent is not None}
    rows = db.session.execute(
        sa.select(Sheet.reference, Snapshot.sha256)
        .join(Sheet.campaign)
        .join(Sheet.centre)
        .join(Sheet.current_snapshot)
        .where(*_conditions(resolved(selection)))
        .order_by(Sheet.reference)
    )
    return {row.reference: row.sha256 for row in rows}


def _conditions(selection: Selection) -> list[sa.ColumnElement[bool]]:
    if selection.sheet_id:
        # Named by itself a sheet is read as it was last sent, whatever its state.
        return [Sheet.id == selection.sheet_id]
    wanted = READABLE & {SheetState(state) for state in selection.states} if selection.states else READABLE
    found = [Sheet.state.in_(sorted(wanted)), *_campaigns(selection), *_centres(selection)]
    for question, codes in sorted(selection.facets.items()):
        found.append(sa.exists().where(Facet.sheet_id == Sheet.id, Facet.question == question, Facet.code.in_(codes)))
    if selection.labels:
        found.append(sa.or_(*(carrying(label) for label in selection.labels)))
    return found


def _campaigns(selection: Selection) -> list[sa.ColumnElement[bool]]:
    """The campaigns that it speaks of."""
    found: list[sa.ColumnElement[bool]] = []
    if selection.federation_id:
        found.append(Campaign.federation_id == selection.federation_id)
    if selection.years:
        found.append(Campaign.year.in_(selection.years))
    if selection.funder_id:
        addressed = CampaignFunder.campaign_id == Campaign.id
        found.append(sa.exists().where(addressed, CampaignFunder.funder_id == selection.funder_id))
    return found


def _centres(selection: Selection) -> list[sa.ColumnElement[bool]]:
    """The centres that it speaks of."""
    found: list[sa.ColumnElement[bool]] = []
    if selection.centres:
        found.append(Centre.id.in_(selection.centres))
    if selection.departments:
        found.append(Centre.department.in_(selection.departments))
    return found


def expected_centres(selection: Selection, *, at: datetime) -> int | None:
    """How many centres the campaigns of the selection wait for, as their pages say; None where nobody said."""
    sent = sa.exists().where(
        Sheet.campaign_id == Campaign.id, Sheet.centre_id == Centre.id, Sheet.current_snapshot_id.is_not(None)
    )
    there = sa.or_(Centre.closed_on.is_(None), Centre.closed_on > at.astimezone(PARIS).date(), sent)
    chosen = resolved(selection)
    wanted = (
        sa.select(sa.func.count(sa.distinct(CampaignCentre.centre_id)))
        .join(CampaignCentre.campaign)
        .join(CampaignCentre.centre)
        .where(there, *_campaigns(chosen), *_centres(chosen))
    )
    return db.session.scalar(wanted) or None


def coverage(selection: Selection, *, at: datetime) -> Coverage | None:
    """How much of what was expected is there; None for a sheet named by itself.

    A theme, a label or a state narrows what is printed, not what was expected: of the centres that were, those count
    that have any accepted sheet in these campaigns.
    """
    if selection.sheet_id:
        return None
    chosen, expected = resolved(selection), expected_centres(selection, at=at)
    answered = (
        sa.select(sa.func.count(sa.distinct(Sheet.centre_id)))
        .join(Sheet.campaign)
        .join(Sheet.centre)
        .where(Sheet.state.in_(sorted(READABLE)), *_campaigns(chosen), *_centres(chosen))
    )
    if expected is not None:
        # A centre that answers without being expected must not stand for one that is.
        line = CampaignCentre.campaign_id == Sheet.campaign_id, CampaignCentre.centre_id == Sheet.centre_id
        answered = answered.where(sa.exists().where(*line))
    last_days = sa.select(Campaign.last_edit).where(*_campaigns(chosen))
    today = at.astimezone(PARIS).date()
    closed = all(day < today for day in db.session.scalars(last_days))
    return Coverage(answered=db.session.scalar(answered) or 0, expected=expected, closed=closed)


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
        found = db.session.scalars(
            sa.select(Facet.label)
            .distinct()
            .where(Facet.question == question, Facet.code.in_(codes))
            .order_by(Facet.label)
        )
        said.append(", ".join(found))
    if len(selection.states) == 1:
        said.append("Fiches " + label_of_several(SheetState(selection.states[0])).lower())
    if selection.funder_id:
        said.append("Financeur\u00a0: " + (db.session.scalar(_funder(selection)) or "–"))
    if selection.labels:
        # The federation's own words are no funder's to read.
        said.append("Choix de la fédération")
    return " · ".join(part for part in said if part)


def _funder(selection: Selection) -> Any:
    named = sa.select(Funder.name).where(Funder.id == selection.funder_id)
    return named.where(Funder.federation_id == selection.federation_id) if selection.federation_id else named
