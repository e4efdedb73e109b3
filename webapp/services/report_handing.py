"""Reports handed over: issued once and for all, addressed to funders, sent by personal links; who opened them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused, clean_text
from webapp.database import db
from webapp.models import (
    Federation,
    Funder,
    PersonalLink,
    Quote,
    ReportOpening,
    ReportRun,
    ReportRunFunder,
    Role,
    User,
)
from webapp.services import discards, jobs, mail, personal_links, readings
from webapp.services.accounts import clean_email
from webapp.services.mail import About
from webapp.services.reports import path_of, record
from webapp.vocabulary import OpeningKind, PersonalPurpose

DAYS = (7, 30, 90, 365)
"""For how many days a personal link may open a report."""

LONGEST_NAME = 200
NOT_READY = "Ce rapport n’est pas encore prêt."


def link_path(token: str) -> str:
    """The address of a personal link to a report."""
    return f"/rapports/lien/{token}"


def issue(run_id: UUID, *, actor_id: UUID, at: datetime) -> ReportRun:
    """Make a finished report what it stays for ever, with its number; one that was issued stays so. One commit."""
    run = _locked(run_id)
    _issue(run, place="", actor_id=actor_id, at=at)
    db.session.commit()
    return run


def _locked(run_id: UUID) -> ReportRun:
    held = sa.select(ReportRun).where(ReportRun.id == run_id).with_for_update()
    return db.session.execute(held.execution_options(populate_existing=True)).scalar_one()


def _issue(run: ReportRun, *, place: str, actor_id: UUID, at: datetime) -> None:
    if run.finished_at is None or run.sha256 is None:
        raise Refused(NOT_READY, question=place or None)
    if run.issued_at is not None:
        return
    last = sa.select(sa.func.max(ReportRun.version)).where(
        ReportRun.federation_id == run.federation_id, ReportRun.series == run.series
    )
    run.version = (db.session.scalar(last) or 0) + 1
    run.issued_at, run.issued_by = at, actor_id
    # What is written from here on is refused by the database.
    db.session.flush()
    record(run, "report.issued", actor_id=actor_id, at=at, version=run.version, sha256=run.sha256)


def drop(run_id: UUID, *, actor_id: UUID | None, at: datetime) -> None:
    """Delete a report that was not issued, and its file. One commit."""
    run = _locked(run_id)
    if run.issued_at is not None:
        raise Refused("Ce rapport est émis\u00a0: il ne peut plus être supprimé.")
    if db.session.scalar(sa.select(sa.exists().where(Quote.report_run_id == run.id))):
        raise Refused("Des passages y ont été cités\u00a0: supprimez d’abord ces citations.")
    key, job_id = run.storage_key, run.job_id
    record(run, "report.dropped", actor_id=actor_id, at=at)
    db.session.delete(run)
    if key is not None:
        discards.discard([key], reason="rapport supprimé", at=at)
    db.session.commit()
    if job_id is not None:
        jobs.cancel(job_id, at=at)


def address(run_id: UUID, funders: Collection[UUID], *, actor_id: UUID, at: datetime) -> ReportRun:
    """Hand a finished report to these funders of the same federation, and to no others. One commit.

    Handing it to somebody issues it.
    """
    run = _locked(run_id)
    known = set(db.session.scalars(sa.select(Funder.id).where(Funder.federation_id == run.federation_id)))
    if not set(funders) <= known:
        raise Refused("Choisissez des financeurs de votre fédération.", question="funders")
    if run.finished_at is None:
        raise Refused(NOT_READY, question="funders")
    if funders:
        _issue(run, place="funders", actor_id=actor_id, at=at)
    added = set(funders) - {line.funder_id for line in run.addressed}
    run.addressed = [ReportRunFunder(funder_id=id_) for id_ in sorted(set(funders))]
    _tell(run, added, at=at)
    record(run, "report.addressed", actor_id=actor_id, at=at)
    db.session.commit()
    return run


def _tell(run: ReportRun, funders: Collection[UUID], *, at: datetime) -> None:
    """A mail to everybody of these funders; each account hears of a report once."""
    federation = db.session.get_one(Federation, run.federation_id)
    users = db.session.scalars(
        sa.select(User)
        .where(User.active, User.id.in_(sa.select(Role.user_id).where(Role.funder_id.in_(funders))))
        .order_by(User.email)
    ).all()
    for user in users:
        context = {"name": user.full_name, "title": run.name, "federation": federation.name}
        mail.enqueue(
            "report_addressed",
            recipient=user.email,
            at=at,
            context=context | {"path": path_of(run.id)},
            dedupe_key=f"report:{run.id}:{user.id}",
        )


def send_link(run_id: UUID, *, email: str, name: str, days: int, actor_id: UUID, at: datetime) -> PersonalLink:
    """Send somebody a personal link to a finished report, which that issues. One commit. Raises Refused."""
    run = _locked(run_id)
    if days not in DAYS:
        raise Refused("Choisissez dans la liste.", question="days")
    reader = " ".join(clean_text(name).split())
    if len(reader) > LONGEST_NAME:
        raise Refused(f"Raccourcissez ce nom\u00a0: {LONGEST_NAME} caractères au plus.", question="name")
    recipient = clean_email(email)
    _issue(run, place="email", actor_id=actor_id, at=at)
    link, token = personal_links.issue(
        PersonalPurpose.REPORT,
        target_id=run.id,
        federation_id=run.federation_id,
        email=recipient,
        at=at,
        name=reader,
    )
    link.expires_at = at + timedelta(days=days)
    context = {
        "name": reader,
        "title": run.name,
        "federation": run.federation.name,
        "expires_at": link.expires_at,
        "path": link_path(token),
    }
    kind = PersonalPurpose.REPORT.value
    mail.enqueue(kind, recipient=recipient, at=at, context=context, about=About(link_id=link.id))
    record(run, "report.linked", actor_id=actor_id, at=at, name=reader or recipient)
    db.session.commit()
    return link


def revoke_link(run_id: UUID, link_id: UUID, *, actor_id: UUID, at: datetime) -> None:
    """A personal link opens nothing any more, in open pages neither. One commit."""
    run = _locked(run_id)
    link = db.session.get_one(PersonalLink, link_id, populate_existing=True)
    if link.revoked_at is None:
        link.revoked_at = at
        record(run, "report.link_revoked", actor_id=actor_id, at=at, name=link.name or link.email)
    db.session.commit()


def open_link(token: str, *, at: datetime) -> PersonalLink | None:
    """A reader has pressed the button of a link's page, which no machine does: note it. One commit.

    The link stays good for the next time; None where it opens nothing.
    """
    link = personal_links.find(token, PersonalPurpose.REPORT, at=at)
    if link is None:
        return None
    link.opened_at = link.opened_at or at
    _note(db.session.get_one(ReportRun, link.target_id), OpeningKind.PAGE, link=link, at=at)
    db.session.commit()
    return link


def note_fetched_by_link(run_id: UUID, link_id: UUID, *, at: datetime) -> None:
    """The file was fetched by a personal link. One commit."""
    run, link = db.session.get_one(ReportRun, run_id), db.session.get_one(PersonalLink, link_id)
    _note(run, OpeningKind.FILE, link=link, at=at)
    db.session.commit()


def note_fetched(run_id: UUID, *, user_id: UUID, at: datetime) -> None:
    """A funder's account fetched the file. One commit."""
    _note(db.session.get_one(ReportRun, run_id), OpeningKind.FILE, user=db.session.get_one(User, user_id), at=at)
    db.session.commit()


def _note(
    run: ReportRun, kind: OpeningKind, *, at: datetime, user: User | None = None, link: PersonalLink | None = None
) -> None:
    name = user.full_name if user is not None else (link.name if link is not None else "")
    email = user.email if user is not None else (link.email if link is not None else "")
    opening = ReportOpening(
        report_run_id=run.id,
        at=at,
        kind=kind,
        name=name,
        email=email,
        user_id=user.id if user is not None else None,
        link_id=link.id if link is not None else None,
    )
    db.session.add(opening)
    readings.note(run, None, kind, user=user, link=link, at=at)
    actor_id = user.id if user is not None else None
    record(run, "report.opened", actor_id=actor_id, at=at, by=name or email, what=kind.value)
