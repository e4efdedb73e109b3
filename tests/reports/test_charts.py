"""Charts: lengths are the values, absence is no length, and words say the same."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from reports.charts import MOST_ROWS, bars, bars_by_year, broken, columns
from reports.colours import palette
from reports.figures import Breakdown, breakdowns, key_figures
from tests.reports.samples import REPAIR, SCHOOL, TALE, report_sheet

COLOURS = palette("#005a9c")
SHEETS = [report_sheet(answers, number) for number, answers in enumerate((REPAIR, SCHOOL, TALE), 1)]


def breakdown(id: str, sheets: list[object] = SHEETS) -> Breakdown:  # type: ignore[assignment]
    return next(found for found in breakdowns(sheets) if found.id == id)  # type: ignore[arg-type]


def widths(picture: str, fill: str) -> list[float]:
    """Of the rectangles in that colour, in mm."""
    return [float(rect.get("width", 0)) for rect in rects(picture) if rect.get("fill") == fill]


def rects(picture: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}rect"))


def words(picture: str) -> str:
    return ElementTree.fromstring(picture).findtext("{http://www.w3.org/2000/svg}title") or ""


def test_a_bar_is_as_long_as_its_share() -> None:
    chart = bars(breakdown("keywords"), "G3", COLOURS)
    full = float(ElementTree.fromstring(chart.picture).get("width", "").removesuffix("mm"))
    wanted = [share.percent for share in breakdown("keywords").shares]
    assert [round(100 * width / full) for width in widths(chart.picture, COLOURS.ink)] == wanted
    assert [row.texts[0] for row in chart.rows] == [str(share.count) for share in breakdown("keywords").shares]


def test_the_text_alternative_says_every_value() -> None:
    chart = bars(breakdown("public"), "G6", COLOURS)
    for share in breakdown("public").shares:
        assert f"{share.label}\u00a0: {share.count}, {share.percent}\u00a0%" in words(chart.picture)


def test_more_rows_than_a_chart_holds_are_counted_below_it() -> None:
    found = breakdown("keywords")
    many = Breakdown(found.id, found.label, found.shares * 4, found.base, found.many)
    chart = bars(many, "G3", COLOURS)
    assert len(chart.rows) == MOST_ROWS < len(many.shares)
    assert chart.rest == f"et {len(many.shares) - MOST_ROWS}\u00a0autres réponses, plus rares"


def test_a_year_without_an_answer_has_no_bar_and_no_zero() -> None:
    without = {key: value for key, value in SCHOOL.items() if key != "dimension"}
    by_year = {
        2024: breakdown("dimension", [report_sheet(without | {"year": 2024}, 9)]),
        2025: breakdown("dimension", [SHEETS[2]]),
        2026: breakdown("dimension", [SHEETS[0]]),
    }
    chart = bars_by_year(by_year, "G2", COLOURS)
    assert [row.texts for row in chart.rows] == [("–", "100\u202f%", "0\u202f%"), ("–", "0\u202f%", "100\u202f%")]
    assert widths(chart.picture, COLOURS.tones(3)[0]) == []
    assert len(rects(chart.picture)) == 4


def test_a_figure_of_a_year_that_nobody_answered_has_no_column() -> None:
    figures = {
        sheet.year: {figure.id: figure for figure in key_figures((sheet,))}["staff_count"] for sheet in SHEETS[1:]
    }
    found = columns("C5", "Salariés", dict(sorted(figures.items())), COLOURS)
    assert (found.heads, found.texts) == (("2025", "2026"), ("–", "1"))
    axis, *drawn = rects(found.picture)
    assert axis.get("height") == "0.20"
    assert [rect.get("fill") for rect in drawn] == [COLOURS.ink]
    assert "2025\u00a0: non renseigné" in words(found.picture)


def test_a_label_is_data_not_markup() -> None:
    found = breakdown("dimension")
    hostile = found.shares[0].__class__("<script>&\x00</title>", 1, 50, "x")
    chart = bars(Breakdown("d", "<b>", (hostile,), found.base, False), "G1", COLOURS)
    assert "<script>" in words(chart.picture)
    assert not re.search("<script|<b>", chart.picture)


def test_labels_are_broken_between_words() -> None:
    assert broken("Accompagnement de projets", 20) == ["Accompagnement de", "projets"]
    assert broken("Anticonstitutionnellement", 5) == ["Anticonstitutionnellement"]
    assert broken("", 5) == [""]
