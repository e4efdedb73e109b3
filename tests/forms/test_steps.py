"""The steps: what is posted is read or kept to be mended; what isn't on the page stays as it is."""

from typing import Any

import pytest

from forms.conditions import Answered
from forms.definition import FormVersion, Question, Section
from forms.french import typography
from forms.kinds import Amount, ChoiceMany, LongText, Posted, ShortText, WholeNumber, YesNo
from forms.registry import shipped
from forms.steps import (
    STEP_LABELS,
    StepReading,
    StepState,
    Unparsed,
    asked_questions,
    controls,
    form_class,
    missing,
    read_step,
    step_states,
    unanswered,
)
from tests.forms.strategies import CHOICES, through_json

FORM = FormVersion(
    "test",
    "Fiche d’essai",
    (
        Section(
            "one",
            "Une",
            (
                Question("title", "Nom", ShortText(), required=True),
                Question("done", "Finie ?", YesNo(), required=True),
                Question(
                    "why", "Pourquoi ?", LongText(), short="Raison", required=True, show_if=Answered("done", ("oui",))
                ),
                Question("themes", "Thèmes", ChoiceMany(CHOICES)),
                Question("note", "Remarque", ShortText(), optional=True),
            ),
        ),
        Section("two", "Deux", (Question("count", "Nombre", WholeNumber(), optional=True),)),
    ),
)
ONE, TWO = FORM.sections
ALL = {question.id for question in FORM.questions}


def read(*pairs: tuple[str, str], asked: set[str] | None = None, current: dict[str, Any] | None = None) -> StepReading:
    return read_step(FORM, ONE, pairs, ALL if asked is None else asked, current or {})


def ids_shown(answers: dict[str, Any]) -> list[str]:
    return [control.question.id for control in controls(FORM, ONE, answers, {})]


def test_answers_are_read_and_the_emptied_told_apart() -> None:
    got = read(("title", " Le bal "), ("done", "non"), ("why", ""), ("themes", "emploi"), ("themes", "caf"))
    assert got.answers == {"title": "Le bal", "done": False, "themes": ["caf", "emploi"]}
    assert got.cleared == {"why", "note"}
    assert got.unparsed == {}


def test_a_question_that_was_not_on_the_page_is_neither_read_nor_emptied() -> None:
    got = read(("title", "Le bal"), ("note", "intruse"), asked={"title"})
    assert (got.answers, got.cleared) == ({"title": "Le bal"}, frozenset())


def test_a_hidden_question_left_out_of_the_page_keeps_its_answer() -> None:
    stored = {"title": "Le bal", "done": True, "why": "Plus de salle"}
    got = read(("title", "Le bal"), ("done", "non"), asked={"title", "done"}, current=stored)
    assert "why" not in got.cleared | got.answers.keys()
    assert ids_shown(stored | got.answers) == ["title", "done", "themes", "note"]
    assert "why" in ids_shown(stored)


def test_questions_of_other_steps_and_unknown_ones_are_not_read() -> None:
    got = read(("count", "3"), ("nowhere", "x"), ("title", "Le bal"), asked={"count", "nowhere", "title"})
    assert got.answers == {"title": "Le bal"}
    assert got.cleared == frozenset()


@pytest.mark.parametrize("typed", ["douze", "12 15", "-3", "1e5"])
def test_what_cannot_be_read_is_kept_as_typed_and_shown_again_with_its_error(typed: str) -> None:
    got = read_step(FORM, TWO, [("count", typed)], {"count"}, {"count": 7})
    assert got.answers == {}
    assert got.cleared == frozenset()
    assert got.unparsed["count"].posted == (("count", typed),)
    kept = Unparsed.from_json(through_json(got.unparsed["count"].to_json()))
    assert kept == got.unparsed["count"]
    (control,) = controls(FORM, TWO, {}, {"count": kept})
    assert control.field.typed == typed
    assert control.errors == (kept.error,)
    assert control.value is None


def test_the_good_answers_beside_an_unread_one_are_read() -> None:
    got = read(("title", "x" * 251), ("note", "bien"), asked={"title", "note"})
    assert got.answers == {"note": "bien"}
    assert set(got.unparsed) == {"title"}


@pytest.mark.parametrize("bad", ["\0", "\ud800", "\uffff"], ids=ascii)
def test_text_that_cannot_be_kept_is_stored_readable_and_its_error_stays(bad: str) -> None:
    got = read(("title", f"Le {bad}bal"), asked={"title"})
    stored = through_json(got.unparsed["title"].to_json())
    assert "\ufffd" in stored["posted"][0][1]
    control = controls(FORM, ONE, {}, {"title": Unparsed.from_json(stored)})[0]
    assert control.field.typed == "Le \ufffdbal"
    assert control.errors == (got.unparsed["title"].error,)


def test_several_unknown_codes_stay_ticked_together() -> None:
    got = read(("themes", "caf"), ("themes", "inconnu"), asked={"themes"})
    assert got.unparsed["themes"].posted == (("themes", "caf"), ("themes", "inconnu"))
    control = next(item for item in controls(FORM, ONE, {}, got.unparsed) if item.question.id == "themes")
    assert control.field.chosen == {"caf", "inconnu"}
    assert control.errors


def test_a_control_shows_the_stored_answer_as_one_types_it() -> None:
    shown = {item.question.id: item for item in controls(FORM, ONE, {"done": False, "themes": ["caf"]}, {})}
    assert shown["done"].value is False
    assert shown["done"].field.typed == "non"
    assert shown["themes"].field.chosen == {"caf"}
    assert shown["title"].value is None
    assert shown["title"].field.typed == ""
    assert not any(item.errors for item in shown.values())


