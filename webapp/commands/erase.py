"""`recueil erase`: take a person out, after having shown what that does."""

import json
from pathlib import Path

import click

from forms.french import plural
from forms.values import Refused
from webapp.clock import now
from webapp.erasure_words import lines, stays
from webapp.policy import OPERATOR
from webapp.services import erasure


@click.command("erase")
@click.argument("email", required=False)
@click.option("--dry-run", is_flag=True, help="Dire ce qui serait effacé, sans rien effacer.")
@click.option("--yes", is_flag=True, help="Ne pas demander de confirmation.")
@click.option("--list", "listed", is_flag=True, help="La liste des effacements, sans nom, pour --again.")
@click.option(
    "--again",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Après une restauration : effacer de nouveau qui figure dans cette liste.",
)
def command(email: str | None, dry_run: bool, yes: bool, listed: bool, again: Path | None) -> None:
    """Effacer les données d’une personne, qu’elle ait un compte ou non."""
    if listed:
        click.echo(json.dumps(erasure.records()))
        return
    if again is not None:
        click.echo(f"{plural(_again(again), 'personne effacée', 'personnes effacées')} de nouveau.")
        return
    if not email:
        raise click.UsageError("Donnez l’adresse de la personne.")
    _one(email, dry_run=dry_run, yes=yes)


def _again(path: Path) -> int:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return erasure.replay(kept, actor=OPERATOR, at=now())
    except (ValueError, KeyError, TypeError) as failure:
        raise click.ClickException(f"{path} n’est pas une liste d’effacements.") from failure


def _one(email: str, *, dry_run: bool, yes: bool) -> None:
    try:
        plan = erasure.plan(email)
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    if plan.empty:
        raise click.ClickException(f"rien n’est connu de {email}.")
    for line in (*lines(plan), "Reste :", *(f"  {what} : {why}" for what, why in stays())):
        click.echo(line)
    if dry_run:
        return
    if not yes and click.prompt("Tapez de nouveau l’adresse pour effacer") != email:
        raise click.ClickException("ce n’est pas la même adresse : rien n’est effacé.")
    done = erasure.erase(email, actor=OPERATOR, at=now())
    if done is not None and done.number is not None:
        click.echo(f"{erasure.name_of(done.number)} : c’est fait.")
