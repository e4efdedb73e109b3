"""The same act on many sheets: nothing before it is confirmed, each line on its own, nothing twice."""

import threading
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.values import Refused
from tests import factories
from tests.factories import START
from webapp import models
from webapp.models import BulkItem, Event, Job, Mail, Query, Sheet
from webapp.policy import Actor, Denied
from webapp.queries.accounts import actor_of
from webapp.services import bulk, jobs, mail, review, sheets
from webapp.services.bulk_acts import ACTS
from webapp.vocabulary import BulkState, JobState, MailState, QueryReason, RoleName, Sharing

AT = START + timedelta(days=30)
QUERY = {"question": "people", "reason": "incomplete", "text": "Combien de personnes\u202f?"}


@pytest.fixture
def centre(db: SQLAlchemy) -> models.Centre:
    made: models.Centre = factories.CentreFactory(name="L’Escale")
    factories.person(RoleName.RESPONSIBLE, made, password=None, full_name="Rose Vidal")
    return made


@pytest.fixture
def reviewer(centre: models.Centre) -> Actor:
    return actor_of(factories.person(RoleName.REVIEWER, centre.federation, password=None))


@pytest.fixture
def administrator(centre: models.Centre) -> Actor:
    return actor_of(factories.person(RoleName.ADMINISTRATOR, centre.federation, password=None))


def some(centre: models.Centre, count: int, state: SheetState = SheetState.SUBMITTED, **details: Any) -> list[UUID]:
    """That many sheets of the centre."""
    return [factories.sent_sheet(state, centre=centre, **details).id for _ in range(count)]


def prepared(name: str, ids: Iterable[UUID], actor: Actor) -> UUID:
    return bulk.prepare(ACTS[name], list(ids), actor=actor, at=AT).id


def confirmed(name: str, ids: Iterable[UUID], actor: Actor, typed: dict[str, str] | None = None) -> UUID:
    """A run that the worker may begin."""
    run_id = prepared(name, ids, actor)
    bulk.confirm(run_id, typed=typed or {}, actor=actor, at=AT)
    return run_id


def work(run_id: UUID) -> None:
    """Let the worker do it."""
    job_id = db_run(run_id).job_id
    assert job_id is not None
    jobs.run(job_id, clock=lambda: AT)


def done(name: str, ids: Iterable[UUID], actor: Actor, typed: dict[str, str] | None = None) -> UUID:
    run_id = confirmed(name, ids, actor, typed)
    work(run_id)
    return run_id


def db_run(run_id: UUID) -> models.BulkRun:
    from webapp.database import db

    db.session.rollback()
    return db.session.get_one(models.BulkRun, run_id, populate_existing=True)


def lines(db: SQLAlchemy, run_id: UUID) -> list[tuple[BulkState, str]]:
    db.session.rollback()
    rows = sa.select(BulkItem.state, BulkItem.message).where(BulkItem.bulk_run_id == run_id)
    return [(state, message) for state, message in db.session.execute(rows.order_by(BulkItem.position))]


def states(db: SQLAlchemy, ids: list[UUID]) -> list[SheetState]:
    db.session.rollback()
    found = dict(db.session.execute(sa.select(Sheet.id, Sheet.state).where(Sheet.id.in_(ids))).all())  # type: ignore[arg-type]
    return [found[id_] for id_ in ids]


def events(db: SQLAlchemy, kind: str) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Event).where(Event.kind == kind)) or 0


def test_nothing_is_done_before_it_is_confirmed(db: SQLAlchemy, centre: models.Centre, reviewer: Actor) -> None:
    ids = some(centre, 3)
    prepared("validate", ids, reviewer)
    assert states(db, ids) == [SheetState.SUBMITTED] * 3
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_each_sheet_has_the_act_as_if_alone_with_its_event_and_mail(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor
) -> None:
    ids = some(centre, 3)
    run_id = done("validate", ids, reviewer)
    assert states(db, ids) == [SheetState.VALIDATED] * 3
    assert lines(db, run_id) == [(BulkState.DONE, "")] * 3
    assert events(db, "sheet.validate") == 3
    assert {event.actor_id for event in db.session.scalars(sa.select(Event))} == {reviewer.user_id}
    assert len(db.session.scalars(sa.select(Mail).where(Mail.kind == "sheet_validate")).all()) == 3
    job = db.session.get_one(Job, db_run(run_id).job_id)
    assert (job.state, job.done, job.total) == (JobState.DONE, 3, 3)


