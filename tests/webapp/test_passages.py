"""A passage is found again in its answer whatever became of its spaces, and in no other words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.passages import parts, passage

ANSWER = "Le jardin ouvre à 9\u00a0h.\nOn y sème\u202f; on y parle.\n\n- des tomates\n- des mots"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Le jardin ouvre", "Le jardin ouvre"),
        ("ouvre  à 9 h. On y", "ouvre à 9\u00a0h.\nOn y"),
        ("  sème ; on\n", "sème\u202f; on"),
        ("rdin ouvre à", "jardin ouvre à"),
        ("on y par", "on y parle"),
        ("parle. - des tomates", "parle.\n\n- des tomates"),
    ],
)
def test_a_passage_is_kept_as_it_stands_in_the_answer(wanted: str, found: str) -> None:
    assert passage(ANSWER, wanted) == found


@pytest.mark.parametrize(
    "wanted", ["", "  \n", "Le jardin ferme", "le jardin", "ouvre 9", "jar din", "on y .*", "sème ; on y parle. Fin"]
)
def test_other_words_are_not_found(wanted: str) -> None:
    assert passage(ANSWER, wanted) is None


@given(st.text(max_size=80), st.data())
def test_whatever_is_cut_from_an_answer_is_found_in_it(answer: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(answer)))
    wanted = answer[begin : data.draw(st.integers(begin, len(answer)))]
    found = passage(answer, wanted)
    if not wanted.split():
        assert found is None
    else:
        assert found is not None
        assert found in answer
        assert " ".join(wanted.split()) in " ".join(found.split())


def test_an_answer_is_offered_by_paragraphs_and_lines_of_a_list() -> None:
    assert parts(ANSWER) == ("Le jardin ouvre à 9\u00a0h.\nOn y sème\u202f; on y parle.", "- des tomates", "- des mots")
    assert parts(" \n\n ") == ()
    assert all(passage(ANSWER, part) == part for part in parts(ANSWER))
