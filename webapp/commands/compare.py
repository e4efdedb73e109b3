"""`recueil compare`: what changed from one version of a report to another, in words."""

import json
import sys
from pathlib import Path

import click

from forms.values import Refused
from webapp import report_checks
from webapp.commands.verify import UNREADABLE, comparison_json, read, tell_comparison, tell_unreadable
from webapp.database import reading
from webapp.policy import OPERATOR


@click.command("compare")
@click.argument("before", metavar="AVANT", type=click.Path(path_type=Path))
@click.argument("after", metavar="APRÈS", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Un compte rendu JSON.")
def command(before: Path, after: Path, as_json: bool) -> None:
    """Dire ce qui change d’une version d’un rapport à l’autre : fiches ajoutées, retirées, renvoyées, totaux.

    Code de sortie : 0 si les deux contiennent les mêmes fiches, 1 sinon, 2 si l’un des deux ne se lit pas.
    """
    try:
        claims = read(before), read(after)
        with reading():
            comparison = report_checks.compared(*claims, OPERATOR)
    except Refused as refused:
        tell_unreadable(refused.message, as_json)
        sys.exit(UNREADABLE)
    if as_json:
        click.echo(json.dumps(comparison_json(comparison), ensure_ascii=False, indent=1))
    else:
        tell_comparison(comparison)
    sys.exit(0 if comparison.same else 1)
