"""A proposed wording, piece by piece: all of it is the proposal, none of it the text as it was."""

from hypothesis import given
from hypothesis import strategies as st

from forms.proposal import merged, pieces
from tests.forms.strategies import patient

TOKENS = ("un", "jardin", "l’été", ",", " ", "\n\n", "98", "«", "é-à")
words = st.lists(st.sampled_from(TOKENS), max_size=14).map("".join)


@patient
@given(words, words)
def test_all_pieces_taken_give_the_one_text_and_none_the_other(before: str, after: str) -> None:
    found = pieces(before, after)
    numbers = [piece.number for piece in found if piece.number]
    assert merged(found, numbers) == after
    assert merged(found, ()) == before
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(piece.before == piece.after for piece in found if not piece.number)
    assert all(piece.before != piece.after for piece in found if piece.number)


def test_whole_words_change_and_each_piece_is_taken_alone() -> None:
    found = pieces("Un jardin ouvert a tous le mardi.", "Un jardin ouvert à tous le mercredi.")
    assert [(piece.before, piece.after) for piece in found if piece.number] == [("a", "à"), ("mardi", "mercredi")]
    assert merged(found, {1}) == "Un jardin ouvert à tous le mardi."
    assert merged(found, {2}) == "Un jardin ouvert a tous le mercredi."


def test_words_that_only_blanks_keep_apart_are_one_piece() -> None:
    found = pieces("les petits enfants viennent", "des grands adultes viennent")
    assert [(piece.before, piece.after) for piece in found if piece.number] == [
        ("les petits enfants", "des grands adultes")
    ]
