"""A PDF file written from its beginning to its end, holding no more than where each object stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import BinaryIO

from isal import isal_zlib

from reports.layout.fragment import Fragment

_ROW = 8
_MOST_TOGETHER = 20_000
"""Objects in one compressed stream of those that no part owns."""


class Fixed(IntEnum):
    """Objects that have the same number in every file, so that parts can refer to them before it is written."""

    PAGES = 1
    CATALOG = 2
    INFO = 3
    FONTS = 4
    DOCUMENT = 5
    STRUCTURE = 6
    PARENTS = 7
    COLOURS = 8
    FIRST_FREE = 16


_PLACES = tuple(place.to_bytes(2, "big") for place in range(1 << 16))
WIDEST = 9_999_999
"""The highest number for which parts leave room in their references (see numbered)."""


class File:
    """Writes to a binary file that is open at its beginning."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._at = 0
        self._rows = bytearray(_ROW * Fixed.FIRST_FREE)
        self._plain: list[tuple[int, bytes]] = []
        self._put(b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n")

    @property
    def free(self) -> int:
        """The next number that nobody has."""
        return len(self._rows) // _ROW

    def take(self, count: int = 1) -> int:
        """Reserve that many numbers; the first of them. OverflowError where parts have no room for such a number."""
        first = self.free
        if first + count > WIDEST:
            raise OverflowError("more objects than a file can hold")
        self._rows.extend(bytes(_ROW * count))
        return first

    def stream(self, number: int, entries: bytes, data: bytes) -> None:
        """Write a stream object: its dictionary without the length, its data as they are to be stored."""
        self._row(number, 1, self._at, 0)
        head = b"%d 0 obj\n<<%s/Length %d>>\nstream\n" % (
            number,
            entries.removeprefix(b"<<").removesuffix(b">>"),
            len(data),
        )
        self._put(head)
        self._put(data)
        self._put(b"\nendstream\nendobj\n")

    def plain(self, number: int, value: bytes) -> None:
        """An object that is no stream; written with others of its kind."""
        self._plain.append((number, value))
        if len(self._plain) >= _MOST_TOGETHER:
            self._write_plain()

    def members(self, first: int, fragment: Fragment, pictures: Sequence[int]) -> None:
        """Write the objects of a part whose first has that number."""
        made = fragment.objects
        holder = self.take()
        head = made.head.filled(first)
        self._together(holder, made.count, head, made.body.filled(first, tuple(pictures)))
        kind, index = b"\x02" + holder.to_bytes(5, "big"), 0
        for member, count in made.runs:
            begin = (first + member) * _ROW
            # Each row: the kind, the holder, the place in it.
            rows = kind.join((b"", *_PLACES[index : index + count]))
            self._rows[begin : begin + len(rows)] = rows
            index += count

    def _together(self, holder: int, count: int, head: bytes, body: bytes) -> None:
        entries = b"/Type /ObjStm/N %d/First %d/Filter /FlateDecode" % (count, len(head))
        self.stream(holder, entries, deflated(head + body))

    def _write_plain(self) -> None:
        if not self._plain:
            return
        holder, places, at = self.take(), [], 0
        for index, (number, value) in enumerate(self._plain):
            places.append(b"%d %d" % (number, at))
            self._row(number, 2, holder, index)
            at += len(value) + 1
        body = b"\n".join(value for _number, value in self._plain)
        self._together(holder, len(self._plain), b" ".join(places) + b"\n", body)
        self._plain = []

    def end(self, identifier: bytes, metadata: tuple[int, bytes, bytes]) -> None:
        """Write what is left, the table of objects and the end. identifier: 16 bytes.

        metadata: a stream, see there. It comes last of all objects, where sealing finds it without reading the others.
        """
        self._write_plain()
        self.stream(*metadata)
        number, begin = self.take(), self._at
        self._row(0, 0, 0, 65535)
        self._row(number, 1, begin, 0)
        entries = b"/Type /XRef/Size %d/W [1 5 2]/Root %d 0 R/Info %d 0 R/ID [<%s> <%s>]/Filter /FlateDecode" % (
            self.free,
            Fixed.CATALOG,
            Fixed.INFO,
            identifier.hex().encode(),
            identifier.hex().encode(),
        )
        self.stream(number, entries, deflated(self._rows))
        self._put(b"startxref\n%d\n%%%%EOF\n" % begin)

    def _row(self, number: int, kind: int, where: int, which: int) -> None:
        begin = number * _ROW
        self._rows[begin : begin + _ROW] = bytes((kind,)) + where.to_bytes(5, "big") + which.to_bytes(2, "big")

    def _put(self, content: bytes) -> None:
        self._out.write(content)
        self._at += len(content)


def deflated(content: bytes | bytearray) -> bytes:
    """A stream's data, squeezed by ISA-L: smaller than zlib's first level, in a third of its time."""
    return bytes(isal_zlib.compress(content, 1))


def reference(number: int) -> bytes:
    """What refers to an object."""
    return b"%d 0 R" % number


def array(values: Iterable[bytes]) -> bytes:
    """An array of written values."""
    return b"[" + b" ".join(values) + b"]"
