"""The life of a sheet: the table of moves, compared line by line with the one agreed upon."""

from dataclasses import astuple, fields

import pytest

from forms.french import typography
from forms.lifecycle import (
    EDITABLE,
    LABELS,
    READABLE,
    TRANSITIONS,
    Audience,
    Move,
    Need,
    SheetState,
    Transition,
    label,
    moves_from,
)

# move: from → to, what it needs, whether the answers are frozen. Typed by hand from the contract.
AGREED: dict[str, tuple[set[str], str, set[str], bool]] = {
    "send": ({"draft", "changes_requested"}, "submitted", {"complete", "campaign_open", "signed_off"}, True),
    "withdraw": ({"submitted"}, "draft", {"unread", "campaign_open"}, False),
    "ask_changes": ({"submitted"}, "changes_requested", {"open_query"}, False),
    "validate": ({"submitted"}, "validated", {"no_open_query"}, False),
    "reopen": ({"validated", "published"}, "changes_requested", {"reason"}, False),
    "publish": ({"validated"}, "published", {"shared"}, False),
    "unpublish": ({"published"}, "validated", {"reason"}, False),
}


@pytest.mark.parametrize("move", AGREED)
def test_each_line_is_the_one_agreed_upon(move: str) -> None:
    line = TRANSITIONS[Move(move)]
    assert (set(line.sources), line.target, set(line.needs), line.snapshot) == AGREED[move]
    assert line.move == move


def test_the_table_has_every_move_and_no_other() -> None:
    assert {str(move) for move in Move} == set(AGREED)
    assert set(TRANSITIONS) == set(Move)


def test_every_need_is_needed_by_a_move() -> None:
    assert {need for line in TRANSITIONS.values() for need in line.needs} == set(Need)


def test_every_state_has_a_name_for_every_audience() -> None:
    assert set(LABELS) == set(SheetState)
    for state in SheetState:
        assert set(LABELS[state]) == set(Audience)
        for audience in Audience:
            text = label(state, audience)
            assert text
            assert text == typography(text)
            assert text[0].isupper()


def test_the_same_state_is_called_by_what_its_reader_does_about_it() -> None:
    assert label(SheetState.SUBMITTED, Audience.CENTRE) == "Envoyée"
    assert label(SheetState.SUBMITTED, Audience.FEDERATION) == "À relire"
    assert label(SheetState.CHANGES_REQUESTED, Audience.CENTRE) == "À corriger"


@pytest.mark.parametrize("audience", [Audience.CENTRE, Audience.FEDERATION])
def test_no_two_states_have_the_same_name_for_those_who_work_with_them(audience: Audience) -> None:
    assert len({label(state, audience) for state in SheetState}) == len(SheetState)


def test_a_move_has_its_words_for_the_button_and_for_the_history() -> None:
    words = [(line.label, line.done) for line in TRANSITIONS.values()]
    assert len({button for button, _done in words}) == len({done for _button, done in words}) == len(Move)
    for button, done in words:
        assert button[0].isupper()
        assert done.startswith("a ")
        assert typography(button + done) == button + done


def test_every_state_is_reached_from_the_draft_and_left_again() -> None:
    reached = {SheetState.DRAFT}
    for _round in SheetState:
        reached |= {line.target for state in reached for line in moves_from(state)}
    assert reached == set(SheetState)
    assert all(moves_from(state) for state in SheetState)


def test_moves_from_a_state_stand_in_the_order_of_the_table() -> None:
    assert [line.move for line in moves_from(SheetState.SUBMITTED)] == [Move.WITHDRAW, Move.ASK_CHANGES, Move.VALIDATE]
    assert [line.move for line in moves_from(SheetState.PUBLISHED)] == [Move.REOPEN, Move.UNPUBLISH]
    assert [line.move for line in moves_from(SheetState.DRAFT)] == [Move.SEND]


def test_answers_change_where_the_centre_works_and_are_read_once_validated() -> None:
    assert {SheetState.DRAFT, SheetState.CHANGES_REQUESTED} == EDITABLE
    assert {SheetState.VALIDATED, SheetState.PUBLISHED} == READABLE
    assert {line.target for line in TRANSITIONS.values() if line.move in {Move.VALIDATE, Move.PUBLISH}} == READABLE
    assert all(line.snapshot for line in TRANSITIONS.values() if line.target is SheetState.SUBMITTED)


def test_a_line_is_whole() -> None:
    assert all(len(astuple(line)) == len(fields(Transition)) for line in TRANSITIONS.values())
    assert all(line.target not in line.sources for line in TRANSITIONS.values())
