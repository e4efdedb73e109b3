"""`recueil reconcile`: the rows and the files, held against each other."""

import json
import sys

import click

from forms.french import plural
from webapp.clock import now
from webapp.config import current_settings
from webapp.database import db, reading
from webapp.queries import files
from webapp.queries.files import Due, Reconciled
from webapp.services import discards


@click.command("reconcile")
@click.option("--fix", is_flag=True, help="Marquer les fichiers sans ligne : ils seront effacés après le délai.")
@click.option("--purge", is_flag=True, help="Effacer ce qui a fait son délai, même si le frein le retient.")
@click.option("--json", "as_json", is_flag=True, help="Un compte rendu JSON.")
def command(fix: bool, purge: bool, as_json: bool) -> None:
    """Dire quelles lignes n’ont pas leur fichier, et quels fichiers n’ont pas de ligne depuis plus d’un jour.

    Code de sortie : 1 s’il manque des fichiers.
    """
    at = now()
    with reading():
        found = files.reconciled(at=at)
        due = files.due(at=at, days=current_settings().keep_files)
        db.session.rollback()
    marked = discards.mark_orphans(at=at) if fix else 0
    deleted = discards.purge(at=at, despite_brake=True) if purge else 0
    if as_json:
        click.echo(json.dumps(_said(found, due) | {"marked": marked, "deleted": deleted}, ensure_ascii=False, indent=1))
    else:
        _tell(found, due, fix=fix)
        if purge:
            click.echo(f"{plural(deleted, 'fichier effacé', 'fichiers effacés')}.")
    sys.exit(1 if found.missing else 0)


def _said(found: Reconciled, due: Due) -> dict[str, object]:
    return {
        "files": found.files,
        "missing": [{"key": one.key, "table": one.table} for one in found.missing],
        "orphans": list(found.orphans),
        "due": len(due.keys),
        "held_back": due.held_back,
    }


def _tell(found: Reconciled, due: Due, *, fix: bool) -> None:
    missing, orphans = len(found.missing), len(found.orphans)
    click.echo(f"{plural(found.files, 'fichier', 'fichiers')} dans le stockage.")
    click.echo(f"{plural(missing, 'ligne', 'lignes')} sans fichier.")
    for one in found.missing:
        click.echo(f"- {one.key} ({one.table})")
    click.echo(f"{plural(orphans, 'fichier', 'fichiers')} sans ligne{', à effacer après le délai' if fix else ''}.")
    for key in found.orphans:
        click.echo(f"- {key}")
    if due.held_back:
        click.echo(
            f"Frein\u00a0: {plural(len(due.keys), 'fichier', 'fichiers')} à effacer d’un coup, c’est beaucoup. "
            "Si c’est voulu\u00a0: «\u00a0recueil reconcile --purge\u00a0»."
        )
