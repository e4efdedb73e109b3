"""The reading desk: what a report holds is read as it was sent, by those to whom it was handed; where one stopped."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from reports.catalogue import ReportKind
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp import storage
from webapp.clock import now
from webapp.models import (
    Centre,
    DeskVisit,
    Event,
    Funder,
    ReadingMark,
    ReportRun,
    ReportRunFunder,
    ReportRunSheet,
    Sheet,
    User,
)
from webapp.queries import reading_desk as queries
from webapp.queries.accounts import actor_of
from webapp.queries.reading_desk import Order, Wanted
from webapp.queries.report_selection import Selection
from webapp.services import jobs, reports
from webapp.services import reading_desk as services
from webapp.vocabulary import RoleName

TITLES = ("Le jardin", "Les contes", "Le vélo")


@pytest.fixture
def funder(db: SQLAlchemy) -> Funder:
    made: Funder = factories.FunderFactory()
    return made


@pytest.fixture
def adviser(client: PageClient, funder: Funder) -> User:
    """Somebody of the funder, signed in."""
    person = factories.person(RoleName.FUNDER, funder, password=None)
    sign_in(client, person)
    return person


def sheet_of(funder: Funder, title: str, centre: Centre | None = None, **answers: object) -> Sheet:
    place = centre or factories.CentreFactory(federation=funder.federation)
    said = {"title": title, "summary": f"{title} est ouvert à tous.", "dimension": "services", **answers}
    return factories.sent_sheet(SheetState.VALIDATED, centre=place, title=title, answers=said)


@pytest.fixture
def sheets(funder: Funder) -> list[Sheet]:
    return [sheet_of(funder, title) for title in TITLES]


@pytest.fixture
def run(funder: Funder, sheets: list[Sheet]) -> ReportRun:
    """A report of three sheets, handed to the funder; their campaign is not."""
    return factories.received_report(funder, *sheets)


def at(run: ReportRun, sheet: Sheet | None = None, part: str = "") -> str:
    return f"/lecture/{run.id}" + (f"/{sheet.id}" if sheet is not None else "") + part


def openings(db: SQLAlchemy) -> list[Event]:
    return list(db.session.scalars(sa.select(Event).where(Event.kind == "sheet.opened").order_by(Event.seq)))


def test_a_report_that_is_made_keeps_what_it_holds_in_its_order(db: SQLAlchemy, funder: Funder) -> None:
    centre = factories.CentreFactory(federation=funder.federation)
    made = [sheet_of(funder, title, centre) for title in sorted(TITLES)]
    selection = Selection(federation_id=funder.federation_id)
    asked = reports.request(
        ReportKind.WORKBOOK, selection, federation=funder.federation, title="", actor_id=None, at=now()
    )
    run_id, job_id = asked.id, asked.job_id
    assert job_id is not None
    jobs.run(job_id, clock=now)
    held = [(line.sheet_id, line.snapshot_id) for line in queries.desk(run_id, None).lines]
    assert held == [(sheet.id, sheet.current_snapshot_id) for sheet in made]
    # Made again it replaces what was there.
    run = db.session.get_one(ReportRun, run_id)
    content = reports.content_for(ReportKind.WORKBOOK, selection, title="", at=now())
    reports.report_lines.hold(run.id, content.sheets[1:])
    db.session.commit()
    assert [line.sheet_id for line in queries.desk(run_id, None).lines] == [sheet.id for sheet in made[1:]]


def test_a_funder_reads_what_was_sent_even_if_the_sheet_has_changed_since(
    client: PageClient, adviser: User, run: ReportRun, sheets: list[Sheet], db: SQLAlchemy
) -> None:
    sheet = sheets[0]
    assert client.get(f"/fiches/{sheet.id}/lecture").status_code == 404, "its campaign is not addressed"
    sheet.answers = sheet.answers | {"summary": "Tout est fermé."}
    factories.SnapshotFactory(sheet=sheet)
    sheet.state = SheetState.CHANGES_REQUESTED
    db.session.commit()
    page = client.get(at(run, sheet)).text
    assert "Le jardin est ouvert à tous." in page
    assert "Tout est fermé." not in page


def test_it_reads_no_sheet_beyond_its_reports_and_nothing_once_they_are_taken_back(
    client: PageClient, adviser: User, run: ReportRun, sheets: list[Sheet], db: SQLAlchemy, funder: Funder
) -> None:
    other = sheet_of(funder, "Ailleurs")
    elsewhere = factories.received_report(factories.FunderFactory(federation=funder.federation), other)
    for path in (at(run, other), at(elsewhere, other), at(elsewhere), at(elsewhere, sheets[0])):
        assert client.get(path).status_code == 404, path
    assert "Ailleurs" not in client.get("/lecture").text
    assert client.get(at(run, sheets[0])).status_code == 200
    run.addressed = []
    db.session.commit()
    for path in (at(run), at(run, sheets[0])):
        assert client.get(path).status_code == 404, path
    assert post(client, at(run, sheets[0], "/lu")).status_code == 404
    assert "Recueil 2026" not in client.get("/lecture").text


def test_the_list_is_narrowed_by_links_and_ordered(client: PageClient, adviser: User, funder: Funder) -> None:
    near = factories.CentreFactory(federation=funder.federation, name="Les Acacias", department="46")
    far = factories.CentreFactory(federation=funder.federation, name="Les Bouleaux", department="82")
    sheets = [
        sheet_of(funder, "Zumba", near, dimension="services"),
        sheet_of(funder, "Atelier", far, dimension="citoyennete"),
        sheet_of(funder, "Marche", near, dimension="citoyennete"),
    ]
    run = factories.received_report(funder, *sheets)
    desk = queries.desk(run.id, adviser.id)

    def titles(wanted: Wanted) -> list[str]:
        return [line.title for line in desk.shown(wanted)]

    assert titles(Wanted()) == ["Zumba", "Atelier", "Marche"]
    assert titles(Wanted(order=Order.TITLE)) == ["Atelier", "Marche", "Zumba"]
    assert titles(Wanted(order=Order.CENTRE)) == ["Zumba", "Marche", "Atelier"]
    assert titles(Wanted(theme="citoyennete", order=Order.CENTRE)) == ["Marche", "Atelier"]
    assert titles(Wanted(centre=near.id)) == ["Zumba", "Marche"]
    assert titles(Wanted(territory="82")) == ["Atelier"]
    assert titles(Wanted(read=True)) == []
    page = client.get(f"{at(run)}?theme=citoyennete&centre={near.id}").text
    assert "1\u00a0fiche" in page
    assert f"{at(run, sheets[2])}?theme=citoyennete&amp;centre={near.id}" in page
    assert at(run, sheets[0]) not in page
    for wrong in ("centre=moi", "tri=hasard", "lu=peut-etre"):
        assert client.get(f"{at(run)}?{wrong}").status_code == 404, wrong


def test_opening_a_page_writes_nothing_and_its_script_says_who_was_there(
    client: PageClient, adviser: User, run: ReportRun, sheets: list[Sheet], db: SQLAlchemy
) -> None:
    client.get(at(run, sheets[0]))
    assert not openings(db)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DeskVisit)) == 0
    for question in ("", "summary", "canular"):
        assert post(client, at(run, sheets[0], "/ici"), {"question": question}).status_code == 204
    [event] = openings(db)
    assert (event.actor_id, event.sheet_id, event.federation_id) == (adviser.id, sheets[0].id, run.federation_id)
    assert event.data["run"] == str(run.id)
    visit = db.session.scalars(sa.select(DeskVisit)).one()
    assert visit.question == "", "what is no question of the form is the top of the sheet"


def test_the_federation_reads_at_the_desk_and_the_journal_says_nothing_of_it(
    client: PageClient, run: ReportRun, sheets: list[Sheet], db: SQLAlchemy
) -> None:
    reviewer = factories.person(RoleName.REVIEWER, run.federation, password=None)
    sign_in(client, reviewer)
    assert client.get(at(run, sheets[0])).status_code == 200
    post(client, at(run, sheets[0], "/lu"))
    assert not openings(db)
    assert queries.desk(run.id, reviewer.id).read == 1


def test_read_then_next_and_back_to_unread(
    client: PageClient, adviser: User, run: ReportRun, sheets: list[Sheet], db: SQLAlchemy
) -> None:
    page = client.get(at(run, sheets[0]))
    answer = form_on(page, "/lu").press(client, "Lu, suivante")
    assert answer.location == at(run, sheets[1])
    assert "Fiche 2 sur 3, 1\u00a0lue<" in client.get(answer.location).text
    assert "Fiche 1 sur 2 de cette liste, 1\u00a0lue sur 3<" in client.get(f"{answer.location}?lu=non").text
    # Without a script too the sheet that comes is opened: the button was pressed for it.
    assert [event.sheet_id for event in openings(db)] == [sheets[0].id, sheets[1].id]
    post(client, at(run, sheets[0], "/lu"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ReadingMark)) == 1
    form_on(client.get(at(run, sheets[0])), "/lu").press(client, "Remettre en non lue")
    assert queries.desk(run.id, adviser.id).read == 0
    assert post(client, at(run, sheets[2], "/lu")).location == at(run), "the end of the list"


def test_the_list_and_the_sheet_tell_one_state(
    client: PageClient, adviser: User, run: ReportRun, sheets: list[Sheet]
) -> None:
    def told(address: str) -> list[str]:
        return re.findall(r'data-testid="desk-state">.*?([^<>]+)</span>', client.get(address).text)

    post(client, at(run, sheets[0], "/lu"))
    post(client, at(run, sheets[1], "/ici"), {"question": ""})
    expected = ["Lue", "Non lue, commencée", "Non lue"]
    assert told(at(run)) == expected
    assert [told(at(run, sheet)) for sheet in sheets] == [[words] for words in expected]
    form_on(client.get(at(run, sheets[0])), "/lu").press(client, "Remettre en non lue")
    assert told(at(run, sheets[0])) == ["Non lue, commencée"], "what it was put back to"


def test_what_narrows_the_list_has_the_name_of_its_column(client: PageClient, adviser: User, funder: Funder) -> None:
    places = [
        factories.CentreFactory(federation=funder.federation, commune=commune) for commune in ("Cahors", "Figeac")
    ]
    kinds = ("services", "citoyennete")
    run = factories.received_report(
        funder, *(sheet_of(funder, kind, place, dimension=kind) for kind, place in zip(kinds, places, strict=True))
    )
    page = client.get(at(run)).text
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)
    assert set(re.findall(r"<summary>([^<]*)</summary>", page)) == {"Dimension", "Commune", "Centre"} <= set(heads)


def test_the_way_through_a_narrowed_list_is_kept(
    client: PageClient, adviser: User, run: ReportRun, sheets: list[Sheet]
) -> None:
    along = "?lu=non&tri=titre"
    first, second, third = (next(one for one in sheets if one.action.title == title) for title in sorted(TITLES))
    page = client.get(at(run, first) + along)
    assert f"{at(run, second)}?lu=non&amp;tri=titre" in page.text
    assert form_on(page, f"/lu{along}").press(client, "Lu, suivante").location == at(run, second) + along
    # The sheet just read has left the list of the unread; one still goes on and back from it.
    desk = queries.desk(run.id, adviser.id)
    before, after = desk.around(first.id, Wanted(read=False, order=Order.TITLE))
    assert (before, after and after.sheet_id) == (None, second.id)
    before, after = desk.around(second.id, Wanted(read=False, order=Order.TITLE))
    assert (before, after and after.sheet_id) == (None, third.id)


def test_where_one_stopped_is_found_again_on_another_device(
    client: PageClient, make_client: Callable[[], PageClient], adviser: User, run: ReportRun, sheets: list[Sheet]
) -> None:
    assert "Commencer la lecture" in client.get("/lecture").text
    post(client, at(run, sheets[0], "/lu"))
    post(client, at(run, sheets[1], "/ici"), {"question": "summary"})
    phone = make_client()
    sign_in(phone, adviser)
    page = phone.get("/lecture")
    assert "Reprendre où j’en étais" in page.text
    assert "«\u00a0" in page.text
    assert "Les contes" in page.text
    assert form_on(page, "/reprendre").press(phone).location == at(run, sheets[1]) + "#reponse-summary"


def test_a_sheet_that_is_read_is_not_where_one_goes_on(
    db: SQLAlchemy, adviser: User, run: ReportRun, sheets: list[Sheet]
) -> None:
    actor = actor_of(adviser)

    def resumed() -> Sheet:
        line = queries.desk(run.id, adviser.id).resume
        assert line is not None
        return db.session.get_one(Sheet, line.sheet_id)

    def read(sheet: Sheet, minutes: int) -> None:
        line = queries.held(run.id, sheet.id)
        assert line is not None
        services.mark_read(line, actor=actor, at=factories.START + timedelta(minutes=minutes))

    assert resumed() == sheets[0]
    read(sheets[1], 1)
    assert resumed() == sheets[2], "the next unread one"
    read(sheets[2], 2)
    assert resumed() == sheets[0], "an unread one before"
    read(sheets[0], 3)
    assert resumed() == sheets[0], "all is read: the last one"


def test_reading_marks_and_places_are_each_reader_s_own(
    client: PageClient, adviser: User, run: ReportRun, sheets: list[Sheet], funder: Funder
) -> None:
    post(client, at(run, sheets[0], "/lu"))
    colleague = factories.person(RoleName.FUNDER, funder, password=None)
    sign_in(client, colleague)
    page = client.get(at(run)).text
    assert "0\u00a0lue sur 3" in page or "0 lue sur 3" in page
    assert "Commencer la lecture" in page


def test_a_report_of_before_says_why_it_is_not_read_here(client: PageClient, adviser: User, funder: Funder) -> None:
    old = factories.received_report(funder)
    assert "Ce rapport ne se lit pas fiche par fiche" in client.get(at(old)).text
    assert at(old) not in client.get("/lecture").text
    assert post(client, at(old, part="/reprendre")).location == at(old)


def test_pictures_of_the_sheet_as_it_was_sent_are_shown_and_no_others(
    client: PageClient, adviser: User, funder: Funder, db: SQLAlchemy
) -> None:
    sheet = sheet_of(funder, "Le bal")
    shown, hidden = (factories.AttachmentFactory(sheet=sheet, size=9) for _ in range(2))
    file = {
        "id": str(shown.id),
        "name": "bal.png",
        "media_type": "image/png",
        "size": 9,
        "caption": "",
        "alt": "Le bal",
    }
    sheet.answers = sheet.answers | {"files": [file]}
    factories.SnapshotFactory(sheet=sheet)
    for row in (shown, hidden):
        storage.put(row.storage_key, b"a picture")
    run = factories.received_report(funder, sheet)
    address = at(run, sheet, f"/pieces/{shown.id}")
    assert address in client.get(at(run, sheet)).text
    assert client.get(address).data == b"a picture"
    assert client.get(at(run, sheet, f"/pieces/{hidden.id}")).status_code == 404
    assert client.get(at(run, sheet, f"/pieces/{uuid4()}")).status_code == 404


def test_two_funders_of_one_report_do_not_see_each_other_read(
    client: PageClient, adviser: User, run: ReportRun, sheets: list[Sheet], db: SQLAlchemy, funder: Funder
) -> None:
    other = factories.FunderFactory(federation=funder.federation)
    db.session.add(ReportRunFunder(report_run=run, funder=other))
    db.session.commit()
    post(client, at(run, sheets[0], "/lu"))
    sign_in(client, factories.person(RoleName.FUNDER, other, password=None))
    assert queries.desk(run.id, None).read == 0
    assert "Vous en étiez à" not in client.get(at(run)).text


def test_the_database_keeps_one_line_a_sheet_of_a_report(db: SQLAlchemy, run: ReportRun, sheets: list[Sheet]) -> None:
    db.session.add(ReportRunSheet(report_run_id=run.id, snapshot_id=sheets[0].current_snapshot_id, position=9))
    with pytest.raises(sa.exc.IntegrityError):
        db.session.commit()
    db.session.rollback()
