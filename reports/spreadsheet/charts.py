"""Charts that Excel draws itself, from the cells beside them."""

from __future__ import annotations

import math

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.worksheet.worksheet import Worksheet

from reports.spreadsheet.styles import ACCENT

_WIDTH = 24
_ROW = 0.51
"""Centimetres: of a chart, and the height of a row."""


def chart_rows(count: int) -> int:
    """How many rows a chart of that many bars covers below its table."""
    return 6 + math.ceil(1.3 * count)


def add_chart(sheet: Worksheet, title: str, heads: int, count: int, at: int) -> None:
    """Bars of the counts in column B, named by column A. heads: row above the first; at: where the chart stands."""
    chart = BarChart()
    chart.type = "bar"
    chart.style = 10
    chart.title = f"{title} (nombre de fiches)"
    chart.add_data(Reference(sheet, min_col=2, min_row=heads, max_row=heads + count), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=heads + 1, max_row=heads + count))
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
