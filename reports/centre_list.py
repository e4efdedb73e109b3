"""A list of centres in a workbook: the one that is handed out to be filled in, and what one that comes back says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from forms.french import fold
from forms.kinds.base import cell_text
from forms.values import Refused, clean_text
from reports.takeaway.book import Place, Problem
from reports.takeaway.file import Tab, tabs_of
from reports.workbook import write_list

MOST_ROWS = 2_000
"""Lines that are read; no federation has as many centres."""
_LAST_HEAD_ROW = 20
"""Above the headings may stand a title and some words."""

TITLE = "Centres"


@dataclass(frozen=True)
class ListColumn:
    """A column: its name in the code, its heading, its width in characters, other headings under which it is known."""

    id: str
    label: str
    width: int
    also: tuple[str, ...] = ()


COLUMNS = (
    ListColumn("name", "Nom du centre", 44, ("nom", "centre", "centre social", "structure")),
    ListColumn("commune", "Commune", 24, ("ville",)),
    ListColumn("department", "Département", 20, ("dept", "dpt")),
    ListColumn("siret", "SIRET", 20, ("n siret", "numero siret", "numero de siret")),
    ListColumn("contact_name", "Personne à contacter", 30, ("contact", "nom du contact", "responsable")),
    ListColumn("email", "Adresse mail", 34, ("mail", "email", "e mail", "courriel", "adresse e mail", "adresse email")),
    ListColumn("phone", "Téléphone", 18, ("tel", "numero de telephone")),
)
_BY_HEADING = {fold(text): column for column in COLUMNS for text in (column.label, *column.also)}


@dataclass(frozen=True)
class ListedCentre:
    """A line: number from 0 through all tabs, its texts by column id, and where each stands."""

    number: int
    texts: Mapping[str, str]
    tab: str
    row: int
    columns: Mapping[str, int]
    problems: tuple[Problem, ...] = ()

    def place(self, column: str) -> Place:
        """Where that column of the line is; the line alone where the workbook lacks the column."""
        head = next(one.label for one in COLUMNS if one.id == column)
        at = self.columns.get(column)
        return Place(self.tab, self.row, at, head if at else "")


def write(out: BinaryIO, rows: Iterable[Mapping[str, str]], *, owner: str, made_at: datetime) -> None:
    """The workbook to fill in. rows: texts by column id of the centres that are known already."""
    write_list(
        out,
        title=TITLE,
        owner=owner,
        heads=[(column.label, column.width) for column in COLUMNS],
        rows=([row.get(column.id, "") for column in COLUMNS] for row in rows),
        made_at=made_at,
    )


def read(kept: str) -> list[ListedCentre]:
    """The lines of a workbook. kept: from open_workbook(). Raises Refused where no tab has the headings."""
    found: list[ListedCentre] = []
    headed = False
    for tab in tabs_of(kept):
        heads = _heads(tab)
        if heads is None:
            continue
        headed = True
        at, columns = heads
        for row in range(at + 1, tab.last_row + 1):
            line = _line(tab, row, columns, len(found))
            if line is not None:
                found.append(line)
            if len(found) > MOST_ROWS:
                raise Refused(f"Ce classeur a plus de {MOST_ROWS} lignes\u00a0: gardez-y seulement les centres.")
    if not headed:
        raise Refused(
            "Ce classeur n’a pas de colonne «\u00a0Nom du centre\u00a0»\u00a0: "
            "reprenez le modèle et gardez sa ligne de titres."
        )
    if not found:
        raise Refused("Ce classeur ne contient aucun centre\u00a0: écrivez-en un par ligne, sous les titres.")
    return found


def _heads(tab: Tab) -> tuple[int, dict[str, int]] | None:
    """The row of the headings and the column of each; None for a tab that has none."""
    for row in range(1, min(tab.last_row, _LAST_HEAD_ROW) + 1):
        columns: dict[str, int] = {}
        for at in range(1, min(tab.last_column, 100) + 1):
            column = _BY_HEADING.get(fold(cell_text(tab.cell(row, at))))
            if column is not None:
                columns.setdefault(column.id, at)
        if "name" in columns and len(columns) > 1:
            return row, columns
    return None


def _line(tab: Tab, row: int, columns: Mapping[str, int], number: int) -> ListedCentre | None:
    """A line that says something in one of our columns, each text through the one gate."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for id, at in columns.items():
        try:
            texts[id] = " ".join(clean_text(cell_text(tab.cell(row, at))).split())
        except Refused as refused:
            problems.append(Problem(refused.message, Place(tab.name, row, at)))
    if not any(texts.values()) and not problems:
        return None
    return ListedCentre(number, texts, tab.name, row, columns, tuple(problems))
