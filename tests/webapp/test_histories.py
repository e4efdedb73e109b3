"""The history of a sheet and every sending of it, to its centre and to its federation, each what is theirs to know."""

from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from pypdf import PdfReader

from forms.lifecycle import Move, SheetState
from forms.steps import StepReading
from tests import factories
from tests.client import PageClient
from tests.factories import START
from tests.signing import sign_in
from tests.webapp.sheet_visits import COMPLETE
from webapp.models import Sheet, Snapshot, User
from webapp.policy import OPERATOR, Actor
from webapp.queries.accounts import actor_of
from webapp.queries.histories import PAGE
from webapp.services import attachments, review
from webapp.services import sheets as services
from webapp.vocabulary import QueryReason, RoleName

FIRST = "Un jardin ouvert à tous le samedi."
UNSENT = "Une phrase jamais envoyée"
LAST = "Un jardin ouvert à tous le dimanche."


def save(sheet: Sheet, actor: Actor, minutes: int, **answers: object) -> None:
    reading = StepReading(dict(answers), frozenset(), {})
    services.save(sheet.id, reading, actor=actor, at=START + timedelta(minutes=minutes))


@pytest.fixture
def rose(db: SQLAlchemy) -> User:
    """The responsible person of a centre."""
    return factories.person(RoleName.RESPONSIBLE, factories.CentreFactory(), full_name="Rose Vidal")


@pytest.fixture
def sheet(db: SQLAlchemy, rose: User) -> Sheet:
    """A sheet that was sent, changed back and forth, and sent again."""
    centre = rose.roles[0].centre
    made: Sheet = factories.SheetFactory(centre=centre, title=COMPLETE["title"], answers=dict(COMPLETE))
    actor = actor_of(rose)
    save(made, actor, 1, summary=FIRST)
    services.move(made.id, Move.SEND, actor=actor, at=START + timedelta(minutes=2))
    services.move(made.id, Move.VALIDATE, actor=OPERATOR, at=START + timedelta(minutes=3))
    services.move(made.id, Move.REOPEN, actor=OPERATOR, at=START + timedelta(minutes=4), reason="À corriger.")
    save(made, actor, 100, summary=UNSENT)
    save(made, actor, 200, summary=LAST)
    services.move(made.id, Move.SEND, actor=actor, at=START + timedelta(minutes=201))
    return made


@pytest.fixture
def reviewer(client: PageClient, sheet: Sheet) -> User:
    """Somebody who reads for the federation, signed in."""
    person = factories.person(RoleName.REVIEWER, sheet.federation, password=None)
    sign_in(client, person)
    return person


def test_the_centre_reads_every_change_word_by_word(client: PageClient, sheet: Sheet, rose: User) -> None:
    sign_in(client, rose)
    page = " ".join(client.get(f"/fiches/{sheet.id}/histoire").text.split())
    assert "Rose Vidal a changé « Résumé" in page
    assert "Une phrase jamais envoyée" in page
    assert page.index("a envoyé la fiche") < page.index(UNSENT) < page.index("a rouvert la fiche")
    assert "À corriger." in page


def test_what_was_typed_and_taken_back_at_once_is_no_change_and_never_said_to_be_erased(
    client: PageClient, sheet: Sheet, rose: User
) -> None:
    draft: Sheet = factories.SheetFactory(centre=rose.roles[0].centre, answers={"title": "Le bal"}, title="Le bal")
    save(draft, actor_of(rose), 1, limits="La pluie.", summary="Un bal.")
    reading = StepReading({"summary": "Un grand bal."}, frozenset({"limits"}), {})
    services.save(draft.id, reading, actor=actor_of(rose), at=START + timedelta(minutes=2))
    sign_in(client, rose)
    page = client.get(f"/fiches/{draft.id}/histoire").text
    assert "Un grand bal." in page
    assert "Limites" not in page
    assert "contenu effacé" not in page


def test_a_file_that_was_joined_and_taken_off_is_told_by_its_name(client: PageClient, sheet: Sheet, rose: User) -> None:
    draft: Sheet = factories.SheetFactory(centre=rose.roles[0].centre, answers={"title": "Le bal"}, title="Le bal")
    content = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    said = {"actor": actor_of(rose), "at": START}
    row = attachments.add(draft.id, "files", name="affiche.pdf", content=content, **said)
    attachments.remove(row.id, **said)
    sign_in(client, rose)
    page = client.get(f"/fiches/{draft.id}/histoire").text
    assert "Rose Vidal a joint un fichier" in page
    assert "Rose Vidal a retiré un fichier" in page
    assert page.count("affiche.pdf") == 2
    assert "contenu effacé" not in page


