"""Passages that readers pick: only what the sheet says, seen by whom it belongs to, taken up by reports if shared."""

import csv
import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from reports import content
from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp.models import Event, Funder, Quote, ReportRun, Sheet, User
from webapp.queries.quotes import quotes_for
from webapp.services import quotes as services
from webapp.vocabulary import RoleName

SUMMARY = "Un jardin ouvert  à tous.\nOn y sème\u202f; on y parle.\n\nLe samedi, on y mange."
ANSWERS = {"title": "Le jardin", "summary": SUMMARY, "dimension": "services"}


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    return factories.sent_sheet(SheetState.VALIDATED, title="Le jardin", answers=ANSWERS)


@pytest.fixture
def funder(sheet: Sheet) -> Funder:
    made: Funder = factories.FunderFactory(federation=sheet.federation, name="Caf du Val")
    return made


@pytest.fixture
def run(funder: Funder, sheet: Sheet) -> ReportRun:
    return factories.received_report(funder, sheet)


@pytest.fixture
def adviser(client: PageClient, funder: Funder) -> User:
    """Somebody of the funder, signed in."""
    person = factories.person(RoleName.FUNDER, funder, password=None, full_name="Jeanne Roux")
    sign_in(client, person)
    return person


def citing(run: ReportRun, sheet: Sheet, question: str = "summary") -> str:
    return f"/lecture/{run.id}/{sheet.id}/citer/{question}"


def kept(db: SQLAlchemy) -> list[Quote]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Quote).order_by(Quote.created_at, Quote.id)))


def told(db: SQLAlchemy) -> list[str]:
    return list(db.session.scalars(sa.select(Event.kind).where(Event.kind.like("quote.%")).order_by(Event.seq)))


def test_a_selected_passage_is_kept_as_it_stands_with_all_that_leads_back_to_it(
    client: PageClient, adviser: User, run: ReportRun, sheet: Sheet, funder: Funder, db: SQLAlchemy
) -> None:
    words = {"text": " ouvert à tous. On y sème ; on", "note": " Pour le bilan. "}
    answer = post(client, citing(run, sheet), words)
    assert (answer.status_code, answer.location) == (303, f"/lecture/{run.id}/{sheet.id}#reponse-summary")
    [quote] = kept(db)
    assert quote.text == "ouvert  à tous.\nOn y sème\u202f; on"
    assert (quote.snapshot_id, quote.question, quote.note) == (sheet.current_snapshot_id, "summary", "Pour le bilan.")
    assert (quote.funder_id, quote.created_by, quote.shared) == (funder.id, adviser.id, False)
    assert not told(db), "what is not shared is nobody's business"
    page = client.get(answer.location).text
    assert "Votre citation" in page


def test_without_a_script_a_paragraph_is_picked(
    client: PageClient, adviser: User, run: ReportRun, sheet: Sheet, db: SQLAlchemy
) -> None:
    page = client.get(citing(run, sheet))
    form_on(page).fill(paragraph="1").press(client, "Citer")
    assert [quote.text for quote in kept(db)] == ["Le samedi, on y mange."]


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({}, "Choisissez un paragraphe"),
        ({"paragraph": "9"}, "Choisissez un paragraphe"),
        ({"text": "Un jardin fermé à tous."}, "Ce passage n’est pas dans la réponse"),
        ({"text": "Un jardin", "note": "x" * (services.LONGEST_NOTE + 1)}, "Raccourcissez cette note"),
        ({"text": "Un\x00jardin"}, "caractère illisible"),
    ],
)
def test_what_the_sheet_does_not_say_is_refused_and_stays_typed(
    client: PageClient, adviser: User, run: ReportRun, sheet: Sheet, db: SQLAlchemy, posted: dict[str, str], said: str
) -> None:
    client.check_pages = "\x00" not in posted.get("text", "")
    answer = post(client, citing(run, sheet), posted)
    assert answer.status_code == 422
    assert said in answer.text
    if posted.get("text", "\x00").isprintable():
        assert posted["text"] in answer.text
    assert not kept(db)


