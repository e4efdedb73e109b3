"""When a question is asked: three values, and no settled one that turns when more is answered."""

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.conditions import (
    AllOf,
    Answered,
    AnyOf,
    Condition,
    Not,
    Visibility,
    from_json,
    holds,
    questions_in,
    visibility,
)
from forms.definition import FormVersion, Question
from forms.kinds import ShortText
from tests.forms.strategies import patient, through_json, version_of

IDS = ("a", "b", "c", "d")
CODES = ("x", "y", "z")
SHOWN, HIDDEN, UNKNOWN = Visibility.SHOWN, Visibility.HIDDEN, Visibility.UNKNOWN

one_answer = st.one_of(
    st.sampled_from(CODES), st.lists(st.sampled_from(CODES), min_size=1, unique=True), st.booleans(), st.integers(0, 3)
)
some_answers = st.dictionaries(st.sampled_from(IDS), one_answer)


# Made once: looking a new one over takes five times as long as drawing from it.
@cache
def conditions_on(ids: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    values = st.lists(st.sampled_from((*CODES, "oui")), max_size=2, unique=True).map(tuple)
    leaves: st.SearchStrategy[Condition] = st.builds(Answered, st.sampled_from(ids), values)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
            st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )


@cache
def perhaps_conditions_on(ids: tuple[str, ...]) -> st.SearchStrategy[Condition | None]:
    return st.none() | conditions_on(ids)


@st.composite
def versions(draw: st.DrawFn) -> FormVersion:
    questions = [Question(IDS[0], "Question", ShortText())]
    for at, id in enumerate(IDS[1:], 1):
        show_if = draw(perhaps_conditions_on(IDS[:at]))
        questions.append(Question(id, "Question", ShortText(), show_if=show_if))
    return version_of(*questions)


def plainly(condition: Condition, answers: Mapping[str, Any]) -> bool:
    """The same condition by ordinary logic, every question answered."""
    match condition:
        case Answered(question, values):
            given = answers[question]
            if isinstance(given, bool):
                given = "oui" if given else "non"
            codes = given if isinstance(given, list) else [given]
            return not values or not set(values).isdisjoint(codes)
        case Not(inner):
            return not plainly(inner, answers)
        case AnyOf(parts):
            return any(plainly(part, answers) for part in parts)
        case AllOf(parts):
            return all(plainly(part, answers) for part in parts)


@given(conditions_on(IDS), st.fixed_dictionaries(dict.fromkeys(IDS, one_answer)))
@patient
def test_with_every_answer_there_it_is_ordinary_logic(condition: Condition, answers: dict[str, Any]) -> None:
    assert holds(condition, answers, {}) is plainly(condition, answers)


@given(conditions_on(IDS), some_answers, some_answers)
@patient
def test_what_is_settled_stays_so_when_more_is_answered(
    condition: Condition, answers: dict[str, Any], more: dict[str, Any]
) -> None:
    settled = holds(condition, answers, {})
    if settled is not None:
        assert holds(condition, more | answers, {}) is settled


@given(versions(), some_answers, some_answers)
@patient
def test_a_question_shown_or_hidden_stays_so_when_others_are_answered(
    version: FormVersion, answers: dict[str, Any], more: dict[str, Any]
) -> None:
    after = visibility(version, more | answers)
    for id, seen in visibility(version, answers).items():
        assert seen is UNKNOWN or after[id] is seen


@given(versions(), some_answers, st.sampled_from(IDS), one_answer)
@patient
def test_an_answer_changes_only_what_comes_after_it(
    version: FormVersion, answers: dict[str, Any], changed: str, answer: Any
) -> None:
    before, after = visibility(version, answers), visibility(version, answers | {changed: answer})
    until = IDS.index(changed) + 1
    assert [before[id] for id in IDS[:until]] == [after[id] for id in IDS[:until]]


@given(versions(), some_answers, one_answer)
@patient
def test_a_stored_answer_to_a_hidden_question_changes_nothing(
    version: FormVersion, answers: dict[str, Any], answer: Any
) -> None:
    seen = visibility(version, answers)
    hidden = {id: answer for id in IDS if seen[id] is HIDDEN}
    assert visibility(version, answers | hidden) == seen


