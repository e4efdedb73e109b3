"""Work in the background: claimed once, alive or done again, its end always told."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from huey.exceptions import TaskException

from forms.values import Refused
from tests.factories import START, FederationFactory, UserFactory
from webapp import worker
from webapp.models import Job
from webapp.services import jobs
from webapp.vocabulary import JobState


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let `work` be done by jobs of the kind « essai »."""

    def set_work(work: Any) -> None:
        monkeypatch.setitem(jobs.HANDLERS, "essai", work)

    return set_work


def asked(db: SQLAlchemy) -> UUID:
    job = jobs.ask("essai", {"n": 1}, owner_id=None, federation_id=None, at=START)
    db.session.commit()
    return job.id


def fresh(db: SQLAlchemy, job_id: UUID) -> Job:
    db.session.rollback()
    return db.session.get_one(Job, job_id, populate_existing=True)


def test_a_job_is_done_and_says_how_far_it_is(db: SQLAlchemy, handler: Any) -> None:
    seen = []

    def work(running: jobs.Running) -> dict[str, Any]:
        running.progress("Mise en page", 3, 10)
        seen.append((fresh(db, running.id).phase, fresh(db, running.id).done, fresh(db, running.id).total))
        return {"n": running.arguments["n"] + 1}

    handler(work)
    job_id = asked(db)

    assert jobs.run(job_id, clock=lambda: START) is True
    job = fresh(db, job_id)
    assert seen == [("Mise en page", 3, 10)]
    assert (job.state, job.result, job.finished_at) == (JobState.DONE, {"n": 2}, START)


def test_a_job_that_is_over_is_not_done_again(db: SQLAlchemy, handler: Any) -> None:
    calls = []
    handler(lambda running: calls.append(1) or {})
    job_id = asked(db)
    jobs.run(job_id, clock=lambda: START)

    assert jobs.run(job_id, clock=lambda: START) is False
    assert calls == [1]


def test_a_running_job_is_left_alone_until_it_has_been_silent_for_long(db: SQLAlchemy, handler: Any) -> None:
    handler(lambda running: {})
    job_id = asked(db)
    assert jobs.claim(job_id, at=START) is not None

    assert jobs.run(job_id, clock=lambda: START + timedelta(seconds=50)) is False
    assert jobs.left_behind(at=START + timedelta(seconds=50)) == []
    later = START + jobs.SILENCE + timedelta(seconds=1)
    assert jobs.left_behind(at=later) == [job_id]
    assert jobs.run(job_id, clock=lambda: later) is True
    assert fresh(db, job_id).attempts == 2


def test_a_refusal_ends_a_job_with_its_sentence(db: SQLAlchemy, handler: Any) -> None:
    def work(running: jobs.Running) -> dict[str, Any]:
        raise Refused("Choisissez moins de fiches.")

    handler(work)
    job_id = asked(db)
    jobs.run(job_id, clock=lambda: START)

    job = fresh(db, job_id)
    assert (job.state, job.error) == (JobState.FAILED, "Choisissez moins de fiches.")


def test_an_unexpected_error_is_tried_again_then_said_in_words(db: SQLAlchemy, handler: Any) -> None:
    def work(running: jobs.Running) -> dict[str, Any]:
        raise ZeroDivisionError

    handler(work)
    job_id = asked(db)
    states = []
    for _ in range(jobs.MOST_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            jobs.run(job_id, clock=lambda: START)
        states.append(fresh(db, job_id).state)

    assert states == [JobState.QUEUED, JobState.QUEUED, JobState.FAILED]
    assert "inattendue" in (fresh(db, job_id).error or "")


def test_a_cancelled_job_stops_at_its_next_word_and_stays_cancelled(db: SQLAlchemy, handler: Any) -> None:
    after = []

    def work(running: jobs.Running) -> dict[str, Any]:
        jobs.cancel(running.id, at=START)
        running.progress("Suite", 1, 2)
        after.append("went on")
        return {}

    handler(work)
    job_id = asked(db)
    jobs.run(job_id, clock=lambda: START)

    assert after == []
    assert fresh(db, job_id).state is JobState.CANCELLED


@pytest.mark.parametrize("end", [JobState.FAILED, JobState.CANCELLED])
def test_a_job_that_failed_or_was_cancelled_is_taken_up_again_at_once(
    app: Flask, db: SQLAlchemy, handler: Any, end: JobState
) -> None:
    handler(lambda running: {})
    job_id = asked(db)
    job = fresh(db, job_id)
    job.state, job.attempts, job.error, job.finished_at = end, jobs.MOST_ATTEMPTS, "Non.", START
    db.session.commit()
    huey = app.extensions["recueil.queue"]["huey"]
    huey.flush()

    assert jobs.resume(job_id, at=START) is True
    assert [task.args for task in huey.pending()] == [(str(job_id),)]
    assert jobs.run(job_id, clock=lambda: START) is True
    job = fresh(db, job_id)
    assert (job.state, job.error, job.attempts) == (JobState.DONE, None, 1)
    assert jobs.resume(job_id, at=START) is False
    assert fresh(db, job_id).state is JobState.DONE


def test_of_many_workers_one_does_the_job(app: Flask, db: SQLAlchemy, handler: Any) -> None:
    calls: list[int] = []
    handler(lambda running: calls.append(1) or {})
    job_id = asked(db)
    db.session.remove()
    gate = threading.Barrier(8)

    def go() -> None:
        with app.app_context():
            gate.wait()
            jobs.run(job_id, clock=lambda: START)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [1]


def test_the_worker_hears_of_a_job_after_its_commit_and_never_of_one_taken_back(
    app: Flask, db: SQLAlchemy, handler: Any
) -> None:
    handler(lambda running: {})
    huey = app.extensions["recueil.queue"]["huey"]
    huey.flush()
    taken_back = jobs.ask("essai", {}, owner_id=None, federation_id=None, at=START).id
    db.session.rollback()
    assert huey.pending_count() == 0
    job_id = asked(db)

    assert [task.args for task in huey.pending()] == [(str(job_id),)]
    assert str(taken_back) != str(job_id)
    huey.execute(huey.dequeue())
    assert fresh(db, job_id).state is JobState.DONE


def test_a_queue_that_is_away_refuses_no_one(app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> None:
        raise ConnectionError

    monkeypatch.setitem(app.extensions["recueil.queue"], "job", away)
    job_id = asked(db)

    assert fresh(db, job_id).state is JobState.QUEUED


def test_the_sweeper_finds_what_the_queue_has_lost(app: Flask, db: SQLAlchemy, handler: Any) -> None:
    handler(lambda running: {})
    job_id = asked(db)
    tasks = app.extensions["recueil.queue"]
    tasks["huey"].flush()
    found: list[str] = []
    worker.look_after(found.append, lambda: None)

    assert found == [str(job_id)]


def test_what_others_put_into_the_queue_is_not_done(app: Flask, db: SQLAlchemy) -> None:
    huey = app.extensions["recueil.queue"]["huey"]
    huey.flush()
    asked(db)
    message = huey.storage.dequeue()
    huey.storage.enqueue(message[:-4] + b"0000")
    with pytest.raises((ValueError, TaskException)):
        huey.dequeue()


def test_a_job_keeps_who_asked_and_for_whom(db: SQLAlchemy) -> None:
    user, federation = UserFactory(), FederationFactory()
    job = jobs.ask("essai", {}, owner_id=user.id, federation_id=federation.id, at=START)
    db.session.commit()
    assert (fresh(db, job.id).owner_id, fresh(db, job.id).federation_id) == (user.id, federation.id)
