"""The workbook, read back with another library: exact, typed, and honest about what isn't there."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import openpyxl
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.definition import FormVersion, Section
from forms.document import reading, snapshot_answers
from forms.kinds import CellType, ShortText
from forms.registry import shipped
from forms.values import Refused, clean_text
from reports.catalogue import ReportKind
from reports.columns import asked_columns
from reports.content import ReportInput, ReportSheet
from tests.reports.reading import Made, made, records, tabs
from tests.reports.samples import REPAIR, SCHOOL, TALE, counted, report_input, report_sheet

VERSION = shipped(2026)
FORMULAS = ("=1+1", '=HYPERLINK("http://a.fr";"b")', "+33 6", "-2", "@SOMME(A1)", "\t=1", "=cmd|' /C calc'!A0", "'=1")


def workbook(content: ReportInput) -> Made:
    return made(ReportKind.WORKBOOK, content)


def rows(content: ReportInput, tab: str = "Fiches") -> list[dict[str, Any]]:
    return records(tabs(workbook(content).content)[tab])


def _every_question(seed: int) -> ReportSheet:
    answers = {q.id: q.kind.dump(q.kind.sample(seed)) for q in VERSION.questions if q.typed}
    answers |= {"status": "terminee", "initiators": ["centre", "autre"]}
    kept = snapshot_answers(VERSION, answers, organisation=f"LE CENTRE {seed} - Lot", year=2026)
    return report_sheet(kept, seed)


def test_every_answer_reads_back_as_it_was_given() -> None:
    sheets = [_every_question(seed) for seed in (1, 2, 3)]
    read = {
        name: records(found) for name, found in tabs(workbook(report_input(*sheets)).content).items() if len(found) > 1
    }
    for sheet in sheets:
        for entry in asked_columns(sheets):
            question = entry.question
            tab = question.short_label if question.kind.own_tab else "Fiches"
            own = [row for row in read[tab] if row["sheet.id"] == sheet.id]
            cells = [tuple(row[column.id] for column in entry.columns) for row in own]
            assert question.kind.from_cells(cells) == sheet.document.value(question.id), question.id


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t=_x0041"), min_size=1))
def test_any_text_reads_back_character_for_character(text: str) -> None:
    try:
        text = clean_text(text)
    except Refused:
        return
    sheet = report_sheet({"title": "t", "summary": text, "partners_named": [{"name": text}]})
    read = tabs(workbook(report_input(sheet)).content)
    assert records(read["Fiches"])[0]["summary"] == text
    assert records(read["Partenaires nommés"])[0]["partners_named.name"] == text


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_is_never_a_formula(text: str) -> None:
    answers = REPAIR | {"title": text, "summary": text, "partners_named": [{"name": text}]}
    content = report_input(report_sheet(answers), title=text, federation=text, filter_text=text)
    opened = openpyxl.load_workbook(io.BytesIO(workbook(content).content))
    cells = [cell for tab in opened for row in tab.iter_rows() for cell in row if cell.value == text]
    assert len(cells) >= 6
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells if not text.startswith("'"))


def test_columns_are_typed_named_and_set_up_to_be_read() -> None:
    opened = openpyxl.load_workbook(io.BytesIO(workbook(report_input()).content))
    tab = opened["Fiches"]
    labels = {tab.cell(2, at).value: tab.cell(1, at).value for at in range(1, tab.max_column + 1)}
    columns = {tab.cell(2, at).value: at for at in range(1, tab.max_column + 1)}
    assert labels["participants_count"] == "Participants"
    assert tab.cell(3, columns["participants_count"]).value == 164
    assert tab.cell(3, columns["participants_count"]).number_format == "#,##0"
    assert tab.cell(3, columns["year"]).number_format == "0"
    assert tab.cell(3, columns["keywords.solidarite"]).value == 1
    assert tab.cell(3, columns["keywords.culture"]).value == 0
    assert tab.cell(3, columns["sheet.sent_on"]).is_date
    assert tab.freeze_panes == "D3"
    assert tab.tables["Fiches"].autoFilter.ref == tab.tables["Fiches"].ref == f"A2:{tab.dimensions.partition(':')[2]}"
    assert (tab.print_title_rows, tab.page_setup.orientation) == ("$1:$2", "landscape")
    money = opened["Plan de financement"]
    assert money["H3"].value == 2000
    assert money["H3"].number_format == '#,##0.00" €"'


def test_dates_are_days_in_france() -> None:
    (row,) = rows(report_input(report_sheet(TALE)))
    assert row["sheet.sent_on"] == date(2025, 10, 2)


def test_not_asked_differs_from_not_answered() -> None:
    read = {row["sheet.reference"]: row for row in rows(report_input())}
    school, repair = read["2026-0002"], read["2026-0001"]
    assert school["initiators_detail"] == "Non posée"
    assert school["limits"] is None
    assert school["sheet.not_asked"] == "Précision sur l’initiative"
    assert repair["ended_reason"] == "Non posée"
    assert (school["participants_count"], school["volunteers_count"]) == (0, None)
    assert {school["keywords.culture"], school["dimension"]} == {0, None}


def test_a_count_says_beside_the_number_how_it_is_known() -> None:
    answers = TALE | {"volunteers_count": {"how": "unknown"}, "sessions_count": counted(0)}
    (row,) = rows(report_input(report_sheet(answers)))
    assert (row["participants_count"], row["participants_count.how"]) == (210, "Estimé")
    assert (row["volunteers_count"], row["volunteers_count.how"]) == (None, "Ne sait pas")
    assert (row["sessions_count"], row["sessions_count.how"]) == (0, "Compté")
    assert (row["staff_count"], row["staff_count.how"]) == (None, None)


def test_a_number_that_was_not_asked_leaves_an_empty_grey_cell() -> None:
    later, sheets = _two_versions()
    opened = openpyxl.load_workbook(io.BytesIO(workbook(report_input(*sheets)).content))
    tab = opened["Fiches"]
    columns = {tab.cell(2, at).value: at for at in range(1, tab.max_column + 1)}
    old, new = tab.cell(3, columns["meals_count"]), tab.cell(4, columns["meals_count"])
    assert old.value is None
    assert old.fill.fgColor.rgb.endswith("E4E0D8")
    assert new.value == 12
    assert later.question("meals_count").kind.columns(later.question("meals_count"))[0].type is CellType.NUMBER


def test_years_with_other_questions_stand_in_one_table_older_columns_first() -> None:
    _later, sheets = _two_versions()
    found = tabs(workbook(report_input(*sheets)).content)
    ids = found["Fiches"][1]
    assert ids[-3:] == ["meals_count", "meals_count.how", "slogan"]
    read = records(found["Fiches"])
    assert (read[0]["slogan"], read[1]["slogan"]) == ("Non posée", "À table !")
    assert (read[0]["funding"] is not None, read[1]["funding"]) == (True, "Non posée")
    assert read[0]["sheet.form"] != read[1]["sheet.form"]


def _two_versions() -> tuple[FormVersion, tuple[ReportSheet, ReportSheet]]:
    """This year's version and a later one: a question less, two more."""
    sections = [
        replace(section, questions=tuple(q for q in section.questions if q.id != "funding"))
        for section in VERSION.sections
    ]
    meals = VERSION.question("sessions_count").but()
    meals = replace(meals, id="meals_count", label="Repas")
    slogan = replace(VERSION.question("title"), id="slogan", label="Devise", kind=ShortText())
    later = FormVersion("2031", "Fiche action", (*sections, Section("plus", "Plus", (meals, slogan))))
    answers = TALE | {"meals_count": counted(12), "slogan": "À table !", "year": 2031}
    return later, (report_sheet(REPAIR, 1), report_sheet(answers, 2, later))


