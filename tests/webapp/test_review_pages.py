"""The federation reads: its list, a sheet with its queries, decisions, and what it must not see."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.french import day
from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp import models
from webapp.queries.review import PAGE
from webapp.services import events
from webapp.vocabulary import QueryReason, QueryState, RoleName, Sharing

SECRET = "Ce que personne ne doit encore lire"


@pytest.fixture
def centre(db: SQLAlchemy) -> models.Centre:
    return factories.CentreFactory(name="L’Escale")


@pytest.fixture
def reviewer(client: PageClient, centre: models.Centre) -> models.User:
    """Somebody who reads for the federation, signed in."""
    person = factories.person(RoleName.REVIEWER, centre.federation, password=None)
    sign_in(client, person)
    return person


@pytest.fixture
def administrator(client: PageClient, centre: models.Centre) -> models.User:
    """Somebody who runs the federation, signed in."""
    person = factories.person(RoleName.ADMINISTRATOR, centre.federation, password=None)
    sign_in(client, person)
    return person


def sent(centre: models.Centre, title: str, state: SheetState = SheetState.SUBMITTED, **details) -> models.Sheet:  # type: ignore[no-untyped-def]
    """A sheet of the centre that was sent."""
    answers = {"title": title, "summary": "Un jardin ouvert à tous."} | details.pop("answers", {})
    return factories.sent_sheet(state, centre=centre, title=title, answers=answers, **details)


def test_what_waits_longest_is_read_first(client: PageClient, reviewer: models.User, centre: models.Centre) -> None:
    for days, title in ((3, "Le troisième"), (1, "Le premier"), (2, "Le deuxième")):
        sent(centre, title, submitted_at=factories.START + timedelta(days=days))
    page = client.get("/relecture").text
    assert page.index("Le premier") < page.index("Le deuxième") < page.index("Le troisième")


def test_the_list_opens_on_what_is_to_be_read_and_counts_the_rest(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sent(centre, "À lire")
    sent(centre, "Acceptée", SheetState.VALIDATED)
    page = client.get("/relecture").text
    assert "À lire" in page
    assert "Acceptée" not in page
    assert 'Validées <span class="tab-count">1</span>' in " ".join(page.split())
    assert "Acceptée" in client.get("/relecture?state=validated").text
    assert "Acceptée" in client.get("/relecture?state=toutes").text


def test_a_draft_is_known_to_exist_and_no_word_of_it_is_shown(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    draft = factories.SheetFactory(centre=centre, title=SECRET, answers={"title": SECRET, "summary": SECRET})
    taken_back = sent(centre, SECRET)
    taken_back.state = SheetState.DRAFT
    page = client.get("/relecture?state=draft").text
    assert draft.reference in page
    assert "2\u00a0réponses" in page
    assert SECRET not in page
    assert "Aucune fiche" in client.get("/relecture?state=draft&q=personne").text
    for address in (f"/centres/{centre.id}", f"/campagnes/{draft.campaign_id}"):
        assert SECRET not in client.get(address).text
    for sheet in (draft, taken_back):
        answer = client.get(f"/relecture/{sheet.id}")
        assert answer.status_code == 403
        assert SECRET not in answer.text


def test_the_list_is_narrowed_by_year_centre_dimension_and_title(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    other = factories.CentreFactory(federation=centre.federation)
    old = factories.CampaignFactory(federation=centre.federation, year=2025)
    sent(centre, "L’été au jardin", answers={"dimension": "citoyennete"})
    sent(other, "Le café", answers={"dimension": "services"})
    sent(centre, "La marche", campaign=old)
    for narrowed, shown, hidden in (
        ("year=2025", "La marche", "Le café"),
        (f"centre={other.id}", "Le café", "La marche"),
        ("dimension=citoyennete", "L’été au jardin", "Le café"),
        ("q=ETE AU", "L’été au jardin", "La marche"),
    ):
        page = client.get(f"/relecture?{narrowed}").text
        assert shown in page
        assert hidden not in page
        assert "1\u00a0fiche" in page
    assert client.get("/relecture?year=hier").status_code == 404
    assert client.get("/relecture?page=9").status_code == 404


def test_a_long_list_has_pages(client: PageClient, reviewer: models.User, centre: models.Centre) -> None:
    for number in range(PAGE + 1):
        factories.SheetFactory(centre=centre, reference=f"2026-P{number:03}")
    first, second = (client.get(f"/relecture?state=draft&page={page}").text for page in (1, 2))
    assert first.count("Fiche 2026-P") == PAGE
    assert second.count("Fiche 2026-P") == 1


def test_nothing_of_another_federation_is_listed_or_opened(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    theirs = sent(factories.CentreFactory(), "Chez les autres")
    assert "Chez les autres" not in client.get("/relecture?state=toutes").text
    headers = {"Accept": "application/json"}
    answers = [client.get(f"/relecture/{id}", headers=headers) for id in (theirs.id, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].data == answers[1].data
    query = factories.QueryFactory(sheet=theirs)
    mine = sent(centre, "Chez nous")
    for address in (
        f"/relecture/{theirs.id}/demandes/{query.id}/fermer",
        f"/relecture/{mine.id}/demandes/{query.id}/fermer",
        f"/relecture/{theirs.id}/valider",
    ):
        assert post(client, address).status_code == 404


def test_reading_begins_by_a_button_and_not_by_looking(
    client: PageClient, reviewer: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    sheet = sent(centre, "Le jardin")
    page = client.get(f"/relecture/{sheet.id}")
    db.session.refresh(sheet)
    assert sheet.read_at is None
    form_on(page, "/commencer").press(client, "Commencer la relecture")
    db.session.refresh(sheet)
    assert sheet.read_at is not None
    assert "Commencer la relecture" not in client.get(f"/relecture/{sheet.id}").text


def test_the_page_shows_what_was_sent_and_not_what_the_centre_reworks(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Comme envoyée", SheetState.CHANGES_REQUESTED)
    sheet.answers = {"title": SECRET, "summary": SECRET}
    sheet.action.title = SECRET
    page = client.get(f"/relecture/{sheet.id}").text
    assert "Comme envoyée" in page
    assert SECRET not in page
    assert SECRET not in client.get("/relecture?state=toutes").text


def test_what_the_centre_left_unanswered_is_listed(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    page = client.get(f"/relecture/{sent(centre, 'Le jardin').id}").text
    listed = page[page.index('data-testid="unanswered"') :]
    assert 'href="#reponse-description"' in listed[: listed.index("</section>")]


def test_queries_are_asked_sent_answered_and_closed(
    client: PageClient, reviewer: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    sheet = sent(centre, "Le jardin")
    address = f"/relecture/{sheet.id}"
    assert post(client, f"{address}/completer").status_code == 422
    asked = {"question": "summary", "reason": "incomplete", "text": "Qui l’entretient\u202f?"}
    assert post(client, f"{address}/demandes", asked).location == f"{address}#reponse-summary"
    page = client.get(address)
    assert 'data-testid="query-summary"' in page.text
    assert "Qui l’entretient" in page.text
    refused = post(client, f"{address}/valider")
    assert refused.status_code == 422
    assert refused.text.count("1\u00a0demande attend encore\u00a0: retirez-la ou renvoyez la fiche au centre.") == 1
    form_on(page, "/completer").press(client, "Demander des compléments")
    db.session.refresh(sheet)
    assert sheet.state is SheetState.CHANGES_REQUESTED
    query = db.session.query(models.Query).one()
    assert (query.state, query.reason, query.created_by) == (QueryState.OPEN, QueryReason.INCOMPLETE, reviewer.id)
    form_on(client.get(address), f"/demandes/{query.id}/fermer").press(client)
    db.session.refresh(query)
    assert query.state is QueryState.CLOSED
    assert query.closed_by == reviewer.id


@pytest.mark.parametrize(
    ("typed", "place", "sentence"),
    [
        ({"reason": "", "text": "Gardez ceci"}, "reason-summary", "Choisissez un motif"),
        ({"reason": "wording", "text": "  "}, "text-summary", "Écrivez ce que vous demandez"),
        ({"reason": "wording", "text": "x" * 4001}, "text-summary", "Raccourcissez"),
    ],
)
def test_a_refused_query_is_said_beside_its_question_with_its_words_kept(
    client: PageClient,
    reviewer: models.User,
    centre: models.Centre,
    typed: dict[str, str],
    place: str,
    sentence: str,
) -> None:
    sheet = sent(centre, "Le jardin")
    page = post(client, f"/relecture/{sheet.id}/demandes", {"question": "summary", **typed})
    assert page.status_code == 422
    assert sentence in page.text
    assert f'id="{place}-error"' in page.text
    area = page.text[page.text.index('<textarea class="control control-short" id="text-summary"') :]
    assert typed["text"].strip() in area[: area.index("</textarea>")]


def test_a_query_on_no_question_of_the_sheet_is_refused(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Le jardin")
    asked = {"question": "organisation", "reason": "wording", "text": "Pourquoi\u202f?"}
    page = post(client, f"/relecture/{sheet.id}/demandes", asked)
    assert page.status_code == 422
    assert "Choisissez une question de la fiche" in page.text


def test_what_changed_since_the_sending_before_is_shown(
    client: PageClient, reviewer: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    sheet = sent(centre, "Le jardin", answers={"summary": "Un jardin fermé."})
    sheet.answers = {"title": "Le jardin", "summary": "Un jardin rouvert.", "description": "Des bacs."}
    factories.SnapshotFactory(sheet=sheet)
    page = client.get(f"/relecture/{sheet.id}").text
    changes = page[page.index('data-testid="changes"') :]
    changes = changes[: changes.index("</section>")]
    assert wording_in(changes, "summary") == "Un jardin [retiré : fermé.] [ajouté : rouvert.]"
    assert 'data-testid="change-description"' in changes
    assert 'data-testid="change-title"' not in changes


def wording_in(page: str, question: str) -> str:
    """Both wordings of a changed answer as they are read aloud."""
    fold = page[page.index(f'data-testid="change-{question}"') :]
    fold = fold[fold.index("</summary>") : fold.index("</details>")]
    return " ".join(re.sub(r"<[^>]+>", "", fold).split())


def test_a_sheet_that_has_moved_on_meanwhile_answers_409(
    client: PageClient, reviewer: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    sheet = sent(centre, "Le jardin")
    stale = form_on(client.get(f"/relecture/{sheet.id}"), "/valider")
    factories.SnapshotFactory(sheet=sheet)
    answer = stale.press(client)
    assert answer.status_code == 409
    assert "a renvoyé cette fiche" in answer.text
    sheet.state = SheetState.DRAFT
    for action in ("valider", "commencer", "demandes"):
        assert post(client, f"/relecture/{sheet.id}/{action}").status_code == 409
    db.session.refresh(sheet)
    assert sheet.state is SheetState.DRAFT


def test_a_validated_sheet_is_published_withdrawn_and_reopened(
    client: PageClient, administrator: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    factories.person(RoleName.RESPONSIBLE, centre, password=None)
    sheet = sent(centre, "Le jardin", sharing=Sharing.PUBLIC)
    address = f"/relecture/{sheet.id}"
    for word, said, state in (
        ("valider", {}, SheetState.VALIDATED),
        ("publier", {}, SheetState.PUBLISHED),
        ("retirer", {"reason": "Une photographie."}, SheetState.VALIDATED),
        ("rouvrir", {"reason": "Un chiffre."}, SheetState.CHANGES_REQUESTED),
    ):
        page = client.get(address)
        form_on(page, f"/{word}").fill_in(said).press(client)
        db.session.refresh(sheet)
        assert sheet.state is state
    history = client.get(address).text
    assert "Une photographie." in history
    assert "Un chiffre." in history


def test_a_move_that_lacks_its_reason_says_so_in_its_place(
    client: PageClient, administrator: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Le jardin", SheetState.VALIDATED)
    page = post(client, f"/relecture/{sheet.id}/rouvrir", {"reason": " "})
    assert page.status_code == 422
    assert 'id="reason-reopen-error"' in page.text
    assert "Indiquez la raison" in page.text


def test_of_a_sheet_taken_over_from_an_archive_the_centre_has_said_nothing(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Reprise", SheetState.PUBLISHED, sharing=Sharing.PUBLIC)
    agreed = "Le centre accepte qu’elle paraisse"
    assert agreed in client.get(f"/relecture/{sheet.id}").text
    details = {"actor_id": None, "federation_id": sheet.federation_id, "sheet_id": sheet.id}
    events.record("sheet.imported", at=factories.START, data={"source": "actions.txt"}, **details)
    page = client.get(f"/relecture/{sheet.id}").text
    assert "Reprise du catalogue public" in page
    assert agreed not in page
    events.record("sheet.send", at=factories.START, **details)
    assert agreed in client.get(f"/relecture/{sheet.id}").text


def test_only_an_administrator_publishes_and_only_what_the_centre_shares(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    shared = sent(centre, "Partagée", SheetState.VALIDATED, sharing=Sharing.PUBLIC)
    assert "/publier" not in client.get(f"/relecture/{shared.id}").text
    refused = post(client, f"/relecture/{shared.id}/publier")
    assert refused.status_code == 403
    assert "administrateur" in refused.text
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, centre.federation, password=None))
    kept = sent(centre, "Gardée", SheetState.VALIDATED, sharing=Sharing.FUNDERS)
    assert "aux financeurs seulement" in client.get(f"/relecture/{kept.id}").text
    assert post(client, f"/relecture/{kept.id}/publier").status_code == 422


def test_one_goes_through_the_queue(client: PageClient, reviewer: models.User, centre: models.Centre) -> None:
    rows = [sent(centre, f"Fiche {n}", submitted_at=factories.START + timedelta(days=n)) for n in range(3)]
    ids: list[UUID] = [row.id for row in rows]
    page = client.get(f"/relecture/{ids[1]}").text
    around = page[page.index('aria-label="Fiches à relire"') :]
    assert around.index(str(ids[0])) < around.index(str(ids[2]))
    assert "2 sur 3\u00a0fiches à relire" in around


@pytest.mark.parametrize("name", [RoleName.RESPONSIBLE, RoleName.FUNDER, RoleName.PLATFORM])
def test_others_have_no_reading_desk(client: PageClient, centre: models.Centre, name: RoleName) -> None:
    funder = factories.FunderFactory(federation=centre.federation)
    place = {"centre": centre, "funder": funder}.get(factories.PLACED_IN[name] or "")
    sign_in(client, factories.person(name, place, password=None))
    assert client.get("/relecture").status_code == 403
    assert client.get(f"/relecture/{sent(centre, 'Le jardin').id}").status_code in {403, 404}


def test_the_list_asks_as_often_for_fifty_sheets_as_for_one(
    client: PageClient, reviewer: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    counts = []
    for number in (1, 20):
        for index in range(number):
            factories.QueryFactory(sheet=sent(centre, f"Fiche {index}"), author=reviewer)
        counts.append(statements(client, "/relecture", db))
    assert counts[0] == counts[1]


def statements(client: PageClient, address: str, db: SQLAlchemy) -> int:
    """How many statements a page sends."""
    sent_: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent_.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(address).status_code == 200
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(sent_)


def test_a_reopened_sheet_says_why_and_not_that_all_is_answered(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    factories.person(RoleName.MEMBER, centre, password=None)
    sheet = sent(centre, "Le jardin", SheetState.VALIDATED)
    factories.QueryFactory(sheet=sheet, author=reviewer, state=QueryState.CLOSED, closed_at=factories.START)
    page = client.get(f"/relecture/{sheet.id}")
    form_on(page, "/rouvrir").fill_in({"reason": "Le budget a changé."}).press(client)
    page = decisions(client, sheet)
    assert "La fédération a rouvert la fiche" in page
    assert "Le budget a changé." in page
    assert "a répondu à tout" not in page


def test_a_sheet_sent_back_whose_queries_are_answered_still_says_so(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Le jardin", SheetState.CHANGES_REQUESTED)
    factories.QueryFactory(sheet=sheet, author=reviewer, state=QueryState.ANSWERED, replied_at=factories.START)
    page = decisions(client, sheet)
    assert "Le centre a répondu à tout." in page
    assert "a rouvert" not in page


def decisions(client: PageClient, sheet: models.Sheet) -> str:
    """Where the sheet is and what can be decided."""
    page = client.get(f"/relecture/{sheet.id}").text
    part = page[page.index('id="decisions"') :]
    return part[: part.index("</section>")]


def test_a_sheet_is_not_reopened_for_a_centre_where_nobody_has_an_account(
    client: PageClient, administrator: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    gone = factories.person(RoleName.RESPONSIBLE, centre, password=None)
    sheet = sent(centre, "Le jardin", SheetState.VALIDATED)
    assert "Personne n’a de compte dans ce centre" not in decisions(client, sheet)
    gone.active = False
    db.session.commit()
    assert "Personne n’a de compte dans ce centre" in decisions(client, sheet)
    refused = post(client, f"/relecture/{sheet.id}/rouvrir", {"reason": "Un chiffre."})
    assert refused.status_code == 422
    assert "invitez d’abord" in refused.text
    db.session.refresh(sheet)
    assert sheet.state is SheetState.VALIDATED


def test_each_state_of_the_list_has_the_moment_since_when_it_lasts_and_its_order(
    client: PageClient, administrator: models.User, centre: models.Centre, db: SQLAlchemy
) -> None:
    days = [factories.START + timedelta(days=number) for number in range(40)]
    long_since = sent(
        centre, "Depuis longtemps", submitted_at=days[20], validated_at=days[25], state=SheetState.VALIDATED
    )
    lately = sent(centre, "Depuis peu", submitted_at=days[1], validated_at=days[30], state=SheetState.VALIDATED)
    page = client.get("/relecture?state=validated").text
    assert page.index("Depuis longtemps") < page.index("Depuis peu")
    assert day(days[30].date()) in page
    assert day(days[1].date()) not in page
    long_since.state = lately.state = SheetState.CHANGES_REQUESTED
    for sheet, at in ((long_since, days[38]), (lately, days[36])):
        sheet.state_since = at
        events.record(
            "sheet.reopen",
            at=at,
            actor_id=administrator.id,
            federation_id=centre.federation_id,
            sheet_id=sheet.id,
            data={"reason": "Un chiffre."},
        )
        db.session.commit()
    page = client.get("/relecture?state=changes_requested").text
    assert page.index("Depuis peu") < page.index("Depuis longtemps")
    assert day(days[36].date()) in page


def test_reopening_a_published_sheet_says_that_it_leaves_the_catalogue(
    client: PageClient, administrator: models.User, centre: models.Centre
) -> None:
    published = sent(centre, "Le jardin", SheetState.PUBLISHED, sharing=Sharing.PUBLIC)
    validated = sent(centre, "Le verger", SheetState.VALIDATED, sharing=Sharing.PUBLIC)
    assert "quitte le catalogue" in decisions(client, published)
    assert "quitte le catalogue" not in decisions(client, validated)


@pytest.mark.parametrize(("count", "said"), [(1, "répondu à votre demande"), (3, "répondu à vos 3\u00a0demandes")])
@pytest.mark.parametrize("read", [True, False])
def test_what_came_back_answered_is_said_and_not_that_nothing_is_asked(
    client: PageClient, reviewer: models.User, centre: models.Centre, count: int, said: str, read: bool
) -> None:
    sheet = sent(centre, "Le jardin", read_at=factories.START if read else None)
    for _ in range(count):
        factories.QueryFactory(sheet=sheet, author=reviewer, state=QueryState.ANSWERED, replied_at=factories.START)
    page = decisions(client, sheet)
    assert f"Le centre a {said}" in page
    assert "Rien n’est demandé" not in page


def test_why_a_sheet_can_not_be_published_is_said_to_who_could(
    client: PageClient, administrator: models.User, centre: models.Centre
) -> None:
    kept = sent(centre, "Gardée", SheetState.VALIDATED, sharing=Sharing.FUNDERS)
    network = sent(centre, "Réseau", SheetState.VALIDATED, sharing=Sharing.NETWORK)
    shared = sent(centre, "Partagée", SheetState.VALIDATED, sharing=Sharing.PUBLIC)
    said = "« Publier » n’est pas proposé"
    assert said in decisions(client, kept).replace("\u00a0", " ")
    assert "Publier pour le réseau" in decisions(client, network)
    assert said not in decisions(client, shared).replace("\u00a0", " ")
