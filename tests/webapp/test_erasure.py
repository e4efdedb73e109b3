"""Erasing a person: nothing of them is found afterwards, who and when stay, and what is sealed still proves itself."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.exc import DBAPIError

from forms.lifecycle import SheetState
from tests import factories
from tests.factories import START
from webapp.database import JSON, Base
from webapp.erasure_words import TABLES
from webapp.models import (
    Change,
    Event,
    Mail,
    Opinion,
    SearchText,
    SearchWord,
    Sheet,
    Snapshot,
    SnapshotRedaction,
    User,
    UserSession,
)
from webapp.personal_data import COLUMNS, FATES, IMPERSONAL, Fate, fated
from webapp.policy import OPERATOR, Denied
from webapp.queries import person_data
from webapp.queries.accounts import actor_of
from webapp.services import erasure, events
from webapp.services.events import verify_chain
from webapp.vocabulary import MailState, RoleName, Verdict

EMAIL, NAME, PHONE = "denise.lagarde@tilleuls.example", "Denise Lagarde", "06 12 34 56 78"
SPELLINGS = (EMAIL, EMAIL.upper(), NAME, "DENISE LAGARDE", "06.12.34.56.78", "+33 6 12 34 56 78")


def everything(db: SQLAlchemy) -> str:
    """All that the database holds, as text."""
    db.session.expire_all()
    rows = [db.session.execute(sa.select(table)).all() for table in Base.metadata.sorted_tables]
    return json.dumps([[str(value) for row in table for value in row] for table in rows], ensure_ascii=False)


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    said = {
        "title": "Le jardin",
        "summary": f"Voir {NAME} ({EMAIL}), au 06 12 34 56 78. Denise n’est pas un nom entier.",
    }
    made: Sheet = factories.sent_sheet(SheetState.VALIDATED, title="Le jardin", answers=said)
    made.answers = said
    db.session.commit()
    return made


@pytest.fixture
def user(db: SQLAlchemy, sheet: Sheet) -> User:
    """Somebody who has left traces wherever one can."""
    made = factories.person(RoleName.RESPONSIBLE, sheet.centre, email=EMAIL, full_name=NAME, phone=PHONE)
    factories.UserSessionFactory(user=made)
    factories.LinkFactory(user=made)
    factories.ChangeFactory(sheet=sheet, user=made, before="Avant elle", after="Après elle")
    factories.MailFactory(recipient=EMAIL, subject=f"Bonjour {NAME}", text="À vous", state=MailState.QUEUED)
    factories.NoteFactory(sheet=sheet, text=f"Rappeler DENISE LAGARDE au {PHONE}.")
    factories.OpinionFactory(sheet=sheet, name=NAME, email=EMAIL, verdict=Verdict.RESERVED, answered_at=START)
    factories.PhoneEntryFactory(sheet=sheet, spoke_with=f"{NAME}, secrétaire")
    where = {"at": START, "federation_id": sheet.federation_id, "sheet_id": sheet.id}
    events.record("sign_off.signed", actor_id=None, data={"by": NAME, "sha256": "0"}, **where)
    events.record("query.replied", actor_id=made.id, data={"text": "Ce que j’ai écrit", "question": "summary"}, **where)
    events.record("sheet.validate", actor_id=None, data={"title": "Le jardin"}, **where)
    db.session.commit()
    return made


def test_nothing_of_the_person_is_left_anywhere_and_the_rest_is(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    before = everything(db)
    assert all(one.lower() in before.lower() for one in (EMAIL, NAME, "Ce que j’ai écrit", "Avant elle"))
    erasure.erase(f" {EMAIL.upper()} ", actor=OPERATOR, at=START)
    after = everything(db)
    assert [one for one in (*SPELLINGS, "Ce que j’ai écrit", "Avant elle") if one.lower() in after.lower()] == []
    assert "Denise n’est pas un nom entier" in after
    kept = db.session.get_one(Sheet, sheet.id)
    assert kept.answers["title"] == "Le jardin"
    assert kept.answers["summary"].startswith("Voir [effacé] ([effacé]), au [effacé].")


def test_nobody_finds_the_sheet_by_the_person_any_longer(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    def found_by() -> tuple[set[str], set[str]]:
        tokens = db.session.scalars(sa.select(SearchText.tokens).where(SearchText.sheet_id == sheet.id)).one()
        return set(tokens.split()), set(db.session.scalars(sa.select(SearchWord.word)))

    tokens, known = found_by()
    assert {"wlagarde", "wdenise", "wjardin"} <= tokens
    assert {"lagarde", "denise", "jardin"} <= known
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    tokens, known = found_by()
    assert {"wlagarde", "slagard", "slagarde"} & tokens == set()
    assert "lagarde" not in known
    # Alone it is no whole name: « Denise n’est pas un nom entier » stays.
    assert {"wdenise", "wjardin"} <= tokens
    assert {"denise", "jardin"} <= known


def test_who_and_when_stay_under_a_pseudonym_and_the_account_opens_nothing(
    db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    user_id = user.id
    done = erasure.erase(EMAIL, actor=OPERATOR, at=START)
    assert done is not None
    kept = db.session.get_one(User, user_id)
    assert (kept.full_name, kept.active, kept.password, kept.phone) == (
        f"Personne effacée n°\u00a0{done.number}",
        False,
        None,
        None,
    )
    assert kept.roles == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(UserSession)) == 0
    change = db.session.scalars(sa.select(Change)).one()
    assert (change.user_id, change.before, change.after) == (user_id, None, None)
    replied = db.session.scalars(sa.select(Event).where(Event.kind == "query.replied")).one()
    assert (replied.actor_id, replied.at, replied.data) == (user_id, START, {"question": "summary"})
    opinion = db.session.scalars(sa.select(Opinion)).one()
    assert (opinion.name, opinion.verdict) == (kept.full_name, Verdict.RESERVED)
    mail = db.session.scalars(sa.select(Mail)).one()
    assert (mail.recipient, mail.text, mail.state) == (kept.email, "", MailState.DROPPED)


def test_the_journal_still_proves_itself_and_says_what_was_emptied(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    assert verify_chain(sheet.federation_id).intact
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    found = verify_chain(sheet.federation_id)
    assert (found.intact, found.emptied) == (True, 2)
    signed = db.session.scalars(sa.select(Event).where(Event.kind == "sign_off.signed")).one()
    assert signed.sealed is not None
    assert signed.sealed["by"].keys() == {"digest"}, "a salt would let one try names"
    titled = db.session.scalars(sa.select(Event).where(Event.kind == "sheet.validate")).one()
    assert titled.data == {"title": "Le jardin"}


def test_entries_of_before_whose_hash_covers_their_words_are_emptied_too(db: SQLAlchemy, sheet: Sheet) -> None:
    old = _old_entry(db, sheet, {"by": NAME, "sha256": "0"})
    events.record("sheet.validate", at=START, actor_id=None, federation_id=sheet.federation_id)
    db.session.commit()
    assert verify_chain(sheet.federation_id).intact
    factories.OpinionFactory(sheet=sheet, name=NAME, email=EMAIL)
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    kept = db.session.get_one(Event, old.seq, populate_existing=True)
    assert kept.data == {"sha256": "0"}
    found = verify_chain(sheet.federation_id)
    assert (found.intact, found.emptied) == (True, 1)


def _old_entry(db: SQLAlchemy, sheet: Sheet, data: dict[str, Any]) -> Event:
    """As entries were written before words were sealed apart."""
    head = events._locked_head(events.chain_of(sheet.federation_id))
    entry = Event(
        federation_id=sheet.federation_id,
        at=START,
        actor_id=None,
        kind="sign_off.signed",
        sheet_id=sheet.id,
        data=data,
        previous_hash=head.hash,
    )
    entry.hash = events.seal(entry)
    head.hash, head.length = entry.hash, head.length + 1
    db.session.add(entry)
    db.session.commit()
    return entry


@pytest.mark.parametrize("forged", ["emptied", "other"])
def test_words_that_go_without_an_erasure_are_seen(db: SQLAlchemy, sheet: Sheet, user: User, forged: str) -> None:
    """Somebody opens an erasure by hand to get past the database, and says nothing in the journal."""
    entry = db.session.scalars(sa.select(Event).where(Event.kind == "sign_off.signed")).one()
    factories.ErasureFactory(finished_at=None)
    entry.data = {"sha256": "0"} if forged == "emptied" else {"by": "Paul Cazals", "sha256": "0"}
    db.session.commit()
    found = verify_chain(sheet.federation_id)
    assert (found.intact, found.broken_at) == (False, entry.seq)


def test_even_during_an_erasure_the_database_keeps_who_when_and_which(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    factories.ErasureFactory(finished_at=None)
    for changed in ({"kind": "other"}, {"actor_id": None, "at": START.replace(year=2020)}, {"hash": "0"}):
        with pytest.raises(DBAPIError, match="event_unchanging"):
            db.session.execute(sa.update(Event).where(Event.kind == "query.replied").values(**changed))
        db.session.rollback()
    with pytest.raises(DBAPIError, match="snapshot_unchanging"):
        db.session.execute(sa.update(Snapshot).values(number=7))


def test_what_was_sent_changes_with_a_record_of_it(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    before = db.session.scalars(sa.select(Snapshot)).one()
    old, old_answers = before.sha256, before.answers
    done = erasure.erase(EMAIL, actor=OPERATOR, at=START)
    after = db.session.scalars(sa.select(Snapshot).execution_options(populate_existing=True)).one()
    assert after.answers == {**old_answers, "summary": after.answers["summary"]}
    record = db.session.scalars(sa.select(SnapshotRedaction)).one()
    assert done is not None
    assert (record.old_sha256, record.new_sha256, record.questions) == (old, after.sha256, ["summary"])
    assert (record.erasure_id, record.at) == (done.id, START)


def test_looking_first_changes_nothing_and_counts_what_will_go(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    before = everything(db)
    found = erasure.plan(EMAIL)
    assert found.last_of == (sheet.centre.name,)
    assert found.federations == {sheet.federation_id}
    said = {fate.value: dict(tables) for fate, tables in found.counts.items()}
    assert said["account"] == {"user": 1}
    assert said["frozen"] == {"snapshot": 1}
    assert said["deleted"] == {"link": 1, "role": 1, "user_session": 1}
    assert said["scrubbed"] == {"note": 1, "sheet": 1}
    assert said["blanked"] == {"change": 1}
    assert everything(db) == before


def test_an_unknown_address_erases_nothing_and_an_erasure_is_done_once(
    db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    assert erasure.erase("inconnue@nulle.example", actor=OPERATOR, at=START) is None
    first = erasure.erase(EMAIL, actor=OPERATOR, at=START)
    assert first is not None
    assert erasure.erase(EMAIL, actor=OPERATOR, at=START) is None
    other = factories.UserFactory(email="autre@tilleuls.example", full_name="Paul Autre")
    second = erasure.erase(other.email, actor=OPERATOR, at=START)
    assert second is not None
    assert second.number == (first.number or 0) + 1


def test_a_federation_erases_its_own_people_and_nobody_known_elsewhere(
    db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    admin = actor_of(factories.person(RoleName.ADMINISTRATOR, sheet.centre.federation))
    stranger = actor_of(factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory()))
    with pytest.raises(Denied):
        erasure.erase(EMAIL, actor=stranger, at=START)
    db.session.rollback()
    elsewhere = factories.sent_sheet(SheetState.VALIDATED, answers={"title": "T", "summary": f"Écrire à {EMAIL}"})
    with pytest.raises(Denied):
        erasure.erase(EMAIL, actor=admin, at=START)
    db.session.rollback()
    assert elsewhere.federation_id != sheet.federation_id
    platform = actor_of(factories.person(RoleName.PLATFORM))
    assert erasure.erase(EMAIL, actor=platform, at=START) is not None


def test_after_a_restoration_the_erased_are_erased_again(db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    erasure.erase(EMAIL, actor=OPERATOR, at=START)
    kept = erasure.records()
    assert EMAIL not in json.dumps(kept)
    kept[0]["number"] = 12  # the restored database has had no erasure of that number
    back = factories.UserFactory(email=EMAIL, full_name=NAME)
    factories.NoteFactory(sheet=sheet, text="Écrire à paul@autre.example")
    assert erasure.replay(kept, actor=OPERATOR, at=START) == 1
    db.session.expire_all()
    assert back.full_name == "Personne effacée n°\u00a012"
    assert erasure.replay(kept, actor=OPERATOR, at=START) == 0
    assert "paul@autre.example" in everything(db)


PUBLIC_KEYS = {"passkey.credential_id", "passkey.public_key"}


def columns_of_text(metadata: sa.MetaData) -> set[str]:
    """Every column that may hold words."""
    words = (sa.String, sa.JSON, sa.LargeBinary)
    return {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, words) and not isinstance(column.type, sa.Enum)
    }


def known_columns() -> set[str]:
    return {*COLUMNS, *(f"{table}.{key}" for table, keys in IMPERSONAL.items() for key in keys)} | PUBLIC_KEYS


def test_every_column_of_text_is_known_to_the_table() -> None:
    there, known = columns_of_text(Base.metadata), known_columns()
    assert (there - known, known - there) == (set(), set())
    assert [name for name in COLUMNS if name.partition(".")[2] in IMPERSONAL.get(name.partition(".")[0], ())] == []


@pytest.mark.parametrize("type_", [sa.Text(), sa.String(40), sa.JSON(), JSON, sa.LargeBinary()], ids=repr)
def test_a_column_that_is_added_is_missed_by_the_table(type_: Any) -> None:
    more = sa.MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(more)
    more.tables["note"].append_column(sa.Column("aside", type_))
    assert columns_of_text(more) - known_columns() == {"note.aside"}


def test_whatever_an_erasure_touches_has_a_name_in_french_and_a_way_to_be_found() -> None:
    touched = {
        name.partition(".")[0] for name, column in COLUMNS.items() if column.fate not in (Fate.KEPT, Fate.DERIVED)
    }
    touched |= {str(model.__tablename__) for model in person_data.OWNED}
    assert touched == set(TABLES)
    deleted = {table for table, _key, column in fated(Fate.DELETED)}
    assert deleted == {str(model.__tablename__) for model in person_data.OWNED} - {"mail_preference"}
    assert set(FATES) == set(Fate)
