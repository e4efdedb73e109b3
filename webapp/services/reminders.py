"""Reminders: prepared for a group, sent by a job, stopped for each centre the moment that it has acted.

Whatever reminds a person of a centre, they get one such mail a day at most.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from forms.french import PARIS, day
from forms.values import Refused
from webapp.database import db, reading
from webapp.follow_words import proposed_message, standing
from webapp.models import AutomaticReminder, Campaign, Centre, Reminder, Role, User
from webapp.queries import campaigns, following, reminded
from webapp.queries import reminders as queries
from webapp.queries.following import CentreLine
from webapp.services import events, jobs, mail
from webapp.vocabulary import CallGroup, LeftOut, RoleName

JOB = "reminder"
LONGEST = 2_000
HOUR = time(8, 30)
"""When reminders that nobody sends leave, French time."""
FURTHEST = timedelta(days=90)


def prepare(
    campaign: Campaign,
    *,
    group: CallGroup,
    days: int,
    message: str,
    centre_ids: Sequence[UUID],
    due_at: datetime | None,
    actor_id: UUID,
    at: datetime,
) -> Reminder:
    """A reminder to these centres of a group, at once or at a time; one commit. Raises Refused."""
    if not message:
        raise Refused("Écrivez le message.", question="message")
    if len(message) > LONGEST:
        raise Refused(f"Raccourcissez ce texte\u00a0: {LONGEST} caractères au plus.", question="message")
    if not centre_ids:
        raise Refused("Personne n’est à relancer dans ce groupe.")
    if due_at is not None and not at < due_at <= at + FURTHEST:
        raise Refused("Choisissez un moment à venir, dans les trois mois.", question="day")
    reminder = Reminder(
        campaign_id=campaign.id,
        group=group,
        days=days,
        message=message,
        centre_ids=[str(id_) for id_ in centre_ids],
        created_at=at,
        created_by=actor_id,
        due_at=due_at or at,
    )
    db.session.add(reminder)
    db.session.flush()
    if due_at is None:
        _start(reminder, campaign, at=at)
    _record("reminder.prepared", campaign, reminder, actor_id=actor_id, at=at)
    db.session.commit()
    return reminder


def _start(reminder: Reminder, campaign: Campaign, *, at: datetime) -> None:
    job = jobs.ask(
        JOB,
        {"reminder": str(reminder.id)},
        owner_id=reminder.created_by,
        federation_id=campaign.federation_id,
        at=at,
    )
    reminder.job_id = job.id


def _record(kind: str, campaign: Campaign, reminder: Reminder, *, actor_id: UUID | None, at: datetime) -> None:
    data = {"title": campaign.title, "reminder": str(reminder.id), "group": reminder.group.value}
    events.record(kind, at=at, actor_id=actor_id, federation_id=campaign.federation_id, data=data)


def cancel(reminder: Reminder, campaign: Campaign, *, actor_id: UUID, at: datetime) -> None:
    """Let a reminder that has not left never leave; stop one that is leaving. Mails that have left have left."""
    locked = db.session.execute(sa.select(Reminder).where(Reminder.id == reminder.id).with_for_update()).scalar_one()
    if locked.cancelled_at is not None:
        return
    job_id, locked.cancelled_at = locked.job_id, at
    _record("reminder.cancelled", campaign, locked, actor_id=actor_id, at=at)
    db.session.commit()
    if job_id is not None:
        jobs.cancel(job_id, at=at)


def set_automatic(campaign: Campaign, days_before: Collection[int], *, actor_id: UUID, at: datetime) -> None:
    """Let a campaign remind by itself so many days before its shown deadline; none: never. One commit."""
    db.session.execute(sa.delete(AutomaticReminder).where(AutomaticReminder.campaign_id == campaign.id))
    db.session.add_all(
        AutomaticReminder(campaign_id=campaign.id, days_before=days) for days in sorted(set(days_before))
    )
    events.record(
        "reminder.automatic",
        at=at,
        actor_id=actor_id,
        federation_id=campaign.federation_id,
        data={"title": campaign.title, "days": sorted(set(days_before))},
    )
    db.session.commit()


def fall_due(*, at: datetime) -> None:
    """Start what was planned for now, and what campaigns remind of by themselves. Twice does it once."""
    with reading():
        ripe = queries.due(at=at)
        db.session.rollback()
    for reminder_id in ripe:
        _start_due(reminder_id, at=at)
    with reading():
        today = [(campaign.id, days) for campaign, days in queries.automatic() if _is_today(campaign, days, at=at)]
        db.session.rollback()
    for campaign_id, days in today:
        _start_automatic(campaign_id, days, at=at)


def _start_due(reminder_id: UUID, *, at: datetime) -> None:
    # Of two workers that saw it, one finds it without a job.
    reminder = db.session.execute(
        sa.select(Reminder)
        .where(Reminder.id == reminder_id, Reminder.job_id.is_(None), Reminder.cancelled_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if reminder is not None:
        _start(reminder, db.session.get_one(Campaign, reminder.campaign_id), at=at)
    db.session.commit()


def _is_today(campaign: Campaign, days: int, *, at: datetime) -> bool:
    here = at.astimezone(PARIS)
    if campaign.opened_at is None or campaign.opened_at > at:
        return False
    return here.date() == campaign.shown_deadline - timedelta(days=days) and here.time() >= HOUR


def _start_automatic(campaign_id: UUID, days: int, *, at: datetime) -> None:
    campaign = db.session.execute(sa.select(Campaign).where(Campaign.id == campaign_id).with_for_update()).scalar_one()
    key = f"{campaign.id}:{campaign.shown_deadline.isoformat()}:{days}"
    if not db.session.scalar(sa.select(sa.exists().where(Reminder.automatic_key == key))):
        reminder = Reminder(
            campaign_id=campaign.id,
            group=CallGroup.UNFINISHED,
            days=following.STUCK_AFTER,
            message=proposed_message(CallGroup.UNFINISHED),
            automatic_key=key,
            created_at=at,
            due_at=at,
        )
        db.session.add(reminder)
        db.session.flush()
        _start(reminder, campaign, at=at)
    db.session.commit()


@jobs.handles(JOB)
def send(running: jobs.Running) -> dict[str, Any]:
    """Write the mails of a reminder, one commit each: who has had theirs, or has acted meanwhile, gets none."""
    with reading():
        reminder = db.session.get_one(Reminder, UUID(running.arguments["reminder"]))
        campaign = campaigns.find(reminder.campaign_id)
        lines = _lines(reminder, campaign, at=running.clock()) if campaign is not None else []
        keys = [one.key for one in queries.audience(lines, reminder.group).addressees]
        passed = queries.left_out(lines, reminder.group, everybody=reminder.centre_ids is not None)
        left_out: list[list[str | None]] = [[str(line.centre.id), None, why] for line, why in passed]
        reminder_id = reminder.id
        db.session.rollback()
    for done, (centre_id, user_id) in enumerate(keys):
        running.progress("Envoi des relances", done, len(keys))
        why = _write(reminder_id, centre_id, user_id, at=running.clock())
        if why is not None:
            left_out.append([str(centre_id), str(user_id), why])
    running.progress("Relances écrites", len(keys), len(keys))
    # Who prepared it is told who did not get it: see queries.missed.
    return {"addressees": len(keys), "left_out": left_out}


def _lines(reminder: Reminder, campaign: Campaign, *, at: datetime) -> list[CentreLine]:
    lines = following.lines(campaign, at=at, days=reminder.days)
    chosen = None if reminder.centre_ids is None else frozenset(reminder.centre_ids)
    return [line for line in lines if chosen is None or str(line.centre.id) in chosen]


def _write(reminder_id: UUID, centre_id: UUID, user_id: UUID, *, at: datetime) -> LeftOut | None:
    """Write to somebody, unless something speaks against it: that is the answer. One commit."""
    key = f"reminder:{reminder_id}:{user_id}:{centre_id}"
    reminder = db.session.get_one(Reminder, reminder_id, populate_existing=True)
    campaign, user = campaigns.find(reminder.campaign_id), db.session.get_one(User, user_id, populate_existing=True)
    if campaign is None or reminder.cancelled_at is not None:
        db.session.rollback()
        return LeftOut.CANCELLED
    # Two reminders of one centre that meet: one writes, the other waits and finds it written.
    db.session.execute(sa.select(Centre.id).where(Centre.id == centre_id).with_for_update(key_share=True))
    if mail.told(key) or reminded.had_one(user_id, centre_id, at=at):
        # By a worker that was stopped over this very reminder, or by another one.
        why = None if mail.told(key) else LeftOut.REMINDED
        db.session.rollback()
        return why
    # Looked at again just before: the list was made when the mailing began.
    line = queries.still_in(campaign, centre_id, reminder.group, at=at, days=reminder.days)
    if line is not None:
        mail.enqueue(
            "reminder",
            recipient=user.email,
            at=at,
            context=words_of(campaign, line, user, reminder.message),
            dedupe_key=key,
            about=mail.About(user_id=user_id, campaign_id=campaign.id, centre_id=centre_id),
        )
    unwritten = None if mail.told(key) else LeftOut.UNWILLING if line is not None else LeftOut.ACTED
    db.session.commit()
    return unwritten


def words_of(campaign: Campaign, line: CentreLine, user: User, message: str) -> dict[str, str]:
    """What the mail of a reminder is written from; a centre that was given its own day reads that one."""
    if line.extended_until is not None:
        message = message.replace(day(campaign.shown_deadline), day(line.extended_until))
    return {
        "name": user.full_name,
        "title": campaign.title,
        "message": message,
        "standing": standing(line, campaign),
        "federation": campaign.federation.name,
        "path": "/fiches",
    }


def is_wanted(leaving: mail.Leaving, at: datetime) -> bool:
    """Whether it should still leave: its centre has not acted, can, and has no later day; its reader is there."""
    reminder = db.session.get(Reminder, UUID(leaving.dedupe_key.split(":")[1]))
    campaign = campaigns.find(reminder.campaign_id) if reminder is not None else None
    if reminder is None or campaign is None or reminder.cancelled_at is not None or leaving.centre_id is None:
        return False
    there = sa.exists().where(
        User.id == leaving.user_id,
        User.active,
        Role.user_id == User.id,
        Role.centre_id == leaving.centre_id,
        Role.name.in_((RoleName.MEMBER, RoleName.RESPONSIBLE)),
    )
    if not db.session.scalar(sa.select(there)):
        return False
    line = queries.still_in(campaign, leaving.centre_id, reminder.group, at=at, days=reminder.days)
    return line is not None


mail.CHECKS["reminder"] = is_wanted
