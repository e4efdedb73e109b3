"""Who is invited to a campaign, by which mail, and what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from forms.french import PARIS
from webapp.campaign_dates import deadline
from webapp.database import db
from webapp.models import Campaign, CampaignCentre, Centre, Job, Mail, Role, Sheet, User
from webapp.policy import OPERATOR, Act, Actor
from webapp.queries.scope import scope_of
from webapp.vocabulary import MailState, PersonalPurpose, RoleName

KIND = PersonalPurpose.CAMPAIGN.value
"""The mail's template, its job, and the purpose of its link."""


class Fate(StrEnum):
    """What became of an invitation, those that want a hand first."""

    REFUSED = "refused"
    NOBODY = "nobody"
    NOT_YET = "not_yet"
    QUEUED = "queued"
    SENT = "sent"
    OPENED = "opened"
    BEGUN = "begun"


@dataclass(frozen=True)
class Recipient:
    """One person, whatever the number of their centres. opens_account: no password was ever chosen for it."""

    email: str
    name: str
    user_id: UUID | None
    opens_account: bool
    centre_ids: tuple[UUID, ...]
    centres: tuple[str, ...]
    until: date


@dataclass(frozen=True)
class Invited:
    """A centre and one of those who are written to for it, with the mail that was written; nobody without address."""

    centre: Centre
    recipient: Recipient | None
    mail: Mail | None
    begun: bool

    @property
    def fate(self) -> Fate:
        """What became of it."""
        if self.mail is not None:
            if self.mail.link is not None and self.mail.link.opened_at is not None:
                return Fate.OPENED
            return {MailState.QUEUED: Fate.QUEUED, MailState.SENT: Fate.SENT, MailState.FAILED: Fate.REFUSED}[
                self.mail.state
            ]
        if self.begun:
            return Fate.BEGUN
        return Fate.NOT_YET if self.recipient is not None else Fate.NOBODY


def invited(campaign: Campaign, *, at: datetime, actor: Actor = OPERATOR) -> list[Invited]:
    """The expected centres that are still there, each with whom it is reached by; what wants a hand first.

    actor: only the centres that they may see, and nothing of the others that the same person looks after.
    """
    lines = _expected(campaign, at, actor)
    people = recipients(lines, campaign)
    mails, begun = _mails(campaign.id), _begun(campaign.id)
    found = []
    for line in lines:
        own: list[Recipient | None] = [one for one in people if line.centre_id in one.centre_ids]
        for one in own or [None]:
            mail = mails.get(one.email) if one is not None else None
            found.append(Invited(line.centre, one, mail, line.centre_id in begun))
    order = list(Fate)
    return sorted(found, key=lambda one: (order.index(one.fate), one.centre.folded))


def waiting(campaign: Campaign, *, at: datetime, actor: Actor = OPERATOR) -> list[Recipient]:
    """Those to whom nothing was written yet and whose centres have not begun; each person once."""
    found = [one.recipient for one in invited(campaign, at=at, actor=actor) if one.fate is Fate.NOT_YET]
    return sorted({one.email: one for one in found if one is not None}.values(), key=lambda one: one.email)


def recipient(campaign: Campaign, email: str, *, at: datetime) -> Recipient | None:
    """Whom the campaign reaches at that address."""
    return next((one for one in recipients(_expected(campaign, at), campaign) if one.email == email), None)


def _expected(campaign: Campaign, at: datetime, actor: Actor = OPERATOR) -> Sequence[CampaignCentre]:
    there = sa.or_(Centre.closed_on.is_(None), Centre.closed_on > at.astimezone(PARIS).date())
    return db.session.scalars(
        sa.select(CampaignCentre)
        .join(CampaignCentre.centre)
        .where(CampaignCentre.campaign_id == campaign.id, there, scope_of(actor, Act.CENTRE_LIST, Centre))
        .options(joinedload(CampaignCentre.centre))
        .order_by(Centre.folded, Centre.id)
    ).all()


def recipients(lines: Sequence[CampaignCentre], campaign: Campaign) -> list[Recipient]:
    """The responsables of these centres; where a centre has none, its contact address."""
    responsible = _responsible([line.centre_id for line in lines])
    alone = [line.centre for line in lines if line.centre_id not in responsible and line.centre.email]
    accounts = _accounts({(centre.email or "").strip().lower() for centre in alone})
    by_email: dict[str, list[tuple[CampaignCentre, User | None]]] = {}
    for line in lines:
        users: Iterable[User | None] = responsible.get(line.centre_id) or ()
        for user in users:
            if user is not None:
                by_email.setdefault(user.email, []).append((line, user))
        if line.centre in alone:
            email = (line.centre.email or "").strip().lower()
            by_email.setdefault(email, []).append((line, accounts.get(email)))
    return [_recipient(email, own, campaign) for email, own in sorted(by_email.items())]


def _recipient(email: str, own: Sequence[tuple[CampaignCentre, User | None]], campaign: Campaign) -> Recipient:
    line, user = own[0]
    return Recipient(
        email=email,
        name=user.full_name if user is not None else line.centre.contact_name or "",
        user_id=user.id if user is not None else None,
        opens_account=user is None or user.password is None,
        centre_ids=tuple(one.centre_id for one, _user in own),
        centres=tuple(one.centre.name for one, _user in own),
        until=min(deadline(campaign, one) for one, _user in own),
    )


def _responsible(centre_ids: Sequence[UUID]) -> dict[UUID, list[User]]:
    found: dict[UUID, list[User]] = {}
    for centre_id, user in db.session.execute(
        sa.select(Role.centre_id, User)
        .join(Role.user)
        .where(Role.centre_id.in_(centre_ids), Role.name == RoleName.RESPONSIBLE, User.active)
        .order_by(User.email)
    ):
        if centre_id is not None:
            found.setdefault(centre_id, []).append(user)
    return found


def _accounts(emails: set[str]) -> dict[str, User]:
    rows = db.session.scalars(sa.select(User).where(User.email.in_(sorted(emails)), User.active))
    return {user.email: user for user in rows}


def _mails(campaign_id: UUID) -> dict[str, Mail]:
    """Address → the mail that went there, the latest of several."""
    rows = db.session.scalars(
        sa.select(Mail)
        .where(Mail.campaign_id == campaign_id, Mail.kind == KIND)
        .options(joinedload(Mail.link), defer(Mail.text), defer(Mail.html))
        .order_by(Mail.created_at, Mail.id)
    )
    return {mail.recipient: mail for mail in rows}


def _begun(campaign_id: UUID) -> set[UUID]:
    return set(db.session.scalars(sa.select(Sheet.centre_id).where(Sheet.campaign_id == campaign_id).distinct()))


def mail_of(campaign_id: UUID, mail_id: UUID) -> Mail | None:
    """That invitation to that campaign, or None."""
    return db.session.scalar(
        sa.select(Mail).where(Mail.id == mail_id, Mail.campaign_id == campaign_id, Mail.kind == KIND)
    )


def last_job(campaign: Campaign) -> Job | None:
    """The latest sending of that campaign's invitations."""
    rows = db.session.scalars(
        sa.select(Job)
        .where(Job.kind == KIND, Job.federation_id == campaign.federation_id)
        .order_by(Job.created_at.desc(), Job.id)
        .limit(20)
    )
    return next((job for job in rows if job.arguments.get("campaign") == str(campaign.id)), None)