def test_control_characters_and_lone_surrogates_break_nothing_and_are_announced() -> None:
    bad = "a\x00b\x0bc\ufffed\ud800e"
    report = workbook(report_input(report_sheet(REPAIR | {"summary": bad}), report_sheet(SCHOOL, 2)))
    found = tabs(report.content)
    assert records(found["Fiches"])[0]["summary"] == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert records(found["Fiches"])[1]["title"] == SCHOOL["title"]
    (note,) = report.notes
    assert "2026-0001" in note
    assert "Résumé" in note
    assert note in _readme(found).values()


@pytest.mark.parametrize("text", ["é" * 40_000, "😀" * 40_000, "_x0041_" * 9_000, "ligne\n" * 20_000])
def test_a_text_longer_than_a_cell_goes_on_elsewhere_and_is_announced(text: str) -> None:
    sheets = [report_sheet(REPAIR, number) for number in range(1, 50)]
    sheets.insert(20, report_sheet(REPAIR | {"description": text}, 99))
    report = workbook(report_input(*sheets))
    found = tabs(report.content)
    read = {row["sheet.reference"]: row for row in records(found["Fiches"])}
    begun, _mark = read["2026-0099"]["description"].rsplit("…\n", 1)
    others = records(found["Suites de textes"])
    assert {row["sheet.reference"] for row in others} == {"2026-0099"}
    assert {(row["tab"], row["column"]) for row in others} == {("Fiches", "description")}
    assert begun + "".join(row["text"] for row in sorted(others, key=lambda row: row["part"])) == text
    assert {row["description"] for reference, row in read.items() if reference != "2026-0099"} == {
        REPAIR["description"]
    }
    assert "2026-0099" in report.notes[0]
    assert report.notes[0] in _readme(found).values()


