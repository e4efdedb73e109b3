"""A federation's centres and those who pay: adding them, correcting what is known of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import selectinload
from stdnum.exceptions import ValidationError as WrongNumber
from stdnum.fr import siret as siret_rules

from forms.departments import DEPARTMENTS
from forms.french import fold, typography
from forms.questions.lists import PARTNERS
from forms.values import Refused
from webapp.database import db
from webapp.models import Centre, CentreAlias, Federation, Funder
from webapp.services import events, reindexing

KINDS = {choice.code: choice.label for choice in PARTNERS if not choice.retired}
"""What a funder may be: the partners' own list."""


@dataclass(frozen=True)
class Details:
    """What is known of a centre; nothing known is an empty text or None.

    president_…: who signs for it; None leaves what is known.
    """

    name: str
    commune: str
    department: str
    siret: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    contact_name: str = ""
    joined_on: date | None = None
    president_name: str | None = None
    president_email: str | None = None
    closed_on: date | None = None
    aliases: Sequence[str] = ()

    @property
    def names(self) -> list[tuple[str, str]]:
        """Every name, each with the field that it stands in."""
        return [("name", self.name), *(("aliases", alias) for alias in self.aliases)]


def add(federation: Federation, details: Details, *, actor_id: UUID | None, at: datetime) -> Centre:
    """A new centre of that federation. Raises Refused with its place, IntegrityError where the name is taken."""
    centre = make(federation, details, actor_id=actor_id, at=at)
    db.session.commit()
    return centre


def make(federation: Federation, details: Details, *, actor_id: UUID | None, at: datetime) -> Centre:
    """The same, as part of the caller's transaction."""
    refuse_known(federation.id, details.names, own=None)
    centre = Centre(federation_id=federation.id, name=_name(details.name))
    _write(centre, details)
    db.session.add(centre)
    db.session.flush()
    _record("centre.added", centre.federation_id, {"centre": str(centre.id)}, actor_id=actor_id, at=at)
    return centre


def change(centre_id: UUID, details: Details, *, actor_id: UUID | None, at: datetime) -> Centre:
    """Correct what is known of a centre. Raises Refused with its place, IntegrityError where the name is taken."""
    centre = db.session.execute(
        sa.select(Centre).where(Centre.id == centre_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    refuse_known(centre.federation_id, details.names, own=centre.id)
    centre.name, before = _name(details.name), centre.commune
    _write(centre, details)
    db.session.flush()
    if centre.commune != before:
        reindexing.of_centre(centre.id)
    _record("centre.changed", centre.federation_id, {"centre": str(centre.id)}, actor_id=actor_id, at=at)
    db.session.commit()
    return centre


def _name(text: str) -> str:
    if not fold(text):
        raise Refused("Indiquez le nom.", question="name")
    return text.strip()


def refuse_known(federation_id: UUID, names: Iterable[tuple[str, str]], *, own: UUID | None) -> None:
    """Raises Refused where another centre is known by one of these names: an import could not tell them apart.

    names: each with the field that it was typed into.
    """
    others = sa.select(Centre).where(Centre.federation_id == federation_id).order_by(Centre.folded)
    known = {
        folded: centre.name
        for centre in db.session.scalars(others.options(selectinload(Centre.aliases)))
        if centre.id != own
        for folded in (centre.folded, *(alias.folded for alias in centre.aliases))
    }
    for place, name in names:
        other = known.get(fold(name))
        if other is not None:
            said = f"Le centre «\u00a0{typography(other)}\u00a0» porte déjà ce nom"
            raise Refused(
                f"{said}\u00a0: «\u00a0{typography(name.strip())}\u00a0». Donnez-en un autre.", question=place
            )


def _write(centre: Centre, details: Details) -> None:
    if details.department not in DEPARTMENTS:
        raise Refused("Choisissez un département dans la liste.", question="department")
    centre.commune, centre.department = details.commune.strip(), details.department
    centre.siret = checked_siret(details.siret)
    centre.address, centre.phone = details.address or None, details.phone or None
    centre.email, centre.contact_name = details.email or None, details.contact_name or None
    if details.president_name is not None:
        centre.president_name = details.president_name or None
    if details.president_email is not None:
        centre.president_email = details.president_email or None
    if details.joined_on and details.closed_on and details.closed_on < details.joined_on:
        raise Refused("Choisissez un jour après l’arrivée du centre dans la fédération.", question="closed_on")
    if centre.merged_into_id is not None and details.closed_on is None:
        raise Refused("Ce centre a fusionné\u00a0: il reste fermé.", question="closed_on")
    centre.joined_on, centre.closed_on = details.joined_on, details.closed_on
    _name_otherwise(centre, details.aliases)


def checked_siret(text: str) -> str | None:
    """A SIRET without its spaces, None without one. Raises Refused where its figures contradict each other."""
    if not text.strip():
        return None
    try:
        return str(siret_rules.validate(" ".join(text.split())))
    except WrongNumber:
        raise Refused(
            "Vérifiez le SIRET\u00a0: 14 chiffres, tels qu’ils figurent sur l’avis de situation.", question="siret"
        ) from None


def _name_otherwise(centre: Centre, names: Sequence[str]) -> None:
    wanted = {fold(name): name for name in reversed(names) if fold(name) and fold(name) != centre.folded}
    centre.aliases = [alias for alias in centre.aliases if alias.folded in wanted]
    for alias in centre.aliases:
        alias.name = wanted.pop(alias.folded)
    centre.aliases += [CentreAlias(name=name) for _folded, name in sorted(wanted.items())]


def add_funder(federation: Federation, *, name: str, kind: str, actor_id: UUID | None, at: datetime) -> Funder:
    """A new funder of that federation. Raises Refused with its place, IntegrityError where the name is taken."""
    funder = Funder(federation_id=federation.id, name=_name(name), kind=_kind(kind))
    db.session.add(funder)
    db.session.flush()
    _record("funder.added", funder.federation_id, {"funder": str(funder.id)}, actor_id=actor_id, at=at)
    db.session.commit()
    return funder


def change_funder(funder_id: UUID, *, name: str, kind: str, actor_id: UUID | None, at: datetime) -> Funder:
    """Correct a funder. Raises Refused with its place, IntegrityError where the name is taken."""
    funder = db.session.get_one(Funder, funder_id)
    funder.name, funder.kind = _name(name), _kind(kind)
    db.session.flush()
    _record("funder.changed", funder.federation_id, {"funder": str(funder.id)}, actor_id=actor_id, at=at)
    db.session.commit()
    return funder


def _kind(code: str) -> str:
    if code not in KINDS:
        raise Refused("Choisissez un type dans la liste.", question="kind")
    return code


def _record(kind: str, federation_id: UUID, data: dict[str, str], *, actor_id: UUID | None, at: datetime) -> None:
    events.record(kind, at=at, actor_id=actor_id, federation_id=federation_id, data=data)
