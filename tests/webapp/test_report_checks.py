"""A file put to the test, on the web and on the command line; and two reports against each other."""

import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from reports.catalogue import REPORTS, ReportKind
from tests.client import PageClient
from tests.factories import START, CentreFactory, FunderFactory, SheetFactory, address, person
from tests.signing import post, sign_in
from webapp import storage
from webapp.commands.compare import command as compare
from webapp.commands.verify import command as verify
from webapp.models import ReportRun, ReportRunFunder, Sheet
from webapp.policy import OPERATOR
from webapp.queries.report_selection import Selection
from webapp.services import erasure, reports, snapshots
from webapp.vocabulary import RoleName

ANSWERS: dict[str, Any] = {
    "title": "Atelier vélo",
    "summary": "On répare ensemble, le samedi.",
    "dimension": "services",
    "participants_count": {"number": 40, "how": "counted"},
}


def sent(centre: Any, **answers: Any) -> Sheet:
    """A validated sheet with the snapshot that a sending takes."""
    given = {**ANSWERS, **answers}
    sheet: Sheet = SheetFactory(
        state=SheetState.VALIDATED,
        centre=centre,
        title=given["title"],
        answers=given,
        submitted_at=START,
        validated_at=START,
    )
    snapshots.take(sheet, actor_id=None, at=START)
    return sheet


def send_again(db: SQLAlchemy, sheet: Sheet, **answers: Any) -> None:
    sheet.answers = {**sheet.answers, **answers}
    snapshots.take(sheet, actor_id=None, at=START)
    db.session.commit()


@pytest.fixture
def centre(db: SQLAlchemy) -> Any:
    return CentreFactory()


@pytest.fixture
def sheet(centre: Any) -> Sheet:
    return sent(centre)


def report(db: SQLAlchemy, sheet: Sheet, kind: ReportKind) -> bytes:
    """The file of a report that is made now and kept nowhere."""
    db.session.commit()
    selection = Selection(federation_id=sheet.federation_id)
    if kind is ReportKind.SHEET:
        selection = Selection(sheet_id=sheet.id)
    content = reports.content_for(kind, selection, title="L’année", at=START)
    out = io.BytesIO()
    reports.write(REPORTS[kind], content, out)
    return out.getvalue()


def kept(db: SQLAlchemy, sheet: Sheet, kind: ReportKind, tmp_path: Path) -> tuple[UUID, bytes]:
    """The same, asked for and kept."""
    db.session.commit()
    federation = sheet.federation
    run = reports.request(
        kind, Selection(federation_id=federation.id), federation=federation, title="L’année", actor_id=None, at=START
    )
    run_id = run.id
    content = report(db, sheet, kind)
    path = tmp_path / run_id.hex
    path.write_bytes(content)
    made = reports.content_for(kind, Selection(federation_id=sheet.federation_id), title="L’année", at=START)
    reports.keep(run_id, REPORTS[kind], made, path, (), at=START)
    return run_id, content


