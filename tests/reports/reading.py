"""Reads reports back, with other libraries than those that made them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pdfplumber
import pikepdf
from python_calamine import CalamineWorkbook

from reports.catalogue import REPORTS, ReportKind
from reports.content import ReportInput, no_progress

POINTS = 72 / 25.4
"""Points in a millimetre."""

_HYPHEN = "\u2010"
"""Ends a line within a word; nobody types it."""


@dataclass(frozen=True)
class Made:
    """A report's bytes and notes."""

    content: bytes
    notes: tuple[str, ...]


def made(kind: ReportKind, content: ReportInput) -> Made:
    """The report of that kind."""
    out = io.BytesIO()
    notes = REPORTS[kind].make(content, out, no_progress)
    return Made(out.getvalue(), notes)


def squeezed(text: str) -> str:
    """Without blanks of any width, and without the hyphens that paper adds: lines end elsewhere there."""
    return "".join(text.replace(_HYPHEN, "").split())


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page between running head and foot, in the order in which it is written; what is
    set sideways in the margin is left out."""
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [_inner(page).extract_text(use_text_flow=True) for page in opened.pages]


def _inner(page: Any) -> Any:
    inner = page.crop((0, 20 * POINTS, page.width, page.height - 20 * POINTS))
    return inner.filter(lambda object_: object_.get("upright", True))


def whole_text(pdf: bytes) -> str:
    """The text of all pages, squeezed."""
    return squeezed("".join(page_texts(pdf)))


def foot_texts(pdf: bytes) -> list[str]:
    """What stands below the text of each page."""
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [
            page.crop((0, page.height - 20 * POINTS, page.width, page.height)).extract_text() for page in opened.pages
        ]


def outline(pdf: bytes) -> list[tuple[int, str]]:
    """The outline as (depth, title)."""
    found: list[tuple[int, str]] = []

    def walk(items: Any, depth: int) -> None:
        for item in items:
            found.append((depth, str(item.title)))
            walk(item.children, depth + 1)

    with pikepdf.open(io.BytesIO(pdf)) as opened, opened.open_outline() as read:
        walk(read.root, 1)
    return found


def structure(pdf: bytes) -> list[tuple[str, dict[str, Any]]]:
    """The structure elements in order: (type, its entries as Python values)."""
    found: list[tuple[str, dict[str, Any]]] = []

    def walk(node: Any) -> None:
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            entries = {key: str(node[key]) for key in ("/Alt", "/ID") if key in node}
            headers = node.get("/A", {}).get("/Headers", ())
            found.append((str(node["/S"]), entries | {"headers": len(headers)}))
            walk(node.get("/K", pikepdf.Array()))

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        walk(opened.Root.StructTreeRoot.K)
    return found


def tabs(workbook: bytes) -> dict[str, list[list[Any]]]:
    """The rows of each tab."""
    opened = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    return {name: opened.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in opened.sheet_names}


def records(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """The rows of a tab by the ids in its second line; « no value » is None."""
    ids = rows[1]
    return [{id: None if cell == "" else cell for id, cell in zip(ids, row, strict=True)} for row in rows[2:]]
