"""The workbook that is taken away comes back with every answer, character for character."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from forms.conditions import AllOf, Answered, Not
from forms.definition import FormVersion, Question
from forms.kinds import Amount, Day, LongText, Table, TableColumn
from forms.steps import Unparsed
from forms.values import Refused
from reports.characters import exact, pieces
from reports.printing import Limits
from reports.takeaway import file as takeaway_file
from reports.takeaway.book import NOT_OURS, TOO_NEW, letter_of
from reports.takeaway.file import BROKEN, LOCKED, NOT_A_WORKBOOK, TOO_LARGE, open_workbook
from reports.takeaway.layout import Carried, condition_of
from tests.counts import counted
from tests.forms.strategies import KIND_VARIANTS, asked, values, version_of
from tests.reports.samples import REPAIR
from tests.reports.takeaways import TYPED, Desk, answers_of, book_of, carried, read, written

ANSWERS = {id: answer for id, answer in REPAIR.items() if id in TYPED}


def desk(*sheets: Carried) -> Desk:
    return Desk.with_(written(*(sheets or (carried(ANSWERS),))))


# ------------------------------------------------------------------ there and back


@st.composite
def forms_and_sheets(draw: st.DrawFn) -> tuple[FormVersion, list[dict[str, Any]]]:
    """A version with any questions, and some sheets with any answers."""
    kinds = draw(st.lists(st.sampled_from([kind for kind in KIND_VARIANTS.values() if not kind.uploads]), min_size=1))
    questions = [asked(kind, f"q{number}") for number, kind in enumerate(kinds)]
    sheets = draw(st.integers(1, 3))
    return version_of(*questions), [
        {question.id: question.kind.dump(draw(values(question.kind))) for question in questions if draw(st.booleans())}
        for _ in range(sheets)
    ]


@settings(deadline=None, max_examples=25)
@given(drawn=forms_and_sheets())
def test_any_answers_of_any_form_come_back_as_they_went(drawn: tuple[FormVersion, list[dict[str, Any]]]) -> None:
    version, sheets = drawn
    content = written(*(carried(answers, id=str(number)) for number, answers in enumerate(sheets)), version=version)
    back = read(content, version)
    assert [sheet.column.id for sheet in back] == [str(number) for number in range(len(sheets))]
    assert [answers_of(sheet) for sheet in back] == sheets
    assert not any(sheet.used or sheet.all_problems for sheet in back)


def test_another_program_that_saves_it_loses_nothing() -> None:
    desk_ = desk(carried(ANSWERS), Carried())
    first, second = read(desk_.saves())
    assert answers_of(first) == ANSWERS
    assert not first.used
    assert not second.used


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "'cité'",
        "@SUM(A1)",
        "+33",
        "_x0041_ et _x005F_",
        "\n\n  deux blancs  \n",
        "\t-",
        "un\x01deux\x1f\x7f\x85",
        "fin\u2028et\u2029fin",
        "\U0001f6b2" * 20_000,
        "a" * 40_000 + "\n" + "_x0041_" * 2_000,
        "\x01" * 20_000,
    ],
)
def test_a_text_comes_back_character_for_character(text: str) -> None:
    content = written(carried({"title": "T", "summary": text, "description": text}))
    (sheet,) = read(content)
    assert answers_of(sheet) == {"title": "T", "summary": text, "description": text}
    for tab in load_workbook(io.BytesIO(content)).worksheets:
        for row in tab.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
            assert all(len(str(cell.value or "")) <= 32_767 for cell in row)


def test_a_text_is_cut_without_loss_and_no_piece_is_too_long_for_a_cell() -> None:
    text = "\U0001f6b2_x0041_\x02é" * 9_000
    cut = pieces(text)
    assert "".join(cut) == text
    assert len(cut) > 1
    assert all(len(exact(piece).encode("utf-16-le")) // 2 <= 32_767 for piece in cut)


def test_a_text_of_a_table_goes_on_below_and_comes_back() -> None:
    stories = Question("stories", "Récits", Table((TableColumn("text", "Texte", LongText()),)))
    version = version_of(stories)
    answers = {"stories": [{"text": "a" * 50_000}, {"text": "court"}, {"text": "b" * 33_000}]}
    (sheet,) = read(written(carried(answers), version=version), version)
    assert answers_of(sheet) == answers


def test_what_could_not_be_read_online_travels_and_is_not_told_again() -> None:
    typed = {
        "staff_count": Unparsed((("staff_count", "douze"),), "Écrivez un nombre."),
        "funding_lines": Unparsed(
            (("funding_lines-0-funder", "Caf"), ("funding_lines-0-type", "caf"), ("funding_lines-0-granted", "peu")),
            "Ligne 1.",
        ),
    }
    content = written(carried({"title": "T"}, unparsed=typed))
    (sheet,) = read(content)
    assert not sheet.used
    assert sheet.all_problems == ()
    assert {id: item.posted for id, item in typed.items()} == {
        id: taken.unparsed.posted for id, taken in sheet.answers.items() if taken.unparsed
    }


def test_the_same_sheets_give_the_same_bytes() -> None:
    assert written(carried(ANSWERS)) == written(carried(ANSWERS))


# ------------------------------------------------------------------ what a person finds


def test_labels_are_locked_answers_are_not_and_no_password_stands_in_the_way() -> None:
    book = load_workbook(io.BytesIO(written(carried(ANSWERS))))
    tab = book.worksheets[0]
    assert tab.title == "Fiches"
    for sheet in book.worksheets:
        assert sheet.protection.sheet
        assert sheet.protection.password is None
    row = next(row for row in range(1, tab.max_row) if tab.cell(row, 1).value == "summary")
    assert tab.cell(row, 2).protection.locked
    assert "Résumé" in str(tab.cell(row, 2).value)
    assert not tab.cell(row, 3).protection.locked
    organisation = next(row for row in range(1, tab.max_row) if tab.cell(row, 1).value == "organisation")
    assert tab.cell(organisation, 3).protection.locked
    hidden = {sheet.title for sheet in book.worksheets if sheet.sheet_state == "hidden"}
    assert hidden == {"Listes", "Recueil"}


def test_choices_are_offered_and_numbers_only_warned_of() -> None:
    book = load_workbook(io.BytesIO(written(carried(ANSWERS))))
    rules = {rule.type: rule for rule in book.worksheets[0].data_validations.dataValidation}
    assert {"list", "whole"} <= set(rules)
    assert {rule.errorStyle for rule in book.worksheets[0].data_validations.dataValidation} == {"warning"}
    offered = {tuple(cell.value for cell in column if cell.value) for column in book["Listes"].iter_cols()}
    assert ("En cours", "Terminée") in offered


def test_a_conditional_question_says_when_it_is_to_be_answered() -> None:
    tab = load_workbook(io.BytesIO(written(carried(ANSWERS)))).worksheets[0]
    labels = {str(tab.cell(row, 1).value): str(tab.cell(row, 2).value) for row in range(1, tab.max_row)}
    wanted = "À remplir seulement si «\u00a0Statut\u00a0» est «\u00a0Terminée\u00a0»."
    assert wanted in labels["ended_reason"]
    first, second = asked(KIND_VARIANTS["choice_one"], "one"), asked(KIND_VARIANTS["day"], "two")
    version = version_of(first, second.but(show_if=Not(AllOf((Answered("one"),)))))
    said = condition_of(version.question("two"), version)
    assert said == "À remplir seulement s’il n’est pas vrai que «\u00a0Court\u00a0» a une réponse."


def test_a_retired_choice_is_there_only_where_somebody_had_ticked_it() -> None:
    question = asked(KIND_VARIANTS["choice_many"], "themes")
    version = version_of(question)
    without = book_of(written(carried({"themes": ["caf"]}), version=version))
    with_ = written(carried({"themes": ["ancien"]}), version=version)
    assert "themes.ancien" not in without.lines
    assert answers_of(read(with_, version)[0]) == {"themes": ["ancien"]}


# ------------------------------------------------------------------ what a person types


def test_what_is_typed_as_people_type_is_read() -> None:
    day, cost = Question("day", "Jour", Day()), Question("cost", "Coût", Amount())
    version = version_of(day, cost)
    at = Desk.with_(written(carried({}), version=version))
    at.types("day", "3/5/2026")
    at.types("cost", "1 250,50 €")
    assert answers_of(read(at.saves(), version)[0]) == {"day": "2026-05-03", "cost": "1250.50"}
    at.types("day", date(2026, 5, 4))
    at.types("cost", 0.1 + 0.2)
    assert answers_of(read(at.saves(), version)[0]) == {"day": "2026-05-04", "cost": "0.30"}


def test_edits_are_told_from_what_nobody_touched() -> None:
    at = desk()
    at.types("title", "Un autre nom")
    at.types("keywords.culture", "X")
    at.types("keywords.solidarite", None)
    at.types("status", "terminée")
    at.types("participants_count", 170)
    at.types("volunteers_count", None)
    at.types_row("partners_named", 7, {"name": "Une amicale", "type": "Association locale"})
    (sheet,) = read(at.saves())
    touched = {id for id, taken in sheet.answers.items() if taken.touched}
    assert touched == {"title", "keywords", "status", "participants_count", "volunteers_count", "partners_named"}
    said = answers_of(sheet)
    assert said["title"] == "Un autre nom"
    assert said["status"] == "terminee"
    assert said["participants_count"] == counted(170)
    assert "volunteers_count" not in said
    assert "culture" in said["keywords"]
    assert "solidarite" not in said["keywords"]
    assert said["partners_named"][-1] == {"name": "Une amicale", "type": "association_locale"}
    assert sheet.all_problems == ()


def test_what_cant_be_read_is_told_with_tab_row_and_column() -> None:
    at = desk()
    at.types("participants_count", "douze")
    at.types("dimension", "Autre chose")
    at.types("keywords.culture", "peut-être")
    at.types_row("funding_lines", 5, {"type": "Banque", "granted": "beaucoup"})
    (sheet,) = read(at.saves())
    told = {(str(problem.place), problem.question) for problem in sheet.all_problems}
    row = {id: at.row_of(id) for id in ("participants_count", "dimension", "keywords.culture")}
    fiches = "onglet «\u00a0Fiches\u00a0», ligne {}, colonne C"
    plan = "onglet «\u00a0Plan de financement\u00a0», ligne 5, colonne "
    assert told == {
        (fiches.format(row["participants_count"]), "participants_count"),
        (fiches.format(row["dimension"]), "dimension"),
        (fiches.format(row["keywords.culture"]), "keywords"),
        (plan + "D (Type)", "funding_lines"),
        (plan + "F (Montant accordé (€))", "funding_lines"),
    }
    assert sheet.answers["participants_count"].unparsed == Unparsed(
        (("participants_count", "douze"), ("participants_count-how", "counted")),
        "Écrivez un nombre entier en chiffres, par exemple 12.",
    )
    assert dict(sheet.answers["funding_lines"].unparsed.posted)["funding_lines-1-type"] == "Banque"
    assert all(re.match(r"Onglet .+\u00a0: [a-zé«]", problem.text) for problem in sheet.all_problems)


def test_too_many_rows_of_a_table_are_told_and_none_is_dropped() -> None:
    at = desk(carried({}))
    for number in range(51):
        at.types_row("partners_named", 4 + number, {"name": f"Partenaire {number}"})
    (sheet,) = read(at.saves())
    taken = sheet.answers["partners_named"]
    assert taken.answer is None
    assert len(taken.unparsed.posted) == 51
    assert [problem.message for problem in taken.problems] == ["Gardez 50 lignes au plus."]


def test_rows_that_were_moved_are_found_and_those_deleted_leave_the_answer_alone() -> None:
    at = desk()
    tab = at.tab("recueil:fiches")
    tab.move_range(f"A{at.row_of('limits')}:C{at.row_of('limits')}", rows=60)
    tab.delete_rows(at.row_of("summary"))
    tab.delete_rows(at.row_of("keywords.culture"))
    (sheet,) = read(at.saves())
    assert sheet.answers["limits"].answer == ANSWERS["limits"]
    assert not sheet.used
    assert "summary" not in sheet.answers
    assert "keywords" not in sheet.answers
    assert [problem.question for problem in sheet.problems] == ["keywords", "summary"]


def test_rows_of_a_table_may_be_sorted_and_have_gaps() -> None:
    at = desk()
    tab = at.tab("recueil:table:partners_named")
    tab.insert_rows(5, 3)
    (sheet,) = read(at.saves())
    assert answers_of(sheet) == ANSWERS
    assert not sheet.used


def test_a_row_of_a_table_says_whose_it_is() -> None:
    at = desk(carried({"title": "A"}), carried({"title": "B"}, id="other"))
    at.types_row("partners_named", 4, {"name": "De la seconde"}, owner="Fiche 2")
    at.types_row("partners_named", 5, {"name": "De la première"}, owner="1")
    at.types_row("partners_named", 6, {"name": "De personne"})
    at.types_row("partners_named", 7, {"name": "D’une autre"}, owner="Fiche 9")
    content = at.saves()
    first, second = read(content)
    assert answers_of(first)["partners_named"] == [{"name": "De la première"}]
    assert answers_of(second)["partners_named"] == [{"name": "De la seconde"}]
    places = [str(problem.place) for problem in book_of(content).problems]
    assert places == [f"onglet «\u00a0Partenaires nommés\u00a0», ligne {row}, colonne B" for row in (6, 7)]


def test_a_column_and_a_row_that_are_not_ours_are_told() -> None:
    at = desk()
    tab = at.tab("recueil:fiches")
    tab.cell(at.row_of("summary"), 4).value = "à côté"
    tab.cell(tab.max_row + 2, 3).value = "en dessous"
    places = [str(problem.place) for problem in book_of(at.saves()).problems]
    assert places == [
        "onglet «\u00a0Fiches\u00a0», colonne D",
        f"onglet «\u00a0Fiches\u00a0», ligne {tab.max_row}, colonne C",
    ]


def test_a_new_sheet_says_its_centre_and_its_year() -> None:
    at = desk(Carried(), Carried())
    at.types("organisation", "Centre social Les Tilleuls")
    at.types("year", "2026")
    at.types("title", "Le jardin")
    first, second = read(at.saves())
    assert (first.organisation, first.year, first.used) == ("Centre social Les Tilleuls", 2026, True)
    assert (second.organisation, second.year, second.used) == ("", None, False)


# ------------------------------------------------------------------ what is not ours, or means harm


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def rewritten(content: bytes, part: str, change: Any) -> bytes:
    """A workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            text = before.read(entry)
            after.writestr(entry.filename, change(text) if entry.filename == part else text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", NOT_A_WORKBOOK),
        (b"Nom | Lot | 2020", NOT_A_WORKBOOK),
        (b"%PDF-1.7", NOT_A_WORKBOOK),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), NOT_A_WORKBOOK),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, LOCKED),
        (zipped(**{"xl/workbook.xml": b"<workbook"}), BROKEN),
        (written(carried({}))[:4000], NOT_A_WORKBOOK),
        (b"PK\x03\x04" + b"x" * (10 * 1024 * 1024), TOO_LARGE),
    ],
    ids=["nothing", "text", "pdf", "open document", "password", "broken", "cut", "too large"],
)
def test_a_file_that_is_no_workbook_is_refused_in_words(content: bytes, message: str) -> None:
    with pytest.raises(Refused) as refused:
        open_workbook(content)
    assert refused.value.message == message


