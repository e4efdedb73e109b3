"""`recueil export`: write the public sheets into a text file of the public catalogue, which `recueil import` reads."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import click
import sqlalchemy as sa

from forms.catalogue_text import WrittenSheet, read_otherwise, write
from forms.french import plural
from webapp import open_data
from webapp.database import reading
from webapp.models import Campaign, Federation, Sheet
from webapp.queries import imports as queries


@click.command("export")
@click.option("--campaign", "years", metavar="ANNÉE", type=int, multiple=True, help="Une année ; à répéter au besoin.")
@click.option(
    "--centre", "centres", metavar="ID", type=click.UUID, multiple=True, help="Un centre ; à répéter au besoin."
)
@click.option("--federation", metavar="NOM", help="Une seule fédération, par son nom.")
@click.option(
    "--out",
    metavar="FICHIER",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Le fichier à écrire.",
)
def command(years: tuple[int, ...], centres: tuple[UUID, ...], federation: str | None, out: Path) -> None:
    """Écrire les fiches du catalogue public, et elles seules, dans le format texte que « recueil import » relit."""
    with reading():
        sheets = [
            WrittenSheet(sheet.centre, sheet.department, sheet.year, sheet.document)
            for some in open_data.handfuls(*_narrowed(years, centres, federation))
            for sheet in some
        ]
    if not sheets:
        raise click.ClickException("aucune fiche publique ne correspond à ce choix.")
    text = write(sheets)
    out.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"{out} ({plural(len(sheets), 'fiche', 'fiches')})", err=True)
    for line in _losses(sheets, text):
        click.echo(line, err=True)


def _narrowed(
    years: tuple[int, ...], centres: tuple[UUID, ...], federation: str | None
) -> Iterator[sa.ColumnElement[bool]]:
    if years:
        yield Sheet.campaign_id.in_(sa.select(Campaign.id).where(Campaign.year.in_(years)))
    if centres:
        yield Sheet.centre_id.in_(centres)
    if federation is not None:
        yield Sheet.federation_id == _federation(federation).id


def _federation(named: str) -> Federation:
    found = queries.federation_named(named)
    if found is None:
        raise click.UsageError(f"aucune fédération ne s’appelle « {named} ».")
    return found


def _losses(sheets: list[WrittenSheet], text: str) -> Iterator[str]:
    """What the format cannot carry, and which sheets would not come back as they are."""
    left_out = {question.id: question.short_label for sheet in sheets for question in sheet.left_out}
    if left_out:
        yield f"Ce format n’a pas de place pour : {', '.join(left_out.values())}."
    for sheet in read_otherwise(sheets, text):
        yield f"À vérifier – {sheet.title} – Cette fiche ne se relirait pas telle quelle."
