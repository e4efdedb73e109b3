"""`recueil erase`: take a person out, after having shown what that does."""

import click

from forms.values import Refused
from webapp.clock import now
from webapp.erasure_words import lines, stays
from webapp.policy import OPERATOR
from webapp.services import erasure


@click.command("erase")
@click.argument("email", metavar="ADRESSE")
@click.option("--dry-run", is_flag=True, help="Dire ce qui serait effacé, sans rien effacer.")
@click.option("--yes", is_flag=True, help="Ne pas demander de confirmation.")
def command(email: str, dry_run: bool, yes: bool) -> None:
    """Effacer les données d’une personne, qu’elle ait un compte ou non."""
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
