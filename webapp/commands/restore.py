"""`recueil restore`: a backup put into an empty place."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from forms.french import plural
from forms.values import Refused
from webapp.clock import now
from webapp.commands.backup import key_given, tell
from webapp.config import current_settings
from webapp.recovery import lying, restoring
from webapp.recovery.erasures import without_account
from webapp.recovery.keys import Key
from webapp.recovery.restoring import Restored
from webapp.recovery.taking import key_mark
from webapp.services import erasure_records
from webapp.services.erasure_records import Record


@click.command("restore")
@click.argument("file", metavar="FICHIER")
@click.option("--key", metavar="CLÉ", help="La clé age qui déchiffre, ou son fichier (d’office RECUEIL_BACKUP_KEY).")
@click.option(
    "--erasures",
    metavar="REGISTRE",
    type=click.Path(path_type=Path),
    help="Le registre des effacements, s’il n’est pas auprès d’elle.",
)
@click.option("--dry-run", is_flag=True, help="Tout vérifier, la cible comprise, et ne rien écrire.")
@click.option("--json", "as_json", is_flag=True, help="Un compte rendu JSON.")
def command(file: str, key: str | None, erasures: Path | None, dry_run: bool, as_json: bool) -> None:
    """Restaurer une sauvegarde dans la base et le stockage réglés, qui doivent être vides : tout, ou rien.

    Elle est un fichier d’ici, ou d’un stockage (s3://seau/dossier/nom) ; sans le nom, les dernières sont dites.

    Qui a été effacé depuis l’est de nouveau, d’après « effacements.json », écrit auprès des sauvegardes.
    Arrêtez d’abord le site. Code de sortie : 2 si la sauvegarde ou la cible est refusée, qui reste telle quelle ; 1 si
    un journal n’est pas entier.
    """
    try:
        used = key_given(key)
        with lying.at_hand(file) as here:
            records = erasure_records.read(erasures) if erasures else erasure_records.found(lying.place_of(file))
            done = _tried(here, used) if dry_run else restoring.restore(here, key=used, at=now(), erased=records or ())
        if not dry_run:
            erasure_records.keep_if_possible(records or ())
    except Refused as refused:
        _refuse(refused.message, as_json)
        sys.exit(2)
    except OSError as error:
        _refuse(f"La restauration n’a pas pu se faire\u00a0: {error.strerror or error}.", as_json)
        sys.exit(2)
    if as_json:
        said = {"restored": not dry_run, "broken_chains": list(done.chains), "mails_stopped": done.mails}
        said |= {"same_secret_key": done.same_key, "erased_again": done.erased, **done.contents.summary()}
        said |= {"erasures_known": None if records is None else len(records)}
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _tell(done, dry_run=dry_run)
        _tell_erasures(done, records, dry_run=dry_run)
    sys.exit(1 if done.chains else 0)


def _tried(path: Path, key: Key | None) -> Restored:
    """What would be restored, nothing written."""
    found = restoring.examined(path, key)
    restoring.refuse_unless_empty()
    return Restored(found, same_key=found.header.key_mark == key_mark(current_settings()))


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
    click.echo(
        "Les mots de passe et les liens personnels valent comme avant\u00a0; chacun doit se reconnecter, et "
        "refaire ses jetons d’accès."
    )
    if done.mails:
        count = plural(done.mails, "mail attendait", "mails attendaient")
        click.echo(f"{count} de partir\u00a0: peut-être partis, ils ne repartiront pas.")
    if not done.chains:
        click.echo("Le journal est entier.")
    for chain in done.chains:
        click.echo(f"Journal rompu\u00a0: {chain}", err=True)


def _tell_erasures(done: Restored, records: Sequence[Record] | None, *, dry_run: bool) -> None:
    if records is None:
        click.echo(
            "Aucun registre des effacements auprès de la sauvegarde\u00a0: si des personnes ont été effacées depuis le "
            f"{done.contents.header.made_at:%d/%m/%Y}, donnez-le par --erasures, ou effacez-les de nouveau "
            "(«\u00a0recueil erase\u00a0»).",
            err=True,
        )
        return
    if done.erased:
        people = plural(done.erased, "personne effacée depuis l’a été", "personnes effacées depuis l’ont été")
        click.echo(f"{people} de nouveau.")
    elif not dry_run:
        click.echo("Personne n’était à effacer de nouveau.")
    lost = without_account(records)
    if lost and not done.same_key:
        click.echo(
            f"{plural(lost, 'personne effacée', 'personnes effacées')} sans compte ne se "
            f"{'reconnaît' if lost == 1 else 'reconnaissent'} qu’avec la RECUEIL_SECRET_KEY d’avant\u00a0: effacez-"
            f"{'la' if lost == 1 else 'les'} de nouveau («\u00a0recueil erase\u00a0»).",
            err=True,
        )
