"""Renewing an action as a centre sees it, from the new sheet to the sending, and what a reviewer reads of it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from forms.definition import CarryOver, FormVersion, Section
from forms.lifecycle import SheetState
from tests.client import PageClient
from tests.clock import SetClock
from tests.counts import counted
from tests.factories import (
    ActionFactory,
    CampaignFactory,
    CentreFactory,
    FormVersionFactory,
    SheetFactory,
    campaign_of,
    person,
    sent_sheet,
)
from tests.forms.strategies import without
from tests.page_forms import form_on
from tests.signing import post, sign_in, token_of
from tests.webapp.sheet_visits import COMPLETE, VERSION, again, draft, member, step
from webapp.database import db
from webapp.models import Centre, Sheet
from webapp.vocabulary import RoleName

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
CONTINUE, SAVE = "Enregistrer et continuer", "Enregistrer"
RENEW, EMPTY = "Reprendre l’action de 2025", "Commencer vide"
LAST = without(COMPLETE, "ended_reason") | {
    "title": "Le jardin partagé",
    "summary": "Un jardin ouvert à tous.\n\n- le mardi",
    "keywords": ["culture", "sante"],
    "public": ["tous"],
    "limits": "Le froid.",
    "funding": "800 euros,\ndont 300 de la commune",
    "funding_lines": [{"funder": "Caf", "type": "caf", "granted": "500.00"}],
    "participants_count": counted(98),
    "volunteers_count": counted(12),
}


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def centre(client: PageClient) -> Centre:
    """A centre with this year's campaign whose responsable has signed in."""
    made: Centre = CentreFactory()
    campaign_of(made.federation)
    member(client, made)
    return made


def told(centre: Centre, year: int = 2025, state: SheetState = SheetState.VALIDATED, **details: Any) -> Sheet:
    """What was sent of an action another year."""
    campaign = CampaignFactory(federation=centre.federation, year=year)
    given = {"centre": centre, "campaign": campaign, "answers": LAST, "title": LAST["title"], **details}
    return sent_sheet(state, **given)


@pytest.fixture
def last(centre: Centre) -> Sheet:
    """The action's sheet of last year."""
    return told(centre)


@pytest.fixture
def renewed(client: PageClient, last: Sheet) -> Sheet:
    """This year's sheet, begun from last year's by the button of the page."""
    form_on(client.get("/fiches/nouvelle")).press(client, RENEW)
    sheet: Sheet = db.session.query(Sheet).filter(Sheet.id != last.id).one()
    return sheet


def page(client: PageClient, sheet: Sheet, path: str = "") -> str:
    """A page of the sheet, its blanks as one space (no-break ones stay)."""
    return re.sub(r"[ \n\t]+", " ", client.get(f"/fiches/{sheet.id}{path}").text)


def block(text: str, question: str) -> str:
    """All that stands with one question on a step's page."""
    return text.partition(f'data-question="{question}"')[2].partition("data-question=")[0]


