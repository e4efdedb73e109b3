"""A part as it was laid out alone: all that a file needs of it, and how it is written to disk."""

from __future__ import annotations

import hashlib
import json
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from reports.layout.places import Place

_SUM = hashlib.sha256().digest_size
_BEGIN = _SUM + 8


class TornError(ValueError):
    """The bytes aren't those of a fragment as it was written."""


@dataclass
class Template:
    """Bytes with « %7d » where a number is missing.

    numbers: which, counted from the part's first object. pictures: place among the numbers → the
    picture that is meant instead.
    """

    text: bytes = b""
    numbers: array[int] = field(default_factory=lambda: array("I"))
    pictures: dict[int, int] = field(default_factory=dict)

    def filled(self, first: int, pictures: tuple[int, ...] = ()) -> bytes:
        """The bytes for a part whose first object has that number and whose pictures have these."""
        if not self.pictures:
            return self.text % tuple(map(first.__add__, self.numbers))
        numbers = [first + number for number in self.numbers]
        for place, picture in self.pictures.items():
            numbers[place] = pictures[picture]
        return self.text % tuple(numbers)


@dataclass
class Objects:
    """The objects of a part that go into one compressed stream.

    runs: their numbers in order, as (first, how many). head: numbers and places, as such a stream begins. body: the
    objects themselves.
    """

    runs: Sequence[tuple[int, int]]
    head: Template
    body: Template

    @property
    def count(self) -> int:
        """How many they are."""
        return sum(count for _first, count in self.runs)


@dataclass
class Blob:
    """A stream object of a part: its number, its dictionary without the length, its data as stored."""

    number: int
    entries: Template
    data: bytes


@dataclass
class Picture:
    """A picture's dictionary (without mask and length) and data; its mask where it has one."""

    entries: bytes
    data: bytes
    mask: tuple[bytes, bytes] | None = None

    @property
    def digest(self) -> bytes:
        """Tells one picture from another."""
        parts = (self.entries, self.data, *(self.mask or ()))
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


@dataclass(frozen=True)
class Use:
    """What a part uses of a font.

    digest: of the whole font. glyphs, texts: what each glyph stands for. measured, widths: how wide each
    is, in thousandths of the size. missing: the glyphs that stand for characters without drawing.
    """

    digest: str
    glyphs: Sequence[int]
    texts: Sequence[str]
    measured: Sequence[int]
    widths: Sequence[int]
    missing: Sequence[int] = ()


@dataclass(frozen=True)
class Page:
    """height: points. holes: the numbers in its text, between the pieces of its content. heads: those in its
    running heads, drawn after it."""

    height: float
    holes: tuple[Place, ...]
    heads: tuple[Place, ...]


@dataclass(frozen=True)
class Summary:
    """What must be known of every part before the first is written.

    count: how many object numbers the part takes; pages: how many pages. anchors: (name, page from 0, x, y),
    points from below on the left. bookmarks: (level, title, page, x, y, state). tops: its structure's topmost
    elements. unread: pictures that couldn't be shown. undrawn: characters without drawing.
    """

    made_with: str
    count: int
    pages: int
    fonts: dict[str, Use]
    anchors: Sequence[tuple[str, int, float, float]]
    bookmarks: Sequence[tuple[int, str, int, float, float, str]]
    tops: Sequence[int]
    unread: Sequence[str] = ()
    undrawn: Sequence[str] = ()


@dataclass
class Fragment:
    """contents: of each page, its pieces: one, deflated, where it has no hole; plain and one more than holes else."""

    summary: Summary
    pages: tuple[Page, ...]
    contents: tuple[tuple[bytes, ...], ...]
    objects: Objects
    blobs: tuple[Blob, ...]
    pictures: tuple[Picture, ...]


def packed(fragment: Fragment) -> bytes:
    """The bytes to keep. They hold data only: reading them runs nothing."""
    blobs: list[bytes] = []

    def blob(data: bytes) -> int:
        blobs.append(data)
        return len(data)

    def template(made: Template) -> list[Any]:
        squeezed = blob(zlib.compress(made.text, 1))
        return [squeezed, blob(made.numbers.tobytes()), list(made.pictures.items())]

    # Running heads stand at the same places on page after page.
    places: dict[str, int] = {}

    def placed(some: Sequence[Place]) -> list[int]:
        written = [json.dumps(asdict(place), separators=(",", ":")) for place in some]
        return [places.setdefault(text, len(places)) for text in written]

    pages = [[page.height, placed(page.holes), placed(page.heads)] for page in fragment.pages]
    meta = {
        "pages": pages,
        "places": [json.loads(text) for text in places],
        "contents": [[blob(piece) for piece in pieces] for pieces in fragment.contents],
        "objects": [
            fragment.objects.runs,
            template(fragment.objects.head),
            template(fragment.objects.body),
        ],
        "blobs": [[made.number, template(made.entries), blob(made.data)] for made in fragment.blobs],
        "pictures": [
            [blob(made.entries), blob(made.data), [blob(part) for part in made.mask] if made.mask else None]
            for made in fragment.pictures
        ],
    }
    heads = [json.dumps(head, separators=(",", ":")).encode() for head in (asdict(fragment.summary), meta)]
    content = b"".join([len(head).to_bytes(4, "big") for head in heads] + heads + blobs)
    return hashlib.sha256(content).digest() + content


def summary_of(data: bytes) -> Summary:
    """The summary of packed bytes. Raises TornError."""
    if len(data) < _BEGIN or hashlib.sha256(memoryview(data)[_SUM:]).digest() != data[:_SUM]:
        raise TornError
    return _summary(data)


def _summary(data: bytes) -> Summary:
    read = json.loads(data[_BEGIN : _BEGIN + int.from_bytes(data[_SUM : _SUM + 4], "big")])
    read["fonts"] = {name: Use(**use) for name, use in read["fonts"].items()}
    return Summary(**read)


def unpacked(data: bytes, summary: Summary | None = None) -> Fragment:
    """What packed bytes hold, whose sum was seen to be right before (see summary_of); summary: where it is at hand."""
    first, second = (int.from_bytes(data[at : at + 4], "big") for at in (_SUM, _SUM + 4))
    at = _BEGIN + first + second
    meta = json.loads(data[_BEGIN + first : at])

    def blob(size: int) -> bytes:
        nonlocal at
        at += size
        return data[at - size : at]

    def template(read: list[Any]) -> Template:
        return Template(zlib.decompress(blob(read[0])), array("I", blob(read[1])), dict(read[2]))

    contents = tuple(tuple(blob(size) for size in pieces) for pieces in meta["contents"])
    runs, head, body = meta["objects"]
    objects = Objects(runs, template(head), template(body))
    blobs = tuple(Blob(number, template(entries), blob(size)) for number, entries, size in meta["blobs"])
    pictures = tuple(
        Picture(blob(entries), blob(size), (blob(mask[0]), blob(mask[1])) if mask else None)
        for entries, size, mask in meta["pictures"]
    )
    places = [Place(**place) for place in meta["places"]]
    pages = tuple(
        Page(height, tuple(map(places.__getitem__, holes)), tuple(map(places.__getitem__, heads)))
        for height, holes, heads in meta["pages"]
    )
    return Fragment(summary or _summary(data), pages, contents, objects, blobs, pictures)
