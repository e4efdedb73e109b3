"""Migrations go up and down with rows in every table, and end where the models are."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from forms.lifecycle import SheetState
from forms.search import asked
from tests import databases
from tests.factories import (
    START,
    CampaignFactory,
    CentreFactory,
    ErasureFactory,
    FunderFactory,
    ReportRunFactory,
    UserFactory,
    one_of_everything,
    person,
    sent_sheet,
)
from webapp import MIGRATIONS, create_app
from webapp.config import Settings
from webapp.database import db
from webapp.models import (
    Erasure,
    Event,
    PrivacyNotice,
    ReportRun,
    ReportRunFunder,
    RetentionRule,
    SearchText,
    SearchWord,
    Sheet,
    Snapshot,
    SnapshotRedaction,
)
from webapp.policy import OPERATOR
from webapp.queries.search import found_by
from webapp.services import erasure, events
from webapp.vocabulary import ErasureKind, RoleName

ISSUED = {"sha256": "0" * 64, "version": 1, "issued_at": START, "size": 1}
REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


@pytest.fixture
def fresh(tmp_path: Path, engine_name: str, worker_id: str) -> Iterator[Flask]:
    """An application on a database of its own, not migrated."""
    with databases.database(tmp_path, f"recueil_migrations_{tmp_path.name}_{worker_id}"[:60]) as url:
        app = create_app(Settings(folder=tmp_path, database_url=url))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def rows() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in db.metadata.sorted_tables
        }


def shape() -> dict[str, Any]:
    """What the database really has, table by table."""
    seen = sa.inspect(db.engine)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"]) for column in seen.get_columns(table)
            },
            "key": seen.get_pk_constraint(table),
            "references": sorted(seen.get_foreign_keys(table), key=lambda one: str(one["name"])),
            "unique": sorted(seen.get_unique_constraints(table), key=lambda one: str(one["name"])),
            "checks": sorted((check["name"], _plain(check["sqltext"])) for check in seen.get_check_constraints(table)),
            "indexes": sorted((_indexed(one) for one in seen.get_indexes(table)), key=str),
        }
        for table in sorted(set(seen.get_table_names()) - {"alembic_version"})
    }


def _indexed(index: Any) -> dict[str, Any]:
    # The condition of a partial index is an object that equals only itself.
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {**index, "dialect_options": options}


def _plain(condition: str) -> str:
    return " ".join(condition.split())


def test_up_down_and_up_again_with_rows_in_every_table(fresh: Flask) -> None:
    upgrade()
    one_of_everything()
    db.session.remove()
    assert [name for name, count in rows().items() if not count] == []
    for _ in REVISIONS:
        downgrade()
    assert sa.inspect(db.engine).get_table_names() == ["alembic_version"]
    upgrade()
    one_of_everything()


def not_the_index_of_words(name: str | None, kind: str, _parents: Any) -> bool:
    """SQLite's full text search keeps tables of its own, which no model knows."""
    return not (kind == "table" and str(name).startswith("search_index"))


# The index of PostgreSQL's full text search is an expression, which the other engine never makes.
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrated_database_is_what_the_models_say(fresh: Flask) -> None:
    upgrade()
    opts = {"compare_type": True, "compare_server_default": True, "include_name": not_the_index_of_words}
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, db.metadata) == []
    migrated = shape()
    downgrade(revision="base")
    db.metadata.create_all(db.engine)
    modelled = shape()
    assert migrated.keys() == modelled.keys()
    for table in migrated:
        assert migrated[table] == modelled[table]


def test_sheets_that_were_there_carry_nothing_and_keep_their_answers(fresh: Flask) -> None:
    upgrade()
    sheet = sent_sheet(answers={"title": "Le jardin"})
    sheet.carried = {"title": {"year": 2025}}
    sheet_id = sheet.id
    db.session.commit()
    db.session.remove()
    downgrade(revision="0001")
    assert "carried" not in {column["name"] for column in sa.inspect(db.engine).get_columns("sheet")}
    upgrade()
    kept = db.session.get_one(Sheet, sheet_id)
    assert (kept.carried, kept.answers) == ({}, {"title": "Le jardin"})