def test_what_can_not_be_is_told_beforehand_and_left(db: SQLAlchemy, centre: models.Centre, reviewer: Actor) -> None:
    [good, asked] = some(centre, 2)
    [validated] = some(centre, 1, SheetState.VALIDATED)
    draft = factories.SheetFactory(centre=centre).id
    factories.QueryFactory(sheet=db.session.get_one(Sheet, asked))
    run_id = prepared("validate", [good, asked, validated, draft], reviewer)
    assert lines(db, run_id) == [
        (BulkState.WAITING, ""),
        (BulkState.REFUSED, "1\u00a0demande attend encore"),
        (BulkState.REFUSED, "Déjà validée"),
        (BulkState.REFUSED, "Le centre ne l’a pas encore envoyée"),
    ]
    bulk.confirm(run_id, typed={}, actor=reviewer, at=AT)
    work(run_id)
    assert states(db, [good, asked, validated, draft]) == [
        SheetState.VALIDATED,
        SheetState.SUBMITTED,
        SheetState.VALIDATED,
        SheetState.DRAFT,
    ]
    assert db.session.get_one(Job, db_run(run_id).job_id).total == 1


def test_a_sheet_that_has_changed_since_the_recap_is_left_and_the_rest_done(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor
) -> None:
    first, sent_again, taken_back = some(centre, 3)
    run_id = prepared("validate", [first, sent_again, taken_back], reviewer)
    factories.SnapshotFactory(sheet=db.session.get_one(Sheet, sent_again))
    db.session.get_one(Sheet, taken_back).state = SheetState.DRAFT
    db.session.commit()
    bulk.confirm(run_id, typed={}, actor=reviewer, at=AT)
    work(run_id)
    assert lines(db, run_id) == [(BulkState.DONE, ""), *[(BulkState.REFUSED, bulk.CHANGED)] * 2]
    assert states(db, [first, sent_again]) == [SheetState.VALIDATED, SheetState.SUBMITTED]


