"""`recueil federation`: the federations of the platform, for whoever keeps the server."""

import click
import sqlalchemy as sa

from forms.values import Refused
from webapp.clock import now
from webapp.commands import SUBCOMMAND
from webapp.database import db
from webapp.models import Federation
from webapp.services import federations


@click.group("federation", subcommand_metavar=SUBCOMMAND)
def command() -> None:
    """Tenir les fédérations."""


@command.command("add")
@click.argument("name", metavar="NOM")
def add(name: str) -> None:
    """Ajouter une fédération."""
    try:
        federation = federations.add(name=name, actor_id=None, at=now())
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{federation.id}  {federation.name}")


@command.command("list")
def list_federations() -> None:
    """Lister les fédérations."""
    for federation in db.session.scalars(sa.select(Federation).order_by(Federation.folded)):
        click.echo(f"{federation.id}  {federation.name}")
