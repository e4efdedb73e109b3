"""French words as a search compares them."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.french import fold
from forms.search import Term, asked, is_found, marked, nearest, passage, stem, texts, tokens, words, words_of
from tests.forms.test_definition import WHOLE

ANY_TEXT = st.text(max_size=80) | st.text("aàeéEÉ'’\"*()-:^ \x00", max_size=30)


@pytest.mark.parametrize(
    "family",
    [
        "jardin jardins Jardin JARDINS jardiner",
        "animée animé animer animation animations ANIMÉES animees",
        "vélo vélos velo VÉLOS",
        "lieu lieux",
        "jeu jeux",
        "gâteau gâteaux",
        "journal journaux",
        "travail travaux",
        "créé créée créer crées",
        "œuvre oeuvres Œuvre",
        "heureux heureuse",
        "citoyen citoyens citoyenne citoyennes",
        "aîné aînés ainees",
        "café cafés cafe CAFÉS",
        "fête fêtes fêter fetes",
        "clé clés cle",
        "ami amis amie amies",
        "élu élus élue élues",
    ],
)
def test_case_accents_and_plurals_are_one_word(family: str) -> None:
    assert len({stem(word) for one in family.split() for word in words(one)}) == 1


@pytest.mark.parametrize(
    "others",
    ["jardin jargon", "vélo voile", "jeu jour", "lieu lieue eau", "caf café", "Caf CAFÉS", "fil file", "bal balle"],
)
def test_other_words_stay_apart(others: str) -> None:
    found = [stem(word) for one in others.split() for word in words(one)]
    assert len(set(found)) >= 2


@given(st.text("abcefilmnorstuvé", min_size=3, max_size=8).filter(lambda word: word[-1] not in "sx"))
def test_a_plural_in_s_is_its_singular_with_or_without_accents(word: str) -> None:
    assert len({stem(fold(form)) for form in (word, f"{word}s", fold(word), word.upper())}) == 1


def test_three_letters_are_never_what_is_left_of_a_longer_word() -> None:
    """« Caf » stands in every other sheet, as a partner: who looks for a café means none of them."""
    short = ["".join(letters) for letters in product("bcdfgklmnprt", "aeiou", "bcdfgklmnprt")]
    assert {stem(word) for word in short} == set(short)
    assert not {stem(word + end) for word in short for end in ("e", "es", "ee", "er", "ez")} & set(short)


@given(ANY_TEXT)
def test_tokens_are_of_letters_and_digits_alone_whatever_the_text(text: str) -> None:
    assert all(re.fullmatch("[stuw][a-z0-9]+", token) for token in tokens(text, [text]))
    assert all(re.fullmatch("[a-z0-9]+", term.word) for term in asked(text))


@given(ANY_TEXT)
def test_whoever_searches_the_words_of_a_text_finds_it(text: str) -> None:
    terms = asked(text)
    assert is_found(terms, tokens("", [text]))
    assert is_found(terms, tokens(text, []), in_title=True)
    assert not (terms and is_found(terms, tokens("", ["xyz"])))


def test_the_last_word_may_be_the_beginning_of_one_until_a_blank_follows() -> None:
    found = tokens("", ["La citoyenneté"])
    assert is_found(asked("citoyenn"), found)
    assert not is_found(asked("citoyenn "), found)
    assert not is_found(asked("citoyenn fête"), found)
    assert not is_found(asked("ci"), found)


def test_every_word_must_be_there_in_any_order() -> None:
    found = tokens("Le vélo", ["On répare au jardin."])
    assert is_found(asked("jardins vélos"), found)
    assert not is_found(asked("vélo couture"), found)
    assert not is_found(asked("jardin"), found, in_title=True)


def test_words_that_mean_nothing_are_not_asked() -> None:
    assert asked("l’été de la fête") == (Term("ete"), Term("fete", beginning=True))
    assert asked("le de « * »") == ()
    assert len(asked("mot" + " mot".join(map(str, range(99))))) <= 12


def test_what_was_meant_is_the_nearest_word_one_for_each_stem() -> None:
    known = ["jardin", "jardins", "jargon", "matin", "bibliotheque"]
    assert nearest("jardim", known, most=3) == ["jardin"]
    assert nearest("ajrdin", known, most=3) == ["jardin"]
    assert nearest("bibiloteque", known, most=3) == ["bibliotheque"]
    assert nearest("lit", ["lot", "lits"], most=3) == []
    assert nearest("2026", ["2025"], most=3) == []


def test_words_to_be_meant_are_long_enough_and_of_letters() -> None:
    assert words_of(tokens("Un bal 2026", ["été soir"])) == ["soir"]


@given(ANY_TEXT, st.text("abé ", max_size=10))
def test_marking_loses_nothing(text: str, query: str) -> None:
    assert "".join(piece.text for piece in marked(text, asked(query))) == text


def test_the_passage_stands_around_the_first_word_that_answers() -> None:
    text = "Au début rien. " * 20 + "Les JARDINIERS d’ici sèment. " + "Puis la fin. " * 20
    pieces = passage(["Rien.", text], asked("jardinier"))
    assert [piece.text for piece in pieces if piece.marked] == ["JARDINIERS"]
    whole = "".join(piece.text for piece in pieces)
    assert whole.startswith("… ")
    assert whole.endswith(" …")
    assert len(whole) < 220
    assert passage(["Rien."], asked("jardin")) == []


def test_what_is_sensitive_is_not_read() -> None:
    version = WHOLE
    read = {question.id: question.kind.dump(question.kind.sample(1)) for question in version.questions}
    whole = texts(version, read)
    hidden = type(version)(
        version.key,
        version.title,
        tuple(
            type(section)(section.id, section.title, tuple(q.but(sensitive=True) for q in section.questions))
            for section in version.sections
        ),
    )
    assert whole
    assert texts(hidden, read) == []
