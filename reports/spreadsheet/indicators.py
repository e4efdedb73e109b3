"""The tab of figures: formulas over the tab of sheets, each with what it rests on, and charts of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from forms.kinds import CellType
from reports.spreadsheet.cells import Formula, Look, Styled, encoded
from reports.spreadsheet.charts import add_chart, chart_rows, with_counts
from reports.spreadsheet.package import Stream
from reports.spreadsheet.styles import (
    COUNTED,
    FIGURE_HEADING,
    FORMATS,
    HEADING,
    NOTE,
    PERCENT,
    TITLE,
    TOPIC,
    cell_at,
    new_tab,
    style_number,
    text_look,
    value_style,
    write,
)
from reports.spreadsheet.tab import FIRST_ROW, last_row
from reports.spreadsheet.tally import ESTIMATED, UNKNOWN, Group, Line, Measure, Sum, Tally
from reports.tables import INDICATORS, NOT_ASKED_TEXT, SHEETS, UNASKED_IDS, Tables

_FIRST = 4
"""The row of the first block; above it the title and how to read what follows."""
_KEY_HEADS = (
    "Indicateur", "Total", "Unité", "Fiches qui ont répondu", "Fiches interrogées", "Fiches en tout", "Ne sait pas",
    "Dont estimé", "Part estimée",
)  # fmt: skip
_LABELS, _COLUMN, _HEADS_HEIGHT = 46, 13, 56.0
"""Characters across the first column and the others; points of a row of headings."""
_HEADS_ROWS = 3
"""Rows that such a row takes the place of, itself left out."""
_PAGE, _PAGE_ROWS = 106, 30
"""Characters and rows on a page of A4 lying, at its full size."""
_MISSING = "non renseigné"
_EXPLAINED = (
    "Chaque chiffre est une formule sur l’onglet « Fiches » : corrigez une copie, il suit. Il ne repose que "
    "sur les fiches qui ont répondu ; sans réponse, la case reste vide et ce n’est pas un zéro."
)


@dataclass(frozen=True)
class _Numbers:
    """Style numbers of the tab."""

    topic: int
    heading: int
    figure_heading: int
    note: int
    text: int
    count: int
    amount: int
    percent: int


class Indicators:
    """The tab, written while the sheets' rows have gone by: lines() holds what the tally knows by then."""

    def __init__(self, tables: Tables, tally: Tally) -> None:
        self.tally = tally
        self._last = last_row(tables.sheets.count)
        self._unasked = [head.column.id for head in tables.sheets.heads].index(UNASKED_IDS.id)
        self.width = max(len(_KEY_HEADS), 3 + 2 * len(tally.measures))
        self._numbers: _Numbers

    def open(self, book: Workbook) -> Stream:
        """The tab with its title and charts, and the stream of its lines, to be drawn from after the sheets' own."""
        sheet = new_tab(book, INDICATORS)
        looks = self._set_up(sheet)
        return Stream(self.last, lambda: encoded(self.lines(), looks, first=_FIRST - 1, heights=self._heights()))

    def finished(self, name: str, content: bytes) -> bytes:
        """A part of the file by its name, the charts with the counts that the tally knows once all rows were seen."""
        if not name.startswith("xl/charts/"):
            return content
        groups = self.tally.groups
        return with_counts(content, lambda group, line: self.tally.held(group, groups[group].lines[line]).sheets)

    def _set_up(self, sheet: Worksheet) -> list[Look]:
        write(cell_at(sheet, 1, 1), INDICATORS, TITLE)
        write(cell_at(sheet, 2, 1), _EXPLAINED, NOTE)
        text, number = value_style(CellType.TEXT), value_style(CellType.NUMBER)
        self._numbers = _Numbers(
            style_number(sheet, TOPIC),
            style_number(sheet, HEADING),
            style_number(sheet, FIGURE_HEADING),
            style_number(sheet, NOTE),
            style_number(sheet, text),
            style_number(sheet, number, COUNTED),
            style_number(sheet, number, FORMATS[CellType.AMOUNT]),
            style_number(sheet, number, PERCENT),
        )
        sheet.column_dimensions["A"].width = _LABELS
        for at in range(2, self.width + 1):
            sheet.column_dimensions[get_column_letter(at)].width = _COLUMN
        for chart, (start, group) in enumerate(self._places()):
            labels = [line.label for line in group.lines]
            add_chart(sheet, group.title, labels, start + 1, start + len(labels) + 3, chart)
        sheet.sheet_view.showGridLines = False
        sheet.freeze_panes = "B4"
        self._set_pages(sheet)
        plain = text_look(sheet, NOTE)
        return [plain] * self.width

    def _set_pages(self, sheet: Worksheet) -> None:
        """A scale at which all columns fit, and no group cut in two: breaks are only heeded where a scale is given."""
        scale = max(30, min(100, int(100 * _PAGE / (_LABELS + _COLUMN * (self.width - 1)))))
        sheet.page_setup.scale = scale
        room, begun = int(_PAGE_ROWS * 100 / scale), 1
        for row, group in self._places():
            if row + _height(group) + _HEADS_ROWS - begun > room:
                sheet.row_breaks.append(Break(id=row - 1))
                begun = row

    def _places(self) -> Iterator[tuple[int, Group]]:
        """The groups, each with the row of its title."""
        row = _FIRST + len(self.tally.measures) + 3
        for group in self.tally.groups:
            yield row, group
            row += _height(group)

    def _heights(self) -> dict[int, float]:
        """The rows of headings, whose words take four lines."""
        return {_FIRST + 1: _HEADS_HEIGHT} | {row + 1: _HEADS_HEIGHT for row, _group in self._places()}

    @property
    def last(self) -> str:
        """The place of the last cell."""
        blocks = [row + _height(group) - 1 for row, group in self._places()]
        return f"{get_column_letter(self.width)}{max(blocks, default=_FIRST + len(self.tally.measures) + 2)}"

    def lines(self) -> Iterator[Sequence[Any]]:
        """The rows from the third on. Raises nothing; to be drawn from when every row of the sheets was seen."""
        yield self._line()
        yield self._line(Styled("Chiffres clés", self._numbers.topic))
        yield self._heads(_KEY_HEADS)
        for at, measure in enumerate(self.tally.measures):
            yield self._line(*self._key_figure(at, measure))
        yield self._line()
        for number, (row, group) in enumerate(self._places()):
            yield self._line(Styled(group.title, self._numbers.topic))
            yield self._heads(("Réponse" if group.question else "", "Fiches", "Part", *self._measure_heads()))
            for line in group.lines:
                yield self._line(*self._group_line(number, line, row + len(group.lines) + 2))
            yield self._line(*self._base(number, group))
            for _blank in range(chart_rows(len(group.lines)) + 1):
                yield self._line()

    def _line(self, *cells: Any) -> list[Any]:
        return [*cells, *[None] * (self.width - len(cells))]

    def _heads(self, heads: Sequence[str]) -> list[Any]:
        first, *others = heads
        of_figures = (Styled(head, self._numbers.figure_heading) for head in others)
        return self._line(Styled(first, self._numbers.heading), *of_figures)

    def _measure_heads(self) -> list[str]:
        return [head for measure in self.tally.measures for head in (measure.label, "réponses")]

    def _range(self, place: int) -> str:
        letter = get_column_letter(place + 1)
        return f"{SHEETS}!${letter}${FIRST_ROW}:${letter}${self._last}"

    @property
    def _all(self) -> str:
        return f"COUNTA({self._range(0)})"

    def _asked(self, question: str) -> Formula:
        """How many sheets were asked: all but those that name the question among those not asked."""
        formula = f'{self._all}-SUMPRODUCT(--ISNUMBER(FIND(" {question} ",{self._range(self._unasked)})))'
        return Formula(formula, self.tally.sheets - self.tally.unasked.get(question, 0))

    def _style(self, measure: Measure) -> int:
        return self._numbers.amount if measure.type is CellType.AMOUNT else self._numbers.count

    def _key_figure(self, at: int, measure: Measure) -> list[Any]:
        found, of = self.tally.sums[at], self._range(measure.place)
        style, count = self._style(measure), self._numbers.count
        total = Formula(f'IF(COUNT({of})=0,"{_MISSING}",SUM({of}))', found.value if found.count else _MISSING)
        cells = [
            Styled(measure.label, self._numbers.text),
            Styled(total, style),
            Styled(measure.unit, self._numbers.text),
            Styled(Formula(f"COUNT({of})", found.count), count),
            Styled(self._asked(measure.question), count),
            Styled(Formula(self._all, self.tally.sheets), count),
        ]
        if measure.how is None:
            return cells
        how, estimated = self._range(measure.how), self.tally.estimated[at]
        share = round(float(estimated) / float(found.value), 15) if found.value else ""
        return [
            *cells,
            Styled(Formula(f'COUNTIF({how},"{UNKNOWN}")', self.tally.unknown[at]), count),
            Styled(Formula(f'SUMIFS({of},{how},"{ESTIMATED}")', estimated), style),
            Styled(
                Formula(f'IF(SUM({of})=0,"",SUMIFS({of},{how},"{ESTIMATED}")/SUM({of}))', share), self._numbers.percent
            ),
        ]

    def _group_line(self, number: int, line: Line, base: int) -> list[Any]:
        held, answered = self.tally.held(number, line), self.tally.answered[number]
        share = round(held.sheets / answered, 15) if answered else ""
        keys = [(self._range(place), _criterion(value)) for place, value in line.keys]
        sheets = "+".join(f"COUNTIF({of},{wanted})" for of, wanted in keys)
        cells = [
            Styled(line.label, self._numbers.text),
            Styled(Formula(sheets, held.sheets), self._numbers.count),
            Styled(Formula(f'IF($B${base}=0,"",({sheets})/$B${base})', share), self._numbers.percent),
        ]
        for measure, known in zip(self.tally.measures, held.sums, strict=True):
            cells += self._summed(measure, known, keys)
        return cells

    def _summed(self, measure: Measure, known: Sum, keys: list[tuple[str, str]]) -> list[Any]:
        of = self._range(measure.place)
        given = "+".join(f'COUNTIFS({where},{wanted},{of},">=0")' for where, wanted in keys)
        total = "+".join(f"SUMIFS({of},{where},{wanted})" for where, wanted in keys)
        return [
            Styled(Formula(f'IF({given}=0,"",{total})', known.value if known.count else ""), self._style(measure)),
            Styled(Formula(given, known.count), self._numbers.count),
        ]

    def _base(self, number: int, group: Group) -> list[Any]:
        """What the lines of a group rest on: how many sheets answered, of how many that were asked."""
        of, count = self._range(group.place), self._numbers.count
        answered = f'COUNTA({of})-COUNTIF({of},"{NOT_ASKED_TEXT}")'
        several = " ; plusieurs réponses possibles" if group.many else ""
        cells = [
            Styled(f"Fiches qui ont répondu{several}" if group.question else "Fiches en tout", self._numbers.text),
            Styled(Formula(answered, self.tally.answered[number]), count),
        ]
        if not group.question:
            return cells
        return [*cells, Styled("interrogées :", self._numbers.text), Styled(self._asked(group.question), count)]


def _height(group: Group) -> int:
    """Rows that a group takes: title, headings, lines, base, chart, one that is left blank."""
    return len(group.lines) + 4 + chart_rows(len(group.lines))


def _criterion(value: str | int) -> str:
    """What COUNTIF looks for: a number, or exactly that text."""
    if isinstance(value, int):
        return str(value)
    for special in "~*?":
        value = value.replace(special, f"~{special}")
    begins = "=" if value[:1] in "<>=" else ""
    return '"' + begins + value.replace('"', '""') + '"'
