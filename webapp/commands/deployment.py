"""`recueil deployment`: print the files that start Recueil on servers."""

from pathlib import Path

import click
from flask import Flask

from webapp.config import settings_of
from webapp.deployment.printed import Kind, printed


@click.command("deployment")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.option("--host", metavar="NOM", help="Le nom public du site, s’il n’est pas encore dans les réglages.")
@click.pass_obj
def command(app: Flask, kind: str, host: str | None) -> None:
    """Écrire un fichier de déploiement, rempli avec les réglages d’ici."""
    root = Path(app.root_path).parent
    click.echo(printed(Kind(kind), settings_of(app), root=root, host=host))
