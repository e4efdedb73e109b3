"""Slides: what one shows, and how an answer is shared out over several of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

from forms import french
from forms.document import ReadItem
from forms.kinds import CellType, Column
from reports.cutting import height, shared, spread
from reports.figures import Figure, column_totals
from reports.ideas import Step
from reports.rendering import Line

MOST = 16
"""Slides that one answer may take; what is beyond them is read in the sheet."""
_LINES, _WIDTH = 9, 29.0
"""Lines of a slide of text, and its width in ems: 26 points on 270 mm."""
_LARGE_LINES, _LARGE_WIDTH = 5, 21.5
_FACT_WIDTH, _STEP_WIDTH, _ROW_LINES = 24.0, 26.0, 9.4
_TABLE_WIDTH, _MOST_COLUMNS, _TABLE_LINES = 41.0, 4, 10.2
_NOTE_WIDTH, _NOTE_LINES = 34.0, 3
_TILES = 6
_CAPTION = 110


@dataclass(frozen=True)
class Text:
    """Typed lines; large where there are few."""

    lines: tuple[Line, ...]
    large: bool


@dataclass(frozen=True)
class Fact:
    """A label and what was answered."""

    label: str
    text: str


@dataclass(frozen=True)
class Grid:
    """A table. numbers: for each column whether it stands on the right. total: its last row, empty without one. lead: a
    line above it."""

    heads: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    lead: str = ""


@dataclass(frozen=True)
class Tiles:
    """Figures in large type, and what was said of them in words (empty without)."""

    figures: tuple[Figure, ...]
    note: str = ""


File: TypeAlias = dict[str, Any]
Body: TypeAlias = Text | Grid | tuple[Fact, ...] | tuple[Step, ...] | Tiles | tuple[File, ...]


@dataclass(frozen=True)
class Slide:
    """One page. shape: the name of its template. chapter: what it belongs to. part, parts: of those that show one
    answer. cut: whether its answer goes on in the sheet only."""

    shape: str
    chapter: str
    title: str
    body: Body
    part: int = 1
    parts: int = 1
    cut: bool = False


def _numbered(shape: str, chapter: str, title: str, bodies: Sequence[Body]) -> list[Slide]:
    """A slide for each body, MOST at most; the last one then says that there is more."""
    kept = bodies[:MOST]
    made = [Slide(shape, chapter, title, body, part, len(kept)) for part, body in enumerate(kept, 1)]
    if len(bodies) > MOST:
        made[-1] = replace(made[-1], cut=True)
    return made


def text_slides(chapter: str, title: str, lines: Iterable[Line]) -> list[Slide]:
    """A typed text, cut between its ideas; a short one stands in larger type."""
    # What no slide will show need not be shared out.
    typed, left = [], MOST * _LINES * 3 * int(_WIDTH)
    for line in lines:
        typed.append(Line(line.shape, line.text[:left]))
        left -= len(line.text) + 40
        if left <= 0:
            break
    taken = sum(height(line.text, _LARGE_WIDTH) for line in typed if line.shape != "blank")
    large = taken <= _LARGE_LINES and len(typed) <= 3
    runs = [tuple(typed)] if large else spread(typed, _WIDTH, _LINES)
    return _numbered("text", chapter, title, [Text(run, large) for run in runs if run])


def fact_slides(chapter: str, title: str, facts: Sequence[Fact]) -> list[Slide]:
    """Labels and short answers, in rows."""
    heights = [max(height(fact.text, _FACT_WIDTH), height(fact.label, 10.5)) + 0.45 for fact in facts]
    return _numbered("facts", chapter, title, _rows(facts, heights, _ROW_LINES))


def is_fact(text: str) -> bool:
    """Whether an answer is short enough to stand in a row beside its label."""
    return height(text, _FACT_WIDTH) + text.count("\n") <= _ROW_LINES - 4


def step_slides(chapter: str, title: str, steps: Sequence[Step]) -> list[Slide]:
    """Dated sentences, in rows; one that is longer than a slide makes them a text (IndexError never)."""
    heights = [height(step.text, _STEP_WIDTH) + 0.5 for step in steps]
    if max(heights, default=0) > _ROW_LINES:
        return text_slides(chapter, title, [Line("text", step.text) for step in steps])
    return _numbered("steps", chapter, title, _rows(steps, heights, _ROW_LINES))


def _rows(rows: Sequence[Any], heights: Sequence[float], most: float) -> list[Body]:
    return [tuple(rows[run]) for run in shared(heights, [0.0] * len(rows), most)]


def table_slides(chapter: str, title: str, item: ReadItem, lead: str = "") -> list[Slide]:
    """The rows of a table; those of one with many columns, or with a row as high as a slide, as lines of text.

    lead: said above the first of them; whoever gives one keeps it short.
    """
    every = item.question.kind.columns(item.question)
    cells = item.question.kind.cells(item.value)
    shown = [at for at in range(len(every)) if any(row[at] is not None for row in cells)]
    columns = [every[at] for at in shown]
    rows = [tuple(_words(row[at], every[at]) for at in shown) for row in cells]
    widths = _widths(len(columns))
    heights = [_row_height(row, widths) for row in rows]
    if len(columns) > _MOST_COLUMNS or max(heights) > _TABLE_LINES - 4:
        return text_slides(
            chapter, title, [Line("text", line) for line in (*filter(None, [lead]), *item.text.split("\n"))]
        )
    numbers = tuple(column.type in (CellType.NUMBER, CellType.AMOUNT) for column in columns)
    heads = tuple(column.label for column in columns)
    total = _total(item, columns)
    most = _TABLE_LINES - (1.5 if total else 0) - 1.3 * height(lead, _NOTE_WIDTH) * bool(lead)
    runs = [tuple(rows[run]) for run in shared(heights, [0.0] * len(rows), most)]
    last = len(runs) - 1
    grids = [
        Grid(heads, numbers, run, total if at == last else (), lead if at == 0 else "") for at, run in enumerate(runs)
    ]
    return _numbered("table", chapter, title, grids)


def year_slides(chapter: str, title: str, years: Sequence[int], rows: Sequence[tuple[str, ...]]) -> list[Slide]:
    """A table with a column a year; rows: a label, then what is said of each year."""
    widths = _widths(len(years) + 1)
    heights = [_row_height(row, widths) for row in rows]
    heads, numbers = ("", *map(str, years)), (False, *(True for _year in years))
    runs = shared(heights, [0.0] * len(rows), _TABLE_LINES - 0.5)
    return _numbered("table", chapter, title, [Grid(heads, numbers, tuple(rows[run])) for run in runs])


def _widths(columns: int) -> list[float]:
    """Of the columns of a table, in ems: the first is set wider."""
    if columns < 2:
        return [_TABLE_WIDTH - 1]
    return [_TABLE_WIDTH * 0.36 - 1.2] + [_TABLE_WIDTH * 0.64 / (columns - 1) - 1.2] * (columns - 1)


def _row_height(row: Sequence[str], widths: Sequence[float]) -> float:
    return max(height(cell, width) for cell, width in zip(row, widths, strict=True)) + 0.5


def _words(cell: Any, column: Column) -> str:
    """A cell as people read it; empty without answer."""
    if cell is None:
        return ""
    if column.type is CellType.AMOUNT:
        return french.amount(cell)
    if column.type is CellType.DAY:
        return french.day(cell)
    return french.number(cell) if column.type is CellType.NUMBER else str(cell)


def _total(item: ReadItem, columns: Sequence[Column]) -> tuple[str, ...]:
    totals = column_totals(item)
    if not totals:
        return ()
    found = [totals.get(column.id.rpartition(".")[2]) for column in columns]
    words = ("" if one is None else _resting(one.text, one.given, len(item.value)) for one in found)
    return ("Total", *list(words)[1:])


def _resting(text: str, given: int, of: int) -> str:
    return text if given == of else f"{text} ({given} sur {of})"


def figure_slides(chapter: str, title: str, figures: Sequence[Figure], note: str = "") -> list[Slide]:
    """Figures in large type, six on a slide; note: what was said of them, on the last one."""
    runs = shared([1.0] * len(figures), [0.0] * len(figures), _TILES)
    tiles = [Tiles(tuple(figures[run]), note if run.stop == len(figures) else "") for run in runs]
    return _numbered("figures", chapter, title, tiles)


def is_note(text: str) -> bool:
    """Whether a text is short enough to stand below figures or above a table."""
    return "\n" not in text.strip() and height(text, _NOTE_WIDTH) <= _NOTE_LINES


def picture_slides(chapter: str, files: Sequence[File]) -> list[Slide]:
    """The poster (the first picture that calls itself one, else the first) as a full page; the others in a row of
    two or three."""
    if not files:
        return []
    poster = next((file for file in files if is_poster(file)), files[0])
    others = [file for file in files if file is not poster]
    title = "L’affiche" if is_poster(poster) else "En image"
    found = [Slide("picture", chapter, title, (poster,))]
    if len(others) == 1:
        return [*found, Slide("picture", chapter, "En image", (others[0],))]
    count = -(-len(others) // 3)
    ends = [len(others) * row // max(1, count) for row in range(count + 1)]
    runs = [tuple(others[start:end]) for start, end in pairwise(ends)]
    return [*found, *_numbered("pictures", chapter, "En images", runs)]


def is_poster(file: File) -> bool:
    """Whether the picture calls itself a poster, by its name or by what is said of it."""
    said = " ".join(str(file.get(key, "")) for key in ("name", "caption", "alt"))
    return "affiche" in french.fold(said)


def caption(file: File) -> str:
    """What is said under a picture: nothing rather than the name of a file."""
    return str(file.get("caption") or "")


def caption_is_cut(file: File) -> bool:
    """Whether only the beginning of the caption stands on the slide."""
    return len(caption(file)) > _CAPTION
