"""A part as it was laid out alone: all that a file needs of it, and how it is written to disk."""

from __future__ import annotations

import hashlib
import json
import zlib
from array import array
from dataclasses import asdict, dataclass, field
from typing import Any

from reports.layout.places import Place

_SUM = hashlib.sha256().digest_size


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

    members: their numbers in order. head: numbers and places, as such a stream begins. body: the objects.
    """

    members: array[int]
    head: Template
    body: Template


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


@dataclass
class Use:
    """What one part, or all, use of a font.

    digest: of the whole font. characters: glyph → text; widths: glyph → thousandths of the size.
    missing: the glyphs that stand for characters without drawing.
    """

    digest: str
    characters: dict[int, str] = field(default_factory=dict)
    widths: dict[int, int] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)

    def add(self, other: Use) -> None:
        """The other's too; what is known already stays."""
        if not self.characters.keys() >= other.characters.keys():
            self.characters = other.characters | self.characters
        if not self.widths.keys() >= other.widths.keys():
            self.widths = other.widths | self.widths
        self.missing |= other.missing


@dataclass(frozen=True)
class Page:
    """height: points. holes: the numbers in its text, between the pieces of its content. heads: those in its
    running heads, drawn after it."""

    height: float
    holes: tuple[Place, ...]
    heads: tuple[Place, ...]


@dataclass
class Summary:
    """What must be known of every part before the first is written.

    count: how many object numbers the part takes. anchors: (name, page from 0, x, y), points from below
    on the left. bookmarks: (level, title, page, x, y, state). targets: the anchors that it links to. tops: its
    structure's topmost elements. unread: pictures that couldn't be shown. undrawn: characters without drawing.
    """

    made_with: str
    count: int
    pages: tuple[Page, ...]
    fonts: dict[str, Use]
    anchors: tuple[tuple[str, int, float, float], ...]
    bookmarks: tuple[tuple[int, str, int, float, float, str], ...]
    tops: tuple[int, ...]
    unread: tuple[str, ...] = ()
    undrawn: tuple[str, ...] = ()


@dataclass
class Fragment:
    """contents: of each page, its pieces: one, deflated, where it has no hole; plain and one more than holes else."""

    summary: Summary
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

    summary = asdict(fragment.summary)
    summary["fonts"] = {
        name: [use.digest, list(use.characters.items()), list(use.widths.items()), sorted(use.missing)]
        for name, use in fragment.summary.fonts.items()
    }
    meta = {
        "summary": summary,
        "contents": [[blob(piece) for piece in pieces] for pieces in fragment.contents],
        "objects": [
            blob(fragment.objects.members.tobytes()),
            template(fragment.objects.head),
            template(fragment.objects.body),
        ],
        "blobs": [[made.number, template(made.entries), blob(made.data)] for made in fragment.blobs],
        "pictures": [
            [blob(made.entries), blob(made.data), [blob(part) for part in made.mask] if made.mask else None]
            for made in fragment.pictures
        ],
    }
    head = json.dumps(meta, separators=(",", ":")).encode()
    content = len(head).to_bytes(4, "big") + head + b"".join(blobs)
    return hashlib.sha256(content).digest() + content


def _opened(data: bytes, *, trusted: bool) -> tuple[dict[str, Any], int]:
    """The head, and where the rest begins."""
    if not trusted and hashlib.sha256(memoryview(data)[_SUM:]).digest() != data[:_SUM]:
        raise TornError
    begin = _SUM + 4
    end = begin + int.from_bytes(data[_SUM:begin], "big")
    return json.loads(data[begin:end]), end


def summary_of(data: bytes) -> Summary:
    """The summary of packed bytes. Raises TornError."""
    return _summary(_opened(data, trusted=False)[0]["summary"])


def _summary(read: dict[str, Any]) -> Summary:
    pages = tuple(
        Page(page["height"], tuple(map(_place, page["holes"])), tuple(map(_place, page["heads"])))
        for page in read["pages"]
    )
    fonts = {
        name: Use(digest, dict(characters), dict(widths), set(missing))
        for name, (digest, characters, widths, missing) in read["fonts"].items()
    }
    return Summary(
        made_with=read["made_with"],
        count=read["count"],
        pages=pages,
        fonts=fonts,
        anchors=tuple(map(tuple, read["anchors"])),
        bookmarks=tuple(map(tuple, read["bookmarks"])),
        tops=tuple(read["tops"]),
        unread=tuple(read["unread"]),
        undrawn=tuple(read["undrawn"]),
    )


def _place(read: dict[str, Any]) -> Place:
    return Place(**read)


def unpacked(data: bytes) -> Fragment:
    """What packed bytes hold, whose sum was seen to be right before (see summary_of)."""
    meta, at = _opened(data, trusted=True)

    def blob(size: int) -> bytes:
        nonlocal at
        at += size
        return data[at - size : at]

    def template(read: list[Any]) -> Template:
        return Template(zlib.decompress(blob(read[0])), array("I", blob(read[1])), dict(read[2]))

    contents = tuple(tuple(blob(size) for size in pieces) for pieces in meta["contents"])
    members, head, body = meta["objects"]
    objects = Objects(array("I", blob(members)), template(head), template(body))
    blobs = tuple(Blob(number, template(entries), blob(size)) for number, entries, size in meta["blobs"])
    pictures = tuple(
        Picture(blob(entries), blob(size), (blob(mask[0]), blob(mask[1])) if mask else None)
        for entries, size, mask in meta["pictures"]
    )
    return Fragment(_summary(meta["summary"]), contents, objects, blobs, pictures)
