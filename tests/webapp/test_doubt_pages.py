"""« Sûr ? » on the pages: beside the answer, on the recap, before the reviewer; and figures offered from a text."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.checks import doubts
from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.factories import address, person, sent_sheet
from tests.page_forms import PageForm, form_on
from tests.signing import post, sign_in
from tests.webapp.sheet_visits import COMPLETE, VERSION, again, draft, step
from webapp.models import Centre, Sheet, Snapshot, User
from webapp.vocabulary import RoleName, Sharing

SAVE, CONTINUE = "Enregistrer", "Enregistrer et continuer"
SURE = "Sûr\u202f?"


@pytest.fixture
def centre(db: SQLAlchemy) -> Centre:
    made: Centre = factories.CentreFactory()
    return made


@pytest.fixture
def claire(client: PageClient, centre: Centre) -> User:
    """A responsible person of the centre, signed in."""
    user = person(RoleName.RESPONSIBLE, centre, full_name="Claire Vasseur")
    sign_in(client, user)
    return user


@pytest.fixture
def sheet(claire: User, centre: Centre) -> Sheet:
    """A draft that could be sent but for one « idem »."""
    return draft(centre, **(COMPLETE | {"limits": "idem"}))


def key_of(sheet: Sheet, question: str = "limits") -> str:
    return next(doubt.key for doubt in doubts(VERSION, sheet.answers) if doubt.question == question)


def tick(form: PageForm, key: str, reason: str) -> PageForm:
    return form.fill_in({"_sure": [*form.values("_sure"), key], f"_sure-reason-{key}": reason})


def counted(number: int, how: str = "counted") -> dict[str, Any]:
    return {"number": number, "how": how}


class TestBesideTheAnswer:
    def test_a_doubt_stands_beside_the_answer_once_it_is_stored(self, client: PageClient, sheet: Sheet) -> None:
        page = client.get(f"/fiches/{sheet.id}/suites").text
        assert 'data-testid="doubt-limits"' in page
        assert "«\u00a0idem\u00a0» ne dit rien" in page
        assert SURE not in client.get(f"/fiches/{sheet.id}/resultats").text, "only those of this step"
        form = step(client, sheet, "resultats").fill(results_centre="RAS")
        assert form.press(client, SAVE).status_code == 303, "never in the way of saving"
        assert 'data-testid="doubt-results_centre"' in client.get(f"/fiches/{sheet.id}/resultats").text

    def test_a_tick_and_a_reason_saved_with_the_step_let_it_pass(
        self, client: PageClient, sheet: Sheet, claire: User
    ) -> None:
        key = key_of(sheet)
        form = tick(step(client, sheet, "suites"), key, "Rien de neuf.").fill(perspectives="Une serre.")
        assert form.press(client, CONTINUE).location == f"/fiches/{sheet.id}/pieces"
        assert again(sheet).passed_checks[key]["reason"] == "Rien de neuf."
        assert sheet.answers["perspectives"] == "Une serre."
        page = client.get(f"/fiches/{sheet.id}/suites")
        assert f"{SURE} Confirmé" in page.text
        assert "Dit par Claire Vasseur, le " in page.text
        shown = form_on(page)
        assert shown.values("_sure") == [key]
        assert shown.values(f"_sure-reason-{key}") == ["Rien de neuf."]
        before = dict(sheet.passed_checks)
        shown.press(client, SAVE)
        assert again(sheet).passed_checks == before, "said once, it is not said again"

    def test_without_a_reason_it_is_asked_for_and_what_was_typed_stays(self, client: PageClient, sheet: Sheet) -> None:
        key = key_of(sheet)
        form = tick(step(client, sheet, "suites"), key, " ").fill(perspectives="Une serre.")
        refused = form.press(client, CONTINUE)
        assert refused.status_code == 422
        assert "Dites pourquoi, en quelques mots." in refused.text
        assert f'href="#_sure-reason-{key}"' in refused.text
        assert f'aria-describedby="_sure-reason-{key}-help _sure-reason-{key}-error"' in refused.text
        shown = form_on(refused)
        assert shown.values("_sure") == [key]
        assert shown.values("perspectives") == ["Une serre."]
        assert again(sheet).answers["perspectives"] == "Une serre.", "the rest is saved"
        assert sheet.passed_checks == {}

    def test_a_reason_without_a_tick_is_not_lost(self, client: PageClient, sheet: Sheet) -> None:
        key = key_of(sheet)
        form = step(client, sheet, "suites").fill_in({f"_sure-reason-{key}": "Rien de neuf."})
        refused = form.press(client, CONTINUE)
        assert refused.status_code == 422
        assert "Cochez «\u00a0C’est juste\u00a0»" in refused.text
        assert form_on(refused).values(f"_sure-reason-{key}") == ["Rien de neuf."]
        assert again(sheet).passed_checks == {}

    def test_a_reason_too_long_is_shown_again_whole(self, client: PageClient, sheet: Sheet) -> None:
        key = key_of(sheet)
        refused = tick(step(client, sheet, "suites"), key, "x" * 501).press(client, CONTINUE)
        assert "500 caractères au plus" in refused.text
        assert form_on(refused).values(f"_sure-reason-{key}") == ["x" * 501]

    def test_an_answer_that_changes_is_asked_about_again_with_the_words_kept(
        self, client: PageClient, sheet: Sheet
    ) -> None:
        form = tick(step(client, sheet, "suites"), key_of(sheet), "Rien de neuf.").fill(limits="Idem 2025.")
        asked = form.press(client, CONTINUE)
        assert asked.status_code == 422
        assert "La réponse a changé entre-temps" in asked.text
        new = key_of(again(sheet))
        assert form_on(asked).values(f"_sure-reason-{new}") == ["Rien de neuf."]
        assert form_on(asked).values("_sure") == []
        assert sheet.passed_checks == {}

    def test_a_mended_answer_needs_no_reason(self, client: PageClient, sheet: Sheet) -> None:
        form = step(client, sheet, "suites").fill(limits="La salle est trop petite.")
        assert form.press(client, CONTINUE).location == f"/fiches/{sheet.id}/pieces"
        assert 'data-testid="doubt-limits"' not in client.get(f"/fiches/{sheet.id}/suites").text

    def test_unticked_it_is_asked_again(self, client: PageClient, sheet: Sheet) -> None:
        key = key_of(sheet)
        tick(step(client, sheet, "suites"), key, "Rien de neuf.").press(client, SAVE)
        step(client, sheet, "suites").fill_in({"_sure": []}).press(client, SAVE)
        assert again(sheet).passed_checks == {}

    def test_a_page_that_did_not_show_the_doubt_changes_nothing(self, client: PageClient, sheet: Sheet) -> None:
        tick(step(client, sheet, "suites"), key_of(sheet), "Rien de neuf.").press(client, SAVE)
        post(client, f"/fiches/{sheet.id}/suites", {"_asked": "perspectives", "perspectives": "Une serre."})
        assert len(again(sheet).passed_checks) == 1


class TestBeforeSending:
    def test_the_recap_lists_what_is_to_be_confirmed_with_the_way_there(self, client: PageClient, sheet: Sheet) -> None:
        page = client.get(f"/fiches/{sheet.id}/verification")
        key = key_of(sheet)
        assert f'<a href="#sur-{key}">' in page.text
        assert f'href="/fiches/{sheet.id}/suites#limits"' in page.text
        assert "1\u00a0point reste à compléter" in page.text
        assert 'data-testid="send"' not in page.text

    def test_confirmed_on_the_recap_the_sheet_can_be_sent(self, client: PageClient, sheet: Sheet) -> None:
        key = key_of(sheet)
        form = form_on(client.get(f"/fiches/{sheet.id}/verification"), "/doutes")
        done = tick(form, key, "Rien de neuf.").press(client, SAVE)
        assert done.location == f"/fiches/{sheet.id}/verification#sur"
        page = client.get(f"/fiches/{sheet.id}/verification")
        assert "\u00a0: confirmé" in page.text
        sent = form_on(page, "/envoyer").press(client)
        assert sent.location == f"/fiches/{sheet.id}/envoyee"
        assert again(sheet).state is SheetState.SUBMITTED

    def test_refused_on_the_recap_the_words_stay(self, client: PageClient, sheet: Sheet) -> None:
        key = key_of(sheet)
        form = form_on(client.get(f"/fiches/{sheet.id}/verification"), "/doutes")
        refused = tick(form, key, "").press(client, SAVE)
        assert refused.status_code == 422
        assert f'href="#_sure-reason-{key}"' in refused.text
        assert form_on(refused, "/doutes").values("_sure") == [key]

    def test_sending_all_the_same_is_refused(self, client: PageClient, sheet: Sheet) -> None:
        refused = post(client, f"/fiches/{sheet.id}/envoyer", {"sharing": Sharing.FUNDERS.value})
        assert refused.status_code == 422
        assert "La fiche n’est pas partie" in refused.text
        assert again(sheet).state is SheetState.DRAFT

    def test_how_many_are_left_is_said_on_every_list(self, client: PageClient, sheet: Sheet) -> None:
        overview = client.get(f"/fiches/{sheet.id}").text
        assert "1\u00a0point à corriger ou à confirmer" in overview
        assert "1\u00a0point reste à compléter" in overview
        assert "1\u00a0point à compléter pour pouvoir l’envoyer." in client.get("/fiches").text
        tick(step(client, sheet, "suites"), key_of(sheet), "Rien de neuf.").press(client, SAVE)
        assert "à corriger ou à confirmer" not in client.get(f"/fiches/{sheet.id}").text
        assert "Peut être envoyée" in client.get("/fiches").text

    def test_a_sheet_that_was_sent_takes_no_more_reasons(self, client: PageClient, sheet: Sheet) -> None:
        key = key_of(sheet)
        sheet.state = SheetState.SUBMITTED
        factories.SnapshotFactory(sheet=sheet)
        late = post(client, f"/fiches/{sheet.id}/doutes", {"_doubt": key, "_sure": key, f"_sure-reason-{key}": "Si."})
        assert late.status_code == 409
        assert again(sheet).passed_checks == {}

    def test_nobody_else_may_confirm(self, client: PageClient, sheet: Sheet, centre: Centre) -> None:
        key = key_of(sheet)
        said = {"_doubt": key, "_sure": key, f"_sure-reason-{key}": "Si."}
        for role, place, status in (
            (RoleName.RESPONSIBLE, factories.CentreFactory(federation=centre.federation), 404),
            (RoleName.REVIEWER, centre.federation, 403),
        ):
            sign_in(client, person(role, place))
            client.check_pages = False
            assert post(client, f"/fiches/{sheet.id}/doutes", said).status_code == status
        assert again(sheet).passed_checks == {}


@pytest.fixture
def confirmed(client: PageClient, sheet: Sheet) -> Sheet:
    """The sheet, sent with its reason."""
    tick(step(client, sheet, "suites"), key_of(sheet), "Rien de neuf <cette année>.").press(client, SAVE)
    post(client, f"/fiches/{sheet.id}/envoyer", {"sharing": Sharing.PUBLIC.value})
    assert again(sheet).state is SheetState.SUBMITTED
    return sheet


class TestWhoReadsTheReasons:
    def test_the_reviewer_reads_them_beside_the_answer_and_in_the_summary(
        self, client: PageClient, confirmed: Sheet, centre: Centre
    ) -> None:
        sign_in(client, person(RoleName.REVIEWER, centre.federation))
        page = client.get(f"/relecture/{confirmed.id}").text
        place = page[page.index('data-testid="passed-limits"') :]
        assert place.index(SURE) < place.index("ne dit rien") < place.index("Rien de neuf &lt;cette année&gt;.")
        assert "Claire Vasseur, le " in place
        assert "1\u00a0réponse a paru étonnante" in page
        assert 'href="#reponse-limits"' in page

    def test_a_sheet_without_doubts_says_nothing_of_them(self, client: PageClient, centre: Centre) -> None:
        plain = sent_sheet(centre=centre, answers={"title": "Le bal"})
        sign_in(client, person(RoleName.REVIEWER, centre.federation))
        assert "paru étonnante" not in client.get(f"/relecture/{plain.id}").text

    def test_neither_funders_nor_the_public_read_them(
        self, client: PageClient, confirmed: Sheet, centre: Centre
    ) -> None:
        confirmed.state = SheetState.PUBLISHED
        confirmed.validated_at = confirmed.published_at = factories.START
        funder = factories.FunderFactory(federation=centre.federation)
        address(confirmed.campaign, funder)
        assert sa.inspect(confirmed).session is not None
        page = client.get(f"/catalogue/{confirmed.id}").text
        assert "idem" in page
        assert "Rien de neuf" not in page
        sign_in(client, person(RoleName.FUNDER, funder))
        read = client.get(f"/fiches/{confirmed.id}/lecture").text
        assert "idem" in read
        assert "Rien de neuf" not in read

    def test_a_reopened_sheet_starts_from_what_was_confirmed(self, client: PageClient, confirmed: Sheet) -> None:
        confirmed.state = SheetState.CHANGES_REQUESTED
        session = sa.inspect(confirmed).session
        assert session is not None
        session.commit()
        page = client.get(f"/fiches/{confirmed.id}/suites")
        assert f"{SURE} Confirmé" in page.text
        kept = session.scalars(sa.select(Snapshot.passed_checks)).one()
        assert [one["question"] for one in kept] == ["limits"]


class TestFiguresFromAText:
    @pytest.fixture
    def told(self, claire: User, centre: Centre) -> Sheet:
        return draft(centre, people="98 participants, une quinzaine de bénévoles, 12 séances")

    def test_they_are_offered_beside_the_text_and_never_set_by_themselves(
        self, client: PageClient, told: Sheet
    ) -> None:
        page = client.get(f"/fiches/{told.id}/moyens")
        assert 'data-testid="offer-people"' in page.text
        words = [text for name, _value, text in form_on(page).buttons if name.startswith("_take")]
        assert words == [
            "98 dans « Participants »",
            "15 (estimé) dans « Bénévoles »",
            "12 dans « Séances ou passages »",
            "Reprendre les chiffres",
        ]
        form_on(page).press(client, SAVE)
        assert set(again(told).answers) == {"title", "people"}

    def test_one_is_taken_with_the_rest_of_the_step(self, client: PageClient, told: Sheet) -> None:
        form = step(client, told, "moyens").fill(funding="800 euros", staff_count="2")
        done = form.press(client, "15 (estimé) dans « Bénévoles »")
        assert done.location == f"/fiches/{told.id}/moyens#volunteers_count"
        assert again(told).answers == {
            "title": "Le jardin partagé",
            "people": "98 participants, une quinzaine de bénévoles, 12 séances",
            "funding": "800 euros",
            "staff_count": counted(2),
            "volunteers_count": counted(15, "estimated"),
        }
        page = client.get(f"/fiches/{told.id}/moyens")
        assert "Repris du texte\u00a0: 15 dans «\u00a0Bénévoles\u00a0». Vérifiez." in page.text
        assert form_on(page).values("volunteers_count") == ["15"]
        assert form_on(page).values("volunteers_count-how") == ["estimated"]
        assert "15 (estimé)" not in page.text, "taken, it is offered no more"

    def test_all_are_taken_at_once(self, client: PageClient, told: Sheet) -> None:
        step(client, told, "moyens").press(client, "Reprendre les chiffres")
        answers = again(told).answers
        assert [answers[f"{name}_count"] for name in ("participants", "volunteers", "sessions")] == [
            counted(98),
            counted(15, "estimated"),
            counted(12),
        ]
        page = client.get(f"/fiches/{told.id}/moyens").text
        assert "offer-people" not in page
        assert SURE not in page

    def test_the_figure_taken_is_that_of_the_text_as_it_is_typed_now(self, client: PageClient, told: Sheet) -> None:
        form = step(client, told, "moyens").fill(people="120 participants")
        form.press(client, "98 dans « Participants »")
        assert again(told).answers["participants_count"] == counted(120)

    def test_a_figure_that_is_gone_or_a_box_that_was_filled_takes_nothing(
        self, client: PageClient, told: Sheet
    ) -> None:
        form = step(client, told, "moyens").fill(people="Du monde.", volunteers_count="9")
        form.press(client, "Reprendre les chiffres")
        assert "participants_count" not in again(told).answers
        assert told.answers["volunteers_count"] == counted(9)
        assert "rien n’a été repris" in client.get(f"/fiches/{told.id}/moyens").text

    def test_what_could_not_be_read_gives_way_to_the_figure(self, client: PageClient, told: Sheet) -> None:
        step(client, told, "moyens").fill(participants_count="une centaine").press(client, SAVE)
        assert "participants_count" in again(told).unparsed
        step(client, told, "moyens").press(client, "98 dans « Participants »")
        assert again(told).unparsed == {}
        assert told.answers["participants_count"] == counted(98)

    def test_a_box_that_says_something_else_is_a_doubt_and_no_offer(self, client: PageClient, told: Sheet) -> None:
        step(client, told, "moyens").fill(participants_count="89").press(client, SAVE)
        page = client.get(f"/fiches/{told.id}/moyens").text
        assert "98 dans" not in page
        assert 'data-testid="doubt-participants_count"' in page
        assert "«\u00a098 participants\u00a0», la case 89" in page

    def test_how_a_number_is_known_is_kept_and_shown(self, client: PageClient, told: Sheet) -> None:
        form = step(client, told, "moyens")
        assert form.values("participants_count-how") == ["counted"]
        form.fill_in({"participants_count": "100", "participants_count-how": "estimated", "staff_count-how": "unknown"})
        form.press(client, SAVE)
        assert again(told).answers["participants_count"] == counted(100, "estimated")
        assert told.answers["staff_count"] == {"how": "unknown"}
        page = client.get(f"/fiches/{told.id}/verification").text
        assert "100\u00a0personnes (estimé)" in page
        assert "ne sait pas" in page

    def test_a_number_that_nobody_knows_stays_with_its_error(self, client: PageClient, told: Sheet) -> None:
        form = step(client, told, "moyens")
        form.fill_in({"staff_count": "2", "staff_count-how": "unknown"}).press(client, SAVE)
        page = client.get(f"/fiches/{told.id}/moyens")
        assert "effacez le nombre, ou dites s’il est compté ou estimé" in page.text
        assert form_on(page).values("staff_count") == ["2"]
        assert form_on(page).values("staff_count-how") == ["unknown"]
