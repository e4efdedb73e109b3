"""Makes running heads and feet artifacts, as PDF/UA asks: a reading voice doesn't repeat them on every page.

WeasyPrint (70) marks their text as content, but leaves it out of the structure tree: neither content nor artifact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def make_artifacts(_document: Any, pdf: Any) -> None:
    """A finisher of WeasyPrint's: called with its document and the pydyf.PDF just before it is written."""
    root = _object(pdf, pdf.catalog.get("StructTreeRoot"))
    if root is None:
        return
    numbers = _object(pdf, root["ParentTree"])["Nums"]
    held = {element.number for element in _below(pdf, root["K"])}
    for at, reference in enumerate(pdf.page_references):
        page, parents = _object(pdf, reference), numbers[2 * at + 1]
        loose = {mark for mark, owner in enumerate(parents) if _object(pdf, owner).number not in held}
        for mark in loose:
            parents[mark] = "null"
        _mark_anew(_object(pdf, page["Contents"]), loose)


def _mark_anew(stream: Any, loose: set[int]) -> None:
    """In the stream a mark is three pieces: its tag, its entries, « BDC »."""
    for at, piece in enumerate(stream.stream):
        if isinstance(piece, dict) and piece.get("MCID") in loose:
            stream.stream[at - 1] = "/Artifact"
            piece.clear()
            piece["Type"] = "/Pagination"


def _below(pdf: Any, kids: Any) -> Iterator[Any]:
    """Every structure element that the tree holds."""
    waiting = list(kids)
    while waiting:
        element = _object(pdf, waiting.pop())
        if element is not None:
            yield element
            waiting += [kid for kid in element.get("K", ()) if not isinstance(kid, int)]


def _object(pdf: Any, reference: Any) -> Any:
    """The object that « 12 0 R » means, None for what is no reference."""
    text = reference.decode() if isinstance(reference, bytes) else str(reference)
    return pdf.objects[int(text.split()[0])] if text.endswith(" R") else None
