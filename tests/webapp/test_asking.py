"""Queries by question: prepared, sent with a deadline, opening what they ask about, answered, refused in silence."""

import re
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.french import day
from forms.lifecycle import Move, SheetState
from forms.steps import StepReading
from forms.values import Refused
from tests.client import PageClient
from tests.clock import SetClock
from tests.factories import QueryFactory, person, sent_sheet
from tests.page_forms import form_on
from tests.signing import post, sign_in, token_of
from tests.webapp.sheet_visits import COMPLETE, again, member, step
from webapp.database import db
from webapp.models import Event, Mail, PersonalLink, Query, Sheet, User
from webapp.queries.accounts import actor_of
from webapp.services import attachments, reopening, review, sheets
from webapp.services.moves import Said
from webapp.services.sheets import NOT_ASKED, NotAsked
from webapp.vocabulary import QueryReason, QueryState, RoleName

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
ANSWERS = {id: answer for id, answer in COMPLETE.items() if id != "ended_reason"} | {
    "summary": "Un jardin ouvert a tous.",
    "limits": "Le froid.",
    "people": "98 personnes",
    "status": "en_cours",
}


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    """A sheet that was sent."""
    return sent_sheet(SheetState.SUBMITTED, title="Le jardin partagé", answers=ANSWERS, submitted_at=TODAY)


@pytest.fixture
def reviewer(sheet: Sheet) -> User:
    return person(RoleName.REVIEWER, sheet.federation, password=None)


@pytest.fixture
def responsible(sheet: Sheet) -> User:
    return person(RoleName.RESPONSIBLE, sheet.centre, password=None)


def ask(sheet: Sheet, reviewer: User, question: str = "summary", **details: Any) -> Query:
    """A query of the reviewer."""
    said: dict[str, Any] = {"reason": QueryReason.INCOMPLETE, "text": "Qui l’entretient\u202f?", "at": TODAY, **details}
    return review.ask(sheet.id, question, actor=actor_of(reviewer), **said)


def send_back(sheet: Sheet, reviewer: User, *, whole: bool = False) -> Sheet:
    """Ask for changes."""
    return sheets.move(sheet.id, Move.ASK_CHANGES, actor=actor_of(reviewer), at=TODAY, said=Said(whole=whole))


def save(sheet: Sheet, user: User, **answers: Any) -> sheets.Saved:
    """Change answers as that person."""
    return sheets.save(sheet.id, StepReading(answers, frozenset(), {}), actor=actor_of(user), at=TODAY)


@pytest.fixture
def returned(sheet: Sheet, reviewer: User, responsible: User) -> Sheet:
    """The sheet at its centre, asked about its summary and its status."""
    ask(sheet, reviewer)
    ask(sheet, reviewer, "status", text="Est-ce fini\u202f?", at=TODAY + timedelta(seconds=1))
    return send_back(sheet, reviewer)


def mails(kind: str) -> list[Mail]:
    """The mails of a kind in the outbox."""
    return list(db.session.scalars(sa.select(Mail).where(Mail.kind == kind).order_by(Mail.recipient)))


def links_in(mail: Mail) -> list[str]:
    """The ways of the links to reply by."""
    return re.findall(r"/reponse/[\w-]+", mail.text)


