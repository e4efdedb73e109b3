"""The life of a sheet through the services: what each move needs, writes and tells."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.definition import content_hash
from forms.lifecycle import TRANSITIONS, Move, SheetState
from forms.registry import shipped
from forms.steps import StepReading, missing
from forms.values import Refused
from tests import factories
from webapp import models
from webapp.policy import Actor, Denied
from webapp.queries.accounts import actor_of
from webapp.queries.sheets import history
from webapp.services import events, review, sheets
from webapp.services.moves import Said
from webapp.vocabulary import QueryReason, QueryState, RoleName, Sharing

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
SENDERS = 20
DOERS = {
    Move.SEND: RoleName.RESPONSIBLE,
    Move.WITHDRAW: RoleName.RESPONSIBLE,
    Move.ASK_CHANGES: RoleName.REVIEWER,
    Move.VALIDATE: RoleName.REVIEWER,
    Move.REOPEN: RoleName.REVIEWER,
    Move.PUBLISH: RoleName.ADMINISTRATOR,
    Move.UNPUBLISH: RoleName.ADMINISTRATOR,
}
"""Who makes which move: written here once more, by hand."""


class World:
    """A centre, its federation, a funder, and somebody in each place."""

    def __init__(self) -> None:
        self.centre = factories.CentreFactory()
        federation = self.centre.federation
        funder = factories.FunderFactory(federation=federation)
        places = {"centre": self.centre, "federation": federation, "funder": funder, None: None}
        self.people = {
            name: factories.person(name, places[factories.PLACED_IN[name]], password=None) for name in RoleName
        }
        self.actors = {name: actor_of(person) for name, person in self.people.items()}
        self.elsewhere = factories.person(RoleName.RESPONSIBLE, factories.CentreFactory(), password=None)

    def sheet(self, state: SheetState = SheetState.DRAFT, **details: Any) -> models.Sheet:
        """A complete sheet of the centre in that state."""
        given = {"centre": self.centre, "answers": complete(), "sharing": Sharing.PUBLIC, **details}
        if state is SheetState.DRAFT:
            sheet: models.Sheet = factories.SheetFactory(**given)
            return sheet
        return factories.sent_sheet(state, **given)

    def doer(self, move: Move) -> Actor:
        """Somebody who may make that move."""
        return self.actors[DOERS[move]]

    def move(self, sheet: models.Sheet, move: Move, **details: Any) -> models.Sheet:
        """Make a move as who may make it."""
        return sheets.move(sheet.id, move, **{"actor": self.doer(move), "at": NOW, **details})


@pytest.fixture
def world(db: SQLAlchemy) -> World:
    return World()


def complete() -> dict[str, Any]:
    """Answers to everything that sending asks for."""
    version = shipped(factories.YEAR)
    answers: dict[str, Any] = {"title": "Le jardin partagé"}
    while lacking := missing(version, answers, {}):
        for item in lacking:
            kind = version.question(item.question).kind
            answers[item.question] = kind.dump(kind.sample(1))
    return answers


def count(db: SQLAlchemy, model: type, *where: Any) -> int:
    """How many rows there are."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def kinds(sheet: models.Sheet) -> list[str]:
    """What happened to a sheet, in order."""
    return [event.kind for event in reversed(history(sheet.id))]


def ready(world: World, move: Move, state: SheetState) -> tuple[models.Sheet, dict[str, Any]]:
    """A sheet in that state with everything that the move needs, and what is said with it."""
    sheet = world.sheet(state)
    if move is Move.ASK_CHANGES:
        factories.QueryFactory(sheet=sheet, author=world.people[RoleName.REVIEWER])
    return sheet, {"reason": "Le budget a changé."} if move in {Move.REOPEN, Move.UNPUBLISH} else {}


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", SheetState)
def test_a_move_leaves_from_its_states_and_from_no_other(world: World, move: Move, state: SheetState) -> None:
    sheet, said = ready(world, move, state)
    line = TRANSITIONS[move]
    if state in line.sources:
        assert world.move(sheet, move, **said).state is line.target
        assert kinds(sheet) == [f"sheet.{move.value}"]
    else:
        with pytest.raises(Denied):
            world.move(sheet, move, **said)
        unchanged(sheet, state)


