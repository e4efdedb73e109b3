"""The whole demonstration: written once, described as often as asked."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from reports.catalogue import ReportKind
from webapp.clock import now
from webapp.config import Settings
from webapp.database import db
from webapp.demo import lives, people
from webapp.demo.people import id_of
from webapp.demo.texts import load
from webapp.demo.texts.shapes import Demonstration, FederationText
from webapp.models import Campaign, Centre, Event, Federation, Mail, ReportRun, Sheet
from webapp.queries.report_selection import Selection
from webapp.report_parts import parts_of
from webapp.services import events, jobs, report_handing, report_templates, reports
from webapp.services.passwords import hash_password
from webapp.services.report_templates import Wording

PASSWORD = "demonstration-2026"  # noqa: S105 (known to all: it opens fictional data on one's own computer only)

MADE = "demo.made"

Told = Callable[[str, int, int], None]


def password_of(settings: Settings) -> str:
    """The password of every demonstration account; in production there is none but the one given."""
    return settings.demo_password.get_secret_value() or ("" if settings.production else PASSWORD)


def is_there() -> bool:
    """Whether the demonstration was made."""
    first = load().federations[0]
    return db.session.get(Federation, id_of("federation", first.id)) is not None


def is_whole() -> bool:
    """Whether it was made to its end."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Event.kind == MADE))))


def make(settings: Settings, told: Told) -> None:
    """Write the demonstration through the real services; nobody gets a mail about what never happened."""
    demonstration = load()
    told("Fédérations, centres et comptes", 0, 1)
    people.write(demonstration, password_hash=hash_password(password_of(settings)))
    told("Fédérations, centres et comptes", 1, 1)
    for federation in demonstration.federations:
        steps = lives.moments(federation)
        for done, moment in enumerate(steps, 1):
            moment.deed()
            _unsend_mails()
            told(federation.name, done, len(steps))
    _reports(demonstration, told)
    first = id_of("federation", demonstration.federations[0].id)
    events.record(MADE, at=now(), actor_id=None, federation_id=first)
    db.session.commit()


def _unsend_mails() -> None:
    db.session.execute(sa.delete(Mail))
    db.session.commit()


def _reports(demonstration: Demonstration, told: Told) -> None:
    """Last year's book, by a template, and workbook, handed to the first funder; the book by a link besides."""
    text = demonstration.federations[0]
    federation = db.session.get_one(Federation, id_of("federation", text.id))
    actor_id = id_of("user", text.people[0].id)
    year = text.campaigns[-2].year
    for done, make in enumerate((_book, _workbook)):
        told("Rapports", done, 2)
        run = make(federation, text, year, actor_id)
        run_id, job_id = run.id, run.job_id
        if job_id is not None:
            jobs.run(job_id, clock=now)
        report_handing.address(run_id, [id_of("funder", text.funders[0].id)], actor_id=actor_id, at=now())
        if make is _book:
            email, name = "commission@collectivite.example.org", "Commission vie locale"
            report_handing.send_link(run_id, email=email, name=name, days=90, actor_id=actor_id, at=now())
        _unsend_mails()
        federation = db.session.get_one(Federation, id_of("federation", text.id))
    told("Rapports", 2, 2)


def _book(federation: Federation, text: FederationText, year: int, actor_id: UUID) -> ReportRun:
    """The yearly book, by the template by which the next one will be made."""
    foreword = (
        "Voici ce que les centres sociaux de la fédération ont mené cette année, raconté par celles et ceux qui l’ont "
        "fait.\n\nChaque chiffre dit sur combien de fiches il repose."
    )
    sections = tuple(id_ for id_, _label, _hint in parts_of(ReportKind.BOOK))
    wording = Wording("Recueil annuel", "Recueil annuel", sections, "", foreword, text.people[0].full_name)
    kept = Selection(federation_id=federation.id, latest=True)
    template = report_templates.add(federation, ReportKind.BOOK, wording, kept, actor_id=actor_id, at=now())
    # What it would have made last year.
    return reports.request(
        ReportKind.BOOK,
        Selection(federation_id=federation.id, years=(year,)),
        federation=federation,
        title=template.title,
        actor_id=actor_id,
        at=now(),
        template=template,
    )


def _workbook(federation: Federation, _text: FederationText, year: int, actor_id: UUID) -> ReportRun:
    selection = Selection(federation_id=federation.id, years=(year,))
    return reports.request(
        ReportKind.WORKBOOK, selection, federation=federation, title="Classeur annuel", actor_id=actor_id, at=now()
    )


def describe(settings: Settings) -> dict[str, Any]:
    """What `recueil demo --json` prints: addresses, accounts and ids."""
    demonstration = load()
    federations = {id_of("federation", text.id): text.name for text in demonstration.federations}
    rows = db.session.scalars(
        sa.select(Sheet).where(Sheet.federation_id.in_(federations)).order_by(Sheet.created_at, Sheet.reference)
    )
    return {
        "base_url": settings.base_url,
        "accounts": accounts(demonstration, password_of(settings)),
        "federations": [{"id": str(id_), "name": name} for id_, name in federations.items()],
        "centres": [
            {"id": str(centre.id), "name": centre.name, "federation": federations[centre.federation_id]}
            for centre in db.session.scalars(
                sa.select(Centre).where(Centre.federation_id.in_(federations)).order_by(Centre.folded)
            )
        ],
        "campaigns": [
            {"id": str(campaign.id), "year": campaign.year, "federation": federations[campaign.federation_id]}
            for campaign in db.session.scalars(
                sa.select(Campaign).where(Campaign.federation_id.in_(federations)).order_by(Campaign.year, Campaign.id)
            )
        ],
        "sheets": [
            {
                "id": str(sheet.id),
                "title": sheet.action.title,
                "state": sheet.state.value,
                "centre": sheet.centre.name,
                "year": sheet.campaign.year,
            }
            for sheet in rows
        ],
        "reports": [
            {"id": str(run.id), "kind": run.kind, "title": run.title}
            for run in db.session.scalars(
                sa.select(ReportRun).where(ReportRun.federation_id.in_(federations)).order_by(ReportRun.created_at)
            )
        ],
    }


def accounts(demonstration: Demonstration, password: str) -> list[dict[str, Any]]:
    """Every account, with the place of its role."""
    found: list[tuple[Any, str | None, str | None]] = [(person, None, None) for person in demonstration.people]
    for federation in demonstration.federations:
        found += [(person, federation.name, None) for person in federation.people]
        found += [(person, federation.name, None) for funder in federation.funders for person in funder.people]
        found += [(person, federation.name, centre.name) for centre in federation.centres for person in centre.people]
    return [
        {
            "email": person.email,
            "password": password,
            "role": person.role.value,
            "federation": federation_name,
            "centre": centre_name,
        }
        for person, federation_name, centre_name in found
    ]
