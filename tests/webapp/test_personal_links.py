"""A personal link opens one thing, once, for as long as it was promised."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from flask_sqlalchemy import SQLAlchemy

from forms.values import Refused
from tests.factories import FederationFactory
from webapp.models import PersonalLink
from webapp.services import personal_links
from webapp.services.personal_links import LIFETIME
from webapp.vocabulary import PersonalPurpose

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ASKED = PersonalPurpose.OPINION


@pytest.fixture
def target() -> UUID:
    return uuid4()


@pytest.fixture
def token(db: SQLAlchemy, target: UUID) -> str:
    """A link to the target, as it left."""
    place = FederationFactory()
    _link, token = personal_links.issue(ASKED, target_id=target, federation_id=place.id, email="a@b.example", at=AT)
    db.session.commit()
    return token


def test_it_is_found_by_its_token_and_purpose_only(token: str, target: UUID) -> None:
    found = personal_links.find(token, ASKED, at=AT)
    assert found is not None
    assert found.target_id == target
    assert token not in {found.token_hash, str(found.id)}
    assert personal_links.find(token, PersonalPurpose.SIGN_OFF, at=AT) is None
    assert personal_links.find("another", ASKED, at=AT) is None


def test_it_is_taken_once(db: SQLAlchemy, token: str) -> None:
    assert personal_links.take(token, ASKED, at=AT).used_at == AT
    db.session.commit()
    with pytest.raises(Refused):
        personal_links.take(token, ASKED, at=AT)


def test_looking_uses_nothing_up_and_is_noted_once(db: SQLAlchemy, token: str) -> None:
    later = AT.replace(hour=10)
    personal_links.open_(token, ASKED, at=AT)
    personal_links.open_(token, ASKED, at=later)
    link = db.session.query(PersonalLink).one()
    assert (link.opened_at, link.used_at) == (AT, None)
    assert personal_links.take(token, ASKED, at=later).opened_at == AT


def test_it_ends_with_its_time_or_at_a_word(db: SQLAlchemy, token: str, target: UUID) -> None:
    assert personal_links.find(token, ASKED, at=AT + LIFETIME[ASKED]) is None
    personal_links.revoke(ASKED, target_id=target, at=AT)
    db.session.commit()
    assert personal_links.find(token, ASKED, at=AT) is None


def test_every_purpose_says_how_long_it_lasts() -> None:
    assert set(LIFETIME) == set(PersonalPurpose)