@pytest.mark.parametrize("fate", ["prepared", "withdrawn", "sent", "at once"])
def test_the_centre_reads_what_is_asked_once_it_has_left(
    client: PageClient, rose: User, sheet: Sheet, fate: str
) -> None:
    federation = factories.person(RoleName.REVIEWER, sheet.federation)
    actor, sheet_id = actor_of(federation), sheet.id
    if fate == "at once":
        services.move(sheet_id, Move.VALIDATE, actor=OPERATOR, at=START + timedelta(minutes=202))
        services.move(sheet_id, Move.REOPEN, actor=OPERATOR, at=START + timedelta(minutes=203), reason="Une erreur.")
    asked = {"question": "summary", "reason": QueryReason.WORDING, "text": "Qui ouvre le jardin ?"}
    query = review.ask(sheet_id, **asked, actor=actor, at=START + timedelta(minutes=204))
    if fate == "withdrawn":
        review.close(query.id, actor=actor, at=START + timedelta(minutes=205))
    if fate == "sent":
        services.move(sheet_id, Move.ASK_CHANGES, actor=actor, at=START + timedelta(minutes=205))
    sign_in(client, rose)
    for page in (f"/fiches/{sheet_id}/histoire", f"/fiches/{sheet_id}"):
        text = client.get(page).get_data(as_text=True)
        assert ("Qui ouvre le jardin" in text, "a retiré" in text) == (fate in {"sent", "at once"}, False), page


def test_the_history_is_narrowed_by_question_and_by_person(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, rose: User
) -> None:
    other = factories.person(RoleName.MEMBER, sheet.centre, full_name="Luc Bonnet")
    factories.ChangeFactory(sheet=sheet, user=other, question="limits", after="La pluie.")
    sign_in(client, rose)
    by_question = client.get(f"/fiches/{sheet.id}/histoire?question=limits").text
    assert "La pluie." in by_question
    assert UNSENT not in by_question
    by_person = client.get(f"/fiches/{sheet.id}/histoire?person={rose.id}").text
    assert UNSENT in by_person
    assert "La pluie." not in by_person
    assert client.get(f"/fiches/{sheet.id}/histoire?person=x").status_code == 404


def test_a_long_history_comes_page_by_page_and_each_line_once(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, rose: User
) -> None:
    for number in range(PAGE):
        at = START + timedelta(days=1, minutes=number)
        factories.ChangeFactory(
            sheet=sheet, user=rose, question="limits", after=f"Mot{number:03d}", began_at=at, ended_at=at
        )
    sign_in(client, rose)
    pages = [client.get(f"/fiches/{sheet.id}/histoire?page={number}").text for number in (1, 2)]
    for number in range(PAGE):
        assert sum(page.count(f"Mot{number:03d}") for page in pages) == 1
    assert "a rouvert la fiche" in pages[1]
    assert client.get(f"/fiches/{sheet.id}/histoire?page=3").status_code == 404


def test_the_federation_reads_what_each_sending_changed_and_no_word_that_was_not_sent(
    client: PageClient, sheet: Sheet, reviewer: User
) -> None:
    for end in ("", "/histoire", "/envois", "/envois/1", "/envois/2"):
        page = client.get(f"/relecture/{sheet.id}{end}")
        assert page.status_code == 200
        assert UNSENT not in page.text, end
    told = " ".join(client.get(f"/relecture/{sheet.id}/histoire").text.split())
    assert "samedi." in told
    assert "dimanche." in told
    assert "a changé depuis l’envoi précédent" in told
    assert client.get(f"/relecture/{sheet.id}/histoire?page=2").status_code == 404