def test_a_passage_longer_than_a_quote_is_refused(
    client: PageClient, adviser: User, funder: Funder, db: SQLAlchemy
) -> None:
    long = "mot " * 600
    sheet = factories.sent_sheet(
        SheetState.VALIDATED, centre=factories.CentreFactory(federation=funder.federation), answers={"summary": long}
    )
    run = factories.received_report(funder, sheet)
    assert "plus court" in post(client, citing(run, sheet), {"text": long}).text
    assert not kept(db)


def test_only_answers_in_prose_can_be_quoted(
    client: PageClient, adviser: User, run: ReportRun, sheet: Sheet, db: SQLAlchemy
) -> None:
    for question in ("dimension", "limits", "canular"):
        assert client.get(citing(run, sheet, question)).status_code == 404, question
        assert post(client, citing(run, sheet, question), {"text": "Services"}).status_code == 404, question
    assert not kept(db)


def a_quote(client: PageClient, run: ReportRun, sheet: Sheet, db: SQLAlchemy, **words: str) -> Quote:
    assert post(client, citing(run, sheet), {"text": "On y sème", **words}).status_code == 303
    return kept(db)[-1]


def test_a_funder_s_quotes_are_its_people_s_alone_until_they_share_them(
    client: PageClient,
    make_client: Callable[[], PageClient],
    adviser: User,
    run: ReportRun,
    sheet: Sheet,
    funder: Funder,
    db: SQLAlchemy,
) -> None:
    quote = a_quote(client, run, sheet, db, note="Confidentiel.")
    other = factories.FunderFactory(federation=funder.federation)
    run.addressed = [*run.addressed, *factories.received_report(other).addressed]
    db.session.commit()
    people = {
        "colleague": factories.person(RoleName.FUNDER, funder, password=None),
        "other funder": factories.person(RoleName.FUNDER, other, password=None),
        "federation": factories.person(RoleName.ADMINISTRATOR, funder.federation, password=None),
        "limited": factories.person(RoleName.REVIEWER, funder.federation, password=None),
        "elsewhere": factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory(), password=None),
    }
    people["limited"].roles[0].departments = ["2A"]
    db.session.commit()

    def sees(who: str) -> bool:
        visitor = make_client()
        sign_in(visitor, people[who])
        pages = [visitor.get(f"/lecture/citations{part}?voir=autres").text for part in ("", "/texte", "/csv")]
        seen = {"Confidentiel." in page for page in pages}
        assert len(seen) == 1, who
        changed = post(visitor, f"/lecture/citations/{quote.id}", {"note": "Volé."}).status_code
        removed = post(visitor, f"/lecture/citations/{quote.id}/supprimer").status_code
        assert changed == removed == (403 if seen == {True} else 404), who
        return seen == {True}

    assert {who for who in people if sees(who)} == {"colleague"}
    form = {"note": "Confidentiel.", "shared": "y"}
    assert post(client, f"/lecture/citations/{quote.id}", form).status_code == 303
    assert {who for who in people if sees(who)} == {"colleague", "federation"}
    assert told(db) == ["quote.shared"]
    post(client, f"/lecture/citations/{quote.id}", {"note": "Confidentiel."})
    assert {who for who in people if sees(who)} == {"colleague"}
    assert told(db) == ["quote.shared", "quote.taken_back"]


def test_quotes_of_a_report_that_was_taken_back_are_seen_no_more(
    client: PageClient, adviser: User, run: ReportRun, sheet: Sheet, db: SQLAlchemy
) -> None:
    quote = a_quote(client, run, sheet, db)
    run.addressed = []
    db.session.commit()
    assert "On y sème" not in client.get("/lecture/citations").text
    assert post(client, f"/lecture/citations/{quote.id}/supprimer").status_code == 404


def test_a_note_is_written_anew_and_a_quote_let_go(
    client: PageClient, adviser: User, run: ReportRun, sheet: Sheet, db: SQLAlchemy
) -> None:
    quote = a_quote(client, run, sheet, db, shared="y")
    address = f"/lecture/citations/{quote.id}"
    form_on(client.get("/lecture/citations"), address).fill(note="À relire.").press(client, "Enregistrer")
    [changed] = kept(db)
    assert (changed.note, changed.shared, changed.text) == ("À relire.", True, "On y sème")
    too_long = post(client, address, {"note": "x" * 1001})
    assert too_long.status_code == 422
    assert "x" * 1001 in too_long.text
    form_on(client.get("/lecture/citations"), "/supprimer").press(client, "Supprimer la citation")
    assert not kept(db)
    assert told(db) == ["quote.shared", "quote.taken_back"]


