"""The page of an action: its years, its pauses, its end, its figures, and who may read which of them."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from forms.lifecycle import SheetState
from tests.client import PageClient
from tests.clock import SetClock
from tests.counts import counted
from tests.factories import (
    ActionFactory,
    CampaignFactory,
    CentreFactory,
    FunderFactory,
    SheetFactory,
    address,
    campaign_of,
    person,
    sent_sheet,
)
from tests.signing import sign_in
from tests.webapp.sheet_visits import member
from webapp.database import db
from webapp.models import Action, Sheet
from webapp.vocabulary import RoleName

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
SECRET = "Ce que personne ne doit encore lire"


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def action() -> Action:
    made: Action = ActionFactory(title="Le jardin partagé")
    campaign_of(made.centre.federation)
    return made


def told(action: Action, year: int, state: SheetState = SheetState.PUBLISHED, **answers: Any) -> Sheet:
    """A year of the action."""
    campaign = campaign_of(action.centre.federation, year)
    title = answers.pop("title", action.title)
    given = {"centre": action.centre, "action": action, "campaign": campaign, "title": title}
    said = {"title": title, "status": "en_cours", **answers}
    if state is SheetState.DRAFT:
        sheet: Sheet = SheetFactory(**given, answers=said)
        return sheet
    sheet = sent_sheet(state, **given, answers=said)
    assert sheet.current_snapshot is not None
    return sheet


def year(text: str, number: int) -> str:
    """What the page says of a year."""
    found = text.partition(f'data-testid="year-{number}"')[2].partition("</li>")[0]
    return re.sub(r"[ \n]+", " ", found)


def read(client: PageClient, action: Action) -> str:
    answer = client.get(f"/actions/{action.id}")
    assert answer.status_code == 200
    return answer.text


def as_reviewer(client: PageClient, action: Action) -> None:
    sign_in(client, person(RoleName.REVIEWER, action.centre.federation))


def test_its_years_stand_newest_first_with_pauses_and_its_end(client: PageClient, action: Action) -> None:
    member(client, action.centre)
    told(action, 2020)
    told(action, 2023)
    last = told(action, 2024, status="terminee")
    text = read(client, action)
    order = [text.index(f'data-testid="year-{number}"') for number in (2024, 2023, 2022, 2021, 2020)]
    assert order == sorted(order)
    assert "Pas de fiche en 2021" in year(text, 2021)
    assert "Pas de fiche en 2022" in year(text, 2022)
    assert "Terminée en 2024" in year(text, 2024)
    assert "En cours" in year(text, 2023)
    assert f'href="/fiches/{last.id}"' in year(text, 2024)
    assert "year-2025" not in text


def test_a_name_that_differed_is_told(client: PageClient, action: Action) -> None:
    member(client, action.centre)
    old = told(action, 2024)
    told(action, 2025)
    assert old.current_snapshot is not None
    text = read(client, action)
    assert "as-typed small" not in year(text, 2024)
    other: Action = ActionFactory(centre=action.centre, title="Le grand jardin")
    campaign = campaign_of(action.centre.federation, 2024)
    sheet = sent_sheet(SheetState.VALIDATED, centre=action.centre, action=other, campaign=campaign)
    other.title = "Le grand jardin et sa serre"
    assert sheet.current_snapshot is not None
    assert "Le grand jardin</p>" in year(read(client, other), 2024)


def test_its_figures_are_drawn_and_stand_in_a_table_too(client: PageClient, action: Action) -> None:
    member(client, action.centre)
    told(action, 2023, participants_count=counted(80))
    told(action, 2025, participants_count=counted(98), volunteers_count=counted(3))
    told(action, 2026, SheetState.SUBMITTED, participants_count=counted(110), volunteers_count=counted(3))
    text = read(client, action)
    label = 'role="img" aria-label="Participants\u00a0: 80 en 2023, 98 en 2025, 110 en 2026"'
    drawing = text.partition(label)[2].partition("</svg>")[0]
    assert drawing.count("<circle") == 3
    assert drawing.count('class="pause"') == 1, "over 2024"
    assert drawing.count("<polyline") == 2
    table = text.partition('data-testid="figures"')[2].partition("</table>")[0]
    rows = [re.findall(r"<span>([^<]*)", row) for row in table.split("<tr>")[2:]]
    assert rows == [["2026", "110", "3"], ["2025", "98", "3"], ["2023", "80", "–"]]
    assert "+\u00a012 par rapport à 2025 (+\u00a012\u00a0%)" in text
    assert "autant qu’en 2025" in text


def test_one_figure_alone_is_told_and_not_drawn(client: PageClient, action: Action) -> None:
    member(client, action.centre)
    told(action, 2025, participants_count=counted(98))
    text = read(client, action)
    assert "98" in text
    assert 'class="trend"' not in text
    assert 'data-testid="figures"' not in text


def test_the_centre_sees_the_figures_of_its_draft_as_those_of_a_draft(client: PageClient, action: Action) -> None:
    member(client, action.centre)
    told(action, 2025, participants_count=counted(98))
    told(action, 2026, SheetState.DRAFT, participants_count=counted(110))
    text = read(client, action)
    assert "98 en 2025, 110 en 2026 (brouillon)" in text
    assert 'class="draft"' in text


def test_the_federation_learns_that_a_draft_exists_and_no_word_or_figure_of_it(
    client: PageClient, action: Action
) -> None:
    as_reviewer(client, action)
    sent = told(action, 2025, participants_count=counted(98))
    draft = told(action, 2026, SheetState.DRAFT, title=SECRET, participants_count=counted(471_147))
    taken_back = told(action, 2024, participants_count=counted(471_148))
    taken_back.state = SheetState.DRAFT
    action.title = SECRET
    text = read(client, action)
    assert SECRET not in text
    assert not re.search(r"471\u202f?14[78]", text)
    assert "Le jardin partagé</span></h1>" in text
    assert "En cours de saisie" in year(text, 2026)
    assert draft.reference in year(text, 2026)
    assert "<a " not in year(text, 2026)
    assert "<a " not in year(text, 2024)
    assert f'href="/relecture/{sent.id}"' in year(text, 2025)


def test_an_action_of_which_nothing_was_sent_has_no_name_for_the_federation(client: PageClient, action: Action) -> None:
    as_reviewer(client, action)
    told(action, 2026, SheetState.DRAFT)
    text = read(client, action)
    assert action.title not in text
    assert "rien n’est encore envoyé" in text


def test_carried_answers_are_no_figures_of_this_year(client: PageClient, action: Action) -> None:
    member(client, action.centre)
    told(action, 2025, participants_count=counted(98))
    now = told(action, 2026, SheetState.DRAFT, participants_count=counted(98))
    now.carried = {"participants_count": {"year": 2025}, "status": {"year": 2025}}
    text = read(client, action)
    assert "2026 (brouillon)" not in text
    assert "En cours" not in year(text, 2026)


def test_who_may_read_it(make_client: type[PageClient], action: Action) -> None:
    sheet = told(action, 2025)
    funder = FunderFactory(federation=action.centre.federation)
    address(sheet.campaign, funder)
    elsewhere = CentreFactory()
    people = {
        200: [
            person(RoleName.MEMBER, action.centre),
            person(RoleName.RESPONSIBLE, action.centre),
            person(RoleName.REVIEWER, action.centre.federation),
            person(RoleName.ADMINISTRATOR, action.centre.federation),
        ],
        404: [
            person(RoleName.MEMBER, CentreFactory(federation=action.centre.federation)),
            person(RoleName.RESPONSIBLE, elsewhere),
            person(RoleName.REVIEWER, elsewhere.federation),
        ],
        403: [person(RoleName.FUNDER, funder), person(RoleName.PLATFORM)],
    }
    for status, users in people.items():
        for user in users:
            visitor = make_client()
            sign_in(visitor, user)
            assert visitor.get(f"/actions/{action.id}").status_code == status, user.roles[0].name
    assert make_client().get(f"/actions/{action.id}").status_code == 302


def test_the_pages_of_its_sheets_lead_to_it(client: PageClient, make_client: type[PageClient], action: Action) -> None:
    member(client, action.centre)
    told(action, 2024)
    old = told(action, 2025)
    lone = sent_sheet(centre=action.centre, title="Le bal")
    link = f'href="/actions/{action.id}"'
    assert link in client.get(f"/fiches/{old.id}").text
    home = client.get("/fiches").text
    assert home.count(link) == 1, "once an action"
    assert f'href="/actions/{lone.action_id}"' not in home
    assert link in client.get("/fiches/nouvelle").text
    reviewer = make_client()
    as_reviewer(reviewer, action)
    assert link in reviewer.get(f"/relecture/{old.id}").text


def test_a_year_that_is_not_told_yet_may_be_begun_from_it(client: PageClient, action: Action) -> None:
    member(client, action.centre)
    told(action, 2025)
    campaign = campaign_of(action.centre.federation)
    begin = f'href="/fiches/nouvelle?place={action.centre_id}.{campaign.id}"'
    assert begin in read(client, action)
    told(action, 2026, SheetState.DRAFT)
    assert begin not in read(client, action)


def test_an_action_without_a_sheet_has_a_page(client: PageClient, action: Action) -> None:
    member(client, action.centre)
    assert "Aucune fiche ne raconte encore cette action." in read(client, action)


def test_many_years_ask_the_database_no_more_often(client: PageClient, action: Action) -> None:
    member(client, action.centre)
    counts = []
    for years in ((2024, 2025), (2021, 2022, 2023)):
        for number in years:
            CampaignFactory(federation=action.centre.federation, year=number)
            told(action, number, participants_count=counted(number))
        sent: list[str] = []
        note = lambda *details: sent.append(details[2])  # noqa: B023, E731
        sa.event.listen(db.engine, "before_cursor_execute", note)
        read(client, action)
        sa.event.remove(db.engine, "before_cursor_execute", note)
        counts.append(len(sent))
    assert counts[0] == counts[1]