def test_sheets_that_were_sent_are_found_by_their_title_and_wait_since_their_moment(fresh: Flask) -> None:
    upgrade()
    passed = {"code": "filler", "question": "limits", "message": "Court.", "reason": "Oui.", "by": None}
    sheet = sent_sheet(answers={"title": "L’été"}, title="L’été", passed_checks={"a": passed})
    sheet_id, sent_at = sheet.id, sheet.submitted_at
    db.session.remove()
    downgrade(revision="0006_personal_links")
    upgrade()
    kept = db.session.get_one(Sheet, sheet_id)
    assert (kept.folded_title, kept.sent_doubts, kept.state_since) == ("l ete", 1, sent_at)


def test_sheets_that_were_sent_are_found_by_their_words(fresh: Flask) -> None:
    upgrade()
    sheet = sent_sheet(answers={"title": "Les vélos", "summary": "On répare."}, title="Les vélos")
    sheet_id = sheet.id
    before = db.session.query(SearchText.tokens).one()
    db.session.remove()
    downgrade(revision="0018_reading_desk")
    upgrade()
    after = db.session.query(SearchText).one()
    assert (after.sheet_id, after.tokens) == (sheet_id, before.tokens)
    assert set(db.session.scalars(sa.select(SearchWord.word))) == {"velos", "repare", "valbourg"}
    assert search_ids("repare") == [sheet_id]


def search_ids(text: str) -> list[Any]:
    return list(db.session.scalars(sa.select(SearchText.sheet_id).where(found_by(asked(text)))))


