"""Carrying an earlier year's answers: what is taken, what is shown, what counts, through versions that differ."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.carry_over import TAKEN, Earlier, Mark, renewal, settled, settled_by_saving, to_reread
from forms.choices import Choice
from forms.conditions import Answered
from forms.definition import CarryOver, FormVersion, Question
from forms.kinds import Amount, ChoiceMany, ChoiceOne, Files, Kind, LongText, ShortText, Table, TableColumn, WholeNumber
from forms.registry import shipped
from forms.steps import StepState, asked_questions, controls, missing, read_step, step_states, unanswered
from tests.forms.strategies import KIND_VARIANTS, patient, through_json, values, version_of

VERSION = shipped(2026)
CHOICES = (Choice("caf", "Caf"), Choice("msa", "MSA"), Choice("ancien", "Ancien"))
RETIRED = (*CHOICES[:2], replace(CHOICES[2], retired=True))
TABLE = Table((TableColumn("name", "Nom", ShortText()), TableColumn("type", "Type", ChoiceOne(CHOICES))))
CARRIED = {"year": 2025}


def question(kind: Kind, carry_over: CarryOver = CarryOver.TAKE, **details: Any) -> Question:
    return Question("it", "Libellé", kind, carry_over=carry_over, **details)


def brought(old: Kind, data: Any, new: Question) -> tuple[Any, bool]:
    """What becomes of an answer under another year's question: what is taken, and whether it is shown beside."""
    earlier = Earlier(2025, version_of(question(old)), {"it": data})
    found = renewal(version_of(new), [earlier])
    return found.answers.get("it"), "it" in found.beside


@pytest.mark.parametrize(
    ("carry_over", "taken", "shown"),
    [
        (CarryOver.TAKE, "Un texte", False),
        (CarryOver.TAKE_AND_REREAD, "Un texte", False),
        (CarryOver.SHOW, None, True),
        (CarryOver.EMPTY, None, False),
    ],
)
def test_each_question_says_what_becomes_of_last_year_s_answer(
    carry_over: CarryOver, taken: str | None, shown: bool
) -> None:
    assert brought(LongText(), "Un texte", question(LongText(), carry_over)) == (taken, shown)


@pytest.mark.parametrize(
    ("old", "data", "new", "taken", "shown"),
    [
        # Of another kind: what can't be typed there is shown, what can is taken.
        (ShortText(), "Un nom", LongText(), "Un nom", False),
        (LongText(), "Deux\nlignes", ShortText(), None, True),
        (LongText(), "x" * 40, LongText(max_length=20), None, True),
        (ShortText(), "12", WholeNumber(), None, True),
        (WholeNumber(), 12, ShortText(), None, True),
        (LongText(), "douze", Amount(), None, True),
        (ShortText(), "caf", ChoiceMany(CHOICES), None, True),
        (ChoiceMany(CHOICES), ["caf"], Table(), None, True),
        (TABLE, [{"name": "Caf"}], LongText(), None, True),
        # A choice that is no longer offered.
        (ChoiceOne(CHOICES), "caf", ChoiceOne(RETIRED), "caf", False),
        (ChoiceOne(CHOICES), "ancien", ChoiceOne(RETIRED), None, True),
        (ChoiceOne(CHOICES), "ancien", ChoiceOne(CHOICES[:2]), None, True),
        (ChoiceMany(CHOICES), ["caf", "ancien"], ChoiceMany(RETIRED), ["caf"], True),
        (ChoiceMany(CHOICES), ["ancien"], ChoiceMany(RETIRED), None, True),
        # The order is that of this year's form, and nothing is lost by that.
        (ChoiceMany(CHOICES), ["caf", "msa"], ChoiceMany(CHOICES[::-1]), ["msa", "caf"], False),
        # Rows: a column that is gone, a choice that is retired in a cell.
        (TABLE, [{"name": "Mairie", "type": "caf"}], TABLE, [{"name": "Mairie", "type": "caf"}], False),
        (TABLE, [{"name": "Mairie", "type": "caf"}], Table(TABLE.of[:1]), [{"name": "Mairie"}], True),
        (TABLE, [{"type": "caf"}, {"name": "Mairie"}], Table(TABLE.of[:1]), [{"name": "Mairie"}], True),
        (TABLE, [{"type": "caf"}], Table(TABLE.of[:1]), None, True),
        (TABLE, [{"name": "a"}, {"name": "b"}], replace(TABLE, max_rows=1), None, True),
    ],
)
def test_an_answer_is_taken_as_far_as_this_year_s_question_can_hold_it_and_never_bent(
    old: Kind, data: Any, new: Kind, taken: Any, shown: bool
) -> None:
    assert brought(old, data, question(new)) == (taken, shown)


