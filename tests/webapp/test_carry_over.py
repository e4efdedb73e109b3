"""A sheet begun from last year's: what is in it, what counts, who settles it, and that none of it leaves unread."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.carry_over import TAKEN
from forms.lifecycle import Move, SheetState
from forms.registry import shipped
from forms.steps import StepReading
from forms.values import Refused
from tests.counts import counted
from tests.factories import YEAR, ActionFactory, CampaignFactory, CentreFactory, SheetFactory, person, sent_sheet
from tests.webapp.sheet_visits import again
from webapp.database import db as database
from webapp.models import Action, Change, Sheet
from webapp.policy import Actor
from webapp.queries.accounts import actor_of
from webapp.queries.sheets import history
from webapp.services import sheets
from webapp.sheet_progress import progress_of
from webapp.vocabulary import RoleName

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
VERSION = shipped(YEAR)
TYPED = [question for question in VERSION.questions if question.typed and not question.kind.uploads]
WHOLE: dict[str, Any] = {question.id: question.kind.dump(question.kind.sample(3)) for question in TYPED} | {
    "title": "Le jardin partagé",
    "status": "en_cours",
    "initiators": ["centre", "autre"],
    "initiative_territory": "commune",
    "partners_territory": "communes",
    "partners": ["caf", "commune"],
    "partners_named": [{"name": "La mairie", "type": "commune"}],
    "funding_lines": [{"funder": "Caf", "requested": "500.00", "granted": "500.00"}],
    "participants_count": counted(98),
}
del WHOLE["ended_reason"]
NOTHING = StepReading({}, frozenset(), {})


class World:
    """A centre with this year's campaign, an action, and its responsable."""

    def __init__(self) -> None:
        self.centre = CentreFactory()
        self.campaign = CampaignFactory(federation=self.centre.federation)
        self.action: Action = ActionFactory(centre=self.centre, title="Le jardin partagé")
        self.actor: Actor = actor_of(person(RoleName.RESPONSIBLE, self.centre, password=None))

    def told(self, year: int, state: SheetState = SheetState.VALIDATED, **answers: Any) -> Sheet:
        """The action's sheet of another year, by default sent with everything answered."""
        given = {"title": self.action.title, **(answers or WHOLE)}
        place = {"centre": self.centre, "action": self.action, "answers": given}
        campaign = CampaignFactory(federation=self.centre.federation, year=year)
        if state is SheetState.DRAFT:
            sheet: Sheet = SheetFactory(**place, campaign=campaign)
            return sheet
        return sent_sheet(state, **place, campaign=campaign)

    def begin(self, **details: Any) -> Sheet:
        """This year's sheet of the action."""
        given = {"centre": self.centre, "campaign": self.campaign, "action": self.action, "title": ""}
        return sheets.begin(**given, actor=self.actor, at=NOW, **details)

    def save(self, sheet: Sheet, confirmed: Any = (), **answers: Any) -> sheets.Saved:
        """Save answers and confirm carried ones."""
        said = StepReading(answers, frozenset(), {})
        return sheets.save(sheet.id, said, actor=self.actor, at=NOW + timedelta(hours=1), confirmed=confirmed)

    def send(self, sheet: Sheet) -> Sheet:
        """Send it."""
        return sheets.move(sheet.id, Move.SEND, actor=self.actor, at=NOW + timedelta(hours=2))


@pytest.fixture
def world(db: SQLAlchemy) -> World:
    return World()


def test_what_the_questions_say_is_taken_over_and_marked(world: World) -> None:
    world.told(2025)
    sheet = again(world.begin())
    taken = {question.id for question in TYPED if question.carry_over in TAKEN and question.id in WHOLE}
    assert sheet.answers == {id: WHOLE[id] for id in WHOLE if id in taken}
    assert sheet.carried == {id: {"year": 2025} for id in taken - {"title"}}
    assert sheet.field_revisions == dict.fromkeys(sheet.answers, 0)
    assert sheet.revision == 0
    assert database.session.query(Change).count() == 0
    [begun] = history(sheet.id)
    assert begun.data == {"title": "Le jardin partagé", "carried_from": 2025, "carried": len(taken) - 1}


