"""Figures: what they add up, and what they rest on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.kinds import CellType
from reports.figures import Base, behind, breakdowns, column_totals, key_figures, places
from tests.reports.samples import REPAIR, SCHOOL, TALE, counted, report_sheet

COUNT = st.builds(counted, st.integers(0, 500), st.sampled_from(["counted", "estimated"]))
COUNTS = st.lists(st.none() | COUNT | st.just({"how": "unknown"}), min_size=1, max_size=8)
AMOUNTS = st.none() | st.integers(0, 10_000_00).map(
    lambda cents: str(Decimal(cents).scaleb(-2).quantize(Decimal("0.01")))
)


def _sheets(*answers: dict[str, Any]) -> list[Any]:
    return [report_sheet({"title": "x", "year": 2026} | given, number) for number, given in enumerate(answers, 1)]


@given(COUNTS)
def test_a_total_adds_what_was_answered_and_counts_who_answered(counts: list[dict[str, Any] | None]) -> None:
    sheets = _sheets(*({} if count is None else {"participants_count": count} for count in counts))
    figure = {figure.id: figure for figure in key_figures(sheets)}["participants_count"]
    numbers = [count["number"] for count in counts if count and "number" in count]
    unknown = sum(count == {"how": "unknown"} for count in counts)
    assert figure.value == (sum(numbers) if numbers else None)
    assert figure.base == Base(len(numbers), len(counts), len(counts), unknown)
    estimated = [count["number"] for count in counts if count and count["how"] == "estimated"]
    assert figure.estimated == sum(estimated)


@pytest.mark.parametrize(
    ("counts", "text", "share", "base"),
    [
        ([counted(77), counted(23, "estimated"), {"how": "unknown"}], "100", "dont 23\u202f% estimés",
         "2\u00a0fiches sur 3 ont répondu, 1 ne sait pas"),
        ([counted(98)], "98", "", "1\u00a0fiche sur 1 a répondu"),
        ([counted(98, "estimated")], "98", "estimé", "1\u00a0fiche sur 1 a répondu"),
        ([counted(999), counted(1, "estimated")], "1\u202f000", "dont moins de 1\u202f% estimé",
         "2\u00a0fiches sur 2 ont répondu"),
        ([counted(1), counted(999, "estimated")], "1\u202f000", "dont 99\u202f% estimés",
         "2\u00a0fiches sur 2 ont répondu"),
        ([counted(0, "estimated"), {}], "0", "", "1\u00a0fiche sur 2 a répondu"),
        ([{"how": "unknown"}, {"how": "unknown"}, {}], "non renseigné", "",
         "aucun chiffre sur 3\u00a0fiches, 2 ne savent pas"),
        ([{}], "non renseigné", "", "aucune réponse sur 1\u00a0fiche"),
    ],
)  # fmt: skip
def test_a_total_says_how_much_of_it_is_estimated_and_who_does_not_know(
    counts: list[dict[str, Any]], text: str, share: str, base: str
) -> None:
    sheets = _sheets(*({"participants_count": count} if count else {} for count in counts))
    figure = {figure.id: figure for figure in key_figures(sheets)}["participants_count"]
    assert (figure.text, figure.share_text, figure.base.text) == (text, share, base)


@given(st.lists(st.lists(AMOUNTS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_amounts_add_up_to_the_cent_over_the_rows_of_every_table(lines: list[list[str | None]]) -> None:
    rows = [[{"funder": "x"} | ({"granted": value} if value else {}) for value in values] for values in lines]
    figure = {f.id: f for f in key_figures(_sheets(*({"funding_lines": given} for given in rows)))}[
        "funding_lines.granted"
    ]
    given_amounts = [Decimal(value) for values in lines for value in values if value]
    assert figure.value == (sum(given_amounts) if given_amounts else None)
    assert figure.type is CellType.AMOUNT
    assert figure.base.answered == sum(any(values) for values in lines)


def test_years_and_sizes_of_files_are_not_added_up() -> None:
    ids = {figure.id for figure in key_figures(_sheets(REPAIR, SCHOOL))}
    assert "year" not in ids
    assert not {id for id in ids if id.startswith("files")}


def test_the_words_of_a_base() -> None:
    assert Base(41, 45, 45).text == "41\u00a0fiches sur 45 ont répondu"
    assert Base(1, 2, 2).text == "1\u00a0fiche sur 2 a répondu"
    assert Base(0, 3, 3).text == "aucune réponse sur 3\u00a0fiches"
    assert Base(2, 3, 10).text == "2\u00a0fiches sur 3 ont répondu (question non posée à 7)"
    assert Base(0, 0, 5).text == "question non posée"


def test_shares_are_of_the_sheets_that_answered_and_largest_first() -> None:
    found = {breakdown.id: breakdown for breakdown in breakdowns(_sheets(REPAIR, SCHOOL, TALE))}
    dimension = found["dimension"]
    assert [(share.label, share.count, share.percent) for share in dimension.shares] == [
        ("Citoyenneté", 1, 50),
        ("Services", 1, 50),
    ]
    assert dimension.base == Base(2, 3, 3)
    assert not dimension.many
    assert found["keywords"].many
    assert found["keywords"].shares[0].label == "intergénérationnel"


def test_shares_are_rounded_as_people_do() -> None:
    sheets = _sheets(*([{"dimension": "services"}] * 7), {"dimension": "citoyennete"})
    (dimension,) = [breakdown for breakdown in breakdowns(sheets) if breakdown.id == "dimension"]
    assert [share.percent for share in dimension.shares] == [88, 13]


def test_places_are_broken_down_only_where_there_are_several() -> None:
    assert places(_sheets(REPAIR, TALE)) == ()


def test_the_totals_of_a_table_need_two_amounts() -> None:
    sheets = _sheets(REPAIR, TALE)
    totals = column_totals(sheets[0].document.item("funding_lines"))
    assert totals["requested"] is not None
    assert (totals["requested"].value, totals["requested"].given) == (Decimal("4000.50"), 3)
    assert column_totals(sheets[1].document.item("funding_lines")) == {}


@settings(deadline=None)
@given(COUNTS)
def test_the_sheets_behind_a_total_are_those_that_it_adds_up(counts: list[dict[str, Any] | None]) -> None:
    sheets = _sheets(*({} if count is None else {"participants_count": count} for count in counts))
    numbers = [sheet for sheet, count in zip(sheets, counts, strict=True) if count and "number" in count]
    assert list(behind("participants_count", sheets)) == numbers


def test_the_sheets_behind_a_row_of_a_chart_are_those_that_gave_the_answer() -> None:
    sheets = _sheets(REPAIR, SCHOOL, TALE)
    assert [sheet.title for sheet in behind("keywords:intergenerationnel", sheets)] == [
        sheets[0].title,
        sheets[2].title,
    ]
    assert behind("dimension:citoyennete", sheets) == (sheets[2],)
    with pytest.raises(KeyError):
        behind("keywords:nothing", sheets)
    with pytest.raises(KeyError):
        behind("nothing", sheets)


def test_a_total_says_what_it_counts_in_which_unit_and_what_the_form_asked() -> None:
    found = {figure.id: figure.definition for figure in key_figures(_sheets(REPAIR))}
    assert found["volunteers_count"] == "Somme des nombres donnés à « Bénévoles », en personnes."
    assert found["participants_count"].startswith(
        "Somme des nombres donnés à « Participants », en personnes. Le formulaire"
    )
    assert "« Chaque personne compte une fois dans l’année." in found["participants_count"]
    granted = found["funding_lines.granted"]
    assert granted.startswith(
        "Somme des montants « Montant accordé » de toutes les lignes de « Plan de financement », en euros."
    )


def test_communes_and_departements_are_told_by_code() -> None:
    one, other = _sheets(REPAIR, TALE)
    sheets = [replace(one, commune="Gramat", department_code="46", department="Lot"), other]
    found = {breakdown.id: [share.label for share in breakdown.shares] for breakdown in places(sheets)}
    assert found == {"department": ["Corrèze (19)", "Lot (46)"], "commune": ["Argentat-sur-Dordogne", "Gramat"]}
    assert behind("department:46", sheets) == (sheets[0],)
    assert behind("commune:gramat 46", sheets) == (sheets[0],)


def test_two_communes_of_one_name_are_two_rows() -> None:
    one, other = _sheets(REPAIR, TALE)
    sheets = [replace(one, commune="Gramat", department_code="46"), replace(other, commune="Gramat")]
    (commune,) = [found for found in places(sheets) if found.id == "commune"]
    assert [share.label for share in commune.shares] == ["Gramat (19)", "Gramat (46)"]