def unchanged(sheet: models.Sheet, state: SheetState) -> None:
    """Nothing was written: not the state, no event, no mail."""
    session = sa.inspect(sheet).session
    assert session is not None
    session.rollback()
    session.refresh(sheet)
    assert sheet.state is state
    assert kinds(sheet) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(models.Mail)) == 0


@pytest.mark.parametrize("move", Move)
def test_only_who_may_makes_a_move(world: World, move: Move) -> None:
    state = min(TRANSITIONS[move].sources)
    # An administrator reads as a reviewer does.
    able = {DOERS[move]} | ({RoleName.ADMINISTRATOR} if DOERS[move] is RoleName.REVIEWER else set())
    for name, actor in world.actors.items():
        if name not in able:
            sheet, said = ready(world, move, state)
            with pytest.raises(Denied):
                sheets.move(sheet.id, move, actor=actor, at=NOW, **said)
            unchanged(sheet, state)
    sheet, said = ready(world, move, state)
    with pytest.raises(Denied):
        sheets.move(sheet.id, move, actor=actor_of(world.elsewhere), at=NOW, **said)
    unchanged(sheet, state)


@pytest.mark.parametrize(
    ("move", "state", "spoil", "sentence"),
    [
        (Move.SEND, SheetState.DRAFT, {"answers": {"title": "Le jardin"}}, "réponses manquent"),
        (Move.SEND, SheetState.DRAFT, {"late": True}, "La campagne est close"),
        (Move.WITHDRAW, SheetState.SUBMITTED, {"read_at": NOW}, "a commencé à lire"),
        (Move.WITHDRAW, SheetState.SUBMITTED, {"late": True}, "La campagne est close"),
        (Move.ASK_CHANGES, SheetState.SUBMITTED, {}, "Posez d’abord au moins une demande"),
        (Move.VALIDATE, SheetState.SUBMITTED, {"asked": True}, "demande attend encore"),
        (Move.REOPEN, SheetState.VALIDATED, {}, "Indiquez la raison"),
        (Move.REOPEN, SheetState.PUBLISHED, {}, "Indiquez la raison"),
        (Move.PUBLISH, SheetState.VALIDATED, {"sharing": Sharing.FUNDERS}, "n’a pas choisi"),
        (Move.UNPUBLISH, SheetState.PUBLISHED, {}, "Indiquez la raison"),
    ],
)
def test_a_move_without_what_it_needs_is_refused_and_writes_nothing(
    db: SQLAlchemy, world: World, move: Move, state: SheetState, spoil: dict[str, Any], sentence: str
) -> None:
    details = {name: value for name, value in spoil.items() if name not in {"late", "asked"}}
    sheet = world.sheet(state, **details)
    if "late" in spoil:
        sheet.campaign.shown_deadline = sheet.campaign.last_creation = sheet.campaign.last_edit = date(2026, 5, 31)
    if "asked" in spoil:
        factories.QueryFactory(sheet=sheet, author=world.people[RoleName.REVIEWER])
    db.session.commit()
    with pytest.raises(Refused, match=sentence):
        world.move(sheet, move)
    unchanged(sheet, state)


def test_a_sheet_sent_back_may_be_sent_again_after_the_campaign(db: SQLAlchemy, world: World) -> None:
    sheet = world.sheet(SheetState.CHANGES_REQUESTED)
    sheet.campaign.shown_deadline = sheet.campaign.last_creation = sheet.campaign.last_edit = date(2026, 5, 31)
    db.session.commit()
    assert world.move(sheet, Move.SEND).state is SheetState.SUBMITTED


def test_a_decision_on_what_was_sent_again_meanwhile_is_refused(world: World) -> None:
    sheet = world.sheet()
    world.move(sheet, Move.SEND)
    seen = sheet.current_snapshot_id
    world.move(sheet, Move.WITHDRAW)
    world.move(sheet, Move.SEND)
    with pytest.raises(Refused, match="a renvoyé cette fiche"):
        world.move(sheet, Move.VALIDATE, seen=seen)
    world.move(sheet, Move.VALIDATE, seen=sheet.current_snapshot_id)


