"""`recueil reindex`: make again all by which sheets are found."""

import click

from forms.french import plural
from webapp.services import reindexing


@click.command("reindex")
def command() -> None:
    """Refaire, depuis les envois, tout ce par quoi les fiches se trouvent : filtres, recherche, mots connus."""
    click.echo(f"{plural(reindexing.rebuild(), 'fiche', 'fiches')} à retrouver.")
