"""What stands behind the figures of a report: the short reference of each, and the sheets that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts import row_anchor
from reports.content import ReportSheet
from reports.figures import Breakdown, Counted, Figure

MOST_COLUMNS = 6
"""Figures side by side on a page; more of them make several tables."""
MOST_LINKED = 300
"""Sheets above which the lists of references carry no links: there would be tens of thousands."""


@dataclass(frozen=True)
class Source:
    """A sheet's own share in each figure of a table. texts: what it adds, or why it adds nothing (see WORDS)."""

    sheet: ReportSheet
    texts: tuple[str, ...]


@dataclass(frozen=True)
class SourceTable:
    """Up to MOST_COLUMNS figures, and what each sheet adds to them; the values of a column add up to its figure.

    begins, ends: whether it has its first and its last row, or is a slice of the whole (reports.slices).
    """

    heads: tuple[tuple[str, Figure], ...]
    rows: tuple[Source, ...]
    begins: bool = True
    ends: bool = True


@dataclass(frozen=True)
class SourceList:
    """The sheets behind a row of a chart, in their order.

    count: of all of them. begins: whether these are the first, where it was cut (reports.slices).
    """

    anchor: str
    label: str
    sheets: tuple[ReportSheet, ...]
    count: int
    begins: bool = True


@dataclass(frozen=True)
class SourceLists:
    """The rows of a chart with the sheets behind them. begins: whether its first row is there, or a slice before."""

    ref: str
    breakdown: Breakdown
    lists: tuple[SourceList, ...]
    begins: bool = True


WORDS = (("–", "sans réponse"), ("?", "ne sait pas"), ("·", "question non posée"), ("≈", "estimé"))
"""How the table says that a sheet adds nothing, or an estimate."""
_ABSENT, _UNKNOWN, _NOT_ASKED, _ESTIMATED = (sign for sign, _words in WORDS)


def references(figures: Sequence[Figure], breakdowns: Sequence[Breakdown]) -> dict[str, str]:
    """The printed reference of each figure and chart by its id: C1, C2 … for totals, G1, G2 … for charts."""
    totals = {figure.id: f"C{at}" for at, figure in enumerate(figures, 1)}
    return totals | {breakdown.id: f"G{at}" for at, breakdown in enumerate(breakdowns, 1)}


def tables(
    counted: Counted, figures: Sequence[Figure], refs: dict[str, str], *, values: bool = True
) -> tuple[SourceTable, ...]:
    """What each sheet adds to each figure that has a value.

    values: False to say only which sheets a figure rests on, where the sheets themselves are not handed out.
    """
    answered = [figure for figure in figures if figure.value is not None]
    own = [(sheet, {figure.id: figure for figure in counted.figures((sheet,))}) for sheet in counted.sheets]
    cut = [answered[at : at + MOST_COLUMNS] for at in range(0, len(answered), MOST_COLUMNS)]
    return tuple(
        SourceTable(
            tuple((refs[figure.id], figure) for figure in part),
            tuple(
                Source(sheet, tuple(_own_text(given[figure.id], values=values) for figure in part))
                for sheet, given in own
            ),
        )
        for part in cut
    )


def _own_text(figure: Figure, *, values: bool) -> str:
    """Without its unit, which stands in the head."""
    if figure.value is None:
        if not figure.base.asked:
            return _NOT_ASKED
        return _UNKNOWN if figure.base.unknown else _ABSENT
    text = figure.plain if values else "×"
    return f"{_ESTIMATED}\u00a0{text}" if figure.estimated else text


def lists(
    sheets: Sequence[ReportSheet], breakdowns: Sequence[Breakdown], refs: dict[str, str]
) -> tuple[SourceLists, ...]:
    """The sheets behind each row of each chart."""
    by_id = {sheet.id: sheet for sheet in sheets}
    return tuple(
        SourceLists(
            refs[breakdown.id],
            breakdown,
            tuple(
                SourceList(
                    row_anchor(refs[breakdown.id], share.code),
                    share.label,
                    tuple(by_id[id] for id in share.sheets),
                    len(share.sheets),
                )
                for share in breakdown.shares
            ),
        )
        for breakdown in breakdowns
    )