class TestDeadline:
    """Until when a query waits."""

    def test_a_prepared_query_has_not_left_and_gets_the_campaign_s_delay_as_it_leaves(
        self, sheet: Sheet, reviewer: User
    ) -> None:
        sheet.campaign.query_days = 10
        plain, chosen = ask(sheet, reviewer), ask(sheet, reviewer, "limits", deadline=date(2026, 12, 24))
        assert (plain.sent_at, plain.deadline) == (None, None)
        send_back(sheet, reviewer)
        assert (plain.sent_at, plain.deadline) == (TODAY, date(2026, 12, 1))
        assert (chosen.sent_at, chosen.deadline) == (TODAY, date(2026, 12, 24))

    def test_an_administrator_sets_the_campaign_s_days(self, client: PageClient, sheet: Sheet, reviewer: User) -> None:
        address = f"/relecture/campagnes/{sheet.campaign_id}/delai"
        sign_in(client, reviewer)
        assert client.get(address).status_code == 403
        sign_in(client, person(RoleName.ADMINISTRATOR, sheet.federation, password=None))
        assert f'href="{address}"' in client.get(f"/campagnes/{sheet.campaign_id}").text
        refused = form_on(client.get(address)).fill(days="0").press(client, "Enregistrer")
        assert refused.status_code == 422
        assert 'id="days-error"' in refused.text
        assert form_on(refused).fill(days="21").press(client, "Enregistrer").status_code == 303
        query = ask(sheet, reviewer)
        send_back(sheet, reviewer)
        assert query.deadline == date(2026, 12, 12)

    def test_the_days_are_french_ones_and_not_gone(self, sheet: Sheet, reviewer: User) -> None:
        late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
        with pytest.raises(Refused) as refused:
            ask(sheet, reviewer, at=late, deadline=date(2026, 11, 21))
        assert refused.value.question == "deadline"
        db.session.rollback()
        kept = ask(sheet, reviewer, at=TODAY, deadline=date(2026, 11, 21))
        sheets.move(sheet.id, Move.ASK_CHANGES, actor=actor_of(reviewer), at=late)
        assert kept.deadline == date(2026, 12, 6), "one that has passed while it waited is given anew"

    def test_both_sides_see_it(
        self, make_client: type[PageClient], sheet: Sheet, reviewer: User, responsible: User
    ) -> None:
        desk, centre = make_client(), make_client()
        sign_in(desk, reviewer)
        typed = {"question": "summary", "reason": "wording", "text": "Précisez.", "deadline": "2026-12-01"}
        post(desk, f"/relecture/{sheet.id}/demandes", typed)
        page = desk.get(f"/relecture/{sheet.id}").text
        assert "Préparée" in page
        assert day(date(2026, 12, 1)) in page
        form_on(desk.get(f"/relecture/{sheet.id}"), "/completer").press(desk, "Demander des compléments")
        assert "Préparée" not in desk.get(f"/relecture/{sheet.id}").text
        sign_in(centre, responsible)
        for address in (f"/fiches/{sheet.id}", f"/fiches/{sheet.id}/action"):
            assert "Réponse attendue au plus tard le" in centre.get(address).text

    def test_once_the_day_has_passed_both_sides_read_how_late_it_is(
        self, make_client: type[PageClient], returned: Sheet, reviewer: User, responsible: User, set_clock: SetClock
    ) -> None:
        pages = ((reviewer, f"/relecture/{returned.id}"), (responsible, f"/fiches/{returned.id}"),
                 (responsible, f"/fiches/{returned.id}/action"))  # fmt: skip
        visitor = make_client()
        (query, _other) = db.session.query(Query)
        assert query.deadline is not None
        evening = datetime.combine(query.deadline, time(20), tzinfo=UTC)
        for days, said in ((0, ""), (1, "en retard d’un jour"), (3, "en retard de 3\u00a0jours")):
            set_clock(evening + timedelta(days=days))
            for user, address in pages:
                sign_in(visitor, user)
                page = visitor.get(address).text
                assert (f"<strong>{said}</strong>" in page) == bool(said)
                assert ("Réponse attendue depuis le" in page) == bool(said)

    def test_a_day_that_is_none_is_said_beside_its_box(self, client: PageClient, sheet: Sheet, reviewer: User) -> None:
        sign_in(client, reviewer)
        typed = {"question": "summary", "reason": "wording", "text": "Précisez.", "deadline": "2020-01-01"}
        page = post(client, f"/relecture/{sheet.id}/demandes", typed)
        assert page.status_code == 422
        assert 'id="deadline-summary-error"' in page.text
        assert "Précisez." in page.text


