"""The outline of a file (its bookmarks), in the depths that WeasyPrint would give it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reports.layout.writing import File, reference


@dataclass
class _Entry:
    """One entry: its number, its title and target as written, and those below it."""

    number: int
    title: bytes
    target: bytes
    closed: bool
    below: list[_Entry] = field(default_factory=list)


def write_outline(file: File, bookmarks: Iterable[tuple[int, bytes, bytes, bool]]) -> int:
    """Write (level, title, target, closed), in order; the number of the outline's root.

    A level that is skipped adds no depth: 1, 3, 2 are a chapter and two entries below it.
    """
    root = _Entry(file.take(), b"", b"", closed=False)
    open_: list[tuple[int, _Entry]] = [(0, root)]
    for level, title, target, closed in bookmarks:
        while open_[-1][0] >= level:
            open_.pop()
        entry = _Entry(file.take(), title, target, closed)
        open_[-1][1].below.append(entry)
        open_.append((level, entry))
    count = _write_below(file, root)
    ends = b"/First %s/Last %s" % (reference(root.below[0].number), reference(root.below[-1].number))
    file.plain(root.number, b"<</Type /Outlines/Count %d%s>>" % (count, ends))
    return root.number


def _write_below(file: File, parent: _Entry) -> int:
    """Write an entry's entries; how many stand open below it."""
    count = len(parent.below)
    for at, entry in enumerate(parent.below):
        inner = _write_below(file, entry)
        written = [b"/Title ", entry.title, b"/Dest ", entry.target, b"/Parent ", reference(parent.number)]
        if at:
            written += [b"/Prev ", reference(parent.below[at - 1].number)]
        if at + 1 < len(parent.below):
            written += [b"/Next ", reference(parent.below[at + 1].number)]
        if entry.below:
            written += [b"/First ", reference(entry.below[0].number), b"/Last ", reference(entry.below[-1].number)]
            written.append(b"/Count %d" % (-inner if entry.closed else inner))
        file.plain(entry.number, b"<<" + b"".join(written) + b">>")
        if not entry.closed:
            count += inner
    return count
