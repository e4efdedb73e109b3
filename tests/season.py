"""A season of eight weeks: sixty centres, one officer, a clock that moves and real mails."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms import steps
from forms.lifecycle import TRANSITIONS, Move, SheetState
from tests.factories import CampaignFactory, CentreFactory, FederationFactory, expect, person
from tests.servers import MailSink
from webapp import worker
from webapp.config import Settings
from webapp.models import Campaign, Centre, Event, Job, Mail, Query, Sheet, Snapshot, User
from webapp.policy import Actor
from webapp.queries import following
from webapp.queries import reminders as to_remind
from webapp.queries.accounts import actor_of
from webapp.services import calls, mail, reminders, review, sheets
from webapp.vocabulary import CallGroup, JobState, MailState, QueryReason, QueryState, RoleName

CENTRES, WEEKS = 60, 8
OPENED = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)
DEADLINE = OPENED.date() + timedelta(weeks=7)
HOURS = (4, 9, 16)  # UTC: before the digests of the day, at work, in the evening
BUSY = 25  # sheets that the officer reads in a day
REMINDED = "vos fiches sont attendues"


def told(sheet_id: UUID) -> dict[str, Any]:
    """The answers of a sheet, nobody else's words."""
    return {
        "status": "en_cours",
        "dimension": "services",
        "keywords": ["solidarite"],
        "public": ["tous"],
        "summary": f"Atelier {sheet_id.hex}\u00a0: des voisins réparent ensemble ce qui est cassé, autour d’un café.",
    }


@dataclass
class House:
    """A centre of the season as the test knows it, apart from the product: its people, its sheets, its word."""

    centre_id: UUID
    responsible_id: UUID
    email: str
    planned: int
    starts: int  # the day on which it begins
    pace: int  # days between two sendings
    sheets: dict[UUID, SheetState] = field(default_factory=dict)
    promised: date | None = None
    answers_after: int = 3

    @property
    def done(self) -> bool:
        """Whether nothing is waited for."""
        return bool(self.sheets) and not {SheetState.DRAFT, SheetState.CHANGES_REQUESTED} & set(self.sheets.values())