class TestBeginning:
    """The page « Nouvelle fiche »."""

    def test_a_known_action_is_renewed_by_one_button(self, client: PageClient, last: Sheet) -> None:
        offered = client.get("/fiches/nouvelle")
        assert "Dernière fiche\u00a0: 2025" in offered.text
        assert "Validée" in offered.text
        response = form_on(offered).press(client, RENEW)
        made = db.session.query(Sheet).filter(Sheet.id != last.id).one()
        assert response.location == f"/fiches/{made.id}"
        assert made.action_id == last.action_id
        assert made.answers["summary"] == LAST["summary"]
        said = client.get(response.location).text
        assert f"{len(made.carried)}\u00a0réponses sont reprises de 2025, dont 2\u00a0textes à relire." in said
        assert "a commencé la fiche en reprenant celle de 2025" in said

    def test_or_begun_empty(self, client: PageClient, last: Sheet) -> None:
        form_on(client.get("/fiches/nouvelle")).press(client, EMPTY)
        made = db.session.query(Sheet).filter(Sheet.id != last.id).one()
        assert (made.answers, made.carried) == ({"title": LAST["title"]}, {})
        assert "reprise" not in page(client, made)

    def test_the_enter_key_begins_the_new_action_that_was_named(self, client: PageClient, last: Sheet) -> None:
        form_on(client.get("/fiches/nouvelle")).fill(title="Le bal").press(client)
        made = db.session.query(Sheet).filter(Sheet.id != last.id).one()
        assert made.action.title == "Le bal"

    def test_a_draft_of_last_year_is_named_as_such(self, client: PageClient, centre: Centre) -> None:
        campaign = CampaignFactory(federation=centre.federation, year=2025)
        old = draft(centre, summary="Mots du brouillon.")
        old.campaign_id = campaign.id
        db.session.commit()
        form = form_on(client.get("/fiches/nouvelle"))
        response = form.press(client, "Reprendre votre brouillon de 2025")
        assert "1\u00a0réponse est reprise de votre brouillon de 2025" in client.get(response.location).text
        made = db.session.query(Sheet).filter(Sheet.id != old.id).one()
        assert "repris de votre brouillon de 2025" in page(client, made, "/action")

    def test_an_action_that_ended_stands_last_and_says_so(self, client: PageClient, centre: Centre) -> None:
        ended = LAST | {"status": "terminee", "ended_reason": "Le local est rendu."}
        told(centre, title="À la ferme", answers=ended | {"title": "À la ferme"})
        ActionFactory(centre=centre, title="Zoo")
        text = client.get("/fiches/nouvelle").text
        assert text.index("Zoo") < text.index("À la ferme") < text.index("Action terminée")
        assert "Commencer sa fiche" in text

    def test_a_year_to_come_is_not_taken_back_in_time(self, client: PageClient, centre: Centre) -> None:
        told(centre, 2027)
        text = client.get(f"/fiches/nouvelle?place={centre.id}.{campaign_of(centre.federation).id}").text
        assert "Reprendre" not in text
        assert "Commencer sa fiche" in text


