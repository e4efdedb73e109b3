"""The definition language: a version is whole, comes back from JSON, and its hash says any change."""

import json
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from forms import registry
from forms.conditions import Answered
from forms.definition import CarryOver, FormVersion, Origin, Question, Section, content_hash
from forms.kinds import LongText, ShortText
from tests.forms.strategies import KIND_VARIANTS, asked, through_json, version_of

FIRST = Question("first", "Première", ShortText())
OTHER_WORDS: dict[str, Any] = {
    "id": "other",
    "label": "Autrement dite",
    "kind": ShortText(max_length=251),
    "short": "Court",
    "help": "Une aide.",
    "show_if": Answered("first"),
    "required": True,
    "optional": True,
    "carry_over": CarryOver.EMPTY,
    "facet": True,
    "sensitive": True,
    "filled_from": Origin.CENTRE,
    "same_as": "first",
    "counted_in": "first",
}
"""Each attribute of a question, said otherwise than by default."""

WHOLE_QUESTIONS = (
    *(replace(asked(kind), id=f"kind_{at}") for at, kind in enumerate(KIND_VARIANTS.values())),
    FIRST,
    Question(**OTHER_WORDS),
)
WHOLE = FormVersion("test", "Fiche", (Section("only", "Étape", WHOLE_QUESTIONS, intro="Lisez d’abord."),))


def test_a_version_comes_back_from_json_whole() -> None:
    assert FormVersion.from_json(through_json(WHOLE.to_json())) == WHOLE


def test_the_hash_is_that_of_the_content_not_of_its_order_or_its_object() -> None:
    again = FormVersion.from_json(json.loads(json.dumps(WHOLE.to_json(), sort_keys=True)))
    assert again.sha256 == WHOLE.sha256
    assert len(WHOLE.sha256) == 64


def test_the_hash_of_a_document_never_changes_between_releases() -> None:
    document = {"b": [1, "12.50", True, None], "a": "é « œ » 🎉"}
    assert content_hash(document) == "158d77666bc7a1585be703335fc0a0d3707e0afb1b542380d39e2e833e9ee0ae"
    assert content_hash(dict(reversed(document.items()))) == content_hash(document)


@pytest.mark.parametrize("attribute", [field.name for field in fields(Question)])
def test_the_hash_says_any_change_of_a_question(attribute: str) -> None:
    before = Question("second", "Seconde", ShortText())
    after = replace(before, **{attribute: OTHER_WORDS[attribute]})
    assert version_of(FIRST, after).sha256 != version_of(FIRST, before).sha256
    assert FormVersion.from_json(through_json(version_of(FIRST, after).to_json())).questions[1] == after


def test_the_hash_says_any_change_of_words_order_and_sections() -> None:
    second = Question("second", "Seconde", ShortText())
    section = Section("only", "Étape", (FIRST, second))
    version = FormVersion("test", "Fiche", (section,))
    others = [
        replace(version, key="essai"),
        replace(version, title="Autre"),
        replace(version, sections=(replace(section, id="autre"),)),
        replace(version, sections=(replace(section, title="Autre"),)),
        replace(version, sections=(replace(section, intro="Lisez."),)),
        replace(version, sections=(replace(section, questions=(second, FIRST)),)),
        replace(version, sections=(Section("only", "Étape", (FIRST,)), Section("next", "Étape", (second,)))),
    ]
    assert len({version.sha256, *(other.sha256 for other in others)}) == len(others) + 1


@pytest.mark.parametrize(
    ("questions", "why"),
    [
        ((FIRST, FIRST), "twice"),
        ((FIRST, FIRST.but(label="Autre")), "twice"),
        ((Question("a", "A", ShortText(), show_if=Answered("first")), FIRST), "ahead"),
        ((Question("a", "A", ShortText(), show_if=Answered("a")),), "ahead"),
        ((Question("a", "A", ShortText(), show_if=Answered("nowhere")),), "ahead"),
        ((Question("a", "A", ShortText(), same_as="first"), FIRST), "ahead"),
        ((Question("two words", "A", ShortText()),), "no id"),
        ((Question("with-dash", "A", ShortText()),), "no id"),
        ((Question("", "A", ShortText()),), "no id"),
    ],
)
def test_a_version_that_contradicts_itself_is_refused(questions: tuple[Question, ...], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        version_of(*questions)


def test_the_same_question_in_two_sections_or_the_same_section_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        FormVersion("test", "Fiche", (Section("a", "A", (FIRST,)), Section("b", "B", (FIRST,))))
    with pytest.raises(ValueError, match="twice"):
        FormVersion("test", "Fiche", (Section("a", "A", (FIRST,)), Section("a", "B", ())))


@pytest.mark.parametrize(
    "broken",
    [
        {"format": 2},
        {"sections": [{"id": "a", "title": "A", "intro": ""}]},
        {"sections": [{"id": "a", "title": "A", "intro": "", "questions": [{"id": "b"}]}]},
    ],
)
def test_what_is_no_version_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        FormVersion.from_json(WHOLE.to_json() | broken)


def test_a_question_may_be_worded_otherwise_but_keeps_its_id() -> None:
    assert FIRST.but(label="Autre").label == "Autre"
    assert FIRST.but(label="Autre").id == "first"
    with pytest.raises(ValueError, match="id"):
        FIRST.but(id="autre")


def test_versions_and_questions_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        WHOLE.title = "Autre"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        FIRST.label = "Autre"  # type: ignore[misc]


def test_questions_are_found_by_id_and_know_their_section() -> None:
    version = FormVersion("test", "Fiche", (Section("a", "A", ()), Section("b", "B", (FIRST,))))
    assert version.question("first") is FIRST
    assert version.section_of("first").id == "b"
    assert version.section("a").title == "A"
    assert "first" in version
    assert "second" not in version
    for unknown in (version.question, version.section, version.section_of):
        with pytest.raises(KeyError):
            unknown("nowhere")


def test_a_question_that_nobody_types_stands_in_no_step() -> None:
    filled = Question("organisation", "Structure", ShortText(), filled_from=Origin.CENTRE)
    assert Section("a", "A", (filled, FIRST)).typed == (FIRST,)


def test_the_short_label_is_the_label_where_none_is_given() -> None:
    assert FIRST.short_label == "Première"
    assert FIRST.but(short="1re").short_label == "1re"


def test_a_year_without_a_version_of_its_own_takes_the_newest_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {year: FormVersion(str(year), "Fiche", (Section("a", "A", (FIRST,)),)) for year in (2026, 2028)}
    monkeypatch.setattr(registry, "shipped_versions", lambda: known)
    taken = {year: registry.shipped(year).key for year in (2016, 2026, 2027, 2028, 2040)}
    assert taken == {2016: "2026", 2026: "2026", 2027: "2026", 2028: "2028", 2040: "2028"}


def test_parameters_of_a_kind_belong_to_the_hash() -> None:
    assert version_of(asked(LongText(rows=6))).sha256 != version_of(asked(LongText(rows=7))).sha256
