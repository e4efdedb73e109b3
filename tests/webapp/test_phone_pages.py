"""The pages of the telephone: choosing, typing in the steps of everybody, the centre's word by its link."""

import re

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from tests.webapp.sheet_visits import COMPLETE
from tests.webapp.test_phone import Desk, token_to
from webapp.doubt_words import confirmed_by
from webapp.models import Mail, PhoneEntry, Sheet
from webapp.queries.doubts import open_doubts
from webapp.vocabulary import RoleName, Sharing


@pytest.fixture
def desk(db: SQLAlchemy) -> Desk:
    return Desk()


def typing(client: PageClient, desk: Desk) -> str:
    """The officer has signed in and begun to type the sheet; its address."""
    sign_in(client, desk.officer)
    address = f"/centres/{desk.centre.id}/telephone"
    page = client.get(address).text
    assert desk.sheet.reference in page
    assert desk.sheet.action.title not in page
    said = {"campaign": str(desk.sheet.campaign_id), "spoke_with": "Denise Lagarde", "sheet": str(desk.sheet.id)}
    answer = post(client, address, said)
    assert answer.status_code == 303
    return f"/fiches/{desk.sheet.id}"


def confirmation(client: PageClient, desk: Desk) -> str:
    """The officer has typed and ended; the address of the link that the centre got."""
    address = typing(client, desk)
    assert post(client, f"{address}/telephone/terminer").status_code == 303
    client.delete_cookie("recueil")
    return f"/confirmation/{token_to(desk.responsible.email)}"


def test_who_types_fills_in_the_same_steps_until_the_end(client: PageClient, desk: Desk) -> None:
    address = typing(client, desk)
    page = client.get(address)
    assert "Au téléphone, pour le centre" in page.text
    assert "X-Recueil-Keep" not in page.headers
    form = form_on(client.get(f"{address}/action"), action=f"{address}/action")
    form.fill(title="Le jardin de tous")
    assert form.press(client).status_code == 303
    assert "Le jardin de tous" in client.get(f"{address}/verification").text
    assert "Terminer la saisie" in client.get(f"{address}/verification").text
    assert 'data-testid="send"' not in client.get(f"{address}/verification").text
    post(client, f"{address}/telephone/terminer")
    assert client.get(address).status_code == 403
    assert client.get(f"{address}/action").status_code == 403
    assert "Le jardin de tous" not in client.get(f"/centres/{desk.centre.id}").text


def test_a_colleague_knows_that_somebody_types_and_reads_nothing(client: PageClient, desk: Desk) -> None:
    address = typing(client, desk)
    sign_in(client, desk.colleague)
    for page in ("", "/action", "/verification", "/emporter"):
        assert client.get(address + page).status_code == 403
    assert "Maud Cressonnier la remplit" in client.get(f"/centres/{desk.centre.id}").text
    assert "Maud Cressonnier la remplit" in client.get(f"/centres/{desk.centre.id}/telephone").text
    assert post(client, f"{address}/telephone/terminer").status_code == 403


def test_who_types_never_sends(client: PageClient, desk: Desk) -> None:
    assert post(client, f"{typing(client, desk)}/envoyer").status_code == 403


def test_the_centre_sees_who_types_and_may_end_it(client: PageClient, desk: Desk) -> None:
    address = typing(client, desk)
    sign_in(client, desk.member)
    for page in ("", "/action", "/verification"):
        text = client.get(address + page).text
        assert "Maud Cressonnier" in text
        assert "Mettre fin à la saisie" in text
    assert post(client, f"{address}/telephone/terminer").status_code == 303
    assert 'data-testid="phone"' not in client.get(f"{address}/action").text
    sign_in(client, desk.officer)
    assert client.get(address).status_code == 403


def test_choosing_says_what_is_wrong_and_keeps_what_was_typed(client: PageClient, desk: Desk) -> None:
    sign_in(client, desk.officer)
    address, campaign = f"/centres/{desk.centre.id}/telephone", str(desk.sheet.campaign_id)
    nobody = post(client, address, {"campaign": campaign, "title": "Le goûter"})
    assert nobody.status_code == 422
    assert "Indiquez qui est au téléphone" in nobody.text
    assert "Le goûter" in nobody.text
    untitled = post(client, address, {"campaign": campaign, "spoke_with": "Denise"})
    assert untitled.status_code == 422
    assert "Indiquez le nom de l’action" in untitled.text
    assert 'value="Denise"' in untitled.text


def test_an_action_of_another_year_is_told_again_by_telephone(client: PageClient, desk: Desk) -> None:
    campaign = factories.CampaignFactory(federation=desk.centre.federation, year=2025)
    old = factories.sent_sheet(
        SheetState.VALIDATED, centre=desk.centre, campaign=campaign, title="Le bal", answers={"title": "Le bal"}
    )
    sign_in(client, desk.officer)
    address = f"/centres/{desk.centre.id}/telephone"
    assert "Le bal" in client.get(address).text
    said = {"campaign": str(desk.sheet.campaign_id), "spoke_with": "Denise", "action": str(old.action_id)}
    answer = post(client, address, said)
    assert answer.status_code == 303
    assert "Le bal" in client.get(answer.location).text