class TestWithdrawn:
    """A query that has not left is taken back."""

    def test_it_is_withdrawn_and_never_reaches_the_centre(
        self, make_client: type[PageClient], sheet: Sheet, reviewer: User, responsible: User
    ) -> None:
        desk, centre = make_client(), make_client()
        sign_in(desk, reviewer)
        query = ask(sheet, reviewer, text="Une question de trop.")
        ask(sheet, reviewer, "limits")
        page = desk.get(f"/relecture/{sheet.id}")
        done = form_on(page, f"/demandes/{query.id}/fermer").press(desk, "Retirer la demande")
        told = desk.get(done.location).text
        assert "La demande est retirée." in told
        assert "Retirée avant l’envoi" in told
        assert "a retiré, avant son envoi, une demande sur" in told
        assert (query.state, query.withdrawn) == (QueryState.CLOSED, True)
        send_back(sheet, reviewer)
        assert all("Une question de trop." not in mail.text for mail in mails("sheet_ask_changes"))
        sign_in(centre, responsible)
        assert "Une question de trop." not in centre.get(f"/fiches/{sheet.id}/action").text

    def test_one_that_has_left_is_closed(self, client: PageClient, returned: Sheet, reviewer: User) -> None:
        sign_in(client, reviewer)
        page = client.get(f"/relecture/{returned.id}")
        assert "Retirer la demande" not in page.text
        form_on(page, "/fermer").press(client, "Fermer la demande")
        assert "Fermée par" in client.get(f"/relecture/{returned.id}").text


