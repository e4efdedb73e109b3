"""The reports that somebody may see, and what they may choose from to make one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only, selectinload

from forms.definition import FormVersion
from forms.departments import DEPARTMENTS
from webapp.database import db
from webapp.models import (
    Campaign,
    Centre,
    Federation,
    Funder,
    Label,
    PersonalLink,
    ReportOpening,
    ReportRun,
    ReportRunFunder,
    ReportTemplate,
)
from webapp.policy import Act, Actor
from webapp.queries.report_history import NAMED, of_same_choice
from webapp.queries.report_selection import Selection
from webapp.queries.scope import scope_of
from webapp.queries.versions import form_of
from webapp.vocabulary import PersonalPurpose

LISTED = 100

WHOLE = (
    joinedload(ReportRun.job),
    joinedload(ReportRun.requester),
    joinedload(ReportRun.issuer),
    joinedload(ReportRun.template),
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
    labels: tuple[tuple[str, str], ...] = ()
    funders: tuple[tuple[str, str], ...] = ()

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


def templates(actor: Actor) -> Sequence[ReportTemplate]:
    """The templates that the actor may use, by name."""
    return db.session.scalars(
        sa.select(ReportTemplate)
        .where(scope_of(actor, Act.REPORT_TEMPLATE, ReportTemplate))
        .options(joinedload(ReportTemplate.federation))
        .order_by(ReportTemplate.folded, ReportTemplate.id)
    ).all()


def template(template_id: UUID) -> ReportTemplate | None:
    """That template with its federation, or None."""
    return db.session.scalar(
        sa.select(ReportTemplate).where(ReportTemplate.id == template_id).options(joinedload(ReportTemplate.federation))
    )


def last_issued(templates: Sequence[ReportTemplate]) -> dict[UUID, ReportRun]:
    """What was last issued by each of these templates, whichever its years, by the template's id."""
    wanted = [template.id for template in templates]
    rows = db.session.scalars(
        sa.select(ReportRun)
        .where(ReportRun.template_id.in_(wanted), ReportRun.version.is_not(None))
        .options(load_only(*NAMED, ReportRun.template_id, ReportRun.version, ReportRun.issued_at))
        .order_by(ReportRun.issued_at, ReportRun.created_at, ReportRun.id)
    )
    return {run.template_id: run for run in rows if run.template_id is not None}


def last_version(template: ReportTemplate, selection: Selection) -> ReportRun | None:
    """The last version issued by that template of that selection (resolved)."""
    rows = db.session.scalars(
        sa.select(ReportRun)
        .where(ReportRun.template_id == template.id, ReportRun.version.is_not(None))
        .order_by(ReportRun.version.desc())
    ).all()
    return next(iter(of_same_choice(rows, selection)), None)


def versions(actor: Actor, run: ReportRun) -> Sequence[ReportRun]:
    """The versions that were issued of the same report and that the actor may see, latest first."""
    rows = db.session.scalars(
        sa.select(ReportRun)
        .where(
            scope_of(actor, Act.REPORT_LIST, ReportRun),
            ReportRun.federation_id == run.federation_id,
            ReportRun.series == run.series,
            ReportRun.version.is_not(None),
        )
        .order_by(ReportRun.version.desc())
    ).all()
    return of_same_choice(rows, Selection.from_json(run.parameters))


def made_by(template_id: UUID) -> Sequence[ReportRun]:
    """The reports made by that template, newest first."""
    return db.session.scalars(
        sa.select(ReportRun)
        .where(ReportRun.template_id == template_id)
        .options(*WHOLE)
        .order_by(ReportRun.created_at.desc(), ReportRun.id)
        .limit(LISTED)
    ).all()


def links(run_id: UUID) -> Sequence[PersonalLink]:
    """The personal links to that report, latest first."""
    return db.session.scalars(
        sa.select(PersonalLink)
        .where(PersonalLink.purpose == PersonalPurpose.REPORT, PersonalLink.target_id == run_id)
        .order_by(PersonalLink.created_at.desc(), PersonalLink.id)
    ).all()


def link_of(run_id: UUID, link_id: UUID) -> PersonalLink | None:
    """That personal link to that report, or None."""
    return db.session.scalar(
        sa.select(PersonalLink).where(
            PersonalLink.id == link_id,
            PersonalLink.purpose == PersonalPurpose.REPORT,
            PersonalLink.target_id == run_id,
        )
    )


def live_link(link_id: UUID, *, at: datetime) -> tuple[PersonalLink, ReportRun] | None:
    """A personal link that still opens its report, and the report; None where it does not."""
    link = db.session.scalar(
        sa.select(PersonalLink).where(
            PersonalLink.id == link_id,
            PersonalLink.purpose == PersonalPurpose.REPORT,
            PersonalLink.revoked_at.is_(None),
            PersonalLink.expires_at > at,
        )
    )
    run = find(link.target_id) if link is not None else None
    return (link, run) if link is not None and run is not None else None


def openings(run_id: UUID) -> Sequence[ReportOpening]:
    """Who opened that report, latest first."""
    return db.session.scalars(
        sa.select(ReportOpening)
        .where(ReportOpening.report_run_id == run_id)
        .order_by(ReportOpening.at.desc(), ReportOpening.id)
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
        labels=tuple((str(label.id), label.name) for label in _labels(federation.id)),
        funders=tuple((str(funder.id), funder.name) for funder in funders(federation.id)),
    )


def _labels(federation_id: UUID) -> Sequence[Label]:
    return db.session.scalars(
        sa.select(Label).where(Label.federation_id == federation_id).order_by(Label.folded, Label.id)
    ).all()


def funders(federation_id: UUID) -> Sequence[Funder]:
    """The funders of a federation, by name."""
    return db.session.scalars(
        sa.select(Funder).where(Funder.federation_id == federation_id).order_by(Funder.name, Funder.id)
    ).all()
