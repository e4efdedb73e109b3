"""A step of a sheet: everything typed is kept, whatever it is, and shown again."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from markupsafe import escape

from forms.french import unbroken
from forms.lifecycle import SheetState
from forms.steps import asked_questions
from tests.client import PageClient
from tests.clock import SetClock
from tests.factories import CentreFactory, QueryFactory, campaign_of, person, sent_sheet
from tests.page_forms import form_on
from tests.signing import post, sign_in
from tests.webapp.sheet_visits import VERSION, again, draft, member, step
from webapp.database import db
from webapp.models import Change, Sheet
from webapp.vocabulary import QueryState, RoleName

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
CONTINUE, SAVE = "Enregistrer et continuer", "Enregistrer"


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def sheet(client: PageClient) -> Sheet:
    """A draft of a centre whose responsable has signed in."""
    centre = CentreFactory()
    member(client, centre)
    return draft(centre)


@pytest.mark.parametrize("section", VERSION.sections, ids=lambda section: section.id)
def test_each_step_shows_its_questions_under_their_ids(client: PageClient, sheet: Sheet, section: object) -> None:
    form = step(client, sheet, section.id)  # type: ignore[attr-defined]
    asked = asked_questions(VERSION, section, sheet.answers)  # type: ignore[arg-type]
    assert form.values("_asked") == [question.id for question in asked]
    page = client.get(f"/fiches/{sheet.id}/{section.id}").text  # type: ignore[attr-defined]
    assert all(f'id="{question.id}"' in page for question in asked)


def test_a_step_saves_what_is_typed_and_goes_on(client: PageClient, sheet: Sheet) -> None:
    form = step(client, sheet, "action").fill(
        summary="Un jardin.\r\n- ouvert", status="en_cours", keywords=["culture", "sante"]
    )
    response = form.press(client, CONTINUE)
    assert response.status_code == 303
    assert response.location == f"/fiches/{sheet.id}/initiative"
    assert again(sheet).answers == {
        "title": "Le jardin partagé",
        "summary": "Un jardin.\n- ouvert",
        "status": "en_cours",
        "keywords": ["culture", "sante"],
    }
    shown = step(client, sheet, "action")
    assert shown.values("summary") == ["Un jardin.\n- ouvert"]
    assert sorted(shown.values("keywords")) == ["culture", "sante"]


def test_a_label_is_that_of_the_form_and_breaks_before_no_sign(client: PageClient, sheet: Sheet) -> None:
    sheet.answers = sheet.answers | {"limits": "Le froid."}
    db.session.commit()
    for section, question in (("suites", "limits"), ("initiative", "initiators")):
        label = VERSION.question(question).label
        assert label != unbroken(label)
        for page in (f"/fiches/{sheet.id}/{section}", f"/fiches/{sheet.id}/verification"):
            assert str(escape(unbroken(label))) in client.get(page).text


def test_the_enter_key_saves_and_stays_and_takes_no_row_away(client: PageClient, sheet: Sheet) -> None:
    step(client, sheet, "partenaires").fill_in({"partners_named-0-name": "Caf"}).press(client, SAVE)
    response = step(client, sheet, "partenaires").press(client)
    assert response.location == f"/fiches/{sheet.id}/partenaires"
    assert again(sheet).answers["partners_named"] == [{"name": "Caf"}]


def test_the_last_step_leads_to_the_recap_and_one_may_go_back(client: PageClient, sheet: Sheet) -> None:
    last = VERSION.sections[-1].id
    assert step(client, sheet, last).press(client, CONTINUE).location == f"/fiches/{sheet.id}/verification"
    back = "Enregistrer et revenir à l’étape précédente"
    form = step(client, sheet, "initiative").fill(experience="Depuis mars.")
    assert form.press(client, back).location == f"/fiches/{sheet.id}/action"
    assert again(sheet).answers["experience"] == "Depuis mars."


def test_an_emptied_answer_is_gone_and_an_absent_one_stays(client: PageClient, sheet: Sheet) -> None:
    step(client, sheet, "suites").fill(limits="Le froid.", perspectives="Une serre.").press(client, SAVE)
    post(client, f"/fiches/{sheet.id}/suites", {"_asked": "limits", "limits": ""})
    assert again(sheet).answers == {"title": "Le jardin partagé", "perspectives": "Une serre."}


def test_what_cannot_be_read_is_kept_and_shown_with_its_error(client: PageClient, sheet: Sheet) -> None:
    form = step(client, sheet, "moyens").fill(participants_count="douze", volunteers_count="3")
    response = form.press(client, CONTINUE)
    assert response.location == f"/fiches/{sheet.id}/moyens", "one stays where something can't be read"
    assert again(sheet).answers["volunteers_count"] == {"number": 3, "how": "counted"}
    assert "participants_count" not in sheet.answers
    page = client.get(response.location)
    assert form_on(page).values("participants_count") == ["douze"]
    assert 'aria-describedby="participants_count-help participants_count-error"' in page.text
    assert 'href="#participants_count"' in page.text
    assert "Participants\u00a0: Écrivez un nombre entier" in page.text
    again_pressed = form_on(page).press(client, CONTINUE)
    assert again_pressed.location == f"/fiches/{sheet.id}/resultats", "told once, one may go on"


def test_what_cannot_be_read_in_a_table_is_told_at_its_cell(client: PageClient, sheet: Sheet) -> None:
    cell = "funding_lines-1-granted"
    step(client, sheet, "moyens").fill_in({"funding_lines-0-funder": "Caf"}).press(client, "Ajouter une ligne")
    typed = {"funding_lines-1-funder": "Département", cell: "environ mille"}
    response = step(client, sheet, "moyens").fill_in(typed).press(client, CONTINUE)
    page = client.get(response.location).text
    assert f'href="#{cell}"' in page
    assert f'id="{cell}-error"' in page
    assert 'id="funding_lines-error"' not in page, "said once, where it is"
    recap = client.get(f"/fiches/{sheet.id}/verification").text
    assert f'href="/fiches/{sheet.id}/moyens#{cell}"' in recap
    assert 'vous avez écrit «\u00a0<span class="as-typed">environ mille</span>\u00a0»' in recap


def test_what_a_rule_lacks_leads_to_the_control_that_mends_it(client: PageClient, sheet: Sheet) -> None:
    picture = {"id": str(sheet.id), "media_type": "image/jpeg", "size": 12, "sha256": "0" * 64}
    sheet.answers = sheet.answers | {
        "funding_lines": [{"funder": "Caf"}, {"granted": "12.00"}],
        "files": [picture | {"name": "a.jpg", "alt": "Une place."}, picture | {"name": "b.jpg"}],
    }
    db.session.commit()
    recap = client.get(f"/fiches/{sheet.id}/verification").text
    for section, control in (("moyens", "funding_lines-1-funder"), ("pieces", "files-1-alt")):
        assert f'href="/fiches/{sheet.id}/{section}#{control}"' in recap
        assert f'id="{control}"' in client.get(f"/fiches/{sheet.id}/{section}").text
    page = client.get(f"/fiches/{sheet.id}/pieces").text
    label = page[page.index('<label for="files-1-alt">') :]
    assert "nécessaire pour l’envoi" in label[: label.index("</label>")]


def test_a_question_that_comes_up_keeps_the_step_open(client: PageClient, sheet: Sheet) -> None:
    form = step(client, sheet, "action")
    assert form.values("ended_reason") == []
    response = form.fill(status="terminee").press(client, CONTINUE)
    assert response.location == f"/fiches/{sheet.id}/action#ended_reason"
    page = client.get(f"/fiches/{sheet.id}/action")
    assert "Une question s’ajoute" in page.text
    assert "ended_reason" in form_on(page).values("_asked")
    assert form_on(page).press(client, CONTINUE).location == f"/fiches/{sheet.id}/initiative"


def test_a_question_that_came_up_and_was_answered_on_the_page_keeps_nobody(client: PageClient, sheet: Sheet) -> None:
    form = step(client, sheet, "action").fill(status="terminee", ended_reason="Le local ferme.")
    form.pairs.append(("_asked", "ended_reason"))
    assert form.press(client, CONTINUE).location == f"/fiches/{sheet.id}/initiative"
    assert again(sheet).answers["ended_reason"] == "Le local ferme."


def test_rows_are_added_and_taken_away_without_a_script(client: PageClient, sheet: Sheet) -> None:
    form = step(client, sheet, "partenaires").fill_in({"partners_named-0-name": "Caf"})
    response = form.press(client, "Ajouter une ligne")
    assert response.location == f"/fiches/{sheet.id}/partenaires#partners_named"
    form = step(client, sheet, "partenaires")
    assert form.values("partners_named-1-name") == [""]
    form.fill_in({"partners_named-1-name": "MSA", "partners_named-1-type": "msa", "description": "Deux séances."})
    form.press(client, "Ajouter une ligne")
    assert again(sheet).answers["partners_named"] == [{"name": "Caf"}, {"name": "MSA", "type": "msa"}]
    form = step(client, sheet, "partenaires")
    assert form.press(client, "Retirer Ligne 1").location == f"/fiches/{sheet.id}/partenaires#partners_named"
    assert again(sheet).answers["partners_named"] == [{"name": "MSA", "type": "msa"}]
    assert sheet.answers["description"] == "Deux séances."


def test_who_changed_what_is_kept(client: PageClient, sheet: Sheet) -> None:
    step(client, sheet, "suites").fill(limits="Le froid.").press(client, SAVE)
    (change,) = db.session.query(Change).all()
    assert (change.question, change.before, change.after) == ("limits", None, "Le froid.")
    assert change.user_id == again(sheet).updated_by


def test_what_the_product_knows_is_shown_and_not_asked(client: PageClient, sheet: Sheet) -> None:
    page = client.get(f"/fiches/{sheet.id}/action")
    assert f"{sheet.centre.name} - Lot" in page.text
    assert "2026" in page.text
    assert {"organisation", "year"}.isdisjoint(form_on(page).values("_asked"))
    post(client, f"/fiches/{sheet.id}/action", {"_asked": ["organisation"], "organisation": "Une autre"})
    assert "organisation" not in again(sheet).answers


def test_the_save_state_says_when_and_that_nothing_is_sent(client: PageClient, sheet: Sheet) -> None:
    step(client, sheet, "suites").fill(limits="Le froid.").press(client, SAVE)
    assert "Enregistré à 14\u00a0h\u00a032 · pas encore envoyée" in client.get(f"/fiches/{sheet.id}/suites").text


def test_the_title_of_the_action_follows_the_answer(client: PageClient, sheet: Sheet) -> None:
    step(client, sheet, "action").fill(title="Le grand jardin").press(client, SAVE)
    assert "Le grand jardin" in client.get("/fiches").text


def test_an_answer_may_hold_anything_and_stays_text(client: PageClient, sheet: Sheet) -> None:
    typed = "<script>alert(1)</script> « l'été » & 3 € {{ 7 * 7 }}\n\n  - deux"
    step(client, sheet, "suites").fill(limits=typed).press(client, SAVE)
    assert again(sheet).answers["limits"] == typed
    assert step(client, sheet, "suites").values("limits") == [typed]
    assert "&lt;script&gt;" in client.get(f"/fiches/{sheet.id}/verification").text


class TestTwoAtOnce:
    """Two people of a centre have the same step open."""

    def test_what_the_other_answered_is_not_undone_by_a_page_that_says_nothing_new(
        self, client: PageClient, sheet: Sheet
    ) -> None:
        mine, theirs = step(client, sheet, "suites"), step(client, sheet, "suites")
        theirs.fill(limits="Le froid.").press(client, SAVE)
        assert mine.fill(perspectives="Une serre.").press(client, SAVE).status_code == 303
        assert again(sheet).answers["limits"] == "Le froid."
        assert sheet.answers["perspectives"] == "Une serre."

    def test_two_different_answers_are_both_shown_and_the_last_word_is_a_choice(
        self, client: PageClient, sheet: Sheet
    ) -> None:
        mine, theirs = step(client, sheet, "suites"), step(client, sheet, "suites")
        theirs.fill(limits="Le froid.").press(client, SAVE)
        response = mine.fill(limits="La pluie.", perspectives="Une serre.").press(client, CONTINUE)
        assert response.status_code == 409
        assert again(sheet).answers["limits"] == "Le froid."
        assert sheet.answers["perspectives"] == "Une serre.", "the rest is saved"
        assert "Le froid." in response.text
        shown = form_on(response)
        assert shown.values("limits") == ["La pluie."]
        assert shown.press(client, CONTINUE).status_code == 303
        assert again(sheet).answers["limits"] == "La pluie."

    def test_the_same_answer_twice_is_no_quarrel(self, client: PageClient, sheet: Sheet) -> None:
        mine, theirs = step(client, sheet, "suites"), step(client, sheet, "suites")
        theirs.fill(limits="Le froid.").press(client, SAVE)
        assert mine.fill(limits="Le froid.").press(client, SAVE).status_code == 303


class TestLocked:
    """A sheet that may not be changed any more."""

    def test_what_was_typed_after_the_sending_is_shown_again_to_be_copied(
        self, client: PageClient, sheet: Sheet
    ) -> None:
        form = step(client, sheet, "moyens")
        sheet.state = SheetState.SUBMITTED
        db.session.commit()
        response = form.fill(funding="800 euros", participants_count="douze").press(client, CONTINUE)
        assert response.status_code == 409
        assert "800 euros" in response.text
        assert "douze" in response.text
        assert again(sheet).answers == {"title": "Le jardin partagé"}
        assert sheet.unparsed == {}

    def test_a_step_of_a_sent_sheet_leads_to_the_sheet(self, client: PageClient) -> None:
        sent = sent_sheet()
        member(client, sent.centre)
        assert client.get(f"/fiches/{sent.id}/action").location == f"/fiches/{sent.id}"
        assert client.get(f"/fiches/{sent.id}").status_code == 200

    def test_after_the_last_day_nothing_is_changed(self, client: PageClient, sheet: Sheet) -> None:
        form = step(client, sheet, "suites").fill(limits="Le froid.")
        campaign = campaign_of(sheet.federation)
        campaign.shown_deadline = campaign.last_creation = campaign.last_edit = (TODAY - timedelta(days=1)).date()
        db.session.commit()
        response = form.press(client, SAVE)
        assert response.status_code == 409
        assert "Le froid." in response.text
        assert "limits" not in again(sheet).answers
        assert "La campagne est close" in client.get(f"/fiches/{sheet.id}").text


class TestQueries:
    """What the federation asks stands beside its question."""

    @pytest.fixture
    def asked(self, client: PageClient) -> Sheet:
        sent = sent_sheet(SheetState.CHANGES_REQUESTED, title="Le jardin partagé")
        member(client, sent.centre, RoleName.MEMBER)
        QueryFactory(sheet=sent, question="people", text="Combien de bénévoles\u202f?")
        QueryFactory(sheet=sent, question="limits", text="Et l’hiver\u202f?", state=QueryState.OPEN)
        return sent

    def test_a_query_is_beside_its_question_with_room_for_a_reply(self, client: PageClient, asked: Sheet) -> None:
        page = client.get(f"/fiches/{asked.id}/moyens").text
        assert 'data-testid="query-people"' in page
        assert 'data-testid="query-limits"' not in page
        assert page.index('id="people"') < page.index('data-testid="query-people"')
        assert "Combien de bénévoles" in page

    def test_the_reply_is_saved_with_the_step(self, client: PageClient, asked: Sheet) -> None:
        form = step(client, asked, "moyens")
        (name,) = [name for name, _text in form.pairs if name.startswith("_reply-")]
        response = form.fill_in({name: "Douze en tout.", "people": "98 participants"}).press(client, SAVE)
        assert response.status_code == 303
        page = client.get(f"/fiches/{asked.id}/moyens")
        assert form_on(page).values(name) == ["Douze en tout."]
        assert "Répondue" in page.text
        assert again(asked).answers["people"] == "98 participants"
        overview = client.get(f"/fiches/{asked.id}").text
        assert "a répondu à une demande sur «\u00a0Personnes mobilisées\u00a0»" in overview
        assert "1\u00a0demande vous attend" in overview

    def test_a_reply_that_is_too_long_is_shown_again(self, client: PageClient, asked: Sheet) -> None:
        form = step(client, asked, "moyens")
        (name,) = [name for name, _text in form.pairs if name.startswith("_reply-")]
        response = form.fill_in({name: "a" * 4001, "funding": "800 euros"}).press(client, SAVE)
        assert response.status_code == 422
        assert form_on(response).values(name) == ["a" * 4001]
        assert f'id="{name}-error"' in response.text
        assert again(asked).answers["funding"] == "800 euros", "the answers are saved all the same"

    def test_the_steps_say_where_something_is_asked(self, client: PageClient, asked: Sheet) -> None:
        overview = client.get(f"/fiches/{asked.id}").text
        assert overview.count("1\u00a0demande de la fédération") == 2
        assert f'href="/fiches/{asked.id}/moyens#people"' in overview
        assert "2\u00a0demandes de la fédération vous attendent" in client.get("/fiches").text

    def test_the_query_of_another_sheet_is_not_replied_to(self, client: PageClient, asked: Sheet) -> None:
        other = QueryFactory(sheet=sent_sheet(SheetState.CHANGES_REQUESTED), question="people")
        post(client, f"/fiches/{asked.id}/moyens", {f"_reply-{other.id}": "Non."})
        db.session.refresh(other)
        assert (other.reply, other.state) == (None, QueryState.OPEN)


def _without_token(html: str) -> str:
    """The page without the anti-forgery token, which says at which second it was made."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", html)


