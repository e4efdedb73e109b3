"""The reports that somebody may see, and what they may choose from to make one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from forms.definition import FormVersion
from forms.departments import DEPARTMENTS
from webapp.database import db
from webapp.models import Campaign, Centre, Federation, Funder, ReportRun, ReportRunFunder
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of
from webapp.queries.versions import form_of

LISTED = 100

WHOLE = (
    joinedload(ReportRun.job),
    joinedload(ReportRun.requester),
    joinedload(ReportRun.federation),
    selectinload(ReportRun.addressed).joinedload(ReportRunFunder.funder),
)


@dataclass(frozen=True)
class Offer:
    """What a federation's report may be narrowed by: (value, label) pairs."""

    federation: Federation
    years: tuple[int, ...]
    departments: tuple[tuple[str, str], ...]
    centres: tuple[tuple[str, str], ...]
    version: FormVersion | None

    @property
    def facets(self) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
        """(question id, label, choices) of each question by which lists are filtered."""
        if self.version is None:
            return ()
        return tuple(
            (
                question.id,
                question.short_label,
                tuple((facet.code, facet.label) for facet in question.kind.facet_choices()),
            )
            for question in self.version.questions
            if question.facet
        )


def visible(actor: Actor) -> Sequence[ReportRun]:
    """The reports that the actor may see, newest first."""
    return db.session.scalars(
        sa.select(ReportRun)
        .where(scope_of(actor, Act.REPORT_LIST, ReportRun))
        .options(*WHOLE)
        .order_by(ReportRun.created_at.desc(), ReportRun.id)
        .limit(LISTED)
    ).all()


def find(run_id: UUID) -> ReportRun | None:
    """That report with all that its page shows, or None."""
    return db.session.scalar(sa.select(ReportRun).where(ReportRun.id == run_id).options(*WHOLE))


def federations(actor: Actor) -> Sequence[Federation]:
    """Where the actor may make reports."""
    return db.session.scalars(
        sa.select(Federation)
        .where(scope_of(actor, Act.REPORT_MAKE, Federation))
        .order_by(Federation.folded, Federation.id)
    ).all()


def offer(actor: Actor, federation: Federation) -> Offer:
    """What the actor's report of that federation may be narrowed by."""
    campaigns = db.session.scalars(
        sa.select(Campaign)
        .where(Campaign.federation_id == federation.id)
        .options(joinedload(Campaign.form_version))
        .order_by(Campaign.year.desc())
    ).all()
    centres = db.session.scalars(
        sa.select(Centre)
        .where(Centre.federation_id == federation.id, scope_of(actor, Act.REPORT_MAKE, Centre))
        .order_by(Centre.folded, Centre.id)
    ).all()
    codes = sorted({centre.department for centre in centres})
    return Offer(
        federation=federation,
        years=tuple(campaign.year for campaign in campaigns),
        departments=tuple((code, DEPARTMENTS.get(code, code)) for code in codes),
        centres=tuple((str(centre.id), centre.name) for centre in centres),
        version=form_of(campaigns[0].form_version) if campaigns else None,
    )


def funders(federation_id: UUID) -> Sequence[Funder]:
    """The funders of a federation, by name."""
    return db.session.scalars(
        sa.select(Funder).where(Funder.federation_id == federation_id).order_by(Funder.name, Funder.id)
    ).all()
