"""What funders read is written down: who, which report or sheet, when; once a half hour."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import CampaignFunder, FunderReading, PersonalLink, ReportRun, Role, Sheet, User
from webapp.policy import Actor
from webapp.vocabulary import OpeningKind, RoleName

TOGETHER = timedelta(minutes=30)


def note_report(run: ReportRun, *, actor: Actor, at: datetime) -> None:
    """A funder's account has the page of that report open; one commit."""
    user = _reader(actor)
    if user is not None:
        note(run, None, OpeningKind.PAGE, user=user, at=at)
        db.session.commit()


def note_sheet(sheet: Sheet, *, actor: Actor, at: datetime) -> None:
    """A funder's account has that sheet open, by itself; one commit."""
    user = _reader(actor)
    if user is not None:
        note(None, sheet, OpeningKind.PAGE, user=user, at=at)
        db.session.commit()


def note_desk(run: ReportRun, sheet: Sheet, *, actor: Actor, at: datetime) -> None:
    """A funder's account reads that sheet of that report at the desk; part of the caller's transaction."""
    user = _reader(actor)
    if user is not None:
        note(run, sheet, OpeningKind.PAGE, user=user, at=at)


def note(
    run: ReportRun | None,
    sheet: Sheet | None,
    kind: OpeningKind,
    *,
    at: datetime,
    user: User | None = None,
    link: PersonalLink | None = None,
) -> None:
    """By an account or by a personal link; part of the caller's transaction."""
    said = {
        "report_run_id": run.id if run is not None else None,
        "sheet_id": sheet.id if sheet is not None else None,
        "kind": kind,
        "user_id": user.id if user is not None else None,
        "link_id": link.id if link is not None else None,
    }
    last = db.session.scalars(
        sa.select(FunderReading)
        .filter_by(**said)
        .where(FunderReading.until >= at - TOGETHER)
        .order_by(FunderReading.until.desc())
        .limit(1)
    ).one_or_none()
    if last is not None:
        last.until = max(last.until, at)
        return
    federation_id = run.federation_id if run is not None else sheet.federation_id if sheet is not None else None
    name = user.full_name if user is not None else link.name if link is not None else ""
    email = user.email if user is not None else link.email if link is not None else ""
    funder_id = _funder(user.id, run, sheet) if user is not None else None
    if user is not None and funder_id is None:
        # What anybody may read is read by nobody's name.
        return
    db.session.add(
        FunderReading(federation_id=federation_id, funder_id=funder_id, at=at, until=at, name=name, email=email, **said)
    )


def _reader(actor: Actor) -> User | None:
    """Whoever reads for a funder; the federation's own reading is nobody's business."""
    if actor.user_id is None or not actor.has(RoleName.FUNDER):
        return None
    return db.session.get(User, actor.user_id)


def _funder(user_id: UUID, run: ReportRun | None, sheet: Sheet | None) -> UUID | None:
    """For which of their funders they read it: one to which it is addressed."""
    theirs = sa.select(Role.funder_id).where(Role.user_id == user_id, Role.name == RoleName.FUNDER)
    mine = sorted(one for one in db.session.scalars(theirs) if one is not None)
    if run is not None:
        addressed = {line.funder_id for line in run.addressed}
    else:
        campaign_id = sheet.campaign_id if sheet is not None else None
        found = sa.select(CampaignFunder.funder_id).where(CampaignFunder.campaign_id == campaign_id)
        addressed = set(db.session.scalars(found))
    return next((one for one in mine if one in addressed), None)