@dataclass
class Season:
    """What happens, day after day."""

    app: Flask
    db: SQLAlchemy
    sink: MailSink
    settings: Settings
    campaign_id: UUID
    officer: UUID
    houses: list[House]
    draw: random.Random
    # Of each reminder: when it came, to whom, whether that centre was done, whether it had promised a later day.
    reached: list[tuple[datetime, str, bool, bool]] = field(default_factory=list)
    seen: int = 0
    back: dict[UUID, int] = field(default_factory=dict)  # the day on which a sheet came back
    moves: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    killed: bool = False

    def actor(self, user_id: UUID) -> Actor:
        """The account as the policy sees it."""
        return actor_of(self.db.session.get_one(User, user_id))

    def at(self, day: int, hour: int) -> datetime:
        """Set the clock."""
        moment = OPENED + timedelta(days=day) - timedelta(hours=7) + timedelta(hours=hour)
        self.app.config["RECUEIL_NOW"] = moment
        return moment

    def work(self, at: datetime) -> None:
        """What a worker does in a minute, until nothing is left; what arrived is looked at once."""
        worker.look_after(lambda job_id: worker.do(UUID(job_id)), lambda: None)
        while mail.send_due(at=at):
            pass
        self.look(at)

    def look(self, at: datetime) -> None:
        """Note who was reminded, and whether they should have been."""
        by_mail = {house.email: house for house in self.houses}
        for message in self.sink.messages[self.seen :]:
            if REMINDED in str(message["Subject"]):
                house = by_mail[str(message["To"])]
                promised = house.promised is not None and house.promised >= at.date()
                self.reached.append((at, house.email, house.done, promised))
        self.seen = len(self.sink.messages)

    # ------------------------------------------------------------ the centres

    def at_the_centre(self, house: House, day: int, at: datetime) -> None:
        """A centre's day: it begins, it goes on, it sends, it corrects what came back."""
        if day < house.starts:
            return
        actor = self.actor(house.responsible_id)
        if not house.sheets:
            self.begin(house, actor, at)
        elif (day - house.starts) % house.pace == 0:
            draft = next((id_ for id_, state in house.sheets.items() if state is SheetState.DRAFT), None)
            if draft is not None:
                self.send(house, draft, actor, at)
        for id_, state in house.sheets.items():
            if state is SheetState.CHANGES_REQUESTED and day >= self.back[id_] + house.answers_after:
                self.correct(id_, actor, at)
                self.send(house, id_, actor, at)

    def begin(self, house: House, actor: Actor, at: datetime) -> None:
        centre = self.db.session.get_one(Centre, house.centre_id)
        campaign = self.db.session.get_one(Campaign, self.campaign_id)
        for number in range(house.planned):
            made = sheets.begin(
                centre=centre, campaign=campaign, action=None, title=f"Action {number + 1}", actor=actor, at=at
            )
            house.sheets[made.id] = SheetState.DRAFT

    def send(self, house: House, sheet_id: UUID, actor: Actor, at: datetime) -> None:
        if house.sheets[sheet_id] is SheetState.DRAFT:
            sheets.save(sheet_id, said(told(sheet_id)), actor=actor, at=at)
        self.move(house, sheet_id, Move.SEND, actor, at)

    def correct(self, sheet_id: UUID, actor: Actor, at: datetime) -> None:
        asked = self.db.session.scalars(
            sa.select(Query.id).where(Query.sheet_id == sheet_id, Query.state == QueryState.OPEN)
        ).all()
        better = {"summary": f"{told(sheet_id)['summary']} Repris le {at:%d/%m}."}
        sheets.save(sheet_id, said(better), actor=actor, at=at)
        for query_id in asked:
            review.reply(query_id, text="C’est précisé.", actor=actor, at=at)

    def move(self, house: House, sheet_id: UUID, made: Move, actor: Actor, at: datetime) -> None:
        sheets.move(sheet_id, made, actor=actor, at=at)
        self.moves[(sheet_id, made.value)] += 1
        house.sheets[sheet_id] = TRANSITIONS[made].target

    # ------------------------------------------------------------ the officer

    def at_the_desk(self, day: int, at: datetime) -> None:
        """The officer reads what waits, calls, and once a week reminds those who must act."""
        actor = self.actor(self.officer)
        owner = {id_: house for house in self.houses for id_ in house.sheets}
        waiting = [id_ for id_, house in owner.items() if house.sheets[id_] is SheetState.SUBMITTED]
        for sheet_id in waiting[:BUSY]:
            self.read(owner[sheet_id], sheet_id, day, actor, at)
        if day % 7 == 2:
            self.call(day, actor, at)
        # On the days of automatic reminders too: nobody gets two.
        if day and day % 7 == 0:
            self.remind(at)

    def read(self, house: House, sheet_id: UUID, day: int, actor: Actor, at: datetime) -> None:
        review.begin_reading(sheet_id, actor=actor, at=at)
        if self.moves[(sheet_id, Move.ASK_CHANGES.value)] == 0 and self.draw.random() < 0.25:
            review.ask(
                sheet_id,
                "summary",
                reason=QueryReason.INCOMPLETE,
                text="Combien de personnes\u202f?",
                actor=actor,
                at=at,
            )
            self.move(house, sheet_id, Move.ASK_CHANGES, actor, at)
            self.back[sheet_id] = day
        else:
            self.move(house, sheet_id, Move.VALIDATE, actor, at)

    def call(self, day: int, actor: Actor, at: datetime) -> None:
        """Five of those who must act are called; some promise a day."""
        campaign = self.db.session.get_one(Campaign, self.campaign_id)
        for house in [house for house in self.houses if not house.done][:5]:
            centre = self.db.session.get_one(Centre, house.centre_id)
            promised = at.date() + timedelta(days=self.draw.randint(3, 12)) if self.draw.random() < 0.6 else None
            calls.note(campaign, centre, text="Appelé.", promised_on=promised, actor_id=self.officer, at=at)
            house.promised = promised or house.promised

    def remind(self, at: datetime) -> None:
        """By hand, whoever has not finished; the first big mailing loses its worker in the middle."""
        campaign = self.db.session.get_one(Campaign, self.campaign_id)
        group = CallGroup.UNFINISHED
        audience = to_remind.audience(following.lines(campaign, at=at), group)
        if not audience.centre_ids:
            return
        reminders.prepare(
            campaign,
            group=group,
            days=following.STUCK_AFTER,
            message="Il reste des fiches à envoyer.",
            centre_ids=audience.centre_ids,
            due_at=None,
            actor_id=self.officer,
            at=at,
        )
        if not self.killed and len(audience.centre_ids) > 20:
            self.lose_a_worker(at)
            self.killed = True

    def lose_a_worker(self, at: datetime) -> None:
        """A real worker begins the mailing and is killed once some mails have arrived."""
        self.db.session.rollback()
        # What else waited leaves first: it is the mailing that is cut, not a mail that asks for an act, which may come
        # twice by design.
        mail.send_due(at=at)
        before, given = len(self.sink.messages), self.settings
        environment = os.environ | {
            "RECUEIL_FOLDER": str(given.folder),
            "RECUEIL_DATABASE_URL": given.database_url,
            "RECUEIL_STORAGE": given.storage,
            "RECUEIL_QUEUE_URL": given.queue_url,
            "RECUEIL_MAIL_URL": given.mail_url,
            "RECUEIL_BASE_URL": given.base_url,
            "RECUEIL_SECRET_KEY": given.secret_key.get_secret_value(),
            "RECUEIL_NOW": at.isoformat(),
        }
        lost = subprocess.Popen(
            [sys.executable, "-m", "webapp.cli", "worker"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(1200):
            if len(self.sink.messages) >= before + 5:
                break
            time.sleep(0.05)
        lost.kill()
        lost.wait()
        assert len(self.sink.messages) >= before + 5, "the worker has begun"


def said(answers: dict[str, Any]) -> steps.StepReading:
    """Answers as a step gives them."""
    return steps.StepReading(dict(answers), frozenset(), {})


@contextmanager
def a_season(app: Flask, db: SQLAlchemy, sink: MailSink, settings: Settings, *, number: int) -> Iterator[Season]:
    """A federation, its campaign with that many sheets to come, and who is in a hurry and who is not."""
    draw = random.Random(20261005)
    federation = FederationFactory()
    centres = CentreFactory.create_batch(CENTRES, federation=federation)
    campaign: Any = CampaignFactory(
        federation=federation,
        shown_deadline=DEADLINE,
        last_creation=DEADLINE + timedelta(days=7),
        last_edit=DEADLINE + timedelta(days=28),
        opened_at=OPENED,
    )
    expect(campaign, *centres)
    officer = person(RoleName.ADMINISTRATOR, federation, password=None)
    planned = [number // CENTRES + (at < number % CENTRES) for at in range(CENTRES)]
    houses = []
    for centre, count in zip(centres, planned, strict=True):
        responsible = person(RoleName.RESPONSIBLE, centre, password=None)
        late = draw.random() < 0.3
        starts = draw.randint(25, 35) if late else draw.randint(0, 20)
        pace = draw.choice((1, 2, 3))
        houses.append(
            House(centre.id, responsible.id, responsible.email, count, starts, pace, answers_after=draw.randint(1, 6))
        )
    reminders.set_automatic(campaign, (14, 7, 1), actor_id=officer.id, at=OPENED)
    try:
        yield Season(app, db, sink, settings, campaign.id, officer.id, houses, draw)
    finally:
        app.config["RECUEIL_NOW"] = None


def live(season: Season) -> None:
    """Eight weeks, day after day."""
    for day in range(WEEKS * 7):
        for hour in HOURS:
            at = season.at(day, hour)
            if hour == HOURS[1]:
                for house in season.houses:
                    season.at_the_centre(house, day, at)
                season.at_the_desk(day, at)
            season.work(at)


def judge(season: Season) -> None:
    """What must be true of any season."""
    db = season.db
    assert season.killed, "a worker was lost on the way"
    _everything_is_there(season, db)
    _nobody_was_bothered(season)
    _nothing_came_twice(season, db)
    _the_history_is_whole(season, db)


def _everything_is_there(season: Season, db: SQLAlchemy) -> None:
    states = Counter(db.session.scalars(sa.select(Sheet.state)))
    planned = sum(house.planned for house in season.houses)
    assert states.total() == planned
    assert states == Counter(state for house in season.houses for state in house.sheets.values())
    assert states[SheetState.VALIDATED] > planned * 0.9, states
    assert not db.session.scalars(sa.select(Job.error).where(Job.state != JobState.DONE)).all()
    errors = db.session.scalars(sa.select(Mail.error).where(Mail.error.is_not(None))).all()
    assert set(errors) <= {mail.INTERRUPTED}, errors
    assert len(errors) <= 1, "at most the one that was leaving when the worker died"


def _nobody_was_bothered(season: Season) -> None:
    assert len(season.reached) > CENTRES, "reminders have left"
    assert [one for one in season.reached if one[2]] == [], "who was done"
    assert [one for one in season.reached if one[3]] == [], "who had promised a later day"


def _nothing_came_twice(season: Season, db: SQLAlchemy) -> None:
    ids = Counter(str(message["Message-ID"]) for message in season.sink.messages)
    assert [id_ for id_, count in ids.items() if count > 1] == []
    sent = db.session.scalar(sa.select(sa.func.count()).where(Mail.state == MailState.SENT)) or 0
    assert sent <= len(ids) <= sent + 1, "all that left has come, and perhaps the one of which nobody knows"
    a_day = Counter((at.date(), email) for at, email, _done, _promised in season.reached)
    assert max(a_day.values()) == 1, "one reminder a day at most to anyone"


def _the_history_is_whole(season: Season, db: SQLAlchemy) -> None:
    told = Counter(
        (sheet_id, kind.removeprefix("sheet."))
        for sheet_id, kind in db.session.execute(sa.select(Event.sheet_id, Event.kind))
        if kind.removeprefix("sheet.") in set(Move)
    )
    assert told == season.moves
    snapshots = Counter(db.session.scalars(sa.select(Snapshot.sheet_id)))
    sent = Counter({sheet: count for (sheet, move), count in season.moves.items() if move == Move.SEND})
    assert snapshots == sent
