"""The one-pager (*fiche en une page*): one action on exactly one A4, whatever the length of its texts.

A text that finds no room is cut at the end of a sentence and says where the rest is. How much room there is gets
measured: the page is printed with what should fit by the widths of its letters, then with less until it is one page.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from forms.document import AnswerStatus, ReadItem
from forms.kinds import is_picture
from reports.album import Album
from reports.characters import replacements
from reports.content import Progress, ReportInput, ReportSheet
from reports.cutting import BLANK, beginning, height
from reports.deck import newest
from reports.figures import key_figures
from reports.printing import Printed, print_page
from reports.rendering import Line, lines, render, shortened
from reports.slides import File, is_poster
from reports.tints import tint

_TEXTS = ("summary", "results_territory", "results_centre", "results_residents", "limits", "perspectives")
_ACCOUNTS = ("description", "experience")
"""What tells the action best after the summary."""
_BESIDE = (
    "public", "partners", "partners_named", "people", "funding", "keywords", "initiative_territory", "dimension",
    "status",
)  # fmt: skip
_TITLES = {"public": "Publics", "limits": "Limites", "perspectives": "Et ensuite"}
_WIDTH, _ROOM, _HEAD = 36.0, 45.0, 1.9
"""Of the column of texts: its width in ems, its height in lines, and what a heading takes of it."""
_SHARES, _STEP, _LAST_SHARE = (1.2, 1.0, 0.8), 0.1, 0.35
"""Of the room, what is tried; what is tried beyond one that fits; what fits whatever the letters are."""
_LEAST, _WORTH_IT = 4, 7.0
_MOST_NAMES, _MOST_TILES = 6, 5
_BESIDE_WIDTH, _LINE_MM, _LEAST_PICTURE, _MOST_PICTURE = 17.0, 4.6, 50, 82
"""Of the narrow column: its width in ems; a line's height, and a picture's with the space below, in millimetres."""
_NAME, _FACT = 60, 150


@dataclass(frozen=True)
class Told:
    """A text on the page. cut: whether it goes on in the sheet."""

    id: str
    label: str
    lines: tuple[Line, ...]
    cut: bool


@dataclass(frozen=True)
class Beside:
    """What stands in the narrow column: a label, short texts, and how many more there are."""

    label: str
    texts: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True)
class _Page:
    """A printing: its bytes, whether it is one page, and what the printer met."""

    pdf: bytes
    fits: bool
    printed: Printed


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; the newest of the sheets (ValueError without one), printed four times at most."""
    sheet, _former = newest(content.sheets)
    album = Album.of(content)
    picture = _picture(sheet)
    figures = [figure for figure in key_figures((sheet,)) if figure.value is not None and not figure.group]
    room = _ROOM - 2.2 * (height(sheet.title, 33) - 1) - (4.5 if figures else 0)
    high = room * _LINE_MM
    beside = _beside(sheet, high - (_LEAST_PICTURE if picture else 0))
    picture_mm = max(_LEAST_PICTURE, min(_MOST_PICTURE, int(high - _taken(beside)))) - 5
    shown = {album.names[picture["id"]]} if picture else set()
    readers = {name: read for name, read in album.readers.items() if name in shown}

    def printed_with(share: float) -> _Page:
        html = render(
            "reports/one_page.html",
            content=content,
            sheet=sheet,
            texts=_texts(sheet, room * share),
            beside=beside,
            figures=figures[:_MOST_TILES],
            picture=picture,
            picture_mm=picture_mm,
            pictures=album.names,
            held=share == _LAST_SHARE,
            tint=tint(content.design.colour),
        )
        made = io.BytesIO()
        printed = print_page(html, readers, made, progress)
        return _Page(made.getvalue(), _pages(made) == 1, printed)

    page = _fullest(printed_with)
    out.write(page.pdf)
    return (*replacements((sheet,)), *album.notes(page.printed))


def _fullest(printed_with: Callable[[float], _Page]) -> _Page:
    """The page with most on it that is one page, in four printings at most; the last share always fits."""
    if (page := printed_with(_SHARES[0])).fits:
        return page
    for share in _SHARES[1:]:
        if (page := printed_with(share)).fits:
            more = printed_with(share + _STEP)
            return more if more.fits else page
    return printed_with(_LAST_SHARE)


