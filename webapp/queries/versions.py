"""The published form versions, read back from the database."""

from collections.abc import Collection

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


def forms_of(hashes: Collection[str]) -> dict[str, FormVersion]:
    """The definitions of those hashes; only those that this process has not read yet are asked for."""
    unread = set(hashes) - _parsed.keys()
    if unread:
        for published in db.session.scalars(sa.select(PublishedVersion).where(PublishedVersion.sha256.in_(unread))):
            form_of(published)
    return {sha256: _parsed[sha256] for sha256 in hashes}


def published_as(sha256: str) -> PublishedVersion | None:
    """The published version of that hash."""
    return db.session.scalar(sa.select(PublishedVersion).where(PublishedVersion.sha256 == sha256))
