"""The pages of the import: send, look, decide, confirm; without a script."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from openpyxl import Workbook
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.client import PageClient
from tests.factories import CentreFactory, FederationFactory, person
from tests.importing import said, text_of
from tests.signing import post, sign_in, token_of
from webapp.models import Federation, ImportRun, Sheet, Snapshot
from webapp.vocabulary import RoleName


@pytest.fixture
def federation(db: SQLAlchemy) -> Federation:
    made: Federation = FederationFactory()
    return made


@pytest.fixture
def boss(client: PageClient, federation: Federation) -> PageClient:
    """The federation's administrator, signed in."""
    sign_in(client, person(RoleName.ADMINISTRATOR, federation))
    return client


def send(visitor: PageClient, federation: Federation, content: str | bytes, name: str = "lot.txt") -> TestResponse:
    """Send a file as the form does."""
    data = content.encode() if isinstance(content, str) else content
    file = FileStorage(BytesIO(data), name, content_type="text/plain")
    fields = {"csrf_token": token_of(visitor), "federation": str(federation.id), "file": file}
    # Written out here: the test client would leave the temporary file of a big form open.
    boundary, body = encode_multipart(fields)
    return visitor.post("/imports", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_a_file_is_sent_looked_at_and_imported(boss: PageClient, db: SQLAlchemy, federation: Federation) -> None:
    assert "Lire le fichier" in boss.get("/imports").text
    sent = send(boss, federation, text_of(said(keywords=["Jardinage"]), said(title='L\'été : "fête" !')))
    assert sent.status_code == 303
    page = boss.get(sent.location).text
    assert "Jardinage" in page
    assert "Créer le centre «\u00a0Centre social du Gué\u00a0»" in page
    told = " ".join(page[page.index("import-outcome") :].split())
    assert "2 fiches seront publiées au catalogue public" in told
    assert "1 centre sera créé." in told
    assert db.session.scalars(sa.select(Sheet)).all() == []
    done = post(boss, sent.location, {"counts-0": "participants_count"})
    assert done.status_code == 303
    assert "Import fait" in boss.get(done.location).text
    answers = {snapshot.title: snapshot.answers for snapshot in db.session.scalars(sa.select(Snapshot))}
    assert answers["Action 0"]["participants_count"] == {"number": 12, "how": "counted"}
    assert "participants_count" not in answers['L\'été : "fête" !']
    assert "lot.txt" in boss.get("/imports").text


def test_a_doubtful_centre_is_asked_and_nothing_is_imported_before(
    boss: PageClient, db: SQLAlchemy, federation: Federation
) -> None:
    centre = CentreFactory(federation=federation, name="Centre social du Gué")
    sent = send(boss, federation, text_of(said(organisation="Le Gué - Lot"), said()))
    assert "Centre à choisir" in boss.get(sent.location).text
    refused = post(boss, sent.location, {"counts-1": "volunteers_count", "leave_out-1": "y"})
    assert refused.status_code == 422
    assert 'href="#centre-0"' in refused.text
    assert 'id="centre-0-error"' in refused.text
    assert refused.text.count(" checked") == 2
    assert db.session.scalars(sa.select(Sheet)).all() == []
    post(boss, sent.location, {"centre-0": str(centre.id), "leave_out-1": "y"})
    assert db.session.scalars(sa.select(Sheet.centre_id)).all() == [centre.id]


@pytest.mark.parametrize(
    ("content", "status", "word"),
    [
        (b"", 422, "vide"),
        (b"Bonjour.", 422, "Aucune fiche ne se lit"),
        (b"%PDF-1.7\x00\x01", 422, "ni un texte ni un classeur"),
        (text_of(said()).encode()[:800], 422, "coupé"),
        (b"a" * (5 * 1024 * 1024 + 1), 413, "5\u00a0Mo"),
    ],
    ids=["empty", "other", "binary", "cut", "big"],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(
    boss: PageClient, db: SQLAlchemy, federation: Federation, content: bytes, status: int, word: str
) -> None:
    answer = send(boss, federation, content)
    assert answer.status_code == status
    assert word in answer.text
    assert 'id="file-error"' in answer.text
    assert db.session.scalars(sa.select(ImportRun)).all() == []


def test_no_file_at_all_is_said_beside_the_field(boss: PageClient, federation: Federation) -> None:
    answer = post(boss, "/imports", {"federation": str(federation.id)})
    assert (answer.status_code, 'id="file-error"' in answer.text) == (422, True)


def test_a_file_may_be_abandoned(boss: PageClient, db: SQLAlchemy, federation: Federation) -> None:
    sent = send(boss, federation, text_of(said()))
    assert post(boss, f"{sent.location}/abandonner").status_code == 303
    assert db.session.scalars(sa.select(ImportRun)).all() == []
    assert boss.get(sent.location).status_code == 404


def test_an_import_confirmed_twice_is_done_once(boss: PageClient, db: SQLAlchemy, federation: Federation) -> None:
    sent = send(boss, federation, text_of(said()))
    for _time in range(2):
        assert post(boss, sent.location).status_code == 303
    assert len(db.session.scalars(sa.select(Snapshot)).all()) == 1
    again = send(boss, federation, text_of(said()))
    assert "Déjà importée, rien ne change" in boss.get(again.location).text


def test_nonsense_for_a_centre_is_answered_400(boss: PageClient, federation: Federation) -> None:
    sent = send(boss, federation, text_of(said()))
    assert post(boss, sent.location, {"centre-0": "nonsense"}).status_code == 400


def test_only_the_administrator_opens_the_pages(
    make_client: Callable[[], PageClient], boss: PageClient, federation: Federation
) -> None:
    sent = send(boss, federation, text_of(said()))
    assert make_client().get("/imports").status_code == 302
    reviewer, stranger = make_client(), make_client()
    sign_in(reviewer, person(RoleName.REVIEWER, federation))
    sign_in(stranger, person(RoleName.ADMINISTRATOR, FederationFactory()))
    assert reviewer.get("/imports").status_code == 403
    assert send(stranger, federation, text_of(said())).status_code == 404
    for answer in (
        stranger.get(sent.location),
        post(stranger, sent.location),
        post(stranger, f"{sent.location}/abandonner"),
    ):
        assert answer.status_code == 404


def test_the_real_file_can_be_decided_on(
    boss: PageClient, db: SQLAlchemy, federation: Federation, shared_data: Path
) -> None:
    sent = send(boss, federation, (shared_data / "actions-lot.txt").read_bytes())
    page = boss.get(sent.location).text
    assert page.count('data-testid="import-sheet-') == 11
    assert post(boss, sent.location).status_code == 303
    assert boss.get(sent.location).status_code == 200
    assert len(db.session.scalars(sa.select(Snapshot)).all()) == 11


def other_workbook() -> bytes:
    out = BytesIO()
    Workbook().save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content", [b"Nom;Commune\nL'Escale;Figeac\n", b"\x00\x01\x02", other_workbook()], ids=["csv", "bytes", "workbook"]
)
def test_a_file_of_another_kind_is_told_what_is_taken_here(
    boss: PageClient, federation: Federation, content: bytes
) -> None:
    answer = send(boss, federation, content, "autre")
    assert answer.status_code == 422
    error = answer.text[answer.text.index('id="file-error"') :].partition("</p>")[0]
    assert "le fichier texte (.txt) du catalogue public, ou un classeur (.xlsx) emporté de Recueil" in error
    assert "Nom | Département" not in error
