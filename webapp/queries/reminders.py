"""Reminders: to whom one would go, how it went, what is planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import AutomaticReminder, Campaign, Centre, DigestLine, Mail, Reminder, User
from webapp.policy import OPERATOR, Act, Actor
from webapp.queries import following, people
from webapp.queries.following import CentreLine
from webapp.queries.scope import scope_of
from webapp.vocabulary import CallGroup, LeftOut, MailState, RoleName


@dataclass(frozen=True)
class Addressee:
    """Somebody who must act for a centre."""

    line: CentreLine
    user: User

    @property
    def key(self) -> tuple[UUID, UUID]:
        """The centre and the person."""
        return self.line.centre.id, self.user.id


@dataclass(frozen=True)
class Audience:
    """To whom a reminder would go now.

    left_alone: centres that have a later day; unreachable: with nobody; too_late: that can't do anything any more.
    """

    addressees: tuple[Addressee, ...]
    left_alone: tuple[CentreLine, ...]
    unreachable: tuple[CentreLine, ...]
    too_late: tuple[CentreLine, ...] = ()

    @property
    def centre_ids(self) -> list[UUID]:
        """The centres that would be written to, each once."""
        return list(dict.fromkeys(one.line.centre.id for one in self.addressees))


def audience(lines: Sequence[CentreLine], group: CallGroup) -> Audience:
    """Those who must act in the centres of a group: who may send, and where something is to be corrected all."""
    chosen = [line for line in lines if group in line.groups and not line.done]
    ready = [line for line in chosen if line.can_act and not line.is_left_alone]
    staff = people.of_centres([line.centre.id for line in ready])
    found: list[Addressee] = []
    for line in ready:
        users = {user.id: user for name, user in staff.get(line.centre.id, ()) if _must_act(name, line)}
        found += [Addressee(line, user) for user in users.values()]
    reached = {one.line.centre.id for one in found}
    return Audience(
        tuple(found),
        tuple(line for line in chosen if line.is_left_alone),
        tuple(line for line in ready if line.centre.id not in reached),
        tuple(line for line in chosen if not line.can_act and not line.is_left_alone),
    )


def _must_act(name: RoleName, line: CentreLine) -> bool:
    return name is RoleName.RESPONSIBLE or (name is RoleName.MEMBER and CallGroup.TO_CORRECT in line.groups)


def find(campaign_id: UUID, reminder_id: UUID) -> Reminder | None:
    """That reminder of that campaign."""
    return db.session.scalar(
        sa.select(Reminder)
        .where(Reminder.id == reminder_id, Reminder.campaign_id == campaign_id)
        .options(joinedload(Reminder.author), joinedload(Reminder.job))
    )


def of_campaign(campaign_id: UUID, actor: Actor) -> list[Reminder]:
    """The reminders of a campaign of which the actor may see every centre, and those of all of it; latest first."""
    rows = db.session.scalars(
        sa.select(Reminder)
        .where(Reminder.campaign_id == campaign_id)
        .options(joinedload(Reminder.author), joinedload(Reminder.job))
        .order_by(Reminder.due_at.desc(), Reminder.id)
    ).all()
    seen = db.session.scalars(sa.select(Centre.id).where(scope_of(actor, Act.CENTRE_LIST, Centre)))
    mine = {str(id_) for id_ in seen}
    return [row for row in rows if mine.issuperset(row.centre_ids or ())]


def automatic_days(campaign_id: UUID) -> list[int]:
    """How many days before the shown deadline this campaign reminds by itself."""
    rows = db.session.scalars(
        sa.select(AutomaticReminder.days_before)
        .where(AutomaticReminder.campaign_id == campaign_id)
        .order_by(AutomaticReminder.days_before.desc())
    )
    return list(rows)


def automatic() -> list[tuple[Campaign, int]]:
    """Every campaign that reminds by itself, with each of its numbers of days."""
    rows = db.session.execute(
        sa.select(Campaign, AutomaticReminder.days_before)
        .join(AutomaticReminder, AutomaticReminder.campaign_id == Campaign.id)
        .where(Campaign.opened_at.is_not(None))
        .order_by(Campaign.id, AutomaticReminder.days_before)
    )
    return [(campaign, days) for campaign, days in rows]


def due(*, at: datetime) -> list[UUID]:
    """The reminders whose time has come and that nobody has started."""
    return list(
        db.session.scalars(
            sa.select(Reminder.id)
            .where(Reminder.job_id.is_(None), Reminder.cancelled_at.is_(None), Reminder.due_at <= at)
            .order_by(Reminder.due_at, Reminder.id)
        )
    )


@dataclass(frozen=True)
class Written:
    """A mail of a reminder: to whom, for which centre, what became of it (None: it waits for a digest), why not."""

    recipient: str
    centre: str
    state: MailState | None
    sent_at: datetime | None
    error: str | None = None


def written(reminder_id: UUID, *, actor: Actor = OPERATOR) -> list[Written]:
    """The mails of a reminder, by centre and address. actor: only those to the centres that they may see."""
    prefix, here = f"reminder:{reminder_id}:", scope_of(actor, Act.CENTRE_LIST, Centre)
    mails = db.session.execute(
        sa.select(Mail.recipient, Centre.name, Mail.state, Mail.sent_at, Mail.error)
        .select_from(Mail)
        .join(Centre, Centre.id == Mail.centre_id)
        .where(Mail.dedupe_key.startswith(prefix), here)
    ).all()
    waiting = db.session.execute(
        sa.select(User.email, Centre.name)
        .select_from(DigestLine)
        .join(User, User.id == DigestLine.user_id)
        .join(Centre, Centre.id == DigestLine.centre_id)
        .where(DigestLine.dedupe_key.startswith(prefix), here)
    ).all()
    found = [Written(*row) for row in mails] + [Written(email, name, None, None) for email, name in waiting]
    return sorted(found, key=lambda one: (one.centre, one.recipient))


@dataclass(frozen=True)
class Missed:
    """Somebody of a centre, or where nobody is named the centre as a whole, to whom a reminder did not go, and why."""

    centre: str
    person: str
    why: LeftOut


def missed(reminder: Reminder, *, actor: Actor = OPERATOR) -> list[Missed]:
    """Whom a reminder that has left passed over, by centre. actor: only in the centres that they may see."""
    kept = (reminder.job.result or {}).get("left_out", []) if reminder.job is not None else []
    wanted = [(UUID(centre), UUID(user) if user else None, LeftOut(why)) for centre, user, why in kept]
    here = sa.select(Centre.id, Centre.name).where(
        Centre.id.in_({centre_id for centre_id, _user, _why in wanted}), scope_of(actor, Act.CENTRE_LIST, Centre)
    )
    centres = {row.id: row.name for row in db.session.execute(here)}
    people_there = sa.select(User).where(User.id.in_({user_id for _centre, user_id, _why in wanted if user_id}))
    names = {user.id: user.full_name or user.email for user in db.session.scalars(people_there)}
    found = [
        Missed(centres[centre_id], names.get(user_id, "") if user_id else "", why)
        for centre_id, user_id, why in wanted
        if centre_id in centres
    ]
    return sorted(found, key=lambda one: (one.centre, one.person))


def left_out(lines: Sequence[CentreLine], group: CallGroup, *, everybody: bool) -> list[tuple[CentreLine, LeftOut]]:
    """The centres of these to which a reminder to that group does not go, and why.

    everybody: of those too that don't stand in the group (any more).
    """
    reached = set(audience(lines, group).centre_ids)
    found = []
    for line in lines:
        in_group = group in line.groups and not line.done
        if line.centre.id in reached or not (in_group or everybody):
            continue
        if not in_group:
            found.append((line, LeftOut.ACTED))
        elif line.is_left_alone:
            found.append((line, LeftOut.LATER_DAY))
        else:
            found.append((line, LeftOut.UNREACHABLE if line.can_act else LeftOut.TOO_LATE))
    return found


def still_in(campaign: Campaign, centre_id: UUID, group: CallGroup, *, at: datetime, days: int) -> CentreLine | None:
    """The centre if it still stands in that group, can act, has promised nothing for later and has no delay left."""
    line = following.of_centre(campaign, centre_id, at=at, days=days)
    if line is None or group not in line.groups or line.done or line.is_left_alone or not line.can_act:
        return None
    return line
