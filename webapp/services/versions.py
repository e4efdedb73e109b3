"""Publishing a form version: an immutable document under its hash."""

from datetime import datetime

from forms.definition import FormVersion
from webapp.database import db
from webapp.models import FormVersion as PublishedVersion
from webapp.queries.versions import published_as


def publish(version: FormVersion, *, at: datetime) -> PublishedVersion:
    """The published row of that version, made where it is missing; part of the caller's transaction."""
    known = published_as(version.sha256)
    if known is None:
        known = PublishedVersion(key=version.key, sha256=version.sha256, document=version.to_json(), published_at=at)
        db.session.add(known)
        db.session.flush()
    return known
