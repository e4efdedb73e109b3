"""Lays one part out alone and takes down what a file needs of it."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pydyf
from weasyprint import CSS, HTML
from weasyprint.document import Document
from weasyprint.formatting_structure import boxes
from weasyprint.matrix import Matrix
from weasyprint.pdf import _use_references
from weasyprint.pdf.anchors import add_links
from weasyprint.pdf.tags import _build_box_tree
from weasyprint.text.ffi import pango
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from reports.layout.drawing import Drawing
from reports.layout.faces import Faces
from reports.layout.fragment import Blob, Fragment, Objects, Page, Picture, Summary
from reports.layout.numbered import Own, Pen, Sheaf, fixed, picture
from reports.layout.writing import Fixed

_SCALE = 0.75
"""Points in a CSS pixel."""
_MOST_OBJECTS = 65_000
MADE_WITH = f"3 weasyprint {version('weasyprint')} pydyf {pydyf.__version__} pango {pango.pango_version()}"
"""Kept parts that were made with anything else are made again."""


class Setting:
    """What a process keeps from part to part: fonts, and the style sheets that it has read."""

    def __init__(self) -> None:
        self.fonts = FontConfiguration()
        self.faces = Faces()
        self._styles: dict[str, CSS] = {}

    def style(self, text: str) -> CSS:
        """A style sheet, read once. It may fetch nothing."""
        if text not in self._styles:
            if len(self._styles) >= 8:
                self._styles.clear()
            self._styles[text] = CSS(string=text, font_config=self.fonts, url_fetcher=URLFetcher(allowed_protocols=()))
        return self._styles[text]


@dataclass
class _Built:
    """What is under way: the objects so far, and the pages."""

    sheaf: Sheaf
    resources: Any
    images: dict[str, Any]
    pages: list[Any]
    drawings: list[Drawing]


def lay_out(html: str, style: str, pictures: URLFetcher, setting: Setting) -> Fragment:
    """The fragment of one part: an HTML page without style of its own. Raises what WeasyPrint raises."""
    document = HTML(string=html, url_fetcher=pictures).render(
        font_config=setting.fonts, stylesheets=[setting.style(style)], pdf_variant="pdf/ua-1"
    )
    setting.faces.used()  # What was drawn by a part that failed half way is none of this one's.
    built = _begun(document, setting.faces)
    anchors: list[tuple[str, int, float, float]] = []
    for number, page in enumerate(document.pages):
        anchors += _drawn(number, page, built, {name for name, *_rest in anchors})
    tops = _tagged(document, built)
    shown = _shown(built)
    pages = tuple(
        Page(page.height * _SCALE, tuple(hole.place for hole in drawing.holes), tuple(drawing.heads))
        for page, drawing in zip(document.pages, built.drawings, strict=True)
    )
    objects, blobs = _written(built)
    summary = Summary(
        made_with=MADE_WITH,
        count=len(built.sheaf.objects),
        pages=len(pages),
        fonts=setting.faces.used(),
        anchors=tuple(anchors),
        bookmarks=tuple(_bookmarks(document)),
        tops=tops,
    )
    return Fragment(summary, pages, tuple(map(_pieces, built.drawings)), objects, blobs, shown)


def _begun(document: Document, faces: Faces) -> _Built:
    """The objects whose numbers the others refer to: a node of the tree of pages, resources, pages and contents."""
    sheaf, count = Sheaf(), len(document.pages)
    resources = pydyf.Dictionary(
        {
            "ExtGState": pydyf.Dictionary(),
            "XObject": pydyf.Dictionary(),
            "Pattern": pydyf.Dictionary(),
            "Shading": pydyf.Dictionary(),
            "ColorSpace": fixed(Fixed.COLOURS),
            "Font": fixed(Fixed.FONTS),
        }
    )
    node = pydyf.Dictionary({"Type": "/Pages", "Parent": fixed(Fixed.PAGES), "Count": count})
    sheaf.add_object(node)
    sheaf.add_object(resources)
    built = _Built(sheaf, resources, {}, [], [])
    for page in document.pages:
        made = pydyf.Dictionary({"Type": "/Page", "Parent": node.reference, "Resources": resources.reference})
        sheaf.add_object(made)
        built.pages.append(made)
        built.drawings.append(_drawing(page, built, faces))
    sheaf.page_references = tuple(page.reference for page in built.pages)
    node["Kids"] = pydyf.Array(sheaf.page_references)
    for drawing in built.drawings:
        sheaf.add_object(drawing)
    for page, drawing in zip(built.pages, built.drawings, strict=True):
        numbers = pydyf.Stream()
        sheaf.add_object(numbers)
        page["Contents"] = pydyf.Array([drawing.reference, numbers.reference])
    return built


def _drawing(page: Any, built: _Built, faces: Faces) -> Drawing:
    rectangle = (0, 0, page.width, page.height)
    margins = [box for box in page._page_box.children if isinstance(box, boxes.MarginBox)]
    running = {text: margin for margin in margins for text in margin.descendants() if isinstance(text, boxes.TextBox)}
    return Drawing(faces, running, rectangle, built.resources, built.images, {}, {}, None)


def _drawn(number: int, page: Any, built: _Built, known: set[str]) -> Iterator[tuple[str, int, float, float]]:
    """Draw a page with its links; gives the anchors that are new."""
    made, drawing = built.pages[number], built.drawings[number]
    matrix = Matrix(_SCALE, 0, 0, -_SCALE, 0, page.height * _SCALE)
    box = pydyf.Array([0, 0, page.width * _SCALE, page.height * _SCALE])
    made |= {"MediaBox": box, "TrimBox": box, "BleedBox": box, "Tabs": "/S", "StructParents": Own(made.number)}
    links = [link for link in page.links if link[0] in ("internal", "external")]
    add_links((links, []), matrix, built.sheaf, made, [], {})
    drawing.transform(d=-1, f=page.height * _SCALE)
    page.paint(drawing, _SCALE)
    for name, (left, top, _right, _bottom) in page.anchors.items():
        if name not in known:
            yield name, number, *matrix.transform_point(left, top)


def _tagged(document: Document, built: _Built) -> tuple[int, ...]:
    """Build the structure as WeasyPrint does, running heads apart: they are artifacts. The topmost elements."""
    root = pydyf.Dictionary({"S": "/Document"})
    root.number, root.generation = Fixed.DOCUMENT, 65535
    keys: list[Any] = []
    tops: list[int] = []
    annotations: list[tuple[bytes, Any]] = []
    for number, page in enumerate(document.pages):
        tags = built.drawings[number]._tags
        content: dict[int, bytes] = {}
        for box in page._page_box.children:
            if not isinstance(box, boxes.MarginBox):
                elements = _build_box_tree(box, root, built.sheaf, number, content, annotations, tags)
                tops += [element.number for element in elements]
        keys += [Own(built.pages[number].number), pydyf.Array([content[mark] for mark in sorted(content)])]
    for reference, annotation in sorted(annotations, key=lambda pair: pair[1].number):
        annotation["StructParent"] = Own(annotation.number)
        keys += [Own(annotation.number), reference]
    leaf = pydyf.Dictionary({"Limits": pydyf.Array([keys[0], keys[-2]]), "Nums": pydyf.Array(keys)})
    built.sheaf.add_object(leaf)
    return tuple(tops)


class _Stand:
    """Stands where WeasyPrint expects a picture's object."""

    def __init__(self, ordinal: int) -> None:
        self.reference = picture(ordinal)


