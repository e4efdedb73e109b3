"""Only what has changed: since one's own reading, since the query, since the sending before; and beside last year."""

from datetime import timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp import models
from webapp.vocabulary import RoleName


@pytest.fixture
def centre(db: SQLAlchemy) -> models.Centre:
    return factories.CentreFactory()


@pytest.fixture
def reviewer(client: PageClient, centre: models.Centre) -> models.User:
    """Somebody who reads for the federation, signed in."""
    person = factories.person(RoleName.REVIEWER, centre.federation, password=None)
    sign_in(client, person)
    return person


def sent(centre: models.Centre, **details: object) -> models.Sheet:
    answers = {"title": "Le jardin", "summary": "Un jardin fermé.", "limits": "La pluie."}
    return factories.sent_sheet(centre=centre, answers=answers, **details)


def send_again(sheet: models.Sheet, day: int, **answers: object) -> None:
    """Sent that many days later, with other answers."""
    sheet.answers = sheet.answers | answers
    factories.SnapshotFactory(sheet=sheet, created_at=factories.START + timedelta(days=day))


def marks(db: SQLAlchemy) -> list[models.ReadingMark]:
    db.session.expire_all()
    return list(db.session.query(models.ReadingMark))


def part(page: str, testid: str) -> str:
    section = page[page.index(f'data-testid="{testid}"') :]
    return section[: section.index("</section>")]


def test_reading_is_said_by_a_button_once_for_each_sending(
    client: PageClient, reviewer: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    sheet = sent(centre)
    page = client.get(f"/relecture/{sheet.id}")
    assert not marks(db)
    form_on(page, "/lu").press(client, "J’ai lu")
    [mark] = marks(db)
    assert (mark.user_id, mark.snapshot_id) == (reviewer.id, sheet.current_snapshot_id)
    assert sheet.read_at is None, "the centre can still take it back"
    assert "Vous avez lu cet envoi le" in client.get(f"/relecture/{sheet.id}").text
    post(client, f"/relecture/{sheet.id}/lu")
    assert len(marks(db)) == 1
    send_again(sheet, 1, summary="Un jardin rouvert.")
    assert form_on(page, "/lu").press(client, "J’ai lu").status_code == 409
    assert len(marks(db)) == 1


@pytest.mark.parametrize("act", ["commencer", "demandes", "valider"])
def test_who_acts_on_a_sheet_has_read_it(
    client: PageClient, reviewer: models.User, centre: models.Centre, db: SQLAlchemy, act: str
) -> None:
    sheet = sent(centre)
    asked = {"question": "summary", "reason": "wording", "text": "Pourquoi\u202f?"}
    assert post(client, f"/relecture/{sheet.id}/{act}", asked).status_code == 303
    assert [mark.snapshot_id for mark in marks(db)] == [sheet.current_snapshot_id]


def test_only_what_changed_since_my_own_reading_is_shown(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre)
    factories.ReadingMarkFactory(sheet=sheet, user_id=reviewer.id, at=factories.START)
    send_again(sheet, 1, summary="Un jardin rouvert.")
    factories.ReadingMarkFactory(sheet=sheet)
    send_again(sheet, 2, limits="La sécheresse.")
    whole = client.get(f"/relecture/{sheet.id}").text
    assert 'id="reponse-title"' in whole
    assert "depuis votre lecture du 2\u00a0mars 2026" in whole
    page = client.get(f"/relecture/{sheet.id}?depuis=lecture").text
    assert "2\u00a0réponses ont changé" in part(page, "changes")
    assert 'id="reponse-title"' not in page
    for question in ("summary", "limits"):
        assert f'id="reponse-{question}"' in page
    assert '<del><span class="visually-hidden">[retiré\u00a0: </span>fermé.' in page
    assert '<ins><span class="visually-hidden">[ajouté\u00a0: </span>rouvert.' in page
    page = client.get(f"/relecture/{sheet.id}?depuis=envoi").text
    assert 'id="reponse-limits"' in page
    assert 'id="reponse-summary"' not in page


def test_since_the_query_means_since_what_had_been_sent_when_it_was_asked(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre)
    first = sheet.snapshots[0]
    asked_at = first.created_at + timedelta(hours=1)
    factories.QueryFactory(sheet=sheet, author=reviewer, question="summary", created_at=asked_at)
    send_again(sheet, 100, summary="Un jardin rouvert.")
    send_again(sheet, 101, limits="La sécheresse.")
    page = client.get(f"/relecture/{sheet.id}?depuis=demande").text
    assert 'id="reponse-summary"' in page
    assert 'id="reponse-limits"' in page
    assert "la demande du" in part(page, "changes")


def test_where_there_is_nothing_to_compare_with_the_whole_sheet_is_shown(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre)
    for since in ("lecture", "demande", "envoi", "toujours"):
        page = client.get(f"/relecture/{sheet.id}?depuis={since}").text
        assert 'id="reponse-summary"' in page
        assert 'data-testid="changes"' not in page


def test_a_table_is_compared_row_by_row(client: PageClient, reviewer: models.User, centre: models.Centre) -> None:
    sheet = sent(centre)
    send_again(sheet, 1, partners_named=[{"name": "Caf"}, {"name": "Mairie"}])
    send_again(sheet, 2, partners_named=[{"name": "Mairie"}])
    page = client.get(f"/relecture/{sheet.id}?depuis=envoi").text
    rows = page[page.index("wording-rows") :]
    rows = rows[: rows.index("</ul>")]
    assert rows.count("<li") == 2
    assert rows.count("<del>") == 1
    assert "Caf" in rows[rows.index("<del>") : rows.index("</del>")]


def test_last_year_stands_beside_as_it_was_sent_where_the_address_asks_for_it(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    old = factories.CampaignFactory(federation=centre.federation, year=2025)
    before = sent(centre, campaign=old, state=SheetState.VALIDATED)
    sheet = sent(centre, action=before.action)
    send_again(sheet, 1, summary="Un jardin rouvert.")
    address = f"/relecture/{sheet.id}"
    page = client.get(address).text
    assert "À côté de\u00a02025" in page
    assert "Un jardin fermé." not in page[page.index('id="fiche"') :]
    beside = client.get(f"{address}?cote=oui").text
    item = beside[beside.index('id="reponse-summary"') :]
    item = item[: item.index('id="reponse-', 10)]
    assert item.index("Un jardin rouvert.") < item.index(">2025<") < item.index("Un jardin fermé.")
    before.answers = {"title": "Autre", "summary": "Retravaillé depuis"}
    assert "Retravaillé depuis" not in client.get(f"{address}?cote=oui").text
    assert f'href="{address}"' in beside, "pressed again, it is put away"
