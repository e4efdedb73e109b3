"""One sheet as PDF."""

from __future__ import annotations

from typing import BinaryIO

from reports.album import Album
from reports.characters import replacements
from reports.content import Progress, ReportInput
from reports.figures import key_figures
from reports.printing import print_page
from reports.rendering import render


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; takes exactly one sheet (ValueError)."""
    (sheet,) = content.sheets
    album = Album.of(content)
    html = render(
        "reports/sheet.html",
        content=content,
        sheet=sheet,
        figures=[figure for figure in key_figures((sheet,)) if figure.value is not None],
        pictures=album.names,
    )
    printed = print_page(html, album.readers, out, progress)
    return (*replacements(content.sheets), *album.notes(printed))
