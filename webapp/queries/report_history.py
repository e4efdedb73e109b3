"""What a report knows of those before it: the forms that were published, and what the last one of its series held."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from forms.definition import FormVersion
from reports.content import Earlier
from webapp.database import db
from webapp.models import Campaign, ReportRun
from webapp.models import FormVersion as PublishedVersion
from webapp.queries.versions import form_of


def published(federations: Collection[UUID]) -> tuple[FormVersion, ...]:
    """Every form that a campaign of these federations asked for, oldest first: a workbook's columns come from them."""
    rows = db.session.scalars(
        sa.select(PublishedVersion).where(
            PublishedVersion.id.in_(sa.select(Campaign.form_version_id).where(Campaign.federation_id.in_(federations)))
        )
    )
    return tuple(sorted((form_of(row) for row in rows), key=lambda form: (form.key, form.sha256)))


def earlier(run: ReportRun) -> Earlier | None:
    """What the report before this one held, of the same series."""
    found = db.session.scalar(
        sa.select(ReportRun.summary)
        .where(
            ReportRun.federation_id == run.federation_id,
            ReportRun.series == run.series,
            ReportRun.kind == run.kind,
            ReportRun.summary.is_not(None),
            ReportRun.id != run.id,
            ReportRun.created_at < run.created_at,
        )
        .order_by(ReportRun.created_at.desc(), ReportRun.id)
        .limit(1)
    )
    return Earlier.from_json(found) if found else None