def test_one_may_begin_empty_and_a_new_action_carries_nothing(world: World) -> None:
    world.told(2025)
    sheet = again(world.begin(carry=False))
    assert (sheet.answers, sheet.carried) == ({"title": "Le jardin partagé"}, {})
    assert history(sheet.id)[0].data == {"title": "Le jardin partagé"}
    other = sheets.begin(
        centre=world.centre, campaign=world.campaign, action=None, title="Le bal", actor=world.actor, at=NOW
    )
    assert again(other).carried == {}


def test_the_newest_year_that_was_sent_is_drawn_from_and_a_later_year_never(world: World) -> None:
    world.told(2023, summary="Vieux.", limits="Plus dites depuis.")
    world.told(2024, summary="Récent.")
    world.told(2027, summary="À venir.")
    assert again(world.begin()).answers["summary"] == "Récent."
    assert again(database.session.query(Sheet).filter_by(campaign_id=world.campaign.id).one()).carried == {
        "summary": {"year": 2024}
    }


def test_what_was_sent_counts_and_not_what_was_typed_since(world: World) -> None:
    last = world.told(2025, SheetState.CHANGES_REQUESTED, summary="Envoyé.")
    last.answers = last.answers | {"summary": "Repris depuis."}
    database.session.commit()
    assert again(world.begin()).answers["summary"] == "Envoyé."


def test_a_draft_that_was_never_sent_gives_its_words_and_the_year_before_the_rest(world: World) -> None:
    world.told(2024, summary="De 2024.", limits="Le froid.")
    draft = world.told(2025, SheetState.DRAFT, summary="Du brouillon.", limits="Le froid.", perspectives="Une serre.")
    draft.carried = {"limits": {"year": 2024}}
    database.session.commit()
    sheet = again(world.begin())
    said = {id: sheet.answers[id] for id in ("summary", "limits", "perspectives")}
    assert said == {"summary": "Du brouillon.", "limits": "Le froid.", "perspectives": "Une serre."}
    assert sheet.carried == {
        "summary": {"year": 2025, "draft": True},
        "perspectives": {"year": 2025, "draft": True},
        "limits": {"year": 2024},
    }


def test_nothing_carried_leaves_before_somebody_has_read_it(world: World) -> None:
    world.told(2025)
    sheet = world.begin()
    with pytest.raises(Refused, match="réponses reprises sont à relire") as refused:
        world.send(sheet)
    assert refused.value.question in again(sheet).carried
    database.session.rollback()
    for id in sorted(again(sheet).carried):
        with pytest.raises(Refused):
            world.send(sheet)
        database.session.rollback()
        world.save(sheet, confirmed={id})
    assert world.send(sheet).state is SheetState.SUBMITTED
    sent = again(sheet).current_snapshot
    assert sent is not None
    # Figures are never taken over: last year's are not this year's.
    assert {"participants_count", "funding", "people"}.isdisjoint(sent.answers)
    assert sent.answers["summary"] == WHOLE["summary"]


def test_a_change_settles_an_answer_and_is_recorded_from_last_year_s_words(world: World) -> None:
    world.told(2025)
    sheet = world.begin()
    saved = world.save(sheet, summary="Cette année, une serre.")
    assert "summary" not in again(sheet).carried
    assert saved.revision == sheet.revision == sheet.field_revisions["summary"] == 1
    change = database.session.query(Change).one()
    assert (change.before, change.after) == (WHOLE["summary"], "Cette année, une serre.")


def test_saving_the_same_words_settles_nothing_and_emptying_does(world: World) -> None:
    world.told(2025)
    sheet = world.begin()
    assert world.save(sheet, summary=WHOLE["summary"]).revision == 0
    assert "summary" in again(sheet).carried
    sheets.save(sheet.id, StepReading({}, frozenset({"summary"}), {}), actor=world.actor, at=NOW)
    assert not {"summary"} & (again(sheet).carried.keys() | sheet.answers.keys())


