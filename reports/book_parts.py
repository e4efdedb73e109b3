"""What the parts of the book show: their data, each computed once, and which of them are printed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from forms import french
from forms.kinds import CellType
from reports.charts import Chart, Columns, bars, bars_by_year, columns
from reports.colours import Palette, palette
from reports.columns import versions_of
from reports.comparisons import compared
from reports.content import ReportInput, ReportSheet
from reports.figures import Breakdown, Counted, Figure, breakdowns, places
from reports.indexes import by_commune, by_theme
from reports.orders import grouped
from reports.sections import SECTIONS, SHEETS, BookSection
from reports.sources import MOST_LINKED, WORDS, lists, references, tables

_EMPTY_LINES = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True)
class Centre:
    """A line of the list of centres. count: of all its sheets; None where it goes on from the line before."""

    name: str
    commune: str
    department: str
    sheets: tuple[ReportSheet, ...]
    count: int | None


def book_parts(content: ReportInput, logo: str | None) -> dict[str, Any]:
    """What the templates of the book need beside the content and each sheet's own figures.

    content: its sheets in the order in which they are printed. logo: its name for the printer, None without one.
    """
    sheets, colours = content.sheets, palette(content.design.colour)
    counted = Counted.of(sheets)
    figures = counted.figures(sheets)
    drawn = tuple(found for found in (*breakdowns(sheets), *places(sheets)) if found.shares)
    refs = references(figures, drawn)
    years = _years(counted)
    known = {
        "logo": logo,
        "colours": colours,
        "mark": content.coverage.watermark if content.coverage else "",
        "foreword": paragraphs(content.design.foreword),
        "centres": _centres(sheets),
        "groups": grouped(sheets, content.design.order),
        "group_of": _group_of(content),
        "states": Counter(sheet.state_label for sheet in sheets).most_common(),
        "versions": versions_of(sheets),
        "figures": figures,
        "refs": refs,
        "sourced": {found.id for found in drawn} | {figure.id for figure in figures if figure.value is not None},
        "years": years,
        "breakdowns": drawn,
        "charts": tuple(bars(found, refs[found.id], colours) for found in drawn),
        "year_columns": _year_columns(years, refs, colours),
        "year_charts": _year_charts(sheets, refs, colours),
        "comparisons": compared(sheets, [found for found in drawn if found.id in ("department", "dimension")], counted),
        "chapters": {"index-themes": by_theme(sheets, drawn), "index-communes": by_commune(sheets)},
        "source_tables": tables(counted, figures, refs, values=content.design.wants(SHEETS)),
        "source_lists": lists(sheets, drawn, refs),
        "lists_begin": True,
        "source_words": WORDS,
        "linked": len(sheets) <= MOST_LINKED,
    }
    return known | {"sections": printed(content, known)}


def printed(content: ReportInput, known: dict[str, Any]) -> tuple[BookSection, ...]:
    """The parts that were chosen and that have something to say, in their order."""
    empty = {
        "avant-propos": not known["foreword"],
        "graphiques": not known["charts"],
        "annees": not known["years"],
        "comparaisons": not known["comparisons"],
        "index-themes": not known["chapters"]["index-themes"],
        "sources": not known["source_tables"] and not known["source_lists"],
    }
    return tuple(part for part in SECTIONS if part.always or (content.design.wants(part.id) and not empty.get(part.id)))


def paragraphs(text: str) -> tuple[str, ...]:
    """A text typed with empty lines between its paragraphs."""
    return tuple(filter(None, _EMPTY_LINES.split(text.replace("\r\n", "\n").strip())))


def _group_of(content: ReportInput) -> dict[str, str]:
    """The heading of the outline that begins with a sheet, by its id."""
    return {group.sheets[0].id: group.heading for group in grouped(content.sheets, content.design.order)}


def _centres(sheets: Sequence[ReportSheet]) -> list[Centre]:
    """By département, then by name."""

    def key(sheet: ReportSheet) -> tuple[str, str, str, str]:
        return sheet.department_code, french.fold(sheet.centre), sheet.centre, sheet.commune

    groups = (tuple(group) for _key, group in groupby(sorted(sheets, key=key), key))
    return [Centre(group[0].centre, group[0].commune, group[0].department, group, len(group)) for group in groups]


def _years(counted: Counted) -> dict[int, list[Figure]]:
    """The figures of each year, where there are several: of what was answered in one of them at
    least, in the same order for each."""
    sheets = counted.sheets
    years = sorted({sheet.year for sheet in sheets})
    known = {figure.id for figure in counted.figures(sheets) if figure.value is not None}
    if len(years) < 2 or not known:
        return {}
    by_year = {year: counted.figures([sheet for sheet in sheets if sheet.year == year]) for year in years}
    return {year: [figure for figure in figures if figure.id in known] for year, figures in by_year.items()}


def _year_columns(years: dict[int, list[Figure]], refs: dict[str, str], colours: Palette) -> list[Columns]:
    """A small chart for each figure."""
    figures = zip(*years.values(), strict=True)
    return [columns(refs[row[0].id], _name(row[0]), dict(zip(years, row, strict=True)), colours) for row in figures]


def _name(figure: Figure) -> str:
    said = f"{figure.label} ({figure.group})" if figure.group else figure.label
    return f"{said}, en €" if figure.type is CellType.AMOUNT else said


def _year_charts(sheets: Sequence[ReportSheet], refs: dict[str, str], colours: Palette) -> list[Chart]:
    """A chart for each question that was answered in two years at least."""
    years = sorted({sheet.year for sheet in sheets})
    by_question: dict[str, dict[int, Breakdown]] = {}
    for year in years if len(years) > 1 else ():
        for found in breakdowns([sheet for sheet in sheets if sheet.year == year]):
            by_question.setdefault(found.id, {})[year] = found
    answered = (by_year for by_year in by_question.values() if sum(bool(f.shares) for f in by_year.values()) > 1)
    return [bars_by_year(by_year, refs[next(iter(by_year.values())).id], colours) for by_year in answered]
