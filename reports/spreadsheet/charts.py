"""Charts that Excel draws itself, from the cells beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.data_source import AxDataSource, NumData, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.worksheet.worksheet import Worksheet

from reports.characters import legible
from reports.spreadsheet.styles import ACCENT

_COUNTS = re.compile(rb"<(?:\w+:)?numCache>.*?</(?:\w+:)?numCache>", re.DOTALL)
_COUNT = re.compile(rb"(<(?:\w+:)?v>)([0-9.]+)")
_MOST_LINES = 100_000
"""Of a chart: a count that isn't known yet is its chart's number times this, and its line's."""
_WIDTH = 24
_ROW = 0.51
"""Centimetres: of a chart, and the height of a row."""


def chart_rows(count: int) -> int:
    """How many rows a chart of that many bars covers below its table."""
    return 6 + math.ceil(1.3 * count)


def add_chart(sheet: Worksheet, title: str, labels: Sequence[str], heads: int, at: int, number: int) -> None:
    """Bars of the counts in column B, named by column A.

    labels: as they stand there. heads: row above the first; at: where the chart stands. number: of the chart, for
    with_counts: nobody knows the counts yet.
    """
    count = len(labels)
    chart = BarChart()
    chart.type = "bar"
    chart.style = 10
    chart.title = f"{title} (nombre de fiches)"
    chart.add_data(Reference(sheet, min_col=2, min_row=heads, max_row=heads + count), titles_from_data=True)
    # What a program shows that doesn't calculate.
    names = [StrVal(idx=line, v=legible(label)) for line, label in enumerate(labels)]
    where = Reference(sheet, min_col=1, min_row=heads + 1, max_row=heads + count)
    chart.series[0].cat = AxDataSource(strRef=StrRef(str(where), strCache=StrData(ptCount=count, pt=names)))
    counts = [NumVal(idx=line, v=number * _MOST_LINES + line) for line in range(count)]
    chart.series[0].val.numRef.numCache = NumData(formatCode="General", ptCount=count, pt=counts)
    named = StrData(ptCount=1, pt=[StrVal(idx=0, v="Fiches")])
    chart.series[0].tx.strRef.strCache = named
    chart.legend = None
    chart.gapWidth = 40
    chart.width, chart.height = _WIDTH, round(chart_rows(count) * _ROW, 1)
    chart.series[0].graphicalProperties = GraphicalProperties(solidFill=ACCENT)
    chart.dataLabels = DataLabelList()
    chart.dataLabels.showVal = True
    for other in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
        setattr(chart.dataLabels, other, False)
    # The first answer stands on top, as in the table; axes are drawn, which openpyxl leaves out unless told.
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.majorGridlines = None
    # Bars that don't begin at nothing lie.
    chart.y_axis.scaling.min = 0
    chart.y_axis.numFmt = "0"
    sheet.add_chart(chart, f"A{at}")


def with_counts(content: bytes, of: Callable[[int, int], int]) -> bytes:
    """A chart's part of the file with its counts. of: a chart's number and a line's, from 0 → how many."""

    def counted(place: re.Match[bytes]) -> bytes:
        return place[1] + b"%d" % of(*divmod(int(float(place[2])), _MOST_LINES))

    return _COUNTS.sub(lambda found: _COUNT.sub(counted, found[0]), content)