def test_a_broken_migration_leaves_everything_as_it_was(fresh: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade()
    one_of_everything()
    db.session.remove()
    before = rows()

    def fail(*_details: object, **_more: object) -> None:
        raise RuntimeError("half way")

    from alembic import op

    # Down drops tables one by one: it fails after some.
    calls = iter(range(10))
    drop = op.drop_table
    monkeypatch.setattr(op, "drop_table", lambda table: drop(table) if next(calls) < 5 else fail())
    with pytest.raises(SystemExit):
        downgrade(revision="base")
    assert rows() == before


def test_sqlite_is_copied_first(fresh: Flask, engine_name: str, tmp_path: Path) -> None:
    if engine_name != "sqlite":
        pytest.skip("SQLite only")
    upgrade()
    one_of_everything()
    db.session.remove()
    before = rows()
    upgrade()
    assert not list(tmp_path.glob("*.avant-*")), "nothing to do, nothing to copy"
    downgrade(revision="base")
    [copy] = tmp_path.glob("*.avant-*")
    kept = sqlite3.connect(copy)
    assert kept.execute("SELECT count(*) FROM sheet").fetchone() == (before["sheet"],)
    assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    kept.close()


def test_reports_that_funders_had_are_issued_and_numbered_in_their_order(fresh: Flask) -> None:
    upgrade()
    funder = FunderFactory()
    runs = [
        ReportRunFactory(federation=funder.federation, title=title, sha256="0" * 64)
        for title in ("Recueil", "Recueil", "Recueil", "Classeur")
    ]
    db.session.add_all([ReportRunFunder(report_run=run, funder=funder) for run in (runs[0], runs[2], runs[3])])
    db.session.commit()
    ids = [run.id for run in runs]
    db.session.remove()
    downgrade(revision="0015_mail_claimed")
    upgrade()
    found = [db.session.get_one(ReportRun, id_) for id_ in ids]
    assert [run.version for run in found] == [1, None, 2, 1]
    assert [run.issued_at is not None for run in found] == [True, False, True, True]
    assert {run.series for run in found} == {"book:Recueil", "book:Classeur"}


def test_the_journal_proves_itself_after_a_downgrade_and_a_new_upgrade(fresh: Flask) -> None:
    upgrade()
    for number in range(3):
        events.record("note.written", at=START, actor_id=None, federation_id=None, data={"text": f"N° {number}"})
    erasure = Erasure(kind=ErasureKind.RETENTION, started_at=START)
    db.session.add(erasure)
    db.session.flush()
    emptied = db.session.scalars(sa.select(Event).order_by(Event.seq)).first()
    assert emptied is not None
    events.empty([(emptied, frozenset({"text"}))], at=START, actor_id=None)
    erasure.finished_at = START
    db.session.commit()
    db.session.remove()
    downgrade(revision="0021_recovery")
    with pytest.raises(sa.exc.DBAPIError, match="event_unchanging"):
        db.session.execute(sa.text("UPDATE event SET kind = 'other'"))
    db.session.remove()
    upgrade()
    found = events.verify_chain(None)
    assert (found.intact, found.length, found.emptied) == (True, 4, 1)
    said = db.session.scalars(sa.select(Event.data).order_by(Event.seq)).all()
    assert said[:3] == [{}, {"text": "N° 1"}, {"text": "N° 2"}]


def test_a_downgrade_brings_nobody_back_and_forgets_no_erasure(fresh: Flask) -> None:
    upgrade()
    one_of_everything()
    erased = person(RoleName.MEMBER, CentreFactory(), email="denise@tilleuls.example", full_name="Denise Lagarde")
    sheet = sent_sheet(SheetState.VALIDATED, answers={"title": "Le jardin de Denise Lagarde"})
    run = ReportRunFactory(federation=sheet.federation, storage_key="reports/a.pdf", withdrawn_at=START, **ISSUED)
    done = erasure.erase(erased.email, actor=OPERATOR, at=START)
    assert done is not None
    sheet_id, run_id, number = sheet.id, run.id, done.number or 0
    before = told()
    assert {len(rows) for rows in before.values()} == {1, 2}
    db.session.remove()
    downgrade(revision="0021_recovery")
    assert "erasure" not in sa.inspect(db.engine).get_table_names()
    assert "Lagarde" not in str(db.session.execute(sa.text("SELECT answers, title FROM snapshot")).all())
    db.session.remove()
    upgrade()
    assert told() == before
    db.session.expire_all()
    assert db.session.get_one(ReportRun, run_id).withdrawn_at == START
    sent = db.session.scalars(sa.select(Snapshot).where(Snapshot.sheet_id == sheet_id)).one()
    assert sent.answers["title"] == "Le jardin de [effacé]"
    person(RoleName.MEMBER, CentreFactory(), email="paul@tilleuls.example", full_name="Paul Cazals")
    again = erasure.erase("paul@tilleuls.example", actor=OPERATOR, at=START)
    assert again is not None
    assert again.number == number + 1
    db.session.remove()
    assert not [name for name in sa.inspect(db.engine).get_table_names() if name.startswith("kept")]


def told() -> dict[str, list[Any]]:
    """What is known of erasures and of what federations decided, row by row."""
    models = (Erasure, SnapshotRedaction, PrivacyNotice, RetentionRule)
    return {
        model.__tablename__: sorted(db.session.execute(sa.select(model.__table__)).all(), key=str) for model in models
    }


def test_what_goes_with_a_sheet_or_an_account_meanwhile_leaves_the_erasure_known(fresh: Flask) -> None:
    upgrade()
    author = UserFactory()
    ErasureFactory(user_id=author.id, by_id=author.id, mark="kept")
    campaign = CampaignFactory()
    db.session.add(RetentionRule(campaign=campaign, years=10, changed_at=START, changed_by=author.id))
    db.session.commit()
    ids = author.id, campaign.id
    db.session.remove()
    downgrade(revision="0021_recovery")
    for table, id_ in zip(("user", "campaign"), ids, strict=True):
        table_ = sa.table(table, sa.column("id", sa.Uuid()))
        db.session.execute(sa.delete(table_).where(table_.c.id == id_))
    db.session.commit()
    db.session.remove()
    upgrade()
    kept = db.session.scalars(sa.select(Erasure)).one()
    assert (kept.mark, kept.user_id, kept.by_id) == ("kept", None, None)
    assert db.session.scalars(sa.select(RetentionRule)).all() == []
