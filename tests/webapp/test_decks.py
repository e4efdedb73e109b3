"""The deck and the one-pager of a sheet: where they are offered, what they tell, and to whom."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from click.testing import CliRunner
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests.client import PageClient
from tests.clock import SetClock
from tests.factories import ActionFactory, FunderFactory, SheetFactory, address, campaign_of, person, sent_sheet
from tests.signing import sign_in
from tests.webapp.sheet_visits import member
from webapp.commands.report import command
from webapp.models import Action, Sheet
from webapp.vocabulary import RoleName

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def action(db: SQLAlchemy) -> Action:
    made: Action = ActionFactory(title="Le jardin partagé")
    return made


def told(action: Action, year: int, count: int, state: SheetState = SheetState.VALIDATED) -> Sheet:
    """A year of the action, with how many took part."""
    answers = {
        "title": action.title,
        "status": "en_cours",
        "summary": f"Ce qui s'est passé en {year}.",
        "participants_count": {"number": count, "how": "counted"},
    }
    campaign = campaign_of(action.centre.federation, year)
    return sent_sheet(state, centre=action.centre, action=action, campaign=campaign, answers=answers)


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(BytesIO(pdf)).pages)


def test_both_stand_where_the_pdf_of_the_sheet_stands(client: PageClient, action: Action) -> None:
    sheet = told(action, 2026, 46)
    member(client, action.centre)
    for path in ("", "/lecture"):
        page = client.get(f"/fiches/{sheet.id}{path}").text
        for document in ("pdf", "une-page", "diaporama"):
            assert f'href="/fiches/{sheet.id}/{document}"' in page
    reviewer = person(RoleName.REVIEWER, action.centre.federation)
    sign_in(client, reviewer)
    assert f'href="/fiches/{sheet.id}/diaporama"' in client.get(f"/relecture/{sheet.id}").text


def test_the_one_pager_is_one_page_of_what_was_sent(client: PageClient, action: Action) -> None:
    sheet = told(action, 2026, 46)
    member(client, action.centre)
    response = client.get(f"/fiches/{sheet.id}/une-page")
    assert response.mimetype == "application/pdf"
    assert f"fiche-en-une-page-{sheet.reference}.pdf" in response.headers["Content-Disposition"]
    assert len(pypdf.PdfReader(BytesIO(response.data)).pages) == 1
    assert "Ce qui s'est passé en 2026." in text_of(response.data)


def test_the_deck_shows_the_figures_of_former_years_that_its_reader_may_read(
    client: PageClient, make_client: type[PageClient], action: Action
) -> None:
    told(action, 2024, 33)
    told(action, 2025, 777_777, SheetState.SUBMITTED)
    sheet = told(action, 2026, 46)
    told(action, 2027, 888_888)
    member(client, action.centre)
    response = client.get(f"/fiches/{sheet.id}/diaporama")
    assert f"diaporama-{sheet.reference}.pdf" in response.headers["Content-Disposition"]
    text = text_of(response.data)
    assert "Participants 33 46" in text
    assert "777 777" not in text
    assert "888 888" not in text
    # This funder was sent this year's sheets only.
    funder = FunderFactory(federation=action.centre.federation)
    address(sheet.campaign, funder)
    visitor = make_client()
    sign_in(visitor, person(RoleName.FUNDER, funder))
    text = text_of(visitor.get(f"/fiches/{sheet.id}/diaporama").data)
    assert "46" in text
    assert "D’une année à l’autre" not in text


def test_a_sheet_that_was_never_sent_has_neither(client: PageClient, action: Action) -> None:
    campaign = campaign_of(action.centre.federation)
    draft = SheetFactory(centre=action.centre, action=action, campaign=campaign)
    member(client, action.centre)
    for document in ("une-page", "diaporama"):
        assert client.get(f"/fiches/{draft.id}/{document}").status_code == 404


@pytest.mark.parametrize(
    ("kind", "words"), [("deck", "Participants 33 46"), ("one_page", "Ce qui s'est passé en 2026.")]
)
def test_the_command_makes_them_of_one_sheet(action: Action, tmp_path: Path, kind: str, words: str) -> None:
    told(action, 2025, 33)
    sheet = told(action, 2026, 46)
    out = tmp_path / "made.pdf"
    done = CliRunner().invoke(command, [kind, "--sheet", str(sheet.id), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert words in text_of(out.read_bytes())
    refused = CliRunner().invoke(command, [kind, "--out", str(out)])
    assert refused.exit_code == 2
    assert "--sheet" in refused.output