def hand_in(client: PageClient, content: bytes, name: str = "rapport.pdf") -> Any:
    return post(client, "/rapports/verifier", {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def run(app: Flask, command: Any, *words: str) -> Result:
    with app.app_context():
        return CliRunner().invoke(command, list(words))


def written(folder: Path, content: bytes, name: str = "fichier") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def altered(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.pages[0].contents_add(b"/Artifact BMC 1 1 1 rg 0 0 600 900 re f EMC")
        opened.save(out)
    return out.getvalue()


def test_a_kept_report_is_known_byte_by_byte(app: Flask, db: SQLAlchemy, sheet: Sheet, tmp_path: Path) -> None:
    run_id, content = kept(db, sheet, ReportKind.WORKBOOK, tmp_path)
    done = run(app, verify, written(tmp_path, content), "--json")
    said = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (said["verdict"], said["report"]["run"]) == ("identical", str(run_id))
    assert said["message"].startswith("Fichier identique à celui établi le ")
    assert "L’année" in said["message"]


@pytest.mark.parametrize("kind", [ReportKind.SHEET, ReportKind.BOOK, ReportKind.ARCHIVE])
def test_a_pdf_that_nobody_kept_is_proven_by_its_signature(
    app: Flask, db: SQLAlchemy, sheet: Sheet, tmp_path: Path, kind: ReportKind
) -> None:
    reference = sheet.reference
    done = run(app, verify, written(tmp_path, report(db, sheet, kind)), "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["verdict"], said["faults"]) == (0, "signed", [])
    assert [(found["reference"], found["standing"]) for found in said["sheets"]] == [(reference, "current")]


def test_an_altered_pdf_is_not(app: Flask, db: SQLAlchemy, sheet: Sheet, tmp_path: Path) -> None:
    done = run(app, verify, written(tmp_path, altered(report(db, sheet, ReportKind.BOOK))))
    assert done.exit_code == 1
    assert "Fichier modifié depuis qu’il a été établi" in done.stdout


def test_a_pdf_signed_with_another_key_is_unproven(
    app: Flask, db: SQLAlchemy, sheet: Sheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = report(db, sheet, ReportKind.SHEET)
    monkeypatch.setattr("webapp.seals.sign", lambda seal: seal[::-1])
    said = json.loads(run(app, verify, written(tmp_path, content), "--json").stdout)
    assert (said["verdict"], said["proven"]) == ("unproven", False)


def test_a_workbook_that_nobody_kept_is_only_announced(
    app: Flask, db: SQLAlchemy, sheet: Sheet, tmp_path: Path
) -> None:
    done = run(app, verify, written(tmp_path, report(db, sheet, ReportKind.WORKBOOK)))
    assert done.exit_code == 1
    assert "Contenu annoncé, non prouvé" in done.stdout


def test_answers_of_a_json_file_are_proven_by_the_snapshots_that_are_kept(
    app: Flask, db: SQLAlchemy, sheet: Sheet, tmp_path: Path
) -> None:
    content = report(db, sheet, ReportKind.JSON)
    done = run(app, verify, written(tmp_path, content), "--json")
    assert (done.exit_code, json.loads(done.stdout)["verdict"]) == (0, "content")
    other = content.replace("On répare ensemble".encode(), "On répare seul".encode())
    done = run(app, verify, written(tmp_path, other), "--json")
    assert (done.exit_code, json.loads(done.stdout)["verdict"]) == (1, "altered")


def test_a_sheet_sent_again_since_is_said_to_be(app: Flask, db: SQLAlchemy, sheet: Sheet, tmp_path: Path) -> None:
    content = report(db, sheet, ReportKind.SHEET)
    send_again(db, sheet, summary="Autre chose")
    done = run(app, verify, written(tmp_path, content))
    assert done.exit_code == 0
    assert "envoi n°\u00a01 sur 2, renvoyée depuis" in done.stdout
    assert "1 renvoyée depuis" in done.stdout


def test_a_file_of_before_an_erasure_is_not_called_altered(
    app: Flask, db: SQLAlchemy, centre: Any, tmp_path: Path
) -> None:
    named = sent(centre, summary="Écrire à denise@tilleuls.example.")
    path = written(tmp_path, report(db, named, ReportKind.JSON))
    erasure.erase("denise@tilleuls.example", actor=OPERATOR, at=START)
    done = run(app, verify, path)
    assert done.exit_code == 0
    assert "une réponse a été effacée à la demande d’une personne le 2\u00a0mars 2026" in done.stdout


@pytest.mark.parametrize("content", [b"", b"Bonjour", b"%PDF-1.7\n", b"PK\x03\x04", b'{"recueil": 1}'])
def test_what_is_no_report_is_a_sentence_and_status_2(
    app: Flask, db: SQLAlchemy, tmp_path: Path, content: bytes
) -> None:
    path = written(tmp_path, content)
    for words in ((path,), (path, "--json"), (str(tmp_path / "rien"),), (str(tmp_path),)):
        done = run(app, verify, *words)
        assert done.exit_code == 2
        assert "fichier" in done.output.lower()
        assert "Traceback" not in done.output
    assert run(app, compare, path, path).exit_code == 2


def test_two_files_are_compared_in_words(app: Flask, db: SQLAlchemy, sheet: Sheet, centre: Any, tmp_path: Path) -> None:
    before = written(tmp_path, report(db, sheet, ReportKind.BOOK), "avant.pdf")
    send_again(
        db, sheet, participants_count={"number": 45, "how": "counted"}, summary="On répare ensemble, le dimanche."
    )
    added = sent(centre, title="Café").reference
    after = written(tmp_path, report(db, sheet, ReportKind.JSON), "apres.json")
    done = run(app, compare, before, after)
    assert done.exit_code == 1
    assert f"Fiche ajoutée\u00a0: {added}, Café" in done.stdout
    assert "«\u00a0Résumé\u00a0» (1\u00a0mot ajouté, 1\u00a0retiré)" in done.stdout
    assert "Participants\u00a0: 40 → 85." in done.stdout
    assert run(app, compare, after, after).exit_code == 0
    said = json.loads(run(app, verify, after, "--against", before, "--json").stdout)
    assert said["comparison"]["added"] == [added]


def test_a_reviewer_hands_a_file_in_and_it_is_not_kept(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, tmp_path: Path
) -> None:
    run_id, content = kept(db, sheet, ReportKind.BOOK, tmp_path)
    sign_in(client, person(RoleName.REVIEWER, sheet.federation))
    stored = sorted(found.key for found in storage.listed())
    assert stored
    answer = hand_in(client, content, "le <recueil>.pdf")
    assert answer.status_code == 200
    assert 'data-testid="verdict-identical"' in answer.text
    assert f"/rapports/{run_id}" in answer.text
    assert sheet.reference in answer.text
    assert sorted(found.key for found in storage.listed()) == stored


def test_a_file_that_is_none_of_ours_is_refused_in_words(client: PageClient, db: SQLAlchemy, centre: Any) -> None:
    sign_in(client, person(RoleName.REVIEWER, centre.federation))
    answer = hand_in(client, b"Bonjour")
    assert answer.status_code == 422
    assert "n’est pas un rapport de Recueil" in answer.text
    assert "Choisissez le fichier" in post(client, "/rapports/verifier", {}).text


def test_an_altered_file_is_said_to_be(client: PageClient, db: SQLAlchemy, sheet: Sheet) -> None:
    content = altered(report(db, sheet, ReportKind.SHEET))
    sign_in(client, person(RoleName.REVIEWER, sheet.federation))
    assert 'data-testid="verdict-altered"' in hand_in(client, content).text


def test_a_funder_learns_nothing_of_reports_and_sheets_that_are_not_addressed_to_it(
    client: PageClient, make_client: Any, db: SQLAlchemy, sheet: Sheet, tmp_path: Path
) -> None:
    run_id, content = kept(db, sheet, ReportKind.WORKBOOK, tmp_path)
    caf, other = FunderFactory(federation=sheet.federation), FunderFactory(federation=sheet.federation)
    address(sheet.campaign, caf)
    db.session.get_one(ReportRun, run_id).addressed = [ReportRunFunder(funder=caf)]
    db.session.commit()
    reader, stranger = make_client(), make_client()
    sign_in(reader, person(RoleName.FUNDER, caf))
    sign_in(stranger, person(RoleName.FUNDER, other))
    assert 'data-testid="verdict-identical"' in hand_in(reader, content).text
    told = hand_in(stranger, content).text
    assert 'data-testid="verdict-unproven"' in told
    assert str(run_id) not in told
    assert "inconnue ici" in told
    assert "envoi n°" not in told


def test_two_reports_are_compared_on_a_page(client: PageClient, db: SQLAlchemy, sheet: Sheet, tmp_path: Path) -> None:
    first, _content = kept(db, sheet, ReportKind.WORKBOOK, tmp_path)
    send_again(db, sheet, summary="On répare ensemble, le <b>dimanche</b>.")
    second, _content = kept(db, sheet, ReportKind.BOOK, tmp_path)
    sign_in(client, person(RoleName.REVIEWER, sheet.federation))
    page = client.get(f"/rapports/{second}/comparer/{first}").text
    assert "1\u00a0fiche renvoyée." in page
    assert "<del>" in page
    assert "samedi" in page
    assert "&lt;b&gt;dimanche" in page
    assert "sans changement" in client.get(f"/rapports/{second}/comparer/{second}").text


def test_a_report_of_others_is_compared_with_nothing(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, tmp_path: Path
) -> None:
    run_id, _content = kept(db, sheet, ReportKind.WORKBOOK, tmp_path)
    other = sent(CentreFactory())
    foreign, _content = kept(db, other, ReportKind.WORKBOOK, tmp_path)
    sign_in(client, person(RoleName.REVIEWER, sheet.federation))
    assert client.get(f"/rapports/{run_id}/comparer/{foreign}").status_code == 404
    assert client.get(f"/rapports/{foreign}/comparer/{run_id}").status_code == 404


def test_a_report_whose_file_is_gone_says_so(client: PageClient, db: SQLAlchemy, sheet: Sheet, tmp_path: Path) -> None:
    run_id, _content = kept(db, sheet, ReportKind.WORKBOOK, tmp_path)
    storage.delete(db.session.get_one(ReportRun, run_id).storage_key or "")
    sign_in(client, person(RoleName.REVIEWER, sheet.federation))
    answer = client.get(f"/rapports/{run_id}/comparer/{run_id}")
    assert answer.status_code == 404
    assert "introuvable" in answer.text