class TestOnlyWhatIsAsked:
    """A sheet that came back opens for what was asked about."""

    def test_what_is_asked_and_what_hangs_on_it_is_written_and_nothing_else(
        self, returned: Sheet, responsible: User
    ) -> None:
        save(returned, responsible, summary="Un jardin.", status="terminee", ended_reason="Le local ferme.")
        assert again(returned).answers["ended_reason"] == "Le local ferme."
        with pytest.raises(NotAsked):
            save(returned, responsible, summary="Un autre jardin.", limits="La pluie.")
        db.session.rollback()
        assert (again(returned).answers["summary"], returned.answers["limits"]) == ("Un jardin.", "Le froid.")
        save(returned, responsible, summary="Un verger.", limits="Le froid.")
        assert again(returned).answers["summary"] == "Un verger.", "what says nothing new is no change"

    def test_a_query_that_was_answered_in_an_earlier_round_opens_nothing(
        self, returned: Sheet, reviewer: User, responsible: User
    ) -> None:
        save(returned, responsible, summary="Un verger.", status="suspendue")
        later = TODAY + timedelta(days=1)
        sheets.move(returned.id, Move.SEND, actor=actor_of(responsible), at=later)
        ask(returned, reviewer, "limits", at=later)
        sheets.move(returned.id, Move.ASK_CHANGES, actor=actor_of(reviewer), at=later)
        save(returned, responsible, limits="La pluie.")
        with pytest.raises(NotAsked):
            save(returned, responsible, summary="Un pré.")

    def test_the_script_s_save_the_form_and_a_file_are_refused_with_a_sentence(
        self, client: PageClient, returned: Sheet, responsible: User
    ) -> None:
        sign_in(client, responsible)
        message = {"base_revision": returned.revision, "answers": {"limits": "La pluie."}}
        headers = {"X-CSRFToken": token_of(client)}
        answer = client.patch(f"/fiches/{returned.id}/reponses", json=message, headers=headers)
        assert (answer.status_code, answer.get_json()["message"]) == (409, NOT_ASKED)
        page = post(client, f"/fiches/{returned.id}/suites", {"_asked": "limits", "limits": "La pluie."})
        assert page.status_code == 409
        assert NOT_ASKED in page.text
        assert "La pluie." in page.text, "nothing typed is lost"
        said = {"question": "files", "name": "a.png", "size": 12}
        begun = client.post(f"/fiches/{returned.id}/pieces", json=said, headers=headers)
        assert (begun.status_code, begun.get_json()["message"]) == (409, NOT_ASKED)
        form = {"csrf_token": token_of(client), "files-new": (BytesIO(b"%PDF-1.4"), "a.pdf")}
        assert client.post(f"/fiches/{returned.id}/documents", data=form).status_code in {404, 409}
        assert again(returned).answers["limits"] == "Le froid."

    def test_a_file_is_not_joined_by_the_service_either(self, returned: Sheet, responsible: User) -> None:
        content = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
        with pytest.raises(NotAsked):
            attachments.add(returned.id, "files", name="a.pdf", content=content, actor=actor_of(responsible), at=TODAY)

    def test_the_step_shows_the_rest_to_be_read(self, client: PageClient, returned: Sheet, responsible: User) -> None:
        sign_in(client, responsible)
        form = step(client, returned, "action")
        assert set(form.values("_asked")) == {"summary", "status"}
        page = client.get(f"/fiches/{returned.id}/action").text
        closed = page[page.index('data-testid="closed"') :]
        assert "ne sont pas à corriger" in closed
        assert "Le jardin partagé" in closed
        assert form.fill(summary="Un verger.").press(client, "Enregistrer").status_code == 303
        other = client.get(f"/fiches/{returned.id}/suites").text
        assert "Le froid." in other
        assert "Enregistrer et continuer" not in other

    def test_what_a_closed_answer_lacks_leads_to_where_its_opening_is_asked_for(
        self, client: PageClient, returned: Sheet, responsible: User
    ) -> None:
        returned.answers = {id: said for id, said in returned.answers.items() if id != "context"} | {"limits": "idem"}
        returned.unparsed = {"people": {"posted": [["people", "?"]], "error": "Non."}}
        db.session.commit()
        sign_in(client, responsible)
        page = client.get(f"/fiches/{returned.id}/verification").text
        assert f'href="/fiches/{returned.id}/moyens#people"' not in page
        assert f'href="/fiches/{returned.id}/suites#limits"' not in page
        way = f"/fiches/{returned.id}#tout-modifier"
        assert f'<a href="{way}">Demander à pouvoir corriger<' in page
        assert "Cette réponse est fermée\u00a0: demandez à pouvoir tout modifier." in page
        there = client.get(way).text
        assert 'id="tout-modifier"' in there
        assert "Demander à pouvoir tout modifier" in there
        assert "une question sans réponse" not in page.lower(), "what may not be answered is not proposed"

    def test_reopening_opens_all(self, sheet: Sheet, reviewer: User, responsible: User) -> None:
        sheets.move(sheet.id, Move.VALIDATE, actor=actor_of(reviewer), at=TODAY)
        sheets.move(sheet.id, Move.REOPEN, actor=actor_of(reviewer), at=TODAY, reason="Un chiffre.")
        save(sheet, responsible, limits="La pluie.")
        assert again(sheet).answers["limits"] == "La pluie."


