"""Who needs a call: where each centre stands, since when, and in which order."""

from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.values import Refused
from tests import factories
from tests.webapp import following as scenes
from tests.webapp.following import AT, Scene
from webapp import models
from webapp.policy import Actor, Held
from webapp.queries import campaigns, following
from webapp.queries.following import CentreLine
from webapp.services import calls
from webapp.vocabulary import CallGroup, RoleName


@pytest.fixture
def scene(db: SQLAlchemy) -> Scene:
    return scenes.make()


def line_of(scene: Scene, key: str) -> CentreLine:
    found = following.of_centre(scene.campaign, scene.centres[key].id, at=AT)
    assert found is not None
    return found


def promise(scene: Scene, key: str, day: date | None, *, days_ago: int = 1) -> None:
    calls.note(
        scene.campaign,
        scene.centres[key],
        text="Ils envoient bientôt.",
        promised_on=day,
        actor_id=scene.people["opened"].id,
        at=scenes.days_ago(days_ago),
    )


@pytest.mark.parametrize(
    ("key", "group"),
    [
        ("silent", CallGroup.NOT_OPENED),
        ("opened", CallGroup.NOT_BEGUN),
        ("stuck", CallGroup.STUCK),
        ("moving", CallGroup.UNDER_WAY),
        ("back", CallGroup.TO_CORRECT),
        ("done", CallGroup.DONE),
    ],
)
def test_each_centre_stands_where_it_is(scene: Scene, key: str, group: CallGroup) -> None:
    line = line_of(scene, key)
    assert line.standing is group
    assert (CallGroup.UNFINISHED in line.groups) == (group is not CallGroup.DONE)


def test_how_long_is_said_of_drafts_and_of_corrections(scene: Scene) -> None:
    assert (line_of(scene, "stuck").still, line_of(scene, "back").waiting) == (12, 5)


def test_a_draft_is_stuck_after_as_many_days_as_one_asks_for(scene: Scene) -> None:
    in_group = {
        days: {
            line.centre.name
            for line in following.lines(scene.campaign, at=AT, days=days)
            if CallGroup.STUCK in line.groups
        }
        for days in (2, 7, 13)
    }
    assert in_group == {2: {"Centre stuck", "Centre moving"}, 7: {"Centre stuck"}, 13: set()}


def test_whoever_works_on_one_of_two_drafts_is_not_stuck(scene: Scene) -> None:
    scenes.draft(scene.centres["stuck"], days=1, campaign=scene.campaign)
    assert (line_of(scene, "stuck").still, line_of(scene, "stuck").standing) == (1, CallGroup.UNDER_WAY)


def test_a_centre_with_a_draft_left_is_not_done(scene: Scene) -> None:
    scenes.draft(scene.centres["done"], days=1, campaign=scene.campaign)
    assert line_of(scene, "done").standing is CallGroup.UNDER_WAY


def test_how_far_a_sheet_is_counts_its_steps_and_names_where_it_stops(scene: Scene) -> None:
    [sheet] = line_of(scene, "stuck").sheets
    assert 0 <= sheet.done < sheet.total
    assert sheet.stops_at


def test_who_most_needs_a_call_comes_first(scene: Scene) -> None:
    names = [line.centre.name.removeprefix("Centre ") for line in following.lines(scene.campaign, at=AT)]
    assert names == ["silent", "opened", "back", "stuck", "moving", "done"]


def test_a_broken_promise_comes_first_and_a_promise_to_come_after_the_others(scene: Scene) -> None:
    promise(scene, "stuck", AT.date() - timedelta(days=2), days_ago=4)
    promise(scene, "silent", AT.date() + timedelta(days=2))
    names = [line.centre.name.removeprefix("Centre ") for line in following.lines(scene.campaign, at=AT)]
    assert names == ["stuck", "opened", "back", "moving", "silent", "done"]


def test_whoever_has_sent_broke_no_promise(scene: Scene) -> None:
    promise(scene, "done", AT.date() - timedelta(days=2), days_ago=4)
    promise(scene, "stuck", AT.date() - timedelta(days=2), days_ago=4)
    assert [line_of(scene, key).broke_promise for key in ("done", "stuck")] == [False, True]