def test_confirming_raises_the_revision_once_and_changes_no_answer(world: World) -> None:
    world.told(2025)
    sheet = world.begin()
    before = again(sheet).answers
    assert world.save(sheet, confirmed=("summary", "limits")).revision == 1
    assert world.save(sheet, confirmed=("summary", "title", "participants_count", "unknown")).revision == 1
    assert again(sheet).answers == before
    assert not {"summary", "limits"} & sheet.carried.keys()
    assert sheet.field_revisions["summary"] == 0
    assert sheet.updated_by == world.actor.user_id
    assert database.session.query(Change).count() == 0


def test_an_answer_confirmed_by_one_while_another_changes_it_is_the_one_that_was_changed(world: World) -> None:
    world.told(2025)
    sheet = world.begin()
    seen = {"summary": sheets.mark_of(WHOLE["summary"], None)}
    colleague = actor_of(person(RoleName.MEMBER, world.centre, password=None))
    unchanged = StepReading({"summary": WHOLE["summary"]}, frozenset(), {})
    changed = StepReading({"summary": "Tout autre chose."}, frozenset(), {})

    sheets.save(sheet.id, changed, actor=colleague, at=NOW, seen=seen)
    late = sheets.save(sheet.id, unchanged, actor=world.actor, at=NOW, seen=seen, confirmed={"summary"})
    assert (late.stale, late.revision) == (frozenset(), 1)
    assert again(sheet).answers["summary"] == "Tout autre chose."
    assert "summary" not in sheet.carried


def test_an_answer_changed_by_one_after_another_confirmed_it_is_no_conflict(world: World) -> None:
    world.told(2025)
    sheet = world.begin()
    seen = {"summary": sheets.mark_of(WHOLE["summary"], None)}
    colleague = actor_of(person(RoleName.MEMBER, world.centre, password=None))
    sheets.save(sheet.id, NOTHING, actor=world.actor, at=NOW, confirmed={"summary"})
    changed = StepReading({"summary": "Tout autre chose."}, frozenset(), {})
    assert sheets.save(sheet.id, changed, actor=colleague, at=NOW, seen=seen).stale == frozenset()
    assert again(sheet).answers["summary"] == "Tout autre chose."


def test_a_sent_sheet_confirms_nothing_any_more(world: World) -> None:
    sheet = world.told(2025, SheetState.SUBMITTED)
    sheet.carried = {"summary": {"year": 2024}}
    database.session.commit()
    with pytest.raises(Refused):
        world.save(sheet, confirmed={"summary"})
    database.session.rollback()
    assert again(sheet).carried == {"summary": {"year": 2024}}


def test_a_carried_answer_that_is_not_asked_waits_until_it_is(world: World) -> None:
    world.told(2025)
    sheet = world.begin()
    world.save(sheet, confirmed=set(sheet.carried) - {"initiators_detail", "initiators"}, initiators=["centre"])
    assert again(sheet).carried.keys() == {"initiators_detail"}
    assert progress_of(sheet).missing == 0
    world.save(sheet, initiators=["autre"])
    assert progress_of(again(sheet)).to_reread == 1


def test_progress_counts_carried_answers_as_what_is_left_to_do(world: World) -> None:
    world.told(2025)
    sheet = again(world.begin())
    progress = progress_of(sheet)
    assert progress.complete == 0
    assert progress.missing == progress.to_reread == len(sheet.carried)
    assert progress.missing_in_words == f"{len(sheet.carried)}\u00a0réponses reprises à relire"
    assert "réponses reprises à relire" in progress.steps[0].note
    world.save(sheet, confirmed=set(sheet.carried))
    assert progress_of(again(sheet)).missing_in_words == ""


def test_the_files_of_last_year_stay_there(world: World) -> None:
    poster = VERSION.question("files").kind.sample(1)
    world.told(2025, summary="Un jardin.", files=poster)
    assert again(world.begin()).answers.keys() == {"title", "summary"}