class TestOpeningAll:
    """Every question opens: as the sheet goes back, or later at the centre's wish."""

    def test_the_reviewer_chooses_it_when_asking(
        self, client: PageClient, sheet: Sheet, reviewer: User, responsible: User
    ) -> None:
        ask(sheet, reviewer)
        sign_in(client, reviewer)
        page = client.get(f"/relecture/{sheet.id}")
        assert "Les demander et rouvrir toutes les questions" in page.text
        form = form_on(page, "/completer")
        post(client, form.action, dict(form.pairs) | {"whole": "1"})
        assert again(sheet).state is SheetState.CHANGES_REQUESTED
        save(sheet, responsible, limits="La pluie.")
        assert again(sheet).answers["limits"] == "La pluie."

    def test_the_centre_asks_for_it_and_the_reviewer_opens(
        self, make_client: type[PageClient], returned: Sheet, reviewer: User, responsible: User
    ) -> None:
        centre, desk = make_client(), make_client()
        sign_in(centre, responsible)
        page = centre.get(f"/fiches/{returned.id}")
        assert f'href="/fiches/{returned.id}/lecture"' in page.text
        form = form_on(page, "/tout-modifier")
        refused = form.press(centre, "Envoyer la demande")
        assert refused.status_code == 422
        assert 'id="words-error"' in refused.text
        form.fill(words="Le budget a changé.").press(centre, "Envoyer la demande")
        form.press(centre, "Envoyer la demande")
        (told,) = mails("whole_wanted")
        assert told.recipient == reviewer.email
        assert "Le budget a changé." in told.text
        assert f"/relecture/{returned.id}" in told.text
        sign_in(desk, reviewer)
        page = desk.get(f"/relecture/{returned.id}")
        assert "Le centre a demandé à pouvoir tout modifier" in page.text
        form_on(page, "/tout-rouvrir").press(desk, "Rouvrir toutes les questions")
        save(returned, responsible, limits="La pluie.")
        assert [mail.recipient for mail in mails("whole_opened")] == [responsible.email]
        assert "Rouvrir toutes les questions" not in desk.get(f"/relecture/{returned.id}").text
        assert post(desk, f"/relecture/{returned.id}/tout-rouvrir").status_code == 422
        assert "a rouvert toutes les questions" in centre.get(f"/fiches/{returned.id}").text

    def test_a_sheet_that_is_open_as_a_whole_has_nothing_to_ask(self, sheet: Sheet, reviewer: User) -> None:
        ask(sheet, reviewer)
        send_back(sheet, reviewer, whole=True)
        with pytest.raises(Refused):
            reopening.want_whole(sheet.id, words="Tout.", actor=actor_of(reviewer), at=TODAY)


class TestMail:
    """Several queries leave as one mail; one more leaves by itself."""

    def test_one_mail_a_person_with_each_query_its_day_and_its_own_link(
        self, returned: Sheet, responsible: User
    ) -> None:
        (mail,) = mails("sheet_ask_changes")
        assert mail.recipient == responsible.email
        assert (mail.user_id, mail.centre_id) == (responsible.id, returned.centre_id)
        assert "Qui l’entretient" in mail.text
        assert "Est-ce fini" in mail.text
        assert mail.text.count(day(date(2026, 12, 5))) == 2
        assert len(set(links_in(mail))) == 2
        assert db.session.query(PersonalLink).count() == 2

    def test_a_query_while_the_sheet_is_at_the_centre_leaves_at_once(
        self, returned: Sheet, reviewer: User, responsible: User
    ) -> None:
        query = ask(returned, reviewer, "limits", text="Et l’hiver\u202f?")
        assert query.sent_at == TODAY
        assert query.deadline == date(2026, 12, 5)
        last = next(mail for mail in mails("sheet_ask_changes") if "Et l’hiver" in mail.text)
        assert "Qui l’entretient" not in last.text
        save(returned, responsible, limits="La pluie.")


