"""`recueil check`: what is unsafe or missing, before the site is started."""

import json
import sys
from collections.abc import Iterator

import click
from flask import Flask
from pydantic import ValidationError

from webapp.config import Settings, refusals, settings_of
from webapp.deployment import kept, machine, services
from webapp.deployment.verdicts import EXIT, Found, Verdict, refused

MACHINE = (
    machine.address,
    machine.debugging,
    machine.legal,
    machine.secret,
    machine.folder,
    machine.room,
    machine.zone,
    machine.printing,
)
SERVICES = (services.database, services.queue, services.files, kept.place, kept.key)


@click.command("check")
@click.option("--mail-to", metavar="ADRESSE", help="Envoyer aussi un message d’essai à cette adresse.")
@click.option("--json", "as_json", is_flag=True, help="Le dire à un programme.")
@click.pass_obj
def command(given: Flask | ValidationError, mail_to: str | None, as_json: bool) -> None:
    """Dire ce qui manque ou n’est pas sûr ; fini par 0, 1 (à revoir) ou 2 (refusé)."""
    found: list[Found] = []
    for one in _looked_at(given, mail_to):
        found.append(one)
        if not as_json:
            click.echo(f"{one.verdict:<9} {one.said}")
    if as_json:
        said = [{"matter": one.matter, "verdict": one.verdict, "said": one.said} for one in found]
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    sys.exit(max(EXIT[one.verdict] for one in found))


def _looked_at(given: Flask | ValidationError, mail_to: str | None) -> Iterator[Found]:
    if isinstance(given, ValidationError):
        for said in refusals(given):
            yield refused("settings", said)
        return
    settings: Settings = settings_of(given)
    yield Found("settings", Verdict.OK, f"réglages\u00a0: {settings.environment.value}, lus sans refus")
    for look in (*MACHINE, *SERVICES):
        yield from look(settings)
    yield from services.mail(settings, to=mail_to)
