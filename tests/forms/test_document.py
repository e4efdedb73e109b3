"""The reading document and the snapshot: not asked is not « not answered », same is said twice."""

from typing import Any

import jsonschema
import pytest

from forms.conditions import Answered
from forms.definition import Question
from forms.document import AnswerStatus, reading, set_aside, snapshot_answers
from forms.kinds import Amount, ShortText, YesNo
from forms.registry import shipped
from forms.schema import answers_schema
from tests.forms.strategies import through_json, version_of, without

VERSION = shipped(2026)
TYPED = {item.id: through_json(item.kind.dump(item.kind.sample(3))) for item in VERSION.questions if item.typed}
ANSWERS: dict[str, Any] = TYPED | {"status": "terminee", "initiators": ["autre"]}


def snapshot(answers: dict[str, Any], *, keep_hidden: bool = False) -> dict[str, Any]:
    return snapshot_answers(VERSION, answers, organisation="MJC - Lot", year=2026, keep_hidden=keep_hidden)


def test_a_whole_sheet_is_read_in_the_order_of_the_definition() -> None:
    document = reading(VERSION, snapshot(ANSWERS))
    assert [section.id for section in document.sections] == [section.id for section in VERSION.sections]
    ids = [item.question.id for section in document.sections for item in section.items]
    assert ids == [question.id for question in VERSION.questions]
    assert all(item.status is AnswerStatus.ANSWERED for section in document.sections for item in section.items)
    assert all(item.text for section in document.sections for item in section.items)
    intros = {section.id: section.intro for section in document.sections if section.intro}
    assert intros == {section.id: section.intro for section in VERSION.sections if section.intro}


def test_not_asked_differs_from_not_answered() -> None:
    document = reading(VERSION, {"status": "en_cours"})
    assert document.item("status").status is AnswerStatus.ANSWERED
    assert document.item("summary").status is AnswerStatus.NOT_ANSWERED
    assert document.item("ended_reason").status is AnswerStatus.NOT_ASKED
    assert document.item("initiators_detail").status is AnswerStatus.NOT_ASKED, "not yet known is not asked yet"
    empty = document.item("summary")
    assert (empty.value, empty.text) == (None, "")


def test_questions_that_are_worded_alike_are_told_apart_by_their_short_labels() -> None:
    version = version_of(
        Question("one", "Territoire", ShortText(), short="Territoire de l’action"),
        Question("two", "Territoire", ShortText(), short="Territoire des partenaires"),
        Question("three", "Résumé de l’action", ShortText(), short="Résumé"),
    )
    items = reading(version, {"one": "Le bourg"}).sections[0].items
    assert [item.label for item in items] == [
        "Territoire de l’action",
        "Territoire des partenaires",
        "Résumé de l’action",
    ]


def test_no_and_zero_are_answers() -> None:
    version = version_of(Question("done", "Finie ?", YesNo()), Question("money", "Euros", Amount()))
    document = reading(version, {"done": False, "money": "0.00"})
    assert [item.text for item in document.sections[0].answered] == ["Non", "0\u00a0€"]


def test_values_are_python_objects_and_texts_french() -> None:
    document = reading(VERSION, {"funding_lines": [{"funder": "Caf", "granted": "1250.50"}], "public": ["familles"]})
    assert document.value("funding_lines")[0]["granted"] == Amount().parse(["1250,5"])
    assert "1\u202f250,50\u00a0€" in document.item("funding_lines").text
    assert document.item("public").text == "familles"


def test_a_section_knows_its_answered_items() -> None:
    (action, *_others) = reading(VERSION, {"title": "Le bal", "summary": "Un bal."}).sections
    assert [item.question.id for item in action.answered] == ["title", "summary"]


def test_an_unknown_question_has_no_item_but_no_value_either() -> None:
    document = reading(VERSION, {})
    assert document.value("nowhere") is None
    assert document.value("title") is None
    with pytest.raises(KeyError):
        document.item("nowhere")


def test_a_snapshot_holds_what_nobody_types_in_the_order_of_the_definition() -> None:
    kept = snapshot(ANSWERS)
    assert kept["organisation"] == "MJC - Lot"
    assert kept["year"] == 2026
    assert list(kept) == [question.id for question in VERSION.questions if question.id in kept]


def test_typed_answers_never_stand_in_for_what_the_product_fills() -> None:
    assert snapshot({"organisation": "Une autre", "year": 1999}) == {"organisation": "MJC - Lot", "year": 2026}