def test_a_workbook_of_somebody_else_or_of_tomorrow_is_refused_in_words() -> None:
    at = desk()
    at.tab("recueil:format").cell(1, 3).value = 2
    with pytest.raises(Refused) as refused:
        book_of(at.saves())
    assert refused.value.message == TOO_NEW
    at.tab("recueil:fiches").delete_cols(1)
    with pytest.raises(Refused) as refused:
        book_of(at.saves())
    assert refused.value.message == NOT_OURS


def test_a_cell_at_the_end_of_the_world_is_refused() -> None:
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    content = rewritten(
        written(carried({})), "xl/worksheets/sheet1.xml", lambda part: part.replace(b"</sheetData>", far)
    )
    with pytest.raises(Refused) as refused:
        open_workbook(content)
    assert refused.value.message == TOO_LARGE


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    content = zipped(**{"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b"0" * (130 * 1024 * 1024)})
    assert len(content) < 200_000
    with pytest.raises(Refused) as refused:
        open_workbook(content)
    assert refused.value.message == TOO_LARGE


def test_what_needs_too_much_memory_is_ended_by_its_limits() -> None:
    bomb = rewritten(
        written(carried({"title": "remplacez-moi"})),
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b"remplacez-moi", b"x" * 110_000_000),
    )
    with pytest.raises(Refused) as refused:
        open_workbook(bomb, limits=Limits(seconds=20, memory=150 << 20))
    assert refused.value.message == TOO_LARGE


def test_too_many_cells_are_refused() -> None:
    at = desk()
    tab = at.book.create_sheet("Plein")
    for row in range(1, 1_001):
        tab.append([row] * 310)
    with pytest.raises(Refused) as refused:
        open_workbook(at.saves())
    assert refused.value.message == TOO_LARGE


def test_nothing_is_fetched_for_an_entity() -> None:
    doctype = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    harm = rewritten(
        written(carried({"title": "remplacez-moi"})),
        "xl/worksheets/sheet1.xml",
        lambda part: doctype + part.replace(b"remplacez-moi", b"&secret;"),
    )
    with zipfile.ZipFile(io.BytesIO(harm)) as parts:
        assert b"&secret;" in parts.read("xl/worksheets/sheet1.xml")
    with pytest.raises(Refused) as refused:
        open_workbook(harm)
    assert refused.value.message == BROKEN


def test_the_child_never_sees_the_products_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECUEIL_SECRET_KEY", "secret")
    assert not any(name.startswith("RECUEIL_") for name in takeaway_file.child_environment())


def test_columns_are_named_as_excel_names_them() -> None:
    assert [letter_of(number) for number in (1, 26, 27, 702, 703, 16_384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
