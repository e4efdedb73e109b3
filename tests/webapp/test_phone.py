"""A sheet filled in by telephone: entrusted to who types, confirmed and sent by the centre."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.exc import IntegrityError

from forms.lifecycle import Move, SheetState
from forms.registry import shipped
from forms.steps import StepReading
from forms.values import Refused
from tests import factories
from tests.webapp.sheet_visits import COMPLETE
from webapp.database import db as database
from webapp.history_words import entries
from webapp.models import Change, Event, Mail, PhoneEntry, Sheet, Snapshot
from webapp.policy import Actor, Denied
from webapp.queries.accounts import actor_of
from webapp.queries.sheets import find, history
from webapp.services import events, phone, sheets
from webapp.vocabulary import RoleName, Sharing

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


class Desk:
    """A centre with its people and two of the federation."""

    def __init__(self) -> None:
        self.centre = factories.CentreFactory()
        here, federation = self.centre, self.centre.federation
        self.responsible = factories.person(RoleName.RESPONSIBLE, here, password=None, full_name="Rose Vidal")
        self.member = factories.person(RoleName.MEMBER, here, password=None)
        self.officer = factories.person(RoleName.REVIEWER, federation, password=None, full_name="Maud Cressonnier")
        self.colleague = factories.person(RoleName.ADMINISTRATOR, federation, password=None)
        self.sheet: Sheet = factories.SheetFactory(centre=here, answers=COMPLETE)

    @property
    def typist(self) -> Actor:
        return actor_of(self.officer)

    def begin(self, **details: Any) -> PhoneEntry:
        """The officer begins to type the sheet."""
        given = {"spoke_with": "Denise Lagarde", "actor": self.typist, "at": NOW, **details}
        return phone.begin(self.sheet.id, **given)

    def ended(self, *, at: datetime = LATER) -> str:
        """The officer has typed and ended; the token that the responsible got."""
        self.begin()
        phone.end(self.sheet.id, actor=self.typist, at=at)
        return token_to(self.responsible.email)


def token_to(email: str) -> str:
    """The token of the last link that was mailed to that address."""
    text = database.session.scalars(
        sa.select(Mail.text)
        .where(Mail.recipient == email, Mail.kind.in_(("phone_confirmation", "sign_off_asked")))
        .order_by(Mail.created_at.desc())
    ).first()
    assert text is not None
    for part in ("/confirmation/", "/signature/"):
        if part in text:
            return str(text.split(part)[1].split()[0])
    raise AssertionError(text)


@pytest.fixture
def desk(db: SQLAlchemy) -> Desk:
    return Desk()


def type_in(desk: Desk, actor: Actor, *, at: datetime = NOW, summary: str = "Un jardin.") -> None:
    """An answer, as the step pages save it."""
    sheets.save(desk.sheet.id, StepReading({"summary": summary}, frozenset(), {}), actor=actor, at=at)


def test_what_is_typed_by_telephone_is_told_from_what_the_centre_types(db: SQLAlchemy, desk: Desk) -> None:
    entry = desk.begin()
    type_in(desk, desk.typist)
    type_in(desk, actor_of(desk.member), summary="Un jardin ouvert.")
    rows = db.session.scalars(sa.select(Change).order_by(Change.revision)).all()
    assert [(row.user_id, row.phone_entry_id) for row in rows] == [(desk.officer.id, entry.id), (desk.member.id, None)]


def test_one_types_at_a_time(db: SQLAlchemy, desk: Desk) -> None:
    desk.begin()
    with pytest.raises(Refused, match="Maud Cressonnier"):
        desk.begin(actor=actor_of(desk.colleague))
    db.session.rollback()
    db.session.add(PhoneEntry(sheet_id=desk.sheet.id, started_by=desk.colleague.id, started_at=NOW, spoke_with="X"))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


@pytest.mark.parametrize("typed", ["", "  ", "x" * 121])
def test_who_asked_for_it_must_be_named(db: SQLAlchemy, desk: Desk, typed: str) -> None:
    with pytest.raises(Refused) as refused:
        desk.begin(spoke_with=typed)
    assert refused.value.question == "spoke_with"


def test_only_the_federation_of_the_centre_types_for_it(db: SQLAlchemy, desk: Desk) -> None:
    stranger = factories.person(RoleName.REVIEWER, factories.FederationFactory(), password=None)
    for person in (stranger, desk.responsible, desk.member):
        with pytest.raises(Denied):
            desk.begin(actor=actor_of(person))
        db.session.rollback()


def test_a_sheet_that_is_sent_is_not_typed(db: SQLAlchemy, desk: Desk) -> None:
    desk.sheet = factories.sent_sheet(centre=desk.centre)
    with pytest.raises(Refused, match="envoyée"):
        desk.begin()


def test_the_end_asks_each_responsible_and_nobody_else(db: SQLAlchemy, desk: Desk) -> None:
    second = factories.person(RoleName.RESPONSIBLE, desk.centre, password=None)
    desk.ended()
    told = db.session.scalars(sa.select(Mail.recipient).where(Mail.kind == "phone_confirmation")).all()
    assert sorted(told) == sorted([desk.responsible.email, second.email])
    with pytest.raises(Refused, match="déjà terminée"):
        phone.end(desk.sheet.id, actor=desk.typist, at=LATER)


def test_the_centre_may_end_it_and_then_nothing_is_asked(db: SQLAlchemy, desk: Desk) -> None:
    desk.begin()
    with pytest.raises(Denied):
        phone.end(desk.sheet.id, actor=actor_of(desk.colleague), at=LATER)
    db.session.rollback()
    entry = phone.end(desk.sheet.id, actor=actor_of(desk.member), at=LATER)
    assert (entry.ended_at, entry.ended_by) == (LATER, desk.member.id)
    assert not db.session.scalars(sa.select(Mail)).all()


def test_confirming_sends_in_the_name_of_the_reader_once(db: SQLAlchemy, desk: Desk) -> None:
    token = desk.ended()
    sheet = phone.confirm(token, revision=desk.sheet.revision, sharing=Sharing.NETWORK, at=LATER)
    assert (sheet.state, sheet.sharing) == (SheetState.SUBMITTED, Sharing.NETWORK)
    entry = db.session.scalars(sa.select(PhoneEntry)).one()
    assert (entry.confirmed_at, entry.confirmed_by) == (LATER, desk.responsible.id)
    sent = db.session.scalars(sa.select(Event).where(Event.kind == "sheet.send")).one()
    assert sent.actor_id == desk.responsible.id
    with pytest.raises(Refused):
        phone.confirm(token, revision=sheet.revision, sharing=None, at=LATER)
    db.session.rollback()
    assert len(db.session.scalars(sa.select(Event).where(Event.kind == "sheet.send")).all()) == 1


def test_the_history_says_who_typed_and_who_confirmed(db: SQLAlchemy, desk: Desk) -> None:
    token = desk.ended()
    phone.confirm(token, revision=desk.sheet.revision, sharing=None, at=LATER)
    told = [(line.text, line.note) for line in entries(history(desk.sheet.id), shipped(factories.YEAR))]
    assert told == [
        ("Rose Vidal a envoyé la fiche", ""),
        ("Rose Vidal a confirmé ce qui a été saisi au téléphone", "Saisi par Maud Cressonnier"),
        ("Maud Cressonnier a terminé la saisie au téléphone", ""),
        ("Maud Cressonnier a commencé à remplir la fiche au téléphone, pour le centre", "Avec Denise Lagarde"),
    ]


def test_a_file_joined_while_typing_is_joined_for_the_centre(db: SQLAlchemy, desk: Desk) -> None:
    def join(at: datetime) -> None:
        place = {"federation_id": desk.centre.federation_id, "sheet_id": desk.sheet.id}
        events.record("attachment.added", at=at, actor_id=desk.officer.id, data={"name": "a.png"}, **place)
        db.session.commit()

    desk.begin()
    join(NOW)
    phone.end(desk.sheet.id, actor=desk.typist, at=LATER)
    join(LATER)
    told = [line.text for line in entries(history(desk.sheet.id), shipped(factories.YEAR)) if "fichier" in line.text]
    assert told == [
        "Maud Cressonnier a joint un fichier",
        "Maud Cressonnier a joint un fichier au téléphone, pour le centre",
    ]


def test_what_has_changed_since_it_was_read_is_not_confirmed(db: SQLAlchemy, desk: Desk) -> None:
    token, seen = desk.ended(), desk.sheet.revision
    type_in(desk, actor_of(desk.member), at=LATER)
    with pytest.raises(Refused, match="a changé"):
        phone.confirm(token, revision=seen, sharing=None, at=LATER)
    db.session.rollback()
    assert phone.confirm(token, revision=seen + 1, sharing=None, at=LATER).state is SheetState.SUBMITTED


def test_a_sheet_that_lacks_answers_is_not_sent_and_the_link_still_serves(db: SQLAlchemy, desk: Desk) -> None:
    desk.sheet.answers = {"title": "Le jardin partagé"}
    token = desk.ended()
    with pytest.raises(Refused, match="manquent"):
        phone.confirm(token, revision=desk.sheet.revision, sharing=None, at=LATER)
    db.session.rollback()
    assert phone.find(token, at=LATER) is not None
    assert db.session.scalars(sa.select(PhoneEntry)).one().confirmed_at is None


def test_who_is_responsible_no_more_confirms_nothing(db: SQLAlchemy, desk: Desk) -> None:
    token = desk.ended()
    desk.responsible.roles[0].name = RoleName.MEMBER
    db.session.commit()
    assert phone.find(token, at=LATER) is None
    with pytest.raises(Refused):
        phone.confirm(token, revision=desk.sheet.revision, sharing=None, at=LATER)


def test_a_word_against_it_reaches_who_typed_and_ends_every_link(db: SQLAlchemy, desk: Desk) -> None:
    second = factories.person(RoleName.RESPONSIBLE, desk.centre, password=None)
    token = desk.ended()
    with pytest.raises(Refused) as empty:
        phone.refuse(token, "  ", at=LATER)
    assert empty.value.question == "refusal"
    db.session.rollback()
    phone.refuse(token, "Ce n’est pas notre jardin.", at=LATER)
    mail = db.session.scalars(sa.select(Mail).where(Mail.kind == "phone_refused")).one()
    assert mail.recipient == desk.officer.email
    assert "Ce n’est pas notre jardin." in mail.text
    assert desk.sheet.action.title not in mail.text
    assert phone.find(token_to(second.email), at=LATER) is None
    db.session.refresh(desk.sheet)
    assert desk.sheet.state is SheetState.DRAFT


def test_sent_from_the_site_it_is_confirmed_by_who_sent_it(db: SQLAlchemy, desk: Desk) -> None:
    desk.begin()
    sheets.move(desk.sheet.id, Move.SEND, actor=actor_of(desk.responsible), at=LATER)
    entry = db.session.scalars(sa.select(PhoneEntry)).one()
    assert (entry.ended_by, entry.confirmed_by) == (desk.responsible.id, desk.responsible.id)


def test_a_second_typing_makes_the_first_question_void(db: SQLAlchemy, desk: Desk) -> None:
    token = desk.ended()
    desk.begin(at=LATER)
    assert phone.find(token, at=LATER) is None


def test_a_new_sheet_is_begun_and_entrusted_in_one(db: SQLAlchemy, desk: Desk) -> None:
    details = {"centre": desk.centre, "campaign": desk.sheet.campaign, "action": None, "actor": desk.typist, "at": NOW}
    with pytest.raises(Refused):
        phone.begin_new(**details, title="Le goûter", spoke_with="")
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Sheet)) == 1
    entry = phone.begin_new(**details, title="Le goûter", spoke_with="Denise Lagarde")
    found = find(entry.sheet_id)
    assert found is not None
    assert found.answers == {"title": "Le goûter"}
    assert found.open_phone_entry is not None


def test_the_sheet_of_a_typist_who_has_left_is_taken_up_by_a_colleague(db: SQLAlchemy, desk: Desk) -> None:
    first = desk.begin()
    desk.officer.active = False
    db.session.commit()
    second = desk.begin(actor=actor_of(desk.colleague), at=LATER)
    db.session.refresh(first)
    assert (first.ended_at, first.ended_by, second.open) == (LATER, desk.colleague.id, True)


def test_twenty_confirmations_at_once_send_once(app: Flask, db: SQLAlchemy, desk: Desk) -> None:
    token, revision = desk.ended(), desk.sheet.revision
    db.session.commit()

    def confirm(_number: int) -> bool:
        with app.app_context():
            try:
                phone.confirm(token, revision=revision, sharing=None, at=LATER)
            except Refused:
                db.session.rollback()
                return False
            return True

    db.session.remove()
    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(confirm, range(20)))
    assert done.count(True) == 1
    for kind in ("sheet.send", "phone.confirmed"):
        assert db.session.scalar(sa.select(sa.func.count()).where(Event.kind == kind)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Snapshot)) == 1


def test_nothing_that_was_on_its_way_is_written_once_the_centre_has_ended_it(db: SQLAlchemy, desk: Desk) -> None:
    desk.begin()
    phone.end(desk.sheet.id, actor=actor_of(desk.member), at=LATER)
    with pytest.raises(Refused, match="n’est plus ouvert"):
        type_in(desk, desk.typist, at=LATER)
    db.session.rollback()
    type_in(desk, actor_of(desk.member), at=LATER)
    assert desk.sheet.answers["summary"] == "Un jardin."