def test_a_figure_stands_beside_its_box_whatever_is_carried() -> None:
    for carry_over in (CarryOver.TAKE, CarryOver.SHOW):
        assert brought(WholeNumber(), 98, question(WholeNumber(), carry_over))[1]
    assert brought(WholeNumber(), 98, question(WholeNumber(), CarryOver.EMPTY)) == (None, False)


def test_files_are_never_taken_over() -> None:
    file = Files().sample(1)
    assert brought(Files(), file, question(Files(), CarryOver.TAKE)) == (None, True)


def test_a_question_that_is_gone_or_that_nobody_types_is_left() -> None:
    old = version_of(question(ShortText()), Question("year", "Année", WholeNumber()))
    earlier = Earlier(2025, old, {"it": "Un nom", "year": 2025, "unknown": "x"})
    new = version_of(
        Question("other", "Autre", ShortText()),
        replace(VERSION.question("year"), kind=WholeNumber()),
        Question("unknown", "Inconnue", ShortText()),
    )
    found = renewal(new, [earlier])
    assert (found.answers, found.marks, found.beside) == ({}, {}, {})


def test_what_a_snapshot_filled_from_another_answer_is_nobody_s_word() -> None:
    places = [Question("place", "Lieu", ShortText()), Question("again", "Lieu bis", ShortText(), same_as="place")]
    version = version_of(*places)
    same = Earlier(2025, version, {"place": "Ici", "again": "Ici"})
    assert renewal(version, [same]).answers == {"place": "Ici"}
    other = Earlier(2025, version, {"place": "Ici", "again": "Là"})
    assert renewal(version, [other]).answers == {"place": "Ici", "again": "Là"}


def test_each_answer_is_the_newest_and_says_where_it_comes_from() -> None:
    version = version_of(Question("a", "A", ShortText()), Question("b", "B", ShortText()))
    draft = Earlier(2025, version, {"a": "du brouillon"}, draft=True)
    sent = Earlier(2024, version, {"a": "d’avant", "b": "envoyé"})
    found = renewal(version, [draft, sent])
    assert found.answers == {"a": "du brouillon", "b": "envoyé"}
    assert found.marks == {"a": Mark(2025, draft=True), "b": Mark(2024)}
    assert found.marks["a"].in_words == "repris de votre brouillon de 2025"
    assert found.marks["b"].in_words == "repris de 2024"
    assert all(Mark.from_json(through_json(mark.to_json())) == mark for mark in found.marks.values())


@pytest.mark.parametrize("kind", KIND_VARIANTS.values(), ids=list(KIND_VARIANTS))
@patient
@given(data=st.data())
def test_what_is_carried_comes_back_from_its_own_page_unchanged(kind: Kind, data: st.DataObject) -> None:
    # Else saving the step would count as a change of what nobody has touched.
    value = through_json(kind.dump(data.draw(values(kind))))
    version = version_of(question(kind))
    carried = renewal(version, [Earlier(2025, version, {"it": value})]).answers
    shown = controls(version, version.sections[0], carried, {})
    pairs = [pair for item in shown if carried for pair in item.question.kind.posted("it", item.value)]
    read = read_step(version, version.sections[0], pairs, carried, carried)
    assert read.unparsed == {}
    assert read.answers == carried


@pytest.mark.parametrize("new", KIND_VARIANTS.values(), ids=list(KIND_VARIANTS))
@patient
@given(data=st.data())
def test_an_answer_of_any_kind_survives_a_change_of_its_question(new: Kind, data: st.DataObject) -> None:
    old = data.draw(st.sampled_from(list(KIND_VARIANTS.values())))
    value = through_json(old.dump(data.draw(values(old))))
    taken, shown = brought(old, value, question(new, CarryOver.TAKE_AND_REREAD))
    assert taken is not None or shown
    if taken is not None:
        assert new.dump(new.load(taken)) == taken
        version = version_of(question(new))
        assert not any(control.errors for control in controls(version, version.sections[0], {"it": taken}, {}))


