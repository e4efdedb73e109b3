"""The demonstration's reports: last year's, handed to the first funder."""

from collections.abc import Callable, Iterator
from uuid import UUID

from reports.catalogue import ReportKind
from webapp.clock import now
from webapp.database import db
from webapp.demo import reading
from webapp.demo.people import id_of
from webapp.demo.texts.shapes import Demonstration, FederationText
from webapp.models import Federation, ReportRun
from webapp.queries import agreement_scope, agreements
from webapp.queries.report_selection import Selection
from webapp.report_parts import parts_of
from webapp.services import jobs, report_handing, report_templates, reports
from webapp.services.report_templates import Wording

FOREWORD = (
    "Voici ce que les centres sociaux de la fédération ont mené cette année, raconté par celles et ceux qui l’ont "
    "fait.\n\nChaque chiffre dit sur combien de fiches il repose."
)


def make(demonstration: Demonstration, told: Callable[[str, int, int], None], *, unsend: Callable[[], None]) -> None:
    """The book by a template, the workbook, the report on each agreement; the book by a personal link besides."""
    text = demonstration.federations[0]
    actor_id, year = id_of("user", text.people[0].id), text.campaigns[-2].year
    wanted = list(_wanted(text, year, actor_id))
    for done, ask in enumerate(wanted):
        told("Rapports", done, len(wanted))
        run = ask(db.session.get_one(Federation, id_of("federation", text.id)))
        run_id, job_id, kind = run.id, run.job_id, run.kind
        if job_id is not None:
            jobs.run(job_id, clock=now)
        report_handing.address(run_id, [id_of("funder", text.funders[0].id)], actor_id=actor_id, at=now())
        if kind == ReportKind.BOOK:
            email, name = "commission@collectivite.example.org", "Commission vie locale"
            report_handing.send_link(run_id, email=email, name=name, days=90, actor_id=actor_id, at=now())
            reading.read_some(run_id, id_of("user", text.funders[0].people[0].id))
        unsend()
    told("Rapports", len(wanted), len(wanted))


def _wanted(text: FederationText, year: int, actor_id: UUID) -> Iterator[Callable[[Federation], ReportRun]]:
    yield lambda federation: _book(federation, text, year, actor_id)
    yield lambda federation: reports.request(
        ReportKind.WORKBOOK,
        Selection(federation_id=federation.id, years=(year,)),
        federation=federation,
        title="Classeur annuel",
        actor_id=actor_id,
        at=now(),
    )
    for agreement in text.agreements:
        yield lambda federation, named=agreement.id: _of_agreement(  # type: ignore[misc]
            federation, id_of("agreement", text.id, named), year, actor_id
        )


def _book(federation: Federation, text: FederationText, year: int, actor_id: UUID) -> ReportRun:
    """The yearly book, by the template by which the next one will be made."""
    sections = tuple(id_ for id_, _label, _hint in parts_of(ReportKind.BOOK))
    wording = Wording("Recueil annuel", "Recueil annuel", sections, "", FOREWORD, text.people[0].full_name)
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


def _of_agreement(federation: Federation, agreement_id: UUID, year: int, actor_id: UUID) -> ReportRun:
    agreement = agreement_scope.find(agreement_id)
    if agreement is None:
        raise LookupError(agreement_id)
    years = tuple(one for one in agreement.years if one <= year)
    return reports.request(
        ReportKind.FUNDER,
        agreements.selection_of(agreement, years),
        federation=federation,
        title=f"Rapport de convention – {agreement.funder.name}",
        actor_id=actor_id,
        at=now(),
    )
