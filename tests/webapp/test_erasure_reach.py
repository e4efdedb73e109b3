"""After an erasure the person is found in no table and no stored file, but in what the page says is kept."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from pypdf import PdfReader
from sqlalchemy.exc import IntegrityError

from forms.lifecycle import SheetState
from forms.search import asked
from reports.catalogue import ReportKind
from tests import factories
from tests.client import PageClient
from tests.factories import START
from tests.places import sweep
from tests.signing import post, sign_in
from tests.webapp.report_season import ANSWERS, made
from webapp import storage
from webapp.clock import now
from webapp.config import current_settings
from webapp.database import Base
from webapp.mentions import Mentions
from webapp.models import (
    ApiToken,
    Erasure,
    Federation,
    Job,
    Mail,
    PersonalLink,
    ReportRun,
    SearchText,
    SearchWord,
    Sheet,
    Snapshot,
    Upload,
    User,
)
from webapp.policy import OPERATOR
from webapp.queries import open_data, report_sheets
from webapp.queries.files import named
from webapp.queries.report_selection import Selection
from webapp.queries.search import found_by
from webapp.services import discards, erasure, jobs, laid_out, mail, report_handing, reports, snapshots
from webapp.services.events import verify_chain
from webapp.vocabulary import JobState, MailState, PersonalPurpose, RoleName, Sharing

EMAIL, NAME, PHONE = "heloise.quentrec@tilleuls.example", "Héloïse Quentrec", "06 12 34 56 78"
CANARIES = ("quentrec", "06 12 34 56 78", "0612345678")


@pytest.fixture(autouse=True)
def clean_storage(app: Flask, db: SQLAlchemy) -> Iterator[None]:
    """The application's storage and folder are every test's: what others left isn't of these."""
    _empty()
    yield
    _empty()


def _empty() -> None:
    sweep()
    laid_out.forget()
    shutil.rmtree(current_settings().folder / "mail", ignore_errors=True)


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    file = {"id": "0b0e7a9c-7a39-4f37-9e44-1f9df2f1d2aa", "name": "heloise-quentrec.jpg", "media_type": "image/jpeg"}
    file |= {"size": 3, "sha256": "0" * 64, "width": 1, "height": 1}
    said = {
        **ANSWERS,
        "title": "Atelier de QUENTREC Héloïse",
        "summary": f"Menée par Heloise Quentrec ({EMAIL}), au {PHONE}.",
        "files": [{**file, "caption": f"{NAME} et son vélo", "alt": "HELOISE QUENTREC répare un vélo"}],
    }
    made: Sheet = factories.sent_sheet(SheetState.VALIDATED, title=said["title"], answers=said)
    made.action.title = said["title"]
    snapshot = db.session.get_one(Snapshot, made.current_snapshot_id)
    snapshots.show(made, snapshot, snapshots.form_of(snapshot.form_version))
    factories.AttachmentFactory(sheet=made, name=file["name"])
    db.session.commit()
    return made


@pytest.fixture
def user(db: SQLAlchemy, sheet: Sheet) -> User:
    return factories.person(RoleName.RESPONSIBLE, sheet.centre, email=EMAIL, full_name=NAME, phone=PHONE)


def tables(db: SQLAlchemy) -> str:
    """All that the database holds, tables that no model knows with it."""
    db.session.expire_all()
    known = [sa.select(table) for table in Base.metadata.sorted_tables]
    others = set(sa.inspect(db.engine).get_table_names()) - set(Base.metadata.tables)
    rows = [db.session.execute(one).all() for one in (*known, *(sa.text(f'SELECT * FROM "{name}"') for name in others))]
    return "\n".join(_plain(value) for table in rows for row in table for value in row).lower()


