"""Reminders: who gets one, who no longer does, once each whatever happens to the worker."""

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.french import PARIS, day
from forms.values import Refused
from tests import factories
from tests.servers import MailSink
from tests.webapp import following as scenes
from tests.webapp.following import AT, Scene
from webapp import models, worker
from webapp.queries import campaigns, following
from webapp.queries import reminders as queries
from webapp.services import calls, digests, jobs, mail, mail_preferences, reminders
from webapp.vocabulary import CallGroup, JobState, LeftOut, MailState, RoleName

LATER = AT + timedelta(days=2)


@pytest.fixture
def scene(db: SQLAlchemy) -> Iterator[Scene]:
    yield scenes.make()
    db.session.rollback()


def audience(scene: Scene, group: CallGroup = CallGroup.UNFINISHED) -> queries.Audience:
    return queries.audience(following.lines(scene.campaign, at=AT), group)


def prepare(scene: Scene, group: CallGroup = CallGroup.UNFINISHED, due_at: datetime | None = None) -> models.Reminder:
    """A reminder to everybody of a group."""
    return reminders.prepare(
        scene.campaign,
        group=group,
        days=7,
        message="Nous attendons vos fiches.",
        centre_ids=audience(scene, group).centre_ids,
        due_at=due_at,
        actor_id=scene.people["done"].id,
        at=AT,
    )


def work(at: datetime = AT) -> None:
    """What the worker does: what falls due, the jobs, the digests, the mails."""
    reminders.fall_due(at=at)
    for job_id in jobs.left_behind(at=at):
        jobs.run(job_id, clock=lambda: at)
    digests.compose_due(at=at)
    mail.send_due(at=at)


def promise(scene: Scene, key: str, on: date, at: datetime = AT) -> None:
    calls.note(scene.campaign, scene.centres[key], text="", promised_on=on, actor_id=scene.people["done"].id, at=at)


def reached(mails: MailSink, scene: Scene) -> list[str]:
    """Whom the server got mails for, by their names in the scene."""
    names = {user.email: key for key, user in scene.people.items()}
    return sorted(names[str(message["To"])] for message in mails.messages)


