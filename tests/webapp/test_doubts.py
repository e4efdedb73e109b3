"""Doubts: what they are compared with, how a reason lets them pass, what keeps a sheet from being sent."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.checks import DoubtCode
from forms.lifecycle import Move, SheetState
from forms.registry import shipped
from forms.steps import StepReading
from forms.values import Refused
from tests import factories
from tests.factories import campaign_of, person, sent_sheet
from tests.webapp.sheet_visits import COMPLETE, draft
from webapp.database import db as database
from webapp.models import Centre, Change, Sheet, Snapshot
from webapp.policy import Actor, Denied
from webapp.queries.accounts import actor_of
from webapp.queries.doubts import doubts_by_sheet, doubts_of, open_doubts
from webapp.services import bringing, checks, sheets, snapshots
from webapp.vocabulary import RoleName

AT = factories.START + timedelta(days=3)
PARAGRAPH = (
    "Le jeudi, la cuisine du centre se remplit\u00a0: on épluche, on goûte, on raconte, et l’on repart avec une boîte "
    "de ce qui a mijoté pendant que les enfants finissaient leurs devoirs à la grande table."
)


def counted(number: int, how: str = "counted") -> dict[str, Any]:
    return {"number": number, "how": how}


@pytest.fixture
def centre(db: SQLAlchemy) -> Centre:
    made: Centre = factories.CentreFactory()
    return made


@pytest.fixture
def actor(centre: Centre) -> Actor:
    return actor_of(person(RoleName.RESPONSIBLE, centre, full_name="Claire Vasseur"))


def odd(centre: Centre, **answers: Any) -> Sheet:
    """A draft that could be sent but for one doubt: « idem »."""
    return draft(centre, **(COMPLETE | {"limits": "idem"} | answers))


def send(sheet: Sheet, actor: Actor) -> Sheet:
    return sheets.move(sheet.id, Move.SEND, actor=actor, at=AT)


def key_of(sheet: Sheet) -> str:
    (doubt,) = open_doubts(sheet)
    return doubt.key


class TestWhatIsCompared:
    def test_last_year_is_what_was_last_sent_of_the_same_action(self, centre: Centre) -> None:
        sheet = draft(centre, participants_count=counted(980))
        for year, number in ((2023, 900), (2025, 98)):
            campaign = campaign_of(centre.federation, year)
            known = {"participants_count": counted(number), "year": year}
            sent_sheet(SheetState.VALIDATED, centre=centre, action=sheet.action, campaign=campaign, answers=known)
        other = sent_sheet(centre=centre, campaign=campaign_of(centre.federation, 2025), answers={"year": 2025})
        assert other.action_id != sheet.action_id
        (doubt,) = doubts_of(sheet)
        assert "98 en 2025, 980 cette année" in doubt.message

    def test_next_year_is_not_looked_at(self, centre: Centre) -> None:
        sheet = draft(centre, participants_count=counted(980))
        campaign = campaign_of(centre.federation, 2027)
        sent_sheet(centre=centre, action=sheet.action, campaign=campaign, answers={"participants_count": counted(9)})
        assert doubts_of(sheet) == ()

    def test_what_was_never_sent_is_not_looked_at(self, centre: Centre) -> None:
        sheet = draft(centre, participants_count=counted(980))
        campaign = campaign_of(centre.federation, 2025)
        answers = {"participants_count": counted(98)}
        factories.SheetFactory(centre=centre, action=sheet.action, campaign=campaign, answers=answers)
        assert doubts_of(sheet) == ()

    def test_other_sheets_are_those_of_the_centre_this_year(self, centre: Centre) -> None:
        sheet = draft(centre, summary=PARAGRAPH)
        neighbour = factories.CentreFactory(federation=centre.federation)
        draft(neighbour, title="D’à côté", summary=PARAGRAPH)
        campaign = campaign_of(centre.federation, 2025)
        sent_sheet(centre=centre, campaign=campaign, title="D’avant", answers={"summary": PARAGRAPH})
        assert doubts_of(sheet) == ()
        draft(centre, title="Le repas du jeudi", summary=PARAGRAPH)
        (doubt,) = doubts_of(sheet)
        assert doubt.code is DoubtCode.REPEATED
        assert "la fiche «\u00a0Le repas du jeudi\u00a0»" in doubt.message

    def test_an_answer_of_another_kind_is_not_compared(self, centre: Centre) -> None:
        version = shipped(2026)
        plain = version.question("title").kind
        older = [
            {**part, "questions": [_as_text(item, plain.to_json()) for item in part["questions"]]}
            for part in version.to_json()["sections"]
        ]
        document = version.to_json() | {"key": "2025", "sections": older}
        form = factories.FormVersionFactory(key="2025", sha256="0" * 64, document=document)
        campaign = factories.CampaignFactory(federation=centre.federation, year=2025, form_version=form)
        sheet = draft(centre, participants_count=counted(980))
        answers = {"participants_count": "une centaine", "year": 2025}
        sent_sheet(centre=centre, action=sheet.action, campaign=campaign, answers=answers)
        assert doubts_of(sheet) == ()

    def test_many_sheets_take_as_many_queries_as_one(self, centre: Centre) -> None:
        made = [odd(centre, title=f"Action {number}") for number in range(4)]
        counts = []
        for some in (made[:1], made):
            asked: list[str] = []
            database.session.commit()
            for sheet in made:
                assert sheet.campaign.year, sheet.form_version.key

            def note(*details: Any, asked: list[str] = asked) -> None:
                asked.append(details[2])

            sa.event.listen(database.engine, "before_cursor_execute", note)
            found = doubts_by_sheet(some)
            sa.event.remove(database.engine, "before_cursor_execute", note)
            assert all(len(told) == 1 for told in found.values())
            counts.append(len(asked))
        assert counts == [2, 2]
        assert doubts_by_sheet([]) == {}


def _as_text(question: dict[str, Any], kind: dict[str, Any]) -> dict[str, Any]:
    return question | {"kind": kind} if question["id"] == "participants_count" else question


class TestLettingPass:
    def test_a_reason_is_kept_with_who_gave_it_and_when(self, centre: Centre, actor: Actor) -> None:
        sheet = odd(centre)
        (doubt,) = doubts_of(sheet)
        checks.let_pass(sheet.id, doubt.key, reason="  Rien de neuf cette année. ", actor=actor, at=AT)
        assert sheet.passed_checks == {
            doubt.key: {
                "reason": "Rien de neuf cette année.",
                "question": "limits",
                "code": "filler",
                "message": doubt.message,
                "by": str(actor.user_id),
                "at": AT.isoformat(),
            }
        }
        assert open_doubts(sheet) == ()
        assert doubts_of(sheet) == (doubt,)

    @pytest.mark.parametrize(
        ("reason", "words"), [("", "pourquoi"), ("   \n ", "pourquoi"), ("x" * 501, "500"), ("a\0b", "illisible")]
    )
    def test_a_reason_must_be_there_and_be_short(self, centre: Centre, actor: Actor, reason: str, words: str) -> None:
        sheet = odd(centre)
        with pytest.raises(Refused, match=words):
            checks.let_pass(sheet.id, key_of(sheet), reason=reason, actor=actor, at=AT)
        database.session.rollback()
        assert sheet.passed_checks == {}

    def test_only_what_is_in_doubt_can_be_let_pass(self, centre: Centre, actor: Actor) -> None:
        sheet = odd(centre)
        with pytest.raises(Refused, match="rechargez"):
            checks.let_pass(sheet.id, "0" * 16, reason="Si.", actor=actor, at=AT)

    def test_it_is_asked_again_when_taken_back(self, centre: Centre, actor: Actor) -> None:
        sheet = odd(centre)
        key = key_of(sheet)
        checks.let_pass(sheet.id, key, reason="Si.", actor=actor, at=AT)
        checks.take_back(sheet.id, key, actor=actor, at=AT)
        assert sheet.passed_checks == {}
        checks.take_back(sheet.id, key, actor=actor, at=AT)
        assert key_of(sheet) == key

    def test_it_lapses_when_the_answer_changes_and_counts_again_when_it_is_as_before(
        self, centre: Centre, actor: Actor
    ) -> None:
        sheet = odd(centre)
        checks.let_pass(sheet.id, key_of(sheet), reason="Si.", actor=actor, at=AT)
        for limits, left in (("Idem 2025.", 1), ("La salle est trop petite.", 0), ("idem", 0)):
            sheets.save(sheet.id, StepReading({"limits": limits}, frozenset(), {}), actor=actor, at=AT)
            assert len(open_doubts(sheet)) == left

    @pytest.mark.parametrize("act", [checks.let_pass, checks.take_back])
    def test_neither_a_stranger_nor_a_late_comer_may(self, centre: Centre, actor: Actor, act: Any) -> None:
        sheet = odd(centre)
        key = key_of(sheet)
        said = {"reason": "Si."} if act is checks.let_pass else {}
        stranger = actor_of(person(RoleName.RESPONSIBLE, factories.CentreFactory(federation=centre.federation)))
        reader = actor_of(person(RoleName.REVIEWER, centre.federation))
        for other in (stranger, reader):
            with pytest.raises(Denied):
                act(sheet.id, key, actor=other, at=AT, **said)
            database.session.rollback()
        late = factories.START + timedelta(days=800)
        with pytest.raises(Refused, match="close"):
            act(sheet.id, key, actor=actor, at=late, **said)

    def test_it_is_no_change_of_an_answer(self, centre: Centre, actor: Actor) -> None:
        sheet = odd(centre)
        before = sheet.revision
        checks.let_pass(sheet.id, key_of(sheet), reason="Si.", actor=actor, at=AT)
        assert (sheet.revision, sheet.updated_at, sheet.updated_by) == (before, AT, actor.user_id)
        assert database.session.scalar(sa.select(sa.func.count()).select_from(Change)) == 0


class TestSending:
    def test_a_doubt_keeps_the_sheet_from_being_sent_never_from_being_saved(self, centre: Centre, actor: Actor) -> None:
        sheet = odd(centre)
        with pytest.raises(Refused, match="1\u00a0point est à corriger ou à confirmer") as refused:
            send(sheet, actor)
        assert refused.value.question == "limits"
        database.session.rollback()
        assert sheet.state is SheetState.DRAFT
        saved = sheets.save(sheet.id, StepReading({"perspectives": "idem"}, frozenset(), {}), actor=actor, at=AT)
        assert saved.stale == frozenset()
        with pytest.raises(Refused, match="2\u00a0points sont"):
            send(sheet, actor)

    def test_a_mended_answer_lets_it_go(self, centre: Centre, actor: Actor) -> None:
        sheet = odd(centre, limits="La salle est trop petite.")
        assert send(sheet, actor).state is SheetState.SUBMITTED
        assert _frozen(sheet) == []

    def test_a_reason_lets_it_go_and_is_frozen_with_it(self, centre: Centre, actor: Actor) -> None:
        sheet = odd(centre, perspectives="RAS")
        first, second = doubts_of(sheet)
        checks.let_pass(sheet.id, second.key, reason="Rien de prévu.", actor=actor, at=AT)
        checks.let_pass(sheet.id, first.key, reason="Rien de neuf.", actor=actor, at=AT)
        assert send(sheet, actor).state is SheetState.SUBMITTED
        kept = _frozen(sheet)
        assert [(one["key"], one["question"], one["reason"]) for one in kept] == [
            (first.key, "limits", "Rien de neuf."),
            (second.key, "perspectives", "Rien de prévu."),
        ]
        assert all(one["by"] == str(actor.user_id) and one["at"] == AT.isoformat() for one in kept)

    def test_what_has_lapsed_is_not_frozen(self, centre: Centre, actor: Actor) -> None:
        sheet = odd(centre)
        checks.let_pass(sheet.id, key_of(sheet), reason="Si.", actor=actor, at=AT)
        sheets.save(sheet.id, StepReading({"limits": "Trop peu de place."}, frozenset(), {}), actor=actor, at=AT)
        send(sheet, actor)
        assert _frozen(sheet) == []
        assert len(sheet.passed_checks) == 1

    def test_a_snapshot_keeps_its_reasons_whatever_comes_later(self, centre: Centre, actor: Actor) -> None:
        sheet = odd(centre)
        key = key_of(sheet)
        checks.let_pass(sheet.id, key, reason="Si.", actor=actor, at=AT)
        send(sheet, actor)
        sheets.move(sheet.id, Move.WITHDRAW, actor=actor, at=AT)
        checks.take_back(sheet.id, key, actor=actor, at=AT)
        assert [one["reason"] for one in _frozen(sheet)] == ["Si."]
        with pytest.raises(Refused):
            send(sheet, actor)

    def test_of_an_archive_nothing_is_asked(self, centre: Centre) -> None:
        campaign = campaign_of(centre.federation)
        imported = bringing.store_imported(
            centre=centre,
            campaign=campaign,
            action=None,
            answers={"title": "Le bal", "limits": "idem"},
            unparsed={},
            actor_id=None,
            at=AT,
            source="lot.txt",
        )
        assert imported.state is SheetState.PUBLISHED
        assert _frozen(imported) == []
        assert snapshots.passed_doubts(imported) == []


def _frozen(sheet: Sheet) -> list[Any]:
    found = database.session.scalars(
        sa.select(Snapshot).where(Snapshot.sheet_id == sheet.id).order_by(Snapshot.number.desc())
    ).first()
    assert found is not None
    return found.passed_checks
