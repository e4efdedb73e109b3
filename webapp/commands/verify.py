"""`recueil verify`: what a file holds, and whether it was altered."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from forms.values import Refused
from reports.comparing_versions import Comparison
from reports.verifying import LARGEST, TOO_LARGE, Claim
from webapp import report_checks
from webapp.commands.backup import key_given
from webapp.commands.backup import tell as tell_contents
from webapp.database import reading
from webapp.policy import OPERATOR
from webapp.recovery.keys import MAGIC
from webapp.recovery.lying import at_hand
from webapp.recovery.restoring import examined
from webapp.report_checks import Check

UNPROVEN, UNREADABLE = 1, 2
GZIP = b"\x1f\x8b"


@click.command("verify")
@click.argument("file", metavar="FICHIER")
@click.option(
    "--against",
    metavar="FICHIER",
    type=click.Path(path_type=Path),
    help="Un autre fichier : ce qui change de lui à celui-ci.",
)
@click.option("--key", metavar="CLÉ", help="Pour une sauvegarde chiffrée : sa clé age, ou son fichier.")
@click.option("--json", "as_json", is_flag=True, help="Un compte rendu JSON.")
def command(file: str, against: Path | None, key: str | None, as_json: bool) -> None:
    """Dire quelles fiches contient un rapport (PDF, archive, classeur ou JSON), et s’il a été modifié.

    Une sauvegarde, d’ici ou d’un stockage (s3://…), est lue tout entière, sans rien restaurer : chaque ligne, chaque
    empreinte.

    Code de sortie : 0 si le fichier est prouvé (identique à un rapport gardé ici, signé par ce Recueil, ou JSON dont
    toutes les réponses sont celles qui ont été envoyées), 1 s’il est modifié ou non prouvé, 2 s’il ne se lit pas.
    """
    try:
        with at_hand(file) as here:
            if is_backup(here):
                sys.exit(verify_backup(here, key, as_json=as_json))
            claim = read(here)
        other = read(against) if against else None
        with reading():
            found = report_checks.check(claim, OPERATOR)
            comparison = report_checks.compared(other, claim, OPERATOR) if other else None
    except Refused as refused:
        tell_unreadable(refused.message, as_json)
        sys.exit(UNREADABLE)
    if as_json:
        said = found.to_json() | ({"comparison": comparison_json(comparison)} if comparison else {})
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _tell(found)
        if comparison:
            click.echo()
            tell_comparison(comparison)
    sys.exit(0 if found.verdict.proven else UNPROVEN)


def is_backup(file: Path) -> bool:
    """By its first bytes; no report begins so."""
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(MAGIC))
    except OSError:
        return False
    return begins == MAGIC or begins.startswith(GZIP)


def verify_backup(file: Path, key: str | None, *, as_json: bool) -> int:
    """Read a whole backup and say what it holds; how the command ends."""
    try:
        found = examined(file, key_given(key))
    except Refused as refused:
        tell_unreadable(refused.message, as_json)
        return UNREADABLE
    if as_json:
        click.echo(json.dumps({"verdict": "whole", **found.summary()}, ensure_ascii=False, indent=1))
    else:
        click.echo("Sauvegarde entière : chaque élément a son empreinte.")
        tell_contents(found)
    return UNPROVEN if found.faults else 0


def read(file: Path) -> Claim:
    """What a file says. Raises Refused (French), for a file that can't be opened too."""
    try:
        if file.stat().st_size > LARGEST:
            raise Refused(TOO_LARGE)
        content = file.read_bytes()
    except FileNotFoundError:
        raise Refused(f"Le fichier {file} n’existe pas.") from None
    except OSError as error:
        raise Refused(f"Le fichier {file} ne s’ouvre pas : {error.strerror}.") from error
    return report_checks.read(content)


def tell_unreadable(message: str, as_json: bool) -> None:
    """Say why, where it is listened for."""
    if as_json:
        click.echo(json.dumps({"verdict": "unreadable", "message": message}, ensure_ascii=False))
    else:
        click.echo(message, err=True)


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """What changed, as programs read it."""
    return {
        "same": comparison.same,
        "summary": comparison.summary,
        "sentences": list(comparison.sentences),
        "added": [entry.reference for entry in comparison.added],
        "withdrawn": [entry.reference for entry in comparison.withdrawn],
        "sent_again": [
            {"reference": one.after.reference, "questions": [change.id for change in one.changes]}
            for one in comparison.sent_again
        ],
        "totals": [{"label": one.label, "before": one.before, "after": one.after} for one in comparison.moved],
    }


def tell_comparison(comparison: Comparison) -> None:
    """What changed, a sentence a line."""
    click.echo(comparison.summary)
    for sentence in comparison.sentences:
        click.echo(f"- {sentence}")


def _tell(found: Check) -> None:
    said = found.claim.manifest
    click.echo(found.sentence)
    for fault in found.faults:
        click.echo(f"- {fault}")
    if said.title:
        click.echo(f"{said.title}, {said.federation}")
    click.echo(f"Empreinte du contenu : {report_checks.fingerprint(found)}")
    click.echo(f"{found.counted} :")
    for line in found.lines:
        entry = line.entry
        parts = [entry.reference, str(entry.year), entry.centre, line.sent_on and f"envoyée le {line.sent_on}"]
        click.echo("  " + " · ".join(filter(None, (*parts, line.words))))
