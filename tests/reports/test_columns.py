"""The workbook's columns: from the definition, never from the answers, and in their place for ever. A golden file."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from forms.definition import FormVersion, Question
from forms.kinds import LongText
from forms.registry import shipped, shipped_versions
from reports.catalogue import ReportKind
from reports.content import Earlier, ReportInput
from reports.since import summary
from reports.tables import tables_of
from tests.reports.reading import made, records, tabs
from tests.reports.samples import MADE_AT, REPAIR, SCHOOL, TALE, report_input, report_sheet

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "workbook-columns.json"
RENEW = "RENEW_GOLDEN=1 .venv/bin/pytest tests/reports/test_columns.py -k golden"
VERSION = shipped(2026)


def by_tab(columns: tuple[str, ...]) -> dict[str, list[str]]:
    """« sheets/title » → the columns of each tab in order."""
    found: dict[str, list[str]] = {}
    for name in columns:
        tab, _slash, column = name.partition("/")
        found.setdefault(tab, []).append(column)
    return found


def later(key: str, *, without: str = "", more: tuple[Question, ...] = (), at: int = 0) -> FormVersion:
    """A version of another year: a question less, others more in the section of that number."""
    sections = []
    for number, section in enumerate(VERSION.sections):
        questions = tuple(q for q in section.questions if q.id != without)
        sections.append(replace(section, questions=(*more, *questions) if number == at and more else questions))
    return FormVersion(key, VERSION.title, tuple(sections))


def ids(content: ReportInput, tab: str = "Fiches") -> list[str]:
    return tabs(made(ReportKind.WORKBOOK, content).content)[tab][1]


def test_columns_only_ever_come_behind_golden() -> None:
    tables = tables_of(report_input())
    now = {"schema": tables.schema, "columns": by_tab(tables.columns)}
    known: dict[str, Any] = json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.exists() else {"columns": {}}
    for tab, columns in known["columns"].items():
        assert now["columns"].get(tab, [])[: len(columns)] == columns, f"columns of {tab} lost their place"
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.write_text(json.dumps(now, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert json.loads(GOLDEN.read_text("utf-8")) == now, f"columns came behind: renew the golden file: {RENEW}"


def test_the_choice_of_sheets_moves_no_column() -> None:
    everything = ids(report_input(report_sheet(REPAIR, 1), report_sheet(SCHOOL, 2), report_sheet(TALE, 3)))
    assert ids(report_input(report_sheet({"title": "x"}))) == everything
    assert ids(replace(report_input(), sheets=(), years=())) == everything


def test_a_question_that_comes_first_in_the_form_comes_last_in_the_workbook() -> None:
    slogan = Question("slogan", "Devise", LongText())
    new = later("2031", more=(slogan,))
    alone = report_input(report_sheet(TALE | {"slogan": "À table !"}, 2, new), versions=(VERSION, new))
    assert new.questions[0].id == "slogan"
    assert ids(alone) == [*ids(report_input()), "slogan"]


def test_a_choice_more_in_an_old_question_is_a_column_at_the_end() -> None:
    question = VERSION.question("keywords")
    first, *others = question.kind.choices
    more = replace(first, code="numerique", label="Numérique")
    asked = question.but(kind=replace(question.kind, choices=(first, more, *others)))
    sections = tuple(
        replace(one, questions=tuple(asked if q.id == "keywords" else q for q in one.questions))
        for one in VERSION.sections
    )
    new = FormVersion("2027", VERSION.title, sections)
    sheet = report_sheet(REPAIR | {"keywords": ["numerique", "solidarite"]}, 1, new)
    content = report_input(sheet, report_sheet(REPAIR, 2), versions=(VERSION, new))
    assert ids(content) == [*ids(report_input()), "keywords.numerique"]
    newer, older = records(tabs(made(ReportKind.WORKBOOK, content).content)["Fiches"])
    assert (newer["keywords.numerique"], newer["keywords.solidarite"], newer["keywords.culture"]) == (1, 1, 0)
    assert newer["keywords"] == "Numérique ; Solidarité"
    assert (older["keywords.numerique"], older["keywords.environnement"]) == (None, 1)


def test_a_retired_question_keeps_its_place_and_says_so() -> None:
    new = later("2031", without="funding")
    book = made(ReportKind.WORKBOOK, report_input(report_sheet(REPAIR), versions=(VERSION, new))).content
    found = tabs(book)
    assert found["Fiches"][1] == ids(report_input())
    assert found["Fiches"][0][found["Fiches"][1].index("funding")] == "Ressources financières (n’est plus posée)"
    use = {row[1]: row[-1] for row in found["Dictionnaire"] if row[0] == "Fiches"}
    assert use["funding"] == "retirée, gardée à sa place"
    assert use["title"] == "en service"


def test_what_people_read_comes_before_what_programs_need() -> None:
    found = ids(report_input())
    assert found[:4] == ["sheet.reference", "title", "sheet.centre", "sheet.commune"]
    technical = [found.index(id) for id in ("sheet.id", "sheet.snapshot", "sheet.form", "sheet.not_asked_ids")]
    assert technical == list(range(min(technical), min(technical) + 4))
    assert max(found.index(id) for id in ("sheet.year", "sheet.state", "sheet.not_asked")) < min(technical)


def test_the_lists_hold_every_choice_and_the_drop_downs_point_at_them() -> None:
    found = tabs(made(ReportKind.WORKBOOK, report_input()).content)
    listed = [(row[1], row[3], row[4]) for row in found["Listes"][1:]]
    for question in VERSION.questions:
        for choice in getattr(question.kind, "choices", ()):
            assert (question.id, choice.code, choice.label) in listed
    assert ("participants_count.how", "", "Estimé") in listed


def test_the_dictionary_tells_how_each_form_worded_a_question() -> None:
    section = VERSION.sections[0]
    questions = tuple(q.but(label="Titre de l’action") if q.id == "title" else q for q in section.questions)
    new = FormVersion("2027", VERSION.title, (replace(section, questions=questions), *VERSION.sections[1:]))
    found = tabs(made(ReportKind.WORKBOOK, report_input(versions=(VERSION, new))).content)["Dictionnaire"]
    (row,) = (dict(zip(found[0], row, strict=True)) for row in found if row[:2] == ["Fiches", "title"])
    assert row["Intitulé"] == "Titre de l’action"
    assert row["Intitulé selon l’année"] == "2026\u00a0: Nom de l'action\n2027\u00a0: Titre de l’action"


def _changes(content: ReportInput) -> str:
    rows = tabs(made(ReportKind.WORKBOOK, content).content)["Lisez-moi"]
    return next(str(row[1]) for row in rows if row[0] == "Changements")


def test_the_first_workbook_has_nothing_to_compare() -> None:
    assert _changes(report_input()) == "Premier classeur de ce choix\u00a0: rien à comparer."


def test_what_changed_since_the_last_workbook_is_said() -> None:
    before = report_input(report_sheet(REPAIR, 1), report_sheet(SCHOOL, 2))
    kept = Earlier.from_json(json.loads(json.dumps(summary(before).to_json())))
    assert kept == summary(before)
    assert _changes(replace(before, previous=kept)).endswith("rien n’a changé.")
    new = later("2031", more=(Question("slogan", "Devise", LongText()),))
    again = report_sheet(REPAIR | {"title": "Autrement"}, 1)
    now = report_input(again, report_sheet(TALE, 3), previous=kept, versions=(*shipped_versions().values(), new))
    said = _changes(now)
    assert "1\u00a0fiche ajoutée\u00a0: 2025-0003" in said
    assert "1\u00a0fiche retirée\u00a0: 2026-0002" in said
    assert "1\u00a0fiche renvoyée depuis\u00a0: 2026-0001" in said
    assert "1\u00a0colonne ajoutée\u00a0: slogan" in said
    assert summary(now).schema != kept.schema
    assert kept.made_at == MADE_AT


def test_the_version_of_the_columns_stands_in_the_first_tab() -> None:
    rows = tabs(made(ReportKind.WORKBOOK, report_input()).content)["Lisez-moi"]
    (said,) = (str(row[1]) for row in rows if row[0] == "Version des colonnes")
    assert said.startswith(json.loads(GOLDEN.read_text("utf-8"))["schema"])