def test_sending_freezes_the_answers_under_their_hash(db: SQLAlchemy, world: World) -> None:
    sheet = world.sheet()
    world.move(sheet, Move.SEND, sharing=Sharing.NETWORK)
    snapshot = sheet.current_snapshot
    assert snapshot is not None
    assert snapshot.answers["title"] == "Le jardin partagé"
    assert snapshot.answers["organisation"].startswith(world.centre.name)
    version = shipped(factories.YEAR)
    assert snapshot.sha256 == content_hash({"version": version.sha256, "answers": snapshot.answers})
    sent = history(sheet.id)[0]
    assert (sent.data["sha256"], sent.data["sharing"]) == (snapshot.sha256, "network")
    with pytest.raises(sa.exc.DBAPIError):
        db.session.execute(sa.update(models.Snapshot).values(title="Un autre jardin"))
    db.session.rollback()


def test_a_reworked_sheet_does_not_disturb_what_was_sent(db: SQLAlchemy, world: World) -> None:
    sheet = world.sheet()
    world.move(sheet, Move.SEND)
    first = sheet.current_snapshot_id
    review.ask(
        sheet.id,
        "title",
        reason=QueryReason.WORDING,
        text="Un autre titre\u202f?",
        actor=world.actors[RoleName.REVIEWER],
        at=NOW,
    )
    world.move(sheet, Move.ASK_CHANGES, said=Said(whole=True))
    facets = facets_of(db, sheet)
    dimension = next(code for code in ("services", "citoyennete") if code != sheet.answers["dimension"])
    change = StepReading({"title": "Le verger", "dimension": dimension}, frozenset(), {})
    sheets.save(sheet.id, change, actor=world.actors[RoleName.MEMBER], at=NOW)
    assert sheet.current_snapshot_id == first
    assert sheet.current_snapshot is not None
    assert sheet.current_snapshot.title == "Le jardin partagé"
    assert facets_of(db, sheet) == facets
    world.move(sheet, Move.SEND, at=NOW + timedelta(hours=1))
    db.session.refresh(sheet)
    assert [snapshot.title for snapshot in sheet.snapshots] == ["Le jardin partagé", "Le verger"]
    assert ("dimension", dimension) in facets_of(db, sheet)
    assert ("dimension", dimension) not in facets


def facets_of(db: SQLAlchemy, sheet: models.Sheet) -> set[tuple[str, str]]:
    """By what lists find the sheet."""
    rows = db.session.execute(
        sa.select(models.Facet.question, models.Facet.code).where(models.Facet.sheet_id == sheet.id)
    )
    return {(row.question, row.code) for row in rows}


def test_queries_live_with_the_sheet(db: SQLAlchemy, world: World) -> None:
    sheet = world.sheet(SheetState.SUBMITTED)
    reviewer, member = world.actors[RoleName.REVIEWER], world.actors[RoleName.MEMBER]
    first, second = (
        review.ask(sheet.id, question, reason=QueryReason.INCOMPLETE, text="Précisez.", actor=reviewer, at=NOW)
        for question in ("title", "summary")
    )
    world.move(sheet, Move.ASK_CHANGES)
    review.reply(first.id, text="C’est fait.", actor=member, at=NOW)
    assert (first.state, second.state) == (QueryState.ANSWERED, QueryState.OPEN)
    assert sheet.read_at is not None
    world.move(sheet, Move.SEND, said=Said(silences={second.id: "C’est le bon résumé."}))
    # What was sent again nobody has read yet.
    assert sheet.read_at is None
    db.session.refresh(second)
    assert (second.state, second.reply, second.replied_by) == (
        QueryState.ANSWERED,
        "C’est le bon résumé.",
        world.people[RoleName.RESPONSIBLE].id,
    )
    review.close(second.id, actor=reviewer, at=NOW)
    world.move(sheet, Move.VALIDATE)
    db.session.refresh(first)
    assert first.state is QueryState.CLOSED


def test_each_move_tells_those_concerned_and_nobody_else(db: SQLAlchemy, world: World) -> None:
    member, responsible = (world.people[name].email for name in (RoleName.MEMBER, RoleName.RESPONSIBLE))
    told = {
        Move.SEND: {responsible},
        Move.WITHDRAW: set(),
        Move.ASK_CHANGES: {member, responsible},
        Move.VALIDATE: {responsible},
        Move.REOPEN: {member, responsible},
        Move.PUBLISH: {responsible},
        Move.UNPUBLISH: {responsible},
    }
    for move, recipients in told.items():
        sheet, said = ready(world, move, min(TRANSITIONS[move].sources))
        world.move(sheet, move, **said)
        mails = db.session.scalars(sa.select(models.Mail)).all()
        assert sorted(mail.recipient for mail in mails) == sorted(recipients), move
        assert all(f"/fiches/{sheet.id}" in mail.text for mail in mails)
        assert all(said.get("reason", "") in mail.text for mail in mails)
        db.session.execute(sa.delete(models.Mail))
        db.session.commit()