def test_the_day_that_was_promised_last_holds(scene: Scene) -> None:
    promise(scene, "stuck", AT.date(), days_ago=6)
    promise(scene, "stuck", None, days_ago=3)
    line = line_of(scene, "stuck")
    assert (line.promised_on, line.is_left_alone) == (AT.date(), True)
    assert [note.promised_on for note in line.notes] == [None, AT.date()]


@pytest.mark.parametrize(("text", "day", "field"), [("", None, "text"), ("Oui", date(2027, 1, 10), "promised_on")])
def test_a_note_says_something_and_promises_a_day_to_come(
    scene: Scene, text: str, day: date | None, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        calls.note(
            scene.campaign, scene.centres["stuck"], text=text, promised_on=day, actor_id=scene.people["done"].id, at=AT
        )
    assert refused.value.question == field


def test_late_last_year_is_after_the_shown_deadline_or_never(scene: Scene) -> None:
    centres = scene.centres
    scenes.last_year(
        scene.federation,
        {
            centres["silent"]: None,
            centres["opened"]: date(2026, 2, 1),
            centres["stuck"]: date(2026, 1, 31),
            centres["done"]: date(2026, 2, 20),
        },
    )
    late = {
        line.centre.name for line in following.lines(scene.campaign, at=AT) if CallGroup.LATE_LAST_YEAR in line.groups
    }
    assert late == {"Centre silent", "Centre opened"}, "a centre that is done needs no call"


def test_an_archive_says_nothing_of_who_was_late(scene: Scene) -> None:
    campaign = scenes.last_year(scene.federation, {scene.centres["stuck"]: None})
    sheet = factories.SheetFactory(
        centre=scene.centres["stuck"], campaign=campaign, state=SheetState.PUBLISHED, validated_at=AT, published_at=AT
    )
    factories.SnapshotFactory(sheet=sheet, created_at=AT)
    assert CallGroup.LATE_LAST_YEAR not in line_of(scene, "stuck").groups


def test_only_the_centres_that_the_actor_may_see_are_listed(scene: Scene) -> None:
    elsewhere = Actor(scene.people["done"].id, (Held(RoleName.REVIEWER, factories.FederationFactory().id),))
    here = Actor(scene.people["done"].id, (Held(RoleName.REVIEWER, scene.federation.id),))
    assert following.lines(scene.campaign, at=AT, actor=elsewhere) == []
    assert len(following.lines(scene.campaign, at=AT, actor=here)) == 6


def statements(db: SQLAlchemy, campaign_id: UUID) -> int:
    """How many statements the lines of a campaign take, with all that a page reads of them."""
    sent: list[str] = []
    db.session.remove()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        campaign = campaigns.find(campaign_id)
        assert campaign is not None
        for line in following.lines(campaign, at=AT):
            assert all(one.stops_at for one in line.sheets if one.editable)
            assert line.last_note is None or line.last_note.by.email
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(sent)


def test_sixty_centres_take_as_many_statements_as_six(scene: Scene, db: SQLAlchemy) -> None:
    promise(scene, "stuck", None)
    campaign_id = scene.campaign.id
    few = statements(db, campaign_id)
    campaign = db.session.get_one(models.Campaign, campaign_id)
    for _ in range(54):
        centre = factories.CentreFactory(federation=campaign.federation)
        factories.expect(campaign, centre)
        sheet = scenes.draft(centre, days=9, campaign=campaign)
        factories.QueryFactory(sheet=sheet)
        factories.CallNoteFactory(centre=centre, campaign=campaign)
    assert statements(db, campaign_id) == few


def test_who_has_sent_a_sheet_of_another_year_has_been_there_though_no_session_tells(
    scene: Scene, db: SQLAlchemy
) -> None:
    other = factories.CampaignFactory(
        federation=scene.federation, year=2025, form_version=factories.FormVersionFactory()
    )
    sheet = factories.SheetFactory(centre=scene.centres["silent"], campaign=other, state=SheetState.SUBMITTED)
    factories.SnapshotFactory(sheet=sheet, created_at=scenes.OPENED - timedelta(days=1))
    assert line_of(scene, "silent").standing is CallGroup.NOT_OPENED
    factories.SnapshotFactory(sheet=sheet, created_at=scenes.OPENED + timedelta(days=1), number=2)
    assert line_of(scene, "silent").standing is CallGroup.NOT_BEGUN
