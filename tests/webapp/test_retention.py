"""What a campaign kept goes at its term, after a warning, in batches; what was sent stays."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.values import Refused
from tests import factories
from tests.client import PageClient
from tests.factories import START
from tests.signing import post, sign_in
from webapp import storage
from webapp.models import (
    Attachment,
    Change,
    DiscardedFile,
    Event,
    Mail,
    Note,
    Query,
    RetentionRule,
    Sheet,
    Snapshot,
)
from webapp.services import discards, events, retention
from webapp.services.events import verify_chain
from webapp.vocabulary import MailState, RoleName

WORDS = "Des mots qui doivent partir"


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    made: Sheet = factories.sent_sheet(SheetState.VALIDATED, answers={"title": "Le jardin"})
    factories.person(RoleName.ADMINISTRATOR, made.federation, email="admin@federation.example")
    factories.ChangeFactory(sheet=made, before=WORDS, after=WORDS)
    factories.QueryFactory(sheet=made, text=WORDS)
    factories.NoteFactory(sheet=made, text=WORDS)
    factories.MailFactory(text=WORDS, campaign_id=made.campaign_id, state=MailState.SENT)
    draft = factories.SheetFactory(campaign=made.campaign, centre=made.centre, answers={"summary": WORDS})
    assert draft.current_snapshot_id is None
    where = {"at": START, "federation_id": made.federation_id, "sheet_id": made.id}
    events.record("query.asked", actor_id=None, data={"text": WORDS, "question": "summary"}, **where)
    db.session.commit()
    return made


def noon(day: date) -> datetime:
    return START.replace(year=day.year, month=day.month, day=day.day, hour=12)


def left(db: SQLAlchemy) -> list[str]:
    db.session.expire_all()
    held = {
        "change": db.session.scalars(sa.select(Change.after)).all(),
        "query": db.session.scalars(sa.select(Query.text)).all(),
        "note": db.session.scalars(sa.select(Note.text)).all(),
        "mail": db.session.scalars(sa.select(Mail.text)).all(),
        "draft": [str(one) for one in db.session.scalars(sa.select(Sheet.answers))],
        "journal": [str(one) for one in db.session.scalars(sa.select(Event.data))],
    }
    return [kind for kind, texts in held.items() if any(WORDS in (text or "") for text in texts)]


ALL = ["change", "query", "note", "mail", "draft", "journal"]


def test_at_its_term_and_once_told_all_goes_but_what_was_sent(db: SQLAlchemy, sheet: Sheet) -> None:
    term = retention.term_of(sheet.campaign, retention.YEARS)
    retention.sweep(at=noon(term - timedelta(days=40)))
    assert db.session.get(RetentionRule, sheet.campaign_id) is None
    told = noon(term - timedelta(days=20))
    retention.sweep(at=told)
    mails = db.session.scalars(sa.select(Mail).where(Mail.kind == "retention_coming")).all()
    assert [mail.recipient for mail in mails] == ["admin@federation.example"]
    retention.sweep(at=noon(term + timedelta(days=5)))
    assert "note" in left(db), "told twenty-five days ago"
    retention.sweep(at=told + timedelta(days=31))
    assert left(db) == []
    assert db.session.get_one(Snapshot, sheet.current_snapshot_id).answers["title"] == "Le jardin"
    assert verify_chain(sheet.federation_id).intact
    asked = db.session.scalars(sa.select(Event).where(Event.kind == "query.asked")).one()
    assert (asked.at, asked.data) == (START, {"question": "summary"})
    assert retention.thin(sheet.campaign, at=told + timedelta(days=32)) == 0


def test_a_change_of_the_rule_puts_the_brake_on_again(db: SQLAlchemy, sheet: Sheet) -> None:
    term = retention.term_of(sheet.campaign, 1)
    late = noon(term + timedelta(days=400))
    retention.change(sheet.campaign, 1, actor_id=None, at=late)
    retention.sweep(at=late + timedelta(minutes=1))
    retention.sweep(at=late + timedelta(days=29))
    assert "note" in left(db)
    retention.sweep(at=late + timedelta(days=32))
    assert left(db) == []


def test_files_that_were_never_sent_go_with_the_draft_and_wait_as_others_do(db: SQLAlchemy, sheet: Sheet) -> None:
    draft = db.session.scalars(sa.select(Sheet).where(Sheet.current_snapshot_id.is_(None))).one()
    shown = factories.AttachmentFactory(sheet=sheet, removed_at=START)
    others = [
        factories.AttachmentFactory(sheet=draft),
        factories.AttachmentFactory(sheet=sheet, removed_at=START),
        factories.AttachmentFactory(sheet=sheet, question=shown.question),
    ]
    number = db.session.get_one(Snapshot, sheet.current_snapshot_id).number + 1
    factories.SnapshotFactory(sheet=sheet, number=number, answers={shown.question: [{"id": str(shown.id)}]})
    kept = {shown.storage_key, others[2].storage_key}
    gone = {one.storage_key for one in others[:2]}
    for key in kept | gone:
        storage.put(key, b"bytes")
    db.session.commit()
    assert "2\u00a0fichiers joints, jamais envoyés" in retention.outlook(sheet.campaign, at=START).lines
    retention.thin(sheet.campaign, at=START)
    assert set(db.session.scalars(sa.select(Attachment.storage_key))) == kept
    assert {found.key for found in storage.listed()} >= kept | gone
    assert set(db.session.scalars(sa.select(DiscardedFile.key))) == gone
    discards.purge(at=START + timedelta(days=31))
    left = {found.key for found in storage.listed()}
    assert (left & gone, left & kept) == (set(), kept)
    for key in kept:
        storage.delete(key)


@pytest.mark.parametrize("years", [0, -1, 31])
def test_years_beyond_belief_are_refused(db: SQLAlchemy, sheet: Sheet, years: int) -> None:
    with pytest.raises(Refused):
        retention.change(sheet.campaign, years, actor_id=None, at=START)


def test_many_rows_go_in_batches(db: SQLAlchemy, sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        factories.NoteFactory(sheet=sheet, text=WORDS)
    commits: list[Any] = []

    def committed(session: Any) -> None:
        commits.append(session)

    sa.event.listen(db.session, "after_commit", committed)
    try:
        retention.thin(sheet.campaign, at=START)
    finally:
        sa.event.remove(db.session, "after_commit", committed)
    assert left(db) == []
    assert len(commits) > 6


def test_the_page_says_what_will_go_and_takes_the_years(client: PageClient, db: SQLAlchemy, sheet: Sheet) -> None:
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, sheet.federation))
    address = f"/campagnes/{sheet.campaign_id}/conservation"
    page = client.get(address).text
    assert "note de la fédération" in page
    assert "brouillon jamais envoyé" in page
    assert post(client, address, {"years": "douze"}).status_code == 422
    assert post(client, address, {"years": "12"}).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(RetentionRule, sheet.campaign_id).years == 12
    assert left(db) == ALL