def test_each_sending_stays_readable_as_it_was_with_its_hash_and_sender(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, rose: User, reviewer: User
) -> None:
    sent = db.session.scalars(sa.select(Snapshot).order_by(Snapshot.number)).all()
    for side, person in (("relecture", reviewer), ("fiches", rose)):
        sign_in(client, person)
        first = client.get(f"/{side}/{sheet.id}/envois/1").text
        assert FIRST in first
        assert LAST not in first
        assert sent[0].sha256 in first
        assert "Rose Vidal" in first
        assert sent[0].form_version.key in first
        assert LAST in client.get(f"/{side}/{sheet.id}/envois/2").text
        assert client.get(f"/{side}/{sheet.id}/envois/3").status_code == 404


def test_the_pdf_is_that_of_that_very_sending(client: PageClient, sheet: Sheet, reviewer: User) -> None:
    texts = []
    for number in (1, 2):
        answer = client.get(f"/relecture/{sheet.id}/envois/{number}/pdf")
        assert answer.status_code == 200
        assert f"-envoi-{number}.pdf" in answer.headers["Content-Disposition"]
        pages = PdfReader(BytesIO(answer.data)).pages
        texts.append(" ".join(" ".join(page.extract_text() for page in pages).split()))
    assert "samedi" in texts[0]
    assert "dimanche" not in texts[0]
    assert "dimanche" in texts[1]


def test_any_two_sendings_are_compared_word_by_word(client: PageClient, sheet: Sheet, reviewer: User) -> None:
    page = client.get(f"/relecture/{sheet.id}/envois?de=1&a=2").text
    assert "samedi.</del>" in page
    assert "dimanche.</ins>" in page
    assert "Choisissez deux envois différents" in client.get(f"/relecture/{sheet.id}/envois?de=2&a=2").text
    for wrong in ("de=1&a=9", "de=x&a=1", f"de=1&a={'9' * 40}"):
        assert client.get(f"/relecture/{sheet.id}/envois?{wrong}").status_code == 404


def test_a_draft_never_sent_has_an_empty_list_for_its_centre_and_nothing_for_the_federation(
    client: PageClient, db: SQLAlchemy, rose: User
) -> None:
    draft = factories.SheetFactory(centre=rose.roles[0].centre, answers={"title": UNSENT}, title=UNSENT)
    sign_in(client, rose)
    assert "pas encore été envoyée" in client.get(f"/fiches/{draft.id}/envois").text
    sign_in(client, factories.person(RoleName.REVIEWER, draft.federation))
    for end in ("/histoire", "/envois", "/envois/1", "/envois/1/pdf"):
        answer = client.get(f"/relecture/{draft.id}{end}")
        assert answer.status_code == 403
        assert UNSENT not in answer.text


def test_a_funder_reads_the_accepted_sheet_and_none_of_its_sendings_or_history(
    client: PageClient, db: SQLAlchemy, sheet: Sheet
) -> None:
    funder = factories.FunderFactory(federation=sheet.federation)
    factories.address(sheet.campaign, funder)
    sheet.state, sheet.validated_at = SheetState.VALIDATED, START
    db.session.commit()
    sign_in(client, factories.person(RoleName.FUNDER, funder))
    assert client.get(f"/fiches/{sheet.id}/lecture").status_code == 200
    for side in ("fiches", "relecture"):
        for end in ("/histoire", "/envois", "/envois/1", "/envois/1/pdf"):
            assert client.get(f"/{side}/{sheet.id}{end}").status_code == 403


def test_a_file_of_an_earlier_sending_opens_for_the_federation_alone(
    client: PageClient, db: SQLAlchemy, sheet: Sheet
) -> None:
    row = factories.AttachmentFactory(sheet=sheet)
    file = {"id": str(row.id), "name": row.name, "media_type": row.media_type, "size": 1, "sha256": row.sha256}
    factories.SnapshotFactory(sheet=sheet, number=3, answers={"title": "x", "files": [file]})
    factories.SnapshotFactory(sheet=sheet, number=4, answers={"title": "x"})
    sheet.state, sheet.validated_at = SheetState.VALIDATED, START
    funder = factories.FunderFactory(federation=sheet.federation)
    factories.address(sheet.campaign, funder)
    path = f"/fiches/{sheet.id}/pieces/{row.id}"
    sign_in(client, factories.person(RoleName.FUNDER, funder))
    assert client.get(path).status_code == 404
    sign_in(client, factories.person(RoleName.REVIEWER, sheet.federation))
    # The bytes were never stored here: it is found, and said to be missing.
    assert "introuvable. Prévenez" in client.get(path).text