def test_conditions_decide_what_a_page_shows() -> None:
    assert ids_shown({}) == ["title", "done", "themes", "note"]
    assert ids_shown({"done": True}) == ["title", "done", "why", "themes", "note"]
    assert [item.id for item in asked_questions(FORM, ONE, {"done": False})] == ids_shown({"done": False})


def test_posted_pairs_are_read_as_wtforms_reads_a_form() -> None:
    posted = Posted([("a", "1"), ("b", "2"), ("a", "3")])
    assert posted.getlist("a") == ["1", "3"]
    assert posted.getlist("c") == []
    form = form_class([Question("a", "A", ShortText())])(posted)
    assert form["a"].data == "1"


UNREAD = Unparsed((("title", "x" * 300),), "Raccourcissez.")
DONE: dict[str, Any] = {"title": "Le bal", "done": True, "why": "Plus de salle", "themes": ["caf"]}


@pytest.mark.parametrize(
    ("answers", "unparsed", "questions"),
    [
        ({}, {}, ["title", "done"]),
        ({"title": "Le bal", "done": False}, {}, []),
        ({"title": "Le bal", "done": True}, {}, ["why"]),
        (DONE, {}, []),
        (DONE, {"title": UNREAD}, ["title"]),
        (DONE, {"count": UNREAD}, ["count"]),
        (DONE | {"done": False}, {"why": UNREAD}, []),
    ],
)
def test_what_keeps_a_sheet_from_being_sent(
    answers: dict[str, Any], unparsed: dict[str, Any], questions: list[str]
) -> None:
    found = missing(FORM, answers, unparsed)
    assert [item.question for item in found] == questions
    assert all(item.section == FORM.section_of(item.question).id for item in found)


def test_what_is_missing_says_what_to_do() -> None:
    said = {item.question: item.message for item in missing(FORM, {"done": True}, {"title": UNREAD})}
    assert said == {"title": "Corrigez «\u00a0Nom\u00a0».", "why": "Répondez à «\u00a0Raison\u00a0»."}
    assert all(typography(message) == message for message in said.values())


@pytest.mark.parametrize(
    ("answers", "unparsed", "questions"),
    [({}, {}, ["themes"]), (DONE, {}, []), ({}, {"themes": UNREAD}, []), ({"note": "x"}, {}, ["themes"])],
)
def test_what_may_be_sent_without_answer(
    answers: dict[str, Any], unparsed: dict[str, Any], questions: list[str]
) -> None:
    found = unanswered(FORM, answers, unparsed)
    assert [(section.id, question.id) for section, question in found] == [("one", id) for id in questions]


@pytest.mark.parametrize(
    ("section", "answers", "unparsed", "queried", "state"),
    [
        ("one", {}, {}, (), StepState.TODO),
        ("one", {"title": "Le bal"}, {}, (), StepState.STARTED),
        ("one", {"note": "seule"}, {}, (), StepState.STARTED),
        ("one", {"why": "cachée"}, {}, (), StepState.TODO),
        ("one", {"title": "Le bal", "done": True, "themes": ["caf"]}, {}, (), StepState.STARTED),
        ("one", {"title": "Le bal", "done": False, "themes": ["caf"]}, {}, (), StepState.COMPLETE),
        ("one", DONE, {}, (), StepState.COMPLETE),
        ("one", DONE, {"title": UNREAD}, (), StepState.TO_CORRECT),
        ("one", DONE, {"count": UNREAD}, (), StepState.COMPLETE),
        ("one", DONE | {"done": False}, {"why": UNREAD}, (), StepState.COMPLETE),
        ("one", DONE, {}, ("why",), StepState.TO_CORRECT),
        ("one", DONE, {}, ("count",), StepState.COMPLETE),
        ("two", {}, {}, (), StepState.OPTIONAL),
        ("two", {"count": 0}, {}, (), StepState.COMPLETE),
        ("two", {}, {"count": UNREAD}, (), StepState.TO_CORRECT),
    ],
)
def test_how_far_a_step_is(
    section: str, answers: dict[str, Any], unparsed: dict[str, Any], queried: tuple[str, ...], state: StepState
) -> None:
    assert step_states(FORM, answers, unparsed, queried)[section] is state


def test_every_state_of_a_step_has_its_words() -> None:
    assert set(STEP_LABELS) == set(StepState)
    assert len(set(STEP_LABELS.values())) == len(StepState)


@pytest.mark.parametrize("section", shipped(2026).sections, ids=lambda section: section.id)
def test_each_real_step_reads_back_what_it_shows(section: Section) -> None:
    version = shipped(2026)
    answers = {item.id: item.kind.dump(item.kind.sample(3)) for item in version.questions if item.typed}
    shown = controls(version, section, answers, {})
    pairs = [pair for item in shown for pair in item.question.kind.posted(item.question.id, item.value)]
    got = read_step(version, section, pairs, {item.question.id for item in shown}, answers)
    assert got.answers == {item.question.id: answers[item.question.id] for item in shown}
    assert not got.cleared
    assert not got.unparsed


def test_an_empty_sheet_shows_every_step_without_error() -> None:
    version = shipped(2026)
    for section in version.sections:
        assert not any(item.errors for item in controls(version, section, {}, {}))
        states = {StepState.TODO, StepState.OPTIONAL}
        assert step_states(version, {}, {})[section.id] in states
    assert step_states(version, {}, {})["pieces"] is StepState.OPTIONAL


def test_a_very_long_number_is_unread_not_an_accident() -> None:
    version = FormVersion("test", "Fiche", (Section("s", "S", (Question("money", "Euros", Amount()),)),))
    got = read_step(version, version.sections[0], [("money", "9" * 5000)], {"money"}, {})
    assert got.unparsed["money"].error.startswith("Indiquez un montant")
