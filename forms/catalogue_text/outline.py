"""The outline of a catalogue file: its table of sheets, and the lines of each sheet."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from forms.catalogue_text.shapes import Entry
from forms.definition import FormVersion, Origin
from forms.french import fold
from forms.values import Refused

_HEADER = fold("Nom | Département | Année")
_RULER = frozenset("-|: ")
_YEAR = re.compile(r"19[0-9]{2}|2[01][0-9]{2}")
_START = "Actions"
NOT_TEXT = "Ce fichier n’est pas du texte. Choisissez le fichier texte (.txt) du catalogue public."
NOT_THIS_FORMAT = (
    "Ce fichier n’est pas un export du catalogue public : on n’y trouve ni le tableau "
    "« Nom | Département | Année » ni les fiches. Choisissez le fichier texte du catalogue."
)


@dataclass(frozen=True)
class RawSheet:
    """A sheet's title and the lines below it, from the name of its organisation on."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Outline:
    """The table, the sheets in order, and the lines that belong to neither."""

    entries: tuple[Entry, ...]
    sheets: tuple[RawSheet, ...]
    unread_rows: tuple[str, ...]
    stray_lines: tuple[str, ...]


def decode(data: bytes) -> str:
    """The text of a file: UTF-8 with or without mark, UTF-16 with mark, else Windows-1252.

    Raises Refused for what is no text at all, and for UTF-8 that was damaged: read as another
    encoding, every accent of it would be wrong.
    """
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "cp1252"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        if encoding == "cp1252" and _was_utf8(data):
            raise Refused("Quelques caractères de ce fichier sont abîmés : exportez-le à nouveau, ou en UTF-8.")
        return text
    raise Refused(NOT_TEXT)


def _was_utf8(data: bytes) -> bool:
    """True where more of what is not ASCII reads as UTF-8 than doesn't."""
    beyond = [char for char in data.decode("utf-8", "replace") if char > "\x7f"]
    return 2 * beyond.count("\ufffd") < len(beyond)


def is_item(line: str) -> bool:
    """True for a line « - … »."""
    return line.startswith("-") and not line.startswith("--")


def item_text(line: str) -> str:
    """What stands behind « - »."""
    return line[1:].strip()


def opening_label(version: FormVersion) -> str:
    """The label by which every sheet opens: the one of the organisation."""
    return next(question.label for question in version.questions if question.filled_from is Origin.CENTRE)


def outline(text: str, opening: str) -> Outline:
    """Cut a file into its table and its sheets.

    text: cleaned by forms.values.clean_text. opening: label of the first line of a sheet. Raises
    Refused where the text is empty or is not in this format.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if not any(line.strip() for line in lines):
        raise Refused("Ce fichier est vide. Choisissez le fichier texte du catalogue public.")
    starts = _starts(lines, fold(opening))
    head = lines[: starts[0]] if starts else lines
    header = next((at for at, line in enumerate(head) if fold(line) == _HEADER and "|" in line), None)
    if header is None:
        raise Refused(_without_table(bool(starts)))
    if not starts:
        raise Refused(
            "Ce fichier ne contient que le tableau, sans aucune fiche : il a sans doute été coupé. "
            "Exportez-le à nouveau en entier."
        )
    entries, unread, stray = _table(head[header + 1 :])
    ends = [*starts[1:], len(lines)]
    sheets = tuple(_raw(lines[start:end], fold(opening)) for start, end in zip(starts, ends, strict=True))
    return Outline(entries, sheets, unread, stray)


def _without_table(has_sheets: bool) -> str:
    if not has_sheets:
        return NOT_THIS_FORMAT
    return (
        "Le tableau « Nom | Département | Année » manque en tête du fichier : sans lui, l’année des "
        "fiches est inconnue. Exportez à nouveau le catalogue en entier."
    )


def _opens(line: str, opening: str) -> bool:
    return is_item(line) and fold(line) == opening


def _starts(lines: list[str], opening: str) -> list[int]:
    """Where sheets begin: « Actions », a title, the organisation (or no title at all)."""
    starts: list[int] = []
    at = 0
    while at < len(lines) - 1:
        if lines[at].strip() == _START:
            titled = at + 2 < len(lines) and _opens(lines[at + 2], opening)
            if titled or _opens(lines[at + 1], opening):
                starts.append(at)
                at += 2
        at += 1
    return starts


def _raw(lines: list[str], opening: str) -> RawSheet:
    if len(lines) > 2 and _opens(lines[2], opening):
        return RawSheet(lines[1].strip(), tuple(lines[2:]))
    return RawSheet("", tuple(lines[1:]))


def _table(lines: list[str]) -> tuple[tuple[Entry, ...], tuple[str, ...], tuple[str, ...]]:
    entries: list[Entry] = []
    unread: list[str] = []
    stray: list[str] = []
    for line in lines:
        entry = _row(line)
        if entry:
            entries.append(entry)
        elif line.strip() and not _RULER.issuperset(line):
            (unread if "|" in line else stray).append(line.strip())
    return tuple(entries), tuple(unread), tuple(stray)


def _row(line: str) -> Entry | None:
    """« Name | Department | Year | »; the name itself may hold a bar."""
    cells = [cell.strip() for cell in line.strip().removesuffix("|").rsplit("|", 2)]
    if len(cells) != 3 or not _YEAR.fullmatch(cells[2]):
        return None
    return Entry(cells[0], cells[1], int(cells[2]))


def match_entries(titles: Sequence[str], entries: Sequence[Entry]) -> list[Entry | None]:
    """For each title its line of the table, in order, each line used once.

    Two rounds: the very same words first, so that a near namesake never takes another's line.
    """
    matched: list[Entry | None] = [None] * len(titles)
    used: set[int] = set()
    for key in (str, fold):
        waiting: dict[str, deque[int]] = {}
        for at, entry in enumerate(entries):
            if at not in used:
                waiting.setdefault(key(entry.name), deque()).append(at)
        for at, title in enumerate(titles):
            if matched[at] is not None or (key is fold and not fold(title)):
                continue
            candidates = waiting.get(key(title))
            if candidates:
                used.add(candidates[0])
                matched[at] = entries[candidates.popleft()]
    return matched
