"""Answers as a script sends them say what a form would have posted, and an edit of a text what was typed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.kinds import Kind
from forms.wire import pairs_of, spliced
from tests.forms.strategies import KIND_VARIANTS, patient

texts = st.text(max_size=40)


def sent(name: str, pairs: list[tuple[str, str]]) -> Any:
    """The pairs of a posted form as a script sends them."""
    found: dict[str, list[str]] = {}
    for control, text in pairs:
        found.setdefault(control.removeprefix(name).removeprefix("-"), []).append(text)
    return found


@pytest.mark.parametrize("kind", KIND_VARIANTS.values(), ids=list(KIND_VARIANTS))
def test_what_a_form_posts_can_be_said_by_a_script(kind: Kind) -> None:
    for seed in range(5):
        pairs = kind.posted("it", kind.sample(seed))
        assert sorted(pairs_of("it", sent("it", pairs))) == sorted(pairs)


def test_one_control_is_a_text_and_several_choices_are_a_list() -> None:
    assert pairs_of("it", "oui") == [("it", "oui")]
    assert pairs_of("it", ["a", "b"]) == [("it", "a"), ("it", "b")]
    assert pairs_of("it", None) == pairs_of("it", []) == pairs_of("it", {}) == []


@pytest.mark.parametrize("said", [3, True, [3], [["a"]], {"a": 3}, {"a": {"b": "c"}}, {"a": [None]}])
def test_what_has_no_shape_is_refused(said: Any) -> None:
    with pytest.raises(ValueError, match="text"):
        pairs_of("it", said)


def test_controls_without_end_are_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        pairs_of("it", ["a"] * 2001)


@given(texts, texts, texts, texts)
@patient
def test_an_edit_puts_what_was_typed_where_it_was_typed(before: str, old: str, new: str, after: str) -> None:
    edit = [len(before), len(old), new, len(before + new + after)]
    assert spliced(before + old + after, edit) == before + new + after


@given(texts, st.integers(-3, 60), st.integers(-3, 60), texts, st.integers(0, 100))
@patient
def test_an_edit_of_another_text_is_told_apart(text: str, start: int, count: int, new: str, length: int) -> None:
    whole = spliced(text, [start, count, new, length])
    assert whole is None or (len(whole) == length and start >= 0 and count >= 0)


@pytest.mark.parametrize("edit", [None, [], [0, 1, "a"], ["0", 1, "a", 1], {"start": 0}])
def test_what_is_no_edit_is_refused(edit: Any) -> None:
    with pytest.raises(ValueError, match="edit"):
        spliced("un texte", edit)