class TestSilence:
    """A query sent back with neither word nor change asks why."""

    def test_each_asks_and_the_reason_is_its_reply(
        self, client: PageClient, returned: Sheet, responsible: User
    ) -> None:
        sign_in(client, responsible)
        save(returned, responsible, summary="Un verger ouvert à tous.")
        overview = client.get(f"/fiches/{returned.id}").text
        assert "1\u00a0demande vous attend." in overview
        assert "1\u00a0demande de la fédération vous attend." in client.get("/fiches").text
        assert "Qui l’entretient" not in overview[: overview.index('id="histoire"')], "it is answered by the change"
        page = client.get(f"/fiches/{returned.id}/verification")
        assert "1\u00a0demande de la fédération reste sans réponse ni changement" in page.text
        form = form_on(page, "/envoyer")
        (name,) = [name for name, _text in form.pairs if name.startswith("_silence-")]
        refused = form.press(client, "Envoyer")
        assert refused.status_code == 422
        assert f'id="{name}-error"' in refused.text
        assert again(returned).state is SheetState.CHANGES_REQUESTED
        sent = form_on(refused, "/envoyer").fill_in({name: "L’action continue."}).press(client, "Envoyer")
        assert sent.status_code == 303
        replies = {query.question: (query.state, query.reply) for query in db.session.query(Query)}
        assert replies == {
            "summary": (QueryState.ANSWERED, None),
            "status": (QueryState.ANSWERED, "L’action continue."),
        }

    def test_a_reply_or_a_change_in_what_hangs_on_it_is_an_answer(self, returned: Sheet, responsible: User) -> None:
        first, second = db.session.query(Query).order_by(Query.question.desc())
        review.reply(first.id, text="C’est dit plus bas.", actor=actor_of(responsible), at=TODAY)
        assert (first.question, second.question) == ("summary", "status")
        save(returned, responsible, status="terminee", ended_reason="Le local ferme.")
        sheets.move(returned.id, Move.SEND, actor=actor_of(responsible), at=TODAY)
        assert again(returned).state is SheetState.SUBMITTED
        assert not returned.only_asked

    def test_nothing_is_sent_by_the_service_without_the_reasons(self, returned: Sheet, responsible: User) -> None:
        with pytest.raises(Refused):
            sheets.move(returned.id, Move.SEND, actor=actor_of(responsible), at=TODAY)
        db.session.rollback()
        assert again(returned).state is SheetState.CHANGES_REQUESTED