@given(versions(), st.fixed_dictionaries(dict.fromkeys(IDS, one_answer)))
@patient
def test_with_every_answer_there_nothing_is_unknown(version: FormVersion, answers: dict[str, Any]) -> None:
    assert UNKNOWN not in visibility(version, answers).values()


@given(conditions_on(IDS), conditions_on(IDS), some_answers)
@patient
def test_not_turns_any_into_all(one: Condition, other: Condition, answers: dict[str, Any]) -> None:
    assert holds(Not(AnyOf((one, other))), answers, {}) is holds(AllOf((Not(one), Not(other))), answers, {})
    assert holds(Not(Not(one)), answers, {}) is holds(one, answers, {})


def test_the_tables_of_the_three_values() -> None:
    def made(value: bool | None) -> Condition:
        if value is None:
            return Answered("open")
        return AllOf(()) if value else AnyOf(())

    for left, right in product((True, False, None), repeat=2):
        both: bool | None = False if False in (left, right) else None if None in (left, right) else True
        either: bool | None = True if True in (left, right) else None if None in (left, right) else False
        assert holds(AllOf((made(left), made(right))), {}, {}) is both
        assert holds(AnyOf((made(left), made(right))), {}, {}) is either
    assert [holds(Not(made(value)), {}, {}) for value in (True, False, None)] == [False, True, None]


@pytest.mark.parametrize(
    ("answer", "values", "expected"),
    [
        ("x", (), True), ("x", ("x", "y"), True), ("x", ("y",), False), (["x", "z"], ("z",), True),
        (["x"], ("y", "z"), False), (0, (), True), (False, (), True), (True, ("oui",), True), (False, ("oui",), False),
        (False, ("non",), True),
    ],
)  # fmt: skip
def test_an_answer_is_or_contains_one_of_the_codes(answer: Any, values: tuple[str, ...], expected: bool) -> None:
    assert holds(Answered("a", values), {"a": answer}, {}) is expected


def test_a_question_is_asked_not_asked_or_not_yet_known() -> None:
    version = version_of(
        Question("a", "A", ShortText()),
        Question("b", "B", ShortText(), show_if=Answered("a", ("x",))),
        Question("c", "C", ShortText(), show_if=Answered("b")),
        Question("d", "D", ShortText(), show_if=Not(Answered("b"))),
    )
    assert visibility(version, {}) == {"a": SHOWN, "b": UNKNOWN, "c": UNKNOWN, "d": UNKNOWN}
    assert visibility(version, {"b": "1"})["c"] is UNKNOWN, "b may still turn out not to be asked"
    assert visibility(version, {"a": "y"}) == {"a": SHOWN, "b": HIDDEN, "c": HIDDEN, "d": SHOWN}
    assert visibility(version, {"a": "x"}) == {"a": SHOWN, "b": SHOWN, "c": UNKNOWN, "d": UNKNOWN}
    assert visibility(version, {"a": "x", "b": "1"}) == {"a": SHOWN, "b": SHOWN, "c": SHOWN, "d": HIDDEN}


@given(conditions_on(IDS))
@patient
def test_a_condition_comes_back_from_json(condition: Condition) -> None:
    assert from_json(through_json(condition.to_json())) == condition


def test_no_condition_is_none_in_json_and_always_holds() -> None:
    assert from_json(None) is None
    assert holds(None, {}, {}) is True
    assert questions_in(None) == frozenset()


@pytest.mark.parametrize("wrong", [{}, {"some": []}, {"not": None}, {"any": [None]}, {"answered": "a"}, "a", []])
def test_what_is_no_condition_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="condition"):
        from_json(wrong)


@given(conditions_on(IDS), some_answers, one_answer)
@patient
def test_a_condition_reads_only_the_questions_that_it_names(
    condition: Condition, answers: dict[str, Any], answer: Any
) -> None:
    others = {id: answer for id in IDS if id not in questions_in(condition)}
    assert holds(condition, answers | others, {}) is holds(condition, answers, {})