@pytest.mark.parametrize(
    ("state", "said"),
    [(SheetState.PUBLISHED, "qui était publiée"), (SheetState.VALIDATED, "qui était validée")],
)
def test_the_mail_of_a_reopening_says_what_the_sheet_was(
    db: SQLAlchemy, world: World, state: SheetState, said: str
) -> None:
    world.move(world.sheet(state), Move.REOPEN, reason="Un chiffre.")
    texts = db.session.scalars(sa.select(models.Mail.text)).all()
    assert texts
    assert all(said in text for text in texts)
    assert all(("n’est plus au catalogue" in text) is (state is SheetState.PUBLISHED) for text in texts)


def test_nobody_s_sheet_is_reopened(db: SQLAlchemy, world: World) -> None:
    for name in (RoleName.MEMBER, RoleName.RESPONSIBLE):
        world.people[name].active = False
    sheet = world.sheet(SheetState.VALIDATED)
    with pytest.raises(Refused, match="Personne n’a de compte dans ce centre"):
        world.move(sheet, Move.REOPEN, reason="Un chiffre.")
    unchanged(sheet, SheetState.VALIDATED)


def test_the_history_tells_the_whole_life_and_its_chain_holds(world: World) -> None:
    sheet = world.sheet()
    reviewer = world.actors[RoleName.REVIEWER]
    world.move(sheet, Move.SEND)
    world.move(sheet, Move.WITHDRAW)
    world.move(sheet, Move.SEND)
    review.begin_reading(sheet.id, actor=reviewer, at=NOW)
    asked = review.ask(sheet.id, "title", reason=QueryReason.WORDING, text="Dites-le mieux.", actor=reviewer, at=NOW)
    world.move(sheet, Move.ASK_CHANGES)
    review.reply(asked.id, text="Voilà.", actor=world.actors[RoleName.MEMBER], at=NOW)
    world.move(sheet, Move.SEND)
    review.close(asked.id, actor=reviewer, at=NOW)
    for move in (Move.VALIDATE, Move.PUBLISH):
        world.move(sheet, move)
    world.move(sheet, Move.UNPUBLISH, reason="Une photographie.")
    world.move(sheet, Move.REOPEN, reason="Un chiffre.")
    assert kinds(sheet) == [
        "sheet.send",
        "sheet.withdraw",
        "sheet.send",
        "sheet.read",
        "query.asked",
        "sheet.ask_changes",
        "query.replied",
        "sheet.send",
        "query.closed",
        "sheet.validate",
        "sheet.publish",
        "sheet.unpublish",
        "sheet.reopen",
    ]
    assert history(sheet.id)[0].data["reason"] == "Un chiffre."
    assert events.verify_chain(sheet.federation_id).intact


def test_many_who_send_at_once_send_once(app: Flask, db: SQLAlchemy, world: World) -> None:
    sheet = world.sheet()
    sheet_id, actor = sheet.id, world.doer(Move.SEND)
    db.session.commit()
    with ThreadPoolExecutor(SENDERS) as pool:
        outcomes = list(pool.map(lambda _: _send(app, db, sheet_id, actor), range(SENDERS)))
    assert sorted(outcomes) == ["refused"] * (SENDERS - 1) + ["sent"]
    assert count(db, models.Snapshot, models.Snapshot.sheet_id == sheet_id) == 1
    assert count(db, models.Event, models.Event.sheet_id == sheet_id) == 1
    assert count(db, models.Mail) == 1


def _send(app: Flask, db: SQLAlchemy, sheet_id: UUID, actor: Actor) -> str:
    with app.app_context():
        try:
            sheets.move(sheet_id, Move.SEND, actor=actor, at=NOW)
        except (Denied, Refused):
            db.session.rollback()
            return "refused"
        return "sent"
