"""French as people read it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.departments import DEPARTMENTS, department_code
from forms.french import amount, clock, day, fold, moment, number, plural, size, typography, unbroken
from forms.values import read_decimal
from tests.forms.strategies import patient

N = "\u00a0"
NN = "\u202f"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1234, f"1{NN}234"), (1234567, f"1{NN}234{NN}567"), (-1234, f"-1{NN}234"),
     (Decimal("12.50"), "12,50"), (Decimal("1234.5"), f"1{NN}234,5")],
)  # fmt: skip
def test_numbers(value: int | Decimal, text: str) -> None:
    assert number(value) == text


@given(st.integers(-(10**12), 10**12))
@patient
def test_a_written_number_is_read_again(value: int) -> None:
    assert read_decimal(number(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.00", f"0{N}€"), ("12.50", f"12,50{N}€"), ("12.00", f"12{N}€"), ("1250", f"1{NN}250{N}€"),
     ("1234567.05", f"1{NN}234{NN}567,05{N}€"), ("99999999", f"99{NN}999{NN}999{N}€")],
)  # fmt: skip
def test_amounts_say_cents_only_where_there_are_some(value: str, text: str) -> None:
    assert amount(Decimal(value)) == text


def test_days() -> None:
    assert day(date(2026, 5, 1)) == f"1er{N}mai 2026"
    assert day(date(2026, 8, 31)) == f"31{N}août 2026"
    months = [
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ]  # fmt: skip
    assert [day(date(2026, month, 2)).split()[1] for month in range(1, 13)] == months


@pytest.mark.parametrize(
    ("utc", "text"),
    [
        (datetime(2026, 1, 15, 11, 5, tzinfo=UTC), f"15{N}janvier 2026 à 12{N}h{N}05"),
        (datetime(2026, 7, 15, 11, 5, tzinfo=UTC), f"15{N}juillet 2026 à 13{N}h{N}05"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), f"1er{N}janvier 2027 à 0{N}h{N}30"),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), f"29{N}mars 2026 à 1{N}h{N}59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), f"29{N}mars 2026 à 3{N}h{N}00"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), f"25{N}octobre 2026 à 2{N}h{N}30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), f"25{N}octobre 2026 à 2{N}h{N}30"),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), f"25{N}octobre 2026 à 3{N}h{N}00"),
    ],
)
def test_moments_are_those_of_metropolitan_france_summer_and_winter(utc: datetime, text: str) -> None:
    assert moment(utc) == text
    assert text.endswith(clock(utc))


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, f"0{N}o"), (999, f"999{N}o"), (1000, f"1{N}ko"), (34_400, f"34{N}ko"), (999_499, f"999{N}ko"),
     (999_500, f"1,0{N}Mo"), (1_200_000, f"1,2{N}Mo"), (12_345_678_000, f"12{NN}345,7{N}Mo")],
)  # fmt: skip
def test_sizes(octets: int, text: str) -> None:
    assert size(octets) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, f"0{N}fiche"), (1, f"1{N}fiche"), (2, f"2{N}fiches"), (1200, f"1{NN}200{N}fiches"), (-1, f"-1{N}fiche")],
)
def test_french_counts_as_plural_from_two(count: int, text: str) -> None:
    assert plural(count, "fiche", "fiches") == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("L'Aubépine. Centre Social du Haut-Val", "L’AUBÉPINE  centre social du HAUT VAL"),
        ("Éducation Nationale", "education nationale"),
        ("cœur", "COEUR"),
        ("Lætitia", "LAETITIA"),
        ("e\u0301te\u0301", "été"),
        ("vacances / loisirs", "vacances/loisirs"),
        ("Précision ( si autre )", "precision (si autre)"),
        ("", " -- ! "),
    ],
)
def test_folding_forgets_case_accents_and_punctuation(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("caf", "café 2"), ("un quartier", "une commune"), ("10", "1 0")])
def test_folding_keeps_words_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
@patient
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("plain", "french"),
    [
        ("L'action", "L’action"),
        ("Pourquoi ?", f"Pourquoi{NN}?"),
        ("Non ; oui !", f"Non{NN}; oui{NN}!"),
        ("Reste : un", f"Reste{N}: un"),
        ("Reste :", f"Reste{N}:"),
        ("« oui »", f"«{N}oui{N}»"),
        (f"Déjà{N}?", f"Déjà{NN}?"),
        ("12:30 https://a.fr/?b", "12:30 https://a.fr/?b"),
        ("a :b", "a :b"),
    ],
)
def test_typography(plain: str, french: str) -> None:
    assert typography(plain) == french


@given(st.text(st.sampled_from("ab'’ \u00a0\u202f;:!?«»\n"), max_size=20))
@patient
def test_typography_twice_is_typography_once(text: str) -> None:
    assert typography(typography(text)) == typography(text)


def test_the_departements_are_all_there_in_order() -> None:
    assert len(DEPARTMENTS) == 101
    assert DEPARTMENTS["46"] == "Lot"
    assert DEPARTMENTS["2A"] == "Corse-du-Sud"
    assert all(fold(one) != fold(other) for one, other in pairwise(DEPARTMENTS.values()))
    assert [department_code(name) for name in DEPARTMENTS.values()] == list(DEPARTMENTS)


@pytest.mark.parametrize(
    ("name", "code"), [("lot", "46"), ("COTE D'OR", "21"), ("Réunion", None), ("la reunion", "974"), ("", None)]
)
def test_a_departement_is_found_by_its_name(name: str, code: str | None) -> None:
    assert department_code(name) == code


def test_a_moment_is_the_same_wherever_it_is_told_from() -> None:
    at = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    assert moment(at) == moment(at.astimezone()) == f"1er{N}juin 2026 à 14{N}h{N}00"
    assert moment(at + timedelta(hours=10)).startswith(f"2{N}juin")


def test_the_words_of_a_label_stay_and_no_line_begins_with_a_sign() -> None:
    assert unbroken("Suite de l'action : Limites") == "Suite de l'action\u00a0: Limites"
    assert unbroken("Qui est à l'initiative de l'action ?") == "Qui est à l'initiative de l'action\u202f?"
    assert unbroken("14:30 ; « ici »") == "14:30\u202f; «\u00a0ici\u00a0»"
