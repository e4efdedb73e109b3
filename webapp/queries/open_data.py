"""What everybody may take away: the public sheets, a few at a time, with what the feed and the site map say of them."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.config import current_settings
from webapp.database import db
from webapp.models import Campaign, Centre, FormVersion, Sheet, Snapshot
from webapp.queries.catalogue import readable

AT_A_TIME = 200
IN_FEED = 50
IN_MAP = 10_000
"""Addresses in one file of the site map, which may hold five times as many."""


@dataclass(frozen=True)
class Edition:
    """What the open data hold at this moment: how many sheets, and a mark that changes with any of them."""

    count: int
    mark: str


def edition() -> Edition:
    """Looked at whole, in little room: a sheet that is withdrawn changes the mark as one that comes does.

    It follows from the hashes of what was sent, answers that are not public with them: without the key nobody tries
    their guess on it.
    """
    rows = db.session.execute(
        sa.select(Snapshot.sha256, Sheet.published_at, Centre.name, Centre.commune, Centre.department)
        # What was sent changes in its place where a person is erased.
        .join(Snapshot, Snapshot.id == Sheet.current_snapshot_id)
        .join(Centre, Centre.id == Sheet.centre_id)
        .where(readable())
        .order_by(Sheet.reference)
        .execution_options(yield_per=1000)
    )
    key = hmac.digest(current_settings().secret().encode(), b"recueil open data", hashlib.sha256)
    digest, count = hmac.new(key, digestmod=hashlib.sha256), 0
    for row in rows:
        count += 1
        digest.update(repr(tuple(row)).encode("utf-8", "backslashreplace"))
    return Edition(count, digest.hexdigest()[:32])


def public_sheets(*narrowed: sa.ColumnElement[bool]) -> Iterator[list[Sheet]]:
    """The public sheets, all or those, in the order of the references, a few at a time, ready for report_sheet.

    Each handful is looked for anew: what is withdrawn meanwhile is no longer in the next one.
    """
    last = ""
    while True:
        some = list(
            db.session.scalars(
                sa.select(Sheet)
                .where(readable(), Sheet.current_snapshot_id.is_not(None), Sheet.reference > last, *narrowed)
                .options(
                    joinedload(Sheet.campaign),
                    joinedload(Sheet.centre),
                    joinedload(Sheet.current_snapshot).selectinload(Snapshot.form_version),
                )
                .order_by(Sheet.reference)
                .limit(AT_A_TIME)
            )
        )
        if not some:
            return
        last = some[-1].reference
        yield some
        db.session.expunge_all()


def versions() -> Sequence[FormVersion]:
    """The versions of the form that public sheets were filled in with, oldest first."""
    used = sa.select(Snapshot.form_version_id).join(Sheet, Sheet.current_snapshot_id == Snapshot.id).where(readable())
    found = sa.select(FormVersion).where(FormVersion.id.in_(used)).order_by(FormVersion.key, FormVersion.sha256)
    return db.session.scalars(found).all()


def latest() -> Sequence[Sheet]:
    """The sheets that were published last, the latest first."""
    return db.session.scalars(
        sa.select(Sheet)
        .join(Campaign, Campaign.id == Sheet.campaign_id)
        .where(readable(), Sheet.current_snapshot_id.is_not(None))
        .options(
            joinedload(Sheet.campaign),
            joinedload(Sheet.centre),
            joinedload(Sheet.current_snapshot).selectinload(Snapshot.form_version),
        )
        .order_by(Sheet.published_at.desc(), Sheet.reference)
        .limit(IN_FEED)
    ).all()


def maps() -> int:
    """How many files the site map has; one at least."""
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Sheet).where(readable())) or 0
    return max(1, -(-count // IN_MAP))


def addresses(number: int) -> Sequence[tuple[UUID, datetime | None]]:
    """(sheet, when it was published) of one file of the site map, counted from 1."""
    rows = db.session.execute(
        sa.select(Sheet.id, Sheet.published_at)
        .where(readable())
        .order_by(Sheet.reference)
        .limit(IN_MAP)
        .offset((number - 1) * IN_MAP)
    )
    return [(id_, at) for id_, at in rows]