def test_a_text_that_just_fits_is_left_alone() -> None:
    report = workbook(report_input(report_sheet(REPAIR | {"description": "a" * 32_767})))
    assert report.notes == ()
    assert "Suites de textes" not in tabs(report.content)


def _readme(found: dict[str, list[list[Any]]]) -> dict[str, str]:
    return {row[0]: row[1] for row in found["Lisez-moi"]}


def test_the_first_tab_says_what_when_and_how_many() -> None:
    readme = _readme(tabs(workbook(report_input(filter_text="Dimension : Services")).content))
    assert readme["Choix"] == "Dimension : Services"
    assert readme["Campagnes"] == "2025, 2026"
    assert readme["Fiches"].startswith("3\u00a0fiches")
    assert readme["Centres"] == "2\u00a0centres, sur 4\u00a0attendus"
    assert "21\u00a0novembre 2026" in readme["Établi le"]
    assert "moins de cinq centres" in readme["Onglet «\u00a0Indicateurs\u00a0»"]
    assert VERSION.sha256 in readme["Formulaires"]


def test_the_dictionary_explains_every_column() -> None:
    found = tabs(workbook(report_input()).content)
    head, *lines = found["Dictionnaire"]
    meanings = {line[1]: dict(zip(head, line, strict=True)) for line in lines}
    used = {
        id
        for name, read in found.items()
        if name not in ("Lisez-moi", "Indicateurs", "Dictionnaire", "Listes")
        for id in read[1]
    }
    assert used <= set(meanings)
    assert meanings["ended_reason"]["Posée seulement si"] == "« Statut » est « Terminée »"
    assert meanings["dimension"]["Choix (code = intitulé)"].startswith("services = Services")
    assert meanings["dimension"]["Intitulé"] == VERSION.question("dimension").label
    assert meanings["funding_lines.type"]["Choix (code = intitulé)"].startswith("association_locale = ")
    assert meanings["funding_lines.granted"]["Unité"] == "€"
    assert meanings["title"]["Exigé à l’envoi"] == "oui"


def test_tabs_of_rows_join_the_sheets() -> None:
    found = tabs(workbook(report_input()).content)
    keys = {(row["sheet.reference"], row["sheet.id"]) for row in records(found["Fiches"])}
    for name in ("Partenaires nommés", "Plan de financement", "Fichiers"):
        read = records(found[name])
        assert read
        assert {(row["sheet.reference"], row["sheet.id"]) for row in read} <= keys
    lines = [row["line"] for row in records(found["Plan de financement"]) if row["sheet.reference"] == "2026-0001"]
    assert lines == [1, 2, 3]


def test_a_workbook_of_no_sheet_can_be_opened() -> None:
    found = tabs(workbook(replace(report_input(), sheets=(), years=())).content)
    assert _readme(found)["Fiches"] == "0\u00a0fiche"


def test_the_same_sheets_make_the_same_bytes_on_another_day() -> None:
    first = workbook(report_input()).content
    with time_machine.travel("2031-05-06 07:08"):
        assert workbook(report_input()).content == first


def test_a_sheet_without_answers_has_an_empty_cell_wherever_it_was_asked() -> None:
    blank = replace(report_sheet({"title": "x"}), document=reading(VERSION, {}))
    (row,) = rows(report_input(blank))
    assert {row[q.id] for q in VERSION.questions if q.id in row and not q.show_if} == {None}