def test_quotes_are_taken_away_as_text_and_as_a_table(
    client: PageClient, adviser: User, run: ReportRun, sheet: Sheet, db: SQLAlchemy
) -> None:
    a_quote(client, run, sheet, db, note="=1+1")
    where = f"Le jardin, {sheet.centre.name} (Valbourg), 2026, fiche {sheet.reference}, Résumé"
    expected = f"«\u00a0On y sème\u00a0»\n— {where}\nNote\u00a0: =1+1"
    text = client.get("/lecture/citations/texte")
    assert text.data.decode() == f"Recueil 2026\n\n{expected}\n"
    assert expected in client.get("/lecture/citations").text.replace("&#39;", "'")
    table = client.get("/lecture/citations/csv")
    assert table.data.startswith(b"\xef\xbb\xbf")
    head, line = csv.reader(io.StringIO(table.data.decode("utf-8-sig")), delimiter=";")
    said = dict(zip(head, line, strict=True))
    assert (said["Passage"], said["Note"], said["Année"]) == ("On y sème", "'=1+1", "2026")
    assert (said["Cité par"], said["Partagé avec la fédération"]) == ("Jeanne Roux", "non")


def test_what_the_federation_picks_is_the_federation_s(
    client: PageClient, run: ReportRun, sheet: Sheet, db: SQLAlchemy
) -> None:
    reviewer = factories.person(RoleName.REVIEWER, run.federation, password=None)
    sign_in(client, reviewer)
    quote = a_quote(client, run, sheet, db)
    assert (quote.funder_id, quote.shared) == (None, True)
    post(client, f"/lecture/citations/{quote.id}", {"note": "Nôtre."})
    assert kept(db)[0].shared
    assert not told(db)


def test_a_report_takes_up_what_was_shared_with_its_references(
    db: SQLAlchemy, run: ReportRun, sheet: Sheet, funder: Funder
) -> None:
    federation = {"funder": None, "report_run": run, "sheet": sheet}
    shared = factories.QuoteFactory(sheet=sheet, funder=funder, report_run=run, text="On y sème", shared=True)
    factories.QuoteFactory(sheet=sheet, funder=funder, report_run=run, text="on y parle", shared=False)
    own = factories.QuoteFactory(**federation, text="ouvert  à tous", shared=True, note="")
    by_funder = quotes_for([sheet.id], funder_id=funder.id)
    reference = (sheet.reference, "Le jardin", sheet.centre.name, 2026, "Résumé")
    assert by_funder == (content.Quote(*reference, "On y sème", shared.note),)
    assert quotes_for([sheet.id], user_id=own.created_by) == (content.Quote(*reference, "ouvert  à tous", ""),)
    both = quotes_for([sheet.id], funder_id=funder.id, user_id=own.created_by)
    assert [one.text for one in both] == ["On y sème", "ouvert  à tous"]
    assert quotes_for([], funder_id=funder.id) == ()
    assert quotes_for([sheet.id]) == ()
    assert quotes_for([factories.sent_sheet().id], funder_id=funder.id) == ()


def test_a_report_leaves_out_what_the_centre_no_longer_says(
    db: SQLAlchemy, run: ReportRun, sheet: Sheet, funder: Funder
) -> None:
    for text in ("On y sème", "Le samedi, on y mange."):
        factories.QuoteFactory(sheet=sheet, funder=funder, report_run=run, text=text, shared=True)
    sheet.answers = sheet.answers | {"summary": "Un jardin.  Le samedi, on  y mange."}
    factories.SnapshotFactory(sheet=sheet)
    assert [one.text for one in quotes_for([sheet.id], funder_id=funder.id)] == ["Le samedi, on y mange."]


@pytest.mark.parametrize("wrong", [{"text": ""}, {"funder": None, "shared": False}])
def test_the_database_refuses_an_empty_quote_and_one_of_the_federation_that_it_does_not_share(
    db: SQLAlchemy, run: ReportRun, sheet: Sheet, funder: Funder, wrong: dict[str, object]
) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        factories.QuoteFactory(**{"sheet": sheet, "funder": funder, "report_run": run, **wrong})
    db.session.rollback()