def test_only_those_who_must_act_are_written_to(scene: Scene, mails: MailSink) -> None:
    prepare(scene)
    work()
    assert reached(mails, scene) == ["back", "back_member", "moving", "opened", "silent", "stuck"]
    text = mails.to(scene.people["silent"].email)[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Nous attendons vos fiches." in text
    assert "aucune fiche commencée" in text


@pytest.mark.parametrize(
    ("group", "keys"),
    [
        (CallGroup.NOT_OPENED, ["silent"]),
        (CallGroup.NOT_BEGUN, ["opened"]),
        (CallGroup.STUCK, ["stuck"]),
        (CallGroup.TO_CORRECT, ["back", "back_member"]),
    ],
)
def test_a_group_gets_a_reminder_alone(scene: Scene, mails: MailSink, group: CallGroup, keys: list[str]) -> None:
    prepare(scene, group)
    work()
    assert reached(mails, scene) == keys


def test_who_promised_a_later_day_is_left_alone_until_it_has_passed(scene: Scene, mails: MailSink) -> None:
    promise(scene, "silent", LATER.date())
    assert [line.centre.name for line in audience(scene).left_alone] == ["Centre silent"]
    prepare(scene)
    work()
    assert "silent" not in reached(mails, scene)
    mails.messages.clear()
    later = LATER + timedelta(days=1)
    campaign = campaigns.find(scene.campaign.id)
    assert campaign is not None
    assert [
        one.user.email for one in queries.audience(following.lines(campaign, at=later), CallGroup.NOT_OPENED).addressees
    ] == [scene.people["silent"].email]


def test_who_was_given_a_delay_is_left_alone_until_it_has_passed(scene: Scene, mails: MailSink) -> None:
    given = scene.campaign.shown_deadline + timedelta(days=20)
    factories.extend(scene.campaign, scene.centres["silent"], given)
    assert [line.centre.name for line in audience(scene).left_alone] == ["Centre silent"]
    prepare(scene)
    work()
    assert "silent" not in reached(mails, scene)
    day_after = AT.replace(year=given.year, month=given.month, day=given.day) + timedelta(days=1)
    left = queries.audience(following.lines(scene.campaign, at=day_after), CallGroup.UNFINISHED).left_alone
    assert left == ()


def test_a_delay_given_while_a_mail_waits_keeps_it_from_leaving(scene: Scene, mails: MailSink) -> None:
    prepare(scene, CallGroup.NOT_OPENED)
    for job_id in jobs.left_behind(at=AT):
        jobs.run(job_id, clock=lambda: AT)
    factories.extend(scene.campaign, scene.centres["silent"], scene.campaign.shown_deadline + timedelta(days=1))
    mail.send_due(at=AT)
    assert not mails.messages


def test_a_delay_that_the_date_shown_to_all_has_caught_up_counts_no_more(scene: Scene) -> None:
    factories.extend(scene.campaign, scene.centres["silent"], scene.campaign.shown_deadline)
    assert audience(scene, CallGroup.NOT_OPENED).left_alone == ()


def test_a_centre_reads_its_own_day_where_the_text_names_the_day_shown_to_all(scene: Scene) -> None:
    given = scene.campaign.shown_deadline + timedelta(days=20)
    factories.extend(scene.campaign, scene.centres["silent"], given)
    message = f"Nous les attendons avant le {day(scene.campaign.shown_deadline)}."
    read = {
        line.centre.name: reminders.words_of(scene.campaign, line, scene.people["silent"], message)["message"]
        for line in following.lines(scene.campaign, at=AT)
    }
    assert f"avant le {day(given)}." in read["Centre silent"]
    assert read["Centre opened"] == message


def test_a_centre_where_nobody_can_send_is_to_be_called(scene: Scene) -> None:
    scene.people["silent"].active = False
    found = audience(scene, CallGroup.NOT_OPENED)
    assert (found.addressees, [line.centre.name for line in found.unreachable]) == ((), ["Centre silent"])


def test_who_acts_or_promises_before_a_planned_reminder_gets_none(scene: Scene, mails: MailSink) -> None:
    reminder = prepare(scene, due_at=LATER)
    work()
    assert not mails.messages
    scenes.send_all(scene.centres["stuck"])
    promise(scene, "moving", LATER.date() + timedelta(days=3), at=AT + timedelta(days=1))
    work(LATER)
    assert reached(mails, scene) == ["back", "back_member", "opened", "silent"]
    work(LATER + timedelta(minutes=1))
    assert len(mails.messages) == 4
    assert reminder.job is not None
    assert reminder.job.state is JobState.DONE


def test_who_joins_the_group_later_was_not_shown_and_gets_none(scene: Scene, mails: MailSink) -> None:
    prepare(scene, CallGroup.STUCK, due_at=AT + timedelta(days=10))
    work(AT + timedelta(days=10))
    assert reached(mails, scene) == ["stuck"], "« moving » has stopped meanwhile, but nobody chose it"


def test_a_mail_that_waits_is_dropped_the_moment_its_centre_acts(scene: Scene, mails: MailSink, db: SQLAlchemy) -> None:
    prepare(scene, CallGroup.STUCK)
    for job_id in jobs.left_behind(at=AT):
        jobs.run(job_id, clock=lambda: AT)
    scenes.send_all(scene.centres["stuck"])
    mail.send_due(at=AT)
    assert not mails.messages
    assert db.session.scalars(sa.select(models.Mail.state)).all() == [MailState.DROPPED]
    mail.send_due(at=LATER)
    assert not mails.messages


def test_two_reminders_that_meet_on_a_day_are_one_mail(scene: Scene, mails: MailSink) -> None:
    reminders.set_automatic(scene.campaign, {14}, actor_id=scene.people["done"].id, at=AT)
    morning = datetime.combine(scene.campaign.shown_deadline - timedelta(days=14), reminders.HOUR, tzinfo=PARIS)
    prepare(scene, due_at=morning)
    prepare(scene, CallGroup.TO_CORRECT, due_at=morning + timedelta(hours=15))
    work(morning)
    work(morning + timedelta(hours=15))
    assert reached(mails, scene) == ["back", "back_member", "moving", "opened", "silent", "stuck"]


def test_two_workers_with_a_reminder_each_write_one_mail(app: Flask, scene: Scene, db: SQLAlchemy) -> None:
    ids = [prepare(scene, CallGroup.STUCK).id for _ in range(4)]
    centre_id, user_id = scene.centres["stuck"].id, scene.people["stuck"].id
    db.session.commit()
    db.session.remove()
    gate, made = threading.Barrier(len(ids)), list[LeftOut | None]()

    def write(reminder_id: UUID) -> None:
        with app.app_context():
            gate.wait()
            made.append(reminders._write(reminder_id, centre_id, user_id, at=AT))

    threads = [threading.Thread(target=write, args=(id_,)) for id_ in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(why) for why in made) == ["None", "reminded", "reminded", "reminded"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(models.Mail)) == 1


def test_a_reminder_of_the_next_day_leaves(scene: Scene, mails: MailSink) -> None:
    prepare(scene, CallGroup.STUCK)
    work()
    # Midnight in France: an hour before the server's.
    prepare(scene, CallGroup.STUCK, due_at=AT.replace(hour=22, minute=59))
    work(AT.replace(hour=22, minute=59))
    assert reached(mails, scene) == ["stuck"]
    prepare(scene, CallGroup.STUCK, due_at=AT.replace(hour=23))
    work(AT.replace(hour=23))
    assert reached(mails, scene) == ["stuck", "stuck"]


def test_a_reminder_that_did_not_leave_keeps_no_other_from_leaving(scene: Scene, mails: MailSink) -> None:
    reminder = prepare(scene, CallGroup.STUCK)
    for job_id in jobs.left_behind(at=AT):
        jobs.run(job_id, clock=lambda: AT)
    reminders.cancel(reminder, scene.campaign, actor_id=scene.people["done"].id, at=AT)
    mail.send_due(at=AT)
    prepare(scene, CallGroup.STUCK)
    work()
    assert reached(mails, scene) == ["stuck"]


def test_a_reminder_that_waits_for_a_digest_is_the_one_of_its_day(
    scene: Scene, mails: MailSink, db: SQLAlchemy
) -> None:
    mail_preferences.choose(scene.people["stuck"], {"reminders": "digest"})
    for _ in range(2):
        prepare(scene, CallGroup.STUCK)
        work()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(models.DigestLine)) == 1


