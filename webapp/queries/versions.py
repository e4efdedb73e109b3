"""The published form versions, read back from the database."""

import sqlalchemy as sa

from forms.definition import FormVersion
from webapp.database import db
from webapp.models import FormVersion as PublishedVersion

_parsed: dict[str, FormVersion] = {}
"""By hash: a published document never changes, so one reading a process is enough."""


def form_of(published: PublishedVersion) -> FormVersion:
    """The definition that a published version holds."""
    if published.sha256 not in _parsed:
        _parsed[published.sha256] = FormVersion.from_json(published.document)
    return _parsed[published.sha256]


def published_as(sha256: str) -> PublishedVersion | None:
    """The published version of that hash."""
    return db.session.scalar(sa.select(PublishedVersion).where(PublishedVersion.sha256 == sha256))