def test_a_worker_killed_in_the_middle_goes_on_and_does_nothing_twice(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = some(centre, 5)
    run_id = confirmed("ask", ids, reviewer, QUERY)
    whole, calls = review.ask, []

    def killed(*args: Any, **details: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(*args, **details)

    monkeypatch.setattr(review, "ask", killed)
    with pytest.raises(KeyboardInterrupt):
        work(run_id)
    db.session.rollback()
    assert [state for state, _ in lines(db, run_id)] == [BulkState.DONE] * 2 + [BulkState.WAITING] * 3
    # Nobody said the end: after a silence another worker takes the job.
    job_id = db_run(run_id).job_id
    assert job_id is not None
    assert jobs.run(job_id, clock=lambda: AT + jobs.SILENCE + timedelta(seconds=1)) is True
    assert [state for state, _ in lines(db, run_id)] == [BulkState.DONE] * 5
    asked = db.session.scalars(sa.select(Query.sheet_id)).all()
    assert sorted(asked) == sorted(ids)
    job = db.session.get_one(Job, job_id, populate_existing=True)
    assert (job.state, job.done, job.total) == (JobState.DONE, 5, 5)


def test_killed_between_the_act_and_its_end_the_line_knows_that_it_was_done(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = some(centre, 2)
    run_id = confirmed("ask", ids, reviewer, QUERY)
    whole = review.ask

    def killed_after(*args: Any, **details: Any) -> Any:
        whole(*args, **details)
        raise KeyboardInterrupt

    monkeypatch.setattr(review, "ask", killed_after)
    with pytest.raises(KeyboardInterrupt):
        work(run_id)
    monkeypatch.setattr(review, "ask", whole)
    assert [state for state, _ in lines(db, run_id)] == [BulkState.DONE, BulkState.WAITING]
    job_id = db_run(run_id).job_id
    assert job_id is not None
    jobs.run(job_id, clock=lambda: AT + jobs.SILENCE + timedelta(seconds=1))
    assert sorted(db.session.scalars(sa.select(Query.sheet_id)).all()) == sorted(ids)


def test_a_failure_leaves_the_rest_done_and_only_it_is_prepared_again(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = some(centre, 3)
    run_id = confirmed("validate", ids, reviewer)
    whole = sheets.move

    def broken(sheet_id: UUID, *args: Any, **details: Any) -> Any:
        if sheet_id == ids[1]:
            raise ZeroDivisionError
        return whole(sheet_id, *args, **details)

    monkeypatch.setattr(sheets, "move", broken)
    work(run_id)
    assert lines(db, run_id)[1] == (BulkState.FAILED, bulk.UNEXPECTED)
    assert states(db, ids) == [SheetState.VALIDATED, SheetState.SUBMITTED, SheetState.VALIDATED]
    monkeypatch.setattr(sheets, "move", whole)
    second = bulk.again(run_id, actor=reviewer, at=AT).id
    assert [item.sheet_id for item in db_run(second).items] == [ids[1]]
    bulk.confirm(second, typed={}, actor=reviewer, at=AT)
    work(second)
    assert states(db, ids) == [SheetState.VALIDATED] * 3
    assert events(db, "sheet.validate") == 3


def test_confirmed_twice_it_is_done_once(db: SQLAlchemy, centre: models.Centre, reviewer: Actor) -> None:
    run_id = prepared("ask", some(centre, 2), reviewer)
    first = bulk.confirm(run_id, typed=QUERY, actor=reviewer, at=AT).job_id
    assert bulk.confirm(run_id, typed=QUERY, actor=reviewer, at=AT).job_id == first
    work(run_id)
    work(run_id)
    assert len(db.session.scalars(sa.select(Query)).all()) == 2


def test_cancelled_it_stops_and_taken_up_again_it_does_the_rest(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = some(centre, 4)
    run_id = confirmed("validate", ids, reviewer)
    job_id, whole = db_run(run_id).job_id, sheets.move
    assert job_id is not None

    def cancelling(*args: Any, **details: Any) -> Any:
        moved = whole(*args, **details)
        jobs.cancel(job_id, at=AT)
        return moved

    monkeypatch.setattr(sheets, "move", cancelling)
    work(run_id)
    assert states(db, ids).count(SheetState.VALIDATED) == 1
    monkeypatch.setattr(sheets, "move", whole)
    assert jobs.resume(job_id, at=AT) is True
    work(run_id)
    assert states(db, ids) == [SheetState.VALIDATED] * 4
    assert events(db, "sheet.validate") == 4


@pytest.mark.parametrize(("missing", "field"), [("question", "question"), ("reason", "reason"), ("text", "text")])
def test_a_query_without_its_words_is_refused_at_its_field(
    centre: models.Centre, reviewer: Actor, missing: str, field: str
) -> None:
    run_id = prepared("ask", some(centre, 1), reviewer)
    with pytest.raises(Refused) as refused:
        bulk.confirm(run_id, typed=QUERY | {missing: " " if missing == "text" else ""}, actor=reviewer, at=AT)
    assert refused.value.question == field
    with pytest.raises(Refused):
        bulk.confirm(run_id, typed=QUERY | {"question": "nobody_asks_this"}, actor=reviewer, at=AT)


def test_the_same_query_is_not_put_twice_on_a_sheet(db: SQLAlchemy, centre: models.Centre, reviewer: Actor) -> None:
    first, second = some(centre, 2)
    done("ask", [first], reviewer, QUERY)
    run_id = done("ask", [first, second], reviewer, QUERY)
    assert [state for state, _ in lines(db, run_id)] == [BulkState.REFUSED, BulkState.DONE]
    assert sorted(db.session.scalars(sa.select(Query.sheet_id)).all()) == sorted([first, second])


def test_the_same_query_then_the_sheets_go_back_to_their_centres(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor
) -> None:
    ids = some(centre, 2)
    run_id = done("ask", ids, reviewer, QUERY)
    queries = db.session.scalars(sa.select(Query)).all()
    assert {(query.question, query.reason, query.text) for query in queries} == {
        ("people", QueryReason.INCOMPLETE, QUERY["text"])
    }
    second = bulk.on_the_same(run_id, ACTS["ask_changes"], actor=reviewer, at=AT).id
    bulk.confirm(second, typed={}, actor=reviewer, at=AT)
    work(second)
    assert states(db, ids) == [SheetState.CHANGES_REQUESTED] * 2


def test_only_an_administrator_publishes_and_only_what_the_centre_shares(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor, administrator: Actor
) -> None:
    [shared] = some(centre, 1, SheetState.VALIDATED, sharing=Sharing.PUBLIC)
    [kept] = some(centre, 1, SheetState.VALIDATED)
    with pytest.raises(Denied):
        prepared("publish", [shared], reviewer)
    run_id = done("publish", [shared, kept], administrator)
    assert states(db, [shared, kept]) == [SheetState.PUBLISHED, SheetState.VALIDATED]
    assert lines(db, run_id)[1] == (BulkState.REFUSED, "Le centre ne la montre qu’aux financeurs")


def test_a_right_lost_since_then_is_not_used(db: SQLAlchemy, centre: models.Centre, administrator: Actor) -> None:
    ids = some(centre, 1, SheetState.VALIDATED, sharing=Sharing.PUBLIC)
    run_id = confirmed("publish", ids, administrator)
    role = db.session.scalars(sa.select(models.Role).where(models.Role.user_id == administrator.user_id)).one()
    role.name = RoleName.REVIEWER
    db.session.commit()
    work(run_id)
    [(state, message)] = lines(db, run_id)
    assert (state, message[:5]) == (BulkState.REFUSED, "Seul ")
    assert states(db, ids) == [SheetState.VALIDATED]


def test_sheets_of_another_federation_are_not_among_those_chosen(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor
) -> None:
    theirs = some(factories.CentreFactory(), 1)
    ours = some(centre, 1)
    run_id = prepared("validate", [*theirs, *ours], reviewer)
    assert [item.sheet_id for item in db_run(run_id).items] == ours
    with pytest.raises(Refused):
        prepared("validate", theirs, reviewer)


def test_sheets_are_given_to_somebody_of_the_federation_to_read(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor
) -> None:
    ids = some(centre, 2)
    elsewhere = factories.person(RoleName.REVIEWER, factories.FederationFactory(), password=None)
    run_id = prepared("assign", ids, reviewer)
    for typed in ({}, {"person": "Rose"}, {"person": str(elsewhere.id)}):
        with pytest.raises(Refused) as refused:
            bulk.confirm(run_id, typed=typed, actor=reviewer, at=AT)
        assert refused.value.question == "person"
        db.session.rollback()
    bulk.confirm(run_id, typed={"person": str(reviewer.user_id)}, actor=reviewer, at=AT)
    work(run_id)
    db.session.rollback()
    assert set(db.session.scalars(sa.select(Sheet.assigned_to))) == {reviewer.user_id}
    assert events(db, "review.assigned") == 2


def reminders(db: SQLAlchemy) -> list[Mail]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Mail).where(Mail.kind == "sheet_reminder").order_by(Mail.recipient)))


def test_a_centre_is_reminded_once_of_all_its_sheets(db: SQLAlchemy, centre: models.Centre, reviewer: Actor) -> None:
    campaign = factories.campaign_of(centre.federation)
    drafts = [factories.SheetFactory(centre=centre, title=title).id for title in ("Le jardin", "Le café")]
    back = some(centre, 1, SheetState.CHANGES_REQUESTED, title="La marche")
    sent = some(centre, 1)
    other = factories.CentreFactory(federation=centre.federation)
    factories.person(RoleName.RESPONSIBLE, other, password=None)
    theirs = factories.SheetFactory(centre=other, campaign=campaign).id
    run_id = done("remind", [*drafts, *back, *sent, theirs], reviewer)
    mails = reminders(db)
    assert len(mails) == 2
    [ours] = [one for one in mails if one.centre_id == centre.id]
    assert all(title in ours.text for title in ("Le jardin", "Le café", "La marche"))
    found = lines(db, run_id)
    assert [state for state, _ in found] == [BulkState.DONE] * 3 + [BulkState.REFUSED, BulkState.DONE]
    assert found[0][1] == "Message à Rose Vidal"
    assert events(db, "sheet.reminded") == 4


def test_nobody_is_reminded_twice_a_day(db: SQLAlchemy, centre: models.Centre, reviewer: Actor) -> None:
    draft = factories.SheetFactory(centre=centre).id
    done("remind", [draft], reviewer)
    second = prepared("remind", [draft], reviewer)
    assert lines(db, second) == [(BulkState.REFUSED, "Ce centre a déjà été relancé aujourd’hui")]
    tomorrow = bulk.prepare(ACTS["remind"], [draft], actor=reviewer, at=AT + timedelta(days=1)).id
    assert [state for state, _ in lines(db, tomorrow)] == [BulkState.WAITING]
    assert len(reminders(db)) == 1


def test_who_was_reminded_of_the_campaign_is_not_reminded_of_a_sheet(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor
) -> None:
    draft = factories.SheetFactory(centre=centre).id
    run_id = confirmed("remind", [draft], reviewer)
    rose = db.session.scalars(sa.select(models.Role.user_id).where(models.Role.centre_id == centre.id)).one()
    factories.MailFactory(kind="reminder", user_id=rose, centre_id=centre.id, created_at=AT)
    db.session.commit()
    work(run_id)
    assert lines(db, run_id) == [
        (BulkState.REFUSED, "Les responsables de ce centre ont déjà été relancés aujourd’hui.")
    ]
    assert lines(db, prepared("remind", [draft], reviewer)) == [
        (BulkState.REFUSED, "Ce centre a déjà été relancé aujourd’hui")
    ]
    assert not reminders(db)


def test_a_centre_whose_day_is_still_to_come_is_left_alone(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor
) -> None:
    campaign, today = factories.campaign_of(centre.federation), AT.date()
    places = [centre, *(factories.CentreFactory(federation=centre.federation) for _ in range(4))]
    for place in places[1:]:
        factories.person(RoleName.RESPONSIBLE, place, password=None)
    promised, given, broken, changed, elsewhere = places
    factories.expect(campaign, *places)
    factories.CallNoteFactory(centre=promised, at=AT, promised_on=today)
    factories.extend(campaign, given, date(2027, 4, 30))
    factories.CallNoteFactory(centre=broken, at=AT, promised_on=today - timedelta(days=1))
    factories.CallNoteFactory(centre=changed, at=AT - timedelta(days=9), promised_on=today + timedelta(days=9))
    factories.CallNoteFactory(centre=changed, at=AT - timedelta(days=2), promised_on=today - timedelta(days=1))
    other = factories.CampaignFactory(federation=centre.federation, year=2025)
    factories.CallNoteFactory(centre=elsewhere, campaign=other, at=AT, promised_on=today + timedelta(days=9))
    drafts = [factories.SheetFactory(centre=place, campaign=campaign).id for place in places]
    assert lines(db, done("remind", drafts, reviewer))[:2] == [
        (BulkState.REFUSED, "Le centre a promis d’envoyer pour le 1er\u00a0avril 2026"),
        (BulkState.REFUSED, "Le centre a reçu un délai jusqu’au 30\u00a0avril 2027"),
    ]
    assert {mail.centre_id for mail in reminders(db)} == {broken.id, changed.id, elsewhere.id}


def test_who_promises_after_the_recap_is_left_alone(db: SQLAlchemy, centre: models.Centre, reviewer: Actor) -> None:
    before = factories.CampaignFactory(federation=centre.federation, year=2025, last_edit=date(2026, 5, 31))
    old = factories.SheetFactory(centre=centre, campaign=before, title="Le café")
    new = factories.SheetFactory(centre=centre, title="Le jardin")
    run_id = confirmed("remind", [old.id, new.id], reviewer)
    factories.CallNoteFactory(centre=centre, campaign=new.campaign, at=AT, promised_on=AT.date() + timedelta(days=3))
    work(run_id)
    assert lines(db, run_id) == [
        (BulkState.DONE, "Message à Rose Vidal"),
        (BulkState.REFUSED, "Le centre a promis d’envoyer pour le 4\u00a0avril 2026"),
    ]
    [written] = reminders(db)
    assert ("Le café" in written.text, "Le jardin" in written.text) == (True, False)


@pytest.mark.parametrize("meanwhile", ["promised", "sent", "nothing"])
def test_a_reminder_that_waits_leaves_only_where_it_is_still_wanted(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor, meanwhile: str
) -> None:
    draft = factories.SheetFactory(centre=centre)
    done("remind", [draft.id], reviewer)
    if meanwhile == "promised":
        day = AT.date() + timedelta(days=3)
        factories.CallNoteFactory(centre=centre, campaign=draft.campaign, at=AT, promised_on=day)
    if meanwhile == "sent":
        draft.state = SheetState.SUBMITTED
    db.session.commit()
    mail.send_due(at=AT)
    [written] = reminders(db)
    assert written.state is (MailState.SENT if meanwhile == "nothing" else MailState.DROPPED)


@pytest.mark.parametrize("state", [SheetState.DRAFT, SheetState.CHANGES_REQUESTED])
def test_what_was_sent_back_is_asked_for_after_the_campaign_and_a_draft_is_not(
    db: SQLAlchemy, centre: models.Centre, reviewer: Actor, state: SheetState
) -> None:
    over = factories.CampaignFactory(federation=centre.federation, year=2025, last_edit=AT.date())
    (sheet,) = some(centre, 1, state, campaign=over)
    done("remind", [sheet], reviewer)
    mail.send_due(at=AT + timedelta(days=1))
    [written] = reminders(db)
    assert written.state is (MailState.SENT if state is SheetState.CHANGES_REQUESTED else MailState.DROPPED)


def test_somebody_of_two_centres_is_reminded_of_each(db: SQLAlchemy, centre: models.Centre, reviewer: Actor) -> None:
    other = factories.CentreFactory(federation=centre.federation)
    rose = db.session.scalars(sa.select(models.User).where(models.User.full_name == "Rose Vidal")).one()
    factories.grant(rose, RoleName.RESPONSIBLE, other)
    done("remind", [factories.SheetFactory(centre=place).id for place in (centre, other)], reviewer)
    assert {one.centre_id for one in reminders(db)} == {centre.id, other.id}


def test_two_runs_prepared_together_remind_once(db: SQLAlchemy, centre: models.Centre, reviewer: Actor) -> None:
    first, second = (factories.SheetFactory(centre=centre).id for _ in range(2))
    runs = [confirmed("remind", [one], reviewer) for one in (first, second)]
    for run_id in runs:
        work(run_id)
    assert len(reminders(db)) == 1
    assert lines(db, runs[1]) == [
        (BulkState.REFUSED, "Les responsables de ce centre ont déjà été relancés aujourd’hui.")
    ]


def together(app: Flask, act: Callable[[], None], count: int = 2) -> None:
    """Do that in several threads at once."""
    gate = threading.Barrier(count)

    def go() -> None:
        with app.app_context():
            gate.wait()
            act()

    threads = [threading.Thread(target=go) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("name", ["ask", "remind"])
def test_two_workers_at_once_do_each_line_once(
    app: Flask, db: SQLAlchemy, centre: models.Centre, reviewer: Actor, name: str
) -> None:
    ids = [factories.SheetFactory(centre=centre).id for _ in range(6)] if name == "remind" else some(centre, 6)
    run_id = confirmed(name, ids, reviewer, QUERY)
    job_id = db_run(run_id).job_id
    assert job_id is not None
    jobs.claim(job_id, at=AT)
    running = jobs.Running(job_id, {"run": str(run_id)}, lambda: AT)
    db.session.remove()
    together(app, lambda: bulk.carry_out(running) and None)
    assert [state for state, _ in lines(db, run_id)] == [BulkState.DONE] * 6
    kind = {"ask": "query.asked", "remind": "sheet.reminded"}[name]
    assert events(db, kind) == 6
    assert len(reminders(db)) == (name == "remind")
