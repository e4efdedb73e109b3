"""`recueil campaign`: the campaigns, for whoever keeps the server."""

from datetime import datetime

import click
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.values import Refused
from webapp.clock import now
from webapp.commands import SUBCOMMAND
from webapp.database import db
from webapp.models import Campaign, Centre, Funder
from webapp.queries.campaigns import centres_of, in_year
from webapp.queries.named import federation as federation_named
from webapp.queries.next_campaign import proposal
from webapp.services import campaigns

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group("campaign", subcommand_metavar=SUBCOMMAND)
def command() -> None:
    """Tenir les campagnes."""


@command.command("open")
@click.argument("year", metavar="ANNÉE", type=click.IntRange(1900, 2200))
@click.option(
    "--deadline", metavar="JOUR", type=DAY, required=True, help="Date limite annoncée aux centres (AAAA-MM-JJ)."
)
@click.option(
    "--last-creation",
    metavar="JOUR",
    type=DAY,
    help="Dernier jour pour commencer une fiche ; la date limite sans cela.",
)
@click.option(
    "--last-edit", metavar="JOUR", type=DAY, help="Dernier jour pour modifier et envoyer ; la date limite sans cela."
)
@click.option("--title", metavar="TITRE", default="", help="Titre de la campagne.")
@click.option("--federation", metavar="NOM", help="Nom de la fédération ; inutile s’il n’y en a qu’une.")
def open_campaign(
    year: int,
    deadline: datetime,
    last_creation: datetime | None,
    last_edit: datetime | None,
    title: str,
    federation: str | None,
) -> None:
    """Ouvrir la campagne d’une année : tous les centres ouverts y sont attendus, tous les financeurs la lisent."""
    try:
        owner = federation_named(federation)
        centres = sa.select(Centre.id).where(Centre.federation_id == owner.id, Centre.closed_on.is_(None))
        dates = campaigns.Dates(
            deadline.date(), (last_creation or deadline).date(), (last_edit or last_creation or deadline).date()
        )
        campaign = campaigns.open_campaign(
            federation=owner,
            year=year,
            title=title,
            dates=dates,
            expected=db.session.scalars(centres).all(),
            addressed=db.session.scalars(sa.select(Funder.id).where(Funder.federation_id == owner.id)).all(),
            actor_id=None,
            at=now(),
        )
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{campaign.id}  {campaign.title}")


@command.command("next")
@click.argument("year", metavar="ANNÉE", type=click.IntRange(1900, 2199))
@click.option("--federation", metavar="NOM", help="Nom de la fédération ; inutile s’il n’y en a qu’une.")
def next_campaign(year: int, federation: str | None) -> None:
    """Ouvrir la campagne qui suit celle d’une année : dates un an plus tard, mêmes centres et nouveaux venus."""
    try:
        owner = federation_named(federation)
        before = in_year(owner.id, year)
        if before is None:
            raise Refused(f"Il n’y a pas de campagne {year}.")
        proposed = proposal(before, centres_of(owner.id), at=now())
        campaign = campaigns.open_campaign(
            federation=owner,
            year=proposed.year,
            title=proposed.title,
            dates=campaigns.Dates(proposed.shown_deadline, proposed.last_creation, proposed.last_edit),
            expected=proposed.expected,
            addressed=proposed.addressed,
            sign_off=proposed.sign_off,
            query_days=proposed.query_days,
            actor_id=None,
            at=now(),
        )
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{campaign.id}  {campaign.title}")


@command.command("list")
def list_campaigns() -> None:
    """Lister les campagnes, leurs dates et leur fédération."""
    rows = db.session.scalars(
        sa.select(Campaign).options(joinedload(Campaign.federation)).order_by(Campaign.year.desc(), Campaign.id)
    )
    for campaign in rows:
        click.echo(f"{campaign.id}  {campaign.year}  {campaign.shown_deadline.isoformat()}  {campaign.federation.name}")
