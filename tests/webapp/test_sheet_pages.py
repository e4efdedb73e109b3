"""The centre's pages around the steps: home, new sheet, list of steps, recap, sending, reading."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pypdf
import pytest
from sqlalchemy import event

from forms.french import plural
from forms.lifecycle import SheetState
from forms.steps import unanswered
from tests.client import PageClient
from tests.clock import SetClock
from tests.factories import (
    ActionFactory,
    CampaignFactory,
    CentreFactory,
    FunderFactory,
    QueryFactory,
    SheetFactory,
    address,
    campaign_of,
    grant,
    person,
    sent_sheet,
)
from tests.page_forms import form_on
from tests.signing import post, sign_in
from tests.webapp.sheet_visits import COMPLETE, VERSION, again, draft, member
from webapp.database import db
from webapp.models import Action, Mail, Sheet, User
from webapp.vocabulary import RoleName, Sharing

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def sheet(client: PageClient) -> Sheet:
    """A draft that may be sent, of a centre whose responsable has signed in."""
    centre = CentreFactory()
    member(client, centre)
    return draft(centre, **COMPLETE)


class TestHome:
    """Where one arrives."""

    def test_everybody_is_sent_to_their_work(self, make_client: type[PageClient]) -> None:
        centre = CentreFactory()
        funder = FunderFactory(federation=centre.federation)
        homes = {
            (RoleName.MEMBER, centre): "/fiches",
            (RoleName.RESPONSIBLE, centre): "/fiches",
            (RoleName.FUNDER, funder): "/fiches",
            (RoleName.PLATFORM, None): "/comptes",
        }
        for (role, place), home in homes.items():
            visitor = make_client()
            sign_in(visitor, person(role, place))
            assert visitor.get("/").location == home, role
        assert make_client().get("/").location == "/catalogue"

    def test_this_year_s_sheets_with_what_is_left_to_do_and_the_days_left(
        self, client: PageClient, sheet: Sheet
    ) -> None:
        campaign = campaign_of(sheet.federation)
        campaign.shown_deadline = (TODAY + timedelta(days=12)).date()
        draft(sheet.centre, title="Le bal")
        db.session.commit()
        page = client.get("/fiches").text
        assert "Il reste 12\u00a0jours" in page
        left = len(unanswered(VERSION, sheet.answers, sheet.unparsed))
        assert f"Peut être envoyée\u202f; {plural(left, 'question reste', 'questions restent')} sans réponse." in page
        needed = sum(question.required and question.show_if is None for question in VERSION.questions)
        assert f"{needed - 1}\u00a0points à compléter" in page
        assert page.index("Le bal") < page.index("Le jardin partagé")

    @pytest.mark.parametrize(
        ("days", "said"),
        [(1, "Il reste un jour"), (0, "C’est le dernier jour"), (-1, "La date limite est passée")],
    )
    def test_the_last_days_are_said_in_words(self, client: PageClient, sheet: Sheet, days: int, said: str) -> None:
        campaign_of(sheet.federation).shown_deadline = (TODAY + timedelta(days=days)).date()
        db.session.commit()
        assert said in client.get("/fiches").text

    def test_the_sheets_of_other_years_stay_within_reach(self, client: PageClient, sheet: Sheet) -> None:
        past = CampaignFactory(federation=sheet.federation, year=2024)
        old = sent_sheet(SheetState.PUBLISHED, centre=sheet.centre, campaign=past, title="La fête de 2024")
        page = client.get("/fiches").text
        assert page.index("Les autres années") < page.index("La fête de 2024")
        assert f'href="/fiches/{old.id}"' in page

    def test_one_person_may_work_for_two_centres(self, client: PageClient) -> None:
        first = CentreFactory(name="Les Lilas")
        second = CentreFactory(name="Le Verger", federation=first.federation)
        user = member(client, first)
        grant(user, RoleName.MEMBER, second)
        draft(first, title="Le bal des Lilas")
        draft(second, title="Le marché du Verger")
        draft(CentreFactory(federation=first.federation), title="Le secret du voisin")
        page = client.get("/fiches").text
        assert "Le bal des Lilas" in page
        assert "Le marché du Verger" in page
        assert "Le secret du voisin" not in page

    def test_without_a_campaign_one_is_told_so(self, client: PageClient) -> None:
        member(client, CentreFactory())
        assert "Aucune campagne n’est ouverte" in client.get("/fiches").text


class TestFunder:
    """What a funder finds at the same address."""

    def test_a_funder_sees_the_accepted_sheets_addressed_to_it_and_no_other(self, client: PageClient) -> None:
        funder = FunderFactory()
        centre = CentreFactory(federation=funder.federation)
        campaign = campaign_of(funder.federation)
        elsewhere = CampaignFactory(federation=funder.federation, year=2025)
        address(campaign, funder)
        sent_sheet(SheetState.VALIDATED, centre=centre, title="La validée")
        sent_sheet(SheetState.PUBLISHED, centre=centre, title="La publiée")
        sent_sheet(SheetState.SUBMITTED, centre=centre, title="En relecture")
        sent_sheet(SheetState.VALIDATED, centre=centre, campaign=elsewhere, title="À d’autres")
        draft(centre, title="Le brouillon")
        sign_in(client, person(RoleName.FUNDER, funder))
        page = client.get("/fiches").text
        assert [title in page for title in ("La validée", "La publiée")] == [True, True]
        assert [title in page for title in ("En relecture", "À d’autres", "Le brouillon")] == [False] * 3
        assert "Nouvelle fiche" not in page
        assert "<title>Fiches reçues" in page
        assert "Fiches reçues</h1>" in page
        found = client.get("/fiches?q=VALIDEE").text
        assert "La validée" in found
        assert "La publiée" not in found
        assert "La validée" not in client.get("/fiches?annee=2025").text

    def test_a_slip_is_mended_and_said_as_in_the_catalogue(self, client: PageClient) -> None:
        funder = FunderFactory()
        centre = CentreFactory(federation=funder.federation)
        address(campaign_of(funder.federation), funder)
        sent_sheet(SheetState.VALIDATED, centre=centre, title="Le jardin d’été")
        sent_sheet(SheetState.VALIDATED, centre=centre, title="La validée")
        sent_sheet(SheetState.SUBMITTED, centre=centre, title="Les marionnettes")
        sign_in(client, person(RoleName.FUNDER, funder))
        page = client.get("/fiches?q=jardn").text
        assert "Le jardin d’été" in page
        assert "La validée" not in page
        assert '<strong><span class="as-typed">jardin</span></strong>' in page
        assert '<strong><span class="as-typed">validée</span></strong>' in client.get("/fiches?q=valdee").text
        assert "Aucune fiche pour" not in client.get("/fiches?q=jard").text, "a part of a word will do"
        for word in ("marionete", "xyzxyz"):
            assert "Aucune fiche ne répond" in client.get(f"/fiches?q={word}").text, (
                "no word of a sheet that isn’t theirs"
            )


class TestNewSheet:
    """Beginning a sheet."""

    def test_a_new_action_is_begun_by_its_name(self, client: PageClient, sheet: Sheet) -> None:
        response = (
            form_on(client.get("/fiches/nouvelle")).fill(title=" Le bal d’été ").press(client, "Commencer la fiche")
        )
        (made,) = db.session.query(Sheet).filter(Sheet.id != sheet.id)
        assert response.location == f"/fiches/{made.id}"
        assert (made.action.title, made.answers, made.state) == ("Le bal d’été", {"title": "Le bal d’été"}, "draft")
        assert made.centre_id == sheet.centre_id
        assert made.reference in client.get(response.location).text

    def test_an_action_of_other_years_is_chosen(self, client: PageClient, sheet: Sheet) -> None:
        known = ActionFactory(centre=sheet.centre, title="La fête de quartier")
        form = form_on(client.get("/fiches/nouvelle"))
        response = form.fill(action=str(known.id)).press(client, "Commencer la fiche")
        assert response.status_code == 303
        assert db.session.query(Sheet).filter_by(action_id=known.id).one().answers == {"title": "La fête de quartier"}
        assert "La fête de quartier" not in client.get("/fiches/nouvelle").text

    @pytest.mark.parametrize(
        ("title", "said"),
        [
            ("  ", "Indiquez le nom"),
            ("a" * 251, "Raccourcissez"),
            ("LE JARDIN PARTAGE", "déjà une action"),
        ],
    )
    def test_a_name_that_does_not_do_is_said_and_shown_again(
        self, client: PageClient, sheet: Sheet, title: str, said: str
    ) -> None:
        response = form_on(client.get("/fiches/nouvelle")).fill(title=title).press(client)
        assert response.status_code == 422
        assert said in response.text
        assert form_on(response).values("title") == [title]
        assert 'aria-describedby="title-help title-error"' in response.text
        assert db.session.query(Action).count() == 1

    def test_a_name_that_is_taken_leads_to_whose_it_is(self, client: PageClient, sheet: Sheet) -> None:
        known = ActionFactory(centre=sheet.centre, title="La fête")
        ActionFactory(centre=CentreFactory(federation=sheet.federation), title="Le bal")
        form = form_on(client.get("/fiches/nouvelle"))
        page = form.fill(title="le jardin partagé").press(client).text
        link = '>Ouvrir «\u00a0<span class="as-typed">Le jardin partagé</span>\u00a0»</span></a>'
        assert link in page[page.index(f'href="/fiches/{sheet.id}"') :]
        page = form.fill(title="LA FETE").press(client).text
        assert f'href="#action-{known.id}"' in page
        assert f'id="action-{known.id}"' in page
        assert form.fill(title="Le bal").press(client).status_code == 303

    def test_the_action_of_a_neighbour_can_not_be_taken(self, client: PageClient, sheet: Sheet) -> None:
        theirs = ActionFactory(centre=CentreFactory(federation=sheet.federation))
        form = form_on(client.get("/fiches/nouvelle")).fill(action=str(theirs.id), title="Le bal")
        assert form.press(client).status_code == 422
        assert db.session.query(Sheet).count() == 1

    def test_a_place_that_is_not_one_s_own_is_not_found(self, client: PageClient, sheet: Sheet) -> None:
        other = CentreFactory(federation=sheet.federation)
        place = f"{other.id}.{campaign_of(other.federation).id}"
        assert post(client, "/fiches/nouvelle", {"place": place, "title": "Le bal"}).status_code == 404

    def test_with_two_centres_one_says_which(self, client: PageClient) -> None:
        first = CentreFactory(name="Les Lilas")
        second = CentreFactory(name="Le Verger", federation=first.federation)
        grant(member(client, first), RoleName.MEMBER, second)
        campaign = campaign_of(first.federation)
        page = client.get("/fiches/nouvelle")
        assert f"place={second.id}.{campaign.id}" in page.text
        form_on(client.get(f"/fiches/nouvelle?place={second.id}.{campaign.id}")).fill(title="Le bal").press(client)
        assert db.session.query(Sheet).one().centre_id == second.id

    def test_after_the_last_day_of_creation_none_is_begun(self, client: PageClient, sheet: Sheet) -> None:
        form = form_on(client.get("/fiches/nouvelle")).fill(title="Le bal")
        campaign_of(sheet.federation).last_creation = (TODAY - timedelta(days=1)).date()
        db.session.commit()
        assert "Aucune campagne n’accepte" in client.get("/fiches/nouvelle").text
        assert form.press(client).status_code == 404
        assert db.session.query(Sheet).count() == 1


class TestOverview:
    """The page of a sheet."""

    def test_it_leads_to_every_step_with_its_state(self, client: PageClient, sheet: Sheet) -> None:
        page = client.get(f"/fiches/{sheet.id}").text
        for section in ("action", "initiative", "public", "partenaires", "moyens", "resultats", "suites", "pieces"):
            assert f'href="/fiches/{sheet.id}/{section}"' in page
        assert "En cours" in page
        assert "À commencer" in page
        assert "Facultative" in page

    def test_it_says_what_to_do_next(self, client: PageClient, sheet: Sheet) -> None:
        assert "Continuer «\u00a0L’action\u00a0»" in client.get(f"/fiches/{sheet.id}").text
        sheet.unparsed = {"participants_count": {"posted": [["participants_count", "douze"]], "error": "Non."}}
        db.session.commit()
        assert "Corriger «\u00a0Moyens\u00a0»" in client.get(f"/fiches/{sheet.id}").text

    def test_the_recap_says_in_one_sentence_what_was_typed_and_not_read(self, client: PageClient, sheet: Sheet) -> None:
        posted = [["participants_count", "douze"], ["participants_count-how", "counted"]]
        sheet.unparsed = {"participants_count": {"posted": posted, "error": "Non."}}
        db.session.commit()
        page = client.get(f"/fiches/{sheet.id}/verification").text
        (said,) = re.findall(r'<p class="error"><svg.*?</svg><span>(.*?)</span></p>', page, re.DOTALL)
        words = re.sub("<[^>]+>", "", said)
        assert words == (
            "À corriger\u00a0: vous avez écrit «\u00a0douze\u00a0». Ceci ne compte pas encore comme réponse."
        )

    def test_a_member_is_told_from_the_start_who_sends(self, make_client: type[PageClient], sheet: Sheet) -> None:
        claire = db.session.query(User).one()
        visitor = make_client()
        member(visitor, sheet.centre, RoleName.MEMBER)
        page = visitor.get(f"/fiches/{sheet.id}").text
        assert "vous pouvez envoyer" not in page
        assert "Vérifier et envoyer" not in page
        assert f'la fiche est prête, <span class="as-typed">{claire.full_name}</span> peut l’envoyer.' in page
        assert "Vérifier et envoyer" not in visitor.get(f"/fiches/{sheet.id}/action").text
        recap = visitor.get(f"/fiches/{sheet.id}/verification").text
        assert "<h1>Vérifier</h1>" in recap
        sheet.answers = {"title": "Le bal"}
        db.session.commit()
        assert "Une fois la fiche prête, dites-le à" in visitor.get(f"/fiches/{sheet.id}").text
        claire.active = False
        db.session.commit()
        assert "un responsable du centre" in visitor.get(f"/fiches/{sheet.id}").text

    def test_one_that_is_reopened_says_why_and_not_that_all_is_answered(
        self, client: PageClient, make_client: type[PageClient]
    ) -> None:
        sheet = sent_sheet(SheetState.VALIDATED)
        reviewer = make_client()
        sign_in(reviewer, person(RoleName.REVIEWER, sheet.federation))
        member(client, sheet.centre)
        post(reviewer, f"/relecture/{sheet.id}/rouvrir", {"reason": "Le budget a changé."})
        page = client.get(f"/fiches/{sheet.id}").text
        what_now = page[page.index('aria-label="Où en est la fiche"') : page.index('id="etapes"')]
        assert "La fédération a rouvert la fiche" in what_now
        assert "Le budget a changé." in what_now
        home = client.get("/fiches").text
        assert "Rouverte par la fédération\u00a0: corrigez-la, puis renvoyez-la." in home
        for text in (page, home):
            assert "Vous avez répondu à tout" not in text
        QueryFactory(sheet=sheet)
        assert "demande vous attend" in client.get(f"/fiches/{sheet.id}").text
        assert "demande de la fédération vous attend" in client.get("/fiches").text

    def test_it_tells_who_did_what(self, client: PageClient) -> None:
        centre = CentreFactory()
        campaign_of(centre.federation)
        user = member(client, centre)
        form_on(client.get("/fiches/nouvelle")).fill(title="Le bal").press(client)
        made = db.session.query(Sheet).one()
        assert f"{user.full_name} a commencé la fiche" in client.get(f"/fiches/{made.id}").text

    def test_the_federation_is_led_to_its_own_page(self, make_client: type[PageClient]) -> None:
        sent = sent_sheet()
        reviewer = make_client()
        sign_in(reviewer, person(RoleName.REVIEWER, sent.federation))
        assert reviewer.get(f"/fiches/{sent.id}").location == f"/relecture/{sent.id}"


class TestRecap:
    """Everything once more before the sending."""

    def test_what_is_missing_stands_on_top_with_a_way_to_each_question(self, client: PageClient) -> None:
        centre = CentreFactory()
        member(client, centre)
        made = draft(centre, status="terminee")
        page = client.get(f"/fiches/{made.id}/verification").text
        for question in ("ended_reason", "dimension", "summary"):
            link = f'href="/fiches/{made.id}/action#{question}"'
            assert 0 < page.index(link) < page.index('id="section-action"')
        assert 'data-testid="send"' not in page

    def test_a_broken_rule_is_said_in_the_same_place(self, client: PageClient, sheet: Sheet) -> None:
        sheet.answers = sheet.answers | {"partners_named": [{"name": "La mairie", "type": "commune"}]}
        db.session.commit()
        page = client.get(f"/fiches/{sheet.id}/verification").text
        assert f'href="/fiches/{sheet.id}/partenaires#partners"' in page
        assert 'data-testid="send"' not in page

    def test_questions_without_answer_may_be_sent_so(self, client: PageClient, sheet: Sheet) -> None:
        page = client.get(f"/fiches/{sheet.id}/verification").text
        assert "Vous pouvez envoyer sans." in page
        assert f'href="/fiches/{sheet.id}/suites#limits"' in page
        assert 'data-testid="send"' in page

    def test_it_shows_what_the_funder_will_read(self, client: PageClient, sheet: Sheet) -> None:
        sheet.answers = sheet.answers | {"initiative_territory": "commune", "ended_reason": "Ne se lit pas."}
        db.session.commit()
        page = client.get(f"/fiches/{sheet.id}/verification").text
        assert f"{sheet.centre.name} - Lot" in page
        assert page.count("Une commune") == 2, "the second territory is that of the action"
        assert "Ne se lit pas." not in page.partition('data-testid="set-aside"')[0]

    def test_a_member_sees_who_can_send(self, client: PageClient, make_client: type[PageClient], sheet: Sheet) -> None:
        chief = person(RoleName.RESPONSIBLE, sheet.centre, full_name="Josiane Carrière")
        visitor = make_client()
        member(visitor, sheet.centre, RoleName.MEMBER)
        page = visitor.get(f"/fiches/{sheet.id}/verification").text
        assert chief.full_name in page
        assert 'data-testid="send"' not in page
        assert post(visitor, f"/fiches/{sheet.id}/envoyer").status_code == 403
        assert again(sheet).state is SheetState.DRAFT


class TestSending:
    """The sending, and what follows."""

    def test_a_sheet_is_sent_with_its_sharing_and_a_receipt(self, client: PageClient, sheet: Sheet) -> None:
        form = form_on(client.get(f"/fiches/{sheet.id}/verification"), "/envoyer").fill(sharing="public")
        response = form.press(client, "Envoyer")
        assert response.status_code == 303
        assert (again(sheet).state, sheet.sharing) == (SheetState.SUBMITTED, Sharing.PUBLIC)
        page = client.get(response.location).text
        assert sheet.reference in page
        assert "21\u00a0novembre 2026 à 14\u00a0h\u00a032" in page
        assert f'href="/fiches/{sheet.id}/pdf"' in page
        (receipt,) = db.session.query(Mail).all()
        assert receipt.recipient in page
        assert "a envoyé la fiche" in client.get(f"/fiches/{sheet.id}").text

    def test_one_with_something_missing_stays_and_says_why(self, client: PageClient) -> None:
        centre = CentreFactory()
        member(client, centre)
        made = draft(centre)
        response = post(client, f"/fiches/{made.id}/envoyer", {"sharing": "public"})
        assert response.status_code == 422
        assert "La fiche n’est pas partie" in response.text
        assert (again(made).state, made.sharing) == (SheetState.DRAFT, Sharing.FUNDERS)

    def test_one_that_is_sent_is_not_sent_twice(self, client: PageClient, sheet: Sheet) -> None:
        form = form_on(client.get(f"/fiches/{sheet.id}/verification"), "/envoyer")
        form.press(client, "Envoyer")
        assert form.press(client, "Envoyer").location == f"/fiches/{sheet.id}/envoyee"
        assert len(again(sheet).snapshots) == 1

    def test_it_may_be_taken_back_while_nobody_reads_it(self, client: PageClient, sheet: Sheet) -> None:
        post(client, f"/fiches/{sheet.id}/envoyer")
        form = form_on(client.get(f"/fiches/{sheet.id}/envoyee"), "/reprendre")
        assert form.press(client, "Reprendre la fiche").location == f"/fiches/{sheet.id}"
        assert again(sheet).state is SheetState.DRAFT
        assert client.get(f"/fiches/{sheet.id}/action").status_code == 200

    def test_it_stays_once_somebody_reads_it(self, client: PageClient, sheet: Sheet) -> None:
        post(client, f"/fiches/{sheet.id}/envoyer")
        again(sheet).read_at = TODAY
        db.session.commit()
        assert "Reprendre la fiche" not in client.get(f"/fiches/{sheet.id}").text
        page = post(client, f"/fiches/{sheet.id}/reprendre", follow_redirects=True).text
        assert "La fédération a commencé à lire cette fiche" in page
        assert again(sheet).state is SheetState.SUBMITTED

    def test_it_is_not_taken_back_into_a_campaign_that_is_over(self, client: PageClient, sheet: Sheet) -> None:
        post(client, f"/fiches/{sheet.id}/envoyer")
        campaign = campaign_of(sheet.federation)
        campaign.shown_deadline = campaign.last_creation = campaign.last_edit = (TODAY - timedelta(days=1)).date()
        db.session.commit()
        assert "Reprendre la fiche" not in client.get(f"/fiches/{sheet.id}").text
        post(client, f"/fiches/{sheet.id}/reprendre")
        assert again(sheet).state is SheetState.SUBMITTED

    def test_a_corrected_sheet_is_sent_again(self, client: PageClient) -> None:
        back = sent_sheet(SheetState.CHANGES_REQUESTED, answers=COMPLETE)
        QueryFactory(sheet=back, question="people")
        member(client, back.centre)
        page = client.get(f"/fiches/{back.id}/verification")
        assert "1\u00a0demande de la fédération reste sans réponse ni changement" in page.text
        refused = form_on(page, "/envoyer").press(client, "Envoyer")
        assert refused.status_code == 422
        assert "Dites en quelques mots pourquoi cette réponse reste la même" in refused.text
        assert again(back).state is SheetState.CHANGES_REQUESTED
        form = form_on(refused, "/envoyer")
        (name,) = [name for name, _text in form.pairs if name.startswith("_silence-")]
        assert form.fill_in({name: "Le nombre est juste."}).press(client, "Envoyer").status_code == 303
        assert again(back).state is SheetState.SUBMITTED


class TestReading:
    """The sheet as it was sent."""

    def test_it_is_what_was_sent_and_not_what_was_typed_since(self, client: PageClient) -> None:
        sent = sent_sheet(SheetState.CHANGES_REQUESTED, answers=COMPLETE | {"limits": "Le froid."})
        member(client, sent.centre)
        sent.answers = sent.answers | {"limits": "La pluie."}
        db.session.commit()
        page = client.get(f"/fiches/{sent.id}/lecture").text
        assert "Le froid." in page
        assert "La pluie." not in page
        assert "Ce que vous avez changé depuis n’y est pas." in page

    @pytest.mark.parametrize(
        ("state", "sharing", "readers"),
        [
            (SheetState.SUBMITTED, Sharing.PUBLIC, {"centre", "federation"}),
            (SheetState.VALIDATED, Sharing.PUBLIC, {"centre", "federation", "funder"}),
            (SheetState.PUBLISHED, Sharing.FUNDERS, {"centre", "federation", "funder"}),
            (SheetState.PUBLISHED, Sharing.NETWORK, {"centre", "federation", "funder", "neighbour"}),
            (SheetState.PUBLISHED, Sharing.PUBLIC, {"centre", "federation", "funder", "neighbour", "visitor"}),
        ],
    )
    def test_who_reads_it(
        self, make_client: type[PageClient], state: SheetState, sharing: Sharing, readers: set[str]
    ) -> None:
        sent = sent_sheet(state, sharing=sharing, answers=COMPLETE)
        funder = FunderFactory(federation=sent.federation)
        address(sent.campaign, funder)
        people = {
            "centre": person(RoleName.MEMBER, sent.centre),
            "federation": person(RoleName.REVIEWER, sent.federation),
            "funder": person(RoleName.FUNDER, funder),
            "neighbour": person(RoleName.MEMBER, CentreFactory(federation=sent.federation)),
            "visitor": None,
        }
        for name, user in people.items():
            visitor = make_client()
            if user is not None:
                sign_in(visitor, user)
            expected = 200 if name in readers else 404
            assert visitor.get(f"/fiches/{sent.id}/lecture").status_code == expected, name

    def test_a_draft_has_nothing_to_read_yet(self, client: PageClient, sheet: Sheet) -> None:
        assert client.get(f"/fiches/{sheet.id}/lecture").location == f"/fiches/{sheet.id}/verification"
        assert client.get(f"/fiches/{sheet.id}/pdf").status_code == 404

    def test_its_pdf_says_the_same(self, client: PageClient) -> None:
        sent = sent_sheet(answers=COMPLETE | {"limits": "Le froid de février."})
        member(client, sent.centre)
        response = client.get(f"/fiches/{sent.id}/pdf")
        assert response.mimetype == "application/pdf"
        assert f"fiche-{sent.reference}.pdf" in response.headers["Content-Disposition"]
        text = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(response.data)).pages)
        assert "Le froid de février." in text

    def test_a_page_that_is_read_changes_nothing(self, client: PageClient) -> None:
        sent = sent_sheet(answers=COMPLETE)
        member(client, sent.centre)
        before = again(sent).updated_at, sent.revision, sent.read_at
        for path in ("", "/lecture", "/envoyee"):
            client.get(f"/fiches/{sent.id}{path}")
        assert (again(sent).updated_at, sent.revision, sent.read_at) == before


def test_a_list_of_many_sheets_asks_the_database_no_more_often(client: PageClient) -> None:
    centre = CentreFactory()
    member(client, centre)
    counts = []
    for _round in range(2):
        for _sheet in range(3):
            SheetFactory(centre=centre)
        counts.append(_statements(client))
    assert counts[0] == counts[1]


def _statements(client: PageClient) -> int:
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    client.get("/fiches")
    event.remove(db.engine, "before_cursor_execute", note)
    return len(sent)


def test_answers_that_are_no_longer_asked_stand_folded_at_the_recap(client: PageClient) -> None:
    centre = CentreFactory()
    member(client, centre)
    sheet = draft(centre, **COMPLETE | {"status": "en_cours", "ended_reason": "Le local a fermé."})
    page = client.get(f"/fiches/{sheet.id}/verification").text
    assert "1\u00a0réponse mise de côté" in page
    assert page.index('data-testid="set-aside"') < page.index("Le local a fermé.")
    post(client, f"/fiches/{sheet.id}/envoyer", {"sharing": "funders"})
    snapshot = again(sheet).current_snapshot
    assert snapshot is not None
    assert "ended_reason" not in snapshot.answers
    assert sheet.answers["ended_reason"] == "Le local a fermé.", "it comes back if the question does"
