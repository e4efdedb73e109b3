"""What has changed between two makings of a report: whole sheets, counted by what was sent of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from forms import french
from webapp.models import ReportRun
from webapp.queries.report_selection import Selection, hashes


@dataclass(frozen=True)
class Changes:
    """How many sheets were sent again, came in, went out."""

    changed: int = 0
    added: int = 0
    gone: int = 0

    @property
    def text(self) -> str:
        """« 3 fiches changées, 1 fiche ajoutée », or « aucune fiche changée »."""
        said = [
            french.plural(count, f"fiche {word}", f"fiches {word}s")
            for count, word in ((self.changed, "changée"), (self.added, "ajoutée"), (self.gone, "retirée"))
            if count
        ]
        return ", ".join(said) or "aucune fiche changée"


def between(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """From one list of snapshots to another: reference → SHA-256."""
    both = before.keys() & after.keys()
    return Changes(
        changed=sum(before[reference] != after[reference] for reference in both),
        added=len(after.keys() - before.keys()),
        gone=len(before.keys() - after.keys()),
    )


def since(run: ReportRun) -> Changes:
    """What has changed in the sheets of a report since it was made."""
    return between(run.snapshots, hashes(Selection.from_json(run.parameters)))
