"""Charts as vectors: bars and columns in SVG, each with its text alternative, beside a table of the same values.

A chart holds no letter: labels and values stand in the table beside it, in rows (or columns) of a set size, so that
both fit each other. Series differ in lightness, so that they are told apart in black and white. The colours stand in
the SVG itself: style sheets of a page don't reach into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from forms import french
from reports.characters import legible
from reports.colours import Palette
from reports.figures import Breakdown, Figure

MOST_ROWS = 18
"""Rows of a chart; what is rarer is one line below it."""
ROW, SERIES_ROW = Decimal("4.4"), Decimal("2.2")
"""Height in mm of a line of a label, and of a bar among several."""
_TRACK = "#ebe7df"
_NARROW, _WIDE = frozenset("iljtfr.,;:!'’()[]/ -"), frozenset("mwMW&%@—")

# Width of the bars in mm, and of a label in average letters, in each shape of chart.
SHORT, WIDE = (Decimal(27), 21.5), (Decimal(60), 36.0)


@dataclass(frozen=True)
class ChartRow:
    """A row. label: its lines. target: where its sheets are listed, « #… ». texts: its values as read, column by
    column (of a single series: how many, and per cent)."""

    label: tuple[str, ...]
    target: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """A chart and the table of its values. heads: of the columns of values; empty for how many and per cent.
    heights: of each row, in lines of a label. rest: what is not drawn, in French."""

    id: str
    ref: str
    title: str
    base: str
    rows: tuple[ChartRow, ...]
    heights: tuple[int, ...]
    picture: Markup
    heads: tuple[str, ...] = ()
    rest: str = ""


def row_anchor(ref: str, code: str) -> str:
    """The anchor under which the sheets of a row are listed: « g2-culture »."""
    return f"{ref}-{'-'.join(french.fold(code).split())}".lower()


def bars(breakdown: Breakdown, ref: str, colours: Palette) -> Chart:
    """How many sheets gave each answer, the most frequent first."""
    width, letters = SHORT
    drawn, rest = breakdown.shares[:MOST_ROWS], breakdown.shares[MOST_ROWS:]
    rows = tuple(
        ChartRow(
            tuple(broken(share.label, letters)),
            f"#{row_anchor(ref, share.code)}",
            (french.number(share.count), f"{share.percent}{french.NARROW}%"),
        )
        for share in drawn
    )
    heights = tuple(len(row.label) for row in rows)
    said = "\u202f; ".join(f"{share.label}\u00a0: {share.count}, {share.percent}\u00a0%" for share in drawn)
    picture = _bars(
        f"Barres\u00a0: {breakdown.label}. {said}.", [(share.percent,) for share in drawn], heights, width, colours
    )
    base = breakdown.base.text + ("\u202f; plusieurs réponses possibles" if breakdown.many else "")
    return Chart(breakdown.id, ref, breakdown.label, base, rows, heights, picture, rest=_rest(len(rest)))


def _rest(count: int) -> str:
    return f"et {french.plural(count, 'autre réponse, plus rare', 'autres réponses, plus rares')}" if count else ""


def bars_by_year(by_year: dict[int, Breakdown], ref: str, colours: Palette) -> Chart:
    """The share of each answer year by year, among the sheets of that year that answered.

    by_year: the same breakdown of each year's sheets, years ascending; one without an answer has no bar, and no 0.
    """
    width, letters = WIDE
    newest = list(by_year.values())[-1]
    labels = {share.code: share.label for breakdown in by_year.values() for share in breakdown.shares}
    percents = {
        code: tuple(_percent(breakdown, code) for breakdown in by_year.values())
        for code in sorted(labels, key=lambda code: (-sum(_count(b, code) for b in by_year.values()), labels[code]))
    }
    codes = list(percents)[:MOST_ROWS]
    rows = tuple(
        ChartRow(
            tuple(broken(labels[code], letters)),
            f"#{row_anchor(ref, code)}",
            tuple("–" if percent is None else f"{percent}{french.NARROW}%" for percent in percents[code]),
        )
        for code in codes
    )
    heights = tuple(max(len(row.label), (len(by_year) + 2) // 2) for row in rows)
    said = f"Barres\u00a0: {newest.label}, {', '.join(map(str, by_year))}. " + "\u202f; ".join(
        f"{' '.join(row.label)}\u00a0: {', '.join(row.texts)}" for row in rows
    )
    picture = _bars(f"{said}.", [percents[code] for code in codes], heights, width, colours)
    base = " · ".join(f"{year}\u00a0: {breakdown.base.text}" for year, breakdown in by_year.items())
    heads = tuple(map(str, by_year))
    return Chart(newest.id, ref, newest.label, base, rows, heights, picture, heads, _rest(len(percents) - len(codes)))


def _count(breakdown: Breakdown, code: str) -> int:
    return sum(share.count for share in breakdown.shares if share.code == code)


def _percent(breakdown: Breakdown, code: str) -> int | None:
    if not breakdown.base.answered:
        return None
    return sum(share.percent for share in breakdown.shares if share.code == code)


def _bars(
    title: str, rows: Sequence[Sequence[int | None]], heights: Sequence[int], width: Decimal, colours: Palette
) -> Markup:
    """Horizontal bars. rows: per cent of each series. heights: of the rows, in ROW. width: of 100 %, in mm."""
    drawn: list[Markup] = []
    tones = colours.tones(len(rows[0])) if rows else ()
    top = Decimal(0)
    for percents, height in zip(rows, heights, strict=True):
        thick = Decimal("2.4") if len(tones) == 1 else SERIES_ROW - Decimal("0.4")
        first = (height * ROW - SERIES_ROW * (len(tones) - 1) - thick) / 2
        for at, (percent, tone) in enumerate(zip(percents, tones, strict=True)):
            drawn += _bar(top + first + at * SERIES_ROW, percent, thick, width, tone, track=len(tones) == 1)
        top += height * ROW
    return _svg(title, width, top, drawn)


def _bar(top: Decimal, percent: int | None, thick: Decimal, width: Decimal, tone: str, *, track: bool) -> list[Markup]:
    """A bar, in its track where it stands alone; nothing where there is no value."""
    if percent is None:
        return []
    drawn = [_rect(Decimal(0), top, width, thick, _TRACK)] if track else []
    # What is there but very little is still seen; a 0 is a hair's breadth at the axis.
    length = max(width * percent / 100, Decimal("0.4") if percent else Decimal("0.15"))
    return [*drawn, _rect(Decimal(0), top, length, thick, tone)]


@dataclass(frozen=True)
class Columns:
    """A figure year by year: one column each. texts: values without their unit; bases: what each rests on."""

    ref: str
    title: str
    heads: tuple[str, ...]
    texts: tuple[str, ...]
    bases: tuple[str, ...]
    picture: Markup


def columns(ref: str, title: str, by_year: dict[int, Figure], colours: Palette) -> Columns:
    """A figure of several years side by side; a year without a value has no column, and no 0."""
    width, height = Decimal(15) * len(by_year), Decimal(20)
    highest = max(
        (Decimal(figure.value) for figure in by_year.values() if figure.value is not None), default=Decimal(0)
    )
    drawn: list[Markup] = [_rect(Decimal(0), height - Decimal("0.2"), width, Decimal("0.2"), colours.ink)]
    for at, (figure, tone) in enumerate(zip(by_year.values(), colours.tones(len(by_year)), strict=True)):
        if figure.value is not None and highest:
            tall = (height - 1) * Decimal(figure.value) / highest
            drawn.append(_rect(at * Decimal(15) + 3, height - tall, Decimal(9), tall, tone))
    said = "\u202f; ".join(f"{year}\u00a0: {figure.text}" for year, figure in by_year.items())
    return Columns(
        ref,
        title,
        tuple(map(str, by_year)),
        tuple(figure.plain if figure.value is not None else "–" for figure in by_year.values()),
        tuple(f"{figure.base.answered} sur {figure.base.asked}" for figure in by_year.values()),
        _svg(f"Colonnes\u00a0: {title}. {said}.", width, height, drawn),
    )


def _svg(title: str, width: Decimal, height: Decimal, drawn: Sequence[Markup]) -> Markup:
    """A picture of that size in mm, drawn in mm. Its title is the text alternative."""
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart-picture" width="{w}mm" height="{h}mm" '
        'viewBox="0 0 {w} {h}"><title>{title}</title>{drawn}</svg>'
    ).format(w=width, h=height, title=legible(title), drawn=Markup("").join(drawn))


def _rect(x: Decimal, y: Decimal, width: Decimal, height: Decimal, fill: str) -> Markup:
    sizes = {name: f"{value:.2f}" for name, value in (("x", x), ("y", y), ("width", width), ("height", height))}
    return Markup('<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>').format(fill=fill, **sizes)


def broken(label: str, letters: float) -> list[str]:
    """A label in lines of about that many average letters, broken between words; a longer word stays whole."""
    lines: list[str] = []
    for word in label.split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and _width(joined) <= letters:
            lines[-1] = joined
        elif word or not lines:
            lines.append(word)
    return lines


def _width(text: str) -> float:
    """In average letters of Inter."""
    return sum(
        0.55 if letter in _NARROW else 1.5 if letter in _WIDE else 1.25 if letter.isupper() else 1.05 for letter in text
    )
