"""Figures of groups side by side (départements, dimensions), none of which gives a few centres' figure away.

What is guarded is the comparison: whoever reads these tables may have been given no sheet. Whoever was given the
sheets, in the same book or as a workbook, reads each one's figures there, and the tables say so.

A group's figure is shown where at least peers.LEAST centres gave it. Below that « moins de 5 centres » stands, and:
- The total over all groups is printed elsewhere: what is not shown can be had as the total less what is shown. So what
  is left out must together rest on at least LEAST centres too; further groups, those of the fewest centres first, are
  left out until it does (« non montré »).
- Two groups of different comparisons that are almost the same sheets give the odd ones away: the later one is left
  out where the sheets in one and not in the other belong to fewer than LEAST centres. So do several groups together:
  further ones are left out until no sum of some less a sum of others rests on so few.
A group nobody of which answered has no figure, and hides none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from forms import french
from reports.content import ReportSheet
from reports.disclosure import Blocks, fewest_left
from reports.figures import Breakdown, Counted, Figure
from reports.peers import LEAST

FEW = f"moins de {LEAST} centres"
HIDDEN = "non montré"


@dataclass(frozen=True)
class Cell:
    """A figure of a group. centres: how many gave it. masked: empty where it is shown, else FEW or HIDDEN."""

    figure: Figure
    centres: frozenset[str]
    masked: str = ""

    @property
    def shown(self) -> bool:
        """Whether there is a figure, and it may be read."""
        return not self.masked and self.figure.value is not None

    @property
    def base(self) -> str:
        """« 7 sur 7 fiches »: how many sheets gave it, of those that were asked."""
        base = self.figure.base
        return f"{french.number(base.answered)} sur {french.plural(base.asked, 'fiche', 'fiches')}"

    @property
    def text(self) -> str:
        """« 1 250 € », « moins de 5 centres », « non montré », « non renseigné », « non posée »."""
        if self.masked:
            return self.masked
        return self.figure.text if self.figure.base.asked else "non posée"


@dataclass(frozen=True)
class Row:
    """A group: its name, how many sheets and centres it has, and its figures, in the order of the heads."""

    label: str
    sheets: int
    centres: int
    cells: tuple[Cell, ...]

    @property
    def base(self) -> str:
        """What its figures rest on, where all of them are shown and rest on the same; empty elsewhere."""
        said = {cell.base if cell.shown else "" for cell in self.cells}
        return said.pop() if len(said) == 1 else ""


@dataclass(frozen=True)
class Comparison:
    """Groups side by side. heads: the figures over all of them."""

    id: str
    label: str
    heads: tuple[Figure, ...]
    rows: tuple[Row, ...]

    @property
    def tells(self) -> bool:
        """Whether there is anything to compare that may be shown."""
        return len(self.rows) > 1 and any(cell.shown for row in self.rows for cell in row.cells)


def compared(
    sheets: Sequence[ReportSheet], groupings: Iterable[Breakdown], counted: Counted | None = None
) -> tuple[Comparison, ...]:
    """The sheets' totals by each of these groupings, no sheet of which may stand in two of its groups (ValueError).

    counted: the sheets, where they were counted before.
    """
    counted = counted or Counted.of(sheets)
    heads = tuple(figure for figure in counted.figures(sheets) if figure.value is not None)
    found: list[Comparison] = []
    for grouping in groupings:
        if grouping.many:
            raise ValueError(f"{grouping.id}: a sheet may stand in several groups")
        rows = tuple(_rows(sheets, grouping, heads, counted))
        columns = [_masked([row.cells[at] for row in rows], _earlier(found, at), sheets) for at in range(len(heads))]
        rows = tuple(replace(row, cells=tuple(column[at] for column in columns)) for at, row in enumerate(rows))
        found.append(Comparison(grouping.id, grouping.label, heads, rows))
    return tuple(comparison for comparison in found if comparison.tells)


def _rows(
    sheets: Sequence[ReportSheet], grouping: Breakdown, heads: Sequence[Figure], counted: Counted
) -> Iterable[Row]:
    """A row a group, and one for the sheets that stand in none."""
    by_id = {sheet.id: sheet for sheet in sheets}
    grouped = {id for share in grouping.shares for id in share.sheets}
    groups = [(share.label, [by_id[id] for id in share.sheets]) for share in grouping.shares]
    if others := [sheet for sheet in sheets if sheet.id not in grouped]:
        groups.append(("Sans réponse", others))
    for label, own in groups:
        figures = {figure.id: figure for figure in counted.figures(own)}
        cells = tuple(_cell(figures[head.id], by_id) for head in heads)
        yield Row(label, len(own), len({centre_of(sheet) for sheet in own}), cells)


def _cell(figure: Figure, by_id: dict[str, ReportSheet]) -> Cell:
    return Cell(figure, frozenset(centre_of(by_id[id]) for id in figure.sheets))


def centre_of(sheet: ReportSheet) -> str:
    """What tells two centres of a report apart."""
    return "\n".join((french.fold(sheet.centre), french.fold(sheet.commune), sheet.department_code))


def _earlier(found: Iterable[Comparison], at: int) -> list[Blocks]:
    """The sheets behind that figure in each comparison before: of every group shown, and of what was left out."""
    return [_blocks([row.cells[at] for row in comparison.rows]) for comparison in found]


def _blocks(cells: Sequence[Cell]) -> Blocks:
    """The sheets whose sums are known: of each group shown, and, as the total is, of all others together."""
    left_out = frozenset(id for cell in cells if cell.masked for id in cell.figure.sheets)
    shown = [frozenset(cell.figure.sheets) for cell in cells if cell.shown]
    return [block for block in (*shown, left_out) if block]


def _masked(cells: list[Cell], earlier: Sequence[Blocks], sheets: Sequence[ReportSheet]) -> list[Cell]:
    """A figure of all groups, with what may not be read left out."""
    centres = {sheet.id: centre_of(sheet) for sheet in sheets}
    cells = [replace(cell, masked=FEW) if 0 < len(cell.centres) < LEAST else cell for cell in cells]
    seen = [block for blocks in earlier for block in blocks]
    for at, cell in enumerate(cells):
        if cell.shown and _tells_apart(frozenset(cell.figure.sheets), seen, centres):
            cells[at] = replace(cell, masked=HIDDEN)
    while not _safe(_blocks(cells), earlier, centres):
        shown = [at for at, cell in enumerate(cells) if cell.shown]
        if not shown:
            break
        least = min(shown, key=lambda at: (len(cells[at].centres), at))
        cells[least] = replace(cells[least], masked=HIDDEN)
    return cells


def _tells_apart(own: frozenset[str], seen: Sequence[frozenset[str]], centres: dict[str, str]) -> bool:
    """Whether these sheets are almost those of a group seen before."""
    return any(0 < len({centres[id] for id in own ^ other}) < LEAST for other in seen)


def _safe(blocks: Blocks, earlier: Sequence[Blocks], centres: dict[str, str]) -> bool:
    """Whether no sum rests on few centres, nor any difference of sums."""
    if any(len({centres[id] for id in block}) < LEAST for block in blocks):
        return False
    left = (fewest_left(blocks, before, centres) for before in earlier)
    return all(fewest is None or fewest >= LEAST for fewest in left)
