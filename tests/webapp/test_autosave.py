"""What a page's script sends while one types: kept answer by answer, acknowledged, never over another's."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask_sqlalchemy import SQLAlchemy
from werkzeug.test import TestResponse

from forms.lifecycle import SheetState
from tests.client import PageClient
from tests.clock import SetClock
from tests.factories import CentreFactory, campaign_of, person
from tests.signing import sign_in, token_of
from tests.webapp.sheet_visits import again, draft, member
from webapp.models import Change, Sheet
from webapp.services.sheets import mark_of
from webapp.vocabulary import RoleName

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
LONG = "Chaque samedi, on répare ensemble. " * 30


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def sheet(client: PageClient) -> Sheet:
    """A draft of a centre whose responsable has signed in."""
    centre = CentreFactory()
    member(client, centre)
    return draft(centre)


def send(client: PageClient, sheet: Sheet, base: int = 0, **message: Any) -> TestResponse:
    """Send what a script would."""
    return client.patch(
        f"/fiches/{sheet.id}/reponses",
        json={"base_revision": base, "answers": {}} | message,
        headers={"X-CSRFToken": token_of(client)},
    )


def said(answer: TestResponse) -> dict[str, Any]:
    body = answer.get_json()
    assert isinstance(body, dict)
    return body


def test_an_answer_is_kept_and_acknowledged(client: PageClient, sheet: Sheet) -> None:
    answer = send(client, sheet, answers={"summary": "Un jardin.\n- ouvert"})
    assert answer.status_code == 200
    assert said(answer)["fields"] == {"summary": "ok"}
    assert said(answer)["revision"] == again(sheet).revision == 1
    assert datetime.fromisoformat(said(answer)["saved_at"]) == sheet.updated_at == TODAY
    assert said(answer)["said"] == "Enregistré à 14\u00a0h\u00a032 · pas encore envoyée"
    assert said(answer)["marks"] == {"summary": mark_of("Un jardin.\n- ouvert", None)}
    assert sheet.answers["summary"] == "Un jardin.\n- ouvert"


def test_what_cannot_be_read_is_kept_with_its_error(client: PageClient, sheet: Sheet) -> None:
    answer = send(client, sheet, answers={"staff_count": "douze", "limits": "Le froid."})
    assert answer.status_code == 200
    assert said(answer)["fields"]["limits"] == "ok"
    assert "chiffres" in said(answer)["fields"]["staff_count"]
    assert "staff_count" not in again(sheet).answers
    assert sheet.unparsed["staff_count"]["posted"] == [["staff_count", "douze"]]


@pytest.mark.parametrize(
    ("question", "answer", "stored"),
    [
        ("keywords", ["sante", "culture"], ["culture", "sante"]),
        ("status", "en_cours", "en_cours"),
        (
            "partners_named",
            {"0-name": "Mairie", "0-type": "commune", "0-role": "", "3-name": "Club", "3-type": "", "3-role": ""},
            [{"name": "Mairie", "type": "commune"}, {"name": "Club"}],
        ),
    ],
)
def test_every_shape_of_answer_is_understood(
    client: PageClient, sheet: Sheet, question: str, answer: Any, stored: Any
) -> None:
    assert said(send(client, sheet, answers={question: answer}))["fields"] == {question: "ok"}
    assert again(sheet).answers[question] == stored


@pytest.mark.parametrize("nothing", ["", [], {}, None])
def test_an_answer_that_is_emptied_is_gone(client: PageClient, sheet: Sheet, nothing: Any) -> None:
    send(client, sheet, answers={"limits": "Le froid.", "perspectives": "Une serre."})
    assert send(client, sheet, 1, answers={"limits": nothing}).status_code == 200
    assert again(sheet).answers == {"title": "Le jardin partagé", "perspectives": "Une serre."}


def test_of_a_long_text_only_what_was_typed_need_be_sent(client: PageClient, sheet: Sheet) -> None:
    mark = said(send(client, sheet, answers={"summary": LONG}))["marks"]["summary"]
    wanted = LONG.replace("samedi", "dimanche 🌻", 1)
    at = LONG.index("samedi")
    answer = send(client, sheet, 1, seen={"summary": mark}, edits={"summary": [at, 6, "dimanche 🌻", len(wanted)]})
    assert answer.status_code == 200
    assert again(sheet).answers["summary"] == wanted
    assert (answer.request.content_length or 0) < 300


@pytest.mark.parametrize("edit", [[0, 1, "X", 5], [10, 99_999, "", 10]])
def test_an_edit_that_does_not_fit_asks_for_the_whole_text(client: PageClient, sheet: Sheet, edit: list[Any]) -> None:
    mark = said(send(client, sheet, answers={"summary": LONG}))["marks"]["summary"]
    answer = send(client, sheet, 1, seen={"summary": mark}, edits={"summary": edit})
    assert answer.status_code == 409
    assert said(answer)["reason"] == "whole"
    assert again(sheet).answers["summary"] == LONG


def test_an_edit_of_a_text_that_has_changed_asks_for_the_whole_text(client: PageClient, sheet: Sheet) -> None:
    mark = said(send(client, sheet, answers={"summary": LONG}))["marks"]["summary"]
    send(client, sheet, 1, answers={"summary": "Autre chose."})
    answer = send(client, sheet, 1, seen={"summary": mark}, edits={"summary": [0, 6, "Tous les", len(LONG) + 2]})
    assert said(answer)["reason"] == "whole"
    assert again(sheet).answers["summary"] == "Autre chose."


class TestTwoAtOnce:
    """Two people, or two devices."""

    def test_different_answers_are_both_kept_and_each_hears_of_the_other(
        self, client: PageClient, sheet: Sheet
    ) -> None:
        send(client, sheet, answers={"limits": "Le froid."})
        answer = send(client, sheet, 0, answers={"perspectives": "Une serre."})
        assert answer.status_code == 200
        assert said(answer)["changed"] == ["limits"]
        assert again(sheet).answers["limits"] == "Le froid."
        assert sheet.answers["perspectives"] == "Une serre."

    def test_the_same_question_answered_meanwhile_is_not_written_over(self, client: PageClient, sheet: Sheet) -> None:
        send(client, sheet, answers={"limits": "Le froid <b>d’ici</b>."})
        answer = send(client, sheet, 0, answers={"limits": "La pluie.", "perspectives": "Une serre."})
        assert answer.status_code == 409
        body = said(answer)
        assert body["reason"] == "stale"
        assert body["fields"] == {"perspectives": "ok"}, "the rest is saved"
        assert body["conflicts"]["limits"]["text"] == "Le froid <b>d’ici</b>."
        assert again(sheet).answers["limits"] == "Le froid <b>d’ici</b>."
        assert sheet.answers["perspectives"] == "Une serre."
        chosen = send(
            client, sheet, body["revision"], answers={"limits": "La pluie."},
            seen={"limits": body["conflicts"]["limits"]["mark"]},
        )  # fmt: skip
        assert chosen.status_code == 200
        assert again(sheet).answers["limits"] == "La pluie."

    def test_what_was_seen_decides_whatever_the_revision(self, client: PageClient, sheet: Sheet) -> None:
        mark = said(send(client, sheet, answers={"limits": "Le froid."}))["marks"]["limits"]
        send(client, sheet, 1, answers={"perspectives": "Une serre."})
        assert send(client, sheet, 0, answers={"limits": "La pluie."}, seen={"limits": mark}).status_code == 200
        assert again(sheet).answers["limits"] == "La pluie."

    def test_an_answer_sent_twice_is_acknowledged_twice_and_written_once(
        self, client: PageClient, sheet: Sheet
    ) -> None:
        message = {"answers": {"limits": "Le froid."}, "seen": {"limits": mark_of(None, None)}}
        assert send(client, sheet, **message).status_code == 200
        assert send(client, sheet, **message).status_code == 200
        assert again(sheet).revision == 1

    def test_an_older_answer_that_arrives_late_does_not_win(self, client: PageClient, sheet: Sheet) -> None:
        first = {"answers": {"limits": "Le fro"}, "seen": {"limits": mark_of(None, None)}}
        mark = said(send(client, sheet, **first))["marks"]["limits"]
        send(client, sheet, 1, answers={"limits": "Le froid."}, seen={"limits": mark})
        assert send(client, sheet, **first).status_code == 409
        assert again(sheet).answers["limits"] == "Le froid."

    def test_nothing_said_only_asks_what_has_changed(self, client: PageClient, sheet: Sheet) -> None:
        send(client, sheet, answers={"limits": "Le froid."})
        answer = send(client, sheet, 0)
        assert (answer.status_code, said(answer)["changed"], said(answer)["revision"]) == (200, ["limits"], 1)


class TestRefused:
    """What can't be saved is said, and nothing is written."""

    @pytest.mark.parametrize("state", [SheetState.SUBMITTED, SheetState.VALIDATED, SheetState.PUBLISHED])
    def test_a_sheet_that_was_sent_meanwhile(
        self, client: PageClient, db: SQLAlchemy, sheet: Sheet, state: SheetState
    ) -> None:
        sheet.state = state
        answer = send(client, sheet, answers={"limits": "Le froid."})
        assert answer.status_code == 409
        assert said(answer)["message"].startswith("Cette fiche est envoyée")
        assert "limits" not in again(sheet).answers

    def test_a_campaign_that_is_over(self, client: PageClient, sheet: Sheet) -> None:
        campaign = campaign_of(sheet.federation)
        campaign.shown_deadline = campaign.last_creation = campaign.last_edit = (TODAY - timedelta(days=1)).date()
        answer = send(client, sheet, answers={"limits": "Le froid."})
        assert answer.status_code == 409
        assert "La campagne est close" in said(answer)["message"]

    def test_a_question_that_nobody_is_asked(self, client: PageClient, sheet: Sheet) -> None:
        for question in ("organisation", "year", "nulle_part"):
            assert send(client, sheet, answers={question: "x", "limits": "Le froid."}).status_code == 422
        assert "limits" not in again(sheet).answers

    @pytest.mark.parametrize(
        "body",
        [
            "", "{", "[]", "null", '{"answers": {}}', '{"base_revision": true, "answers": {}}',
            '{"base_revision": "1", "answers": {}}', '{"base_revision": 0, "answers": []}',
            '{"base_revision": 0, "answers": {"limits": 3}}', '{"base_revision": 0, "answers": {"limits": [3]}}',
            '{"base_revision": 0, "answers": {"limits": {"a": {"b": "c"}}}}',
            '{"base_revision": 0, "answers": {}, "more": 1}', "[" * 100_000,
            '{"base_revision": 0, "answers": {}, "edits": {"limits": [0, 0]}, "seen": {"limits": "MARK"}}',
            '{"base_revision": 0, "answers": {}, "edits": {"keywords": [0, 0, "", 0]}, "seen": {"keywords": "KEYS"}}',
        ],
    )  # fmt: skip
    def test_a_message_without_shape(self, client: PageClient, sheet: Sheet, body: str) -> None:
        send(client, sheet, answers={"keywords": ["sante", "culture"]})
        body = body.replace("MARK", mark_of(None, None)).replace("KEYS", mark_of(["culture", "sante"], None))
        headers = {"X-CSRFToken": token_of(client), "Content-Type": "application/json"}
        answer = client.patch(f"/fiches/{sheet.id}/reponses", data=body, headers=headers)
        assert answer.status_code == 400
        assert said(answer)["message"]
        assert again(sheet).answers.keys() == {"title", "keywords"}

    def test_what_is_no_json(self, client: PageClient, sheet: Sheet) -> None:
        headers = {"X-CSRFToken": token_of(client), "Content-Type": "text/plain"}
        assert client.patch(f"/fiches/{sheet.id}/reponses", data="x", headers=headers).status_code == 415

    def test_more_than_a_sheet_can_hold(self, client: PageClient, sheet: Sheet) -> None:
        assert send(client, sheet, answers={"limits": "x" * 5_000_000}).status_code == 413

    def test_a_text_with_a_character_that_cannot_be_kept(self, client: PageClient, sheet: Sheet) -> None:
        headers = {"X-CSRFToken": token_of(client), "Content-Type": "application/json"}
        body = '{"base_revision": 0, "answers": {"limits": "Le \\ud800 froid\\u0000"}}'
        answer = client.patch(f"/fiches/{sheet.id}/reponses", data=body, headers=headers)
        assert answer.status_code == 200
        assert "illisible" in said(answer)["fields"]["limits"]
        assert again(sheet).unparsed["limits"]["posted"] == [["limits", "Le \ufffd froid\ufffd"]]

    def test_a_visitor_and_a_forged_request(self, client: PageClient, make_client: Any, sheet: Sheet) -> None:
        message = {"base_revision": 0, "answers": {"limits": "Le froid."}}
        visitor = make_client()
        token = {"X-CSRFToken": token_of(visitor)}
        assert visitor.patch(f"/fiches/{sheet.id}/reponses", json=message, headers=token).status_code == 401
        assert client.patch(f"/fiches/{sheet.id}/reponses", json=message).status_code == 400
        assert "limits" not in again(sheet).answers

    def test_a_sheet_of_others_is_like_none(self, client: PageClient, make_client: Any, sheet: Sheet) -> None:
        other = make_client()
        sign_in(other, person(RoleName.RESPONSIBLE, CentreFactory(federation=sheet.federation)))
        refused = send(other, sheet, answers={"limits": "Le froid."})
        unknown = other.patch(
            f"/fiches/{uuid4()}/reponses",
            json={"base_revision": 0, "answers": {}},
            headers={"X-CSRFToken": token_of(other)},
        )
        assert (refused.status_code, refused.data) == (unknown.status_code, unknown.data) == (404, unknown.data)


def test_who_typed_what_is_one_line_of_history_a_half_hour(client: PageClient, db: SQLAlchemy, sheet: Sheet) -> None:
    for text in ("Le f", "Le froi", "Le froid."):
        send(client, sheet, again(sheet).revision, answers={"limits": text})
    (change,) = db.session.query(Change).all()
    assert (change.before, change.after, change.user_id) == (None, "Le froid.", again(sheet).updated_by)


def test_a_page_learns_who_has_signed_in_and_gets_a_token(client: PageClient, sheet: Sheet, make_client: Any) -> None:
    now = said(client.get("/connexion/etat"))
    assert now["user"] == client_user(client)
    message = {"base_revision": 0, "answers": {"limits": "Le froid."}}
    headers = {"X-CSRFToken": now["csrf_token"]}
    assert client.patch(f"/fiches/{sheet.id}/reponses", json=message, headers=headers).status_code == 200
    assert said(make_client().get("/connexion/etat"))["user"] is None


def client_user(client: PageClient) -> str:
    """The id of whoever has signed in, as the page tells its script."""
    return client.get("/fiches").text.partition('data-person="')[2].partition('"')[0]
