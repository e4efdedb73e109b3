"""Notes and labels: the federation's own, seen by nobody else."""

import re
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from pypdf import PdfReader

from forms.lifecycle import SheetState
from reports.catalogue import REPORTS, ReportKind
from reports.content import ReportInput, no_progress
from tests import factories
from tests.client import PageClient
from tests.signing import post, sign_in
from tests.webapp.test_look import MODES, STATIC, contrast, palette
from webapp.clock import now
from webapp.database import db as database
from webapp.models import Event, Label, Note, Sheet, User
from webapp.queries import histories, review, sheets
from webapp.queries.accounts import actor_of
from webapp.queries.histories import Wanted
from webapp.queries.report_sheets import report_sheet
from webapp.services import events, labels, notes
from webapp.vocabulary import FEDERATIONS_OWN, LabelTone, RoleName, Sharing

NOTED = "Confidentiel\u00a0: à rapprocher du contrôle de l’an passé"
LABELLED = "Dossier délicat"
TITLE = "Le jardin des Tilleuls"


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    answers = {"title": TITLE, "summary": "Un jardin ouvert à tous.", "dimension": "services"}
    return factories.sent_sheet(SheetState.SUBMITTED, title=TITLE, answers=answers)


@pytest.fixture
def reviewer(client: PageClient, sheet: Sheet) -> User:
    """Somebody who reads for the federation, signed in."""
    person = factories.person(RoleName.REVIEWER, sheet.federation, password=None)
    sign_in(client, person)
    return person


@pytest.fixture
def administrator(client: PageClient, sheet: Sheet) -> User:
    """Somebody who runs the federation, signed in."""
    person = factories.person(RoleName.ADMINISTRATOR, sheet.federation, password=None)
    sign_in(client, person)
    return person


def write(client: PageClient, sheet: Sheet, text: str = NOTED) -> Note:
    assert post(client, f"/relecture/{sheet.id}/notes", {"note": text}).status_code == 303
    latest = sa.select(Note).order_by(Note.created_at.desc(), Note.id).limit(1)
    return database.session.scalars(latest).one()


def test_a_note_is_written_changed_by_its_author_and_deleted(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    note = write(client, sheet)
    page = client.get(f"/relecture/{sheet.id}").text
    assert NOTED in page
    assert reviewer.full_name in page
    address = f"/relecture/{sheet.id}/notes/{note.id}"
    assert post(client, address, {"note": "Finalement rien"}).status_code == 303
    page = client.get(f"/relecture/{sheet.id}").text
    assert "Finalement rien" in page
    assert NOTED not in page
    assert "(modifiée le" in page
    assert post(client, f"{address}/supprimer").status_code == 303
    assert "Finalement rien" not in client.get(f"/relecture/{sheet.id}").text
    db.session.refresh(note)
    assert (note.text, note.deleted_at is not None) == ("", True)
    assert post(client, address, {"note": "Revenue"}).status_code == 422


def test_nobody_rewrites_the_note_of_another_and_an_administrator_may_delete_it(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    note = write(client, sheet)
    address = f"/relecture/{sheet.id}/notes/{note.id}"
    sign_in(client, factories.person(RoleName.REVIEWER, sheet.federation))
    assert post(client, address, {"note": "Changée"}).status_code == 403
    assert post(client, f"{address}/supprimer").status_code == 403
    assert NOTED in client.get(f"/relecture/{sheet.id}").text
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, sheet.federation))
    assert post(client, address, {"note": "Changée"}).status_code == 403
    assert post(client, f"{address}/supprimer").status_code == 303
    assert NOTED not in client.get(f"/relecture/{sheet.id}").text


def test_an_empty_or_endless_note_is_refused_in_its_place(client: PageClient, sheet: Sheet, reviewer: User) -> None:
    for text in (" ", "a" * (notes.LONGEST + 1)):
        answer = post(client, f"/relecture/{sheet.id}/notes", {"note": text})
        assert answer.status_code == 422
        assert 'id="note-error"' in answer.text