class TestStep:
    """A step with carried answers and last year's figures."""

    def test_carried_answers_are_in_the_boxes_and_marked(self, client: PageClient, renewed: Sheet) -> None:
        form = step(client, renewed, "action")
        assert form.values("summary") == [LAST["summary"]]
        text = page(client, renewed, "/action")
        for question in ("status", "keywords", "summary"):
            assert f'data-testid="carried-{question}"' in block(text, question)
        assert "carried-title" not in text
        assert 'data-testid="carried"' in text
        assert "repris de 2025" in block(text, "summary")

    def test_only_texts_ask_to_be_read_again_by_a_box_of_their_own(self, client: PageClient, renewed: Sheet) -> None:
        text = page(client, renewed, "/action")
        assert 'name="_confirm" value="summary"' in block(text, "summary")
        assert text.count('name="_confirm"') == 1

    def test_saving_the_step_confirms_what_does_not_change_and_no_text(
        self, client: PageClient, renewed: Sheet
    ) -> None:
        step(client, renewed, "action").press(client, CONTINUE)
        left = again(renewed).carried
        assert not {"status", "dimension", "keywords"} & left.keys()
        assert {"summary", "public", "limits"} <= left.keys()
        assert renewed.answers["keywords"] == LAST["keywords"]

    def test_the_box_confirms_a_text(self, client: PageClient, renewed: Sheet) -> None:
        step(client, renewed, "action").fill(_confirm="summary").press(client, SAVE)
        assert "summary" not in again(renewed).carried
        assert renewed.answers["summary"] == LAST["summary"]
        assert "carried-summary" not in page(client, renewed, "/action")

    def test_a_script_tells_of_the_box_at_once(self, client: PageClient, renewed: Sheet) -> None:
        def send(**message: Any) -> int:
            headers = {"X-CSRFToken": token_of(client)}
            given = {"base_revision": 0, "answers": {}} | message
            return client.patch(f"/fiches/{renewed.id}/reponses", json=given, headers=headers).status_code

        assert send(confirm=["summary", "unknown"]) == 200
        assert again(renewed).carried.keys() >= {"limits"}
        assert "summary" not in renewed.carried
        assert (renewed.revision, renewed.field_revisions["summary"]) == (1, 0)
        assert send(answers={"limits": "Le chaud."}) == 200, "whoever confirms has changed no answer"
        assert "limits" not in again(renewed).carried
        assert send(confirm="status") == 400
        assert send(confirm=[["status"]]) == 400
        assert "status" in again(renewed).carried

    def test_so_does_a_change_of_it(self, client: PageClient, renewed: Sheet) -> None:
        step(client, renewed, "suites").fill(limits="Le chaud.").press(client, SAVE)
        assert "limits" not in again(renewed).carried

    def test_asking_for_a_row_more_confirms_nothing_yet(self, client: PageClient, centre: Centre) -> None:
        told(centre, answers=LAST | {"partners": ["caf"], "partners_named": [{"name": "Caf", "type": "caf"}]})
        form_on(client.get("/fiches/nouvelle")).press(client, RENEW)
        sheet = db.session.query(Sheet).filter(Sheet.campaign_id == campaign_of(centre.federation).id).one()
        step(client, sheet, "partenaires").press(client, "Ajouter une ligne")
        assert {"partners", "partners_named"} <= again(sheet).carried.keys()
        step(client, sheet, "partenaires").press(client, SAVE)
        assert not {"partners", "partners_named"} & again(sheet).carried.keys()
        assert sheet.answers["partners_named"] == [{"name": "Caf", "type": "caf"}]

    def test_a_box_ticked_on_a_page_that_is_refused_stays_ticked(self, client: PageClient, centre: Centre) -> None:
        questions = tuple(VERSION.question(id) for id in ("title", "summary", "files"))
        form = FormVersion("une-etape", "Fiche", (Section("tout", "Tout", questions),))
        kept = FormVersionFactory(key=form.key, sha256=form.sha256, document=form.to_json())
        sheet = SheetFactory(centre=centre, form_version=kept, answers={"title": "Le bal", "summary": "On danse."})
        sheet.carried = {"summary": {"year": 2025}}
        # The words about a file came without the file: nothing of the page is saved.
        page = step(client, sheet, "tout").fill_in({"files-new-caption": "L’affiche", "_confirm": "summary"})
        refused = page.press(client, SAVE)
        assert refused.status_code == 422
        assert "summary" in again(sheet).carried
        assert form_on(refused).values("_confirm") == ["summary"]
        form_on(refused).fill_in({"files-new-caption": ""}).press(client, SAVE)
        assert "summary" not in again(sheet).carried

    def test_figures_stand_beside_their_boxes_with_the_change(self, client: PageClient, renewed: Sheet) -> None:
        text = block(page(client, renewed, "/moyens"), "participants_count")
        assert 'data-last-year="98"' in text
        assert '2025\u00a0: <span class="number">98\u00a0personnes</span>' in text
        assert "par rapport" not in text
        step(client, renewed, "moyens").fill(participants_count="110", volunteers_count="12").press(client, SAVE)
        after = page(client, renewed, "/moyens")
        assert "+\u00a012 par rapport à 2025 (+\u00a012\u00a0%)" in block(after, "participants_count")
        assert "autant qu’en 2025" in block(after, "volunteers_count")

    def test_a_figure_that_is_taken_over_is_compared_once_it_is_this_year_s(
        self, client: PageClient, centre: Centre
    ) -> None:
        # No question of the shipped form takes a figure over; a federation's own may.
        count = VERSION.question("participants_count").but(carry_over=CarryOver.TAKE)
        form = FormVersion("chiffre", "Fiche", (Section("tout", "Tout", (VERSION.question("title"), count)),))
        kept = FormVersionFactory(key=form.key, sha256=form.sha256, document=form.to_json())
        campaign_of(centre.federation).form_version = kept
        told(centre)
        form_on(client.get("/fiches/nouvelle")).press(client, RENEW)
        sheet = db.session.query(Sheet).filter_by(campaign_id=campaign_of(centre.federation).id).one()
        text = page(client, sheet, "/tout")
        assert "repris de 2025" in block(text, "participants_count")
        assert "data-last-year" not in text, "it stands in the box"
        step(client, sheet, "tout").fill(participants_count="100").press(client, SAVE)
        assert "+\u00a02 par rapport à 2025" in page(client, sheet, "/tout")

    def test_what_is_only_shown_can_be_unfolded_as_it_was_typed(self, client: PageClient, renewed: Sheet) -> None:
        assert step(client, renewed, "moyens").values("funding") == [""]
        text = client.get(f"/fiches/{renewed.id}/moyens").text
        funding, lines = block(text, "funding"), block(text, "funding_lines")
        assert "Ce que vous aviez écrit en 2025" in funding
        assert "800 euros,\ndont 300 de la commune" in funding
        assert "<table" in lines
        assert "500\u00a0€" in lines

    def test_a_sheet_begun_empty_shows_last_year_s_figures_all_the_same(self, client: PageClient, last: Sheet) -> None:
        form_on(client.get("/fiches/nouvelle")).press(client, EMPTY)
        made = db.session.query(Sheet).filter(Sheet.id != last.id).one()
        assert "98\u00a0personnes" in page(client, made, "/moyens")
        assert "carried" not in block(page(client, made, "/action"), "status")

    def test_a_first_year_shows_nothing_of_that(self, client: PageClient, centre: Centre) -> None:
        text = page(client, draft(centre), "/moyens")
        assert "Ce que vous aviez écrit" not in text
        assert "data-last-year" not in text

    def test_another_who_changed_it_wins_over_the_box(
        self, client: PageClient, make_client: type[PageClient], renewed: Sheet
    ) -> None:
        colleague = make_client()
        member(colleague, renewed.centre, RoleName.MEMBER)
        mine = step(client, renewed, "action").fill(_confirm="summary")
        step(colleague, renewed, "action").fill(summary="Une serre.").press(colleague, SAVE)
        assert mine.press(client, SAVE).status_code == 303
        assert again(renewed).answers["summary"] == "Une serre."


