"""Makes one tagged PDF of parts that were laid out alone."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import pydyf
from weasyprint import VERSION
from weasyprint.pdf import _w3c_date_to_pdf
from weasyprint.pdf.metadata import DocumentMetadata

from reports.layout.capture import MADE_WITH
from reports.layout.faces import Faces, Union
from reports.layout.fragment import Fragment, Summary, TornError, summary_of, unpacked
from reports.layout.numbered import Pen
from reports.layout.outline import write_outline
from reports.layout.places import MARK, Place
from reports.layout.writing import File, Fixed, array, deflated, reference

_NAMES_TOGETHER = 400


@dataclass(frozen=True)
class Head:
    """What a file says of itself. created: ISO 8601 with its zone. mark: see reports.layout.making.Head."""

    title: str
    author: str
    created: str
    mark: str = ""
    lang: str = "fr"


@dataclass
class Plan:
    """What is known once every part's summary was read.

    begins: number of each part's first page, from 0. anchors: name → (part, page of it, x, y). broken: parts
    that can't be read or were made otherwise. unmet: parts to be laid out again by this very process, which
    hasn't met their fonts.
    """

    summaries: list[Summary] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    total: int = 0
    anchors: dict[str, tuple[int, int, float, float]] = field(default_factory=dict)
    uses: dict[str, Union] = field(default_factory=dict)
    broken: list[int] = field(default_factory=list)
    unmet: list[int] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)


def planned(paths: Sequence[Path], faces: Faces) -> Plan:
    """Read what must be known of all parts before the first is written."""
    plan, wanted = Plan(), set()
    for part, path in enumerate(paths):
        try:
            data = path.read_bytes()
            summary = summary_of(data)
        except (OSError, TornError):
            plan.broken.append(part)
            continue
        if summary.made_with != MADE_WITH or _otherwise_drawn(summary, faces):
            plan.broken.append(part)
            continue
        plan.digest.update(data[:32])
        for name, use in summary.fonts.items():
            if name not in faces.by_hash and name not in wanted:
                wanted.add(name)
                if part not in plan.unmet:
                    plan.unmet.append(part)
            plan.uses.setdefault(name, Union()).add(use)
        for name, page, x, y in summary.anchors:
            plan.anchors.setdefault(name, (part, page, x, y))
        plan.begins.append(plan.total)
        plan.total += summary.pages
        # What the fonts need is known by now, and weighs most.
        plan.summaries.append(replace(summary, fonts={}, anchors=()))
    return plan


def _otherwise_drawn(summary: Summary, faces: Faces) -> bool:
    """Whether a font has changed since: its glyphs may have other numbers."""
    return any(
        name in faces.by_hash and faces.by_hash[name].digest != use.digest for name, use in summary.fonts.items()
    )


class Assembly:
    """One file under way."""

    def __init__(self, out: BinaryIO, head: Head, plan: Plan, faces: Faces) -> None:
        self._file = File(out)
        self._head, self._plan, self._faces = head, plan, faces
        self._pictures: dict[bytes, int] = {}
        self._firsts: list[int] = []
        self._numbered = [_Numbers(plan, begin, head.mark) for begin in plan.begins]
        self._metadata: tuple[int, bytes, bytes] = (0, b"", b"")

    def write(self, paths: Sequence[Path], progress: Callable[[int], None]) -> None:
        """Write the whole file."""
        for part, path in enumerate(paths):
            self._part(part, unpacked(path.read_bytes(), self._plan.summaries[part]))
            if part % 50 == 49:
                progress(part + 1)
        self._tree_of_pages()
        self._structure()
        catalog = {"Type": b"/Catalog", "Pages": reference(Fixed.PAGES), "StructTreeRoot": reference(Fixed.STRUCTURE)}
        catalog |= {"Lang": _text(self._head.lang), "MarkInfo": b"<</Marked true>>"}
        catalog |= {"ViewerPreferences": b"<</DisplayDocTitle true>>", "Names": self._names()}
        catalog |= self._shared()
        bookmarks = list(self._bookmarks())
        if bookmarks:
            catalog["Outlines"] = reference(write_outline(self._file, bookmarks))
        self._file.plain(Fixed.CATALOG, _dictionary(catalog))
        self._file.plain(Fixed.INFO, _dictionary(self._information()))
        self._plan.digest.update(repr(self._head).encode())
        self._file.end(self._plan.digest.digest()[:16], self._metadata)

    def _part(self, part: int, fragment: Fragment) -> None:
        summary = fragment.summary
        first = self._file.take(summary.count)
        self._firsts.append(first)
        pictures = [self._picture(picture) for picture in fragment.pictures]
        pages = summary.pages
        for number, (page, pieces) in enumerate(zip(fragment.pages, fragment.contents, strict=True)):
            numbers = self._numbered[part]
            content = numbers.filled(pieces, page.holes, number)
            self._file.stream(first + 2 + pages + number, b"/Filter /FlateDecode", content)
            self._file.stream(first + 2 + 2 * pages + number, b"", numbers.heads(page.heads, page.height, number))
        for blob in fragment.blobs:
            self._file.stream(first + blob.number, blob.entries.filled(first, tuple(pictures)), blob.data)
        self._file.members(first, fragment, pictures)

    def _picture(self, picture: Any) -> int:
        digest = picture.digest
        if digest not in self._pictures:
            number = self._file.take()
            entries = picture.entries
            if picture.mask:
                mask = self._file.take()
                self._file.stream(mask, *picture.mask)
                entries = entries.removesuffix(b">>") + b"/SMask " + reference(mask) + b">>"
            self._file.stream(number, entries, picture.data)
            self._pictures[digest] = number
        return self._pictures[digest]

    def _tree_of_pages(self) -> None:
        nodes = array(map(reference, self._firsts))
        self._file.plain(Fixed.PAGES, b"<</Type /Pages/Count %d/Kids %s>>" % (self._plan.total, nodes))

    def _structure(self) -> None:
        tops = array(
            reference(first + top)
            for first, summary in zip(self._firsts, self._plan.summaries, strict=True)
            for top in summary.tops
        )
        document = b"<</Type /StructElem/S /Document/P %s/K %s>>" % (reference(Fixed.STRUCTURE), tops)
        self._file.plain(Fixed.DOCUMENT, document)
        # The last object of a part is its leaf of the tree that leads from content to structure.
        leaves = array(
            reference(first + summary.count - 1)
            for first, summary in zip(self._firsts, self._plan.summaries, strict=True)
        )
        self._file.plain(Fixed.PARENTS, b"<</Kids %s>>" % leaves)
        root = b"<</Type /StructTreeRoot/ParentTree %s/ParentTreeNextKey %d/K [%s]>>" % (
            reference(Fixed.PARENTS),
            self._file.free,
            reference(Fixed.DOCUMENT),
        )
        self._file.plain(Fixed.STRUCTURE, root)

    def _page(self, part: int, page: int) -> bytes:
        return reference(self._firsts[part] + 2 + page)

    def _names(self) -> bytes:
        """The tree of destinations by name."""
        found = [
            (pydyf.String(name).data, b"[%s /XYZ %s %s 0]" % (self._page(part, page), _number(x), _number(y)))
            for name, (part, page, x, y) in sorted(self._plan.anchors.items())
        ]
        leaves = []
        for begin in range(0, len(found), _NAMES_TOGETHER):
            some = found[begin : begin + _NAMES_TOGETHER]
            number = self._file.take()
            listed = array(value for pair in some for value in pair)
            self._file.plain(number, b"<</Limits [%s %s]/Names %s>>" % (some[0][0], some[-1][0], listed))
            leaves.append(reference(number))
        return b"<</Dests <</Kids %s>>>>" % array(leaves)

    def _bookmarks(self) -> Iterator[tuple[int, bytes, bytes, bool]]:
        for part, summary in enumerate(self._plan.summaries):
            for level, title, page, x, y, state in summary.bookmarks:
                target = b"[%s /XYZ %s %s 0]" % (self._page(part, page), _number(x), _number(y))
                yield level, _text(title), target, state == "closed"

    def _shared(self) -> dict[str, bytes]:
        """Fonts, colour spaces and the metadata; what the catalogue says of them."""
        sheaf, fonts = self._faces.subsets(self._plan.uses)
        head = self._head
        words = DocumentMetadata(
            title=head.title, authors=[head.author], generator="Recueil", created=head.created, lang=head.lang
        )
        words.include_in_pdf(sheaf, "ua", 1, conformance=None, compress=True)
        first = self._file.take(len(sheaf.objects))
        metadata = first + int(sheaf.catalog["Metadata"].split()[0])
        for made in sheaf.objects:
            pen = Pen()
            if isinstance(made, pydyf.Stream):
                pen.value(pydyf.Dictionary(dict(made.extra) | {"Filter": "/FlateDecode"}))
                data = zlib.compress(b"\n".join(pydyf._to_bytes(item) for item in made.stream), 6)
                written = first + made.number, pen.template().filled(first), data
                if written[0] == metadata:
                    self._metadata = written
                else:
                    self._file.stream(*written)
            else:
                pen.value(made)
                self._file.plain(first + made.number, pen.template().filled(first))
        pen = Pen()
        pen.value(fonts)
        self._file.plain(Fixed.FONTS, pen.template().filled(first))
        self._file.plain(Fixed.COLOURS, b"<<>>")
        return {"Metadata": reference(metadata)}

    def _information(self) -> dict[str, bytes]:
        head = self._head
        written = {"Producer": _text(f"WeasyPrint {VERSION}"), "Creator": _text("Recueil")}
        written |= {"Title": _text(head.title), "Author": _text(head.author)}
        if head.created:
            written["CreationDate"] = _text(_w3c_date_to_pdf(head.created, "created"))
        return written


@dataclass(frozen=True)
class _Numbers:
    """Writes the page numbers and the mark of one part, whose first page has that number from 0."""

    plan: Plan
    begin: int
    mark: str

    def filled(self, pieces: tuple[bytes, ...], holes: tuple[Place, ...], page: int) -> bytes:
        """A page's content, deflated."""
        if not holes:
            return pieces[0]
        written = [pieces[0]]
        for place, piece in zip(holes, pieces[1:], strict=True):
            found = self.plan.anchors.get(place.target)
            if found is not None:
                number = self.plan.begins[found[0]] + found[1] + 1
                written.append(place.drawn(number, self.plan.total))
            written.append(piece)
        return deflated(b"\n".join(written))

    def heads(self, places: tuple[Place, ...], height: float, page: int) -> bytes:
        """What is drawn after a page, all of it artifacts: the running heads that count pages, and the mark."""
        shown = [place for place in places if self.mark or MARK not in place.pattern]
        if not shown:
            return b""
        drawn = [place.drawn(self.begin + page + 1, self.plan.total, self.mark) for place in shown]
        # The page before it leaves the coordinates upside down.
        turned = b"q 1 0 0 -1 0 %s cm" % _number(height)
        return b"\n".join((b"/Artifact BMC", turned, *drawn, b"Q", b"EMC"))


def _text(text: str) -> bytes:
    return bytes(pydyf.String(text).data)


def _number(value: float) -> bytes:
    return bytes(pydyf._to_bytes(float(value))) or b"0"


def _dictionary(entries: dict[str, bytes]) -> bytes:
    return b"<<" + b"".join(b"/%s %s" % (name.encode(), value) for name, value in entries.items()) + b">>"