def test_the_journal_says_that_there_is_a_note_and_not_what_it_says(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    write(client, sheet)
    events = db.session.scalars(sa.select(Event).where(Event.kind == "note.written")).all()
    assert len(events) == 1
    assert NOTED not in str(events[0].data)


def annotated(client: PageClient, sheet: Sheet, reviewer: User) -> Label:
    """A sheet with a note and a label on it."""
    write(client, sheet)
    label: Label = factories.LabelFactory(federation=sheet.federation, name=LABELLED)
    assert post(client, f"/relecture/{sheet.id}/etiquettes", {"label": str(label.id)}).status_code == 303
    return label


@pytest.mark.parametrize("role", [RoleName.MEMBER, RoleName.RESPONSIBLE])
@pytest.mark.parametrize("state", [SheetState.SUBMITTED, SheetState.CHANGES_REQUESTED, SheetState.VALIDATED])
def test_the_centre_sees_neither_notes_nor_labels_on_any_of_its_pages(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User, role: RoleName, state: SheetState
) -> None:
    annotated(client, sheet, reviewer)
    sheet.state = state
    sheet.validated_at = factories.START
    db.session.commit()
    sign_in(client, factories.person(role, sheet.centre))
    paths = ["/fiches", f"/actions/{sheet.action_id}", f"/centres/{sheet.centre_id}"]
    paths += [f"/fiches/{sheet.id}{end}" for end in ("", "/lecture", "/histoire", "/envois", "/envois/1")]
    for path in paths:
        page = client.get(path)
        assert page.status_code == 200, path
        for secret in (NOTED, LABELLED, "note de la fédération", "étiquette"):
            assert secret not in page.text, path
    for path in (f"/relecture/{sheet.id}", "/relecture/etiquettes", f"/relecture?label={uuid4()}"):
        assert client.get(path).status_code == 403


def test_the_funder_the_network_and_the_public_see_neither(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    annotated(client, sheet, reviewer)
    funder = factories.FunderFactory(federation=sheet.federation)
    factories.address(sheet.campaign, funder)
    sheet.state, sheet.sharing = SheetState.PUBLISHED, Sharing.PUBLIC
    sheet.validated_at = sheet.published_at = factories.START
    db.session.commit()
    visits = [(None, f"/catalogue/{sheet.id}"), (None, "/catalogue")]
    visits += [(factories.person(RoleName.FUNDER, funder), path) for path in ("/fiches", f"/fiches/{sheet.id}/lecture")]
    neighbour = factories.person(RoleName.MEMBER, factories.CentreFactory(federation=sheet.federation))
    visits.append((neighbour, f"/fiches/{sheet.id}/lecture"))
    for person, path in visits:
        client.delete_cookie("session")
        if person is not None:
            sign_in(client, person)
        page = client.get(path)
        assert page.status_code == 200, path
        for secret in (NOTED, LABELLED):
            assert secret not in page.text, path


def test_neither_is_in_the_pdf_the_takeaway_or_an_export(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    annotated(client, sheet, reviewer)
    pdf = client.get(f"/fiches/{sheet.id}/pdf")
    assert pdf.status_code == 200
    words = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf.data)).pages).split())
    assert TITLE in words
    content = ReportInput(TITLE, "F", (2026,), "", now(), None, (report_sheet(sheet),), lambda _id: None)
    out = BytesIO()
    REPORTS[ReportKind.WORKBOOK].make(content, out, no_progress)
    with ZipFile(out) as book:
        cells = "".join(book.read(name).decode("utf-8", "ignore") for name in book.namelist())
    assert TITLE in cells
    for secret in ("Confidentiel", "contrôle de l’an passé", LABELLED):
        assert secret not in words
        assert secret not in cells


def test_another_federation_sees_nothing_of_it(client: PageClient, sheet: Sheet, reviewer: User) -> None:
    label = annotated(client, sheet, reviewer)
    stranger = factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory())
    sign_in(client, stranger)
    assert LABELLED not in client.get("/relecture/etiquettes").text
    assert LABELLED not in client.get("/relecture?state=toutes").text
    assert "0\u00a0fiche" in client.get(f"/relecture?state=toutes&label={label.id}").text
    assert client.get(f"/relecture/etiquettes/{label.id}").status_code == 404
    assert post(client, f"/relecture/etiquettes/{label.id}/supprimer").status_code == 404


