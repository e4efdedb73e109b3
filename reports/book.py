"""The book: cover, contents, key figures, the sheets, the centres and how it was made, as one PDF."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from markupsafe import Markup

from forms.values import Refused
from reports.album import Album
from reports.book_pages import Book
from reports.characters import legible, replacements
from reports.content import Progress, ReportInput
from reports.orders import ordered
from reports.printing import NotMadeError, Part, Printed, print_page, print_parts
from reports.rendering import render

_LOG = logging.getLogger(__name__)
MOST_IN_ONE_PASS = 300
"""Sheets beyond which one laying out of the whole takes minutes and more memory than a small server has."""
_PROCESSES = 2


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; takes any number of sheets but none (Refused)."""
    if not content.sheets:
        raise Refused("Aucune fiche validée ne correspond à ce choix : élargissez-le.")
    content = replace(content, sheets=ordered(content.sheets, content.design.order))
    progress("Lecture des fiches", 0, len(content.sheets))
    book = Book(content, Album.of(content))
    parts = tuple(book.parts())
    progress("Lecture des fiches", len(content.sheets), len(content.sheets))
    printed = _printed(book, parts, out, progress)
    return (*replacements(content.sheets), *_replaced(content, printed), *book.album.notes(printed))


def _printed(book: Book, parts: Sequence[Part], out: BinaryIO, progress: Progress) -> Printed:
    processes = min(_PROCESSES, os.cpu_count() or 1)
    keep, readers = book.content.keep, book.album.readers
    try:
        return print_parts(book.head, parts, readers, out, progress, keep=keep, processes=processes)
    except NotMadeError:
        if len(book.content.sheets) > MOST_IN_ONE_PASS:
            raise
        _LOG.warning("a book is made in one pass", exc_info=True)
        return print_page(whole(book, parts), readers, out, progress)


def whole(book: Book, parts: Sequence[Part]) -> str:
    """The same book as one page, to be laid out in one pass."""
    roots = (part.html().removeprefix('<html lang="fr"><body>').removesuffix("</body></html>") for part in parts)
    body = Markup("\n").join(map(Markup, roots))
    return render("reports/book.html", **(book.known | {"title": book.head.title, "body": body}))


def _replaced(content: ReportInput, printed: Printed) -> tuple[str, ...]:
    """Which sheets are not in it, in French."""
    missing = set(printed.replaced)
    return tuple(
        f"Fiche {legible(sheet.reference)} : elle n’a pas pu être mise en page, une page qui le dit la remplace."
        for sheet in content.sheets
        if sheet.id in missing
    )