class TestLink:
    """The link of the mail opens one question, once, without signing in."""

    @pytest.fixture
    def ways(self, returned: Sheet) -> dict[str, str]:
        """By question, the way of the link to it."""
        (mail,) = mails("sheet_ask_changes")
        return dict(zip(("summary", "status"), links_in(mail), strict=True))

    def test_it_shows_that_question_alone_and_looking_uses_nothing_up(
        self, client: PageClient, returned: Sheet, ways: dict[str, str]
    ) -> None:
        for _time in range(2):
            page = client.get(ways["summary"])
            assert page.status_code == 200
        assert form_on(page).values("_asked") == ["summary"]
        assert "Qui l’entretient" in page.text
        assert "Le froid." not in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"

    def test_the_answer_and_the_words_are_kept_in_the_person_s_name_and_the_link_is_used_up(
        self, client: PageClient, returned: Sheet, responsible: User, ways: dict[str, str]
    ) -> None:
        form = form_on(client.get(ways["summary"]))
        done = form.fill(summary="Un verger.", reply="Les habitants.").press(client, "Envoyer ma réponse")
        assert done.status_code == 200
        assert "1\u00a0autre demande attend encore" in done.text
        assert "connectez-vous pour renvoyer la fiche" in done.text
        query = db.session.query(Query).filter_by(question="summary").one()
        assert (query.state, query.reply, query.replied_by) == (QueryState.ANSWERED, "Les habitants.", responsible.id)
        assert again(returned).answers["summary"] == "Un verger."
        assert returned.updated_by == responsible.id
        event = db.session.query(Event).filter_by(kind="query.replied").one()
        assert (event.actor_id, event.data["by_link"]) == (responsible.id, True)
        assert client.get(ways["summary"]).status_code == 410
        assert form.press(client, "Envoyer ma réponse").status_code == 410
        sign_in(client, responsible)
        assert "par le lien du mail" in client.get(f"/fiches/{returned.id}").text

    def test_nothing_said_is_refused_beside_the_box_and_the_link_stays(
        self, client: PageClient, returned: Sheet, ways: dict[str, str]
    ) -> None:
        refused = form_on(client.get(ways["summary"])).press(client, "Envoyer ma réponse")
        assert refused.status_code == 422
        assert 'id="reply-error"' in refused.text
        long = form_on(refused).fill(summary="Un pré.", reply="a" * 4001).press(client, "Envoyer ma réponse")
        assert long.status_code == 422
        assert form_on(long).values("reply") == ["a" * 4001]
        assert form_on(long).values("summary") == ["Un pré."]
        assert again(returned).answers["summary"] == ANSWERS["summary"], "all or nothing"
        assert form_on(long).fill(reply="Voilà.").press(client, "Envoyer ma réponse").status_code == 200

    def test_a_question_that_comes_up_is_shown_before_the_link_is_used_up(
        self, client: PageClient, returned: Sheet, ways: dict[str, str]
    ) -> None:
        first = form_on(client.get(ways["status"])).fill(status="terminee").press(client, "Envoyer ma réponse")
        assert first.status_code == 200
        form = form_on(first)
        assert form.values("_asked") == ["status", "ended_reason"]
        done = form.fill(ended_reason="Le local ferme.").press(client, "Envoyer ma réponse")
        assert "Réponse enregistrée" in done.text
        assert again(returned).answers["ended_reason"] == "Le local ferme."

    def test_what_others_wrote_meanwhile_is_not_written_over(
        self, client: PageClient, returned: Sheet, responsible: User, ways: dict[str, str]
    ) -> None:
        form = form_on(client.get(ways["summary"]))
        save(returned, responsible, summary="Un potager.")
        refused = form.fill(summary="Un verger.").press(client, "Envoyer ma réponse")
        assert refused.status_code == 422
        assert "a changé entre-temps" in refused.text
        assert form_on(refused).values("summary") == ["Un verger."]
        assert again(returned).answers["summary"] == "Un potager."

    def test_a_closed_account_answers_no_more(
        self, client: PageClient, returned: Sheet, responsible: User, ways: dict[str, str]
    ) -> None:
        form = form_on(client.get(ways["summary"]))
        again(returned)
        responsible.active = False
        db.session.commit()
        assert form.fill(summary="Un verger.").press(client, "Envoyer ma réponse").status_code in {403, 404, 410}
        assert again(returned).answers["summary"] == ANSWERS["summary"]

    def test_of_a_sheet_that_has_moved_on_it_says_so(
        self, client: PageClient, returned: Sheet, reviewer: User, responsible: User, ways: dict[str, str]
    ) -> None:
        form = form_on(client.get(ways["summary"]))
        query = db.session.query(Query).filter_by(question="status").one()
        review.close(query.id, actor=actor_of(reviewer), at=TODAY)
        closed = client.get(ways["status"])
        assert closed.status_code == 409
        assert "La fédération a fermé cette demande" in closed.text
        save(returned, responsible, summary="Un potager.")
        sheets.move(returned.id, Move.SEND, actor=actor_of(responsible), at=TODAY)
        for page in (client.get(ways["summary"]), form.fill(summary="Un pré.").press(client, "Envoyer ma réponse")):
            assert page.status_code == 409
            assert "La fiche a été renvoyée" in page.text
        assert again(returned).answers["summary"] == "Un potager."

    def test_it_opens_nothing_for_who_has_left_the_centre(
        self, client: PageClient, responsible: User, ways: dict[str, str]
    ) -> None:
        db.session.delete(responsible.roles[0])
        db.session.commit()
        assert client.get(ways["summary"]).status_code == 410
        assert post(client, ways["summary"], {"reply": "Non."}).status_code == 410
        assert client.get("/reponse/inconnu").status_code == 410

    def test_a_member_is_told_who_sends(self, client: PageClient, sheet: Sheet, reviewer: User) -> None:
        person(RoleName.MEMBER, sheet.centre, password=None)
        ask(sheet, reviewer)
        send_back(sheet, reviewer)
        (mail,) = mails("sheet_ask_changes")
        form = form_on(client.get(links_in(mail)[0])).fill(reply="Les habitants.")
        assert "une personne responsable de votre centre la renverra" in form.press(client, "Envoyer ma réponse").text


