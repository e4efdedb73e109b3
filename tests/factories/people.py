"""Federations with their centres and funders, and the accounts of those who work there."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import factory
from argon2 import PasswordHasher

from tests.factories.base import START, Factory
from webapp import models
from webapp.database import db
from webapp.vocabulary import ErasureKind, LinkPurpose, PersonalPurpose, RoleName

PASSWORD = "une phrase assez longue"
PLACED_IN = {
    RoleName.MEMBER: "centre",
    RoleName.RESPONSIBLE: "centre",
    RoleName.REVIEWER: "federation",
    RoleName.ADMINISTRATOR: "federation",
    RoleName.FUNDER: "funder",
    RoleName.PLATFORM: None,
}

# What is kept of a password says how dear it was: a cheap one is checked by the product as any other is.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class FederationFactory(Factory):
    class Meta:
        model = models.Federation

    name = factory.Sequence(lambda number: f"Fédération des centres sociaux du Val {number}")


class CentreFactory(Factory):
    class Meta:
        model = models.Centre

    federation = factory.SubFactory(FederationFactory)
    name = factory.Sequence(lambda number: f"Centre social Les Tilleuls {number}")
    commune = "Valbourg"
    department = "46"
    email = factory.Sequence(lambda number: f"accueil{number}@centre.example")
    contact_name = "Denise Lagarde"


class CentreAliasFactory(Factory):
    class Meta:
        model = models.CentreAlias

    centre = factory.SubFactory(CentreFactory)
    name = factory.Sequence(lambda number: f"Les Tilleuls, ancien nom {number}")


class FunderFactory(Factory):
    class Meta:
        model = models.Funder

    federation = factory.SubFactory(FederationFactory)
    name = factory.Sequence(lambda number: f"Caf du Val {number}")
    kind = "caf"


class UserFactory(Factory):
    """An account; `password="…"` gives it one, `roles` come from `grant`."""

    class Meta:
        model = models.User

    email = factory.Sequence(lambda number: f"personne{number}@exemple.example")
    full_name = factory.Sequence(lambda number: f"Camille Bessières {number}")
    active = True
    created_at = START

    @factory.post_generation
    def password(self, _create: bool, extracted: str | None, **_details: Any) -> None:
        if extracted:
            self.password = CHEAP.hash(extracted)
            db.session.commit()


def grant(user: models.User, name: RoleName, place: Any = None) -> models.Role:
    """Let the account be that, there: a centre, a federation, a funder, or nowhere for the platform."""
    where = PLACED_IN[name]
    role = models.Role(user=user, name=name, **({where: place} if where else {}))
    db.session.add(role)
    db.session.commit()
    return role


def person(name: RoleName, place: Any = None, *, password: str | None = PASSWORD, **details: Any) -> models.User:
    """An account that is that, there, and can sign in."""
    user: models.User = UserFactory(password=password, **details)
    grant(user, name, place)
    return user


class UserSessionFactory(Factory):
    class Meta:
        model = models.UserSession

    user = factory.SubFactory(UserFactory)
    token_hash = factory.LazyFunction(lambda: hashlib.sha256(uuid4().bytes).hexdigest())
    created_at = START
    seen_at = START


class LinkFactory(Factory):
    class Meta:
        model = models.Link

    user = factory.SubFactory(UserFactory)
    purpose = LinkPurpose.SIGN_IN
    token_hash = factory.LazyFunction(lambda: hashlib.sha256(uuid4().bytes).hexdigest())
    created_at = START
    expires_at = START + timedelta(hours=1)


class PersonalLinkFactory(Factory):
    class Meta:
        model = models.PersonalLink

    purpose = PersonalPurpose.CAMPAIGN
    federation_id = factory.LazyAttribute(lambda made: FederationFactory().id)
    target_id = factory.LazyFunction(uuid4)
    email = "personne@exemple.example"
    token_hash = factory.LazyFunction(lambda: hashlib.sha256(uuid4().bytes).hexdigest())
    created_at = START
    expires_at = START + timedelta(days=30)


class PasskeyFactory(Factory):
    class Meta:
        model = models.Passkey

    user = factory.SubFactory(UserFactory)
    credential_id = factory.LazyFunction(lambda: uuid4().bytes)
    public_key = b"key"
    name = "Téléphone"
    created_at = START
    used_at = START


class ApiTokenFactory(Factory):
    class Meta:
        model = models.ApiToken

    user = factory.SubFactory(UserFactory)
    name = "Tableau de bord"
    prefix = "recueil_abcdef"
    token_hash = factory.LazyFunction(lambda: hashlib.sha256(uuid4().bytes).hexdigest())
    scopes = factory.LazyFunction(lambda: ["sheets"])
    created_at = START
    expires_at = START + timedelta(days=365)


class ErasureFactory(Factory):
    class Meta:
        model = models.Erasure

    kind = ErasureKind.PERSON
    number = factory.Sequence(lambda number: number + 1)
    started_at = START
    finished_at = START