def _pages(pdf: BinaryIO) -> int:
    # Only where one is made: whoever serves pages starts without it.
    from pypdf import PdfReader

    return len(PdfReader(pdf).pages)


def _answered(sheet: ReportSheet, question: str) -> ReadItem | None:
    if question not in sheet.document.version:
        return None
    item = sheet.document.item(question)
    return item if item.status is AnswerStatus.ANSWERED else None


def _texts(sheet: ReportSheet, room: float) -> list[Told]:
    """The texts in so many lines. Where they leave room, or there is no summary, the account of the action has it."""
    items = [item for question in _TEXTS if (item := _answered(sheet, question))]
    account = [item for question in _ACCOUNTS if (item := _answered(sheet, question))][:1]
    if not _answered(sheet, "summary"):
        return _cut([*account, *items], room)
    left = room - sum(_HEAD + _height(item.text) for item in items) - _HEAD
    if left < _WORTH_IT:
        return _cut(items, room)
    told = _cut(items, room)
    return [*told[:1], *(_told(item, left) for item in account), *told[1:]]


def _cut(items: Sequence[ReadItem], room: float) -> list[Told]:
    """The texts in so many lines, headings included; what short ones leave goes to the long ones, in equal parts."""
    left = room - _HEAD * len(items)
    wanted = {item.question.id: _height(item.text) for item in items}
    shares: dict[str, float] = {}
    for waiting, (id, wants) in zip(range(len(items), 0, -1), sorted(wanted.items(), key=_by_height), strict=True):
        shares[id] = min(wants, max(_LEAST, left / waiting))
        left -= shares[id]
    return [_told(item, shares[item.question.id]) for item in items]


def _by_height(pair: tuple[str, float]) -> float:
    return pair[1]


def _told(item: ReadItem, most: float) -> Told:
    text = item.text.rstrip()
    kept = _within(text, most)
    typed = tuple(line for line in lines(kept) if line.shape != "blank")
    label = _TITLES.get(item.question.id, item.question.short_label)
    return Told(item.question.id, label, typed, kept != text)


def _height(text: str) -> float:
    """Lines of the column that a typed text takes; only as much of it is measured as can matter."""
    found = 0.0
    for line in lines(text[:8000]):
        found += BLANK if line.shape == "blank" else height(line.text, _WIDTH) + 0.2
    return found


def _within(text: str, most: float) -> str:
    """The beginning of the text that takes so many lines at most, by halving."""
    if len(text) <= 8000 and _height(text) <= most:
        return text
    least, length = 1, min(len(text), 8000)
    while least < length:
        middle = (least + length + 1) // 2
        if _height(beginning(text[: middle + 400], middle)) <= most - 0.7:
            least = middle
        else:
            length = middle - 1
    return beginning(text, least)


def _beside(sheet: ReportSheet, room: float) -> list[Beside]:
    """The facts of the narrow column, the most useful first, as many as find room (millimetres)."""
    found: list[Beside] = []
    for question in _BESIDE:
        item = _answered(sheet, question)
        part = _part(item) if item else None
        if part and _taken([*found, part]) <= room:
            found.append(part)
    return found


def _part(item: ReadItem) -> Beside | None:
    label = _TITLES.get(item.question.id, item.question.short_label)
    if not item.question.kind.own_tab:
        return Beside(label, (shortened(" ".join(item.text.split()), _FACT),))
    names = [str(row["name"]) for row in item.value if row.get("name")]
    shown = tuple(shortened(name, _NAME) for name in names[:_MOST_NAMES])
    return Beside(label, shown, len(names) - len(shown)) if names else None


def _taken(parts: Sequence[Beside]) -> float:
    """The height of these in the narrow column, in millimetres."""
    return _LINE_MM * sum(
        _HEAD + sum(height(text, _BESIDE_WIDTH) + 0.15 for text in part.texts) + bool(part.more) for part in parts
    )


def _picture(sheet: ReportSheet) -> File | None:
    """The poster, or the first picture."""
    files = [
        row
        for section in sheet.document.sections
        for item in section.answered
        if item.question.kind.uploads
        for row in item.value
        if is_picture(row)
    ]
    return next((file for file in files if is_poster(file)), files[0] if files else None)