def test_every_kind_of_event_of_the_federation_alone_is_kept_from_the_centre(db: SQLAlchemy, sheet: Sheet) -> None:
    for kind in FEDERATIONS_OWN:
        place = {"federation_id": sheet.federation_id, "sheet_id": sheet.id}
        events.record(kind, at=factories.START, actor_id=None, data={"name": "x"}, **place)
    db.session.commit()
    assert {event.kind for event in review.history(sheet.id)} == set(FEDERATIONS_OWN)
    assert sheets.history(sheet.id) == []
    assert histories.find(sheet.id, Wanted(), page=1).count == 0


def test_labels_are_put_on_and_taken_off_and_narrow_the_list(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, reviewer: User
) -> None:
    other = factories.sent_sheet(SheetState.SUBMITTED, centre=sheet.centre, title="L’autre fiche")
    label = annotated(client, sheet, reviewer)
    labels.put(sheet.id, label.id, actor=actor_of(reviewer), at=factories.START)
    page = client.get("/relecture").text
    assert LABELLED in page
    assert other.action.title in page
    narrowed = client.get(f"/relecture?label={label.id}").text
    assert TITLE in narrowed
    assert other.action.title not in narrowed
    assert LABELLED in client.get(f"/relecture/{sheet.id}").text
    assert post(client, f"/relecture/{sheet.id}/etiquettes/{label.id}/retirer").status_code == 303
    assert "Aucune fiche ne répond" in client.get(f"/relecture?label={label.id}").text
    kinds = db.session.scalars(sa.select(Event.kind).where(Event.kind.startswith("label.")).order_by(Event.seq)).all()
    assert kinds == ["label.put", "label.taken"]


def test_a_label_of_another_federation_is_not_put(client: PageClient, sheet: Sheet, reviewer: User) -> None:
    foreign = factories.LabelFactory(name="D’ailleurs")
    for label in (str(foreign.id), "", "x"):
        answer = post(client, f"/relecture/{sheet.id}/etiquettes", {"label": label})
        assert answer.status_code == 422
        assert "D’ailleurs" not in answer.text


def test_administrators_keep_the_list(client: PageClient, db: SQLAlchemy, sheet: Sheet, administrator: User) -> None:
    made = post(client, "/relecture/etiquettes", {"name": LABELLED, "tone": "amber"})
    assert made.status_code == 303
    label = db.session.scalars(sa.select(Label)).one()
    assert (label.tone, label.federation_id) == (LabelTone.AMBER, sheet.federation_id)
    twice = post(client, "/relecture/etiquettes", {"name": "DOSSIER delicat", "tone": "red"})
    assert twice.status_code == 422
    assert "porte déjà ce nom" in twice.text
    assert post(client, "/relecture/etiquettes", {"name": "Autre", "tone": "puce"}).status_code == 422
    post(client, f"/relecture/{sheet.id}/etiquettes", {"label": str(label.id)})
    changed = post(client, f"/relecture/etiquettes/{label.id}", {"name": "À suivre", "tone": "blue"})
    assert changed.status_code == 303
    assert "À suivre" in client.get(f"/relecture/{sheet.id}").text
    assert client.get("/relecture/etiquettes").status_code == 200
    assert client.get(f"/relecture/etiquettes/{label.id}").status_code == 200
    assert post(client, f"/relecture/etiquettes/{label.id}/supprimer").status_code == 303
    assert "À suivre" not in client.get(f"/relecture/{sheet.id}").text.partition('id="histoire"')[0]


def test_a_reviewer_does_not_keep_the_list(client: PageClient, sheet: Sheet, reviewer: User) -> None:
    assert client.get("/relecture/etiquettes").status_code == 403
    assert '/relecture/etiquettes"' not in client.get(f"/relecture/{sheet.id}").text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tone", [tone for tone in LabelTone if tone is not LabelTone.NEUTRAL])
def test_every_tone_can_be_read_in_light_and_dark(mode: str, tone: LabelTone) -> None:
    css = (STATIC / "css" / "components.css").read_text()
    found = re.search(rf"\.label-{tone} \{{ background: var\(--([\w-]+)\); color: var\(--([\w-]+)\); \}}", css)
    assert found is not None
    colours = palette(mode)
    assert contrast(colours[found[1]], colours[found[2]]) >= 4.5
