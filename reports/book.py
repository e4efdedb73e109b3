"""The book: cover, contents, key figures, the sheets, the centres and how it was made, as one PDF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from forms import french
from forms.values import Refused
from reports.album import Album
from reports.characters import replacements
from reports.columns import asked_columns, versions_of
from reports.content import Progress, ReportInput, ReportSheet
from reports.figures import Figure, breakdowns, key_figures, places
from reports.printing import print_page
from reports.rendering import render

MOST_SHEETS = 300
"""Beyond it, one laying out takes minutes and more memory than a small server has."""


@dataclass(frozen=True)
class Centre:
    """A line of the list of centres."""

    name: str
    commune: str
    department: str
    sheets: tuple[ReportSheet, ...]


@dataclass(frozen=True)
class Group:
    """Sheets that follow each other in the contents under one heading."""

    heading: str
    sheets: tuple[ReportSheet, ...]


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; Refused without a sheet and above MOST_SHEETS."""
    count = len(content.sheets)
    if not count:
        raise Refused("Aucune fiche validée ne correspond à ce choix : élargissez-le.")
    if count > MOST_SHEETS:
        raise Refused(
            f"Ce choix compte {french.plural(count, 'fiche', 'fiches')} : "
            f"choisissez-en {french.number(MOST_SHEETS)} au plus, par exemple département par département."
        )
    album = Album.of(content)
    html = _page(content, album, progress)
    printed = print_page(html, album.readers, out, progress)
    return (*replacements(content.sheets), *album.notes(printed))


def _page(content: ReportInput, album: Album, progress: Progress) -> str:
    figures_of_sheet = {}
    for done, sheet in enumerate(content.sheets, 1):
        progress("Lecture des fiches", done, len(content.sheets))
        figures_of_sheet[sheet.id] = [figure for figure in key_figures((sheet,)) if figure.value is not None]
    return render(
        "reports/book.html",
        content=content,
        centres=_centres(content.sheets),
        groups=_groups(content.sheets),
        states=Counter(sheet.state_label for sheet in content.sheets).most_common(),
        versions=versions_of(content.sheets),
        figures=key_figures(content.sheets),
        years=_years(content.sheets),
        breakdowns=[found for found in (*places(content.sheets), *breakdowns(content.sheets)) if found.shares],
        figures_of_sheet=figures_of_sheet,
        pictures=album.names,
    )


def _groups(sheets: Sequence[ReportSheet]) -> list[Group]:
    """The sheets in their order, by year and département where there are several of them."""
    years = {sheet.year for sheet in sheets}
    departments = {sheet.department for sheet in sheets}

    def heading(sheet: ReportSheet) -> str:
        year = [str(sheet.year)] if len(years) > 1 else []
        department = [sheet.department] if len(departments) > 1 and sheet.department else []
        return " · ".join(["Les fiches", *year, *department])

    return [Group(title, tuple(group)) for title, group in groupby(sheets, heading)]


def _centres(sheets: Sequence[ReportSheet]) -> list[Centre]:
    """By département, then by name."""

    def key(sheet: ReportSheet) -> tuple[str, str, str, str]:
        return sheet.department_code, french.fold(sheet.centre), sheet.centre, sheet.commune

    groups = (tuple(group) for _key, group in groupby(sorted(sheets, key=key), key))
    return [Centre(group[0].centre, group[0].commune, group[0].department, group) for group in groups]


def _years(sheets: Sequence[ReportSheet]) -> dict[int, list[Figure]]:
    """The figures of each year, where there are several: of what was answered in one of them at
    least, in the same order for each."""
    years = sorted({sheet.year for sheet in sheets})
    known = {figure.id for figure in key_figures(sheets) if figure.value is not None}
    if len(years) < 2 or not known:
        return {}
    asked = asked_columns(sheets)
    by_year = {year: key_figures([sheet for sheet in sheets if sheet.year == year], asked) for year in years}
    return {year: [figure for figure in figures if figure.id in known] for year, figures in by_year.items()}