@patient
@given(st.data())
def test_a_whole_sheet_goes_through_a_form_whose_questions_come_and_go(data: st.DataObject) -> None:
    typed = [item for item in VERSION.questions if item.typed]
    answers = {item.id: through_json(item.kind.dump(item.kind.sample(3))) for item in typed}
    gone = data.draw(st.sets(st.sampled_from([item.id for item in typed])))
    section = VERSION.sections[0]
    left = tuple(replace(item, show_if=None, same_as=None) for item in typed if item.id not in gone)
    new = FormVersion("next", "Fiche", (replace(section, questions=left),))
    found = renewal(new, [Earlier(2025, VERSION, answers)])
    assert found.answers.keys() == found.marks.keys()
    assert not (found.answers.keys() | found.beside.keys()) & gone
    assert all(new.question(id).carry_over in TAKEN for id in found.answers)
    assert all(found.answers[id] == answers[id] for id in found.answers)


@patient
@given(st.dictionaries(st.text(), st.integers()), st.sets(st.text()))
def test_settled_answers_are_those_that_nobody_has_to_confirm(answers: dict[str, int], carried: set[str]) -> None:
    found = settled(answers, carried)
    assert not found.keys() & carried
    assert found.keys() | (answers.keys() & carried) == answers.keys()
    assert found.items() <= answers.items()


FORM = version_of(
    Question("title", "Nom", ShortText(), required=True),
    Question("kind", "Type", ChoiceOne(CHOICES), optional=True),
    Question("why", "Pourquoi", LongText(), show_if=Answered("kind", ("caf",)), carry_over=CarryOver.TAKE_AND_REREAD),
)
GIVEN = {"title": "Le bal", "kind": "caf", "why": "Parce que."}
ONLY = FORM.sections[0]


def test_a_carried_answer_keeps_the_sheet_from_being_sent_and_says_to_read_it_again() -> None:
    found = missing(FORM, GIVEN, {}, {"why": CARRIED, "kind": {"year": 2025, "draft": True}})
    assert [(item.question, item.message) for item in found] == [
        ("kind", "Relisez «\u00a0Type\u00a0», repris de votre brouillon de 2025."),
        ("why", "Relisez «\u00a0Pourquoi\u00a0», repris de 2025."),
    ]
    assert missing(FORM, GIVEN, {}) == ()
    assert unanswered(FORM, GIVEN, {}) == ()


def test_conditions_look_at_carried_answers_and_hidden_ones_hold_nothing_up() -> None:
    asked = {item.id for item in asked_questions(FORM, ONLY, GIVEN)}
    assert "why" in asked
    assert missing(FORM, GIVEN | {"kind": "msa"}, {}, {"why": CARRIED}) == ()


@pytest.mark.parametrize(
    ("answers", "carried", "state"),
    [
        (GIVEN, {}, StepState.COMPLETE),
        (GIVEN, {"why": CARRIED}, StepState.STARTED),
        (GIVEN, {"kind": CARRIED}, StepState.STARTED),
        (GIVEN, {"title": CARRIED, "kind": CARRIED, "why": CARRIED}, StepState.TODO),
        (GIVEN | {"kind": "msa"}, {"why": CARRIED}, StepState.COMPLETE),
    ],
)
def test_a_carried_answer_counts_as_none_in_how_far_a_step_is(
    answers: dict[str, Any], carried: dict[str, Any], state: StepState
) -> None:
    assert step_states(FORM, answers, {}, (), carried)[ONLY.id] is state


def test_a_step_of_optional_questions_waits_for_what_was_carried() -> None:
    form = version_of(Question("note", "Note", ShortText(), optional=True))
    assert step_states(form, {"note": "x"}, {}, (), {"note": CARRIED})[form.sections[0].id] is StepState.TODO
    assert step_states(form, {}, {})[form.sections[0].id] is StepState.OPTIONAL


def test_saving_a_page_settles_what_only_had_to_be_seen_there() -> None:
    carried = {"title": CARRIED, "why": CARRIED}
    assert settled_by_saving(FORM, {"title", "kind", "why"}, carried) == {"title"}
    assert settled_by_saving(FORM, {"kind"}, carried) == frozenset()
    assert to_reread(FORM, carried) == ("why",)


def test_the_shipped_form_has_something_for_each_way_of_carrying() -> None:
    assert {item.carry_over for item in VERSION.questions} == set(CarryOver)
    figures = [item for item in VERSION.questions if item.typed and item.kind.figure(item.kind.sample(1)) is not None]
    assert figures
    assert all(item.carry_over is CarryOver.SHOW for item in figures)
