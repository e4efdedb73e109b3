"""`recueil migrate`: bring the database up to date."""

import click
from flask_migrate import downgrade, upgrade


@click.command("migrate")
@click.option("--down-to", metavar="VERSION", help="Revenir à cette version («\u00a0base\u00a0» pour tout défaire).")
def command(down_to: str | None) -> None:
    """Mettre la base à jour; avec SQLite, le fichier est d’abord copié."""
    if down_to:
        downgrade(revision=down_to)
        click.echo(f"Base revenue à la version {down_to}.")
    else:
        upgrade()
        click.echo("Base à jour.")
