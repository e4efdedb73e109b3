"""`recueil user`: accounts from the command line, for whoever keeps the server."""

import json

import click
import sqlalchemy as sa

from forms.french import fold, moment
from forms.values import Refused
from webapp.clock import now
from webapp.commands import SUBCOMMAND
from webapp.config import current_settings
from webapp.database import db
from webapp.models import Centre, Funder, User
from webapp.policy import OPERATOR
from webapp.queries.accounts import by_email, in_words, with_places
from webapp.queries.named import federation as federation_named
from webapp.services import accounts, links, second_factor
from webapp.services.accounts import Post
from webapp.vocabulary import LinkPurpose, RoleName

AT_CENTRE = frozenset({RoleName.MEMBER, RoleName.RESPONSIBLE})
AT_FEDERATION = frozenset({RoleName.REVIEWER, RoleName.ADMINISTRATOR})


@click.group("user", subcommand_metavar=SUBCOMMAND)
def command() -> None:
    """Tenir les comptes."""


@command.command("add")
@click.argument("email", metavar="ADRESSE")
@click.option("--name", "full_name", metavar="NOM", default="", help="Nom de la personne.")
@click.option("--role", type=click.Choice([role.value for role in RoleName]), required=True)
@click.option("--centre", metavar="NOM", help="Nom du centre, pour un membre ou un responsable.")
@click.option("--funder", metavar="NOM", help="Nom du financeur, pour un financeur.")
@click.option("--federation", metavar="NOM", help="Nom de la fédération ; inutile s’il n’y en a qu’une.")
def add(email: str, full_name: str, role: str, centre: str | None, funder: str | None, federation: str | None) -> None:
    """Donner un rôle à une personne, et l’inviter si elle n’a pas de compte."""
    try:
        post = _post(RoleName(role), centre=centre, funder=funder, federation=federation)
        user, token = accounts.invite(email=email, full_name=full_name, post=post, actor=OPERATOR, inviter="", at=now())
    except Refused as refused:
        where = " (--name)" if refused.question == "full_name" else ""
        raise click.ClickException(refused.message + where) from refused
    click.echo(f"{user.email}\u00a0: {in_words(post)}")
    if token:
        click.echo(f"Lien d’invitation, valable une fois\u00a0: {_address(token)}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Une liste JSON.")
def list_accounts(as_json: bool) -> None:
    """Lister les comptes et leurs rôles."""
    users = db.session.scalars(sa.select(User).options(with_places()).order_by(User.email)).all()
    lines = [
        {
            "email": user.email,
            "name": user.full_name,
            "active": user.active,
            "roles": [in_words(role) for role in user.roles],
            "second_factor": second_factor.is_on(user),
        }
        for user in users
    ]
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False, indent=1))
        return
    for user in users:
        state = "" if user.active else " (fermé)"
        roles = "\u202f; ".join(in_words(role) for role in user.roles) or "aucun rôle"
        click.echo(f"{user.email:<40} {roles}{state}")


@command.command("link")
@click.argument("email", metavar="ADRESSE")
def link(email: str) -> None:
    """Afficher un lien de connexion, valable une fois."""
    user = _user(email)
    if not user.active:
        raise click.ClickException("ce compte est fermé.")
    row, token = links.issue(user, LinkPurpose.SIGN_IN, at=now())
    until = moment(row.expires_at)
    db.session.commit()
    click.echo(_address(token))
    click.echo(f"Valable une fois, jusqu’au {until}.", err=True)


@command.command("close")
@click.argument("email", metavar="ADRESSE")
def close(email: str) -> None:
    """Fermer un compte."""
    user = _user(email)
    try:
        accounts.close(user, actor=OPERATOR, at=now())
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{user.email}\u00a0: compte fermé.")


@command.command("reset-second-factor")
@click.argument("email", metavar="ADRESSE")
def reset_second_factor(email: str) -> None:
    """Désactiver la double authentification d’une personne qui a perdu son téléphone et ses codes."""
    user = _user(email)
    second_factor.turn_off(user, at=now())
    click.echo(f"{user.email}\u00a0: double authentification désactivée.")


def _user(email: str) -> User:
    user = by_email(email)
    if user is None:
        raise click.ClickException(f"aucun compte n’a l’adresse {email}.")
    return user


def _address(token: str) -> str:
    return current_settings().base_url + links.path_of(token)


def _post(role: RoleName, *, centre: str | None, funder: str | None, federation: str | None) -> Post:
    if role is RoleName.PLATFORM:
        return Post(role)
    within = federation_named(federation)
    if role in AT_FEDERATION:
        return Post(role, federation=within)
    if role in AT_CENTRE:
        rows = db.session.scalars(sa.select(Centre).where(Centre.federation_id == within.id)).all()
        found = next((row for row in rows if centre and row.folded == fold(centre)), None)
        if found is None:
            raise Refused("Indiquez avec --centre un centre de cette fédération.")
        return Post(role, centre=found)
    payers = db.session.scalars(sa.select(Funder).where(Funder.federation_id == within.id)).all()
    payer = next((row for row in payers if funder and fold(row.name) == fold(funder)), None)
    if payer is None:
        raise Refused("Indiquez avec --funder un financeur de cette fédération.")
    return Post(role, funder=payer)
