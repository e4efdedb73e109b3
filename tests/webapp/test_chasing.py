"""Who is still chased once a campaign's days have passed, and what each centre reads of where it stands."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.values import Refused
from tests import factories
from tests.servers import MailSink
from tests.webapp import following as scenes
from tests.webapp.following import AT, Scene
from webapp import follow_words, models
from webapp.queries import following
from webapp.queries import reminders as queries
from webapp.services import jobs, mail, reminders
from webapp.vocabulary import CallGroup


@pytest.fixture
def scene(db: SQLAlchemy) -> Iterator[Scene]:
    yield scenes.make()
    db.session.rollback()


def after(scene: Scene, days: int = 1) -> datetime:
    """So many days after the last one on which anything can be sent."""
    last = scene.campaign.last_edit
    return AT.replace(year=last.year, month=last.month, day=last.day) + timedelta(days=days)


def late(scene: Scene) -> datetime:
    """The shown deadline has passed, the last day has not."""
    scene.campaign.last_edit = scene.campaign.shown_deadline + timedelta(days=10)
    scene.campaign.last_creation = scene.campaign.last_edit
    return after(scene, -5)


def audience(scene: Scene, group: CallGroup, at: datetime) -> queries.Audience:
    return queries.audience(following.lines(scene.campaign, at=at), group)


def names(audience: queries.Audience) -> set[str]:
    return {one.line.centre.name for one in audience.addressees}


def prepare(scene: Scene, group: CallGroup, *, at: datetime, due_at: datetime | None = None) -> models.Reminder:
    return reminders.prepare(
        scene.campaign,
        group=group,
        days=7,
        message="Nous attendons vos fiches.",
        centre_ids=audience(scene, group, at).centre_ids,
        due_at=due_at,
        actor_id=scene.people["done"].id,
        at=at,
    )


def work(at: datetime) -> None:
    reminders.fall_due(at=at)
    for job_id in jobs.left_behind(at=at):
        jobs.run(job_id, clock=lambda: at)
    mail.send_due(at=at)


def standing(scene: Scene, key: str, at: datetime = AT) -> str:
    [line] = [one for one in following.lines(scene.campaign, at=at) if one.centre.id == scene.centres[key].id]
    return follow_words.standing(line, scene.campaign)


def test_after_the_last_day_only_those_are_reminded_who_can_still_act(scene: Scene, mails: MailSink) -> None:
    at = after(scene)
    found = audience(scene, CallGroup.UNFINISHED, at)
    assert names(found) == {"Centre back"}
    assert {line.centre.name for line in found.too_late} == {
        "Centre silent",
        "Centre opened",
        "Centre stuck",
        "Centre moving",
    }
    prepare(scene, CallGroup.UNFINISHED, at=at)
    work(at)
    assert {str(message["To"]) for message in mails.messages} == {
        scene.people["back"].email,
        scene.people["back_member"].email,
    }


@pytest.mark.parametrize("group", [CallGroup.NOT_OPENED, CallGroup.STUCK])
def test_after_the_last_day_a_group_that_cannot_act_is_not_reminded(scene: Scene, group: CallGroup) -> None:
    assert names(audience(scene, group, AT))
    with pytest.raises(Refused, match="Personne"):
        prepare(scene, group, at=after(scene, 30))


def test_who_cannot_begin_any_more_is_not_reminded_to(scene: Scene) -> None:
    at = late(scene)
    scene.campaign.last_creation = at.date() - timedelta(days=1)
    assert names(audience(scene, CallGroup.UNFINISHED, at)) == {"Centre stuck", "Centre moving", "Centre back"}


def test_a_reminder_planned_beyond_the_last_day_leaves_for_corrections_only(scene: Scene, mails: MailSink) -> None:
    due = after(scene)
    prepare(scene, CallGroup.UNFINISHED, at=due - timedelta(days=20), due_at=due)
    work(due)
    assert len(mails.messages) == 2
    assert scene.people["silent"].email not in {str(message["To"]) for message in mails.messages}


def test_a_mail_that_waits_beyond_the_last_day_does_not_leave(scene: Scene, mails: MailSink) -> None:
    at = after(scene, 0)
    prepare(scene, CallGroup.UNFINISHED, at=at)
    for job_id in jobs.left_behind(at=at):
        jobs.run(job_id, clock=lambda: at)
    mail.send_due(at=at + timedelta(days=1))
    assert {str(message["To"]) for message in mails.messages} == {
        scene.people["back"].email,
        scene.people["back_member"].email,
    }


def test_each_centre_reads_what_it_owes_and_until_when(scene: Scene) -> None:
    assert standing(scene, "silent") == (
        "Où en est votre centre (Centre silent)\u00a0: aucune fiche commencée. "
        "Les fiches à envoyer sont attendues au plus tard le 31\u00a0janvier 2027."
    )
    back = standing(scene, "back")
    assert "1\u00a0fiche à corriger (1\u00a0demande)" in back
    assert "répondez à ce qui vous est demandé" in back
    assert "31\u00a0janvier" not in back, "what was sent back has no such day"
    factories.SheetFactory(centre=scene.centres["back"], state=SheetState.DRAFT)
    assert "attendues au plus tard le 31\u00a0janvier 2027" in standing(scene, "back")


def test_a_day_that_has_passed_is_told_as_passed_or_not_at_all(scene: Scene) -> None:
    assert "étaient attendues au plus tard le 31\u00a0janvier 2027\u00a0: vous pouvez encore les envoyer" in standing(
        scene, "stuck", late(scene)
    )
    factories.SheetFactory(centre=scene.centres["back"], state=SheetState.DRAFT)
    over = standing(scene, "back", after(scene))
    assert "1\u00a0fiche à corriger" in over
    assert "2027" not in over
    assert "en cours" not in over, "nothing can be done about it"


def test_a_centre_reads_its_own_day(scene: Scene) -> None:
    factories.extend(scene.campaign, scene.centres["silent"], scene.campaign.shown_deadline + timedelta(days=20))
    assert "au plus tard le 20\u00a0février 2027" in standing(scene, "silent")


@pytest.mark.parametrize("group", [CallGroup.UNFINISHED, CallGroup.LATE_LAST_YEAR, CallGroup.UNDER_WAY])
def test_what_a_mixed_group_reads_holds_for_who_has_only_to_correct(group: CallGroup) -> None:
    words = follow_words.proposed_message(group)
    assert "à envoyer ou à corriger" in words
    assert "pas encore reçu" not in words


def test_after_the_last_day_the_text_that_is_proposed_is_of_corrections() -> None:
    assert follow_words.proposed_message(CallGroup.UNFINISHED, over=True) == follow_words.proposed_message(
        CallGroup.TO_CORRECT
    )


def test_a_mail_names_no_number_that_nobody_has(scene: Scene, mails: MailSink) -> None:
    prepare(scene, CallGroup.NOT_OPENED, at=AT)
    work(AT)
    text = mails.to(scene.people["silent"].email)[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Appelez-nous" not in text
    assert scene.federation.name in text