def test_the_answers_of_questions_not_asked_are_left_out_of_a_snapshot() -> None:
    kept = snapshot(ANSWERS | {"status": "en_cours"})
    assert "ended_reason" not in kept
    assert reading(VERSION, kept).item("ended_reason").status is AnswerStatus.NOT_ASKED


def test_archives_keep_what_would_not_be_asked_today() -> None:
    old = {"initiators": ["centre"], "initiators_detail": "La mairie"}
    assert "initiators_detail" not in snapshot(old)
    kept = snapshot(old, keep_hidden=True)
    assert kept["initiators_detail"] == "La mairie"
    assert reading(VERSION, kept).item("initiators_detail").text == "La mairie"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"initiative_territory": "commune"}, "commune"),
        ({"initiative_territory": "commune", "partners_territory": "communes"}, "communes"),
        ({"partners_territory": "communes"}, "communes"),
        ({}, None),
    ],
)
def test_the_second_territory_is_the_first_unless_it_differs(answers: dict[str, Any], expected: str | None) -> None:
    assert snapshot(answers).get("partners_territory") == expected
    assert reading(VERSION, snapshot(answers)).value("partners_territory") == expected


def test_what_is_not_asked_is_not_filled_from_another_answer() -> None:
    version = version_of(
        Question("open", "Ouverte ?", YesNo()),
        Question("place", "Lieu", ShortText()),
        Question("other", "Autre lieu", ShortText(), show_if=Answered("open", ("oui",)), same_as="place"),
    )
    hidden = snapshot_answers(version, {"open": False, "place": "Ici"}, organisation="", year=2026)
    shown = snapshot_answers(version, {"open": True, "place": "Ici"}, organisation="", year=2026)
    assert hidden == {"open": False, "place": "Ici"}
    assert shown == {"open": True, "place": "Ici", "other": "Ici"}


def test_taking_a_snapshot_changes_no_answer() -> None:
    before = through_json(ANSWERS)
    snapshot(ANSWERS)
    assert before == ANSWERS


def test_the_schema_accepts_drafts_and_snapshots_however_little_they_hold() -> None:
    schema = answers_schema(VERSION)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for answers in ({}, {"title": "Le bal"}, ANSWERS, snapshot(ANSWERS), without(ANSWERS, "title", "status")):
        validator.validate(answers)


@pytest.mark.parametrize(
    "wrong",
    [
        {"nowhere": "x"}, {"title": ""}, {"title": None}, {"title": "x" * 251}, {"status": "Terminée"},
        {"public": []}, {"public": ["enfants", "enfants"]}, {"funding_lines": [{}]},
        {"participants_count": 12}, {"participants_count": {"number": -1, "how": "counted"}},
        {"participants_count": {"number": "12", "how": "counted"}}, {"participants_count": {"number": 3}},
        {"participants_count": {"number": 1.5, "how": "counted"}}, {"participants_count": {"how": "counted"}},
        {"participants_count": {"number": 3, "how": "unknown"}}, {"funding_lines": [{"granted": 12.5}]},
        {"funding_lines": [{"granted": "12,50"}]}, {"partners_named": [{"nom": "Caf"}]},
        {"files": [{"id": "a", "name": "sans empreinte"}]}, [],
    ],
)  # fmt: skip
def test_the_schema_refuses_what_is_no_answer(wrong: Any) -> None:
    assert not jsonschema.Draft202012Validator(answers_schema(VERSION)).is_valid(wrong)


def test_the_schema_names_every_question_by_its_label() -> None:
    schema = answers_schema(VERSION)
    assert {id: part["title"] for id, part in schema["properties"].items()} == {
        question.id: question.label for question in VERSION.questions
    }
    assert schema["title"] == "Fiche action 2026"


def test_what_is_no_longer_asked_is_set_aside_and_comes_back_with_the_question() -> None:
    aside = set_aside(VERSION, ANSWERS | {"status": "en_cours"})
    assert [(item.question.id, item.value) for item in aside] == [("ended_reason", ANSWERS["ended_reason"])]
    assert "ended_reason" not in snapshot(ANSWERS | {"status": "en_cours"})
    assert set_aside(VERSION, ANSWERS) == ()
    assert [item.question.id for item in set_aside(VERSION, without(ANSWERS, "status"))] == ["ended_reason"]