def test_a_worker_that_is_killed_writes_to_nobody_twice(
    scene: Scene, mails: MailSink, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    reminder_id = prepare(scene).id
    [job_id] = jobs.left_behind(at=AT)
    write, calls_made = reminders._write, []

    def die_at_the_third(id_: UUID, centre_id: UUID, user_id: UUID, *, at: datetime) -> LeftOut | None:
        calls_made.append(user_id)
        if len(calls_made) == 3:
            raise Killed
        return write(id_, centre_id, user_id, at=at)

    monkeypatch.setattr(reminders, "_write", die_at_the_third)
    with pytest.raises(Killed):
        jobs.run(job_id, clock=lambda: AT)
    db.session.rollback()
    mail.send_due(at=AT)
    assert len(mails.messages) == 2
    monkeypatch.undo()
    work(AT + timedelta(minutes=5))
    assert reached(mails, scene) == ["back", "back_member", "moving", "opened", "silent", "stuck"]
    assert len(queries.written(reminder_id)) == 6


def test_a_reminder_that_is_cancelled_does_not_leave(scene: Scene, mails: MailSink) -> None:
    reminder = prepare(scene, due_at=LATER)
    reminders.cancel(reminder, scene.campaign, actor_id=scene.people["done"].id, at=AT)
    work(LATER)
    assert not mails.messages


def test_mails_still_waiting_do_not_leave_once_it_is_cancelled(scene: Scene, mails: MailSink) -> None:
    reminder = prepare(scene)
    for job_id in jobs.left_behind(at=AT):
        jobs.run(job_id, clock=lambda: AT)
    reminders.cancel(reminder, scene.campaign, actor_id=scene.people["done"].id, at=AT)
    mail.send_due(at=AT)
    assert not mails.messages


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"message": ""}, "message"),
        ({"message": "x" * 2_001}, "message"),
        ({"centre_ids": []}, None),
        ({"due_at": AT}, "day"),
        ({"due_at": AT + timedelta(days=91)}, "day"),
    ],
)
def test_a_reminder_has_words_people_and_a_time_to_come(scene: Scene, changes: dict[str, object], field: str) -> None:
    given = {
        "group": CallGroup.STUCK,
        "days": 7,
        "message": "Bonjour",
        "centre_ids": audience(scene, CallGroup.STUCK).centre_ids,
        "due_at": None,
        "actor_id": scene.people["done"].id,
        "at": AT,
    }
    with pytest.raises(Refused) as refused:
        reminders.prepare(scene.campaign, **(given | changes))  # type: ignore[arg-type]
    assert refused.value.question == field


