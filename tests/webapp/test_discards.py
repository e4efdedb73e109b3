"""Files that nothing shows any more wait, a flood of them waits for somebody; rows and files are held together."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.factories import AttachmentFactory, CentreFactory, ReportRunFactory, SheetFactory, UploadFactory, UserFactory
from webapp import storage
from webapp.cli import recueil
from webapp.clock import now
from webapp.config import current_settings
from webapp.models import Attachment, DiscardedFile
from webapp.queries import backups, files
from webapp.services import discards, report_handing

LATER = timedelta(days=31)
# The files of these tests are as young as they are.
TOMORROW = timedelta(days=2)


@pytest.fixture(autouse=True)
def clean_storage(app: Flask, db: SQLAlchemy) -> Iterator[None]:
    """The application's storage is every test's: what others left isn't of these."""
    _empty()
    yield
    _empty()


def _empty() -> None:
    for found in list(storage.listed()):
        storage.delete(found.key)


def keys() -> set[str]:
    return {found.key for found in storage.listed()}


def joined(db: SQLAlchemy, number: int) -> list[str]:
    """So many files that rows name."""
    sheet = SheetFactory()
    made = []
    for _ in range(number):
        row = AttachmentFactory(sheet=sheet)
        storage.put(row.storage_key, b"something")
        made.append(row.storage_key)
    db.session.commit()
    return made


def test_a_report_that_is_dropped_leaves_its_file_for_a_month(db: SQLAlchemy) -> None:
    run = ReportRunFactory(federation=CentreFactory().federation, storage_key="reports/aa/one.pdf")
    storage.put("reports/aa/one.pdf", b"%PDF")
    report_handing.drop(run.id, actor_id=UserFactory().id, at=now())
    assert discards.purge(at=now() + timedelta(days=29)) == 0
    assert keys() == {"reports/aa/one.pdf"}
    assert discards.purge(at=now() + LATER) == 1
    assert keys() == set()
    assert db.session.scalars(sa.select(DiscardedFile)).all() == []


def test_a_file_that_a_row_names_again_is_not_deleted(db: SQLAlchemy) -> None:
    (key,) = joined(db, 1)
    discards.discard([key], reason="essai", at=now())
    db.session.commit()
    assert discards.purge(at=now() + LATER) == 0
    assert keys() == {key}
    assert db.session.scalars(sa.select(DiscardedFile)).all() == []


@pytest.mark.parametrize(("gone", "stay", "held_back"), [(101, 300, True), (101, 410, False), (100, 0, False)])
def test_a_flood_of_deletions_waits_for_somebody(db: SQLAlchemy, gone: int, stay: int, held_back: bool) -> None:
    left = {f"reports/aa/{number}" for number in range(gone)}
    for key in left:
        storage.put(key, b"x")
    discards.discard(sorted(left), reason="essai", at=now())
    sheet = SheetFactory()
    row = AttachmentFactory(sheet=sheet)
    named = {column.name: getattr(row, column.name) for column in Attachment.__table__.columns}
    from uuid import uuid4

    more = [named | {"id": uuid4(), "storage_key": f"attachments/{number}"} for number in range(stay)]
    if more:
        db.session.execute(sa.insert(Attachment), more)
    db.session.commit()
    assert discards.purge(at=now() + LATER) == (0 if held_back else gone)
    assert (left <= keys()) is held_back
    told = backups.state(current_settings(), at=now() + LATER).problems
    assert any("frein" in problem for problem in told) is held_back
    assert discards.purge(at=now() + LATER, despite_brake=True) == (gone if held_back else 0)
    assert keys() & left == set()


def test_rows_without_file_and_files_without_row_are_told(app: Flask, db: SQLAlchemy) -> None:
    whole, missing = joined(db, 2)
    storage.delete(missing)
    sheet = SheetFactory()
    coming = UploadFactory(sheet_id=sheet.id, user_id=UserFactory().id)
    piece = f"uploads/{coming.id.hex}/00000000-00000010"
    lost = ["attachments/aa/lost", "uploads/0123/00000000-00000010"]
    for key in (piece, *lost):
        storage.put(key, b"x")
    discards.discard(["reports/aa/waits"], reason="essai", at=now())
    storage.put("reports/aa/waits", b"x")
    db.session.commit()
    found = files.reconciled(at=now() + TOMORROW)
    assert [one.key for one in found.missing] == [missing]
    assert list(found.orphans) == lost
    assert files.reconciled(at=now()).orphans == (), "one that is being stored now is no orphan"
    assert discards.mark_orphans(at=now() + TOMORROW) == 2
    assert keys() == {whole, piece, *lost, "reports/aa/waits"}, "nothing goes at once"
    assert files.reconciled(at=now() + TOMORROW).orphans == ()


def test_the_command_tells_and_marks(app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.put("attachments/aa/lost", b"x")
    monkeypatch.setitem(app.config, "RECUEIL_NOW", now() + TOMORROW)
    runner = app.test_cli_runner()
    command = recueil.get_command(None, "reconcile")  # type: ignore[arg-type]
    said = json.loads(runner.invoke(command, ["--json"]).output)
    assert (said["orphans"], said["marked"], said["missing"]) == (["attachments/aa/lost"], 0, [])
    assert json.loads(runner.invoke(command, ["--json", "--fix"]).output)["marked"] == 1
    assert json.loads(runner.invoke(command, ["--json"]).output)["orphans"] == []
    words = runner.invoke(command, ["--purge"])
    assert (words.exit_code, "0\u00a0fichier effacé" in words.output) == (0, True)
    assert keys() == {"attachments/aa/lost"}
