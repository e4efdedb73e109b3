"""`recueil restore`: a backup put into an empty place."""

import json
import sys
from pathlib import Path

import click

from forms.french import plural
from forms.values import Refused
from webapp.clock import now
from webapp.commands.backup import key_given, tell
from webapp.config import current_settings
from webapp.recovery import restoring
from webapp.recovery.restoring import Restored
from webapp.recovery.taking import key_mark


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", metavar="CLÉ", help="La clé age qui déchiffre, ou son fichier (d’office RECUEIL_BACKUP_KEY).")
@click.option("--dry-run", is_flag=True, help="Tout vérifier, la cible comprise, et ne rien écrire.")
@click.option("--json", "as_json", is_flag=True, help="Un compte rendu JSON.")
def command(file: Path, key: str | None, dry_run: bool, as_json: bool) -> None:
    """Restaurer une sauvegarde dans la base et le stockage réglés, qui doivent être vides : tout, ou rien.

    Arrêtez d’abord le site. Code de sortie : 2 si la sauvegarde ou la cible est refusée, qui reste telle quelle ; 1 si
    un journal n’est pas entier.
    """
    try:
        used = key_given(key)
        if dry_run:
            found = restoring.examined(file, used)
            restoring.refuse_unless_empty()
            done = Restored(found, same_key=found.header.key_mark == key_mark(current_settings()))
        else:
            done = restoring.restore(file, key=used, at=now())
    except Refused as refused:
        _refuse(refused.message, as_json)
        sys.exit(2)
    if as_json:
        said = {"restored": not dry_run, "broken_chains": list(done.chains), "mails_stopped": done.mails}
        said |= {"same_secret_key": done.same_key, **done.contents.summary()}
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _tell(done, dry_run=dry_run)
    sys.exit(1 if done.chains else 0)


def _refuse(message: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"restored": False, "message": message}, ensure_ascii=False))
    else:
        click.echo(f"{message} Rien n’a été changé.", err=True)


def _tell(done: Restored, *, dry_run: bool) -> None:
    click.echo("Sauvegarde entière, cible vide\u00a0: rien n’a été écrit." if dry_run else "Sauvegarde restaurée.")
    tell(done.contents)
    if not done.same_key:
        click.echo(
            "RECUEIL_SECRET_KEY n’est pas celle du site sauvegardé\u00a0: les doubles authentifications et les "
            "signatures des rapports ne seront pas reconnues.",
            err=True,
        )
    if dry_run:
        return
    click.echo("Les mots de passe et les liens personnels valent comme avant\u00a0; chacun doit se reconnecter.")
    if done.mails:
        count = plural(done.mails, "mail attendait", "mails attendaient")
        click.echo(f"{count} de partir\u00a0: peut-être partis, ils ne repartiront pas.")
    if not done.chains:
        click.echo("Le journal est entier.")
    for chain in done.chains:
        click.echo(f"Journal rompu\u00a0: {chain}", err=True)