class TestRecap:
    """The last look before sending."""

    def test_what_waits_is_listed_and_the_sheet_can_not_be_sent(self, client: PageClient, renewed: Sheet) -> None:
        text = page(client, renewed, "/verification")
        assert 'data-testid="send"' not in text
        assert "Relisez «\u00a0Résumé\u00a0», repris de 2025." in text
        assert 'href="#reponse-summary"' in text
        assert f"{len(renewed.carried)}\u00a0réponses reprises à relire" in text
        refused = post(client, f"/fiches/{renewed.id}/envoyer", {"sharing": "public"})
        assert refused.status_code == 422
        assert "La fiche n’est pas partie" in refused.text
        assert "réponses reprises sont à relire" in refused.text
        assert again(renewed).state is SheetState.DRAFT

    def test_each_is_confirmed_there_under_its_answer(self, client: PageClient, renewed: Sheet) -> None:
        text = page(client, renewed, "/verification")
        below = text.partition('id="reponse-summary"')[2].partition('id="reponse-')[0]
        assert 'data-testid="confirm-summary"' in below
        response = post(client, f"/fiches/{renewed.id}/confirmer", {"_confirm": "summary"})
        assert response.location == f"/fiches/{renewed.id}/verification#reponse-summary"
        assert "summary" not in again(renewed).carried
        assert "confirm-summary" not in page(client, renewed, "/verification")

    def test_what_hardly_changes_is_confirmed_at_once(self, client: PageClient, renewed: Sheet) -> None:
        form = form_on(client.get(f"/fiches/{renewed.id}/verification"), "/confirmer")
        assert form.values("_confirm") == ["status", "dimension", "keywords", "public"]
        form.press(client)
        assert again(renewed).carried.keys() == {"summary", "limits"}

    def test_once_all_is_confirmed_it_is_sent(self, client: PageClient, renewed: Sheet) -> None:
        for question in list(again(renewed).carried):
            post(client, f"/fiches/{renewed.id}/confirmer", {"_confirm": question})
        form = form_on(client.get(f"/fiches/{renewed.id}/verification"), "/envoyer")
        assert form.press(client, "Envoyer").status_code == 303
        assert again(renewed).state is SheetState.SUBMITTED

    def test_only_who_may_write_confirms(
        self, client: PageClient, make_client: type[PageClient], renewed: Sheet
    ) -> None:
        address, said = f"/fiches/{renewed.id}/confirmer", {"_confirm": "summary"}
        neighbour, reviewer = make_client(), make_client()
        member(neighbour, CentreFactory(federation=renewed.federation))
        sign_in(reviewer, person(RoleName.REVIEWER, renewed.federation))
        assert post(neighbour, address, said).status_code == 404
        assert post(reviewer, address, said).status_code == 403
        assert "summary" in again(renewed).carried

    def test_a_closed_campaign_confirms_nothing(self, client: PageClient, renewed: Sheet) -> None:
        campaign = campaign_of(renewed.federation)
        campaign.shown_deadline = campaign.last_creation = campaign.last_edit = datetime(2026, 11, 1, tzinfo=UTC).date()
        response = post(client, f"/fiches/{renewed.id}/confirmer", {"_confirm": "summary"}, follow_redirects=True)
        assert "La campagne est close" in response.text
        assert "summary" in again(renewed).carried
        assert "Toujours juste" not in response.text

    def test_a_sheet_that_was_sent_confirms_nothing(self, client: PageClient, renewed: Sheet) -> None:
        renewed.state = SheetState.SUBMITTED
        db.session.commit()
        assert post(client, f"/fiches/{renewed.id}/confirmer", {"_confirm": "summary"}).status_code == 409
        assert "summary" in again(renewed).carried

    def test_what_no_question_is_called_is_passed_over(self, client: PageClient, renewed: Sheet) -> None:
        response = post(client, f"/fiches/{renewed.id}/confirmer", {"_confirm": "<script>"})
        assert response.location == f"/fiches/{renewed.id}/verification"
        assert again(renewed).revision == 0


