"""`recueil deployment`: print the files that start Recueil on servers."""

import click

from webapp import ROOT
from webapp.config import Settings
from webapp.deployment.printed import Kind, printed


@click.command("deployment")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.option("--host", metavar="NOM", help="Le nom public du site, s’il n’est pas encore dans les réglages.")
@click.pass_obj
def command(settings: Settings, kind: str, host: str | None) -> None:
    """Écrire un fichier de déploiement, rempli avec les réglages d’ici."""
    click.echo(printed(Kind(kind), settings, root=ROOT, host=host))
