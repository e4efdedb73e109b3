"""Many who move one sheet at once: it moves once, and what was sent stays what it was."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.definition import content_hash
from forms.lifecycle import Move, SheetState
from forms.registry import shipped
from forms.steps import StepReading
from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.signing import sign_in, token_of
from tests.webapp.test_moves import NOW, World
from webapp.blueprints.sheets import sending
from webapp.models import Event, Mail, Sheet, Snapshot
from webapp.policy import Actor, Denied
from webapp.services import events, sheets
from webapp.vocabulary import RoleName

SENDERS = 20
ROUNDS = 1_000
LONGEST_PAUSE = 0.002
# By how much the reviewer is made to start later, or earlier, after a round that the one or the other won.
STEERING = 0.0005


def test_twenty_sends_at_once_make_one_snapshot_one_event_and_one_mail_each(
    app: Flask, db: SQLAlchemy, live_server: str
) -> None:
    world = World()
    sheet = world.sheet()
    colleague = factories.person(RoleName.RESPONSIBLE, world.centre, password=None)
    senders = [world.people[RoleName.RESPONSIBLE], colleague]
    posts = [_post(app, senders[number % 2], live_server, sheet.id) for number in range(SENDERS)]
    id, recipients = sheet.id, sorted(person.email for person in senders)
    db.session.commit()
    with ThreadPoolExecutor(SENDERS) as pool:
        statuses = list(pool.map(lambda post: post(), posts))
    assert set(statuses) == {303}
    db.session.expire_all()
    assert db.session.get_one(Sheet, id).state is SheetState.SUBMITTED
    assert len(db.session.scalars(sa.select(Snapshot).where(Snapshot.sheet_id == id)).all()) == 1
    kinds = db.session.scalars(sa.select(Event.kind).where(Event.sheet_id == id)).all()
    assert kinds.count("sheet.send") == 1
    assert sorted(db.session.scalars(sa.select(Mail.recipient).where(Mail.kind == "sheet_send"))) == recipients


def test_whoever_sends_just_after_a_colleague_is_told_that_it_is_sent(
    app: Flask, client: PageClient, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    sheet, colleague = world.sheet().id, world.doer(Move.SEND)
    sign_in(client, world.people[RoleName.RESPONSIBLE])
    token, sent_already, looks = token_of(client), sending._sent_already, list[bool]()

    def sent_meanwhile(id: UUID) -> bool:
        looks.append(sent_already(id))
        if len(looks) == 1:
            db.session.rollback()
            with ThreadPoolExecutor(1) as pool:
                pool.submit(_send, app, db, id, colleague).result()
        return looks[-1]

    monkeypatch.setattr(sending, "_sent_already", sent_meanwhile)
    answer = client.post(f"/fiches/{sheet}/envoyer", data={"csrf_token": token, "sharing": "network"})
    assert looks == [False, True]
    assert (answer.status_code, answer.location) == (303, f"/fiches/{sheet}/envoyee")


def _send(app: Flask, db: SQLAlchemy, sheet: UUID, actor: Actor) -> None:
    with app.app_context():
        sheets.move(sheet, Move.SEND, actor=actor, at=NOW)
        db.session.commit()


def _post(app: Flask, person: Any, address: str, sheet: UUID) -> Callable[[], int]:
    """A browser of that person that is about to send; calling it sends, and gives the status."""
    visitor = app.test_client()
    assert isinstance(visitor, PageClient)
    sign_in(visitor, person)
    body = urlencode({"csrf_token": token_of(visitor), "sharing": "network"})
    cookie = visitor.get_cookie("recueil")
    assert cookie is not None
    headers = {"Cookie": f"recueil={cookie.value}", "Content-Type": "application/x-www-form-urlencoded"}

    def post() -> int:
        connection = HTTPConnection(address.removeprefix("http://"), timeout=60)
        connection.request("POST", f"/fiches/{sheet}/envoyer", body, headers)
        status = connection.getresponse().status
        connection.close()
        return status

    return post


@dataclass(frozen=True)
class Outcome:
    """What one thread was told: deed by deed, whether it was done."""

    done: tuple[bool, ...]


_pauses: ContextVar[random.Random | None] = ContextVar("pauses", default=None)


@contextmanager
def pausing(engine: sa.Engine) -> Iterator[None]:
    """Threads that have drawn a seed stop for a moment before some of their statements: each seed, other moments."""

    def pause(*_args: object) -> None:
        draw = _pauses.get()
        if draw is not None and draw.random() < 0.2:
            time.sleep(draw.random() * LONGEST_PAUSE)

    sa.event.listen(engine, "before_cursor_execute", pause)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", pause)


class Race:
    """A sheet that was sent; its centre that takes it back to work on it, and a reviewer who validates it."""

    def __init__(self, app: Flask, db: SQLAlchemy) -> None:
        world = World()
        sheet = world.sheet()
        world.move(sheet, Move.SEND)
        self.app, self.db, self.id = app, db, sheet.id
        self.centre = world.actors[RoleName.RESPONSIBLE]
        self.reviewer = world.actors[RoleName.REVIEWER]
        self.federation_id, self.snapshot_id = sheet.federation_id, sheet.current_snapshot_id
        db.session.commit()
        self.table = Sheet.__table__
        with db.engine.connect() as connection:
            row = connection.execute(self.table.select().where(self.table.c.id == self.id)).one()
        self.sent = dict(row._mapping)
        self.frozen = self.snapshots()

    def again(self) -> None:
        """The sheet as it was sent."""
        with self.db.engine.begin() as connection:
            connection.execute(self.table.update().where(self.table.c.id == self.id).values(**self.sent))

    def snapshots(self) -> list[tuple[UUID, str, str]]:
        """What was sent, each with the hash that is kept and the hash of what is kept."""
        version = shipped(factories.YEAR)
        with self.db.engine.connect() as connection:
            rows = connection.execute(sa.select(Snapshot.id, Snapshot.sha256, Snapshot.answers)).all()
        return [(row.id, row.sha256, content_hash({"version": version.sha256, "answers": row.answers})) for row in rows]

    def save(self, text: str) -> Callable[[], object]:
        """An autosave."""
        return lambda: sheets.save(
            self.id, StepReading({"title": text}, frozenset(), {}), actor=self.centre, at=NOW + timedelta(minutes=1)
        )

    def move(self, wanted: Move, actor: Actor) -> Callable[[], object]:
        """A move; the reviewer judges what it has read."""
        seen = self.snapshot_id if actor is self.reviewer else None
        return lambda: sheets.move(self.id, wanted, actor=actor, at=NOW, seen=seen)

    def run(self, seed: int, start: threading.Barrier, late: float, *deeds: Callable[[], object]) -> Outcome:
        """A thread: its deeds in their order, each with a session of its own; the first one so many seconds late."""
        draw, done = random.Random(seed), []
        _pauses.set(draw)
        start.wait(30)
        time.sleep(late)
        for deed in deeds:
            time.sleep(draw.random() * LONGEST_PAUSE)
            with self.app.app_context():
                try:
                    deed()
                    done.append(True)
                except (Refused, Denied):
                    self.db.session.rollback()
                    done.append(False)
        _pauses.set(None)
        return Outcome(tuple(done))


@pytest.fixture
def race(app: Flask, db: SQLAlchemy) -> Race:
    return Race(app, db)


def test_a_thousand_interleavings_of_autosave_and_validation_end_in_a_legal_state(db: SQLAlchemy, race: Race) -> None:
    """Two threads on the real database; which statement of which comes first is drawn, a seed a round.

    The centre saves, takes the sheet back and saves again; the reviewer validates. Either the sheet is taken back:
    then it is a draft with what was saved since; or it is validated, with the answers that were sent.

    The centre has two deeds to do before it can win. How long they take is the machine's: the reviewer's start is
    steered to where either may win, which is where the two really meet.
    """
    ended: dict[SheetState, int] = {SheetState.DRAFT: 0, SheetState.VALIDATED: 0}
    late = 0.0
    with pausing(db.engine), ThreadPoolExecutor(2) as pool:
        for seed in range(ROUNDS):
            race.again()
            start, typed = threading.Barrier(2), f"Le verger {seed}"
            works = (race.save("Trop tôt"), race.move(Move.WITHDRAW, race.centre), race.save(typed))
            centre = pool.submit(race.run, seed, start, 0, *works)
            reviewer = pool.submit(race.run, -seed - 1, start, late, race.move(Move.VALIDATE, race.reviewer))
            told = centre.result(60).done, reviewer.result(60).done
            with db.engine.connect() as connection:
                row = connection.execute(sa.select(race.table).where(race.table.c.id == race.id)).one()
            if row.state is SheetState.DRAFT:
                assert told == ((False, True, True), (False,)), seed
                assert row.answers == {**race.sent["answers"], "title": typed}, seed
            else:
                assert told == ((False, False, False), (True,)), seed
                assert (row.state, row.answers) == (SheetState.VALIDATED, race.sent["answers"]), seed
            assert row.current_snapshot_id == race.snapshot_id, seed
            ended[row.state] += 1
            late = max(0.0, late + (STEERING if row.state is SheetState.VALIDATED else -STEERING))
    assert min(ended.values()) > ROUNDS // 5, "each of the two ways really happened"
    assert race.snapshots() == race.frozen
    assert all(kept == made for _id, kept, made in race.frozen)
    db.session.rollback()
    assert events.verify_chain(race.federation_id).intact
