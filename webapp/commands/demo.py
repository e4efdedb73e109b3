"""`recueil demo`: make the demonstration, and say how to get in."""

import json
import sys

import click
from flask import Flask

from webapp.config import settings_of
from webapp.demo import loading


@click.command("demo")
@click.option("--json", "as_json", is_flag=True, help="Écrire comptes, mots de passe et identifiants en JSON.")
@click.pass_obj
def command(app: Flask, as_json: bool) -> None:
    """Installer la démonstration (une seule fois) et afficher ses comptes."""
    settings = settings_of(app)
    if not loading.password_of(settings):
        raise click.ClickException("en production, indiquez d’abord RECUEIL_DEMO_PASSWORD.")
    if not loading.is_there():
        loading.make(settings, _tell)
        click.echo(err=True)
    elif not loading.is_whole():
        raise click.ClickException(
            "la démonstration a été interrompue pendant son installation. Arrêtez Recueil, supprimez le dossier "
            f"{settings.folder} (ou videz la base de données), puis recommencez."
        )
    described = loading.describe(settings)
    if as_json:
        click.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    click.echo(f"Démonstration prête\u00a0: {described['base_url']}")
    click.echo(f"Mot de passe de tous les comptes\u00a0: {loading.password_of(settings)}")
    for account in _one_a_role(described["accounts"]):
        place = account["centre"] or account["federation"] or "toute la plateforme"
        click.echo(f"  {account['role']:<15} {account['email']:<45} {place}")


def _one_a_role(accounts: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first account of each role: enough to go round with."""
    first: dict[str, dict[str, str]] = {}
    for account in accounts:
        first.setdefault(account["role"], account)
    return list(first.values())


_last = ""


def _tell(phase: str, done: int, total: int) -> None:
    """One line a phase, counting on a terminal."""
    global _last  # the line under the cursor
    if sys.stderr.isatty():
        click.echo(f"\r{phase}\u00a0: {done}/{total}   ", nl=done == total, err=True)
    elif phase != _last:
        click.echo(f"{phase}…", err=True)
    _last = phase
