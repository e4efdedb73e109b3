"""The streamed rows: every value and format as openpyxl's own file has them, the same bytes again."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from forms.kinds import CellType, Column
from reports.characters import is_clean, legible
from reports.row_reader import NOT_ASKED
from reports.spreadsheet.cells import FORMULA, Formula, Look, Styled, encoded
from reports.spreadsheet.package import Stream, save
from reports.spreadsheet.styles import cell_at, look_of, new_tab, new_workbook, style_number, value_style, write
from reports.tables import NOT_ASKED_TEXT, Head

MADE_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HEADS = [
    Head(Column(f"c{at}", f"Colonne {at}", type_, "€"), retired=at > 4) for at, type_ in enumerate([*CellType] * 2)
]
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\t\n =+-@'<>&\"_x0041_\ufffe\x01\x85«»é😀"), min_size=1
)
NUMBERS = (
    st.integers()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9)
)
# Days that Excel knows; it counts seconds no finer than openpyxl writes them.
DAYS = st.dates(date(1900, 3, 1), date(9999, 12, 30))
ANYWHERE = st.none() | TEXTS | DAYS | st.just(NOT_ASKED)
VALUES = [ANYWHERE if head.column.type is CellType.DAY else ANYWHERE | NUMBERS | st.booleans() for head in HEADS]
ROWS = st.lists(st.tuples(*VALUES), min_size=1, max_size=3)


def streamed(rows: list[tuple[Any, ...]]) -> bytes:
    """The rows as we write them."""
    book = new_workbook("Essai", "Fédération")
    tab = _headed(book)
    looks = [look_of(tab, head) for head in HEADS]
    out = io.BytesIO()
    save(book, MADE_AT, out, {"Essai": Stream(f"J{len(rows) + 1}", lambda: encoded(rows, looks, first=2))})
    return out.getvalue()


def plain(rows: list[tuple[Any, ...]]) -> bytes:
    """The rows cell by cell, by openpyxl alone."""
    book = new_workbook("Essai", "Fédération")
    tab = _headed(book)
    for number, row in enumerate(rows, 2):
        for at, (head, value) in enumerate(zip(HEADS, row, strict=True), 1):
            cell = cell_at(tab, number, at)
            if value is NOT_ASKED:
                write(cell, NOT_ASKED_TEXT if head.column.type is CellType.TEXT else None, "recueil non posée")
                continue
            style = value_style(head.column.type, retired=head.retired)
            write(cell, value, style)
            # openpyxl gives days a format of its own.
            cell.style = style
            # As it is written: a carriage return, which no reader keeps, no longer begins it.
            quoted = isinstance(cell.value, str) and cell.value.startswith(FORMULA)
            cell.quotePrefix = quoted
            if head.column.type is CellType.NUMBER and not quoted:
                cell.number_format = "#,##0"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _headed(book: openpyxl.Workbook) -> Worksheet:
    tab = new_tab(book, "Essai")
    for at, head in enumerate(HEADS, 1):
        write(cell_at(tab, 1, at), head.column.label, "recueil intitulé")
    return tab


def told(content: bytes) -> list[list[tuple[Any, ...]]]:
    """What openpyxl reads of every cell."""
    tab = openpyxl.load_workbook(io.BytesIO(content))["Essai"]
    return [
        [
            (
                cell.value,
                type(cell.value),
                cell.data_type,
                cell.number_format,
                cell.style,
                cell.font.color.rgb,
                bool(cell.quotePrefix),
            )
            for cell in row
        ]
        for row in tab.iter_rows()
    ]


@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
@example(rows=[("\r", *[None] * 9)])
def test_every_value_and_format_is_that_of_openpyxls_own_file(rows: list[tuple[Any, ...]]) -> None:
    assert told(streamed(rows)) == told(plain(rows))


def test_more_rows_than_a_batch_keep_their_order_and_place() -> None:
    rows = [(f"Ligne {at}", at, Decimal(at) / 100, date(2026, 1, 1), at % 2, *[None] * 5) for at in range(1, 1_001)]
    tab = openpyxl.load_workbook(io.BytesIO(streamed(rows)))["Essai"]
    assert [cell.value for cell in tab["A"]][1:] == [row[0] for row in rows]
    assert [cell.value for cell in tab["B"]][1:] == [row[1] for row in rows]
    assert tab.dimensions == "A1:J1001"


def test_one_bad_text_changes_no_other() -> None:
    rows: list[tuple[Any, ...]] = [("Ligne", *[None] * 9) for _at in range(500)]
    rows[250] = ("a\ud800b\x01c", *[None] * 9)
    read = openpyxl.load_workbook(io.BytesIO(streamed(rows)))["Essai"]["A"]
    assert [cell.value for cell in read][1:] == ["Ligne"] * 250 + ["a\ufffdb\ufffdc"] + ["Ligne"] * 249


def test_the_same_rows_are_the_same_bytes() -> None:
    rows = [("é", 1, Decimal("2.50"), date(2026, 1, 1), 1, *[NOT_ASKED] * 5)]
    assert streamed(rows) == streamed(rows)


def test_a_formula_keeps_its_value_for_whoever_does_not_compute() -> None:
    book = new_workbook("Essai", "Fédération")
    tab = _headed(book)
    style = style_number(tab, value_style(CellType.AMOUNT))
    cells = [Styled(Formula('IF(1<2,"a&b","")', "a&b"), style), Formula("1+1", 2), Styled("=texte", style)]
    rows = [cells]
    out = io.BytesIO()
    save(book, MADE_AT, out, {"Essai": Stream("C2", lambda: encoded(rows, [Look(0, 0, 0)] * 3, first=2))})
    formulas = openpyxl.load_workbook(io.BytesIO(out.getvalue()))["Essai"]
    values = openpyxl.load_workbook(io.BytesIO(out.getvalue()), data_only=True)["Essai"]
    assert [formulas["A2"].value, formulas["B2"].value] == ['=IF(1<2,"a&b","")', "=1+1"]
    assert [values["A2"].value, values["B2"].value, values["C2"].value] == ["a&b", 2, "=texte"]
    assert formulas["C2"].data_type == "s"


def test_what_no_cell_holds_is_refused_not_written() -> None:
    with pytest.raises(TypeError):
        streamed([(["liste"], *[None] * 9)])


@given(text=st.text(st.characters() | st.sampled_from("\ud800\ufdd0\ufffe\uffff\x00\x7f\x85\U0001ffff😀’\xa0")))
def test_a_text_is_clean_where_nothing_is_replaced(text: str) -> None:
    assert is_clean(text) == (legible(text) == text)
