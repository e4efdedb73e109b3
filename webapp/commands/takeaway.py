"""`recueil takeaway`: write sheets into a workbook to be filled in."""

from pathlib import Path
from uuid import UUID

import click

from reports.takeaway import writing
from reports.takeaway.layout import TakeawayInput
from webapp import takeaways
from webapp.clock import now
from webapp.database import reading
from webapp.queries import sheets as queries
from webapp.queries.versions import form_of


@click.command("takeaway")
@click.option(
    "--sheet",
    "ids",
    metavar="ID",
    type=click.UUID,
    multiple=True,
    required=True,
    help="Une fiche ; à répéter au besoin.",
)
@click.option(
    "--out",
    metavar="FICHIER",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Le fichier à écrire.",
)
def command(ids: tuple[UUID, ...], out: Path) -> None:
    """Écrire des fiches dans un classeur à remplir, que la page de la fiche ou « recueil import » relit."""
    with reading():
        sheets = [sheet for id in dict.fromkeys(ids) if (sheet := queries.find(id)) is not None]
        if len(sheets) < len(set(ids)):
            raise click.ClickException("une de ces fiches n’existe pas.")
        versions = {form_of(sheet.form_version).sha256: form_of(sheet.form_version) for sheet in sheets}
        if len(versions) > 1:
            raise click.ClickException("ces fiches n’ont pas le même formulaire : faites un classeur pour chacun.")
        (version,) = versions.values()
        carried = tuple(takeaways.carried(sheet) for sheet in sheets)
        content = TakeawayInput(version, carried, sheets[0].federation.name, now())
    with out.open("wb") as file:
        writing.make(content, file)
    click.echo(f"{out} ({len(sheets)} fiches)", err=True)
