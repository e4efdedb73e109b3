"""Figures read from prose without guessing: counts in digits and letters, amounts, and what is no count."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.counting import offers, prose_of, taken, told
from forms.french import number
from forms.prose import ToldCount, amounts_in, counts_in, totals_in
from forms.registry import shipped
from tests.forms.strategies import patient

VERSION = shipped(2026)
N = "\u00a0"
NN = "\u202f"

PARTICIPANTS, VOLUNTEERS, STAFF, SESSIONS = "participants_count", "volunteers_count", "staff_count", "sessions_count"


@pytest.mark.parametrize(
    ("prose", "counts"),
    [
        ("98 participants + 15 bénévoles", {PARTICIPANTS: 98, VOLUNTEERS: 15}),
        ("98 participants+15 bénévoles", {PARTICIPANTS: 98, VOLUNTEERS: 15}),
        ("96 personnes", {PARTICIPANTS: 96}),
        ("1 salarié à l’accueil (2h/semaine) + 1 bénévole (10h/semaine)", {STAFF: 1, VOLUNTEERS: 1}),
        ("1 200 participants", {PARTICIPANTS: 1200}),
        (f"1{NN}200 participants", {PARTICIPANTS: 1200}),
        ("en 2019 120 participants", {PARTICIPANTS: 120}),
        ("12 SÉANCES, 3 animatrices, 40 participant(e)s", {SESSIONS: 12, STAFF: 3, PARTICIPANTS: 40}),
        ("2 professionnelles et 10 ateliers", {STAFF: 2, SESSIONS: 10}),
        ("20 participants le matin et 20 participants l’après-midi", {PARTICIPANTS: 20}),
        ("0 bénévole", {VOLUNTEERS: 0}),
        ("8\nbénévoles", {VOLUNTEERS: 8}),
    ],
)
def test_figures_are_read_from_prose(prose: str, counts: dict[str, int]) -> None:
    assert {count.question: count.number for count in counts_in(prose)} == counts


@pytest.mark.parametrize(
    "prose",
    [
        "",
        "Habitants et associations locales",
        "25 personnes dans le public direct\n+ 100 personnes (spectateurs)",
        "10 à 15 participants",
        "10-15 participants",
        "10 ou 15 participants",
        "10 + 5 participants",
        "3/4 bénévoles",
        "1,5 salarié",
        "environ 2.5 animatrices",
        "n°12participants",
        "en moyenne 5 pour les ateliers, plus de participants ensuite",
        "12 participantsx",
    ],
)
def test_nothing_is_read_where_figures_compete_or_are_no_count(prose: str) -> None:
    assert counts_in(prose) == ()


def test_competing_figures_for_one_question_leave_the_others() -> None:
    found = counts_in("20 participants, puis 30 participants, 4 bénévoles")
    assert [(count.question, count.number) for count in found] == [(VOLUNTEERS, 4)]


def test_a_figure_comes_with_the_words_that_it_stood_in() -> None:
    (found,) = counts_in("Nous étions 15 bénévoles.")
    assert found.excerpt == "15 bénévoles"


@given(st.text(st.sampled_from("0123456789 ,.+-àétparticipantsbénévoles\n"), max_size=60))
@patient
def test_no_prose_breaks_the_reading(prose: str) -> None:
    for count in counts_in(prose):
        assert count.number >= 0
        assert count.excerpt in prose


def test_a_figure_too_long_to_be_a_count_is_no_count() -> None:
    assert counts_in("9" * 5000 + " participants") == ()
    assert [count.number for count in counts_in("1 234 567 participants")] == [1_234_567]


@pytest.mark.parametrize(
    ("prose", "number", "estimated"),
    [
        ("douze participants", 12, False),
        ("DOUZE PARTICIPANTS", 12, False),
        ("vingt et une personnes", 21, False),
        ("vingt-et-une personnes", 21, False),
        ("soixante-et-onze personnes", 71, False),
        ("soixante et onze personnes", 71, False),
        ("quatre-vingts participants", 80, False),
        ("quatre-vingt-dix-huit participants", 98, False),
        ("quatre vingt un participants", 81, False),
        ("cent personnes", 100, False),
        ("cent une personnes", 101, False),
        ("cent cinquante personnes", 150, False),
        ("deux cents spectateurs", 200, False),
        ("deux cent vingt spectateurs", 220, False),
        ("mille passagers", 1000, False),
        ("une dizaine de participants", 10, True),
        ("Une douzaine de personnes", 12, True),
        ("une petite trentaine de personnes", 30, True),
        ("plus d’une centaine de personnes", 100, True),
        ("environ 98 participants", 98, True),
        ("Environ douze participants", 12, True),
        ("~98 participants", 98, True),
        ("~ 98 participants", 98, True),
        ("près de 200 personnes", 200, True),
        (f"près de 1{NN}200 personnes", 1200, True),
        ("à peu près 60 personnes", 60, True),
        ("plus de 60 personnes", 60, True),
        ("98 participants en 2025, et autour de nous 98 participants", 98, False),
        ("98 participants, soit environ 98 participants", 98, True),
        ("98 participants, 12 participants par séance", 98, False),
        ("12 participants par an", 12, False),
        ("un bénévole et douze participants", 12, False),
    ],
)
def test_figures_in_letters_and_estimates_are_read(prose: str, number: int, estimated: bool) -> None:
    (found,) = [count for count in counts_in(prose) if count.question == PARTICIPANTS]
    assert (found.number, found.estimated) == (number, estimated)


@pytest.mark.parametrize(
    "prose",
    [
        "dix à quinze bénévoles",
        "deux ou trois bénévoles",
        "une à deux bénévoles",
        "deux trois bénévoles",
        "dix-quinze bénévoles",
        "un bénévole",
        "une bénévole",
        "plusieurs dizaines de bénévoles",
        "deux douzaines de bénévoles",
        "une à deux dizaines de bénévoles",
        "une quinzaine de personnes, dont une dizaine de personnes le soir",
        "douze bénévoles, puis 15 bénévoles",
        "moins de dix bénévoles",
        "moins d’une dizaine de bénévoles",
        "jusqu’à 30 bénévoles",
        "entre 10 et 15 bénévoles",
        "entre dix et quinze bénévoles",
        "12 bénévoles par séance",
        "12 bénévoles en moyenne",
        "en moyenne, 12 bénévoles",
        "12 bénévoles (en moyenne)",
        "12 bénévoles à chaque séance de jeu",
        "deuxième bénévole",
        "un cent de bénévoles",
    ],
)
def test_ranges_bounds_averages_and_articles_are_no_count(prose: str) -> None:
    assert counts_in(prose) == ()


@given(st.integers(2, 1000))
@patient
def test_digits_are_read_whatever_stands_around(count: int) -> None:
    found = counts_in(f"En 2025, nous étions {number(count)} bénévoles.")
    assert found == (ToldCount(VOLUNTEERS, count, f"{number(count)} bénévoles"),)


@pytest.mark.parametrize(
    ("prose", "amounts"),
    [
        ("800 euros", ["800"]),
        ("800 Euros de la Caf", ["800"]),
        (f"3{NN}200{N}€ : 1 500 € de la Caf, le reste sur fonds propres", ["3200", "1500"]),
        ("1.200 €", ["1200"]),
        ("1 234,50€", ["1234.50"]),
        ("12,5 k€", ["12500"]),
        ("En 2025, 800 €", ["800"]),
        ("12 15 €", []),
        ("En 2025 800 €", []),
        ("800", []),
        ("800 eurosceptiques", []),
        ("A4€", []),
        ("", []),
    ],
)
def test_amounts_are_read_from_prose(prose: str, amounts: list[str]) -> None:
    assert list(amounts_in(prose)) == [Decimal(amount) for amount in amounts]


@pytest.mark.parametrize(
    ("prose", "totals"),
    [
        ("Coût total : 2 450 €, dont 1 200 € de la Caf", ["2450"]),
        ("18 900 € au total, dont 9 000 € du Département", ["18900"]),
        ("800 € en tout", ["800"]),
        ("En tout, 800 €", ["800"]),
        ("Total\n800 €", []),
        ("Le total est connu. La Caf a donné 800 €.", []),
        ("800 € de la Caf, totalement dépensés", []),
        ("800 €", []),
    ],
)
def test_totals_are_the_amounts_that_are_called_so(prose: str, totals: list[str]) -> None:
    assert list(totals_in(prose)) == [Decimal(total) for total in totals]


@given(st.text(st.sampled_from("0123456789 ,.k€euros\u00a0"), max_size=60))
@patient
def test_no_prose_breaks_the_reading_of_amounts(prose: str) -> None:
    assert all(amount >= 0 for amount in amounts_in(prose))


@pytest.mark.parametrize("piece", ["deux ", "1 ", "une ", "9", " ", "douze-", "1 000 ", "9€"])
def test_sixty_thousand_characters_are_read_like_others(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    assert counts_in(f"{text}\n\n98 bénévoles")[-1:] in {(), (ToldCount(VOLUNTEERS, 98, "98 bénévoles"),)}
    assert amounts_in(f"{text}x 800 euros")[-1] == 800


PEOPLE = "98 participants + une quinzaine de bénévoles, 12 séances"


def test_every_count_says_in_which_text_it_is_told() -> None:
    assert {item.id: item.counted_in for item in VERSION.questions if item.counted_in} == {
        PARTICIPANTS: "people",
        VOLUNTEERS: "people",
        STAFF: "people",
        SESSIONS: "people",
        "funding_lines": "funding",
    }


def test_figures_are_offered_where_the_box_holds_none() -> None:
    answers = {"people": PEOPLE, SESSIONS: {"number": 12, "how": "counted"}, PARTICIPANTS: {"how": "unknown"}}
    assert [(count.question, count.number) for count in offers(VERSION, answers)] == [
        (PARTICIPANTS, 98),
        (VOLUNTEERS, 15),
    ]
    assert offers(VERSION, {"summary": PEOPLE}) == ()
    assert offers(VERSION, {}) == ()


def test_a_figure_that_contradicts_the_box_is_no_offer() -> None:
    assert offers(VERSION, {"people": "98 participants", PARTICIPANTS: {"number": 89, "how": "counted"}}) == ()


def test_a_figure_that_the_box_refuses_is_no_offer() -> None:
    assert offers(VERSION, {"people": "99 999 999 participants"}) == ()


def test_what_the_centre_wrote_says_whether_it_was_counted() -> None:
    found = [taken(VERSION, count) for count in offers(VERSION, {"people": PEOPLE})]
    assert found == [
        {"number": 98, "how": "counted"},
        {"number": 15, "how": "estimated"},
        {"number": 12, "how": "counted"},
    ]


def test_only_questions_that_are_asked_are_told_of() -> None:
    assert [question.id for question, _count in told(VERSION, {"people": "98 participants"})] == [PARTICIPANTS]
    assert prose_of(VERSION, "status", {"status": "en_cours"}) == ""
