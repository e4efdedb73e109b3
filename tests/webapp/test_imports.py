"""Importing sheets: everything or nothing, and no work of people written over."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.catalogue_text import Level, decode, parse
from forms.lifecycle import SheetState
from forms.steps import StepReading
from forms.values import Refused
from tests.factories import CentreFactory, FederationFactory, SheetFactory, campaign_of, person, sent_sheet
from tests.importing import AT, LATER, NAME, counts, rows, run, said, text_of
from webapp.campaign_dates import may_begin, may_edit
from webapp.models import Action, Campaign, Centre, Event, Facet, Federation, Sheet, Snapshot
from webapp.policy import Actor
from webapp.queries.accounts import actor_of
from webapp.services import bringing, events, imports, sheets
from webapp.services.import_plan import make_plan
from webapp.services.import_shapes import Choice, Fate
from webapp.vocabulary import RoleName, Sharing

# ---------------------------------------------------------------- writing


def test_an_empty_database_gets_federation_centre_campaign_and_published_sheets(db: SQLAlchemy) -> None:
    plan = run(text_of(said(), said(initiators_detail="Le foyer"), years=[2018, 2019]))
    assert counts(plan) == (2, 0, 0)
    assert db.session.scalars(sa.select(Federation.name)).all() == [NAME]
    centre = db.session.scalars(sa.select(Centre)).one()
    assert (centre.name, centre.department) == ("Centre social du Gué", "46")
    for sheet in db.session.scalars(sa.select(Sheet)):
        assert (sheet.state, sheet.sharing) == (SheetState.PUBLISHED, Sharing.PUBLIC)
        assert sheet.current_snapshot is not None
        assert sheet.current_snapshot.answers["organisation"] == "Centre social du Gué - Lot"
        assert sheet.current_snapshot.answers["year"] == sheet.campaign.year
    kept = db.session.scalars(sa.select(Snapshot).order_by(Snapshot.title)).all()[1]
    assert kept.answers["initiators_detail"] == "Le foyer"
    codes = set(db.session.scalars(sa.select(Facet.code).where(Facet.question == "keywords")))
    assert codes == {"culture", "loisirs"}


def test_imported_campaigns_are_of_their_year_and_closed(db: SQLAlchemy) -> None:
    run(text_of(said(), said(), years=[2018, 2026]))
    old, new = db.session.scalars(sa.select(Campaign).order_by(Campaign.year))
    assert (old.shown_deadline, old.last_edit) == (date(2018, 12, 31), date(2018, 12, 31))
    for campaign in (old, new):
        assert not may_begin(campaign, at=AT)
        assert not may_edit(campaign, at=AT)
        assert len(campaign.expected) == 1


def test_a_campaign_that_is_there_is_used_as_it_is(db: SQLAlchemy) -> None:
    federation = FederationFactory()
    campaign = campaign_of(federation, 2019)
    dates = campaign.last_edit
    run(text_of(said()), federation)
    assert db.session.scalars(sa.select(Sheet.campaign_id)).all() == [campaign.id]
    assert (campaign.last_edit, campaign.expected) == (dates, [])


def test_one_action_has_a_sheet_a_year(db: SQLAlchemy) -> None:
    run(text_of(said(title="Le Repas"), said(title="LE REPAS !"), years=[2017, 2018]))
    action = db.session.scalars(sa.select(Action)).one()
    assert len(action.sheets) == 2
    run(text_of(said(title="le repas"), years=[2019]), db.session.scalars(sa.select(Federation)).one(), LATER)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Action)) == 1


def test_the_same_name_twice_in_a_year_is_refused_once(db: SQLAlchemy) -> None:
    plan = run(text_of(said(title="Fête"), said(title="Fête", summary="Une autre.")))
    assert [sheet.fate for sheet in plan.sheets] == [Fate.CREATED, Fate.REFUSED]
    assert [item.level for item in plan.sheets[1].findings if item.question == "title"] == [Level.ERROR]


def test_the_journal_tells_the_import_and_holds(db: SQLAlchemy) -> None:
    run(text_of(said(), said()))
    federation = db.session.scalars(sa.select(Federation)).one()
    kinds = db.session.scalars(sa.select(Event.kind).order_by(Event.seq)).all()
    assert kinds.count("sheet.imported") == 2
    assert kinds[-1] == "import.done"
    assert events.verify_chain(federation.id).intact


def test_the_order_of_the_file_is_kept_in_the_moments_of_publication(db: SQLAlchemy) -> None:
    run(text_of(*[said(title=f"Fiche {letter}") for letter in "CABED"]))
    latest_first = sa.select(Snapshot.title).join(Sheet, Sheet.current_snapshot_id == Snapshot.id)
    titles = db.session.scalars(latest_first.order_by(Sheet.published_at.desc())).all()
    assert [title[-1] for title in titles] == list("CABED")


def test_what_could_not_be_read_stays_with_the_sheet(db: SQLAlchemy) -> None:
    run(text_of(said(keywords=["Culture", "Jardinage"])))
    sheet = db.session.scalars(sa.select(Sheet)).one()
    assert sheet.answers["keywords"] == ["culture"]
    assert ["keywords", "Jardinage"] in sheet.unparsed["keywords"]["posted"]
    assert "Jardinage" in sheet.unparsed["keywords"]["error"]


# ---------------------------------------------------------------- again


def test_a_second_run_changes_nothing(db: SQLAlchemy) -> None:
    text = text_of(said(), said(keywords=["Jardinage"]), said(initiators_detail="X"), years=[2017, 2018, 2018])
    run(text)
    federation = db.session.scalars(sa.select(Federation)).one()
    before = rows(db)
    plan = run(text, federation, LATER)
    assert counts(plan) == (0, 0, 3)
    assert rows(db) == before


def test_an_answer_changed_in_the_file_makes_a_new_snapshot_and_keeps_the_old(db: SQLAlchemy) -> None:
    run(text_of(said()))
    federation = db.session.scalars(sa.select(Federation)).one()
    plan = run(text_of(said(summary="Deux fois par mois.", perspectives="")), federation, LATER)
    assert counts(plan) == (0, 1, 0)
    assert set(plan.sheets[0].changed) == {"summary", "perspectives"}
    old, new = db.session.scalars(sa.select(Snapshot).order_by(Snapshot.number))
    assert old.answers["summary"] == "Chaque jeudi, on répare ensemble."
    assert (new.answers["summary"], "perspectives" in new.answers) == ("Deux fois par mois.", False)
    assert counts(run(text_of(said(summary="Deux fois par mois.", perspectives="")), federation, LATER)) == (0, 0, 1)


def test_answers_that_the_format_cannot_hold_survive_an_update(db: SQLAlchemy) -> None:
    run(text_of(said()))
    sheet = db.session.scalars(sa.select(Sheet)).one()
    federation = sheet.federation
    accepted = {0: Choice(counts=frozenset({"participants_count"}))}
    boss = actor_of(person(RoleName.ADMINISTRATOR, federation))
    upload = imports.keep_upload(federation=federation, name="lot.txt", text=text_of(said()), actor=boss, at=AT)
    imports.confirm_upload(upload.id, choices=accepted, actor=boss, at=AT)
    assert sheet.answers["participants_count"] == {"number": 12, "how": "counted"}
    assert counts(run(text_of(said()), federation, LATER)) == (0, 0, 1)
    run(text_of(said(summary="Autrement.")), federation, LATER)
    assert sheet.answers["summary"] == "Autrement."
    assert sheet.answers["participants_count"] == {"number": 12, "how": "counted"}


def test_work_done_on_an_imported_sheet_is_never_written_over(db: SQLAlchemy) -> None:
    run(text_of(said()))
    sheet = db.session.scalars(sa.select(Sheet)).one()
    sheet.state = SheetState.CHANGES_REQUESTED
    db.session.commit()
    sheets.save(sheet.id, StepReading({"summary": "De ma main."}, frozenset(), {}), actor=Actor(), at=LATER)
    assert counts(run(text_of(said()), sheet.federation, LATER)) == (0, 0, 1)
    plan = run(text_of(said(summary="Du fichier.")), sheet.federation, LATER)
    assert plan.sheets[0].fate is Fate.REFUSED
    assert (sheet.answers["summary"], sheet.state) == ("De ma main.", SheetState.CHANGES_REQUESTED)


@pytest.mark.parametrize("state", list(SheetState))
def test_a_sheet_typed_here_is_not_replaced_by_a_file(db: SQLAlchemy, state: SheetState) -> None:
    centre = CentreFactory(name="Centre social du Gué")
    details = {"centre": centre, "campaign": campaign_of(centre.federation, 2019), "title": "Action 0"}
    sheet = SheetFactory(**details) if state is SheetState.DRAFT else sent_sheet(state, **details)
    plan = run(text_of(said()), centre.federation)
    assert plan.sheets[0].fate is Fate.REFUSED
    assert (sheet.state, sheet.sharing, sheet.answers) == (state, Sharing.FUNDERS, {"title": "Action 0"})


# ---------------------------------------------------------------- nothing written


@pytest.mark.parametrize("text", ["", "Bonjour.", text_of(said(), said())[:900], "Nom | Département | Année |\n"])
def test_a_file_that_cannot_be_read_writes_nothing(db: SQLAlchemy, text: str) -> None:
    with pytest.raises(Refused):
        run(text)
    assert sum(rows(db).values()) == 0


def test_a_dry_run_writes_nothing_and_says_the_same(db: SQLAlchemy) -> None:
    text = text_of(said(), said(keywords=["Jardinage"]), said(organisation="- Lot"))
    plan = make_plan(text, federation_id=None)
    assert sum(rows(db).values()) == 0
    assert plan.to_json() == run(text).to_json()


def test_a_failure_half_way_writes_nothing(db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = bringing.store_imported
    stored: list[Any] = []

    def fail_at_the_second(**details: Any) -> Sheet:
        if stored:
            raise RuntimeError("the power is cut")
        stored.append(details)
        return genuine(**details)

    monkeypatch.setattr(bringing, "store_imported", fail_at_the_second)
    with pytest.raises(RuntimeError):
        run(text_of(said(), said()))
    db.session.rollback()
    assert sum(rows(db).values()) == 0


def test_a_refused_sheet_does_not_keep_the_others_out(db: SQLAlchemy) -> None:
    text = text_of(said(title="Une"), said(title="Deux")).replace("Une | Lot | 2019 |\n", "")
    plan = run(text)
    assert [sheet.fate for sheet in plan.sheets] == [Fate.REFUSED, Fate.CREATED]
    assert db.session.scalars(sa.select(Snapshot.title)).all() == ["Deux"]


def test_a_new_centre_needs_a_department(db: SQLAlchemy) -> None:
    text = text_of(said(organisation="Le Gué")).replace("| Lot |", "| Ailleurs |")
    plan = run(text, FederationFactory())
    assert plan.sheets[0].fate is Fate.REFUSED
    assert [item.level for item in plan.sheets[0].findings if item.level is Level.ERROR] == [Level.ERROR]


# ---------------------------------------------------------------- the real file


def test_the_real_file_comes_in_whole(db: SQLAlchemy, shared_data: Path) -> None:
    text = decode((shared_data / "actions-lot.txt").read_bytes())
    plan = run(text)
    assert counts(plan) == (11, 0, 0)
    assert len(db.session.scalars(sa.select(Centre)).all()) == 7
    stored = {snapshot.title: snapshot for snapshot in db.session.scalars(sa.select(Snapshot))}
    for sheet in parse(text).sheets:
        answers = stored[sheet.title].answers
        assert answers["year"] == sheet.year
        assert answers["organisation"] == f"{sheet.organisation} - Lot"
        assert {name: answers[name] for name in sheet.answers} == sheet.answers
        assert set(answers) - set(sheet.answers) <= {"year", "organisation", "partners_territory"}
        assert answers["partners_territory"] == answers["initiative_territory"]
    before = rows(db)
    assert counts(run(text, db.session.scalars(sa.select(Federation)).one(), LATER)) == (0, 0, 11)
    assert rows(db) == before
    assert json.dumps(plan.to_json(), ensure_ascii=False)
