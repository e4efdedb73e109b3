"""`recueil report`: make a report into a file."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import click
import sqlalchemy as sa

from forms.french import fold
from forms.values import Refused
from reports.catalogue import REPORTS, ReportKind
from reports.content import ReportInput
from webapp.clock import now
from webapp.database import db, reading
from webapp.models import Centre, Federation, Sheet
from webapp.queries import agreement_scope, agreements, report_sheets
from webapp.queries.report_selection import Selection
from webapp.services import reports

OF_ONE_SHEET = frozenset({ReportKind.SHEET, ReportKind.DECK, ReportKind.ONE_PAGE})


@click.command("report")
@click.argument("kind", type=click.Choice([kind.value for kind in ReportKind]))
@click.option("--sheet", metavar="ID", type=click.UUID, help="La fiche (pour une seule fiche).")
@click.option(
    "--campaign",
    "years",
    metavar="ANNÉE",
    type=int,
    multiple=True,
    help="L’année d’une campagne ; à répéter au besoin.",
)
@click.option(
    "--centre", "centres", metavar="ID", type=click.UUID, multiple=True, help="Un centre ; à répéter au besoin."
)
@click.option("--agreement", metavar="ID", type=click.UUID, help="La convention (pour le rapport à un financeur).")
@click.option(
    "--federation", metavar="NOM", help="La fédération, par son nom ou son identifiant, s’il y en a plusieurs."
)
@click.option(
    "--out",
    metavar="FICHIER",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Le fichier à écrire.",
)
def command(
    kind: str,
    sheet: UUID | None,
    years: tuple[int, ...],
    centres: tuple[UUID, ...],
    agreement: UUID | None,
    federation: str | None,
    out: Path,
) -> None:
    """Écrire une fiche (« sheet », « one_page » sur une page, « deck » en diaporama), un rapport de convention
    (« funder »), ou le recueil ou le classeur des fiches validées et publiées."""
    wanted = ReportKind(kind)
    if (wanted in OF_ONE_SHEET) != (sheet is not None):
        raise click.UsageError(
            "--sheet va avec «\u00a0sheet\u00a0», «\u00a0one_page\u00a0» et «\u00a0deck\u00a0», et avec eux seuls."
        )
    if (wanted is ReportKind.FUNDER) != (agreement is not None):
        raise click.UsageError("--agreement va avec le rapport «\u00a0funder\u00a0», et avec lui seul.")
    with reading():
        federation_id = None if sheet else _federation(federation, centres)
        selection = Selection(federation_id=federation_id, sheet_id=sheet, years=years, centres=centres)
        if agreement is not None:
            selection = _of_agreement(agreement, years)
        content = reports.content_for(wanted, selection, title="", at=now())
        if sheet and not content.sheets:
            raise click.ClickException("cette fiche n’existe pas ou n’a jamais été envoyée.")
        if sheet and wanted is ReportKind.DECK:
            content = _with_former_years(content, sheet)
        try:
            with out.open("wb") as file:
                notes = reports.write(REPORTS[wanted], content, file)
        except Refused as refused:
            out.unlink(missing_ok=True)
            raise click.ClickException(refused.message) from refused
    for note in notes:
        click.echo(note, err=True)
    click.echo(f"{out} ({len(content.sheets)} fiches)", err=True)


def _with_former_years(content: ReportInput, sheet: UUID) -> ReportInput:
    """The same, with the sheets of the action in earlier years before its own."""
    former = [report_sheets.report_sheet(one) for one in report_sheets.former_of(db.session.get_one(Sheet, sheet))]
    sheets = (*former, *content.sheets)
    return replace(content, sheets=sheets, years=tuple(one.year for one in sheets))


def _of_agreement(agreement_id: UUID, years: tuple[int, ...]) -> Selection:
    agreement = agreement_scope.find(agreement_id)
    if agreement is None:
        raise click.UsageError("cette convention n’existe pas.")
    return agreements.selection_of(agreement, years or agreement.years)


def _federation(named: str | None, centres: tuple[UUID, ...]) -> UUID | None:
    """The federation meant: named, that of the centres, or the only one; two are never mixed in one report."""
    known = db.session.scalars(sa.select(Federation).order_by(Federation.folded)).all()
    if named:
        for federation in known:
            if named == str(federation.id) or fold(named) == federation.folded:
                return federation.id
        raise click.UsageError(f"aucune fédération ne s’appelle «\u00a0{named}\u00a0».")
    if centres:
        of_centres = set(db.session.scalars(sa.select(Centre.federation_id).where(Centre.id.in_(centres))))
        if len(of_centres) == 1:
            return of_centres.pop()
    # « Every validated or published sheet when nothing narrows it. »
    return None
