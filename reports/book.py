"""The book: cover, contents, key figures, the sheets, the centres and how it was made, as one PDF."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from forms import french
from forms.values import Refused
from reports.album import Album
from reports.book_parts import book_parts
from reports.characters import replacements
from reports.content import Progress, ReportInput
from reports.figures import key_figures
from reports.orders import ordered
from reports.printing import print_page
from reports.rendering import render

MOST_SHEETS = 300
"""Beyond it, one laying out takes minutes and more memory than a small server has."""


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
    content = replace(content, sheets=ordered(content.sheets, content.design.order))
    album = Album.of(content)
    html = _page(content, album, progress)
    printed = print_page(html, album.readers, out, progress)
    return (*replacements(content.sheets), *album.notes(printed))


def _page(content: ReportInput, album: Album, progress: Progress) -> str:
    figures_of_sheet = {}
    for done, sheet in enumerate(content.sheets, 1):
        progress("Lecture des fiches", done, len(content.sheets))
        figures_of_sheet[sheet.id] = [figure for figure in key_figures((sheet,)) if figure.value is not None]
    logo = album.names.get(content.design.logo) if content.design.logo else None
    return render(
        "reports/book.html",
        content=content,
        figures_of_sheet=figures_of_sheet,
        pictures=album.names,
        **book_parts(content, logo),
    )