def test_a_campaign_reminds_by_itself_on_its_days_only_once(scene: Scene, mails: MailSink, db: SQLAlchemy) -> None:
    reminders.set_automatic(scene.campaign, {14, 7}, actor_id=scene.people["done"].id, at=AT)
    first = scene.campaign.shown_deadline - timedelta(days=14)
    early, ripe = (
        datetime.combine(first, reminders.HOUR, tzinfo=reminders.PARIS) + timedelta(minutes=m) for m in (-1, 0)
    )
    work(early)
    assert not mails.messages
    work(ripe)
    work(ripe + timedelta(hours=3))
    assert reached(mails, scene) == ["back", "back_member", "moving", "opened", "silent", "stuck"]
    work(ripe + timedelta(days=1))
    assert len(mails.messages) == 6
    work(ripe + timedelta(days=7))
    assert len(mails.messages) == 12
    assert {row.created_by for row in db.session.scalars(sa.select(models.Reminder))} == {None}


def test_a_campaign_reminds_nobody_by_itself_unless_somebody_chose(scene: Scene, mails: MailSink) -> None:
    reminders.set_automatic(scene.campaign, {7}, actor_id=scene.people["done"].id, at=AT)
    reminders.set_automatic(scene.campaign, set(), actor_id=scene.people["done"].id, at=AT)
    last = scene.campaign.shown_deadline - timedelta(days=7)
    work(datetime.combine(last, reminders.HOUR, tzinfo=reminders.PARIS))
    assert not mails.messages


def test_who_wants_no_reminder_gets_none_and_who_wants_a_digest_gets_it_there(
    scene: Scene, mails: MailSink, db: SQLAlchemy
) -> None:
    mail_preferences.choose(scene.people["silent"], {"reminders": "never"})
    mail_preferences.choose(scene.people["stuck"], {"reminders": "digest"})
    mail_preferences.choose(scene.people["opened"], {"reminders": "digest"})
    prepare(scene)
    work()
    assert reached(mails, scene) == ["back", "back_member", "moving"]
    scenes.send_all(scene.centres["stuck"])
    mails.messages.clear()
    work(AT + timedelta(days=1))
    assert reached(mails, scene) == ["opened"], "« stuck » has sent before the digest was made"


def test_somebody_who_left_the_centre_gets_nothing_more(scene: Scene, mails: MailSink, db: SQLAlchemy) -> None:
    prepare(scene, CallGroup.STUCK)
    for job_id in jobs.left_behind(at=AT):
        jobs.run(job_id, clock=lambda: AT)
    db.session.execute(sa.delete(models.Role).where(models.Role.user_id == scene.people["stuck"].id))
    db.session.commit()
    mail.send_due(at=AT)
    assert not mails.messages


def test_the_worker_starts_what_has_fallen_due(db: SQLAlchemy) -> None:
    reminder = factories.ReminderFactory()
    found: list[str] = []
    worker.look_after(found.append, lambda: None)
    worker.look_after(found.append, lambda: None)
    db.session.refresh(reminder)
    assert found == [str(reminder.job_id)] * 2


def test_one_person_of_two_centres_hears_of_each_once(scene: Scene, mails: MailSink) -> None:
    factories.grant(scene.people["stuck"], RoleName.RESPONSIBLE, scene.centres["moving"])
    prepare(scene)
    work()
    assert len(mails.to(scene.people["stuck"].email)) == 2
