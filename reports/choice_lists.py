"""The choices of the workbook's columns, those of earlier years too."""

from __future__ import annotations

from dataclasses import dataclass

from forms.definition import Question
from forms.kinds import CellType, Column
from reports.columns import AskedColumns
from reports.dictionary import codes
from reports.tables import Tables

LIST_HEADINGS = ("Onglet", "Colonne", "Intitulé de la colonne", "Code", "Choix", "Usage", "Formulaires")
OFFERED, WITHDRAWN = "proposé", "n’est plus proposé"


@dataclass(frozen=True)
class Listed:
    """A choice of a column. column: its id. code: empty where the column holds words only. versions: of the form."""

    tab: str
    column: str
    heading: str
    code: str
    label: str
    use: str
    versions: str


def lists_of(tables: Tables) -> list[Listed]:
    """The choices of every column that holds one or several of a list.

    Those of a column stand one below the other, in the newest form's order; a label that was worded otherwise in an
    earlier form stands as often as it was worded.
    """
    return [
        listed
        for asked in tables.asked
        for column in asked.columns
        if column.type is not CellType.FLAG
        for listed in _listed(tables, asked, column)
    ]


def _listed(tables: Tables, asked: AskedColumns, column: Column) -> list[Listed]:
    keys: dict[tuple[str, str], list[str]] = {}
    offered: set[str] | None = None
    for version in reversed(tables.versions):
        if asked.question.id not in version:
            offered = offered or set()
            continue
        question = version.question(asked.question.id)
        offered = _offered(question, column) if offered is None else offered
        known = codes(question, column)
        labels = known.items() if known else [("", label) for label in column.options]
        for code, label in labels:
            keys.setdefault((code, label), []).insert(0, version.key)
    return [
        Listed(
            tables.title_for(asked),
            column.id,
            column.label,
            code,
            label,
            OFFERED if offered and label in offered else WITHDRAWN,
            ", ".join(years),
        )
        for (code, label), years in keys.items()
    ]


def _offered(question: Question, column: Column) -> set[str]:
    """The labels that this form offers for that column: by its columns of 0 and 1 where it has such."""
    own = {one.id: one for one in question.kind.columns(question)}
    flags = {one.id for one in own.values() if one.type is CellType.FLAG and one.offered}
    ticked = {label for code, label in codes(question, column).items() if f"{question.id}.{code}" in flags}
    return ticked or set(own[column.id].options if column.id in own else ())