def test_the_link_shows_the_sheet_and_uses_nothing_up(client: PageClient, desk: Desk) -> None:
    address = confirmation(client, desk)
    for _ in range(2):
        page = client.get(address)
        assert page.status_code == 200
        assert "Maud Cressonnier" in page.text
        assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_the_link_confirms_and_sends(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    address = confirmation(client, desk)
    answer = post(client, address, {"revision": str(desk.sheet.revision), "sharing": "network"})
    assert "La fiche est envoyée" in answer.text
    db.session.refresh(desk.sheet)
    assert (desk.sheet.state, desk.sheet.sharing) == (SheetState.SUBMITTED, Sharing.NETWORK)
    assert client.get(address).status_code == 410
    assert post(client, address, {"revision": "0"}).status_code == 410
    sign_in(client, desk.officer)
    told = re.sub(r"<[^>]+>", "", client.get(f"/relecture/{desk.sheet.id}").text)
    assert "Remplie au téléphone par Maud Cressonnier avec Denise Lagarde, confirmée par Rose Vidal le" in told


def test_what_is_missing_is_said_and_nothing_is_sent(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    desk.sheet.answers = {"title": "Le jardin"}
    address = confirmation(client, desk)
    page = client.get(address).text
    assert "points restent à compléter" in page
    assert "Confirmer et envoyer" not in page
    assert post(client, address, {"revision": str(desk.sheet.revision)}).status_code == 422
    db.session.refresh(desk.sheet)
    assert desk.sheet.state is SheetState.DRAFT


def test_an_old_page_confirms_nothing(client: PageClient, desk: Desk) -> None:
    address = confirmation(client, desk)
    for revision in ("77", "", "x"):
        answer = post(client, address, {"revision": revision})
        assert answer.status_code == 422
        assert "a changé depuis" in answer.text


def test_the_centre_says_that_this_is_not_it(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    address = confirmation(client, desk)
    assert post(client, address, {"refuse": "1", "refusal": ""}).status_code == 422
    answer = post(client, address, {"refuse": "1", "refusal": "Rien à voir."})
    assert "C’est dit à la fédération" in answer.text
    entry = db.session.scalars(sa.select(PhoneEntry)).one()
    assert (entry.refusal, entry.refused_by) == ("Rien à voir.", desk.responsible.id)
    assert client.get(address).status_code == 410
    assert db.session.scalars(sa.select(Mail).where(Mail.kind == "phone_refused")).one()


def test_a_forged_link_opens_nothing(client: PageClient, desk: Desk) -> None:
    assert client.get("/confirmation/abc").status_code == 410
    assert post(client, "/confirmation/abc", {"revision": "0"}).status_code == 410


def test_a_centre_without_a_responsible_is_told_of(db: SQLAlchemy, client: PageClient) -> None:
    desk = Desk()
    desk.responsible.active = False
    db.session.commit()
    sign_in(client, desk.officer)
    assert "n’a pas de responsable" in client.get(f"/centres/{desk.centre.id}/telephone").text
    address = typing(client, desk)
    answer = post(client, f"{address}/telephone/terminer", follow_redirects=True)
    assert "n’a pas de responsable" in answer.text


def test_a_new_sheet_is_begun_for_the_centre(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    sign_in(client, desk.officer)
    said = {"campaign": str(desk.sheet.campaign_id), "spoke_with": "Denise", "title": "Le goûter"}
    answer = post(client, f"/centres/{desk.centre.id}/telephone", said)
    assert answer.status_code == 303
    made = db.session.scalars(sa.select(Sheet).where(Sheet.id != desk.sheet.id)).one()
    assert answer.location == f"/fiches/{made.id}"
    assert client.get(answer.location).status_code == 200
    assert COMPLETE["title"] not in client.get(answer.location).text


def test_the_campaign_leads_there(client: PageClient, desk: Desk) -> None:
    sign_in(client, desk.officer)
    assert f"/centres/{desk.centre.id}/telephone" in client.get(f"/campagnes/{desk.sheet.campaign_id}").text
    stranger = factories.person(RoleName.REVIEWER, factories.FederationFactory(), password=None)
    sign_in(client, stranger)
    assert client.get(f"/centres/{desk.centre.id}/telephone").status_code == 404


def test_who_types_answers_no_query_in_the_place_of_the_centre(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    desk.sheet = factories.sent_sheet(
        SheetState.CHANGES_REQUESTED, centre=desk.centre, title="Le bal", answers=COMPLETE
    )
    query = factories.QueryFactory(sheet=desk.sheet, question="summary", author=desk.officer)
    sign_in(client, desk.officer)
    said = {"campaign": str(desk.sheet.campaign_id), "spoke_with": "Denise", "sheet": str(desk.sheet.id)}
    assert post(client, f"/centres/{desk.centre.id}/telephone", said).status_code == 303
    address = f"/fiches/{desk.sheet.id}/action"
    page = client.get(address)
    assert query.text in page.text
    assert f"_reply-{query.id}" not in page.text
    assert post(client, address, {f"_reply-{query.id}": "Oui."}).status_code == 303
    db.session.refresh(query)
    assert query.reply is None


def test_what_is_sure_is_said_for_the_centre() -> None:
    passed = {"by": "1", "at": "2026-03-03T13:02:00+00:00", "phone": True}
    assert confirmed_by(passed, {"1": "Maud"}).startswith("Maud, au téléphone, pour le centre, le 3")


def test_what_looks_odd_is_said_before_one_confirms(client: PageClient, desk: Desk) -> None:
    desk.sheet.answers = COMPLETE | {"summary": "lorem ipsum"}
    assert open_doubts(desk.sheet)
    page = client.get(confirmation(client, desk)).text
    assert "Corrigez ou confirmez" in page
    assert 'data-testid="confirm"' not in page
