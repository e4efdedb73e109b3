"""The officer chooses in the list, reads the recap, confirms, reads what became of each sheet; and follows her work."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp import models
from webapp.clock import now
from webapp.models import BulkItem, BulkRun, Job
from webapp.queries.review import PAGE
from webapp.services import jobs
from webapp.vocabulary import BulkState, JobState, QueryState, RoleName

SECRET = "Ce que personne ne doit encore lire"


@pytest.fixture
def centre(db: SQLAlchemy) -> models.Centre:
    made: models.Centre = factories.CentreFactory(name="L’Escale")
    factories.person(RoleName.RESPONSIBLE, made, password=None, full_name="Rose Vidal")
    return made


@pytest.fixture
def reviewer(client: PageClient, centre: models.Centre) -> models.User:
    """Somebody who reads for the federation, signed in."""
    person = factories.person(RoleName.REVIEWER, centre.federation, password=None)
    sign_in(client, person)
    return person


def sent(centre: models.Centre, title: str, state: SheetState = SheetState.SUBMITTED, **details) -> models.Sheet:  # type: ignore[no-untyped-def]
    return factories.sent_sheet(state, centre=centre, title=title, answers={"title": title}, **details)


def work(db: SQLAlchemy) -> None:
    """Let the worker do what waits."""
    db.session.rollback()
    for job_id in db.session.scalars(sa.select(Job.id).where(Job.state == JobState.QUEUED)).all():
        jobs.run(job_id, clock=now)
    db.session.rollback()


def choose(client: PageClient, address: str = "/relecture", **typed: str | list[str]) -> str:
    """Choose in the list and go on to the recap; its address."""
    answer = form_on(client.get(address), "/relecture/lots" + address.removeprefix("/relecture")).fill(**typed)
    answer = answer.press(client, "Continuer")
    assert answer.status_code == 303
    return str(answer.location)


def rows(page: str) -> list[str]:
    """The lines of the table of sheets, as read."""
    table = page[page.index('data-testid="bulk-items"') :].partition("</table>")[0]
    lines = re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in lines]


def test_the_ticked_sheets_are_recapped_confirmed_and_told_line_by_line(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    first, second = sent(centre, "Le jardin"), sent(centre, "Le café")
    sent(centre, "La marche")
    factories.QueryFactory(sheet=second)
    recap = choose(client, sheet=[str(first.id), str(second.id)], act="validate")
    page = client.get(recap)
    assert "2\u00a0fiches choisies" in page.text
    assert [("Le jardin" in row, "Sera validée" in row) for row in rows(page.text)] == [(True, True), (False, False)]
    assert "Rien : 1 demande attend encore" in rows(page.text)[1]
    assert "La marche" not in page.text
    db.session.rollback()
    assert db.session.get_one(models.Sheet, first.id).state is SheetState.SUBMITTED
    answer = form_on(page, "/confirmer").press(client, "Valider 1 fiche")
    assert (answer.status_code, answer.location) == (303, recap)
    waiting = client.get(recap).text
    assert 'data-poll="2"' in waiting
    assert 'http-equiv="refresh"' in waiting
    work(db)
    result = client.get(recap).text
    assert "data-poll" not in result
    assert "Fait pour 1\u00a0fiche</strong> sur 1" in result
    assert "1\u00a0autre fiche était écartée dès le récapitulatif" in result
    assert "Validée" in rows(result)[0]
    assert "Écartée" in rows(result)[1]


def test_what_the_centre_has_answered_keeps_no_sheet_from_being_validated_there_or_here(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    first, second, alone = (sent(centre, title) for title in ("Le jardin", "Le café", "La marche"))
    for sheet in (first, second, second, alone):
        factories.QueryFactory(sheet=sheet, state=QueryState.ANSWERED, replied_at=factories.START)
    recap = choose(client, sheet=[str(first.id), str(second.id)], act="validate")
    page = client.get(recap)
    told = dict(zip(("first", "second"), rows(page.text), strict=True))
    assert "Sera validée ; la demande à laquelle le centre a répondu sera fermée" in told["first"]
    assert "les 2 demandes auxquelles le centre a répondu seront fermées" in told["second"]
    form_on(page, "/confirmer").press(client, "Valider 2 fiches")
    work(db)
    assert form_on(client.get(f"/relecture/{alone.id}"), "/valider").press(client, "Valider").status_code == 303
    db.session.rollback()
    assert {sheet.state for sheet in db.session.scalars(sa.select(models.Sheet))} == {SheetState.VALIDATED}
    assert {query.state for query in db.session.scalars(sa.select(models.Query))} == {QueryState.CLOSED}


@pytest.mark.parametrize(
    ("count", "said"), [(1, "n’est pas possible pour cette fiche"), (2, "pour aucune de ces fiches")]
)
def test_an_act_that_none_of_the_sheets_can_have_is_named(
    client: PageClient, reviewer: models.User, centre: models.Centre, count: int, said: str
) -> None:
    ids = [str(sent(centre, f"La {number}").id) for number in range(count)]
    page = client.get(choose(client, sheet=ids, act="ask_changes"))
    assert "«\u00a0Demander des compléments\u00a0» n’est" in page.text
    assert said in page.text
    assert page.text.count("possible") == 1
    assert "Renvoyer" not in page.text
    assert "quand vous confirmerez" not in page.text


def test_every_sheet_of_the_filter_is_chosen_beyond_the_page(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    for _ in range(PAGE + 2):
        factories.SheetFactory(centre=centre)
    other = factories.CentreFactory(federation=centre.federation)
    factories.SheetFactory(centre=other)
    narrowed = f"/relecture?state=draft&centre={centre.id}"
    counts = {}
    for which in ("every", "page"):
        run = UUID(choose(client, narrowed, which=which, act="remind").rpartition("/")[2])
        items = sa.select(sa.func.count()).where(BulkItem.bulk_run_id == run)
        counts[which] = db.session.scalar(items)
    assert counts == {"every": PAGE + 2, "page": PAGE}


def test_nothing_ticked_or_no_act_goes_back_to_the_list_with_a_word(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Le jardin")
    for typed, said in (({"act": "validate"}, "Cochez au moins"), ({"sheet": str(sheet.id)}, "Choisissez ce qu’il")):
        answer = form_on(client.get("/relecture"), "/relecture/lots").fill(**typed).press(client, "Continuer")
        assert answer.location == "/relecture"
        assert said in client.get("/relecture").text
    assert post(client, "/relecture/lots", {"act": "validate", "sheet": "pas un numéro"}).status_code == 303
    assert client.get("/relecture?_external=1&endpoint=x&_scheme=y").status_code == 200


def test_a_query_is_written_under_the_recap_and_kept_when_refused(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    ids = [str(sent(centre, title).id) for title in ("Le jardin", "Le café")]
    recap = choose(client, sheet=ids, act="ask")
    typed = {"question": "people", "reason": "incomplete", "text": "Combien de bénévoles ?"}
    form = form_on(client.get(recap), "/confirmer").fill(**(typed | {"reason": ""}))
    refused = form.press(client, "Poser la demande sur 2 fiches")
    assert refused.status_code == 422
    assert "Choisissez un motif" in refused.text
    again = form_on(refused, "/confirmer")
    assert (again.values("question"), again.values("text")) == (["people"], ["Combien de bénévoles ?"])
    assert again.fill(reason="incomplete").press(client).status_code == 303
    work(db)
    result = client.get(recap)
    assert "Combien de bénévoles" in result.text
    follows = form_on(result, "/poursuivre").press(client, "Demander des compléments sur ces fiches")
    assert all("Repartira au centre" in row for row in rows(client.get(str(follows.location)).text))


def test_sheets_are_given_to_a_reader_chosen_under_the_recap(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Le jardin")
    recap = choose(client, sheet=[str(sheet.id)], act="assign")
    refused = form_on(client.get(recap), "/confirmer").press(client, "Attribuer 1 fiche")
    assert refused.status_code == 422
    assert "Choisissez qui lira" in refused.text
    assert form_on(refused, "/confirmer").fill(person=str(reviewer.id)).press(client).status_code == 303
    work(db)
    assert "Attribuée" in rows(client.get(recap).text)[0]
    assert db.session.get_one(models.Sheet, sheet.id).assigned_to == reviewer.id


def test_what_could_not_be_done_is_prepared_again_by_itself(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    good, asked = sent(centre, "Le jardin"), sent(centre, "Le café")
    query = factories.QueryFactory(sheet=asked)
    recap = choose(client, sheet=[str(good.id), str(asked.id)], act="validate")
    form_on(client.get(recap), "/confirmer").press(client)
    work(db)
    db.session.delete(db.session.get_one(models.Query, query.id))
    db.session.commit()
    again = form_on(client.get(recap), "/recommencer").press(client, "Recommencer ce qui n’a pas pu se faire")
    page = client.get(str(again.location))
    assert len(rows(page.text)) == 1
    assert "Le café" in rows(page.text)[0]
    form_on(page, "/confirmer").press(client, "Valider 1 fiche")
    work(db)
    assert db.session.get_one(models.Sheet, asked.id).state is SheetState.VALIDATED


def test_a_sheet_that_changes_after_the_recap_is_shown_as_such(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Le jardin")
    recap = choose(client, sheet=[str(sheet.id)], act="validate")
    factories.SnapshotFactory(sheet=db.session.get_one(models.Sheet, sheet.id))
    assert "elle a changé depuis ce récapitulatif" in rows(client.get(recap).text)[0]


def test_a_draft_says_no_word_of_itself(client: PageClient, reviewer: models.User, centre: models.Centre) -> None:
    draft = factories.SheetFactory(centre=centre, title=SECRET, answers={"title": SECRET})
    recap = choose(client, "/relecture?state=draft", sheet=[str(draft.id)], act="remind")
    page = client.get(recap)
    assert draft.reference in page.text
    assert SECRET not in page.text
    form_on(page, "/confirmer").press(client)
    assert SECRET not in client.get(recap).text


def test_the_recap_says_how_many_centres_are_left_alone(
    client: PageClient, reviewer: models.User, centre: models.Centre
) -> None:
    other = factories.CentreFactory(federation=centre.federation)
    factories.person(RoleName.RESPONSIBLE, other, password=None)
    ids = [str(factories.SheetFactory(centre=place).id) for place in (centre, centre, other)]
    page = client.get(choose(client, "/relecture?state=draft", sheet=ids, act="remind")).text
    assert "laissé" not in page
    factories.CallNoteFactory(centre=centre, promised_on=now().date() + timedelta(days=3))
    page = client.get(choose(client, "/relecture?state=draft", sheet=ids, act="remind"))
    assert "1\u00a0centre est laissé tranquille" in page.text
    assert [("promis d’envoyer" in row) for row in rows(page.text)] == [False, True, True]
    assert "Relancer pour 1\u00a0fiche" in page.text


def test_a_reviewer_is_not_offered_to_publish_and_may_not(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Le jardin", SheetState.VALIDATED)
    page = client.get("/relecture?state=validated").text
    assert 'value="validate"' in page
    assert 'value="publish"' not in page
    assert post(client, "/relecture/lots", {"act": "publish", "sheet": str(sheet.id)}).status_code == 403
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BulkRun)) == 0


def test_the_statements_of_a_recap_are_as_many_for_two_sheets_as_for_forty(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    counts = []
    for number in (2, 40):
        ids = [str(sent(centre, f"Le jardin {number} {one}").id) for one in range(number)]
        recap = choose(client, sheet=ids, act="validate")
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object, kept: list[str] = seen) -> None:
            kept.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            client.get(recap)
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_one_follows_ones_work_and_an_administrator_that_of_the_federation(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    recap = choose(client, sheet=[str(sent(centre, "Le jardin").id)], act="validate")
    form_on(client.get(recap), "/confirmer").press(client)
    factories.ReportRunFactory(
        federation=centre.federation,
        title="Recueil du Val",
        job=factories.JobFactory(federation_id=centre.federation_id, owner_id=factories.UserFactory().id),
    )
    mine = client.get("/travaux").text
    assert "Valider" in mine
    assert "Recueil du Val" not in mine
    assert 'http-equiv="refresh"' in mine
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, centre.federation, password=None))
    every = client.get("/travaux").text
    assert "Valider" in every
    assert "Recueil du Val" in every
    elsewhere = factories.CentreFactory()
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, elsewhere.federation, password=None))
    assert "Valider" not in client.get("/travaux").text
    assert client.get(recap).status_code == 404


def test_work_is_stopped_and_taken_up_again_from_its_page(
    client: PageClient, db: SQLAlchemy, reviewer: models.User, centre: models.Centre
) -> None:
    sheet = sent(centre, "Le jardin")
    recap = choose(client, sheet=[str(sheet.id)], act="validate")
    form_on(client.get(recap), "/confirmer").press(client)
    job = db.session.scalars(sa.select(Job)).one()
    address = f"/travaux/{job.id}"
    page = client.get(address)
    assert 'data-poll="2"' in page.text
    form_on(page, "/annuler").press(client, "Annuler")
    stopped = client.get(recap).text
    assert "1\u00a0fiche attend" in stopped
    work(db)
    assert db.session.scalars(sa.select(BulkItem.state)).all() == [BulkState.WAITING]
    form_on(client.get(address), "/reprendre").press(client, "Reprendre")
    work(db)
    assert db.session.get_one(models.Sheet, sheet.id).state is SheetState.VALIDATED
    over = client.get(address).text
    assert "Terminé" in over
    assert f'href="{recap}"' in over
    assert post(client, f"{address}/reprendre").status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(Job.state)).all() == [JobState.DONE]
