"""All that is known of a person, found by their address in every table that may hold it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import inspect

from forms.values import Refused
from webapp.database import Base, db
from webapp.mentions import Mentions
from webapp.models import (
    ApiToken,
    Centre,
    Event,
    FunderReading,
    Link,
    Mail,
    MailPreference,
    Opinion,
    Passkey,
    PersonalLink,
    ReportOpening,
    Role,
    SignOff,
    Snapshot,
    User,
    UserSession,
)
from webapp.models.mailing import DigestLine
from webapp.personal_data import COLUMNS, Column, Fate, fated
from webapp.queries.accounts import by_email

WORDS = frozenset({Fate.REPLACED, Fate.SCRUBBED, Fate.EMPTIED, Fate.SEALED, Fate.FROZEN})
"""The fates of columns in which somebody is looked for."""

OWNED: tuple[type[Base], ...] = (
    Role,
    Passkey,
    UserSession,
    Link,
    PersonalLink,
    MailPreference,
    DigestLine,
    ApiToken,
)
"""Rows that are the account's alone, and go with it."""

BESIDE = (
    (PersonalLink, "email", ("name",)),
    (ReportOpening, "email", ("name",)),
    (FunderReading, "email", ("name",)),
    (Opinion, "email", ("name",)),
    (SignOff, "email", ("name", "signed_name")),
    (Centre, "email", ("contact_name",)),
    (Centre, "president_email", ("president_name",)),
)
"""Where a name stands beside an address: by it the person's names are known."""

WAYS = ("sheet", "campaign", "centre", "report_run", "snapshot", "role")


@dataclass(frozen=True)
class Person:
    """Whom one looks for: their address, their account where they have one, how they may be named."""

    email: str
    user: User | None
    mentions: Mentions

    @property
    def user_id(self) -> UUID | None:
        """The account's id."""
        return self.user.id if self.user is not None else None


@dataclass(frozen=True)
class Trace:
    """A column of a row in which the person is named."""

    row: Base
    table: str
    key: str
    column: Column

    @property
    def value(self) -> Any:
        """What stands there."""
        return getattr(self.row, self.key)


def models() -> dict[str, type[Base]]:
    """Table → class."""
    return {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}


def find(email: str) -> Person:
    """Who has that address, with the names that stand beside it. Raises Refused for what is no address."""
    email = email.strip().lower()
    before, _, after = email.partition("@")
    if not before or "." not in after or " " in email:
        raise Refused("Indiquez une adresse mail entière.", question="email")
    user = by_email(email)
    names = {user.full_name} if user is not None else set()
    for model, key, beside in BESIDE:
        column = getattr(model, key)
        rows = db.session.execute(
            sa.select(*(getattr(model, one) for one in beside)).where(sa.func.lower(column) == email)
        )
        names |= {name for row in rows for name in row if name}
    phones = frozenset({user.phone} if user is not None and user.phone else ())
    return Person(email, user, Mentions(frozenset({email}), frozenset(names) - {""}, phones))


def traces(person: Person) -> Iterator[Trace]:
    """Every column of every row that names them, beside their own account's rows."""
    known = models()
    columns: dict[str, list[tuple[str, Column]]] = {}
    for table, key, column in fated(*WORDS):
        columns.setdefault(table, []).append((key, column))
    for table, its in columns.items():
        model = known[table]
        maybe = sa.or_(*(_may_name(model, key, piece) for key, _ in its for piece in person.mentions.prefilters))
        for row in db.session.scalars(sa.select(model).where(maybe).order_by(*inspect(model).primary_key)):
            for key, column in its:
                if person.mentions.found_in(getattr(row, key)):
                    yield Trace(row, table, key, column)


def _may_name(model: type[Base], key: str, piece: str) -> sa.ColumnElement[bool]:
    text = sa.func.lower(sa.cast(getattr(model, key), sa.Text))
    return text.like(piece)


def owned(person: Person) -> Iterator[Base]:
    """The rows that are theirs alone: roles, sessions, links, keys, choices, and links to their address."""
    for model in OWNED:
        mine = [model.user_id == person.user_id] if person.user_id is not None else []  # type: ignore[attr-defined]
        if model is PersonalLink:
            mine.append(sa.func.lower(PersonalLink.email) == person.email)
        if mine:
            yield from db.session.scalars(sa.select(model).where(sa.or_(*mine)))


def received(person: Person) -> sa.ScalarResult[Mail]:
    """The mails that were theirs."""
    mine = [sa.func.lower(Mail.recipient) == person.email]
    if person.user_id is not None:
        mine.append(Mail.user_id == person.user_id)
    return db.session.scalars(sa.select(Mail).where(sa.or_(*mine)).order_by(Mail.created_at, Mail.id))


def acted(person: Person) -> sa.ScalarResult[Event]:
    """The entries of the journal of what they did."""
    return db.session.scalars(sa.select(Event).where(Event.actor_id == person.user_id).order_by(Event.seq))


def federation_of(row: Any) -> UUID | None:
    """The federation that a row belongs to; None for what is a person's alone, or the platform's."""
    direct: UUID | None = getattr(row, "federation_id", None)
    if direct is not None:
        return direct
    if isinstance(row, Snapshot):
        return row.sheet.federation_id
    for way in WAYS:
        further = getattr(row, way, None)
        if further is not None:
            return federation_of(further)
    # By their ids, where a row outlives what it is about.
    known = models()
    for key, table in (
        ("centre_id", "centre"),
        ("campaign_id", "campaign"),
        ("sheet_id", "sheet"),
        ("action_id", "action"),
    ):
        id_ = getattr(row, key, None)
        found = db.session.get(known[table], id_) if id_ is not None else None
        if found is not None:
            return federation_of(found)
    if getattr(row, "funder", None) is not None:
        return federation_of(row.funder)
    run = getattr(row, "run", None)
    return federation_of(run) if run is not None else None


def federations(person: Person) -> frozenset[UUID]:
    """The federations in which anything is kept of them."""
    rows = [*(trace.row for trace in traces(person)), *owned(person)]
    if person.user_id is not None:
        rows += list(acted(person))
    return frozenset(found for found in (federation_of(row) for row in rows) if found is not None)


def label_of(table: str, key: str) -> str:
    """How an export calls a column."""
    column = COLUMNS.get(f"{table}.{key}")
    return column.label if column is not None else key
