"""Replies to the federation, kept while they are typed: they answer the query, and nobody's are written over."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from werkzeug.test import TestResponse

from forms.lifecycle import Move, SheetState
from tests.client import PageClient
from tests.clock import SetClock
from tests.factories import QueryFactory, person, sent_sheet
from tests.page_forms import form_on
from tests.signing import post, sign_in
from tests.webapp.sheet_visits import COMPLETE, member, step
from tests.webapp.test_autosave import said, send
from webapp.models import Event, Query, Sheet, User
from webapp.queries.accounts import actor_of
from webapp.services import moves, sheets
from webapp.services.replies import mark_of_reply
from webapp.services.sheets import mark_of
from webapp.vocabulary import QueryState, RoleName

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def sheet() -> Sheet:
    """A sheet with changes requested."""
    return sent_sheet(SheetState.CHANGES_REQUESTED, title="Le jardin partagé", answers=COMPLETE)


@pytest.fixture
def responsible(client: PageClient, sheet: Sheet) -> User:
    """Its responsable, signed in."""
    return member(client, sheet.centre)


@pytest.fixture
def query(sheet: Sheet, responsible: User) -> Query:
    """What the federation asks."""
    made: Query = QueryFactory(sheet=sheet, question="people", text="Combien\u202f?", state=QueryState.OPEN)
    return made


def reply(client: PageClient, query: Query, text: Any, **more: Any) -> TestResponse:
    """Send what a script would."""
    return send(client, query.sheet, query.sheet.revision, answers={f"_reply-{query.id}": text}, **more)


def again(db: SQLAlchemy, query: Query) -> Query:
    db.session.refresh(query)
    return query


def test_words_are_kept_and_answer_the_query(
    client: PageClient, db: SQLAlchemy, query: Query, responsible: User
) -> None:
    answer = reply(client, query, "Douze en tout. ")
    assert answer.status_code == 200
    name = f"_reply-{query.id}"
    assert said(answer)["saved_at"] == TODAY.isoformat()
    assert (said(answer)["fields"], said(answer)["refused"]) == ({name: "ok"}, {})
    assert said(answer)["marks"] == {name: mark_of("Douze en tout.", None)} == {name: mark_of_reply(again(db, query))}
    assert (query.reply, query.state, query.replied_by) == ("Douze en tout.", QueryState.ANSWERED, responsible.id)


def test_words_and_answers_go_together(client: PageClient, db: SQLAlchemy, query: Query) -> None:
    name = f"_reply-{query.id}"
    answer = send(client, query.sheet, answers={name: "Douze.", "people": "12 participants"})
    assert answer.status_code == 200
    assert said(answer)["fields"] == {"people": "ok", name: "ok"}
    assert again(db, query).reply == "Douze."


def test_words_that_are_taken_back_leave_the_query_open(client: PageClient, db: SQLAlchemy, query: Query) -> None:
    reply(client, query, "Non.")
    assert reply(client, query, " ").status_code == 200
    assert (again(db, query).reply, query.state, query.replied_at) == (None, QueryState.OPEN, None)


def test_what_was_answered_by_an_earlier_sending_stays_answered(
    client: PageClient, db: SQLAlchemy, query: Query
) -> None:
    query.reply, query.state, query.replied_at = "Oui.", QueryState.ANSWERED, datetime(2020, 1, 1, tzinfo=UTC)
    db.session.commit()
    reply(client, query, "")
    assert (again(db, query).reply, query.state) == (None, QueryState.ANSWERED)


def test_the_words_of_somebody_else_are_not_written_over(client: PageClient, db: SQLAlchemy, query: Query) -> None:
    name = f"_reply-{query.id}"
    seen = {name: mark_of(None, None)}
    assert reply(client, query, "Douze.", seen=seen).status_code == 200
    stale = reply(client, query, "Treize.", seen=seen)
    assert (stale.status_code, said(stale)["reason"]) == (409, "stale")
    assert said(stale)["conflicts"] == {name: {"mark": mark_of("Douze.", None), "text": "Douze."}}
    assert again(db, query).reply == "Douze."
    assert reply(client, query, "Douze.", seen=seen).status_code == 200, "sent twice, it is acknowledged twice"
    assert reply(client, query, "Treize.", seen={name: mark_of("Douze.", None)}).status_code == 200


def test_words_that_are_refused_are_told_and_stop_no_answer(client: PageClient, db: SQLAlchemy, query: Query) -> None:
    name = f"_reply-{query.id}"
    answer = send(client, query.sheet, answers={name: "a" * 4001, "people": "12 participants"})
    assert answer.status_code == 200
    assert said(answer)["fields"] == {"people": "ok"}
    assert "Raccourcissez" in said(answer)["refused"][name]
    query.state, query.closed_at = QueryState.CLOSED, TODAY
    db.session.commit()
    assert said(reply(client, query, "Douze."))["refused"] == {name: "Cette demande est fermée."}
    assert again(db, query).reply is None


@pytest.mark.parametrize("text", [12, ["Douze."], None])
def test_words_without_shape(client: PageClient, query: Query, text: Any) -> None:
    assert reply(client, query, text).status_code == 400


def test_the_query_of_another_sheet_is_not_replied_to(client: PageClient, db: SQLAlchemy, query: Query) -> None:
    other = QueryFactory(sheet=sent_sheet(SheetState.CHANGES_REQUESTED), question="people")
    answer = send(client, query.sheet, answers={f"_reply-{other.id}": "Non."})
    assert answer.status_code == 422
    assert again(db, other).reply is None


def test_a_sheet_that_was_sent_meanwhile(client: PageClient, db: SQLAlchemy, query: Query) -> None:
    query.sheet.state = SheetState.SUBMITTED
    db.session.commit()
    answer = reply(client, query, "Douze.")
    assert answer.status_code in {403, 409}
    assert again(db, query).reply is None


def test_the_journal_tells_of_the_last_words_once_they_leave(
    client: PageClient, db: SQLAlchemy, query: Query, responsible: User
) -> None:
    for text in ("D", "Douze", "Douze en tout."):
        reply(client, query, text)
    told = db.session.query(Event).filter_by(kind="query.replied")
    assert told.count() == 0
    sheets.move(query.sheet_id, Move.SEND, actor=actor_of(responsible), at=TODAY, said=moves.NOTHING_SAID)
    event = told.one()
    assert (event.data["text"], event.actor_id) == ("Douze en tout.", responsible.id)


def test_the_federation_reads_the_words_once_they_have_left(
    client: PageClient, make_client: type[PageClient], query: Query, responsible: User
) -> None:
    reply(client, query, "Douze en tout.")
    reviewer = make_client()
    sign_in(reviewer, person(RoleName.REVIEWER, query.sheet.federation))
    page = reviewer.get(f"/relecture/{query.sheet_id}").text
    assert "Douze en tout." not in page
    assert "Le centre prépare sa réponse" in page
    sheets.move(query.sheet_id, Move.SEND, actor=actor_of(responsible), at=TODAY, said=moves.NOTHING_SAID)
    assert "Douze en tout." in reviewer.get(f"/relecture/{query.sheet_id}").text


class TestForm:
    """The same without a script."""

    def test_a_reply_that_is_emptied_is_taken_back(self, client: PageClient, db: SQLAlchemy, query: Query) -> None:
        name = f"_reply-{query.id}"
        step(client, query.sheet, "moyens").fill_in({name: "Douze."}).press(client, "Enregistrer")
        assert again(db, query).state is QueryState.ANSWERED
        step(client, query.sheet, "moyens").fill_in({name: ""}).press(client, "Enregistrer")
        assert (again(db, query).reply, query.state) == (None, QueryState.OPEN)

    def test_a_form_that_does_not_speak_of_the_reply_leaves_it(
        self, client: PageClient, db: SQLAlchemy, query: Query
    ) -> None:
        reply(client, query, "Douze.")
        post(client, f"/fiches/{query.sheet_id}/moyens", {"people": "12 participants"})
        assert again(db, query).reply == "Douze."

    def test_the_words_of_somebody_else_are_shown_first(self, client: PageClient, db: SQLAlchemy, query: Query) -> None:
        name = f"_reply-{query.id}"
        form = step(client, query.sheet, "moyens").fill_in({name: "Treize."})
        reply(client, query, "Douze.")
        page = form.press(client, "Enregistrer")
        assert page.status_code == 422
        assert "entre-temps\u00a0: «\u00a0Douze.\u00a0»" in page.text
        assert again(db, query).reply == "Douze."
        assert form_on(page).values(name) == ["Treize."]
        assert form_on(page).press(client, "Enregistrer").status_code == 303
        assert again(db, query).reply == "Treize."
