"""Which questions open in a sheet that was sent back: enough to mend it, and nothing that leaks into the rest."""

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forms.conditions import Answered, Not, questions_in, visibility
from forms.definition import FormVersion, Question
from forms.kinds import ShortText
from forms.registry import shipped
from forms.reopening import dependents, open_questions
from forms.rules import RULES, TOGETHER, broken, named_rows_have_a_name
from tests.forms.strategies import patient, version_of
from tests.forms.test_conditions import IDS, one_answer, some_answers, versions

VERSION = shipped(2026)
asked_ids = st.frozensets(st.sampled_from(IDS))


@patient
@given(versions(), asked_ids, some_answers, st.dictionaries(st.sampled_from(IDS), one_answer))
def test_what_is_typed_into_open_questions_shows_and_hides_open_questions_only(
    version: FormVersion, asked: frozenset[str], before: dict[str, Any], typed: dict[str, Any]
) -> None:
    opened = open_questions(version, asked)
    after = before | {id: answer for id, answer in typed.items() if id in opened}
    for id in opened & before.keys() - typed.keys():
        del after[id]
    was, now = visibility(version, before), visibility(version, after)
    assert {id for id in was if was[id] is not now[id]} <= opened


@patient
@given(versions(), asked_ids, asked_ids)
def test_more_asked_opens_no_less_and_what_is_open_opens_nothing_more(
    version: FormVersion, asked: frozenset[str], more: frozenset[str]
) -> None:
    opened = open_questions(version, asked)
    assert asked <= opened
    assert opened <= open_questions(version, asked | more)
    assert open_questions(version, opened) == opened
    assert dependents(version, asked) <= opened


def test_what_hangs_on_an_answer_opens_with_it_however_far() -> None:
    version = version_of(
        *(Question(id, "Question", ShortText()) for id in ("first", "other")),
        Question("second", "Question", ShortText(), show_if=Not(Answered("first", ("x",)))),
        Question("third", "Question", ShortText(), show_if=Answered("second")),
    )
    assert open_questions(version, {"first"}) == {"first", "second", "third"}
    assert open_questions(version, {"third", "gone"}) == {"third"}
    assert open_questions(version, ()) == frozenset()


def test_in_the_form_of_the_year_a_condition_and_a_rule_open_what_they_read_together() -> None:
    assert {"status", "ended_reason"} <= open_questions(VERSION, {"status"})
    assert open_questions(VERSION, {"partners_named"}) >= {"partners", "partners_named"}
    assert "partners" not in dependents(VERSION, {"partners_named"})
    for question in VERSION.questions:
        opened = open_questions(VERSION, {question.id})
        for other in VERSION.questions:
            if questions_in(other.show_if) & opened and other.typed:
                assert other.id in opened


class Noticed(Mapping[str, Any]):
    """Answers that remember which questions were read."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers, self.read = answers, set[str]()

    def __getitem__(self, id: str) -> Any:
        self.read.add(id)
        return self.answers[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.answers)

    def __len__(self) -> int:
        return len(self.answers)


def test_every_rule_that_reads_several_questions_is_known_to() -> None:
    sample = {item.id: item.kind.dump(item.kind.sample(3)) for item in VERSION.questions if item.typed}
    sample["sessions_count"] = {"number": 0, "how": "counted"}
    for rule in RULES:
        noticed = Noticed(sample)
        rule(noticed)
        if rule is named_rows_have_a_name:
            # It looks at each of its tables alone.
            continue
        assert len(noticed.read) == 1 or any(noticed.read <= group for group in TOGETHER), rule.__name__


def test_a_rule_that_a_correction_breaks_is_mended_in_an_open_question() -> None:
    answers = {"partners": ["caf"], "partners_named": [{"name": "MSA", "type": "msa"}]}
    (found,) = broken(VERSION, answers)
    assert found.question in open_questions(VERSION, {"partners_named"})


def test_a_text_and_the_figures_told_in_it_open_together() -> None:
    for question in VERSION.questions:
        if question.counted_in:
            pair = {question.id, question.counted_in}
            assert pair <= open_questions(VERSION, {question.id}) & open_questions(VERSION, {question.counted_in})
    assert "funding_lines" not in dependents(VERSION, {"funding"})
