"""The president's signature: needed where the campaign says so, bound to what the sheet says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.lifecycle import Move, SheetState
from forms.registry import shipped
from forms.steps import StepReading
from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from tests.webapp.sheet_visits import COMPLETE
from tests.webapp.test_phone import Desk, token_to
from webapp.clock import now
from webapp.history_words import entries
from webapp.models import Event, Mail, SignOff
from webapp.policy import Denied
from webapp.queries.accounts import actor_of
from webapp.queries.review import history as federations_history
from webapp.queries.sheets import history
from webapp.services import sheets, sign_off, signatures
from webapp.services.snapshots import sha256_of
from webapp.vocabulary import SignOffState

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
PRESIDENT = "presidence@centre.example"


@pytest.fixture
def desk(db: SQLAlchemy) -> Desk:
    """A complete draft of a centre whose president is known, in a campaign that asks for a signature."""
    desk = Desk()
    desk.sheet.campaign.sign_off = True
    desk.centre.president_name, desk.centre.president_email = "Paul Cazals", PRESIDENT
    db.session.commit()
    return desk


def ask(desk: Desk, **details: Any) -> str:
    """The responsible asks; the token that the president got."""
    sign_off.ask(desk.sheet.id, **{"actor": actor_of(desk.responsible), "at": NOW, **details})
    return token_to(PRESIDENT)


def sign(desk: Desk) -> SignOff:
    """Asked and signed."""
    return sign_off.sign(ask(desk), "Paul Cazals", sha256=sha256_of(desk.sheet), at=LATER)


def send(desk: Desk) -> Any:
    """The responsible sends."""
    return sheets.move(desk.sheet.id, Move.SEND, actor=actor_of(desk.responsible), at=LATER)


def change(desk: Desk, **answers: Any) -> None:
    """The centre changes answers."""
    sheets.save(desk.sheet.id, StepReading(answers, frozenset(), {}), actor=actor_of(desk.member), at=LATER)


def test_without_it_nothing_is_sent_and_with_it_the_sheet_leaves(db: SQLAlchemy, desk: Desk) -> None:
    with pytest.raises(Refused, match="présidence"):
        send(desk)
    db.session.rollback()
    row = sign(desk)
    sheet = send(desk)
    assert sheet.state is SheetState.SUBMITTED
    assert sheet.current_snapshot.sha256 == row.sha256


def test_a_campaign_that_does_not_ask_needs_none(db: SQLAlchemy, desk: Desk) -> None:
    desk.sheet.campaign.sign_off = False
    with pytest.raises(Refused, match="ne demande pas"):
        ask(desk)
    db.session.rollback()
    desk.sheet.campaign.sign_off = False
    assert send(desk).state is SheetState.SUBMITTED


def test_a_changed_answer_makes_it_fall_and_the_same_answer_again_lets_it_stand(db: SQLAlchemy, desk: Desk) -> None:
    sign(desk)
    change(desk, summary="Autre chose.")
    with pytest.raises(Refused, match="présidence"):
        send(desk)
    db.session.rollback()
    change(desk, summary=COMPLETE["summary"])
    assert send(desk).state is SheetState.SUBMITTED


TYPED = [question for question in shipped(factories.YEAR).questions if question.typed and not question.kind.uploads]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.sampled_from(TYPED), number=st.integers(0, 60))
def test_it_stands_exactly_as_long_as_what_would_be_sent_is_what_was_signed(
    db: SQLAlchemy, desk: Desk, question: Any, number: int
) -> None:
    db.session.rollback()
    row = factories.SignOffFactory(
        sheet=desk.sheet,
        state=SignOffState.SIGNED,
        answered_at=NOW,
        signed_name="Paul Cazals",
        sha256=sha256_of(desk.sheet),
    )
    before, kept = sha256_of(desk.sheet), dict(desk.sheet.answers)
    desk.sheet.answers = kept | {question.id: question.kind.dump(question.kind.sample(number))}
    same = sha256_of(desk.sheet) == before
    assert (signatures.under(desk.sheet) is not None) == same
    if question.show_if is None:
        assert same == (desk.sheet.answers[question.id] == kept.get(question.id))
    desk.sheet.answers = kept
    assert signatures.under(desk.sheet) is not None
    db.session.delete(row)
    db.session.commit()


def test_what_changed_under_the_reader_is_not_signed(db: SQLAlchemy, desk: Desk) -> None:
    token, seen = ask(desk), sha256_of(desk.sheet)
    change(desk, summary="Autre chose.")
    with pytest.raises(Refused, match="a changé"):
        sign_off.sign(token, "Paul Cazals", sha256=seen, at=LATER)
    db.session.rollback()
    with pytest.raises(Refused) as unsigned:
        sign_off.sign(token, "  ", sha256=sha256_of(desk.sheet), at=LATER)
    assert unsigned.value.question == "signed_name"
    db.session.rollback()
    assert sign_off.sign(token, "Paul Cazals", sha256=sha256_of(desk.sheet), at=LATER).state is SignOffState.SIGNED


def test_a_link_signs_once_and_asking_again_ends_the_one_before(db: SQLAlchemy, desk: Desk) -> None:
    first = ask(desk)
    second = ask(desk, at=LATER)
    assert sign_off.find(first, at=LATER) is None
    sign_off.sign(second, "Paul Cazals", sha256=sha256_of(desk.sheet), at=LATER)
    with pytest.raises(Refused):
        sign_off.sign(second, "Paul Cazals", sha256=sha256_of(desk.sheet), at=LATER)
    db.session.rollback()
    with pytest.raises(Refused, match="déjà signée"):
        ask(desk)


def test_only_a_responsible_asks_for_a_sheet_that_is_whole(db: SQLAlchemy, desk: Desk) -> None:
    for person in (desk.member, desk.officer, desk.colleague):
        with pytest.raises(Denied):
            ask(desk, actor=actor_of(person))
        db.session.rollback()
    desk.sheet.answers = {"title": "Le jardin"}
    with pytest.raises(Refused, match="manquent"):
        ask(desk)


def test_a_president_whom_nobody_knew_is_kept_with_the_centre(db: SQLAlchemy, desk: Desk) -> None:
    desk.centre.president_name = desk.centre.president_email = None
    for given_, place in (
        ({}, "president_name"),
        ({"name": "Paul Cazals"}, "president_email"),
        ({"name": "Paul Cazals", "email": "rien"}, "president_email"),
    ):
        with pytest.raises(Refused) as refused:
            ask(desk, **given_)
        assert refused.value.question == place
        db.session.rollback()
        desk.centre.president_name = desk.centre.president_email = None
    ask(desk, name="Paul Cazals", email=PRESIDENT)
    assert (desk.centre.president_name, desk.centre.president_email) == ("Paul Cazals", PRESIDENT)


def test_a_remark_goes_to_the_centre_and_not_to_the_federation(db: SQLAlchemy, desk: Desk) -> None:
    token = ask(desk)
    sign_off.give_back(token, "Le budget est faux.", at=LATER)
    mail = db.session.scalars(sa.select(Mail).where(Mail.kind == "sign_off_returned")).one()
    assert mail.recipient == desk.responsible.email
    assert "Le budget est faux." in mail.text
    version = shipped(factories.YEAR)
    [returned, _asked] = entries(history(desk.sheet.id), version)
    assert (returned.text, returned.note) == ("Paul Cazals n’a pas signé la fiche", "Le budget est faux.")
    assert not entries(federations_history(desk.sheet.id), version)


def test_a_signature_is_told_and_stands_in_the_history(db: SQLAlchemy, desk: Desk) -> None:
    sign(desk)
    assert db.session.scalars(sa.select(Mail.recipient).where(Mail.kind == "sign_off_signed")).all() == [
        desk.responsible.email
    ]
    [signed] = entries(federations_history(desk.sheet.id), shipped(factories.YEAR))
    assert signed.text == "Paul Cazals a signé la fiche"
    event = db.session.scalars(sa.select(Event).where(Event.kind == "sign_off.signed")).one()
    assert event.data["sha256"] == sha256_of(desk.sheet)


def test_the_whole_way_by_the_pages(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    sign_in(client, desk.responsible)
    address = f"/fiches/{desk.sheet.id}"
    page = client.get(f"{address}/verification")
    assert 'data-testid="send"' not in page.text
    assert post(client, f"{address}/envoyer", {"sharing": "funders"}).status_code == 422
    answer = form_on(page, action=f"{address}/signature").press(client, follow_redirects=True)
    assert "La signature est demandée" in answer.text
    link = f"/signature/{token_to(PRESIDENT)}"
    client.delete_cookie("recueil")
    page = client.get(link)
    assert page.status_code == 200
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "Votre nom" in page.text
    form = form_on(page)
    assert form.press(client, "Signer").status_code == 422
    assert "est signée" in form.fill(signed_name="Paul Cazals").press(client, "Signer").text
    assert client.get(link).status_code == 410
    sign_in(client, desk.responsible)
    assert "Signée par" in client.get(f"{address}/verification").text
    assert post(client, f"{address}/envoyer", {"sharing": "funders"}).status_code == 303
    for page in ("envoyee", "lecture"):
        assert "Signée par" in client.get(f"{address}/{page}").text
    sign_in(client, desk.officer)
    assert "Signée par" in client.get(f"/relecture/{desk.sheet.id}").text


def test_the_page_before_the_sending_says_why_it_waits(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    sign_in(client, desk.responsible)
    address = f"/fiches/{desk.sheet.id}/verification"
    sign(desk)
    change(desk, summary="Autre chose.")
    assert "La signature est tombée" in client.get(address).text
    sign_off.give_back(ask(desk, at=LATER), "Le budget est faux.", at=LATER)
    assert "Le budget est faux." in client.get(address).text


def test_a_president_is_named_on_the_page_where_nobody_has(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    desk.centre.president_email = None
    db.session.commit()
    sign_in(client, desk.responsible)
    address = f"/fiches/{desk.sheet.id}"
    form = form_on(client.get(f"{address}/verification"), action=f"{address}/signature")
    wrong = form.fill(president_name="Paul Cazals", president_email="rien").press(client)
    assert wrong.status_code == 422
    assert 'id="president_email-error"' in wrong.text
    assert 'value="rien"' in wrong.text
    assert form.fill(president_email=PRESIDENT).press(client).status_code == 303


def test_a_remark_by_the_page(client: PageClient, desk: Desk) -> None:
    link = f"/signature/{ask(desk, at=now())}"
    assert post(client, link, {"give_back": "1", "remark": " "}).status_code == 422
    assert "renvoyée" in post(client, link, {"give_back": "1", "remark": "Trop court."}).text
    assert post(client, link, {"signed_name": "Paul", "sha256": ""}).status_code == 410


def test_the_reader_sees_the_files_of_that_sheet_and_no_other(client: PageClient, desk: Desk, db: SQLAlchemy) -> None:
    other = factories.AttachmentFactory()
    link = f"/signature/{ask(desk, at=now())}"
    assert client.get(link).status_code == 200
    assert client.get(f"{link}/pieces/{other.id}").status_code == 404
    assert client.get(f"/signature/abc/pieces/{other.id}").status_code == 404


def test_a_telephone_entry_waits_for_the_signature_too(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    token = desk.ended(at=now())
    page = client.get(f"/confirmation/{token}").text
    assert 'data-testid="unsigned"' in page
    assert 'data-testid="confirm"' not in page
    assert post(client, f"/confirmation/{token}", {"revision": str(desk.sheet.revision)}).status_code == 422


def test_the_campaign_and_the_centre_are_asked_on_their_forms(db: SQLAlchemy, client: PageClient, desk: Desk) -> None:
    sign_in(client, desk.colleague)
    campaign = f"/campagnes/{desk.sheet.campaign_id}"
    assert "signée par la présidence" in client.get(campaign).text
    form = form_on(client.get(f"{campaign}/modifier"))
    assert form.values("sign_off") == ["y"]
    form.fill_in({"sign_off": []}).press(client)
    db.session.refresh(desk.sheet.campaign)
    assert not desk.sheet.campaign.sign_off
    centre = f"/centres/{desk.centre.id}"
    form_on(client.get(f"{centre}/modifier")).fill(president_name="Anne Puech").press(client)
    assert "Anne Puech" in client.get(centre).text