class TestProposal:
    """Another wording, taken piece by piece."""

    PROPOSED = "Un jardin ouvert à tous, toute l’année."

    @pytest.fixture
    def proposed(self, sheet: Sheet, reviewer: User, responsible: User) -> Query:
        query = ask(sheet, reviewer, proposed=self.PROPOSED, reason=QueryReason.WORDING)
        send_back(sheet, reviewer)
        return query

    def way(self, query: Query) -> str:
        return f"/fiches/{query.sheet_id}/demandes/{query.id}/redaction"

    def test_some_pieces_are_taken_and_the_query_is_answered_by_them(
        self, client: PageClient, proposed: Query, responsible: User
    ) -> None:
        sign_in(client, responsible)
        assert self.way(proposed) in client.get(f"/fiches/{proposed.sheet_id}/action").text
        page = client.get(self.way(proposed))
        assert "<del>a</del><ins>à</ins>" in page.text
        form = form_on(page)
        assert form.values("piece") == ["1", "2"]
        response = form.fill(piece=["1"]).press(client, "Enregistrer ce que j’accepte")
        assert response.location == f"/fiches/{proposed.sheet_id}/action#summary"
        db.session.refresh(proposed)
        assert proposed.sheet.answers["summary"] == "Un jardin ouvert à tous."
        assert proposed.state is QueryState.ANSWERED
        assert proposed.reply == "Rédaction proposée acceptée en partie\u00a0: 1\u00a0changement sur 2."
        assert proposed.sheet.updated_by == responsible.id

    @pytest.mark.parametrize(("button", "answer"), [("Tout accepter", PROPOSED), ("Tout refuser", ANSWERS["summary"])])
    def test_all_or_nothing_by_one_button(
        self, client: PageClient, proposed: Query, responsible: User, button: str, answer: str
    ) -> None:
        sign_in(client, responsible)
        form_on(client.get(self.way(proposed))).press(client, button)
        db.session.refresh(proposed)
        assert (proposed.sheet.answers["summary"], proposed.state) == (answer, QueryState.ANSWERED)
        sheets.move(proposed.sheet_id, Move.SEND, actor=actor_of(responsible), at=TODAY)

    def test_an_answer_that_has_changed_meanwhile_is_said(
        self, client: PageClient, proposed: Query, responsible: User
    ) -> None:
        sign_in(client, responsible)
        form = form_on(client.get(self.way(proposed)))
        assert 'data-testid="moved"' not in client.get(self.way(proposed)).text
        save(proposed.sheet, responsible, summary="Un verger ouvert a tous.")
        assert 'data-testid="moved"' in client.get(self.way(proposed)).text
        refused = form.press(client, "Tout accepter")
        assert refused.status_code == 409
        assert "a changé entre-temps" in refused.text
        assert again(proposed.sheet).answers["summary"] == "Un verger ouvert a tous."

    def test_a_wording_is_proposed_of_a_text_and_as_its_kind_takes_it(
        self, client: PageClient, sheet: Sheet, reviewer: User
    ) -> None:
        sign_in(client, reviewer)
        asked = {"question": "summary", "reason": "wording", "text": "Précisez."}
        post(client, f"/relecture/{sheet.id}/demandes", asked | {"proposed": ANSWERS["summary"]})
        assert db.session.query(Query).one().proposed is None, "the same words propose nothing"
        page = post(client, f"/relecture/{sheet.id}/demandes", asked | {"question": "status", "proposed": "Finie"})
        assert page.status_code == 422
        page = post(client, f"/relecture/{sheet.id}/demandes", asked | {"proposed": "x" * 60_001})
        assert page.status_code == 422
        assert 'id="proposed-summary-error"' in page.text

    def test_who_is_not_of_the_centre_takes_nothing(self, client: PageClient, proposed: Query, reviewer: User) -> None:
        sign_in(client, reviewer)
        assert client.get(self.way(proposed)).status_code == 403
        member(client, sent_sheet(SheetState.SUBMITTED).centre)
        assert client.get(self.way(proposed)).status_code == 404
        plain = QueryFactory(sheet=proposed.sheet)
        sign_in(client, proposed.replier or person(RoleName.MEMBER, proposed.sheet.centre))
        assert client.get(self.way(plain)).status_code == 404
