"""`recueil person`: what is kept of somebody, from the command line."""

from pathlib import Path

import click

from forms.values import Refused
from webapp import person_export
from webapp.clock import now
from webapp.commands import SUBCOMMAND
from webapp.policy import OPERATOR
from webapp.queries import person_data
from webapp.services import privacy


@click.group("person", subcommand_metavar=SUBCOMMAND)
def command() -> None:
    """Répondre à une personne sur ses données."""


@command.command("export")
@click.argument("email", metavar="ADRESSE")
@click.option(
    "--out",
    metavar="FICHIER",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="L’archive ZIP à écrire.",
)
def export(email: str, out: Path) -> None:
    """Tout ce qui est gardé d’une personne, avec ou sans compte."""
    try:
        person = person_data.find(email)
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    content = person_export.archive(person, at=now())
    privacy.note_export(person.user_id, actor=OPERATOR, at=now())
    out.write_bytes(content)
    click.echo(f"{out} : {len(content)} octets")