def _plain(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def files() -> dict[str, str]:
    """All that the storage and the folder of the installation hold, unpacked, by place."""
    found = {one.key: storage.get(one.key) for one in storage.listed()}
    folder = current_settings().folder
    apart = {path for name in (laid_out.FOLDER, "mail") for path in (folder / name).rglob("*") if path.is_file()}
    return {place: _words(content) for place, content in [*found.items(), *((str(p), p.read_bytes()) for p in apart)]}


def _words(content: bytes) -> str:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return "\n".join(_words(packed.read(name)) for name in packed.namelist())
    if content.startswith(b"%PDF"):
        read = PdfReader(io.BytesIO(content))
        return " ".join([*(page.extract_text() for page in read.pages), str(read.metadata)]).lower()
    return content.decode("utf-8", "replace").lower()


def canaries_in(text: str) -> list[str]:
    return [one for one in CANARIES if one in text]


def work(db: SQLAlchemy) -> None:
    """What the worker does with the jobs that wait."""
    for job_id in db.session.scalars(sa.select(Job.id).where(Job.state == JobState.QUEUED)).all():
        assert jobs.run(job_id, clock=lambda: START)


def test_no_table_and_no_file_names_them_but_reports_that_were_issued(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    federation = db.session.get_one(Federation, sheet.federation_id)
    factories.LabelFactory(federation=federation, name=f"À revoir avec {NAME}")
    factories.ApiTokenFactory(user=user, name=f"Classeur de {NAME}")
    factories.WebhookFactory(federation=federation, url="https://prevenir.example/heloise.quentrec")
    factories.UploadFactory(sheet_id=sheet.id, user_id=user.id, name=f"{NAME}.png", attachment_id=None)
    said: dict[str, Any] = {"arguments": {"reason": NAME}, "result": {"said": EMAIL}, "error": f"Pas de {NAME}"}
    factories.JobFactory(kind="bulk", state=JobState.FAILED, **said)
    factories.AgreementFactory(funder=factories.FunderFactory(federation=federation), address=f"À {NAME}")
    template = factories.ReportTemplateFactory(federation=federation, foreword_by=NAME, name=f"Pour {NAME}")
    ours = [made(db, federation, kind, template=template) for kind in (ReportKind.JSON, ReportKind.WORKBOOK)]
    issued = made(db, federation, ReportKind.CSV, template=template)
    report_handing.issue(issued.id, actor_id=factories.UserFactory().id, at=START)
    before = files()
    assert all(canaries_in(before[run.storage_key or ""]) for run in (*ours, issued))
    assert canaries_in(tables(db))
    found = erasure.plan(EMAIL)
    assert ({run.id for run in found.unissued}, [run.id for run in found.issued]) == (
        {one.id for one in ours},
        [issued.id],
    )
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    assert canaries_in(tables(db)) == []
    assert [place for place, words in files().items() if canaries_in(words)] == [issued.storage_key]
    work(db)
    again = files()
    assert [place for place, words in again.items() if canaries_in(words)] == [issued.storage_key]
    assert all("[effacé]" in again[db.session.get_one(ReportRun, run.id).storage_key or ""] for run in ours)
    assert canaries_in(tables(db)) == []
    assert verify_chain(sheet.federation_id).intact


def test_a_printed_report_is_made_again_and_the_sheets_laid_out_for_it_are_forgotten(
    db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    run = made(db, sheet.federation, ReportKind.BOOK)
    assert any(laid_out.folder().glob("??/*"))
    old = run.storage_key or ""
    assert canaries_in(files()[old])
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    assert not any(laid_out.folder().glob("??/*"))
    assert old not in files()
    work(db)
    db.session.expire_all()
    assert run.storage_key not in (None, old)
    assert canaries_in(files()[run.storage_key or ""]) == []
    assert "[effacé]" in files()[run.storage_key or ""]


def test_another_machine_forgets_what_it_had_laid_out(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    place = laid_out.folder()
    assert laid_out.forget_if_erased() is False
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    (place / "aa").mkdir(parents=True, exist_ok=True)
    (place / "aa" / "part").write_bytes(b"x")
    assert laid_out.forget_if_erased() is True
    assert not (place / "aa").exists()
    (place / "bb").mkdir()
    assert laid_out.forget_if_erased() is False
    assert (place / "bb").exists()


def test_a_report_that_was_being_made_meanwhile_is_made_again(
    db: SQLAlchemy, sheet: Sheet, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Selection(federation_id=sheet.federation_id)
    run = reports.request(
        ReportKind.JSON, wanted, federation=sheet.federation, title="Le rapport", actor_id=None, at=START
    )
    run_id, job_id, write, times = run.id, run.job_id, reports.write, []

    def and_somebody_is_erased(*details: Any, **more: Any) -> Any:
        notes = write(*details, **more)
        if not times:
            erasure.erase(EMAIL, actor=OPERATOR, at=START)
        times.append(notes)
        return notes

    monkeypatch.setattr(reports, "write", and_somebody_is_erased)
    assert job_id is not None
    assert jobs.run(job_id, clock=lambda: START)
    key = db.session.get_one(ReportRun, run_id, populate_existing=True).storage_key
    assert len(times) == 2
    assert list(files()) == [key]
    assert canaries_in(files()[key or ""]) == []


def test_the_open_data_are_known_to_have_changed(db: SQLAlchemy, user: User) -> None:
    factories.sent_sheet(SheetState.PUBLISHED, sharing=Sharing.PUBLIC, answers={**ANSWERS, "summary": f"Avec {NAME}."})
    db.session.commit()
    before = open_data.edition()
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    after = open_data.edition()
    assert (before.count, after.count) == (1, 1)
    assert after.mark != before.mark


def test_searches_no_longer_know_their_name_but_that_of_others(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    other = factories.sent_sheet(SheetState.VALIDATED, title="Héloïse danse", answers={"title": "Héloïse danse"})
    snapshot = db.session.get_one(Snapshot, other.current_snapshot_id)
    snapshots.show(other, snapshot, snapshots.form_of(snapshot.form_version))
    db.session.commit()

    def by(word: str) -> list[Any]:
        return list(db.session.scalars(sa.select(SearchText.sheet_id).where(found_by(asked(word)))))

    assert by("quentrec") == [sheet.id]
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    assert by("quentrec") == []
    assert by("heloise") == [other.id]
    assert by("atelier") == [sheet.id]
    words = set(db.session.scalars(sa.select(SearchWord.word)))
    assert ("quentrec" in words, "heloise" in words) == (False, True)


def test_what_an_issued_report_held_can_still_be_read_without_them(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    run = made(db, sheet.federation, ReportKind.JSON)
    report_handing.issue(run.id, actor_id=user.id, at=START)
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    db.session.expire_all()
    [(read, sent)] = report_sheets.as_made(run)
    assert read.id == sheet.id
    assert canaries_in(json.dumps(sent.answers, ensure_ascii=False).lower()) == []


def test_the_words_of_an_issued_report_change_by_an_erasure_and_its_file_never(
    db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    run = made(db, sheet.federation, ReportKind.JSON)
    report_handing.issue(run.id, actor_id=user.id, at=START)
    for values in ({"title": "Autre"}, {"design": {}}):
        with pytest.raises(IntegrityError, match="report_run_frozen"):
            db.session.execute(sa.update(ReportRun).values(**values))
        db.session.rollback()
    factories.ErasureFactory(finished_at=None)
    db.session.execute(sa.update(ReportRun).values(title="Sans elle"))
    with pytest.raises(IntegrityError, match="report_run_frozen"):
        db.session.execute(sa.update(ReportRun).values(sha256="0" * 64))
    db.session.rollback()


def test_the_administrator_withdraws_the_issued_reports_in_one_press(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    administrator = factories.person(RoleName.ADMINISTRATOR, sheet.federation)
    reader = factories.person(RoleName.FUNDER, factories.FunderFactory(federation=sheet.federation))
    run = made(db, sheet.federation, ReportKind.JSON)
    report_handing.address(run.id, [reader.roles[0].funder_id], actor_id=administrator.id, at=now())
    where = {"email": "maire@valbourg.example", "name": "", "days": 30}
    report_handing.send_link(run.id, **where, actor_id=administrator.id, at=now())
    run_id, key = run.id, run.storage_key or ""
    sign_in(client, administrator)
    looked = post(client, "/donnees-des-personnes", {"email": EMAIL}).text
    assert "Rapport émis qui la nomme" in looked
    assert post(client, "/donnees-des-personnes/effacer", {"email": EMAIL, "again": EMAIL}).status_code == 303
    number = db.session.scalars(sa.select(Erasure.number)).one()
    page = client.get("/donnees-des-personnes").text
    assert f"/rapports/{run_id}" in page
    address = f"/donnees-des-personnes/effacements/{number}/retirer-les-rapports"
    assert address in page
    assert canaries_in(files()[key])
    assert post(client, address, {}).status_code == 303
    assert key not in files()
    assert key not in {one.key for one in named(db.session.connection())}, "no backup misses it"
    assert f"/rapports/{run_id}" not in client.get("/donnees-des-personnes").text
    assert "Ce rapport a été retiré" in client.get(f"/rapports/{run_id}").text
    assert post(client, f"/rapports/{run_id}/telecharger", {}).status_code == 404
    db.session.expire_all()
    link = db.session.scalars(sa.select(PersonalLink).where(PersonalLink.purpose == PersonalPurpose.REPORT)).one()
    assert link.revoked_at is not None
    sign_in(client, reader)
    told = client.get(f"/rapports/{run_id}").text
    assert "Ce rapport a été retiré" in told
    assert post(client, f"/rapports/{run_id}/telecharger", {}).status_code == 404
    assert post(client, address, {}).status_code == 403


def test_another_federation_withdraws_nothing_and_hears_of_nobody(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    run = made(db, sheet.federation, ReportKind.JSON)
    report_handing.issue(run.id, actor_id=user.id, at=START)
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory()))
    known = post(client, "/donnees-des-personnes", {"email": EMAIL}).text
    unknown = post(client, "/donnees-des-personnes", {"email": "heloise.personne@tilleuls.example"}).text
    assert "Rien n’est connu de cette adresse ici." in known
    assert ("administrateur de la plateforme" in known) == ("administrateur de la plateforme" in unknown)
    done = erasure.erase(EMAIL, actor=OPERATOR, at=START)
    assert done is not None
    address = f"/donnees-des-personnes/effacements/{done.number}/retirer-les-rapports"
    assert post(client, address, {}).status_code == 404
    db.session.expire_all()
    assert db.session.get_one(ReportRun, run.id).withdrawn_at is None


def test_mails_that_were_written_to_a_folder_go_where_they_name_the_person(
    db: SQLAlchemy, sheet: Sheet, user: User, make_app: Any, tmp_path: Path
) -> None:
    about = {"state": MailState.SENT, "text": "Bonjour", "subject": "Bonjour"}
    receipt = {"snapshot": str(sheet.current_snapshot_id)}
    mails = [
        factories.MailFactory(recipient=EMAIL, **about),
        factories.MailFactory(recipient="paul@tilleuls.example", **{**about, "text": f"Voir {NAME}"}),
        factories.MailFactory(recipient="lise@tilleuls.example", attachments=[receipt], **about),
        factories.MailFactory(recipient="anne@tilleuls.example", **about),
    ]
    db.session.commit()
    ids = [one.id for one in mails]
    with make_app(mail_url=str(tmp_path / "mails")).app_context():
        for id_ in ids:
            message = mail._message(db.session.get_one(Mail, id_), current_settings())
            mail.deliver(message, str(id_), current_settings())
        erasure.erase(EMAIL, actor=OPERATOR, at=START)
    assert [id_ for id_ in ids if (tmp_path / "mails" / f"{id_}.eml").exists()] == [ids[3]]


def test_their_tokens_and_files_on_the_way_go_and_the_labels_stay(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    factories.ApiTokenFactory(user=user)
    upload = factories.UploadFactory(sheet_id=sheet.id, user_id=user.id, attachment_id=None)
    label = factories.LabelFactory(federation=sheet.federation, name=f"Pour {NAME}")
    label_id, piece = label.id, f"uploads/{upload.id.hex}/00000000-00000003"
    storage.put(piece, b"abc")
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    assert db.session.scalars(sa.select(ApiToken)).all() == []
    assert db.session.scalars(sa.select(Upload)).all() == []
    assert piece not in files()
    db.session.expire_all()
    kept = db.session.get_one(type(label), label_id)
    assert (kept.name, kept.folded) == ("Pour [effacé]", "pour efface")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("HELOISE QUENTREC", "[effacé]"),
        ("Quentrec Héloïse", "[effacé]"),
        ("affiche_heloise-quentrec.jpg", "affiche_[effacé].jpg"),
        ("Héloïse seule", "Héloïse seule"),
        ("Héloïse Quentrecourt", "Héloïse Quentrecourt"),
    ],
)
def test_how_a_name_is_known(text: str, left: str) -> None:
    assert Mentions(frozenset(), frozenset({NAME})).taken_out(text) == left


def test_files_that_were_thrown_away_are_asked_for_again_where_the_storage_refused(
    db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    old = made(db, sheet.federation, ReportKind.JSON).storage_key or ""
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    storage.put(old, b"still there")
    work(db)
    assert discards.purge(at=START + timedelta(days=31)) == 1
    assert old not in files()
