"""Agreements as their pages need them: the list, what one covers, what its form offers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from forms.definition import FormVersion
from forms.lifecycle import READABLE
from reports.content import ReportInput, ReportSheet, Terms
from webapp.database import db
from webapp.models import Action, Agreement, Campaign, Centre, Facet, Federation, Funder, ReportRun, Sheet, Snapshot
from webapp.policy import Act, Actor
from webapp.queries.agreement_scope import centres_of, concerns, conditions_of, find, terms_of, themes_of, version_of
from webapp.queries.quotes import quotes_for
from webapp.queries.report_selection import Selection
from webapp.queries.report_sheets import report_sheet
from webapp.queries.scope import scope_of

LISTED = 200
NOT_THEMES = frozenset({"status", "partners"})
"""Facets that are no theme: how far an action is, and with whom, which an agreement says apart."""


@dataclass(frozen=True)
class Offer:
    """What an agreement of a federation may be about: (value, label) pairs."""

    federation: Federation
    funders: tuple[tuple[str, str], ...]
    centres: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str], ...]
    version: FormVersion | None

    @property
    def themes(self) -> tuple[tuple[str, str], ...]:
        """« keywords:culture » and « Mots clés : Culture », for each choice by which lists are filtered."""
        if self.version is None:
            return ()
        return tuple(
            (f"{question.id}:{facet.code}", f"{question.short_label}\u00a0: {facet.label}")
            for question in self.version.questions
            if question.facet and question.id not in NOT_THEMES
            for facet in question.kind.facet_choices()
        )


@dataclass(frozen=True)
class YearLine:
    """A year of an agreement: how many sheets, of how many centres; whether the federation collected that year."""

    year: int
    sheets: int
    centres: int
    collected: bool


def visible(actor: Actor) -> Sequence[Agreement]:
    """The agreements that the actor may see, latest first."""
    return db.session.scalars(
        sa.select(Agreement)
        .where(scope_of(actor, Act.AGREEMENT_READ, Agreement))
        .options(joinedload(Agreement.funder), joinedload(Agreement.federation))
        .order_by(
            Agreement.closed_at.is_not(None), Agreement.last_year.desc(), Agreement.created_at.desc(), Agreement.id
        )
        .limit(LISTED)
    ).all()


def sheets(agreement: Agreement, actor: Actor) -> list[ReportSheet]:
    """The validated and published sheets of the agreement that the actor may read, in printing order."""
    centres, found = centres_of(agreement), conditions_of(agreement)
    if centres:
        found.append(Sheet.centre_id.in_(centres))
    for question, codes in sorted(themes_of(agreement).items()):
        found.append(sa.exists().where(Facet.sheet_id == Sheet.id, Facet.question == question, Facet.code.in_(codes)))
    rows = db.session.scalars(
        sa.select(Sheet)
        .join(Sheet.campaign)
        .join(Sheet.centre)
        .where(
            scope_of(actor, Act.SHEET_READ, Sheet),
            Sheet.state.in_(sorted(READABLE)),
            Sheet.current_snapshot_id.is_not(None),
            Campaign.year.between(agreement.first_year, agreement.last_year),
            *found,
        )
        .options(
            joinedload(Sheet.campaign),
            joinedload(Sheet.centre),
            joinedload(Sheet.current_snapshot).joinedload(Snapshot.form_version),
        )
        .order_by(Campaign.year, Centre.department, Centre.folded, Sheet.reference)
    )
    return [
        report_sheet(row)
        for row in rows
        if row.current_snapshot is not None and concerns(agreement, row.current_snapshot.answers)
    ]


def selection_of(
    agreement: Agreement, years: tuple[int, ...], *, departments: tuple[str, ...] = (), whole: bool = False
) -> Selection:
    """The agreement's sheets of these years, as a report is asked for. departments: those that it may not leave."""
    return Selection(
        federation_id=agreement.federation_id,
        years=years,
        centres=centres_of(agreement),
        departments=departments,
        facets=themes_of(agreement),
        agreement_id=agreement.id,
        whole=whole,
    )


def completed(content: ReportInput, selection: Selection) -> ReportInput:
    """What a report is made from, with the agreement that it is about, where it is about one."""
    agreement = find(selection.agreement_id) if selection.agreement_id else None
    if agreement is None:
        return content
    quotes = quotes_for([UUID(sheet.id) for sheet in content.sheets], funder_id=agreement.funder_id)
    return replace(content, address=agreement.address, terms=_terms(agreement, selection), quotes=quotes)


def terms_for(selection: Selection) -> Terms | None:
    """The agreement that a report of that selection is about, as the report shows it; None where it is about none."""
    agreement = find(selection.agreement_id) if selection.agreement_id else None
    return _terms(agreement, selection) if agreement is not None else None


def _terms(agreement: Agreement, selection: Selection) -> Terms:
    return terms_of(agreement, years=selection.years, whole=selection.whole, departments=selection.departments)


def by_year(agreement: Agreement, found: Sequence[ReportSheet]) -> list[YearLine]:
    """Year by year, what the agreement's sheets are; a year without a campaign says so."""
    collected = set(
        db.session.scalars(sa.select(Campaign.year).where(Campaign.federation_id == agreement.federation_id))
    )
    lines = []
    for year in agreement.years:
        own = [sheet for sheet in found if sheet.year == year]
        centres = {(sheet.centre, sheet.commune) for sheet in own}
        lines.append(YearLine(year, len(own), len(centres), year in collected))
    return lines


def runs(agreement_id: UUID, actor: Actor) -> Sequence[ReportRun]:
    """The reports on the agreement that the actor may see, newest first."""
    return db.session.scalars(
        sa.select(ReportRun)
        .where(
            scope_of(actor, Act.REPORT_LIST, ReportRun),
            ReportRun.parameters["agreement"].as_string() == str(agreement_id),
        )
        .options(joinedload(ReportRun.job), selectinload(ReportRun.addressed))
        .order_by(ReportRun.created_at.desc(), ReportRun.id)
        .limit(LISTED)
    ).all()


def offer(federation: Federation) -> Offer:
    """What an agreement of that federation may be about."""
    funders = db.session.scalars(
        sa.select(Funder).where(Funder.federation_id == federation.id).order_by(sa.func.lower(Funder.name), Funder.id)
    )
    centres = db.session.scalars(
        sa.select(Centre).where(Centre.federation_id == federation.id).order_by(Centre.folded, Centre.id)
    )
    sent = sa.exists().where(Sheet.action_id == Action.id, Sheet.current_snapshot_id.is_not(None))
    actions = db.session.scalars(
        sa.select(Action)
        .join(Action.centre)
        .where(Centre.federation_id == federation.id, sent)
        .options(joinedload(Action.centre))
        .order_by(Centre.folded, sa.func.lower(Action.title), Action.id)
    )
    return Offer(
        federation,
        tuple((str(row.id), row.name) for row in funders),
        tuple((str(row.id), row.name) for row in centres),
        tuple((str(row.id), f"{row.title} – {row.centre.name}") for row in actions),
        version_of(federation.id),
    )
