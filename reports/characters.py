"""Characters that neither paper nor a workbook can hold: what stands for them, and saying so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from forms.french import plural
from reports.content import ReportSheet

REPLACEMENT = "\ufffd"
_ILLEGIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane * 0x10000 + end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
    + "]"
)

_SINGLE_BYTES = bytes({*range(9), *range(0x0B, 0x20), 0x7F, *range(0xF0, 0xF5)})
"""Control characters in UTF-8, and what begins a character beyond U+FFFF: some of those are non-characters."""
_CONTROL_PAIR = re.compile(b"\xc2[\x80-\x9f]")
_HIGH = re.compile(b"\xef[\xb7\xbf]")
"""UTF-8 of the other control characters; of U+FDD0 to U+FDEF, U+FFFE and U+FFFF with their neighbours."""
_AS_JSON = json.JSONEncoder(ensure_ascii=False, default=str).encode
_ESCAPES = ("\\u00", "\\b", "\\f", "\\r")
"""How JSON writes control characters, but for the tab and the line feed."""

_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
_PIECE = 32_000
"""A cell holds 32,767 units; some are left for what the person adds."""


def legible(text: str) -> str:
    """The text with « � » for each control character, lone surrogate and non-character.

    Tabs and line feeds stay. Same length as before.
    """
    return _ILLEGIBLE.sub(REPLACEMENT, text)


def escaped(text: str) -> str:
    """The text as a workbook must hold it: Excel reads « _x0041_ » as « A », which nobody typed."""
    return _LOOKS_ESCAPED.sub("_x005F_", text)


def exact(text: str) -> str:
    """The text as a workbook must hold it to give it back character for character.

    Control characters are written as Excel writes them (« _x0001_ »); what looks so already is escaped.
    """
    return _CONTROL.sub(lambda found: f"_x{ord(found.group()):04X}_", escaped(text))


def pieces(text: str) -> list[str]:
    """The text in pieces, each of which a cell holds; joined, they are the text. One at least."""
    found = []
    while len(text) > _PIECE or _units(text) > _PIECE:
        length = _PIECE
        while _units(text[:length]) > _PIECE:
            length = length * 9 // 10
        found.append(text[:length])
        text = text[length:]
    return [*found, text]


def _units(text: str) -> int:
    """Length as Excel counts: UTF-16 units, escapes spelt out."""
    return len(exact(text).encode("utf-16-le")) // 2


def is_clean(text: str) -> bool:
    """True where legible() changes nothing."""
    return clean_bytes(text) is not None


def clean_bytes(text: str) -> bytes | None:
    """The text in UTF-8 where legible() changes nothing, else None.

    Ten to a hundred times as fast as the pattern, for texts of any length.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return None
    doubtful = len(content.translate(None, _SINGLE_BYTES)) != len(content)
    # One after the other: a pattern that begins with one byte is looked for ten times as fast as one of two.
    if doubtful or _CONTROL_PAIR.search(content) or _HIGH.search(content):
        return content if _ILLEGIBLE.search(text) is None else None
    return content


def texts_in(value: Any) -> Iterator[str]:
    """Every text in an answer's value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def replacements(sheets: Iterable[ReportSheet]) -> tuple[str, ...]:
    """One French sentence for each answer in which legible() changes something."""
    return tuple(
        f"Fiche {legible(sheet.reference)}, « {item.question.short_label} » : "
        f"{plural(count, 'caractère illisible remplacé', 'caractères illisibles remplacés')} par « {REPLACEMENT} »."
        for sheet in sheets
        if _is_suspect(sheet)
        for section in sheet.document.sections
        for item in section.items
        if (count := _illegible_in(item.value))
    )


def _is_suspect(sheet: ReportSheet) -> bool:
    """False where no text of the sheet needs a look: all of them are looked at together, as one JSON."""
    values = _AS_JSON([item.value for section in sheet.document.sections for item in section.items])
    return any(escape in values for escape in _ESCAPES) or not is_clean(values)


def _illegible_in(value: Any) -> int:
    return sum(len(_ILLEGIBLE.findall(text)) for text in texts_in(value))
