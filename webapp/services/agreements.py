"""Agreements with funders: made, changed, closed; none is ever deleted, for reports rest on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused, clean_text
from webapp.database import db
from webapp.models import Action, Agreement, AgreementAction, AgreementCentre, Centre, Federation, Funder
from webapp.queries.agreement_scope import KINDS
from webapp.services import events

LONGEST = 200
LONGEST_ADDRESS = 1_000
MOST_YEARS = 3


@dataclass(frozen=True)
class Details:
    """What is agreed on. themes: question id → codes. Nothing chosen is everything; amounts in euros a year, None where
    nobody said."""

    funder_id: UUID | None
    title: str
    first_year: int | None
    last_year: int | None
    reference: str = ""
    address: str = ""
    centres: frozenset[UUID] = frozenset()
    actions: frozenset[UUID] = frozenset()
    themes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partner_kinds: tuple[str, ...] = ()
    requested: Decimal | None = None
    granted: Decimal | None = None


def make(
    federation: Federation,
    details: Details,
    *,
    actor_id: UUID | None,
    at: datetime,
    agreement_id: UUID | None = None,
) -> Agreement:
    """A new agreement. Raises Refused with its place, IntegrityError where the reference is taken. One commit."""
    agreement = Agreement(federation_id=federation.id, created_at=at, created_by=actor_id)
    if agreement_id is not None:
        agreement.id = agreement_id
    _write(agreement, details)
    db.session.add(agreement)
    db.session.flush()
    _choose(agreement, details)
    _record("agreement.made", agreement, actor_id=actor_id, at=at)
    db.session.commit()
    return agreement


def change(agreement_id: UUID, details: Details, *, actor_id: UUID | None, at: datetime) -> Agreement:
    """Other terms; reports already made keep what they were made from. Raises Refused, IntegrityError. One commit."""
    agreement = _locked(agreement_id)
    if agreement.closed_at is not None:
        raise Refused("Cette convention est close\u00a0: rouvrez-la pour la modifier.", question="title")
    _write(agreement, details)
    _choose(agreement, details)
    db.session.flush()
    _record("agreement.changed", agreement, actor_id=actor_id, at=at)
    db.session.commit()
    return agreement


def close(agreement_id: UUID, *, actor_id: UUID | None, at: datetime) -> Agreement:
    """Nothing of it changes any more; its reports can still be made. Twice is once. One commit."""
    agreement = _locked(agreement_id)
    if agreement.closed_at is None:
        agreement.closed_at = at
        _record("agreement.closed", agreement, actor_id=actor_id, at=at)
        db.session.commit()
    return agreement


def reopen(agreement_id: UUID, *, actor_id: UUID | None, at: datetime) -> Agreement:
    """Let it be changed again. One commit."""
    agreement = _locked(agreement_id)
    if agreement.closed_at is not None:
        agreement.closed_at = None
        _record("agreement.reopened", agreement, actor_id=actor_id, at=at)
        db.session.commit()
    return agreement


def _locked(agreement_id: UUID) -> Agreement:
    return db.session.execute(
        sa.select(Agreement)
        .where(Agreement.id == agreement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def _write(agreement: Agreement, details: Details) -> None:
    if details.first_year is None or details.last_year is None:
        wanted = "first_year" if details.first_year is None else "last_year"
        raise Refused("Indiquez une année de quatre chiffres, par exemple 2026.", question=wanted)
    if not 0 <= details.last_year - details.first_year < MOST_YEARS:
        raise Refused("Une convention couvre un à trois ans\u00a0: corrigez ses années.", question="last_year")
    agreement.funder_id = _funder_of(agreement.federation_id, details.funder_id)
    agreement.title = _text(details.title, LONGEST, "title")
    if not agreement.title:
        raise Refused("Indiquez l’objet de la convention.", question="title")
    agreement.reference = _text(details.reference, LONGEST, "reference")
    agreement.address = _text(details.address, LONGEST_ADDRESS, "address")
    agreement.first_year, agreement.last_year = details.first_year, details.last_year
    agreement.themes = {question: list(codes) for question, codes in sorted(details.themes.items()) if codes}
    if not set(details.partner_kinds) <= KINDS.keys():
        raise Refused("Choisissez dans la liste.", question="partner_kinds")
    agreement.partner_kinds = list(details.partner_kinds)
    agreement.requested_cents, agreement.granted_cents = _cents(details.requested), _cents(details.granted)


def _funder_of(federation_id: UUID, funder_id: UUID | None) -> UUID:
    row = db.session.get(Funder, funder_id) if funder_id is not None else None
    if row is None or row.federation_id != federation_id:
        raise Refused("Choisissez un financeur de votre fédération.", question="funder")
    return row.id


def _text(text: str, longest: int, place: str) -> str:
    cleaned = clean_text(text).strip()
    if len(cleaned) > longest:
        raise Refused(f"Raccourcissez ce texte\u00a0: {longest} caractères au plus.", question=place)
    return cleaned


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)


def _choose(agreement: Agreement, details: Details) -> None:
    """The centres and actions chosen, all of the agreement's federation."""
    centres = set(
        db.session.scalars(
            sa.select(Centre.id).where(Centre.id.in_(details.centres), Centre.federation_id == agreement.federation_id)
        )
    )
    if centres != details.centres:
        raise Refused("Choisissez des centres de votre fédération.", question="centres")
    actions = db.session.execute(
        sa.select(Action.id, Action.centre_id)
        .join(Action.centre)
        .where(Action.id.in_(details.actions), Centre.federation_id == agreement.federation_id)
    ).all()
    if {row.id for row in actions} != details.actions:
        raise Refused("Choisissez des actions de votre fédération.", question="actions")
    place = {"federation_id": agreement.federation_id}
    known_centres = {line.centre_id: line for line in agreement.centres}
    agreement.centres = [known_centres.get(id_) or AgreementCentre(centre_id=id_, **place) for id_ in sorted(centres)]
    known_actions = {line.action_id: line for line in agreement.actions}
    agreement.actions = [
        known_actions.get(row.id) or AgreementAction(action_id=row.id, centre_id=row.centre_id, **place)
        for row in sorted(actions, key=lambda row: row.id)
    ]


def _record(kind: str, agreement: Agreement, *, actor_id: UUID | None, at: datetime) -> None:
    data = {"agreement": str(agreement.id), "title": agreement.title, "reference": agreement.reference}
    events.record(kind, at=at, actor_id=actor_id, federation_id=agreement.federation_id, data=data)
