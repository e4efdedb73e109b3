"""A new question is one entry of the bank and one line of a manifest: everything else knows it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import forms.campaigns
from forms import registry
from forms.definition import FormVersion
from forms.document import AnswerStatus, reading, snapshot_answers
from forms.rules import broken
from forms.schema import answers_schema
from forms.steps import StepState, controls, missing, read_step, step_states, unanswered
from tests.forms.strategies import through_json

MANIFEST = '''
"""The form of 2901: that of 2026 with two more questions."""

from dataclasses import replace

from forms.campaigns import c2026
from forms.conditions import Answered
from forms.definition import Question
from forms.kinds import Amount, ShortText, Table, TableColumn, WholeNumber

MEALS = Question(
    "meals_count",
    "Repas servis",
    WholeNumber(unit="repas"),
    short="Repas",
    show_if=Answered("public", ("seniors",)),
    required=True,
)
WHAT, WORTH = TableColumn("what", "Quoi", ShortText()), TableColumn("worth", "Valeur", Amount())
GIFTS = Question("gifts", "Dons reçus", Table((WHAT, WORTH)))

VERSION = replace(
    c2026.VERSION,
    key="2901",
    sections=tuple(
        replace(section, questions=(*section.questions, MEALS, GIFTS)) if section.id == "moyens" else section
        for section in c2026.VERSION.sections
    ),
)
'''


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FormVersion]:
    """The version of a manifest laid beside the real ones, read from its stored JSON as always."""
    (tmp_path / "c2901.py").write_text(MANIFEST, encoding="utf-8")
    monkeypatch.setattr(forms.campaigns, "__path__", [*forms.campaigns.__path__, str(tmp_path)])
    registry.shipped_versions.cache_clear()
    yield FormVersion.from_json(through_json(registry.shipped(2901).to_json()))
    sys.modules.pop("forms.campaigns.c2901", None)
    if hasattr(forms.campaigns, "c2901"):
        del forms.campaigns.c2901
    registry.shipped_versions.cache_clear()


SENIORS: dict[str, Any] = {"public": ["seniors"]}
POSTED = [("meals_count", "1 200"), ("gifts-0-what", "Une marmite"), ("gifts-0-worth", "35,50")]
ANSWERS = SENIORS | {"meals_count": 1200, "gifts": [{"what": "Une marmite", "worth": "35.50"}]}


def test_the_manifest_alone_makes_it_the_version_of_its_year(version: FormVersion) -> None:
    assert version.key == "2901"
    assert registry.shipped(2900).key != "2901"
    assert version.section_of("gifts").id == "moyens"


def test_its_step_shows_it_and_reads_it(version: FormVersion) -> None:
    section = version.section("moyens")
    assert [item.question.id for item in controls(version, section, SENIORS, {})][-2:] == ["meals_count", "gifts"]
    assert "meals_count" not in {item.question.id for item in controls(version, section, {}, {})}
    read = read_step(version, section, POSTED, {"meals_count", "gifts"}, SENIORS)
    assert SENIORS | read.answers == ANSWERS


def test_its_errors_stand_beside_it(version: FormVersion) -> None:
    read = read_step(version, version.section("moyens"), [("meals_count", "beaucoup")], {"meals_count"}, SENIORS)
    assert read.unparsed["meals_count"].posted == (("meals_count", "beaucoup"),)
    assert step_states(version, SENIORS, read.unparsed)["moyens"] is StepState.TO_CORRECT


def test_it_is_missed_where_it_is_asked(version: FormVersion) -> None:
    def missed(answers: dict[str, Any]) -> set[str]:
        return {item.question for item in missing(version, answers, {})}

    assert "meals_count" in missed(SENIORS)
    assert "meals_count" not in missed({"public": ["enfants"]})
    assert "meals_count" not in missed(ANSWERS)
    assert "gifts" in {question.id for _section, question in unanswered(version, SENIORS, {})}


def test_the_schema_knows_it(version: FormVersion) -> None:
    schema = jsonschema.Draft202012Validator(answers_schema(version))
    assert schema.is_valid(ANSWERS)
    assert not schema.is_valid({"meals_count": "beaucoup"})
    assert not jsonschema.Draft202012Validator(answers_schema(registry.shipped(2026))).is_valid(ANSWERS)


def test_the_snapshot_keeps_it_and_the_document_shows_it(version: FormVersion) -> None:
    kept = snapshot_answers(version, ANSWERS, organisation="MJC - Lot", year=2901)
    document = reading(version, kept)
    assert document.item("meals_count").text == "1\u202f200"
    assert document.item("gifts").text == "Quoi\u00a0: Une marmite · Valeur\u00a0: 35,50\u00a0€"
    children = reading(version, snapshot_answers(version, {"public": ["enfants"]}, organisation="MJC", year=2901))
    assert children.item("meals_count").status is AnswerStatus.NOT_ASKED
    assert children.item("gifts").status is AnswerStatus.NOT_ANSWERED


def test_the_workbook_columns_know_it(version: FormVersion) -> None:
    columns = [column for question in version.questions for column in question.kind.columns(question)]
    ids = [column.id for column in columns]
    assert {"meals_count", "gifts.what", "gifts.worth"} <= set(ids)
    assert len(set(ids)) == len(ids)
    assert [column.label for column in columns if column.id == "meals_count"] == ["Repas"]


def test_the_rules_do_not_mind_it(version: FormVersion) -> None:
    assert broken(version, ANSWERS) == ()