def _shown(built: _Built) -> tuple[Picture, ...]:
    """The part's pictures, which the file holds once for all parts, and everything that its pages refer to."""
    shown = []
    for ordinal, image in enumerate(built.images.values()):
        made = image["image"].get_x_object(image["interpolate"], max(image["dpi_ratios"]))
        mask = made.extra.pop("SMask", None)
        shown.append(Picture(*_stored(made), _stored(mask) if mask is not None else None))
        image["x_object"] = _Stand(ordinal)
    _use_references(built.sheaf, built.resources, built.images, {})
    return tuple(shown)


def _stored(stream: Any) -> tuple[bytes, bytes]:
    """A stream's dictionary without its length, and its data as stored."""
    return pydyf.Dictionary(stream.extra).data, b"\n".join(pydyf._to_bytes(item) for item in stream.stream)


def _pieces(drawing: Drawing) -> tuple[bytes, ...]:
    items = [pydyf._to_bytes(item) for item in drawing.stream]
    edges = [0, *(hole.at for hole in drawing.holes), len(items)]
    pieces = tuple(b"\n".join(items[begin:end]) for begin, end in itertools.pairwise(edges))
    return pieces if drawing.holes else (zlib.compress(pieces[0]),)


def _bookmarks(document: Document) -> Iterator[tuple[int, str, int, float, float, str]]:
    for number, page in enumerate(document.pages):
        matrix = Matrix(_SCALE, 0, 0, -_SCALE, 0, page.height * _SCALE)
        for level, label, point, state in page.bookmarks:
            yield level, label, number, *matrix.transform_point(*point), state


def _written(built: _Built) -> tuple[Objects, tuple[Blob, ...]]:
    """The objects in their two shapes; contents of pages are kept apart."""
    apart = {drawing.number for drawing in built.drawings}
    apart |= {drawing.number + len(built.drawings) for drawing in built.drawings}
    head, body, runs, blobs = Pen(), Pen(), list[list[int]](), []
    for made in built.sheaf.objects:
        if made.number in apart:
            continue
        if isinstance(made, pydyf.Stream):
            blobs.append(_blob(made))
            continue
        if runs and made.number == sum(runs[-1]):
            runs[-1][1] += 1
        else:
            runs.append([made.number, 1])
        head.number(made.number)
        head.put(b" %d " % body.length)
        body.value(made)
        body.put(b"\n")
    objects = Objects([(first, count) for first, count in runs], head.template(), body.template())
    if objects.count > _MOST_OBJECTS:
        raise ValueError("too many objects in one part")
    return objects, tuple(blobs)


def _blob(made: Any) -> Blob:
    pen = Pen()
    pen.value(pydyf.Dictionary(made.extra | ({} if "Filter" in made.extra else {"Filter": "/FlateDecode"})))
    data = b"\n".join(pydyf._to_bytes(item) for item in made.stream)
    return Blob(made.number, pen.template(), data if "Filter" in made.extra else zlib.compress(data))
