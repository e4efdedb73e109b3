"""The demonstration's federations, centres, funders, accounts and campaigns, written into the database."""

from datetime import datetime
from uuid import UUID, uuid5

from forms.choices import by_label
from forms.questions.lists import PARTNERS
from webapp.database import db
from webapp.demo.texts.shapes import CentreText, Demonstration, FederationText, FunderText, PersonText
from webapp.models import Centre, CentreAlias, Federation, Funder, Role, User
from webapp.services import agreements, campaigns

NAMESPACE = UUID("7f0f2a8e-6a51-4c1c-9a43-0d6a7a1f3b52")


def id_of(*parts: object) -> UUID:
    """The same id for the same thing, every time the demonstration is made."""
    return uuid5(NAMESPACE, "/".join(map(str, parts)))


def write(demonstration: Demonstration, *, password_hash: str) -> None:
    """Everything but the sheets. One commit for the people, one a campaign."""
    first = min(campaign.opened_at for federation in demonstration.federations for campaign in federation.campaigns)
    for person in demonstration.people:
        _account(person, Role(name=person.role), password_hash, first)
    for federation in demonstration.federations:
        _federation(federation, password_hash, first)
    db.session.commit()
    for federation in demonstration.federations:
        _campaigns(federation)
        _agreements(federation)


def _account(person: PersonText, role: Role, password_hash: str, at: datetime) -> None:
    user = User(
        id=id_of("user", person.id),
        email=person.email,
        full_name=person.full_name,
        phone=person.phone,
        password=password_hash,
        created_at=at,
        sign_in_mark=id_of("session", person.id),
    )
    user.roles.append(role)
    db.session.add(user)


def _federation(text: FederationText, password_hash: str, at: datetime) -> None:
    row = Federation(id=id_of("federation", text.id), name=text.name)
    db.session.add(row)
    db.session.flush()
    for person in text.people:
        _account(person, Role(name=person.role, federation_id=row.id), password_hash, at)
    for funder in text.funders:
        _funder(funder, row.id, password_hash, at)
    for centre in text.centres:
        _centre(centre, row.id, password_hash, at)


def _funder(text: FunderText, federation_id: UUID, password_hash: str, at: datetime) -> None:
    kind = by_label(PARTNERS, text.kind)
    if kind is None:
        raise ValueError(f"{text.kind} is no kind of partner")
    row = Funder(id=id_of("funder", text.id), federation_id=federation_id, name=text.name, kind=kind.code)
    db.session.add(row)
    db.session.flush()
    for person in text.people:
        _account(person, Role(name=person.role, funder_id=row.id), password_hash, at)


def _centre(text: CentreText, federation_id: UUID, password_hash: str, at: datetime) -> None:
    row = Centre(
        id=id_of("centre", text.id),
        federation_id=federation_id,
        name=text.name,
        commune=text.commune,
        department=text.department,
        address=text.address,
        phone=text.phone,
        email=text.email,
        contact_name=text.contact_name,
        aliases=[CentreAlias(name=alias) for alias in text.aliases],
    )
    db.session.add(row)
    db.session.flush()
    for person in text.people:
        _account(person, Role(name=person.role, centre_id=row.id), password_hash, at)


def _campaigns(text: FederationText) -> None:
    federation = db.session.get_one(Federation, id_of("federation", text.id))
    opener = next(person for person in text.people if person.role == "administrateur")
    for campaign in text.campaigns:
        campaigns.open_campaign(
            federation=federation,
            year=campaign.year,
            title=campaign.title,
            dates=campaigns.Dates(campaign.shown_deadline, campaign.last_creation, campaign.last_edit),
            expected=[id_of("centre", centre.id) for centre in text.centres],
            addressed=[id_of("funder", funder.id) for funder in text.funders],
            actor_id=id_of("user", opener.id),
            at=campaign.opened_at,
            campaign_id=id_of("campaign", text.id, campaign.year),
        )


def _agreements(text: FederationText) -> None:
    federation = db.session.get_one(Federation, id_of("federation", text.id))
    maker = next(person for person in text.people if person.role == "administrateur")
    for agreement in text.agreements:
        agreements.make(
            federation,
            agreements.Details(
                funder_id=id_of("funder", agreement.funder),
                title=agreement.title,
                reference=agreement.reference,
                address=agreement.address,
                first_year=agreement.first_year,
                last_year=agreement.last_year,
                centres=frozenset(id_of("centre", centre) for centre in agreement.centres),
                requested=agreement.requested,
                granted=agreement.granted,
            ),
            actor_id=id_of("user", maker.id),
            at=agreement.made,
            agreement_id=id_of("agreement", text.id, agreement.id),
        )
