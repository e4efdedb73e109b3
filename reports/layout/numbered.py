"""PDF objects of one part, written once with numbers that are filled in when the part gets its place in a file."""

from __future__ import annotations

import re
from array import array
from typing import Any

import pydyf

from reports.layout.fragment import Template

_OWN = re.compile(rb"(\d+) 0 R")
_FOREIGN = re.compile(rb"(\d+) (65534|65535) R")
_CELL = re.compile(r"(\d+)-(\d+-\d+)")
WIDEST = 9_999_999
"""The highest object number that a place in a template has room for."""


class Own(int):
    """A number that stands alone and is an object's, counted from the part's first object."""


def fixed(number: int) -> bytes:
    """A reference to an object that has the same number in every file (see writing.Fixed)."""
    return b"%d 65535 R" % number


def picture(ordinal: int) -> bytes:
    """A reference to a picture of the part, which a file holds once however many parts show it."""
    return b"%d 65534 R" % ordinal


class Sheaf:
    """Collects a part's objects where WeasyPrint expects a PDF of pydyf's; the first object has number 0."""

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.catalog = pydyf.Dictionary()
        self.info = pydyf.Dictionary()
        self.page_references: tuple[bytes, ...] = ()

    def add_object(self, made: Any) -> None:
        """Give an object the next number."""
        made.number = len(self.objects)
        self.objects.append(made)


class Pen:
    """Writes values of pydyf into one template."""

    def __init__(self) -> None:
        self._out: list[bytes] = []
        self._numbers = array("I")
        self._pictures: dict[int, int] = {}
        self._length = 0

    @property
    def length(self) -> int:
        """How long the bytes written so far will be."""
        return self._length

    def put(self, text: bytes) -> None:
        """Bytes as they are."""
        self._out.append(text.replace(b"%", b"%%"))
        self._length += len(text)

    def number(self, number: int, *, zeros: bool = False) -> None:
        """An object's number, counted from the part's first object."""
        self._out.append(b"%07d" if zeros else b"%7d")
        self._numbers.append(number)
        self._length += 7

    def value(self, value: Any, key: str = "") -> None:
        """A value of pydyf; key: the entry that it stands in, or its array."""
        if isinstance(value, dict):
            self.put(b"<<")
            for name, entry in value.items():
                self.put(b"/" + pydyf._to_bytes(name) + b" ")
                self.value(entry, name)
            self.put(b">>")
        elif isinstance(value, list | tuple):
            self.put(b"[")
            for at, entry in enumerate(value):
                if at:
                    self.put(b" ")
                self.value(entry, key)
            self.put(b"]")
        elif isinstance(value, pydyf.String) and key in ("ID", "Headers"):
            self._cell(value)
        elif isinstance(value, bytes):
            self._bytes(value)
        elif isinstance(value, Own):
            self.number(value)
        else:
            self.put(pydyf._to_bytes(value))

    def _cell(self, value: Any) -> None:
        """The id of a heading cell, which WeasyPrint makes of its table's number."""
        table, place = _CELL.fullmatch(value.string).groups()  # type: ignore[union-attr]
        self.put(b"(")
        self.number(int(table), zeros=True)
        self.put(b"-" + place.encode() + b")")

    def _bytes(self, value: bytes) -> None:
        if own := _OWN.fullmatch(value):
            self.number(int(own[1]))
            self.put(b" 0 R")
        elif foreign := _FOREIGN.fullmatch(value):
            if foreign[2] == b"65534":
                self._pictures[len(self._numbers)] = int(foreign[1])
                self.number(0)
                self.put(b" 0 R")
            else:
                self.put(foreign[1] + b" 0 R")
        else:
            self.put(value)

    def template(self) -> Template:
        """What was written."""
        return Template(b"".join(self._out), self._numbers, self._pictures)
