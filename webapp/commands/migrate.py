"""`recueil migrate`: bring the database up to date."""

import click

from webapp import migrating
from webapp.recovery import unfinished


@click.command("migrate")
@click.option("--down-to", metavar="VERSION", help="Revenir à cette version («\u00a0base\u00a0» pour tout défaire).")
def command(down_to: str | None) -> None:
    """Mettre la base à jour ; avec SQLite, le fichier est d’abord copié."""
    if unfinished.is_there():
        raise click.ClickException(unfinished.REFUSED)
    try:
        if down_to:
            migrating.down(down_to)
            click.echo(f"Base revenue à la version {down_to}.")
        else:
            migrating.up()
            click.echo("Base à jour.")
    except migrating.TooBusy as busy:
        raise click.ClickException(
            "une table est restée occupée par une autre session\u00a0; rien n’a été changé. "
            "Attendez la fin de ce qui tourne (une sauvegarde, un import), ou arrêtez le site, puis recommencez."
        ) from busy
