"""What a report knows of those before it: the forms that were published, its series, and what the last one held."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import load_only

from forms.definition import FormVersion
from reports.content import Earlier
from webapp.database import db
from webapp.models import Campaign, ReportRun
from webapp.models import FormVersion as PublishedVersion
from webapp.queries.report_selection import Selection
from webapp.queries.versions import form_of

NAMED = (ReportRun.title, ReportRun.parameters)
"""The columns from which a report is named."""


def published(federations: Collection[UUID]) -> tuple[FormVersion, ...]:
    """Every form that a campaign of these federations asked for, oldest first: a workbook's columns come from them."""
    rows = db.session.scalars(
        sa.select(PublishedVersion).where(
            PublishedVersion.id.in_(sa.select(Campaign.form_version_id).where(Campaign.federation_id.in_(federations)))
        )
    )
    return tuple(sorted((form_of(row) for row in rows), key=lambda form: (form.key, form.sha256)))


def series_of(federation_id: UUID, stem: str, selection: Selection) -> str:
    """In which series a report of that selection (resolved) counts its versions: the stem is its template's id, or its
    kind and title; a report on other years or other centres is no version of this one."""
    # Reports of before choices told series apart keep theirs, and so do those that follow them.
    older = db.session.scalars(
        sa.select(ReportRun.parameters).where(ReportRun.federation_id == federation_id, ReportRun.series == stem)
    )
    if any(_choice(parameters) == selection.choice for parameters in older):
        return stem
    return f"{stem}:{selection.choice}"


def of_same_choice(runs: Sequence[ReportRun], selection: Selection) -> list[ReportRun]:
    """Those of a series that are on the same choice, in their order: an old series may hold several."""
    return [run for run in runs if _choice(run.parameters) == selection.choice]


def _choice(parameters: dict[str, Any]) -> str:
    return Selection.from_json(parameters).choice


def earlier(run: ReportRun) -> Earlier | None:
    """What the report before this one held, of the same series and the same choice."""
    rows = db.session.scalars(
        sa.select(ReportRun)
        .where(
            ReportRun.federation_id == run.federation_id,
            ReportRun.series == run.series,
            ReportRun.kind == run.kind,
            ReportRun.summary.is_not(None),
            ReportRun.id != run.id,
            ReportRun.created_at < run.created_at,
        )
        .options(load_only(ReportRun.parameters, ReportRun.summary))
        .order_by(ReportRun.created_at.desc(), ReportRun.id)
    ).all()
    found = next(iter(of_same_choice(rows, Selection.from_json(run.parameters))), None)
    return Earlier.from_json(found.summary) if found is not None and found.summary else None