class TestStrangers:
    """Outside one's centre a sheet does not exist."""

    @pytest.mark.parametrize("role", [RoleName.MEMBER, RoleName.RESPONSIBLE])
    def test_another_centre_gets_what_an_unknown_sheet_gets(
        self, client: PageClient, sheet: Sheet, make_client: type[PageClient], role: RoleName
    ) -> None:
        stranger = make_client()
        member(stranger, CentreFactory(federation=sheet.federation), role)
        unknown = "00000000-0000-4000-8000-000000000000"
        for path in ("", "/action", "/verification", "/lecture", "/pdf", "/pieces"):
            mine, nobody = stranger.get(f"/fiches/{sheet.id}{path}"), stranger.get(f"/fiches/{unknown}{path}")
            assert (mine.status_code, nobody.status_code) == (404, 404)
            assert _without_token(mine.text) == _without_token(nobody.text)
        assert post(stranger, f"/fiches/{sheet.id}/suites", {"_asked": "limits", "limits": "Non."}).status_code == 404
        assert "limits" not in again(sheet).answers

    def test_a_visitor_is_asked_to_sign_in(
        self, client: PageClient, make_client: type[PageClient], sheet: Sheet
    ) -> None:
        response = make_client().get(f"/fiches/{sheet.id}/action")
        assert response.status_code == 302
        assert response.location.startswith("/connexion?next=")

    def test_the_federation_does_not_read_a_draft(self, make_client: type[PageClient], sheet: Sheet) -> None:
        reviewer = make_client()
        sign_in(reviewer, person(RoleName.REVIEWER, sheet.federation))
        assert reviewer.get(f"/fiches/{sheet.id}/action").status_code == 403
        assert reviewer.get(f"/fiches/{sheet.id}/lecture").status_code == 403

    def test_an_unknown_step_is_not_found(self, client: PageClient, sheet: Sheet) -> None:
        assert client.get(f"/fiches/{sheet.id}/meteo").status_code == 404
        assert post(client, f"/fiches/{sheet.id}/meteo").status_code == 404
