"""`recueil move`: the whole site to another database, and its files to another place."""

import json
import sys
from dataclasses import asdict

import click
from flask import Flask

from forms.values import Refused
from webapp.deployment import moving


@click.command("move")
@click.option("--to", "database_url", required=True, metavar="BASE", help="L’adresse de la base d’arrivée, vide.")
@click.option("--files", metavar="LIEU", help="Copier aussi les fichiers, dans ce dossier ou ce s3://….")
@click.option("--partial", "partial_too", is_flag=True, help="Garder ce qui passe quand des lignes sont refusées.")
@click.option("--json", "as_json", is_flag=True, help="Le dire à un programme.")
@click.pass_obj
def command(app: Flask, database_url: str, files: str | None, partial_too: bool, as_json: bool) -> None:
    """Copier toute la base vers une autre, ligne pour ligne ; fini par 0 quand tout y est, 1 sinon."""
    try:
        moved = moving.move(
            app,
            database_url=database_url,
            files=files,
            partial_too=partial_too,
            say=lambda words: click.echo(words, err=True),
        )
    except (Refused, OSError) as refused:
        raise click.ClickException(str(getattr(refused, "message", refused))) from refused
    click.echo(json.dumps(asdict(moved), ensure_ascii=False, indent=2) if as_json else _in_words(moved))
    sys.exit(0 if moved.kept and not moved.refused and not moved.broken_chains else 1)


def _in_words(moved: moving.Moved) -> str:
    lines = [f"refusée  {row.table} {' '.join(row.key)}\u00a0: {row.reason}" for row in moved.refused]
    lines += [f"différente  {name}\u00a0: ce qui est relu n’est pas ce qui a été lu" for name in moved.different]
    lines += [f"journal  {said}" for said in moved.broken_chains]
    if not moved.kept:
        return "\n".join([*lines, "Rien n’a été gardé dans la base d’arrivée."])
    total = sum(found.rows for found in moved.sums.values())
    lines.append(
        f"{total} lignes de {len(moved.sums)} tables, relues et égales\u00a0; {moved.chains} journaux relus\u00a0; "
        f"{moved.files} fichiers. Changez les réglages, puis lancez «\u00a0recueil check\u00a0»."
    )
    return "\n".join(lines)
