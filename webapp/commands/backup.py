"""`recueil backup`: the database and its files in one file."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from forms.french import plural
from forms.values import Refused
from webapp import storage
from webapp.clock import now
from webapp.config import current_settings
from webapp.recovery import lying, taking
from webapp.recovery.contents import Contents
from webapp.recovery.keys import Key, drawn, new_key, read_key


@click.command("backup")
@click.option(
    "--to",
    metavar="LIEU",
    help="Le fichier à écrire, ou le dossier ou le s3://… où l’écrire (d’office « backups » du dossier de travail).",
)
@click.option("--key", metavar="CLÉ", help="La clé age qui chiffre, ou son fichier (d’office RECUEIL_BACKUP_KEY).")
@click.option(
    "--new-key",
    metavar="FICHIER",
    type=click.Path(path_type=Path),
    help="Tirer une clé dans ce fichier (« - » : à l’écran), et ne rien faire d’autre.",
)
@click.option("--json", "as_json", is_flag=True, help="Un compte rendu JSON.")
def command(to: str | None, key: str | None, new_key: Path | None, as_json: bool) -> None:
    """Sauvegarder la base et les fichiers, pendant que le site sert. Code de sortie : 1 si des fichiers manquaient."""
    if new_key:
        _draw(new_key)
        return
    try:
        used = key_given(key)
        where, size, made = _taken(to, used)
    except Refused as refused:
        raise click.ClickException(refused.message) from refused
    except OSError as error:
        raise click.ClickException(f"la sauvegarde n’a pas pu se faire\u00a0: {error.strerror or error}.") from error
    if as_json:
        said: dict[str, Any] = {"file": where, "size": size, "encrypted": used is not None}
        click.echo(json.dumps(said | made.summary(), ensure_ascii=False, indent=1))
    else:
        click.echo(f"Sauvegarde faite\u00a0: {where}{'' if used else ' (non chiffrée)'}")
        tell(made)
    sys.exit(1 if made.faults else 0)


def _taken(to: str | None, key: Key | None) -> tuple[str, int, Contents]:
    """Take a backup; where it lies, its size, what it holds."""
    name = taking.name_of(now(), key)
    if to and lying.is_stored(to):
        with lying.room() as folder:
            made = taking.take(folder / name, key=key, at=now())
            size = (folder / name).stat().st_size
            storage.Place(to).put(name, folder / name)
        return f"{to.rstrip('/')}/{name}", size, made
    target = Path(to) if to else current_settings().folder.resolve() / "backups"
    if target.is_dir() or to is None:
        target /= name
    made = taking.take(target, key=key, at=now())
    return str(target), target.stat().st_size, made


def key_given(key: str | None) -> Key | None:
    """The key of the command or of the settings. Raises Refused."""
    given = key or current_settings().backup_key.get_secret_value()
    return read_key(given) if given else None


def tell(found: Contents) -> None:
    """What a backup holds, in words."""
    counts = found.counts
    click.echo(
        f"Du {found.header.made_at:%d/%m/%Y à %H:%M} UTC\u00a0: {plural(counts['sheets'], 'fiche', 'fiches')}, "
        f"{plural(counts['people'], 'compte', 'comptes')}, {plural(counts['rows'], 'ligne', 'lignes')} en tout, "
        f"{plural(counts['files'], 'fichier', 'fichiers')}."
    )
    for fault in found.faults:
        click.echo(f"- {fault}", err=True)


def _draw(path: Path) -> None:
    if str(path) == "-":
        # In a container, a file is gone with it.
        text, public = drawn(at=now())
        click.echo(text, nl=False)
        where = "Clé tirée, et gardée nulle part."
    else:
        try:
            public = new_key(path, at=now())
        except Refused as refused:
            raise click.ClickException(refused.message) from refused
        where = f"Clé écrite dans {path}."
    click.echo(
        f"{where} Gardez-en une copie ailleurs\u00a0: sans elle, aucune sauvegarde ne se relit.\n"
        f"Sa moitié publique, qui chiffre sans pouvoir relire\u00a0: {public}",
        err=str(path) == "-",
    )
