"""`recueil import`: take over the sheets of a file of the public catalogue, or of a workbook that was taken away."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from forms.catalogue_text import Finding, Level, decode
from forms.french import fold, plural
from forms.values import Refused
from reports.takeaway.file import looks_like_workbook, open_workbook
from webapp.clock import now
from webapp.database import reading
from webapp.models import Federation
from webapp.policy import OPERATOR
from webapp.queries import imports as queries
from webapp.services import imports
from webapp.services.import_plan import make_plan
from webapp.services.import_shapes import Plan
from webapp.services.takeaway_plan import make_workbook_plan

DEFAULT_FEDERATION = "Fédération des centres sociaux"
REFUSED, UNREADABLE = 1, 2
NOTHING_WRITTEN = "Rien n’est écrit : corrigez le classeur, ou ajoutez --partial."

WORDS = {Level.INFO: "Note", Level.WARNING: "À vérifier", Level.PROPOSAL: "À confirmer", Level.ERROR: "Refusé"}


@click.command("import")
@click.argument("file", metavar="FICHIER", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Dire ce qui serait fait, ne rien écrire.")
@click.option("--json", "as_json", is_flag=True, help="Un compte rendu JSON.")
@click.option("--partial", is_flag=True, help="D’un classeur qui a des erreurs, importer ce qui n’en a pas.")
@click.option(
    "--federation", metavar="NOM", help=f"La fédération, créée au besoin (« {DEFAULT_FEDERATION} » d’office)."
)
def command(file: Path, dry_run: bool, as_json: bool, partial: bool, federation: str | None) -> None:
    """Importer les fiches d’un fichier texte du catalogue public, ou d’un classeur emporté de Recueil.

    Du catalogue, crée ce qui manque : la fédération s’il n’y en a pas, les centres, une campagne par année. Les fiches
    d’un classeur deviennent des brouillons ; une seule erreur, et rien n’est écrit sans --partial.
    """
    name, known = _federation(federation)
    try:
        content = file.read_bytes()
        if looks_like_workbook(content):
            plan = _of_workbook(content, known, file.name, dry_run=dry_run, partial=partial)
        else:
            plan = _of_text(content, known, name, file.name, dry_run=dry_run)
    except Refused as refused:
        _tell_unreadable(refused.message, as_json)
        sys.exit(UNREADABLE)
    except OSError as error:
        _tell_unreadable(f"Le fichier ne se lit pas : {error.strerror}.", as_json)
        sys.exit(UNREADABLE)
    if as_json:
        _print(plan.to_json())
    else:
        _tell(plan, name, dry_run)
    refused_any = any(finding.level is Level.ERROR for finding in plan.all_findings)
    sys.exit(REFUSED if refused_any else 0)


def _of_text(content: bytes, known: Federation | None, name: str, source: str, *, dry_run: bool) -> Plan:
    text = decode(content)
    if dry_run:
        with reading():
            return make_plan(text, federation_id=known.id if known else None)
    return imports.import_text(text, federation=known, federation_name=name, source=source, actor=OPERATOR, at=now())


def _of_workbook(content: bytes, known: Federation | None, source: str, *, dry_run: bool, partial: bool) -> Plan:
    if known is None:
        raise Refused("Aucune fédération de ce nom : un classeur s’importe dans une campagne déjà ouverte.")
    cells = open_workbook(content)
    if dry_run:
        with reading():
            return make_workbook_plan(cells, federation_id=known.id, at=now())
    return imports.import_workbook(cells, federation=known, source=source, partial=partial, actor=OPERATOR, at=now())


def _federation(named: str | None) -> tuple[str, Federation | None]:
    """The federation to import for: the one named, else the only one; several are never guessed between."""
    known = queries.all_federations()
    if named is None and len(known) == 1:
        return known[0].name, known[0]
    name = (named or DEFAULT_FEDERATION).strip()
    if not fold(name):
        raise click.UsageError("donnez un nom à la fédération.")
    return name, queries.federation_named(name)


def _tell_unreadable(message: str, as_json: bool) -> None:
    click.echo(message, err=True)
    if as_json:
        finding = Finding(None, None, Level.ERROR, message)
        _print({"read": 0, "created": 0, "unchanged": 0, "updated": 0, "findings": [finding.to_json()]})


def _print(account: dict[str, Any]) -> None:
    click.echo(json.dumps(account, ensure_ascii=False, indent=1))


def _tell(plan: Plan, federation: str, dry_run: bool) -> None:
    account = plan.to_json()
    begin = "Essai, rien n’est écrit. " if dry_run else "" if plan.written else f"{NOTHING_WRITTEN} "
    click.echo(f"{begin}Fédération : {federation}.")
    click.echo(
        f"{plural(account['read'], 'fiche lue', 'fiches lues')} : "
        f"{plural(account['created'], 'créée', 'créées')}, "
        f"{plural(account['updated'], 'mise à jour', 'mises à jour')}, "
        f"{plural(account['unchanged'], 'inchangée', 'inchangées')}."
    )
    for finding in plan.all_findings:
        about = " · ".join(part for part in (finding.sheet, finding.question) if part)
        click.echo(f"{WORDS[finding.level]} – {about or 'Fichier'} – {finding.message}")
