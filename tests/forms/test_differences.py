"""What changed between two texts: nothing lost, nothing invented, and never long waited for."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.differences import Fate, Piece, by_rows, by_words, differences, shortened

texts = st.lists(
    st.sampled_from(["le ", "jardin ", "est", " ", "ouvert\n", "à tous. ", "12", "«\u00a0oui\u00a0»"])
).map("".join)


def joined(pieces: tuple[Piece, ...], *fates: Fate) -> str:
    return "".join(piece.text for piece in pieces if piece.fate in fates)


@given(texts, texts)
def test_the_pieces_give_both_texts_back(before: str, after: str) -> None:
    found = differences(before, after)
    assert joined(found, Fate.KEPT, Fate.REMOVED) == before
    assert joined(found, Fate.KEPT, Fate.ADDED) == after


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert {piece.fate for piece in differences(text, text)} <= {Fate.KEPT}


def test_only_the_word_that_changed_is_marked() -> None:
    found = differences("Un jardin ouvert à tous le samedi.", "Un jardin ouvert à tous le dimanche.")
    assert [(piece.fate, piece.text) for piece in found] == [
        (Fate.KEPT, "Un jardin ouvert à tous le "),
        (Fate.REMOVED, "samedi."),
        (Fate.ADDED, "dimanche."),
    ]


def test_what_nobody_touched_is_left_out_but_for_its_edges() -> None:
    words = " ".join(f"mot{number}" for number in range(200))
    found = shortened(differences(f"{words} samedi", f"{words} dimanche"))
    assert found[0].fate is Fate.LEFT_OUT
    assert found[1].text.split()[0] == "mot188"
    assert [piece.fate for piece in found] == [Fate.LEFT_OUT, Fate.KEPT, Fate.REMOVED, Fate.ADDED]


def test_a_text_that_says_the_same_words_over_and_over_is_told_as_replaced() -> None:
    old = " ".join(f"w{number % 101}" for number in range(8_000))
    new = " ".join(f"w{number * 7 % 101}" for number in range(1, 8_001))
    assert [piece.fate for piece in differences(old, new)] == [Fate.REMOVED, Fate.ADDED]


LONGEST = 40_000
"""Characters of an answer at most."""


def told(pieces: tuple[Piece, ...]) -> list[tuple[str, str]]:
    return [(piece.fate.value, piece.text.strip()) for piece in pieces]


def test_words_that_were_replaced_stand_beside_each_other() -> None:
    assert told(by_words("Un jardin fermé à tous.", "Un jardin ouvert à tous.")) == [
        ("kept", "Un jardin"),
        ("removed", "fermé"),
        ("added", "ouvert"),
        ("kept", "à tous."),
    ]


def test_a_word_added_at_the_end_leaves_the_last_one_as_it_was() -> None:
    assert told(by_words("Un jardin", "Un jardin ouvert")) == [("kept", "Un jardin"), ("added", "ouvert")]


def test_an_answer_that_was_not_there_is_added_and_one_that_is_gone_removed() -> None:
    assert told(by_words("", "Des bacs.")) == [("added", "Des bacs.")]
    assert told(by_words("Des bacs.", "")) == [("removed", "Des bacs.")]
    assert by_words("", "") == ()


def test_a_blank_more_or_less_changes_nothing_for_a_reader() -> None:
    assert by_words("Un  jardin\nouvert", "Un jardin ouvert\n") == (Piece(Fate.KEPT, "Un jardin ouvert "),)


def test_lines_are_kept() -> None:
    pieces = by_words("Un.\n\nDeux.", "Un.\n\nTrois.")
    assert pieces[0] == Piece(Fate.KEPT, "Un.\n\n")


def test_a_table_changes_row_by_row() -> None:
    assert told(by_rows("Caf : 100\nVille : 50", "Caf : 120\nVille : 50")) == [
        ("removed", "Caf : 100"),
        ("added", "Caf : 120"),
        ("kept", "Ville : 50"),
    ]


TEXTS = st.lists(st.sampled_from(["un", "deux", "de", "la", "mot.\n", "\n\n", "fin,"]), max_size=15).map(" ".join)


@given(TEXTS, TEXTS)
def test_nothing_of_either_text_is_lost(before: str, after: str) -> None:
    pieces = by_words(before, after)
    assert "".join(piece.text for piece in pieces if piece.fate is not Fate.REMOVED).split() == after.split()
    assert "".join(piece.text for piece in pieces if piece.fate is not Fate.ADDED).split() == before.split()


def reworked() -> tuple[str, str]:
    """A long text of which every seventh word was changed."""
    chance = random.Random(1)
    words = [f"mot{number}" for number in range(1_500)] + ["de", "la", "et", "les", "à"] * 100
    before = [chance.choice(words) for _ in range(6_500)]
    return " ".join(before), " ".join(word if chance.random() > 0.15 else chance.choice(words) for word in before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        reworked(),
        ("de " * 13_000, "de la " * 6_500),
        (" ".join(f"w{n % 101}" for n in range(8_000)), " ".join(f"w{n * 7 % 101}" for n in range(8_000))),
        ("a\nb\n" * 10_000, "b\nc\na\n" * 6_000),
    ],
    ids=["reworked", "the same word", "the same words", "the same lines"],
)
def test_the_longest_texts_are_compared_in_a_moment(before: str, after: str) -> None:
    begin = time.process_time()
    differences(before[:LONGEST], after[:LONGEST])
    by_words(before[:LONGEST], after[:LONGEST])
    by_rows(before[:LONGEST], after[:LONGEST])
    # Without the limits in words it takes minutes: this is no measure of speed, and other work may go on beside it.
    assert time.process_time() - begin < 20


def test_a_long_text_is_still_compared_word_by_word() -> None:
    before, after = reworked()
    assert len(by_words(before, after)) > 1_000