def test_lists_say_what_is_to_be_read_again(client: PageClient, renewed: Sheet) -> None:
    home = client.get("/fiches").text
    assert f"{len(renewed.carried)}\u00a0réponses reprises à relire pour pouvoir l’envoyer." in home
    overview = page(client, renewed)
    assert "4\u00a0réponses reprises à relire" in overview
    assert overview.count("À commencer") >= 5


class TestReview:
    """What the reviewer reads beside the answers."""

    @pytest.fixture
    def sheet(self, make_client: type[PageClient], centre: Centre) -> tuple[PageClient, Sheet]:
        """A sheet that was sent three years in a row, and a reviewer."""
        old = told(centre, 2024)
        told(centre, 2025, action=old.action, answers=LAST | {"limits": "La pluie.", "volunteers_count": counted(10)})
        now = LAST | {"limits": "La pluie.", "participants_count": counted(98), "volunteers_count": counted(12)}
        sheet = sent_sheet(centre=centre, action=old.action, answers=now)
        reviewer = make_client()
        sign_in(reviewer, person(RoleName.REVIEWER, centre.federation))
        return reviewer, sheet

    def test_what_is_the_same_for_two_years_is_marked_and_summed_up(self, sheet: tuple[PageClient, Sheet]) -> None:
        reviewer, now = sheet
        text = re.sub(r"\s+", " ", reviewer.get(f"/relecture/{now.id}").text)
        marked = re.findall(r'data-testid="same-([a-z_]+)".*?</svg>([^<]+)', text)
        assert dict(marked) == {
            "summary": "inchangé depuis 2024",
            "funding": "inchangé depuis 2024",
            "funding_lines": "inchangé depuis 2024",
            "participants_count": "inchangé depuis 2024",
            "limits": "comme en 2025",
        }
        above = text.partition('data-testid="unchanged"')[2].partition("</section>")[0]
        assert "4 réponses inchangées depuis deux ans ou plus" in above
        assert 'href="#reponse-summary"' in above
        assert "1 réponse comme l’année précédente" in above

    def test_a_figure_that_has_moved_is_compared(self, sheet: tuple[PageClient, Sheet]) -> None:
        reviewer, now = sheet
        text = reviewer.get(f"/relecture/{now.id}").text
        assert 'data-testid="compared-volunteers_count"' in text
        assert "2025\u00a0: 10\u00a0personnes · +\u00a02 par rapport à 2025 (+\u00a020\u00a0%)" in text

    def test_a_draft_of_another_year_says_nothing_to_the_federation(
        self, make_client: type[PageClient], centre: Centre
    ) -> None:
        old = told(centre, 2025)
        old.state = SheetState.DRAFT
        now = sent_sheet(centre=centre, action=old.action, answers=LAST)
        reviewer = make_client()
        sign_in(reviewer, person(RoleName.REVIEWER, centre.federation))
        text = reviewer.get(f"/relecture/{now.id}").text
        assert "same-" not in text
        assert "D’une année à l’autre" not in text
